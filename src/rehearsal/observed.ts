/** What was seen while a migration ran. Times are milliseconds since observation began, on this machine's steady clock. */

/** What was measured by looking again and again lies between the two. Milliseconds. */
export interface Interval {
  readonly atLeast: number;
  readonly atMost: number;
}

export interface Observation {
  /** Epoch milliseconds, to lay several observations over each other. */
  readonly begunAt: number;
  /** How long observation lasted, milliseconds. */
  readonly lasted: number;
  readonly statements: readonly StatementTrace[];
  readonly transactions: readonly TransactionTrace[];
  /** Every lock seen that can make others wait, on relations that were there before the migration. */
  readonly locks: readonly LockTrace[];
  /** Who waited for whom. */
  readonly waits: readonly WaitTrace[];
  /** Tables whose rows were written anew. */
  readonly rewrites: readonly Rewrite[];
  /** Relations that the migration locked, wrote to or altered, as `schema.table`. */
  readonly touched: readonly string[];
  /** Numbers of the statements that took a lock which only writing or altering needs, on a table that no migration tool keeps its book in. */
  readonly writers: readonly number[];
  /** Disk that the database took in bytes. */
  readonly disk: { readonly before: number; readonly peak: number; readonly after: number };
  /** Write-ahead log in bytes; `null` where the kind of database has none, or others wrote at the same time. */
  readonly wal: number | null;
  /** What could not be observed, one sentence each. */
  readonly blind: readonly string[];
}

/** One statement that a client sent. */
export interface StatementTrace {
  /** Counts from 1, in the order in which they began. */
  readonly number: number;
  /** Without literals: a report may hold none of the data. At most 2000 characters. */
  readonly text: string;
  /** First words, such as `ALTER TABLE` or `CREATE INDEX CONCURRENTLY`. */
  readonly kind: string;
  /** Tells connections of the migration from each other. */
  readonly connection: number;
  /** The transaction it ran in. */
  readonly transaction: number;
  readonly began: number;
  readonly seconds: number;
  /** `lock_timeout` that held when it began, milliseconds; 0: none was set. `null`: nobody knows. */
  readonly lockTimeout: number | null;
  /** SQLSTATE; `null` when it succeeded. */
  readonly error: string | null;
  /** Rows that the server says it worked on. */
  readonly rows: number | null;
}

export interface TransactionTrace {
  readonly number: number;
  readonly began: number;
  readonly seconds: number;
  /** `false`: a single statement outside of any transaction block. */
  readonly block: boolean;
  readonly ended: 'commit' | 'rollback' | 'lost';
}

/** PostgreSQL's modes, weakest first: https://www.postgresql.org/docs/current/explicit-locking.html#LOCKING-TABLES */
export const LOCK_MODES: readonly string[] = [
  'AccessShareLock',
  'RowShareLock',
  'RowExclusiveLock',
  'ShareUpdateExclusiveLock',
  'ShareLock',
  'ShareRowExclusiveLock',
  'ExclusiveLock',
  'AccessExclusiveLock',
];

export interface LockTrace {
  /** `public.orders`. */
  readonly relation: string;
  /** The table that it is or belongs to. */
  readonly table: string;
  /** As PostgreSQL calls it: `AccessExclusiveLock`. */
  readonly mode: string;
  /** The statement that took it; `null` when it was seen and nobody knows whose it is. */
  readonly statement: number | null;
  /** When it was taken, at the latest. */
  readonly from: number;
  readonly held: Interval;
  /** What others cannot do meanwhile. */
  readonly blocks: 'reads and writes' | 'writes' | 'schema changes';
}

export interface WaitTrace {
  /** `migration`: it waited itself. `load`: somebody waited for it. `other`: somebody else on the server. */
  readonly who: 'migration' | 'load' | 'other';
  readonly statement: number | null;
  readonly relation: string | null;
  readonly mode: string | null;
  readonly from: number;
  readonly lasted: Interval;
  /** Whom it waited for. */
  readonly behind: 'migration' | 'load' | 'other';
}

export interface Rewrite {
  readonly relation: string;
  /** Of a partition, the partitioned table at the top: to applications that is the table. `null` of any other table. */
  readonly root: string | null;
  /** Bytes of the table before. */
  readonly bytes: number;
  /** `null` when several may have done it. */
  readonly statement: number | null;
}

/** What the load went through, before and beside the migration. */
export interface LoadReport {
  /** Epoch milliseconds of when measuring beside the migration began. */
  readonly begunAt: number;
  readonly baseline: LoadFigures;
  readonly during: LoadFigures;
  /** Errors by SQLSTATE, beside the migration only. */
  readonly errors: readonly { readonly code: string; readonly meaning: string; readonly count: number }[];
  readonly deadlocks: number;
  /** Stalls longer than 50 ms beside the migration, for the picture. At most 200, the longest. Milliseconds since `begunAt`. */
  readonly stalls: readonly {
    readonly kind: 'read' | 'write';
    readonly relation: string;
    readonly from: number;
    readonly lasted: number;
  }[];
  /** Tables that were read and written, and what could not be, one sentence each. */
  readonly tables: readonly string[];
  readonly blind: readonly string[];
}

/** Times of single reads and writes in milliseconds. */
export interface LoadFigures {
  readonly reads: OperationFigures;
  readonly writes: OperationFigures;
}

export interface OperationFigures {
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
  readonly longest: number;
}
