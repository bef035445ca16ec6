/**
 * What the sandbox remembers, as plain data: it can be copied (for stale reads) and compared (in tests). Times are epoch
 * milliseconds; what Git knows (commits, refs, files) is not in here but in the repository on disk.
 */

export type Role = 'admin' | 'maintain' | 'write' | 'triage' | 'read' | 'none';

export interface User {
  id: number;
  login: string;
  type: 'User' | 'Bot';
  /** Addresses by which commits of this person are recognised. */
  emails: string[];
  /** What the user may do in the repository. */
  role: Role;
}

export interface Team {
  id: number;
  organization: string;
  slug: string;
  members: string[];
}

export interface Environment {
  id: number;
  name: string;
  /** Logins, or `org/team`; GitHub allows six. */
  reviewers: string[];
  preventSelfReview: boolean;
  /** Minutes. */
  waitTimer: number;
  /** Whether administrators may let jobs in without a review; `null`: GitHub does not tell. */
  adminBypass: boolean | null;
  /** Which refs may deploy: all (`null`), protected branches, or those with a matching name. */
  refPolicy: null | 'protected' | RefPattern[];
  createdAt: number;
}

/** A name pattern, as Ruby's fnmatch reads it: `*` does not match a slash. */
export interface RefPattern {
  id: number;
  name: string;
  type: 'branch' | 'tag';
}

export type StatusState = 'error' | 'failure' | 'inactive' | 'in_progress' | 'queued' | 'pending' | 'success';

export interface DeploymentStatus {
  id: number;
  state: StatusState;
  description: string;
  environment: string;
  environmentUrl: string;
  logUrl: string;
  creator: string;
  createdAt: number;
}

export interface Deployment {
  id: number;
  sha: string;
  /** As the client said it: a branch, a tag or a sha. */
  ref: string;
  /** Full name of the ref; `null` when the deployment was made by sha. */
  refName: string | null;
  task: string;
  environment: string;
  payload: Record<string, unknown> | string;
  description: string;
  creator: string;
  transient: boolean;
  production: boolean;
  createdAt: number;
  updatedAt: number;
  /** Oldest first. */
  statuses: DeploymentStatus[];
}

export interface Review {
  id: number;
  state: 'approved' | 'rejected';
  user: string;
  comment: string;
  environments: string[];
  /** `false`: GitHub knows it, and does not list it (what happens for jobs without a deployment is not documented). */
  listed: boolean;
}

export type RunStatus = 'queued' | 'in_progress' | 'completed' | 'waiting' | 'requested' | 'pending';
export type RunConclusion =
  | 'success'
  | 'failure'
  | 'cancelled'
  | 'skipped'
  | 'timed_out'
  | 'action_required'
  | 'neutral'
  | 'stale'
  | 'startup_failure';

export interface Run {
  id: number;
  attempt: number;
  number: number;
  headSha: string;
  headBranch: string;
  event: string;
  status: RunStatus;
  conclusion: RunConclusion | null;
  actor: string;
  triggeringActor: string;
  workflow: string;
  checkSuiteId: number;
  createdAt: number;
  updatedAt: number;
  /** Environments whose reviewers have not answered yet. */
  waiting: string[];
  reviews: Review[];
  /** `.github/workflows/pipeline.yml`. */
  workflowPath: string;
  /** The reusable workflows that it calls, directly or not. */
  calls: readonly { readonly path: string; readonly sha: string; readonly ref: string }[];
  /** Full name of the ref that the event is about; `null` when nobody said it. */
  ref: string | null;
  /** The event's payload, as in `github.event`. */
  payload: unknown;
  /** Why the run could not start: what is wrong with its workflow files. */
  problem: string | null;
  /** When the present attempt began. */
  startedAt: number;
}

/** A workflow file of the repository, known since it ran first. */
export interface Workflow {
  id: number;
  path: string;
  name: string;
}

export type JobConclusion = 'success' | 'failure' | 'cancelled' | 'skipped' | 'timed_out';

