/**
 * Everything known about one candidate at one moment, gathered before deciding. Plain data: it can be written to a file and
 * decided again later with the same result. Times are epoch milliseconds; logins, teams and environment names are compared
 * without regard to case, as GitHub does.
 */

/** A fact that was read, or the reason why it could not be. What was not read counts as missing and never opens a door. */
export type Read<T> = { readonly read: true; readonly value: T } | { readonly read: false; readonly why: string };

/** `plan` looks ahead; `door` is asked by the deploying job itself, after GitHub let it start. */
export type Moment = 'plan' | 'door';

/** A rollback goes back to a version that succeeded before, and is asked for explicitly. */
export type Intent = 'promote' | 'rollback';

/**
 * What was built once. `digest`: known. `to-be-built`: nothing was built from this commit yet, and a build is to come.
 * `unknown`: something must exist, and nobody can say what.
 */
export type Artifact =
  | { readonly kind: 'digest'; readonly digest: string }
  | { readonly kind: 'to-be-built' }
  | { readonly kind: 'unknown'; readonly why: string };

export interface Candidate {
  /** 40 or 64 hexadecimal digits. */
  readonly sha: string;
  /** Full ref: `refs/heads/…` or `refs/tags/…`. */
  readonly ref: string;
  /** Tag name, or a version made from ref and sha; for people. */
  readonly version: string;
  readonly artifact: Artifact;
  /** Login that started the run; for a re-run, who started that. */
  readonly initiator: string;
  /** Everybody known to have started the run or one of its attempts, `initiator` among them; empty where there is no run. */
  readonly initiators: readonly string[];
  /** Login of a bot that started the run's first attempt on behalf of nobody knows whom; absent where a person started it. */
  readonly bot?: string | null;
  /** Logins of who wrote the candidate's own commit: its authors and those of its pull requests. */
  readonly authors: Read<readonly string[]>;
  /** The commit comes from another repository than the one that deploys. */
  readonly fork: boolean;
  /** Whether the ref still holds the commit. `moved`: it exists, and no longer contains the commit (a tag: points elsewhere). */
  readonly refState: Read<'holds' | 'moved' | 'gone'>;
}

/**
 * How the candidate stands to another commit. `same` · `contains`: the candidate contains the other · `contained`: the other
 * contains the candidate · `diverged`: neither.
 */
export type Relation = 'same' | 'contains' | 'contained' | 'diverged';

export interface Review {
  readonly state: 'approved' | 'rejected';
  readonly user: string;
  readonly comment: string;
  /** Names of the GitHub environments the review was for. */
  readonly environments: readonly string[];
}

export interface Reviewer {
  readonly kind: 'user' | 'team';
  /** `login`, or `org/team`. */
  readonly name: string;
}

/** What GitHub enforces on an environment before a job may enter it. */
export interface Protection {
  /** Those that could be named. */
  readonly reviewers: readonly Reviewer[];
  /** How many more there are: teams that the token may not see. Nobody is asked only where there are none of either. */
  readonly unnamed: number;
  readonly preventSelfReview: boolean;
  /** Minutes. */
  readonly waitTimer: number;
}

/** What a record is about. `foreign`: a deployment that this product did not make, or whose payload it cannot trust. */
export type RecordKind = 'promotion' | 'rollback' | 'acceptance' | 'rehearsal' | 'foreign';

export interface RehearsalResult {
  readonly verdict: 'pass' | 'warn' | 'fail';
  /** Identity of the set of migrations that was run. */
  readonly migrations: string;
  readonly snapshot: string;
  /** When the snapshot was taken. */
  readonly snapshotTakenAt: number;
}

