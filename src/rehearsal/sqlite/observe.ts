import { statSync } from 'node:fs';
import type { Access, ObserveOptions, Observer } from '../database.ts';
import type { KnownNames } from '../known-names.ts';
import type { Interval, LockTrace, Observation, StatementTrace, TransactionTrace } from '../observed.ts';
import { withDatabase, withoutData } from './driver.ts';
import { type LockState, locksAreTold, locksOn } from './locks.ts';
import { type Changes, changesBetween } from './pages.ts';

/** How often it is looked, milliseconds. */
const LOOK = 4;

export interface ObservedFile {
  readonly path: string;
  /** The file as it was before anything ran on it. */
  readonly before: string;
  readonly access: Access;
  /** Whether it has a write-ahead log. */
  readonly wal: boolean;
  /** Whether load of this process is on it now. */
  readonly loaded: () => boolean;
  /** The names that may be shown. */
  readonly names: KnownNames;
}

/** A lock that a process was seen with. Times are milliseconds since observation began. */
interface Seen {
  readonly pid: number;
  readonly state: LockState;
  /** The last look before, without it. */
  readonly notYet: number;
  readonly first: number;
  last: number;
  /** The first look after, without it; `null`: it is still held. */
  gone: number | null;
  readonly written: number;
  ended: TransactionTrace['ended'];
}

/**
 * Watches a database file from outside: which process holds which lock, and how much disk it takes. SQLite is a library in the process
 * of the migration, with no server to ask and nothing in between: statements are not seen. What is told in their place is each
 * transaction that writes. Looking opens nothing, so it neither waits for anybody nor keeps anybody waiting.
 */
export function observeFile(file: ObservedFile, { stopAfter }: ObserveOptions): Observer {
  return new FileObserver(file, stopAfter ?? null);
}

class FileObserver implements Observer {
  readonly access: Access;
  private readonly file: ObservedFile;
  private readonly stopAfter: NonNullable<ObserveOptions['stopAfter']> | null;
  private readonly begunAt = Date.now();
  private readonly began = performance.now();
  private readonly diskBefore: number;
  private readonly timer: NodeJS.Timeout;
  private readonly writing: Seen[] = [];
  private readonly exclusive: Seen[] = [];
  private diskPeak: number;
  private looked = 0;
  private observation: Observation | null = null;

  constructor(file: ObservedFile, stopAfter: ObserveOptions['stopAfter'] | null) {
    this.file = file;
    this.access = file.access;
    this.stopAfter = stopAfter ?? null;
    this.diskBefore = diskOf(file.path);
    this.diskPeak = this.diskBefore;
    this.timer = setInterval(() => this.look(), LOOK);
  }

  async end(): Promise<Observation> {
    if (this.observation !== null) return this.observation;
    this.look();
    clearInterval(this.timer);
    const lasted = this.now();
    const blind = [
      'SQLite works inside of the process that migrates: its statements are not seen one by one, only its transactions that write, from outside.',
      ...(locksAreTold()
        ? []
        : ['This machine does not tell which process holds which lock (it has no /proc/locks): transactions and locks were not seen.']),
    ];
    const changes = this.changes(blind);
    const transactions = this.writing.map((seen, index) => ({ ...transaction(seen, index + 1), ended: seen.ended }));
    this.observation = {
      begunAt: this.begunAt,
      lasted,
      statements: this.writing.map((seen, index) => standIn(seen, index + 1)),
      transactions,
      locks: [
        ...this.writing.map((seen, index) => lock(seen, index + 1)),
        ...this.exclusive.map((seen) => lock(seen, this.numberOf(seen))),
      ],
      waits: [],
      rewrites: changes.rewrites,
      touched: changes.touched,
      writers: [],
      disk: { before: this.diskBefore, peak: this.diskPeak, after: diskOf(this.file.path) },
      wal: null,
      blind,
    };
    return this.observation;
  }

  private look(): void {
    const now = this.now();
    this.diskPeak = Math.max(this.diskPeak, diskOf(this.file.path));
    // The load is this process.
    const held = locksOn(this.file.path, this.file.wal).filter(({ pid }) => pid !== process.pid);
    const begun = this.note(this.writing, held, now);
    this.note(
      this.exclusive,
      held.filter(({ state }) => state === 'EXCLUSIVE'),
      now,
    );
    this.looked = now;
    if (begun && this.writing.length === this.stopAfter?.statements) this.stopAfter.reached();
  }

  /** @returns whether one began */
  private note(seen: Seen[], held: ReturnType<typeof locksOn>, now: number): boolean {
    for (const one of seen.filter(({ gone }) => gone === null)) {
      if (held.some(({ pid }) => pid === one.pid)) one.last = now;
      else {
        one.gone = now;
        one.ended = writtenAt(this.file.path) === one.written ? 'rollback' : 'commit';
      }
    }
    let begun = false;
    for (const { pid, state } of held) {
      if (seen.some((one) => one.pid === pid && one.gone === null)) continue;
      const written = writtenAt(this.file.path);
      seen.push({ pid, state, notYet: this.looked, first: now, last: now, gone: null, written, ended: 'lost' });
      begun = true;
    }
    return begun;
  }

  private numberOf({ pid, first }: Seen): number | null {
    const index = this.writing.findIndex((one) => one.pid === pid && one.first <= first && (one.gone ?? first) >= first);
    return index === -1 ? null : index + 1;
  }

  private changes(blind: string[]): Changes {
    const none = { touched: [], rewrites: [] };
    if (this.file.loaded()) return none;
    try {
      // What a killed process left in the log belongs to the file.
      withDatabase(this.file.path, { readOnly: false }, (database) => database.exec('PRAGMA wal_checkpoint(TRUNCATE)'));
      return changesBetween(this.file.before, this.file.path);
    } catch (error) {
      blind.push(`Which tables were changed could not be seen: ${withoutData(error, this.file.names)}.`);
      return none;
    }
  }

  private now(): number {
    return performance.now() - this.began;
  }
}

const heldFor = ({ notYet, first, last, gone }: Seen): Interval => ({ atLeast: last - first, atMost: (gone ?? last) - notYet });

function transaction(seen: Seen, number: number): Omit<TransactionTrace, 'ended'> {
  return { number, began: seen.first, seconds: (seen.last - seen.first) / 1000, block: true };
}

function standIn(seen: Seen, number: number): StatementTrace {
  const { began, seconds } = transaction(seen, number);
  return {
    number,
    text: 'a transaction that writes',
    kind: 'TRANSACTION',
    connection: seen.pid,
    transaction: number,
    began,
    seconds,
    lockTimeout: null,
    error: null,
    rows: null,
  };
}

/** SQLite locks the whole file. */
function lock(seen: Seen, statement: number | null): LockTrace {
  const state = seen.state;
  return {
    relation: 'main',
    table: 'main',
    mode: state,
    statement,
    from: seen.first,
    held: heldFor(seen),
    blocks: state === 'EXCLUSIVE' ? 'reads and writes' : 'writes',
  };
}

const FILES = ['', '-wal', '-journal'];

function diskOf(path: string): number {
  return FILES.reduce((sum, ending) => sum + (statSync(path + ending, { throwIfNoEntry: false })?.size ?? 0), 0);
}

function writtenAt(path: string): number {
  return Math.max(...['', '-wal'].map((ending) => statSync(path + ending, { throwIfNoEntry: false })?.mtimeMs ?? 0));
}
