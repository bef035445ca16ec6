import type { Socket } from 'node:net';
import { failureOf } from '../failure.ts';
import { FrameReader, fieldsMessage, frame, readFields, readTag, readText, rowsOfTag } from './frames.ts';
import type { Journal, Statement, Transaction } from './journal.ts';
import type { SeenLock } from './ledger.ts';
import type { SqlParser } from './parser.ts';
import { type Part, takeApart } from './parts.ts';
import type { StopAfter } from './stop.ts';
import { kindOf, mayBeExtended, mayLock, worksOnRows } from './words.ts';

/** What all connections of an observation share. */
export interface RelayContext {
  readonly journal: Journal;
  readonly parser: SqlParser;
  readonly stop: StopAfter;
  /** Shapes of statements that were seen to take no lock that makes anybody wait. */
  readonly harmless: Set<string>;
  locksOf(pid: number): Promise<readonly SeenLock[]>;
  /** Told when a statement is about to go to the server. */
  started(): void;
  /** Told of what kind a statement was that is done while its transaction is still open, and how long it took in milliseconds. */
  paused(kind: string, milliseconds: number): Promise<void>;
}

/** Whole statements are wanted, of what carries data only the names in front. */
const CLIENT_LIMITS: Readonly<Record<string, number>> = { Q: 8_000_000, P: 8_000_000, B: 1000, E: 1000, C: 1000 };
const WHOLE = 100_000;
/** How much a client may send ahead while it is kept waiting, bytes. */
const LONGEST_QUEUE = 16_000_000;
/** Statements that work on rows differ at their beginning, if at all. */
const LONGEST_SHAPE = 2000;
/** Locks that keep nobody from reading or writing other rows. */
const WEAK = ['AccessShareLock', 'RowShareLock', 'RowExclusiveLock'];
const SYNC = frame('S');
const FLUSH = frame('H');

interface Message {
  readonly type: string;
  readonly bytes: Buffer;
  readonly complete: boolean;
}

/** Waiting for the server. */
interface Exchange {
  /** Ends the waiting once it says so of a message that has been taken note of. */
  readonly ends: (type: string) => boolean;
  /** Types that the client does not get to see. */
  readonly swallow: string;
  /** Types that are kept back until it is decided whether the client sees them. */
  readonly keep: string;
  /** Characters that the client's text has in front of what the server got. */
  readonly offset: number;
  /** Answers to statements of our own that come before. */
  ready: number;
  readonly kept: Message[];
  readonly resolve: (end: string) => void;
}

interface Answer {
  /** Type of the message that ended the waiting. */
  readonly end: string;
  /** Messages that were kept back, and the one that ended it. */
  readonly kept: readonly Message[];
}

/** The other side hung up. */
class Gone extends Error {}

/**
 * One connection between a client and the server. Messages pass unchanged but for three things, none of which changes what is done: a
 * client hears that a statement is done only when its locks have been read; a statement outside of a transaction block takes the extended
 * protocol, which leaves a moment before it commits; a text with several statements is sent one by one in a transaction of its own.
 */
export class Relay {
  readonly connection: number;
  pid = 0;
  transaction: Transaction | null = null;
  /** Statements that the server was given and has not answered. */
  running: Statement[] = [];
  private readonly context: RelayContext;
  private readonly client: Socket;
  private readonly server: Socket;
  private readonly fromClient: FrameReader;
  private readonly fromServer: FrameReader;
  private readonly queue: Message[] = [];
  private queued = 0;
  private wake: (() => void) | null = null;
  private exchange: Exchange | null = null;
  private out: Buffer[] = [];
  private holding = false;
  private clientGone = false;
  private serverGone = false;
  /** Transaction status as of the last ReadyForQuery. */
  private status = 'I';
  private simple = false;
  private copying = false;
  private syncing = false;
  private encoding = 'UTF8';
  private plainLiterals = true;
  private lastTag = '';
  private last: Statement | null = null;
  private parsed = '';
  private readonly prepared = new Map<string, string>();
  private readonly portals = new Map<string, string>();
  private readonly suspended = new Map<string, Statement>();
  private readonly ended: Promise<void>;

