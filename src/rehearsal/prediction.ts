/** What earlier rehearsals said production would take, and what it took. */
export interface Prediction {
  /** The rehearsal before this one in the same environment, in figures; `null`: there is none. */
  readonly last: LastRehearsal | null;
  /** The latest version whose migration was rehearsed and has reached production; `null`: none yet. */
  readonly production: ProductionActual | null;
}

export interface LastRehearsal {
  readonly version: string;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly verdict: 'pass' | 'warn' | 'fail';
  readonly figures: RehearsalFigures;
}

/** The few figures of a rehearsal that its record keeps. */
export interface RehearsalFigures {
  /** How long the migration took, alone. */
  readonly seconds: number;
  readonly statements: number | null;
  readonly longestStatement: number | null;
  /** Milliseconds. */
  readonly readStall: number | null;
  readonly writeStall: number | null;
  /** Bytes above what the database took before. */
  readonly diskPeak: number | null;
  readonly wal: number | null;
  /** Bytes of the rehearsed database. */
  readonly size: number | null;
}

export interface ProductionActual {
  readonly version: string;
  readonly environment: string;
  /** What its rehearsal had measured. */
  readonly rehearsedSeconds: number;
  readonly tookSeconds: number;
  /** `tookSeconds / rehearsedSeconds`: how much slower production is than where the rehearsal ran. */
  readonly factor: number;
}
