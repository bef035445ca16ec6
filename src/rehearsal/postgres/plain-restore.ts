import { createReadStream, statSync } from 'node:fs';
import { finished } from 'node:stream/promises';
import pg from 'pg';
import { type CopyStreamQuery, from as copyFrom } from 'pg-copy-streams';
import { RehearsalImpossible } from '../database.ts';
import type { KnownNames } from '../known-names.ts';
import { conditionOf } from './client-messages.ts';
import { type Connection, connected } from './connection.ts';
import { type PlainDumpHandler, PlainDumpReader } from './plain-dump.ts';

export interface Loading {
  /** The names that may be shown. */
  readonly names: KnownNames;
  readonly signal: AbortSignal;
  /** Told which part has been read, 0 to 1. */
  readonly progress: (share: number) => void;
}

const CHUNK = 1024 * 1024;

/** INSERTs are sent together up to that many characters: one at a time each would wait for the one before. */
const BATCH = 256 * 1024;

/** What reaches beyond the one database: on a given server it would touch what is not the rehearsal's. */
const BEYOND = /^(CREATE|DROP|ALTER)\s+(DATABASE|TABLESPACE|SYSTEM|ROLE|GROUP|USER(?!\s+MAPPING))\b/i;
const OTHER_ENCODING = /^SET\s+client_encoding\s*(?:=|TO)\s*'?(?!UTF-?8\b|SQL_ASCII\b)(\w+)/i;

/**
 * Runs a plain dump on one connection, rows of `COPY … FROM stdin` included, so that no client program is needed and a dump cannot lead
 * one elsewhere or run programs.
 * @throws Error with the line and the condition, the server's own error as its cause; RehearsalImpossible for what only psql can do
 */
export async function runPlainDump(path: string, connection: Connection, { signal, progress }: Omit<Loading, 'names'>): Promise<void> {
  const total = statSync(path).size;
  let read = 0;
  async function* chunks(): AsyncGenerator<Buffer> {
    for await (const chunk of createReadStream(path, { highWaterMark: CHUNK, signal })) {
      yield chunk as Buffer;
      read += (chunk as Buffer).length;
      progress(read / total);
    }
  }
  await runPlainText(chunks(), connection, signal);
}

/** The same for text that comes from elsewhere. */
export async function runPlainText(chunks: AsyncIterable<Buffer>, connection: Connection, signal: AbortSignal): Promise<void> {
  const work = async (client: pg.Client): Promise<void> => {
    const runner = new Runner(client);
    const reader = new PlainDumpReader(runner);
    for await (const chunk of chunks) await reader.take(chunk);
    await reader.end();
    await runner.flush();
  };
  await connected(connection, work, signal);
}

class Runner implements PlainDumpHandler {
  private readonly client: pg.Client;
  private sink: CopySink | null = null;
  private batch: string[] = [];
  private batched = 0;
  private batchLine = 0;

  constructor(client: pg.Client) {
    this.client = client;
  }

  async statement(sql: string, line: number): Promise<void> {
    if (/^INSERT\s/i.test(sql)) return this.add(sql, line);
    await this.flush();
    const [beyond] = BEYOND.exec(sql) ?? [];
    if (beyond !== undefined)
      throw unfit(
        line,
        `"${beyond.toUpperCase().replaceAll(/\s+/g, ' ')} …" reaches beyond the database; dump without "--create", without roles and tablespaces`,
      );
    if (OTHER_ENCODING.test(sql)) throw unfit(line, `it is in another encoding than UTF-8; dump with "--encoding=UTF8"`);
    await this.run(sql, line);
  }

  async copyBegins(sql: string, line: number): Promise<void> {
    await this.flush();
    this.sink = new CopySink(this.client, sql, `line ${line}`);
  }

  async copyRows(rows: Buffer): Promise<void> {
    await this.sink?.write(rows);
  }

  async copyEnds(): Promise<void> {
    await this.sink?.end();
    this.sink = null;
  }

  async meta(command: string, line: number): Promise<void> {
    // What pg_dump writes to keep psql from obeying the data; here nothing obeys it.
    if (/^\\(un)?restrict\b/.test(command)) return;
    throw unfit(
      line,
      `"${/^\\[a-z]{0,20}/.exec(command)?.[0]}" is a command to psql; let the snapshot command run psql itself, on $DATABASE_URL`,
    );
  }

  async flush(): Promise<void> {
    if (this.batch.length === 0) return;
    const sql = this.batch.join('\n');
    this.batch = [];
    this.batched = 0;
    await this.run(sql, this.batchLine);
  }

  private async add(sql: string, line: number): Promise<void> {
    if (this.batch.length === 0) this.batchLine = line;
    this.batch.push(sql);
    this.batched += sql.length;
    if (this.batched > BATCH) await this.flush();
  }

  private async run(sql: string, line: number): Promise<void> {
    try {
      await this.client.query(sql);
    } catch (error) {
      // A newer pg_dump sets what this server does not know yet; it is about the session only.
      if (/^SET\s/i.test(sql) && (error as { code?: string }).code === '42704') return;
      throw located(error, `line ${line}`);
    }
  }
}

function unfit(line: number, why: string): RehearsalImpossible {
  return new RehearsalImpossible(
    'snapshot_unreadable',
    `The snapshot, a plain dump, cannot be restored, because of its line ${line}: ${why}.`,
  );
}

/** What the server says quotes the dump, which is data: the condition and the place are told, in our own words. */
function located(error: unknown, where: string): Error {
  if (!(error instanceof pg.DatabaseError)) return new Error(`${where}: ${(error as Error).message}`, { cause: error });
  // Only where the row itself cannot be read: what a function says of its own place may be anything.
  const [, row] = /^COPY [^\n]*?, line (\d{1,10})\b/.exec(error.where ?? '') ?? [];
  return new Error(`${where}: ${conditionOf(error.code ?? '')}${row === undefined ? '' : `, line ${row} of its data`}`, { cause: error });
}

/** Rows on their way into a table. */
export class CopySink {
  private readonly stream: CopyStreamQuery;
  private readonly where: string;
  private failure: Error | null = null;

  /** @param where for messages */
  constructor(client: pg.Client, sql: string, where: string) {
    this.where = where;
    this.stream = client.query(copyFrom(sql));
    this.stream.on('error', (error: Error) => {
      this.failure = error;
    });
  }

  async write(rows: Buffer): Promise<void> {
    if (this.failure !== null) throw located(this.failure, this.where);
    if (this.stream.write(rows)) return;
    await this.drained();
    if (this.failure !== null) throw located(this.failure, this.where);
  }

  /** Until it takes more, or never will. */
  private drained(): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        for (const event of ['drain', 'close', 'error']) this.stream.off(event, done);
        resolve();
      };
      for (const event of ['drain', 'close', 'error']) this.stream.on(event, done);
    });
  }

  async end(): Promise<void> {
    if (this.failure !== null) throw located(this.failure, this.where);
    this.stream.end();
    await finished(this.stream).catch((error: unknown) => {
      throw located(error, this.where);
    });
  }
}
