import type { StoredRecord } from './records.ts';

/** What a wait for the environment needs from outside; tests give literals. */
export interface QueuePorts {
  /** The environment's records as they are now: every open one at least. One request. */
  readonly readRecords: () => Promise<readonly StoredRecord[]>;
  /** Whether the run that holds a record can still finish it. One request. */
  readonly runState: (run: { readonly id: number; readonly attempt: number }) => Promise<RunState>;
  /** Gives a record its last status. One request. */
  readonly close: (record: number, how: 'error' | 'inactive', why: string) => Promise<void>;
  readonly sleep: (milliseconds: number) => Promise<void>;
  readonly log: (line: string) => void;
}

/** `unknown`: the run could not be read, so its record is respected. */
export type RunState = 'alive' | 'dead' | 'unknown';

export interface QueuePlace {
  readonly ownRecord: number;
  readonly run: { readonly id: number; readonly attempt: number };
  readonly claim: string;
  /** Milliseconds of waiting, all polls together. */
  readonly timeoutMs: number;
  /** The records as just read, to save the first request. */
  readonly records: readonly StoredRecord[];
}

/**
 * `served`: this job's record is the lowest open one · `timeout`: `behind` still is · `lost`: this job's own record is not open any more.
 * `ownRecord` may be lower than asked with, when a repeated request had opened two. `waited`: whether the world had time to change.
 */
export type Turn =
  | { readonly turn: 'served'; readonly ownRecord: number; readonly waited: boolean }
  | { readonly turn: 'timeout'; readonly ownRecord: number; readonly behind: StoredRecord }
  | { readonly turn: 'lost'; readonly ownRecord: number };

/** Waits until the job's record is the lowest open one, closing what dead runs and repeated requests left before it. */
export async function waitForTurn(_ports: QueuePorts, _place: QueuePlace): Promise<Turn> {
  throw new Error('not yet');
}
