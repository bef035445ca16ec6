/** What tests, the demo and the command line see of the sandbox. */
import type { JobIdentity } from './identity.ts';
import type {
  Artifact,
  CommitStatus,
  Deployment,
  Environment,
  Issue,
  Job,
  JobConclusion,
  PullRequest,
  RefPattern,
  Review,
  Role,
  Run,
  RunConclusion,
  RunStatus,
  State,
  StatusState,
  Team,
  User,
} from './state.ts';
import type { Switches } from './switches.ts';

export type Level = 'read' | 'write' | 'none';
export type Permission =
  | 'actions'
  | 'administration'
  | 'attestations'
  | 'checks'
  | 'contents'
  | 'deployments'
  | 'issues'
  /** Of the organisation; a job's token never has it. */
  | 'members'
  | 'metadata'
  | 'pull-requests'
  | 'statuses';
/** As in a workflow's `permissions:`. What is not named is `none` (`metadata` is always readable). */
export type Permissions = Partial<Record<Permission, Level>>;

export interface SandboxOptions {
  /** Folder of a Git repository, bare or not. Read, never written. */
  readonly repositoryPath: string;
  /** Default `octo-org`. */
  readonly owner?: string;
  /** Default `shop`. */
  readonly name?: string;
  /** Default: what the repository's HEAD names. */
  readonly defaultBranch?: string;
  /** Default 0: any free port. */
  readonly port?: number;
  /** Where the virtual clock starts. Default 2026-03-02T10:00:00Z, a Monday. */
  readonly now?: Date | string;
  /** `frozen` (default): time moves only when told to. `running`: it starts at `now` and moves with the machine's. */
  readonly clock?: 'frozen' | 'running';
  /** How a deployment's payload is given back in GraphQL: as JSON text, or as JSON text of JSON text. GitHub does both. Default `once`. */
  readonly payloadEncoding?: 'once' | 'twice';
  /** Serve as GitHub Enterprise Server: under `/api/v3` and `/api/graphql`, without the features named. */
  readonly ghes?: GhesOptions;
  /** Requests an hour and token. Default 1000, what GITHUB_TOKEN has. */
  readonly rateLimit?: number;
  /** The first id given out. Default 1001. From 2 ** 31 on GraphQL gives `null` for it, as its `Int` has 32 bits. */
  readonly firstId?: number;
  /** Nodes that a GraphQL query may ask for before GitHub answers only in part (`RESOURCE_LIMITS_EXCEEDED`). Default: any number. */
  readonly mostNodes?: number;
  /** What such a query gets instead. Default: the answer in part. `502`: what stands before GitHub gives up. */
  readonly tooCostly?: 'in part' | 502;
  /** What is not known of GitHub. Default: `DEFAULT_SIDES`. */
  readonly switches?: Partial<Switches>;
  /** Added to every answer. Default 0. */
  readonly latencyMs?: number;
}

export interface GhesOptions {
  /** Default `3.19.0`. */
  readonly version?: string;
  /** GraphQL fields that this server does not have, as `Type.field`. */
  readonly lacksFields?: readonly string[];
  /** REST operations that this server answers with 404, by operation id as in GitHub's description. */
  readonly lacksOperations?: readonly string[];
}

export interface TokenOptions {
  /** Who the token speaks for. Default: `github-actions[bot]`, as GITHUB_TOKEN. */
  readonly login?: string;
  /** Default for GITHUB_TOKEN: none but metadata. Default for a user: what the user's role allows. */
  readonly permissions?: Permissions;
}

export interface Clock {
  /** Epoch milliseconds. */
  now(): number;
  set(instant: Date | string | number): void;
  advance(milliseconds: number): void;
}

/** One request as the sandbox saw it. */
export interface LoggedRequest {
  readonly sequence: number;
  readonly method: string;
  /** Without query, and without GHES' `/api/v3`. */
  readonly path: string;
  readonly query: string;
  /** GitHub's own id of the REST operation, or `graphql`; `null` when there is none. */
  readonly operation: string | null;
  /** Name of the GraphQL operation, when it has one. */
  readonly operationName: string | null;
  readonly login: string | null;
  readonly body: unknown;
  /** 0 when no answer was sent. */
  status: number;
  fault: string | null;
  milliseconds: number;
}

export interface RequestLog {
  readonly all: readonly LoggedRequest[];
  readonly count: number;
  /** `GET /repos/octo-org/shop/deployments 200`, one line a request. */
  lines(): string[];
  reset(): void;
}