  constructor(connection: number, client: Socket, server: Socket, greeting: Buffer, context: RelayContext) {
    this.connection = connection;
    this.client = client;
    this.server = server;
    this.context = context;
    this.fromClient = new FrameReader(
      {
        message: (type, bytes, complete) => this.hear({ type, bytes, complete }),
        rest: (bytes) => this.hear({ type: '', bytes, complete: true }),
      },
      (type) => CLIENT_LIMITS[type] ?? (type === 'd' ? 0 : WHOLE),
    );
    this.fromServer = new FrameReader(
      { message: (type, bytes) => this.answer(type, bytes), rest: (bytes) => void this.out.push(bytes) },
      (type) => (type === 'D' || type === 'd' ? 0 : WHOLE),
    );
    this.listen();
    this.fromServer.push(greeting);
    this.flush();
    this.ended = this.run();
  }

  /** Cuts the connection to the server; the client hears nothing more. */
  cut(): void {
    this.server.destroy();
  }

  /** Resolves when both sides have hung up. */
  whenEnded(): Promise<void> {
    return this.ended;
  }

  get clientLeft(): boolean {
    return this.clientGone;
  }

  private listen(): void {
    const { client, server } = this;
    server.setNoDelay(true);
    client.on('data', (chunk: Buffer) => {
      this.fromClient.push(chunk);
      if (this.queued > LONGEST_QUEUE || server.writableNeedDrain) client.pause();
    });
    server.on('data', (chunk: Buffer) => {
      this.fromServer.push(chunk);
      if (!this.holding) this.flush();
    });
    server.on('drain', () => this.queued <= LONGEST_QUEUE && client.resume());
    client.on('drain', () => server.resume());
    const clientEnds = (): void => {
      this.clientGone = true;
      server.resume();
      this.wake?.();
    };
    for (const event of ['end', 'close', 'error']) client.on(event, clientEnds);
    const serverEnds = (): void => {
      this.serverGone = true;
      this.wake?.();
      this.exchange?.resolve('');
    };
    for (const event of ['end', 'close', 'error']) server.on(event, serverEnds);
    client.resume();
    server.resume();
  }

  // The client's messages, one after the other.

  private hear(message: Message): void {
    if (this.exchange !== null && this.queue.length === 0 && flows(message)) this.pass(message);
    else {
      this.queue.push(message);
      this.queued += message.bytes.length;
      this.wake?.();
    }
  }

  private async next(): Promise<Message | null> {
    while (this.queue.length === 0 || this.context.stop.fired) {
      this.server.uncork();
      if (this.clientGone || this.serverGone) return null;
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
      this.wake = null;
    }
    return this.shift();
  }

  private shift(): Message | null {
    const message = this.queue.shift() ?? null;
    this.queued -= message?.bytes.length ?? 0;
    if (this.client.isPaused() && this.queued <= LONGEST_QUEUE && !this.server.writableNeedDrain) this.client.resume();
    return message;
  }

  private async run(): Promise<void> {
    try {
      for (;;) {
        const message = await this.next();
        if (message === null || message.type === 'X') break;
        await this.take(message);
      }
    } catch (error) {
      if (!(error instanceof Gone)) this.context.journal.blind.add(`A connection was cut: ${failureOf(error)}.`);
    }
    this.leave();
    await closed(this.server);
  }

  private leave(): void {
    if (this.serverGone) this.server.destroy();
    else this.server.end(frame('X'));
    this.lose();
    // A command that is held back for good waits until it is killed.
    if (this.context.stop.fired) return;
    this.flush();
    this.client.end();
  }

  private lose(): void {
    for (const statement of this.running) {
      statement.ended ??= this.context.journal.now();
      statement.seconds = (statement.ended - statement.began) / 1000;
      statement.error ??= '08006';
    }
    this.running = [];
    if (this.transaction !== null) this.context.journal.closeTransaction(this.transaction, 'lost');
    this.transaction = null;
  }

