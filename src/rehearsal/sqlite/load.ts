import type { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { isBookkeeping } from '../bookkeeping.ts';
import { type LoadOptions, RehearsalImpossible, type RunningLoad } from '../database.ts';
import { quoted } from '../identifier.ts';
import type { KnownNames } from '../known-names.ts';
import { LoadCourse, withBaseline } from '../load/course.ts';
import { LoadRecorder, type Operation, type OperationKind } from '../load/recorder.ts';
import type { LoadReport } from '../observed.ts';
import { rowsOf, withDatabase, withoutData } from './driver.ts';
import { LOAD_CLIENT } from './load-client.ts';
import { columnsOf, fullName, tablesIn } from './tables.ts';

/** How long clients try to get a lock, milliseconds: what most libraries set where nobody says otherwise. */
const BUSY_TIMEOUT = 5000;
const PACE = 5;
/** Of the long reader, milliseconds. See the load for PostgreSQL. */
const HOLDS = 800;
const PAUSES = 400;
const LONGEST_START = 10_000;
const LONGEST_ENDING = BUSY_TIMEOUT + 1000;
const KEYS = 500;
const SAMPLE = 20_000;

interface LoadTable {
  readonly name: string;
  readonly read: string;
  readonly write: string | null;
  readonly keys: readonly (readonly unknown[])[];
}

interface Plans {
  readonly tables: readonly LoadTable[];
  readonly blind: readonly string[];
  /** With a write-ahead log readers keep nobody from writing. */
  readonly wal: boolean;
}

/**
 * Puts light load on the tables of a file: a reader and a writer by key, transactions over several tables, and the team's script, each
 * with a connection and a thread of its own. One long reader is there only where the file has a write-ahead log: without one it would
 * stop every writer, so no application has it.
 * @returns once the baseline is measured
 * @throws RehearsalImpossible `checks_invalid` when the script fails without any migration
 */
export async function startLoad(path: string, options: LoadOptions, names: KnownNames, ended: () => void): Promise<RunningLoad> {
  options.signal.throwIfAborted();
  const plans = withDatabase(path, { readOnly: false }, (database) => {
    if (options.script !== null) tryScript(database, options.script, names);
    return plansFor(database, options.tables, names);
  });
  return withBaseline(new Load(path, plans, options, ended), options);
}

function tryScript(database: DatabaseSync, script: string, names: KnownNames): void {
  const refuse = (why: string): never => {
    throw new RehearsalImpossible('checks_invalid', `The script of the load ${why}`);
  };
  try {
    database.exec(script);
  } catch (error) {
    refuse(`fails on the database as it is before the migration: ${withoutData(error, names, script)}. Mend the script.`);
  }
  if (database.isTransaction) refuse('leaves a transaction open. End it with COMMIT or ROLLBACK.');
}

function plansFor(database: DatabaseSync, names: readonly string[], known: KnownNames): Plans {
  const tables = tablesIn(database)
    .filter((table) => names.includes(fullName(table)) && !isBookkeeping(table))
    .map((table) => tableOf(database, table));
  const [mode] = rowsOf(database, 'PRAGMA journal_mode');
  return {
    tables,
    blind: tables
      .filter(({ write }) => write === null)
      .map(({ name }) => `${known.relation(name)} is only read by the load: it has no row.`),
    wal: mode?.['journal_mode'] === 'wal',
  };
}

function tableOf(database: DatabaseSync, table: string): LoadTable {
  const name = fullName(table);
  const columns = columnsOf(database, table);
  const key = columns.filter((column) => column.key > 0).map((column) => quoted(column.name));
  const by = key.length === 0 ? ['rowid'] : key;
  const parts = by.map((column, index) => `${column} AS k${index}`).join(', ');
  const keys = rowsOf(
    database,
    `SELECT * FROM (SELECT ${parts} FROM ${quoted(table)} LIMIT ${SAMPLE}) ORDER BY random() LIMIT ${KEYS}`,
  ).map((row) => Object.values(row));
  const selected = columns.map((column) => quoted(column.name)).join(', ');
  if (keys.length === 0) return { name, read: `SELECT ${selected} FROM ${quoted(table)} LIMIT 1`, write: null, keys: [[]] };
  const where = by.map((column) => `${column} = ?`).join(' AND ');
  const settable = columns.filter((column) => !column.generated);
  const written = quoted((settable.find((column) => column.key === 0) ?? settable[0])?.name ?? 'rowid');
  return {
    name,
    read: `SELECT ${selected} FROM ${quoted(table)} WHERE ${where}`,
    write: `UPDATE ${quoted(table)} SET ${written} = ${written} WHERE ${where}`,
    keys,
  };
}

/** Codes are SQLSTATEs where SQLite's own do not tell a missing column from a missing table; SQLite's names otherwise. */
const MEANINGS: Readonly<Record<string, string>> = {
  '42703': 'a column is missing',
  '42P01': 'a table is missing',
  SQLITE_ERROR: 'a statement no longer fits',
  SQLITE_BUSY: `the database was locked for longer than ${BUSY_TIMEOUT / 1000} s, or a transaction had to give way`,
  SQLITE_LOCKED: 'a table was locked by the same process',
  SQLITE_READONLY: 'the database takes no writes',
  SQLITE_IOERR: 'the disk failed',
  SQLITE_CORRUPT: 'the database is damaged',
  SQLITE_FULL: 'the disk is full',
  SQLITE_SCHEMA: 'the schema changed meanwhile',
  SQLITE_CONSTRAINT: 'a row breaks a constraint',
};
const NAMES: Readonly<Record<number, string>> = {
  1: 'SQLITE_ERROR',
  5: 'SQLITE_BUSY',
  6: 'SQLITE_LOCKED',
  8: 'SQLITE_READONLY',
  10: 'SQLITE_IOERR',
  11: 'SQLITE_CORRUPT',
  13: 'SQLITE_FULL',
  17: 'SQLITE_SCHEMA',
  19: 'SQLITE_CONSTRAINT',
};

function codeOf({ code, message }: Problem): string {
  if (/no such column|has no column named/i.test(message)) return '42703';
  if (/no such table/i.test(message)) return '42P01';
  return NAMES[code % 256] ?? `SQLITE_${code % 256}`;
}

interface Problem {
  readonly code: number;
  readonly message: string;
}

type Message =
  | { readonly begins: number; readonly kind: OperationKind | 'script'; readonly relation: string }
  | { readonly ended: number; readonly problem: Problem | null };

class Load extends LoadCourse {
  private readonly plans: Plans;
  private readonly ended: () => void;
  private readonly workers: readonly Worker[];
  /** Until each has said something. */
  private readonly starts: readonly Promise<void>[];
  private readonly exits: readonly Promise<void>[];

  constructor(path: string, plans: Plans, { script, signal }: LoadOptions, ended: () => void) {
    super(
      new LoadRecorder(
        (code) => MEANINGS[code] ?? 'an error of SQLite',
        () => performance.timeOrigin + performance.now(),
      ),
      signal,
    );
    this.plans = plans;
    this.ended = ended;
    const { tables, wal } = plans;
    const writable = tables.filter(({ write }) => write !== null);
    const start = (plan: string, own: readonly LoadTable[]) => {
      const workerData = { path, plan, tables: own, script, timeout: BUSY_TIMEOUT, pace: PACE, holds: HOLDS, pauses: PAUSES };
      // A thread shows no warnings of its own, nor does it end this process.
      return new Worker(LOAD_CLIENT, { eval: true, workerData, stderr: true, stdout: true, execArgv: ['--no-warnings'] });
    };
    this.workers = [
      ...(tables.length === 0 ? [] : [start('reader', tables)]),
      ...(tables.length === 0 || !wal ? [] : [start('long reader', tables)]),
      ...(writable.length === 0 ? [] : [start('writer', writable)]),
      ...(script === null ? [] : [start('script', [])]),
    ];
    this.exits = this.workers.map((worker) => new Promise((resolve) => worker.once('exit', () => resolve())));
    this.starts = this.workers.map((worker) => new Promise((resolve) => worker.once('message', () => resolve())));
    for (const worker of this.workers) this.listen(worker);
  }

  override async measureBaseline(options: LoadOptions): Promise<void> {
    if (this.workers.length === 0) return;
    const { signal } = options;
    await Promise.race([Promise.all(this.starts), sleep(LONGEST_START, undefined, { signal }).catch(() => signal.throwIfAborted())]);
    await this.runAlone(options);
  }

  protected override async finish(): Promise<LoadReport> {
    const recorded = this.recorder.finish();
    for (const worker of this.workers) worker.postMessage('stop');
    await Promise.race([Promise.all(this.exits), sleep(LONGEST_ENDING, undefined, { ref: false })]);
    for (const worker of this.workers) await worker.terminate();
    this.ended();
    const early = this.errorsBefore((code) => MEANINGS[code] ?? 'an error');
    return { ...recorded, tables: this.plans.tables.map(({ name }) => name), blind: [...this.plans.blind, ...early] };
  }

  private listen(worker: Worker): void {
    let operation: Operation | null = null;
    worker.on('error', () => undefined);
    worker.on('message', (message: Message) => {
      if ('begins' in message) {
        const { kind, relation, begins } = message;
        operation = kind === 'script' ? this.recorder.startScript('write', begins) : this.recorder.start(kind, relation, PACE, begins);
      } else if (operation !== null) {
        this.recorder.end(operation, message.problem === null ? null : codeOf(message.problem), message.ended);
      }
    });
  }
}