/** What is stored about a promotion, an acceptance or a rehearsal: a GitHub deployment with its statuses, as read back. */
export interface DeploymentRecord {
  /** Given out by GitHub in order. */
  readonly id: number;
  readonly kind: RecordKind;
  readonly environment: string;
  readonly sha: string;
  readonly ref: string | null;
  readonly version: string;
  /** `null` when the record does not say. */
  readonly digest: string | null;
  readonly createdAt: number;
  /** Login of who made the record. */
  readonly creator: string | null;
  /**
   * `open`: no final status yet · `withdrawn`: closed before anything was touched (a refusal, a duplicate); it says nothing about the
   * candidate. On GitHub a withdrawn record's only final status is `inactive`.
   */
  readonly outcome: 'open' | 'success' | 'failure' | 'withdrawn';
  /** Time of the first success if there is one, of the failure otherwise; `null` while open or withdrawn. */
  readonly finishedAt: number | null;
  /** Time of the latest failure or error after a success, or of the failure itself. */
  readonly failedAt: number | null;
  /** Whether the environment's verification ran and passed. */
  readonly verified: boolean;
  readonly run: { readonly id: number; readonly attempt: number } | null;
  /** Logins that approved or accepted, as recorded. */
  readonly approvedBy: readonly string[];
  readonly policyHash: string | null;
  readonly route: string | null;
  /** On a rehearsal. */
  readonly rehearsal: RehearsalResult | null;
  /**
   * On a record that claims to be one of ours, and counts as foreign because GitHub does not confirm the run or the job that it names: why not, in words.
   */
  readonly doubt?: string;
  /** Only its age speaks for it: GitHub has no run of that time any more, and no later record rests on it. */
  readonly aged?: boolean;
}

export interface EnvironmentEvidence {
  /** `null`: GitHub has no environment of that name. */
  readonly protection: Read<Protection | null>;
  /** `null` where no acceptance environment is asked about, or GitHub has none of that name. */
  readonly acceptanceProtection: Read<Protection | null>;
  /**
   * Logins of who wrote the other commits that enter with the candidate, or entered with it where it is live: their authors and those of
   * their pull requests. Where nothing was live before there is nothing to tell them from, and nobody is named.
   */
  readonly authors: Read<readonly string[]>;
  /**
   * Every record of the candidate in this environment, every record since the live one, the live one itself, and every open one;
   * more does no harm. Any order.
   */
  readonly records: Read<readonly DeploymentRecord[]>;
  /**
   * Why no approval of this run counts for entering: it was given for another commit, artifact or pipeline file, or may have been. Absent: they may count.
   */
  readonly approvalsVoid?: string;
  /** The same for the acceptance. */
  readonly acceptancesVoid?: string;
  /** Identity of the candidate's migrations, from the files that the environment's rehearsal names; absent: it names none. */
  readonly migrations?: Read<string>;
}

/** An environment closed by a person. */
export interface Hold {
  /** Environment names; empty: every environment (also when the issue does not say which). */
  readonly environments: readonly string[];
  readonly by: string;
  readonly since: number;
  readonly reason: string;
  readonly url: string;
}

/** A candidate forbidden by a person. */
export interface Veto {
  /** Shas, versions, digests or refs; empty: every candidate. */
  readonly candidates: readonly string[];
  /** The title, where it cannot be understood: then the veto closes production to all, and elsewhere forbids only what it names all the same. */
  readonly unclear?: string;
  readonly by: string;
  readonly since: number;
  readonly reason: string;
  readonly url: string;
}

/** The candidate's own copy of the pipeline file against the trusted one. `absent`: it has none. */
export type CandidateCopy = 'same' | 'differs' | 'absent';

export interface Evidence {
  readonly moment: Moment;
  readonly intent: Intent;
  readonly candidate: Candidate;
  readonly run: {
    readonly id: number;
    readonly attempt: number;
    readonly reviews: Read<readonly Review[]>;
    /** The environment that GitHub held this job for, as its identity proves; absent: nobody asked. */
    readonly held?: Read<string>;
  };
  /** Id of the record this job holds; `null` before it opened one. */
  readonly ownRecord: number | null;
  readonly policy: { readonly candidateCopy: Read<CandidateCopy> };
  /** By environment name as the pipeline spells it. A missing entry counts as not read. */
  readonly environments: ReadonlyMap<string, EnvironmentEvidence>;
  /** The candidate against other commits, by their sha. A missing entry counts as not read. */
  readonly relations: ReadonlyMap<string, Relation>;
  readonly holds: Read<readonly Hold[]>;
  readonly vetoes: Read<readonly Veto[]>;
  /** Identity of the candidate's migrations as the job was told; `null`: the pipeline's own files tell (`migrationsFor`). */
  readonly migrations: string | null;
}