  private async take(message: Message): Promise<void> {
    const { type, bytes } = message;
    if (this.server.writableCorked === 0) this.server.cork();
    if (type === 'Q') await this.query(message);
    else if (type === 'E') await this.execute(message);
    else if (type === 'S') await this.sync(message);
    else if (type === 'F') await this.callFunction(message);
    else {
      if (type === 'P') this.prepare(bytes);
      if (type === 'B') this.bind(bytes);
      if (type === 'C' && bytes[5] === 83) this.prepared.delete(readText(bytes, 6).text);
      this.pass(message);
    }
  }

  private prepare(bytes: Buffer): void {
    const { text: name, next } = readText(bytes, 5);
    this.parsed = readText(bytes, next).text;
    this.prepared.set(name, this.parsed);
  }

  private bind(bytes: Buffer): void {
    const { text: portal, next } = readText(bytes, 5);
    this.portals.set(portal, this.prepared.get(readText(bytes, next).text) ?? '');
    this.suspended.delete(portal);
  }

  /** Simple protocol. */
  private async query(message: Message): Promise<void> {
    if (this.context.stop.check()) return;
    const { bytes, complete } = message;
    const text = bytes.toString('utf8', 5, complete ? bytes.length - 1 : bytes.length);
    const parts =
      this.mayRewrite(text) && complete && this.status !== 'E' ? takeApart(this.context.parser, text, this.status === 'T') : null;
    if (parts === 'whole')
      this.context.journal.blind.add(
        'A text with several statements could not be taken apart: it is shown as one, and its locks as those of one.',
      );
    if (parts !== null && parts !== 'whole') await this.inParts(parts);
    else if (
      parts === null &&
      complete &&
      this.status === 'I' &&
      this.mayRewrite(text) &&
      mayBeExtended(kindOf(text), text) &&
      !this.isHarmless(kindOf(text), text)
    )
      await this.alone(text, bytes);
    else await this.plain(message, text);
    this.context.stop.check();
    this.release();
  }

  /** Whether a text can be read as the client means it. */
  private mayRewrite(text: string): boolean {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: ASCII is what all encodings share.
    return ['UTF8', 'SQL_ASCII'].includes(this.encoding) || /^[\x00-\x7f]*$/.test(text);
  }

  private async plain(message: Message, text: string): Promise<void> {
    await this.beforeEnd(kindOf(text));
    const statement = this.begin(text);
    this.simple = true;
    const { kept } = await this.send([message.bytes], { ends: (type) => type === 'Z' });
    this.simple = false;
    this.running = [];
    statement.ended ??= this.context.journal.now();
    if (this.status === 'T') await this.look(statement);
    this.settle();
    this.show(kept);
  }

  /** A statement outside of a transaction block: between its end and the Sync that commits it, its locks can be read. */
  private async alone(text: string, bytes: Buffer): Promise<void> {
    const statement = this.begin(text);
    const query = bytes.subarray(5);
    const messages = [
      frame('P', '\0', query, Buffer.alloc(2)),
      frame('B', '\0\0', Buffer.alloc(6)),
      frame('D', 'P\0'),
      frame('E', '\0', Buffer.alloc(4)),
    ];
    const answer = await this.send([...messages, FLUSH], { ends: (type) => 'CIE'.includes(type), swallow: '12n' });
    if (answer.end === 'C') await this.look(statement);
    else this.show(answer.kept);
    const ready = await this.commit([SYNC]);
    // The server tells that a statement is done when it is committed, and not that it is done when it could not be.
    if (answer.end === 'C' && statement.error === null) this.show(answer.kept);
    this.show(ready.kept);
  }

  private async inParts(parts: readonly Part[]): Promise<void> {
    let own = false;
    let answer: Answer = { end: '', kept: [] };
    for (const part of parts) {
      this.show(completions(answer));
      const kind = kindOf(part.text);
      const opens = this.status === 'I' && !['BEGIN', 'COMMIT', 'ROLLBACK'].includes(kind);
      answer = await this.part(part, kind, opens, own);
      own = (own || opens) && kind !== 'BEGIN' && this.status !== 'I';
      if (this.last?.error !== null || this.context.stop.check()) break;
      this.flush();
    }
    if (this.context.stop.fired) return;
    const done = completions(answer);
    if (own) answer = await this.commit([frame('Q', this.status === 'E' ? 'ROLLBACK\0' : 'COMMIT\0')], 'C');
    if (this.last?.error === null) this.show(done);
    this.show(answer.kept.filter(({ type }) => type === 'Z'));
  }

