/**
 * The pipeline file after loading: every default filled in, every route's own rules merged, every duration in milliseconds.
 * `schema.ts` says what a team may write, this file says what the rest of the product reads.
 */

/** What an environment is for. The role decides the defaults (`roles.ts`), never the name. */
export const ROLES = ['development', 'integration', 'qa', 'training', 'uat', 'staging', 'snapshot', 'production'] as const;
export type Role = (typeof ROLES)[number];

/** Which data an environment works on, as the team declares it. */
export const DATA_POLICIES = ['none', 'test', 'stock', 'production-copy', 'snapshot', 'masked-snapshot', 'live'] as const;
export type DataPolicy = (typeof DATA_POLICIES)[number];

/**
 * Which versions an environment takes. `new`: never accepted anywhere. `accepted`: has passed an acceptance.
 * `current`: the version that is live in production now. A candidate may be several of these at once; one match suffices.
 */
export const VERSION_POLICIES = ['new', 'accepted', 'current'] as const;
export type VersionPolicy = (typeof VERSION_POLICIES)[number];

/** People whose approval does not count although they may be reviewers. */
export const EXCLUSIONS = ['initiator', 'author'] as const;
export type Exclusion = (typeof EXCLUSIONS)[number];

/**
 * What proves an approval. `seen`: it is listed among the run's reviews. `enforced`: GitHub held the job until a reviewer
 * released it, which proves one approval by somebody unnamed.
 */
export const APPROVAL_EVIDENCE = ['seen', 'enforced'] as const;
export type ApprovalEvidence = (typeof APPROVAL_EVIDENCE)[number];

/** A human approval before entering. */
export interface Gate {
  /** How many distinct people must approve; at least 1. */
  readonly approvals: number;
  /** Users (`login`) and teams (`org/team`) whose approval counts, in lower case; empty means any configured reviewer. */
  readonly by: readonly string[];
  readonly exclude: readonly Exclusion[];
  readonly evidence: ApprovalEvidence;
}

/** A human sign-off after using the version. */
export interface Acceptance extends Gate {
  /** The GitHub environment whose reviewers accept; `<environment>-acceptance` unless the pipeline names another. */
  readonly environment: string;
}

/** A shell command of the repository, run in its checkout. */
export interface Command {
  readonly run: string;
}

export interface Rehearsal {
  readonly database: 'postgres' | 'mysql' | 'sqlite';
  /** Major version of production's server; `null`: that of the server which the snapshot came from, where it tells. */
  readonly version: number | null;
  /** Variable that holds the URL of the server to rehearse on; `null`: the step's own `DATABASE_URL`, or a private one that is started. */
  readonly server: string | null;
  readonly snapshot: SnapshotSource | null;
  /** Oldest snapshot that still counts, in milliseconds. */
  readonly maxAge: number | null;
  /** Path of the masking file in the checkout; `null`: the data is used as it comes. */
  readonly masking: string | null;
  /** Paths in the checkout that hold the migrations; what they hold is the identity of the set. Empty: nobody said. */
  readonly migrations: readonly string[];
  readonly migrate: string;
  /** `false`: there is deliberately none. `null`: nobody said. */
  readonly rollback: string | false | null;
  /** Path in the checkout of the file with invariants, look-ups and explained row changes. */
  readonly checks: string | null;
  /** Command that tests the version that is live in production, run in a checkout of it on the migrated database. */
  readonly previous: string | null;
  /** Load that is put on the database while it migrates; `false`: none. */
  readonly load: RehearsalLoad | false;
  /** Longest time that one command may take, in milliseconds. */
  readonly timeout: number;
  /** What differs from the default limits, as written. */
  readonly limits: RehearsalLimits;
}

/** Where a rehearsal's data comes from: exactly one of the three. */
export interface SnapshotSource {
  /** Command that leaves a dump or fills the database. */
  readonly run: string | null;
  /** A dump that lies in the checkout or on the machine. */
  readonly file: string | null;
  /** Variable that holds the URL of a running database, which is only read. */
  readonly from: string | null;
}

export interface RehearsalLoad {
  /** Path in the checkout of a file with SQL that one more client repeats; `null`: none. */
  readonly script: string | null;
}

