import type { CopyReport, Leftover } from './database.ts';
import type { Impossibility } from './impossible.ts';
import type { MaskingReport } from './masking/rules.ts';
import type { LoadReport, Observation } from './observed.ts';
import type { Prediction } from './prediction.ts';
import type { RehearsalReason } from './reasons.ts';

/**
 * What a rehearsal leaves as JSON, schema 1: what it was about, what was seen, and what follows. It holds no literal of the data and no
 * secret. `verdict` reads the facts of it; the report shows it; the next rehearsal is compared with it.
 */
export interface RehearsalEvidence extends RehearsalFacts {
  readonly schema: 1;
  readonly verdict: Verdict;
  readonly reasons: readonly RehearsalReason[];
}

/** `none`: it could not take place. */
export type Verdict = 'pass' | 'warn' | 'fail' | 'none';

/** Everything that the verdict is made from. */
export interface RehearsalFacts {
  readonly candidate: { readonly sha: string; readonly version: string; readonly digest: string };
  readonly environment: string;
  /** Identity of the set of migrations; empty when nobody said which files they are. */
  readonly migrations: string;
  /** Epoch milliseconds by GitHub's clock. */
  readonly at: number;
  readonly server: { readonly name: string; readonly major: number | null } | null;
  readonly snapshot: SnapshotFacts | null;
  readonly masking: MaskingReport | null;
  /** Where the candidate's files that say how to rehearse differ from the default branch's or the live version's, and what counts, one line each. */
  readonly deviations: readonly string[];
  /** The commands as the pipeline file has them. */
  readonly commands: { readonly migrate: string; readonly rollback: string | false | null; readonly previous: string | null };
  /** In the order in which they ran; one that was not run says why. */
  readonly phases: readonly PhaseFacts[];
  /** Why it could not take place, or ended early through no fault of the migration. */
  readonly impossible: { readonly code: Impossibility; readonly message: string } | null;
  readonly prediction: Prediction | null;
}

export interface SnapshotFacts {
  /** Tells one snapshot from another: the dump's digest, or what filled the database. */
  readonly id: string;
  /** GitHub's clock, epoch milliseconds. */
  readonly takenAt: number;
  readonly format: string;
  /** Major version of the server it comes from. */
  readonly major: number | null;
  readonly tables: number;
  readonly bytes: number;
}

/**
 * The steps of the cycle. `up`: the migration, observed and alone. `verify`: invariants, look-ups, row changes. `previous`: the test of the
 * version that is live. `down`: the way back. `equal`: the schema is as before. `up-again`. `rerun`: once more changes nothing. `load`: the
 * migration beside readers and writers, on a copy of its own. `interrupted`: killed in the middle and run again, on a copy of its own.
 */
export const PHASES = ['up', 'verify', 'previous', 'down', 'equal', 'up-again', 'rerun', 'load', 'interrupted'] as const;
export type PhaseName = (typeof PHASES)[number];

export interface PhaseFacts {
  readonly name: PhaseName;
  /** `skipped`: see `because`. `failed` is not yet a verdict: the reasons say what follows. */
  readonly outcome: 'done' | 'failed' | 'skipped';
  readonly because: string | null;
  readonly seconds: number;
  readonly copy: CopyReport | null;
  readonly command: CommandFacts | null;
  readonly observation: Observation | null;
  readonly load: LoadReport | null;
  readonly leftovers: readonly Leftover[];
  /** What differs, one line each: schema objects for `equal`, `rerun` and `interrupted`; at most 50. */
  readonly differences: readonly string[];
  readonly checks: CheckFacts | null;
  /** On `interrupted`: after which statement it was killed. */
  readonly killedAfter: { readonly statement: number; readonly of: number } | null;
}

export interface CommandFacts {
  readonly ended: 'success' | 'failure' | 'timeout' | 'killed';
  readonly exitCode: number | null;
  readonly seconds: number;
}

/** How the query of a check ended. */
interface Asked {
  readonly name: string;
  /** In words of our own: the server's may quote the data. */
  readonly error: string | null;
  /** Only the default branch has the check, and it asks for what this database lacks: why that is so, empty where nobody says. `null`: otherwise. */
  readonly lacks: string | null;
}

/** What the queries of the checks file found. */
export interface CheckFacts {
  readonly invariants: readonly (Asked & { readonly violations: number })[];
  readonly lookups: readonly (Asked & { readonly found: number; readonly expected: number })[];
  readonly rowChanges: readonly {
    readonly table: string;
    readonly before: number | null;
    readonly after: number | null;
    readonly explained: boolean;
  }[];
  /** Columns that the masking file names and that neither the snapshot nor the migrated schema has, though it has the table: `schema.table.column`. */
  readonly missingColumns: readonly string[];
  /** Tables that the masking file names and that neither has: `schema.table`. */
  readonly missingTables: readonly string[];
}