  /**
   * One statement of several.
   * @param opens whether a transaction of our own begins with it
   * @param own whether it is in one
   */
  private async part({ text, offset }: Part, kind: string, opens: boolean, own: boolean): Promise<Answer> {
    await this.beforeEnd(kind);
    const statement = this.begin(text);
    if (opens) statement.transaction.block = true;
    this.simple = true;
    const answer = await this.send([...(opens ? [frame('Q', 'BEGIN\0')] : []), frame('Q', `${text}\0`)], {
      ends: (type) => type === 'Z',
      keep: 'C',
      // The server warns of a transaction that is there already, of which the client knows nothing.
      swallow: own && kind === 'BEGIN' ? 'N' : '',
      offset,
      ready: opens ? 1 : 0,
    });
    this.simple = false;
    this.running = [];
    if (this.status === 'T') await this.look(statement);
    this.settle();
    return answer;
  }

  /** Sends what ends a transaction that the client did not open. */
  private async commit(messages: readonly Buffer[], swallow: string = ''): Promise<Answer> {
    const { last, transaction } = this;
    const sent = this.context.journal.now();
    if (transaction !== null) transaction.endSent = sent;
    this.syncing = true;
    const answer = await this.send(messages, { ends: (type) => type === 'Z', swallow });
    this.syncing = false;
    if (last !== null && last.transaction === transaction) last.seconds += (this.context.journal.now() - sent) / 1000;
    this.lastTag = '';
    this.settle();
    return answer;
  }

  /** Extended protocol. */
  private async execute(message: Message): Promise<void> {
    if (this.context.stop.check()) return;
    const portal = readText(message.bytes, 5).text;
    const text = this.portals.get(portal) ?? '';
    await this.beforeEnd(kindOf(text));
    const statement = this.suspended.get(portal) ?? this.begin(text, false);
    const harmless = this.isHarmless(statement.kind, statement.text);
    const known = harmless || statement.transaction.seen.has(shapeOf(statement.kind, statement.text));
    this.running.push(statement);
    this.pass(message);
    if (known && !this.context.stop.armed) {
      statement.transaction.unread ||= !harmless;
      return;
    }
    const { end, kept } = await this.send([FLUSH], {
      ends: (type) => !this.running.includes(statement) || type === 'G' || type === 'W',
    });
    if (end === 's') this.suspended.set(portal, statement);
    if (end === 'G' || end === 'W') {
      this.copying = true;
      statement.transaction.unread = true;
    }
    if (end === 'C') await this.look(statement);
    this.show(kept);
    this.release();
  }

  private async sync(message: Message): Promise<void> {
    // While it copies in, the server ignores it.
    if (this.copying) {
      this.pass(message);
      return;
    }
    const { transaction } = this;
    if (transaction?.unread === true && !transaction.block) await this.lookAgain();
    if (this.status === 'I') this.show((await this.commit([SYNC])).kept);
    else {
      this.syncing = true;
      const { kept } = await this.send([SYNC], { ends: (type) => type === 'Z' });
      this.syncing = false;
      this.settle();
      this.show(kept);
    }
    this.running = [];
    this.context.stop.check();
    this.release();
  }

  private async callFunction(message: Message): Promise<void> {
    this.simple = true;
    const { kept } = await this.send([message.bytes], { ends: (type) => type === 'Z' });
    this.simple = false;
    this.settle();
    this.show(kept);
    this.release();
  }

  private begin(text: string, runs: boolean = true): Statement {
    const { journal, started } = this.context;
    this.transaction ??= journal.openTransaction(this.connection);
    const statement = journal.openStatement(this.transaction, text, this.plainLiterals, this.last);
    this.transaction.endSent = statement.began;
    this.last = statement;
    if (runs) this.running = [statement];
    started();
    return statement;
  }

