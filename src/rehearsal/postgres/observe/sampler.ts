import type pg from 'pg';
import { type Connection, connect } from '../connection.ts';
import { failureOf } from '../failure.ts';
import type { Journal, Statement, Transaction } from './journal.ts';
import type { SeenLock } from './ledger.ts';
import { FIRST_NORMAL_OID, type Scope } from './server-view.ts';
import type { WaitBook, Waiting } from './waits.ts';
import { isOpaque, isProcedural } from './words.ts';

/** A connection of the migration, as far as samples need it. */
export interface Sampled {
  readonly pid: number;
  readonly transaction: Transaction | null;
  readonly running: readonly Statement[];
}

/** A connection as it was when a look began. */
interface Looked {
  readonly sampled: Sampled;
  readonly transaction: Transaction | null;
  readonly statement: Statement | null;
}

interface SampleRow {
  readonly pid: number;
  readonly relation: string | null;
  readonly mode: string;
  readonly granted: boolean;
  readonly locktype: string;
  readonly behind: number[] | null;
  readonly waited: number | null;
}

/** `1`: backends of the migration, `2`: the newest relation, `3`: the database. Locks that they hold on relations up to that, and whoever waits for any lock. */
const SAMPLE = `PREPARE promote_sample(int[], int8, oid) AS
  SELECT pid, relation::int8 AS relation, mode, granted, locktype, CASE WHEN NOT granted THEN pg_catalog.pg_blocking_pids(pid) END AS behind,
    (extract(epoch FROM pg_catalog.clock_timestamp() - waitstart) * 1000)::float8 AS waited
  FROM pg_catalog.pg_locks
  WHERE NOT granted OR locktype = 'tuple' OR (pid = ANY($1) AND locktype = 'relation' AND relation::int8 BETWEEN ${FIRST_NORMAL_OID} AND $2
    AND mode NOT IN ('AccessShareLock', 'RowShareLock')
    AND database = $3)`;

/** Milliseconds that are left between two looks at what may come and go at any time. */
const CLOSE = 1;
/** Milliseconds that are left there at most, however long a look takes. */
const MODEST = 2;
/** Milliseconds from look to look where all that is taken is held to the end and read there: only waits can be missed, and they tell since when. */
const LOOSE = 10;
/** The longer the server works on a command of its own, which may take all processors, the less a millisecond matters: this share of its time, up to so many milliseconds. */
const RESOLUTION = 1 / 10;
const LONGEST = 40;
/** Looking must not take more than this share of the time: where nothing may be missed, and elsewhere. */
const SHARE = { close: 0.4, loose: 0.04 };
/** Longest time between two looks at running statements, on average, that goes unsaid, milliseconds: limits are told in tenths of seconds. */
const PROMISED = 50;
/** Fewer looks say nothing about how long one takes. */
const ENOUGH = 20;

/** Looks again and again at what the proxy cannot see at a statement's boundaries: locks that come and go within it, and waits. */
export class Sampler {
  private readonly client: pg.Client;
  private readonly scope: Scope;
  private readonly journal: Journal;
  private readonly waits: WaitBook;
  private readonly observed: () => readonly Sampled[];
  private awake: (() => void) | null = null;
  private running = true;
  private readonly ended: Promise<void>;
  private looked = 0;
  private took = 0.4;
  private close = { looks: 0, spent: 0 };

  private constructor(client: pg.Client, scope: Scope, journal: Journal, waits: WaitBook, observed: () => readonly Sampled[]) {
    this.client = client;
    this.scope = scope;
    this.journal = journal;
    this.waits = waits;
    this.observed = observed;
    this.ended = this.run();
  }

  static async open(
    target: Connection,
    scope: Scope,
    journal: Journal,
    waits: WaitBook,
    observed: () => readonly Sampled[],
  ): Promise<Sampler> {
    const client = await connect(target);
    await client.query('SET jit = off');
    await client.query(SAMPLE);
    return new Sampler(client, scope, journal, waits, observed);
  }

  /** There is something new to look at. */
  wake(): void {
    this.awake?.();
  }

  async end(): Promise<void> {
    this.running = false;
    this.wake();
    await this.ended;
    await this.client.end().catch(() => undefined);
    const average = this.close.spent / Math.max(1, this.close.looks);
    if (this.close.looks >= ENOUGH && average > PROMISED)
      this.journal.blind.add(
        `Locks within a statement were looked at every ${average.toFixed(1)} ms instead of every 2: the server took that long to answer. Shorter ones may be missing.`,
      );
  }

  private async run(): Promise<void> {
    try {
      while (this.running) await this.step();
    } catch (error) {
      if (this.running) this.journal.blind.add(`Waits and short locks were not seen from some moment on: ${failureOf(error)}.`);
    }
    this.waits.close(this.journal.now());
  }

