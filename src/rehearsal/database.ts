import type { Impossibility } from './impossible.ts';
import type { KnownNames } from './known-names.ts';
import type { MaskingReport, MaskingRules } from './masking/rules.ts';
import type { LoadReport, Observation } from './observed.ts';

/**
 * The seam between the rehearsal and a kind of database. `engine.ts` chooses one by name; everything above speaks to this alone.
 * The order of calls: `start` → the snapshot into `source` (`restore`, or a command of the repository) → `takeStock` → `mask` →
 * `freeze` → any number of copies, each used for one phase and dropped → `stop`.
 */

/** A rehearsal that could not take place, which says nothing about the migration: the message tells what was missing and what to do. */
export class RehearsalImpossible extends Error {
  override name = 'RehearsalImpossible';
  readonly code: Impossibility;

  constructor(code: Impossibility, message: string) {
    super(message);
    this.code = code;
  }
}

export interface EngineOptions {
  /** Where everything of this rehearsal lives; it is removed with it. */
  readonly folder: string;
  /** The job's variables. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** One line for the log. */
  readonly log: (line: string) => void;
  /** The names that may be shown. */
  readonly names: KnownNames;
  /** Aborted when the job is cancelled. */
  readonly signal: AbortSignal;
  /** Told of every server process as it starts, `null` once it has ended: whoever outlives this process ends it. */
  readonly watch: (pid: number | null) => void;
  /** URL of a server to rehearse on instead of a private one; on it only databases of the rehearsal's own are touched. */
  readonly serverUrl: string | null;
  /** Major version that the server must have; `null`: any. */
  readonly version: number | null;
}

export interface RehearsalEngine {
  /** Whether its server can keep its data in a folder inside `base`. */
  worksIn(base: string): boolean;
  /**
   * Gets a server with an empty database. What a rehearsal before this one left on it is removed first.
   * @throws RehearsalImpossible
   */
  start(options: EngineOptions): Promise<RehearsalServer>;
}

/** How a command of the repository reaches a database. */
export interface Access {
  /** What commands get as DATABASE_URL. Holds the password. */
  readonly url: string;
  /** Beside DATABASE_URL, for tools that take their parts one by one. */
  readonly variables: Readonly<Record<string, string>>;
}

/** Where a rehearsal keeps its databases. */
export interface RehearsalServer {
  /** Name and version of the server, for people: `PostgreSQL 18.4`. */
  readonly name: string;
  /** Its major version; `null` where the kind of database has none that matters. */
  readonly major: number | null;
  /** What must be masked wherever it is printed. */
  readonly secrets: readonly string[];
  /** The database that the snapshot goes into. */
  readonly source: Access;
  /**
   * Fills the source from a dump: of this kind of database, one file or a folder.
   * @returns its format for people, and the major version of the server that it was made on, where it tells
   * @throws RehearsalImpossible
   */
  restore(dump: string): Promise<Restored>;
  /**
   * Fills the source from a running database, which is only read.
   * @throws RehearsalImpossible
   */
  copyFrom(url: string): Promise<Restored>;
  /** What is in the source now, without what the server itself brings. Gathers statistics too: a restore leaves none, production has them. */
  takeStock(): Promise<Contents>;
  /**
   * Replaces the values of the source's masked columns and proves that none is left anywhere in it.
   * @throws RehearsalImpossible when a column is undeclared, a value cannot be masked, or a value leaked
   */
  mask(rules: MaskingRules): Promise<MaskingReport>;
  /** The source is complete: from here on it is only copied. */
  freeze(): Promise<void>;
  /** A copy of the source as it was frozen, by the fastest way that the server has. */
  copy(phase: string): Promise<DatabaseCopy>;
  /** Ends what runs and removes every database of this rehearsal. Never throws. */
  stop(): Promise<void>;
}

export interface Restored {
  /** For people: `a custom dump`. */
  readonly format: string;
  readonly major: number | null;
}

export interface Contents {
  readonly tables: number;
  /** Whether any table has a row. */
  readonly rows: boolean;
  readonly bytes: number;
}

/** One copy of the data, for one phase. */
export interface DatabaseCopy {
  /** Straight to the database, past every observer. */
  readonly access: Access;
  readonly copied: CopyReport;
  /** Lets commands in through an observer, from now until `end`. One at a time. */
  observe(options?: ObserveOptions): Promise<Observer>;
  /** Puts load on the tables named, until `end`. @throws RehearsalImpossible when the script cannot be read */
  load(options: LoadOptions): Promise<RunningLoad>;
  /** Everything about the schema that a migration can change, as text that is equal when the schemas are: one entry an object. */
  describeSchema(): Promise<SchemaDescription>;
  /** Exact number of rows of each table, by `schema.table`. */
  countRows(): Promise<ReadonlyMap<string, number>>;
  /**
   * What the rows of some tables hold, in a text that is equal where they hold the same, in whatever order; by `schema.table`. A partition
   * stands for its table; tables that are not there are left out.
   */
  fingerprintRows(tables: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /** Runs one query of the team's checks, read-only. @throws Error that says why without any value of the data */
  query(sql: string): Promise<readonly Readonly<Record<string, unknown>>[]>;
  /** What a migration left unfinished: invalid indexes, constraints that were never validated. */
  leftovers(): Promise<readonly Leftover[]>;
  drop(): Promise<void>;
}

/** How a copy was made. */
export interface CopyReport {
  /** For people: `FILE_COPY with file_copy_method=clone`. */
  readonly how: string;
  readonly seconds: number;
  readonly bytes: number;
}

export interface ObserveOptions {
  /**
   * Holds the command back for good once that many statements have run, and tells. Counts statements that do something, from 1, and those
   * of the further `kinds`, which did something when the migration was watched before.
   */
  readonly stopAfter?: { readonly statements: number; readonly kinds: ReadonlySet<string>; readonly reached: () => void };
}

/** Watches one phase. */
export interface Observer {
  readonly access: Access;
  /** Ends watching and tells what was seen. Never throws: what could not be seen is said in the observation. */
  end(): Promise<Observation>;
}

export interface LoadOptions {
  /** Tables that the migration touches, as `schema.table`; the load reads and writes their rows. */
  readonly tables: readonly string[];
  /** SQL that one more client repeats; `null`: none. */
  readonly script: string | null;
  /** How long the load runs before anything is migrated, milliseconds: the baseline. */
  readonly baseline: number;
  readonly signal: AbortSignal;
}

/** Load that is running; the baseline has been measured. */
export interface RunningLoad {
  /** From here on it is measured beside the migration. */
  begin(): void;
  end(): Promise<LoadReport>;
}

/** By kind and name (`table public.orders`, `index public.orders_pkey`), everything that defines it. */
export type SchemaDescription = ReadonlyMap<string, string>;

export interface Leftover {
  readonly kind: 'invalid-index' | 'unvalidated-constraint';
  /** For people: `public.orders_customer_id_fkey on public.orders`. */
  readonly name: string;
  /** Its parts as SQL takes them, in quotes where they need them; `null` where no SQL mends it. */
  readonly sql: LeftoverSql | null;
}

export interface LeftoverSql {
  /** Of an index with its schema, `public."User_email_idx"`; of a constraint by itself. */
  readonly name: string;
  /** `TABLE public."User"`, or `DOMAIN public.positive`. */
  readonly on: string;
}
