import type pg from 'pg';
import { type Connection, connect } from '../connection.ts';
import type { SeenLock } from './ledger.ts';

/** Oldest OID that is not of the system's own: https://www.postgresql.org/docs/current/system-catalog-initial-data.html */
export const FIRST_NORMAL_OID = 16384;

/** Which relations are looked at: those of a database that were there when observation began. Both are OIDs. */
export interface Scope {
  readonly database: number;
  /** Of its newest relation. */
  readonly newest: number;
}

/**
 * `1`: the backend. `2`: the newest relation that was there when observation began. `3`: the database. Of newer relations only the newest is
 * told that nobody else gets at: a transaction that makes many tables holds thousands of locks on them, and none is anybody's business.
 */
const LOCKS = `SELECT string_agg(relation || ' ' || mode, ',') FILTER (WHERE relation <= $2) AS locks,
    max(relation) FILTER (WHERE relation > $2 AND mode = 'AccessExclusiveLock') AS made
  FROM (
    SELECT relation::int8 AS relation, mode FROM pg_catalog.pg_locks
    WHERE pid = $1 AND locktype = 'relation' AND granted AND relation >= ${FIRST_NORMAL_OID} AND mode NOT IN ('AccessShareLock', 'RowShareLock')
      AND database = $3
  ) held`;

/** Reads at one moment what a backend holds, while the proxy keeps its client waiting. */
export class LockReader {
  private readonly client: pg.Client;
  private readonly scope: Scope;
  /** The last question, answered or not: a connection takes one at a time. */
  private asked: Promise<unknown> = Promise.resolve();

  private constructor(client: pg.Client, scope: Scope) {
    this.client = client;
    this.scope = scope;
  }

  static async open(target: Connection, scope: Scope): Promise<LockReader> {
    const client = await connect(target);
    await client.query('SET jit = off');
    return new LockReader(client, scope);
  }

  /** Locks on relations of this database that are none of the system's, from those on that writing takes. */
  async locksOf(pid: number): Promise<readonly SeenLock[]> {
    const { rows } = await this.inTurn(() =>
      this.client.query<{ locks: string | null; made: string | null }>({
        name: 'locks',
        text: LOCKS,
        values: [pid, this.scope.newest, this.scope.database],
      }),
    );
    const [{ locks = null, made = null } = {}] = rows;
    const known = parseLocks(locks);
    return made === null ? known : [...known, { relation: Number(made), mode: 'AccessExclusiveLock' }];
  }

  /** Ends backends and waits until they are gone, not longer than `patience` milliseconds. */
  async end(pids: readonly number[], patience: number): Promise<void> {
    if (pids.length === 0) return;
    const until = performance.now() + patience;
    const gone = `SELECT count(pg_catalog.pg_terminate_backend(pid))::int AS left FROM pg_catalog.pg_stat_activity WHERE pid = ANY($1::int[])`;
    for (;;) {
      const { rows } = await this.inTurn(() => this.client.query<{ left: number }>(gone, [pids]));
      if (rows[0]?.left === 0 || performance.now() > until) return;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  async close(): Promise<void> {
    await this.client.end().catch(() => undefined);
  }

  /** Several connections of the migration may want to know at a time. */
  private inTurn<T>(ask: () => Promise<T>): Promise<T> {
    const answer = this.asked.then(ask);
    this.asked = answer.catch(() => undefined);
    return answer;
  }
}

export function parseLocks(text: string | null): readonly SeenLock[] {
  if (text === null || text === '') return [];
  return text.split(',').map((lock) => {
    const blank = lock.indexOf(' ');
    return { relation: Number(lock.slice(0, blank)), mode: lock.slice(blank + 1) };
  });
}
