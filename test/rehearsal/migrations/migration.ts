import type { RehearsalLimits } from '../../../src/pipeline/model.ts';
import type { ChecksFile } from '../../../src/rehearsal/checks.ts';
import type { Verdict } from '../../../src/rehearsal/evidence.ts';
import type { RehearsalReasonCode } from '../../../src/rehearsal/reasons.ts';

/** A migration with known behaviour, and what its rehearsal must say. */
export interface KnownMigration {
  readonly name: string;
  /** Statements of the way forward. In one transaction unless `apart`. */
  readonly up: readonly string[];
  /** Statements of the way back. `false`: deliberately none. `null`: nobody said. */
  readonly down: readonly string[] | false | null;
  /** Each statement for itself, as `CONCURRENTLY` needs it. */
  readonly apart?: boolean;
  /** The tool keeps no book of what it has done. */
  readonly forgetful?: boolean;
  /** The tool does not notice that a statement failed. */
  readonly careless?: boolean;
  /** What the version that is live does with the database. */
  readonly live?: readonly string[];
  readonly checks?: Partial<ChecksFile>;
  /** Whether it is rehearsed beside load. */
  readonly load?: boolean;
  readonly limits?: RehearsalLimits;
  /** Milliseconds. */
  readonly timeout?: number;
  readonly verdict: Verdict;
  readonly reasons: readonly RehearsalReasonCode[];
}

/** What every careful migration begins with. */
export const PATIENTLY = "SET lock_timeout = '2s'";