/** Which requests are meant. All given parts must hold. */
export interface RequestPattern {
  readonly method?: string;
  readonly path?: RegExp;
  readonly operation?: string;
  readonly operationName?: string;
  /** Only the nth request (from 1) of those that match the other parts. */
  readonly nth?: number;
}
export type Match = RequestPattern | ((request: LoggedRequest) => boolean);

/**
 * `reset` the connection is cut · `truncate` half of the answer arrives, then the connection is cut · `hang` no answer until the client
 * gives up · `graphql-error` status 200 with `errors` and no data · `rate-limit` primary, used up until the hour's end ·
 * `secondary-rate-limit` with `retry-after` · `stale` a read is answered from the state at the time of `inject`.
 */
export type FaultKind =
  | 'reset'
  | 'reset-after-effect'
  | 'truncate'
  | 'hang'
  | 'hang-after-effect'
  | 'graphql-error'
  | 'rate-limit'
  | 'secondary-rate-limit'
  | 'stale';

export interface StatusFault {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Whether the request's effect happens all the same. Default `before`: it does not. */
  readonly when?: 'before' | 'after';
}

/** Status 200 whose one part is missing, as GitHub tells it: `null` where the value was, and an error with the path to it. */
export interface GraphqlPartFault {
  readonly missingPart: readonly (string | number)[];
  /** Default: what GitHub says when something went wrong inside. */
  readonly message?: string;
  readonly type?: string;
}

export type Fault = FaultKind | StatusFault | GraphqlPartFault | { readonly latencyMs: number } | { readonly stale: Snapshot };

export interface Injection {
  readonly match: Match;
  readonly fault: Fault;
  /** How often. Default 1. `Infinity`: always. */
  readonly times?: number;
}

/** A handle on something injected. */
export interface Injected {
  /** How often it struck. */
  readonly struck: number;
  remove(): void;
}

/** State and refs of one moment. */
export interface Snapshot {
  readonly state: State;
  readonly refs: ReadonlyMap<string, string>;
}

export interface Given {
  /** Adds the user or changes it. */
  user(login: string, options?: { role?: Role; emails?: readonly string[]; type?: 'User' | 'Bot' }): User;
  /** `combined`: `org/team`. Members are added as users when unknown. */
  team(combined: string, members: readonly string[]): Team;
  /** Adds the environment or changes it. Reviewers: logins, or `org/team`. */
  environment(
    name: string,
    options?: {
      reviewers?: readonly string[];
      preventSelfReview?: boolean;
      waitTimer?: number;
      adminBypass?: boolean | null;
      refPolicy?: null | 'protected' | readonly Omit<RefPattern, 'id'>[];
    },
  ): Environment;
  removeEnvironment(name: string): void;
  /** Whether the branch is protected, by a rule of the repository. */
  protectedBranch(name: string): void;
  /** A label of the repository. Labels that an issue is given are added by themselves. */
  label(name: string): void;
  /** Adds a run. Without an id it gets the next one. */
  run(options: {
    headSha: string;
    id?: number;
    attempt?: number;
    headBranch?: string;
    event?: string;
    status?: RunStatus;
    conclusion?: RunConclusion | null;
    actor?: string;
    triggeringActor?: string;
    workflow?: string;
    /** Default: from the workflow's name. */
    workflowPath?: string;
    /** Default: it calls no reusable workflow. */
    calls?: Run['calls'];
    ref?: string;
    payload?: unknown;
  }): Run;
  finishRun(id: number, conclusion: RunConclusion): void;
  /** Starts the run's next attempt. GitHub keeps the reviews. */
  rerun(id: number, triggeringActor?: string): void;
  /** A job of the run waits for the environment's reviewers. */
  waiting(runId: number, ...environments: string[]): void;
  /** Adds a job to the run's present attempt; it waits when its environment is one that the run waits for, and is queued otherwise. */
  job(runId: number, options: { name: string } & Partial<Omit<Job, 'id' | 'runId' | 'name'>>): Job;
  finishJob(id: number, conclusion: JobConclusion): void;
  /** Adds an artifact of the run; `file` is its zip on disk, or with `type` what it is itself. */
  artifact(
    runId: number,
    options: { name: string; file: string; type?: string; size?: number; digest?: string; createdAt?: number; expiresAt?: number },
  ): Artifact;
  /** Somebody reviewed, through GitHub's page. Who may review is not checked: this is how bypasses are shown, too. */
  review(
    runId: number,
    review: { user: string; environments: readonly string[]; state?: 'approved' | 'rejected'; comment?: string; listed?: boolean },
  ): Review;
  /** A deployment made by somebody else. The environment is created when missing, as GitHub does. */
  deployment(options: {
    sha: string;
    environment: string;
    ref?: string;
    refName?: string | null;
    task?: string;
    payload?: Record<string, unknown> | string;
    description?: string;
    creator?: string;
    transient?: boolean;
    production?: boolean;
    createdAt?: number;
    /** Oldest first. */
    statuses?: readonly (StatusState | { state: StatusState; createdAt?: number; description?: string; creator?: string })[];
  }): Deployment;
  /** Somebody's word on a commit; `POST /deployments` heeds it unless told otherwise. */
  commitStatus(sha: string, context: string, state: CommitStatus['state']): void;
  /** Adds a status, with GitHub's effects (older successes become inactive). */
  status(deploymentId: number, state: StatusState, options?: { creator?: string; description?: string; createdAt?: number }): void;
  /** An issue, with its labels put on by `labelledBy` (default: the author). */
  issue(options: {
    title: string;
    labels?: readonly string[];
    author?: string;
    labelledBy?: string;
    createdAt?: number;
    body?: string;
  }): Issue;
  closeIssue(number: number): void;
  renameIssue(number: number, title: string, by: string): void;
  pullRequest(options: {
    author: string;
    /** Commits it is associated with; the last one is its head. */
    commits: readonly string[];
    title?: string;
    state?: 'open' | 'closed' | 'merged';
    headRepository?: string;
    headRef?: string;
    baseRef?: string;
  }): PullRequest;
}