/** A step of a job. Its times are the machine's, not the sandbox's: steps take time while the sandbox's clock stands still. */
export interface JobStep {
  number: number;
  name: string;
  status: 'queued' | 'in_progress' | 'completed';
  conclusion: 'success' | 'failure' | 'cancelled' | 'skipped' | null;
  startedAt: number | null;
  completedAt: number | null;
}

export interface JobAnnotation {
  level: 'notice' | 'warning' | 'error';
  message: string;
  title: string | null;
  file: string | null;
  line: number | null;
}

/** One job of one attempt of a run. Calls of reusable workflows are not among them, their jobs are. */
export interface Job {
  id: number;
  runId: number;
  attempt: number;
  /** Ids of the calls and of the job, with matrix positions: `stage-1[0]/deploy`. The same in every attempt. */
  key: string;
  /** As GitHub shows it: `stage-1 (uat) / deploy`. */
  name: string;
  workflowName: string;
  /** `waiting` for reviewers or a wait timer, `pending` for its concurrency group. */
  status: 'queued' | 'waiting' | 'pending' | 'in_progress' | 'completed';
  conclusion: JobConclusion | null;
  labels: string[];
  /** Name of the machine it was given to, RUNNER_NAME inside of it. Default: `sandbox`. */
  runnerName?: string;
  /** The environment that the job enters, and since when it waits there; `deployment: false` where GitHub makes none for it. */
  environment: { name: string; url: string; waitingSince: number | null; deployment?: boolean } | null;
  createdAt: number;
  startedAt: number | null;
  completedAt: number | null;
  steps: JobStep[];
  outputs: Record<string, string>;
  /** It ended, and nobody has listed it since. */
  endUnlisted?: boolean;
  /** Markdown of the steps' summaries. */
  summary: string;
  annotations: JobAnnotation[];
  /** Lines, masked. */
  log: string[];
  /** By line of the log: the number of the step that wrote it; `null` for the runner itself. */
  logSteps?: (number | null)[];
  /** Milliseconds of the machine that the job took: what GitHub would bill. */
  machineTime: number;
}

/** What a run uploaded: a zip on disk, or one file as it was. */
export interface Artifact {
  id: number;
  name: string;
  runId: number;
  /** Of the run. One attempt has one artifact of a name. */
  attempt: number;
  /** Media type of a file that was uploaded as it was; absent: a zip. */
  type?: string;
  /** Bytes of what lies on disk. */
  size: number;
  /** `sha256:…` of that. */
  digest: string;
  createdAt: number;
  /** From then on it cannot be downloaded any more. */
  expiresAt: number;
  /** Where it lies. */
  file: string;
}

export interface LabelEvent {
  id: number;
  event: 'labeled' | 'unlabeled';
  label: string;
  actor: string;
  createdAt: number;
}

export interface RenameEvent {
  id: number;
  event: 'renamed';
  from: string;
  to: string;
  actor: string;
  createdAt: number;
}

export type IssueEvent = LabelEvent | RenameEvent;

export interface IssueComment {
  id: number;
  body: string;
  author: string;
  createdAt: number;
}

export interface Issue {
  number: number;
  title: string;
  body: string;
  author: string;
  state: 'open' | 'closed';
  labels: string[];
  events: IssueEvent[];
  comments: IssueComment[];
  createdAt: number;
  updatedAt: number;
  closedAt: number | null;
}

export interface PullRequest {
  number: number;
  title: string;
  author: string;
  state: 'open' | 'closed' | 'merged';
  /** `owner/name` of where the change comes from; another name than the repository's makes it a fork's. */
  headRepository: string;
  headRef: string;
  headSha: string;
  baseRef: string;
  /** Commits it is shown on. */
  commits: string[];
  createdAt: number;
  mergedAt: number | null;
}

/** Somebody's word on a commit, as `POST /deployments` asks for by default. */
export interface CommitStatus {
  sha: string;
  context: string;
  state: 'error' | 'failure' | 'pending' | 'success';
}

/** A label that issues may be given. */
export interface Label {
  name: string;
  /** Six hexadecimal digits. */
  color: string;
  description: string;
}