/** By name of the limit: from where on it fails, or warns and fails. */
export type RehearsalLimits = Readonly<
  Record<string, RehearsalLimit | { readonly warn?: RehearsalLimit | undefined; readonly fail?: RehearsalLimit | undefined } | undefined>
>;
/** Durations and sizes as text, such as `500ms` and `100MB`, or what follows: `fail`, `warn`, `ignore`. `false`: never. */
export type RehearsalLimit = string | false;

/** Healthy time that must have passed in an earlier environment of the path. */
export interface Soak {
  readonly environment: string;
  /** Milliseconds. */
  readonly duration: number;
}

/** A weekly time span in which entry is allowed. */
export interface Window {
  /** ISO weekdays, Monday = 1 … Sunday = 7. The day is the one on which the window opens. */
  readonly days: readonly number[];
  /** Minutes after local midnight. */
  readonly opens: number;
  /** Minutes after local midnight; at or before `opens` means on the following day. 1440 is midnight at the day's end. */
  readonly closes: number;
  /** IANA time zone. */
  readonly zone: string;
  /** As written, for explanations: `mon-thu 09:00-16:00 Europe/Berlin`. */
  readonly text: string;
}

/** A span of time in which entry is forbidden. */
export interface Freeze {
  /** Environment names; empty means all. */
  readonly environments: readonly string[];
  /** Epoch milliseconds; entry is forbidden from this instant. */
  readonly from: number;
  /** Epoch milliseconds; entry is allowed again from this instant. */
  readonly until: number;
  readonly reason: string;
  /** As written, for explanations: `2026-12-20T00:00 to 2027-01-02T00:00 Europe/Berlin`. */
  readonly text: string;
}

export interface Environment {
  readonly name: string;
  readonly role: Role;
  readonly data: DataPolicy;
  /** The team that owns the environment (`org/team` or a login); who can lift what bars it. */
  readonly owner: string | null;
  readonly url: string | null;
  readonly accepts: readonly VersionPolicy[];
  readonly gate: Gate | null;
  readonly acceptance: Acceptance | null;
  readonly rehearsal: Rehearsal | null;
  readonly soak: readonly Soak[];
  /** Entry is allowed inside any of these; empty means always. */
  readonly windows: readonly Window[];
  /** Whether an older candidate may replace a newer one without a rollback. */
  readonly downgrade: 'refuse' | 'allow';
  /** Whether a candidate may replace a version that it does not contain. */
  readonly divergence: 'refuse' | 'allow';
  /** Migrates the environment's database before it is deployed. */
  readonly migrate: Command | null;
  /** `null`: the job's own steps deploy. */
  readonly deploy: Command | null;
  readonly verify: Command | null;
}

/** Environments entered together: one, or several in parallel. */
export type Stage = readonly string[];

export interface Route {
  readonly name: string;
  /** GitHub filter patterns; exactly one of `branches` and `tags` may be empty, or neither. */
  readonly branches: readonly string[];
  readonly tags: readonly string[];
  readonly path: readonly Stage[];
  /** Every environment of the path, with this route's own rules merged in. */
  readonly environments: ReadonlyMap<string, Environment>;
  /** What this route relaxes against the environments' own rules, one sentence each. */
  readonly relaxations: readonly string[];
}

export interface Build {
  readonly run: string | null;
  /** Path of what the build leaves; `null` when nothing is built and the commit itself is what is deployed. */
  readonly artifact: string | null;
  /** Whether an environment is entered only by what GitHub attests that the candidate's own build made. */
  readonly attest: boolean;
}

export interface Pipeline {
  readonly version: 1;
  /** `file`: read from the repository. `built-in`: the repository has no pipeline file. */
  readonly source: 'file' | 'built-in';
  /** Path in the repository, for messages. */
  readonly path: string;
  /** Identity of the policy: the git blob id of the file's bytes, also for the built-in one. */
  readonly hash: string;
  readonly build: Build | null;
  /** In the order of the file. */
  readonly environments: ReadonlyMap<string, Environment>;
  readonly routes: readonly Route[];
  readonly freezes: readonly Freeze[];
  /** Paths of the other pipeline files of the repository that count; said by `.github/promote.yml`. */
  readonly pipelines: readonly string[];
}