  /** What was not read while statements repeated themselves is read before their transaction ends. */
  private async beforeEnd(kind: string): Promise<void> {
    if (this.transaction?.unread === true && (kind === 'COMMIT' || kind === 'PREPARE TRANSACTION')) await this.lookAgain();
  }

  private async lookAgain(): Promise<void> {
    if (this.running.length > 0) this.show((await this.send([FLUSH], { ends: () => this.running.length === 0 })).kept);
    await this.read(null);
  }

  /** Reads which locks a statement left, now that it is done and nothing has been given back. */
  private async look(statement: Statement): Promise<void> {
    const { kind, text, transaction, error } = statement;
    if (error !== null || transaction.ended !== null || !mayLock(kind, text) || this.isHarmless(kind, text)) return;
    const shape = shapeOf(kind, text);
    if (transaction.seen.has(shape)) {
      transaction.unread = true;
      return;
    }
    await Promise.all([this.read(statement), this.context.paused(kind, (statement.ended ?? 0) - statement.began)]);
    if (shape === '') return;
    transaction.seen.add(shape);
    if (transaction.locks.holds.every(({ mode }) => WEAK.includes(mode))) this.context.harmless.add(shape);
  }

  private isHarmless(kind: string, text: string): boolean {
    return this.context.harmless.has(shapeOf(kind, text));
  }

  private async read(statement: Statement | null): Promise<void> {
    const { transaction } = this;
    if (transaction === null) return;
    const { journal, locksOf } = this.context;
    const from = journal.now();
    try {
      transaction.locks.look(await locksOf(this.pid), from, journal.now(), statement);
      transaction.unread = false;
    } catch (error) {
      journal.blind.add(`Locks could not be read: ${failureOf(error)}.`);
    }
  }

  /** Takes note of how things stand after ReadyForQuery. */
  private settle(): void {
    const { transaction } = this;
    if (transaction === null) return;
    if (this.status !== 'I') {
      transaction.block = true;
      return;
    }
    const failed = this.last?.error !== null || this.lastTag === 'ROLLBACK';
    this.context.journal.closeTransaction(transaction, failed ? 'rollback' : 'commit');
    this.transaction = null;
  }

  // The server's messages.

  private send(messages: readonly Buffer[], wanted: Partial<Exchange> & Pick<Exchange, 'ends'>): Promise<Answer> {
    if (this.serverGone) throw new Gone();
    this.holding = false;
    for (const bytes of messages) this.server.write(bytes);
    this.server.uncork();
    return new Promise((resolve, reject) => {
      const exchange: Exchange = {
        swallow: '',
        keep: '',
        offset: 0,
        ready: 0,
        ...wanted,
        kept: [],
        resolve: (end) => {
          this.exchange = null;
          if (end === '') reject(new Gone());
          else resolve({ end, kept: exchange.kept });
        },
      };
      this.exchange = exchange;
      while (this.queue[0] !== undefined && flows(this.queue[0])) {
        const message = this.shift();
        if (message !== null) this.pass(message);
      }
    });
  }

  private pass(message: Message): void {
    if (message.type === 'c' || message.type === 'f') this.copying = false;
    if (!this.serverGone) this.server.write(message.bytes);
  }

  private answer(type: string, bytes: Buffer): void {
    const { exchange } = this;
    if (exchange !== null && exchange.ready > 0) {
      if (type === 'Z') exchange.ready -= 1;
      return;
    }
    this.note(type, bytes);
    if (exchange === null) {
      this.out.push(bytes);
      return;
    }
    const shown = type === 'E' && exchange.offset > 0 ? withOffset(bytes, exchange.offset) : bytes;
    const ends = exchange.ends(type);
    if (ends || exchange.keep.includes(type)) exchange.kept.push({ type, bytes: shown, complete: true });
    else if (!exchange.swallow.includes(type)) this.out.push(shown);
    if (!ends) return;
    this.holding = true;
    exchange.resolve(type);
  }

