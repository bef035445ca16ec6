import { setTimeout as sleep } from 'node:timers/promises';
import type { LoadRecorder } from '../../load/recorder.ts';
import type { Connection } from '../connection.ts';
import { Session, type Statement } from './session.ts';
import type { LoadTable } from './tables.ts';

/** One client of the load: a connection and what it does with it, again and again. */
export interface LoadClient {
  readonly session: Session;
  /** Ends soon after the load is stopped; never rejects. */
  readonly done: Promise<void>;
}

export interface ClientsOptions {
  readonly target: Connection;
  readonly tables: readonly LoadTable[];
  readonly script: string | null;
  readonly recorder: LoadRecorder;
  readonly stop: AbortSignal;
}

/** From one operation of a client to its next, milliseconds. With all clients at it, two cores have most of their time left. */
const PACE = 5;
/** What fails is tried less often: it is known by then. */
const FAILED_PACE = 50;
/** Between two statements of a transaction an application thinks. */
const THOUGHT = 2;
/** How many tables a transaction writes to. */
const TABLES_AT_ONCE = 3;

const READERS = 2;
const WRITERS = 2;
/** Each writes to several tables in a transaction; where there is only one table, they are single writers as well. */
const TRANSACTION_WRITERS = 4;

/**
 * The long reader holds its tables for that long, and pauses for that long, milliseconds. Shorter than the stall that is allowed where no
 * limit says otherwise: what waits behind it and locks nobody out for longer than that shall pass, whether it meets the reader or not.
 */
const READER_HOLDS = 800;
const READER_PAUSES = 400;

/** Opens every connection and sets the clients to work. What `pg` throws while connecting is passed on, with all of them closed. */
export async function startClients(options: ClientsOptions): Promise<readonly LoadClient[]> {
  const plans = plansFor(options);
  const sessions = plans.map(({ name }) => new Session(options.target, name, options.recorder, options.stop, PACE));
  try {
    for (const session of sessions) await session.open();
  } catch (error) {
    await Promise.all(sessions.map((session) => session.close()));
    throw error;
  }
  return sessions.map((session, index) => ({ session, done: repeat(session, plans[index]?.plan ?? pointless, options.stop) }));
}

/** One round of a client. @returns how long to wait until the next, milliseconds, from when this one began */
type Plan = (session: Session) => Promise<number>;

const pointless: Plan = async () => PACE;

async function repeat(session: Session, plan: Plan, stop: AbortSignal): Promise<void> {
  while (!stop.aborted) {
    const began = performance.now();
    let pace = FAILED_PACE;
    try {
      pace = await plan(session);
    } catch {
      await session.recover();
    }
    await pause(pace - (performance.now() - began), stop);
  }
  await session.close();
}

/** Ends early when the load is stopped. Never throws. */
async function pause(milliseconds: number, stop: AbortSignal): Promise<void> {
  // Even who is late lets others go first.
  await sleep(Math.max(0, milliseconds), undefined, { signal: stop }).catch(() => undefined);
}

function plansFor({ tables, script, stop }: ClientsOptions): { readonly name: string; readonly plan: Plan }[] {
  const writable = tables.filter((table) => table.write !== null);
  // A partition and its table are the same rows under two names: in one transaction the load would deadlock by itself.
  const apart = writable.filter((table) => !(table.part && tables.length > 1));
  const several = apart.length > 1;
  const named = (name: string, count: number, plan: () => Plan) =>
    Array.from({ length: count }, (_, index) => ({ name: `${name}-${index + 1}`, plan: plan() }));
  return [
    ...(tables.length === 0 ? [] : named('reader', READERS, () => pointReader(tables))),
    ...(tables.length === 0 ? [] : named('long-reader', 1, () => longReader(tables, stop))),
    ...(writable.length === 0 ? [] : named('writer', WRITERS, () => pointWriter(writable))),
    ...(several ? named('transaction', TRANSACTION_WRITERS, () => transactionWriter(apart, stop)) : []),
    ...(script === null ? [] : named('script', 1, () => scriptRunner(script))),
  ];
}

/** Takes one after the other, so that each gets its share. */
function inTurn<T>(all: readonly T[]): () => T {
  let next = Math.floor(Math.random() * all.length);
  return () => {
    next = (next + 1) % all.length;
    return all[next] as T;
  };
}

function statement(table: LoadTable, kind: Statement['kind']): Statement {
  const values = table.keys[Math.floor(Math.random() * table.keys.length)] ?? [];
  return { text: (kind === 'read' ? table.read : table.write) ?? '', values, kind, relation: table.name };
}

function pointReader(tables: readonly LoadTable[]): Plan {
  const next = inTurn(tables);
  return async (session) => {
    await session.measured(statement(next(), 'read'));
    return PACE;
  };
}

function pointWriter(tables: readonly LoadTable[]): Plan {
  const next = inTurn(tables);
  return async (session) => {
    await session.measured(statement(next(), 'write'));
    return PACE;
  };
}

/** Writes to several tables in one transaction, always in the order of their names: among themselves these never deadlock. */
function transactionWriter(tables: readonly LoadTable[], stop: AbortSignal): Plan {
  const first = inTurn(tables.slice(0, Math.max(1, tables.length - TABLES_AT_ONCE + 1)));
  return async (session) => {
    const begin = tables.indexOf(first());
    await session.run('BEGIN');
    for (const table of tables.slice(begin, begin + TABLES_AT_ONCE)) {
      await session.measured(statement(table, 'write'));
      await pause(THOUGHT, stop);
    }
    await session.run('COMMIT');
    return 4 * PACE;
  };
}

/** Reads from all tables in one snapshot, as a report or a backup does, and keeps them until it is done. */
function longReader(tables: readonly LoadTable[], stop: AbortSignal): Plan {
  return async (session) => {
    await session.run('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    const began = performance.now();
    for (const table of tables) await session.measured(statement(table, 'read'));
    await pause(READER_HOLDS - (performance.now() - began), stop);
    await session.run('COMMIT');
    return READER_HOLDS + READER_PAUSES;
  };
}

function scriptRunner(script: string): Plan {
  const kind = /\b(insert|update|delete|merge|copy|call|do)\b/i.test(script) ? 'write' : 'read';
  return async (session) => {
    await session.script(script, kind);
    return 4 * PACE;
  };
}
