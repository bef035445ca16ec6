/** What every kind of database that a rehearsal can run on must offer. `engine.ts` chooses one by name. */

/** A rehearsal that could not take place, which says nothing about the migration: the message tells what was missing and what to do. */
export class RehearsalImpossible extends Error {
  override name = 'RehearsalImpossible';
}

export interface EngineOptions {
  /** Where everything of this rehearsal lives; it is removed with it. */
  readonly folder: string;
  /** The job's variables. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** One line for the log. */
  readonly log: (line: string) => void;
  /** Aborted when the job is cancelled. */
  readonly signal: AbortSignal;
  /** Told of every server process as it starts, `null` once it has ended: whoever outlives this process ends it. */
  readonly watch: (pid: number | null) => void;
}

export interface RehearsalEngine {
  /** Whether its server can keep its data in a folder inside `base`. */
  worksIn(base: string): boolean;
  /**
   * Starts a private, empty database.
   * @throws RehearsalImpossible
   */
  start(options: EngineOptions): Promise<RehearsalDatabase>;
}

/** A private database that nobody else knows. */
export interface RehearsalDatabase {
  /** Name and version of the server, for people: `PostgreSQL 18.4`. */
  readonly server: string;
  /** What commands get as DATABASE_URL. Holds the password. */
  readonly url: string;
  /** What must be masked wherever it is printed. */
  readonly secrets: readonly string[];
  /** Beside DATABASE_URL, for tools that take their parts one by one. */
  readonly variables: Readonly<Record<string, string>>;
  /**
   * Fills the database from a dump.
   * @returns the dump's format, for people
   * @throws RehearsalImpossible
   */
  restore(dump: string): Promise<string>;
  /** What is in it now, without what the server itself brings. Gathers statistics too: a restore leaves none, production has them. */
  takeStock(): Promise<Contents>;
  /** Ends the server; nothing of it runs afterwards. Never throws. */
  stop(): Promise<void>;
}

export interface Contents {
  readonly tables: number;
  /** Whether any table has a row. */
  readonly rows: boolean;
}