/**
 * What requests ask of the one who runs workflows. Each is refused with a `Refusal` (`context.ts`), as GitHub would answer;
 * whether the token may ask at all has been seen to before.
 */
export interface RunnerHooks {
  /** `workflow`: file name or path. @returns the run's id */
  dispatch(workflow: string, options: { ref: string; actor: string; inputs: Readonly<Record<string, string>> }): Promise<number>;
  /** `repository_dispatch`. */
  repositoryDispatch(eventType: string, payload: Readonly<Record<string, unknown>>, actor: string): Promise<void>;
  /** With `jobId` that job and what depends on it; with `failedOnly` those that did not succeed. */
  rerun(runId: number, options: { user: string; failedOnly?: boolean; jobId?: number }): Promise<void>;
  cancel(runId: number, options: { user: string }): Promise<void>;
  /** Jobs that wait for it fail. */
  environmentRemoved?(name: string): Promise<void>;
  /** Checks that the user may, records the review, and lets the waiting jobs go on or fail. */
  review(
    runId: number,
    review: { user: string; environments: readonly string[]; state: 'approved' | 'rejected'; comment: string },
  ): Promise<void>;
}

export interface Sandbox {
  /** `http://127.0.0.1:PORT`: GITHUB_SERVER_URL. */
  readonly url: string;
  /** GITHUB_API_URL. */
  readonly apiUrl: string;
  /** GITHUB_GRAPHQL_URL. */
  readonly graphqlUrl: string;
  readonly owner: string;
  readonly name: string;
  readonly defaultBranch: string;
  /** Which side of each of them it stands on. */
  readonly switches: Switches;
  /** Folder of the Git repository. */
  readonly repositoryPath: string;
  readonly clock: Clock;
  /** Live; copy it (`snapshot()`) to keep a moment. */
  readonly state: State;
  /** What the world did before or beside the product. */
  readonly given: Given;
  readonly requests: RequestLog;
  /** Requests and answers that GitHub's own descriptions do not allow, and everything that is not served. Must stay empty. */
  readonly violations: readonly string[];
  /** Adds one. */
  violation(message: string): void;
  /** Variables by which a job with `id-token: write` gets its identity. */
  identity(job: JobIdentity): Readonly<Record<string, string>>;
  token(options?: TokenOptions): string;
  inject(injection: Injection): Injected;
  /** As `mostNodes`, from now on. */
  limitNodes(most: number): void;
  /** Runs `action` once, just before the first matching request is served (or just after it was). */
  before(match: Match, action: () => void | Promise<void>): Injected;
  after(match: Match, action: () => void | Promise<void>): Injected;
  /** Calls back with one line for every request answered, until the sandbox closes. */
  onRequest(listener: (line: string) => void): void;
  snapshot(): Snapshot;
  /** Lets requests that start, repeat, end or release runs reach what runs them. */
  attach(hooks: RunnerHooks): void;
  /** The token is worth nothing from now on. */
  revoke(token: string): void;
  close(): Promise<void>;
}
