import type pg from 'pg';
import { to as copyTo } from 'pg-copy-streams';

const NEWLINE = 10;
const TAB = 9;

/** Told of whole rows, as COPY writes them. */
export interface RowListener {
  /** Before the fields of a batch of rows; `to` is behind its last line end. */
  batch?(bytes: Buffer, from: number, to: number): void;
  /** Field `index` of a row lies from `from` to `to`. */
  field(bytes: Buffer, from: number, to: number, index: number): void;
}

/** Streams a query's rows, field by field, without keeping any. */
export async function copyOut(client: pg.Client, query: string, signal: AbortSignal, listener: RowListener): Promise<void> {
  let rest: Buffer[] = [];
  for await (const chunk of client.query(copyTo(`COPY (${query}) TO STDOUT`)) as AsyncIterable<Buffer>) {
    signal.throwIfAborted();
    const end = chunk.lastIndexOf(NEWLINE);
    if (end === -1) {
      rest.push(chunk);
      continue;
    }
    const bytes = rest.length === 0 ? chunk : Buffer.concat([...rest, chunk.subarray(0, end + 1)]);
    const to = rest.length === 0 ? end + 1 : bytes.length;
    rest = end + 1 < chunk.length ? [chunk.subarray(end + 1)] : [];
    listener.batch?.(bytes, 0, to);
    splitRows(bytes, to, listener);
  }
}

function splitRows(bytes: Buffer, to: number, listener: RowListener): void {
  let from = 0;
  let index = 0;
  for (let at = 0; at < to; at += 1) {
    const byte = bytes[at];
    if (byte !== TAB && byte !== NEWLINE) continue;
    listener.field(bytes, from, at, index);
    from = at + 1;
    index = byte === TAB ? index + 1 : 0;
  }
}
