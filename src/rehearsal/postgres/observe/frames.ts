/**
 * PostgreSQL's protocol as bytes: https://www.postgresql.org/docs/current/protocol-message-formats.html. After start-up every message is
 * one letter, the length of what follows including the length itself, and a body.
 */

const HEADER = 5;

/** Receives a stream's messages in order. */
export interface FrameSink {
  /** A message, or only its beginning when it is larger than the reader's limit; the rest follows through `rest`. */
  message(type: string, bytes: Buffer, complete: boolean): void;
  /** More of the message before. */
  rest(bytes: Buffer): void;
}

/** Cuts a stream into messages. What need not be understood is passed on as it comes, without waiting for its end. */
export class FrameReader {
  private readonly sink: FrameSink;
  /** How much of a message of a type is wanted at once, bytes; 0: only its header. */
  private readonly limit: (type: string) => number;
  private waiting: Buffer[] = [];
  private waitingBytes = 0;
  private needed = HEADER;
  private passing = 0;

  constructor(sink: FrameSink, limit: (type: string) => number) {
    this.sink = sink;
    this.limit = limit;
  }

  push(chunk: Buffer): void {
    if (this.waitingBytes > 0) {
      this.waiting.push(chunk);
      this.waitingBytes += chunk.length;
      if (this.waitingBytes < this.needed) return;
      this.read(Buffer.concat(this.waiting, this.waitingBytes));
    } else this.read(chunk);
  }

  private read(bytes: Buffer): void {
    this.waiting = [];
    this.waitingBytes = 0;
    let offset = 0;
    while (offset < bytes.length) {
      if (this.passing > 0) {
        const end = Math.min(bytes.length, offset + this.passing);
        this.passing -= end - offset;
        this.sink.rest(bytes.subarray(offset, end));
        offset = end;
        continue;
      }
      const wanted = this.next(bytes, offset);
      if (bytes.length - offset < wanted) {
        this.wait(bytes.subarray(offset), wanted);
        return;
      }
      offset += wanted;
    }
  }

  /** Hands on the message at `offset` if enough of it is there. @returns how many bytes it takes to do that */
  private next(bytes: Buffer, offset: number): number {
    if (bytes.length - offset < HEADER) return HEADER;
    const type = String.fromCharCode(bytes[offset] ?? 0);
    const total = 1 + bytes.readUInt32BE(offset + 1);
    const wanted = Math.min(total, Math.max(HEADER, this.limit(type)));
    if (bytes.length - offset >= wanted) {
      this.passing = total - wanted;
      this.sink.message(type, bytes.subarray(offset, offset + wanted), wanted === total);
    }
    return wanted;
  }

  private wait(bytes: Buffer, needed: number): void {
    this.waiting = [bytes];
    this.waitingBytes = bytes.length;
    this.needed = needed;
  }
}

/** One message. */
export function frame(type: string, ...parts: readonly (Buffer | string)[]): Buffer {
  const body = Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : part)));
  const head = Buffer.alloc(HEADER);
  head.write(type, 0, 'latin1');
  head.writeUInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

export function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

/** A text that ends with a zero byte. @returns it and where what follows it begins */
export function readText(bytes: Buffer, offset: number): { readonly text: string; readonly next: number } {
  const end = bytes.indexOf(0, offset);
  const stop = end < 0 ? bytes.length : end;
  return { text: bytes.toString('utf8', offset, stop), next: stop + 1 };
}

/** Fields of an ErrorResponse or a NoticeResponse by their letter. */
export function readFields(message: Buffer): Map<string, string> {
  const fields = new Map<string, string>();
  let offset = HEADER;
  while (offset < message.length && message[offset] !== 0) {
    const letter = String.fromCharCode(message[offset] ?? 0);
    const { text, next } = readText(message, offset + 1);
    fields.set(letter, text);
    offset = next;
  }
  return fields;
}

export function fieldsMessage(type: 'E' | 'N', fields: ReadonlyMap<string, string>): Buffer {
  return frame(type, `${[...fields].map(([letter, text]) => `${letter}${text}\0`).join('')}\0`);
}

/** What a server says before it hangs up. */
export function fatal(code: string, message: string): Buffer {
  return fieldsMessage(
    'E',
    new Map([
      ['S', 'FATAL'],
      ['V', 'FATAL'],
      ['C', code],
      ['M', message],
    ]),
  );
}

/** The last complete CommandComplete's tag: `INSERT 0 5`. */
export function readTag(message: Buffer): string {
  return readText(message, HEADER).text;
}

/** Rows that a CommandComplete's tag tells. */
export function rowsOfTag(tag: string): number | null {
  const number = /^[A-Z ]+ (?:\d+ )?(\d+)$/.exec(tag)?.[1];
  return number === undefined ? null : Number(number);
}