/** Who and what may start workflows (generally available since 2026-09-17): `null` where the repository has no such page. */
export interface ExecutionPolicy {
  name: string;
  /** `evaluate`: what it would stop is told, and goes on. */
  enforcement: 'active' | 'evaluate' | 'disabled';
  /** Those that may start a run; absent: all. */
  events?: string[];
  /** Logins that may; absent: all. */
  actors?: string[];
}

export interface State {
  users: User[];
  teams: Team[];
  environments: Environment[];
  deployments: Deployment[];
  runs: Run[];
  artifacts: Artifact[];
  /** By the digest of what they are about. */
  attestations: { readonly digest: string; readonly bundle: Readonly<Record<string, unknown>> }[];
  /** Of all attempts of all runs, in the order in which they came about. */
  jobs: Job[];
  workflows: Workflow[];
  issues: Issue[];
  pullRequests: PullRequest[];
  commitStatuses: CommitStatus[];
  labels: Label[];
  /** Names of branches that a rule of the repository protects. */
  protectedBranches: string[];
  /** `null`: GitHub has no such page for the repository. */
  executionPolicies: ExecutionPolicy[] | null;
  /** How the subject of jobs' identities is made. */
  identitySubject: { use_default: boolean; include_claim_keys?: string[]; use_immutable_subject?: boolean; sub_claim_prefix?: string };
  /** The last id given out. Ids are never given out twice and always grow. */
  lastId: number;
  /** The last number of an issue or pull request. */
  lastNumber: number;
}

export const ACTIONS_BOT = 'github-actions[bot]';

/** A repository in which nothing has happened yet. */
export function emptyState(lastId = 1000): State {
  return {
    users: [{ id: 41898282, login: ACTIONS_BOT, type: 'Bot', emails: ['github-actions[bot]@users.noreply.github.com'], role: 'write' }],
    teams: [],
    environments: [],
    deployments: [],
    runs: [],
    artifacts: [],
    attestations: [],
    jobs: [],
    workflows: [],
    issues: [],
    pullRequests: [],
    commitStatuses: [],
    labels: [],
    protectedBranches: [],
    executionPolicies: null,
    identitySubject: { use_default: true },
    lastId,
    lastNumber: 0,
  };
}

/** The next id; ids of all kinds share one sequence. */
export function nextId(state: State): number {
  state.lastId += 1;
  return state.lastId;
}

/** A job that has just come about; it is not among the state's jobs yet. */
export function newJob(state: State, run: Run, { key, name }: Pick<Job, 'key' | 'name'>, now: number): Job {
  return {
    id: nextId(state),
    runId: run.id,
    attempt: run.attempt,
    key,
    name,
    workflowName: run.workflow,
    status: 'queued',
    conclusion: null,
    labels: [],
    environment: null,
    createdAt: now,
    startedAt: null,
    completedAt: null,
    steps: [],
    outputs: {},
    summary: '',
    annotations: [],
    log: [],
    machineTime: 0,
  };
}

/** Compares names the way GitHub does: without regard to case. */
export function sameName(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

export function findUser(state: State, login: string): User | undefined {
  return state.users.find((user) => sameName(user.login, login));
}

export function findEnvironment(state: State, name: string): Environment | undefined {
  return state.environments.find((environment) => sameName(environment.name, name));
}

export function findTeam(state: State, combined: string): Team | undefined {
  return state.teams.find((team) => sameName(`${team.organization}/${team.slug}`, combined));
}

/** The workflow file of that path, which gets an id when it is new. */
export function ensureWorkflow(state: State, path: string, name: string): Workflow {
  const known = state.workflows.find((workflow) => workflow.path === path);
  if (known !== undefined) {
    known.name = name;
    return known;
  }
  const workflow = { id: nextId(state), path, name };
  state.workflows.push(workflow);
  return workflow;
}

/** Whether the user may review entries into the environment: named, or member of a named team. */
export function isReviewer(state: State, environment: Environment, login: string): boolean {
  return environment.reviewers.some((reviewer) => {
    if (!reviewer.includes('/')) return sameName(reviewer, login);
    return findTeam(state, reviewer)?.members.some((member) => sameName(member, login)) ?? false;
  });
}