  private async step(): Promise<void> {
    const busy = this.observed().filter(({ transaction }) => transaction !== null);
    if (busy.length === 0) {
      this.waits.close(this.journal.now());
      await this.nap(null);
      return;
    }
    const now = this.journal.now();
    const running = busy.flatMap((sampled) => sampled.running);
    const due = running.length === 0 ? this.looked + this.loose() : Math.min(...running.map((statement) => this.due(statement, now)));
    if (due > now) await this.nap(due - now);
    else {
      this.judgePace(running, now);
      await this.look(busy);
    }
  }

  /** When a statement is to be looked at next. */
  private due(statement: Statement, now: number): number {
    return isOpaque(statement.kind) && this.looked < statement.began ? statement.began : this.looked + this.interval(statement, now);
  }

  /** @returns milliseconds from look to look */
  private interval({ kind, began }: Statement, now: number): number {
    const close = this.took + Math.max(CLOSE, Math.min(MODEST, this.took * (1 / SHARE.close - 1)));
    if (isProcedural(kind)) return close;
    return Math.max(isOpaque(kind) ? close : this.loose(), Math.min(LONGEST, (now - began) * RESOLUTION));
  }

  private loose(): number {
    return Math.max(LOOSE, this.took / SHARE.loose);
  }

  /** Takes note of how long nobody looked at what may come and go. */
  private judgePace(running: readonly Statement[], now: number): void {
    for (const statement of running) {
      if (!isOpaque(statement.kind) || this.looked < statement.began) continue;
      this.close.looks += 1;
      this.close.spent += now - this.looked - Math.max(0, this.interval(statement, now) - MODEST);
    }
  }

  private async look(busy: readonly Sampled[]): Promise<void> {
    const before = busy.map((sampled): Looked => ({ sampled, transaction: sampled.transaction, statement: sampled.running[0] ?? null }));
    const from = this.journal.now();
    const pids = busy.map(({ pid }) => pid).join(',');
    const { newest, database } = this.scope;
    const { rows } = await this.client.query<SampleRow>(`EXECUTE promote_sample('{${pids}}', ${newest}, ${database})`);
    const by = this.journal.now();
    // Until then: a statement that began since has not been looked at.
    this.looked = from;
    // What it costs is the least that it takes: the rest is waiting for a processor.
    const took = Math.max(0, by - from);
    this.took = took < this.took ? took : this.took * 0.98 + took * 0.02;
    for (const looked of before) {
      const held = rows.filter(({ pid, granted, locktype }) => pid === looked.sampled.pid && granted && locktype === 'relation');
      enter(looked, held.map(toLock), from, by);
    }
    await this.waits.look(rows.flatMap(toWaiting(rows)), from, by, (pids) => this.namesOf(pids));
  }

  private async namesOf(pids: readonly number[]): Promise<ReadonlyMap<number, string>> {
    const { rows } = await this.client.query<{ pid: number; application_name: string | null }>(
      'SELECT pid, application_name FROM pg_catalog.pg_stat_activity WHERE pid = ANY($1::int[])',
      [pids],
    );
    return new Map(rows.map(({ pid, application_name }) => [pid, application_name ?? '']));
  }

  /** Until the time is over, or there is something new. */
  private nap(milliseconds: number | null): Promise<void> {
    return new Promise((resolve) => {
      const timer = milliseconds === null ? null : setTimeout(() => this.awake?.(), milliseconds);
      this.awake = () => {
        if (timer !== null) clearTimeout(timer);
        this.awake = null;
        resolve();
      };
    });
  }
}

/**
 * Takes down a look at a connection. What runs there now may have begun meanwhile: its are all the locks that were seen since the one
 * before it was done, for between statements nothing is taken. A look from before that may have met the locks of either.
 */
function enter({ sampled, transaction, statement }: Looked, locks: readonly SeenLock[], from: number, by: number): void {
  const [running = null] = sampled.running;
  if (running !== null) {
    if (from >= running.after) running.transaction.locks.look(locks, from, by, running);
  } else if (transaction !== null && transaction.ended !== null && sampled.transaction === null)
    transaction.locks.lookLate(locks, from, transaction.ended, statement);
}

function toLock({ relation, mode }: SampleRow): SeenLock {
  return { relation: Number(relation), mode };
}

function toWaiting(rows: readonly SampleRow[]): (row: SampleRow) => readonly Waiting[] {
  return ({ pid, relation, mode, granted, locktype, behind, waited }) => {
    if (granted) return [];
    const named = locktype === 'relation' || locktype === 'tuple' ? relation : null;
    // Whoever waits for a row waits for another's transaction, and holds the row's place in the queue.
    const row = named ?? rows.find((other) => other.pid === pid && other.granted && other.locktype === 'tuple')?.relation ?? null;
    return [
      { pid, relation: row === null ? null : Number(row), mode: locktype === 'relation' ? mode : null, behind: behind ?? [], waited },
    ];
  };
}