  private note(type: string, bytes: Buffer): void {
    if (type === 'C') this.complete(readTag(bytes));
    else if (type === 'I' || type === 's') this.complete('', type === 's');
    else if (type === 'E') this.fail(readFields(bytes).get('C') ?? '');
    else if (type === 'Z') this.status = String.fromCharCode(bytes[5] ?? 0);
    else if (type === 'K') this.pid = bytes.readInt32BE(5);
    else if (type === 'S') this.noteParameter(bytes);
  }

  private noteParameter(bytes: Buffer): void {
    const { text: name, next } = readText(bytes, 5);
    const { text: value } = readText(bytes, next);
    if (name === 'client_encoding') this.encoding = value;
    if (name === 'standard_conforming_strings') this.plainLiterals = value === 'on';
  }

  private complete(tag: string, suspended: boolean = false): void {
    const statement = this.simple ? this.running[0] : this.running.shift();
    if (statement === undefined) return;
    this.lastTag = tag;
    const again = statement.ended !== null;
    statement.ended = this.context.journal.now();
    statement.seconds = (statement.ended - statement.began) / 1000;
    statement.rows = rowsOfTag(tag) ?? statement.rows;
    if (statement.kind === 'WITH') statement.kind = kindOf(statement.text, tag);
    if (suspended) return;
    if (!again) this.context.stop.done(statement);
    // In a pipeline a transaction may end long before the server says how things stand.
    if (!this.simple && ['COMMIT', 'ROLLBACK', 'PREPARE TRANSACTION'].includes(statement.kind) && this.transaction !== null) {
      this.context.journal.closeTransaction(this.transaction, tag === 'ROLLBACK' ? 'rollback' : 'commit');
      this.transaction = null;
    }
  }

  private fail(code: string): void {
    this.copying = false;
    const [statement = this.syncing ? this.last : null, ...skipped] = this.running;
    if (!this.simple) this.running = [];
    for (const other of skipped) other.run = false;
    const failed = statement ?? this.unprepared(code);
    if (failed === null) return;
    failed.error = code;
    failed.ended = this.context.journal.now();
    failed.seconds = (failed.ended - failed.began) / 1000;
  }

  /** A statement that failed before anybody wanted it run. */
  private unprepared(code: string): Statement | null {
    const hangsUp = code.startsWith('57P');
    return this.parsed === '' || hangsUp ? null : this.begin(this.parsed, false);
  }

  private show(messages: readonly Message[]): void {
    for (const { bytes } of messages) this.out.push(bytes);
  }

  private release(): void {
    this.holding = false;
    if (!this.context.stop.fired) this.flush();
  }

  private flush(): void {
    if (this.out.length === 0) return;
    const { out } = this;
    this.out = [];
    if (this.clientGone || this.client.destroyed || this.context.stop.fired) return;
    this.client.cork();
    for (const bytes of out) this.client.write(bytes);
    this.client.uncork();
    if (this.client.writableNeedDrain) this.server.pause();
  }
}

function completions({ kept }: Answer): readonly Message[] {
  return kept.filter(({ type }) => type === 'C');
}

/** What is left of a statement that works on rows without what it works on: statements of one shape take the same locks. Else empty. */
function shapeOf(kind: string, text: string): string {
  if (!worksOnRows(kind)) return '';
  return text.slice(0, LONGEST_SHAPE).replaceAll(/'(?:[^']|'')*'?|\d+/g, '?');
}

/** What a client sends while a statement of its own runs. */
function flows({ type }: Message): boolean {
  return type === '' || type === 'd' || type === 'c' || type === 'f';
}

/** An error that points into the text that the client sent. */
function withOffset(bytes: Buffer, offset: number): Buffer {
  const fields = readFields(bytes);
  const position = Number(fields.get('P') ?? 0);
  return position === 0 ? bytes : fieldsMessage('E', fields.set('P', String(position + offset)));
}

function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    if (socket.destroyed) resolve();
    else {
      socket.once('close', () => resolve());
      socket.resume();
    }
  });
}
