/** What is live where, who waits and what is closed, as the product's records tell it. */
import { type Deployment, type Environment, type Issue, type Run, type State, sameName } from '../github/state.ts';

export interface EnvironmentView {
  readonly environment: Environment;
  readonly live: RecordView | null;
  /** Open promotions, the one that is served first. */
  readonly queue: readonly RecordView[];
  /** Runs with a job that waits for this environment's reviewers. */
  readonly waiting: readonly Run[];
  /** Open issues that close the environment. */
  readonly holds: readonly Issue[];
  /** Everything recorded, the newest first. */
  readonly history: readonly RecordView[];
}

export interface RecordView {
  readonly deployment: Deployment;
  readonly version: string;
  /** `promotion`, `rollback`, `acceptance`, `rehearsal`, or `deploy` of somebody else. */
  readonly kind: string;
  readonly approvedBy: readonly string[];
  readonly runId: number | null;
  readonly state: string;
  /** When it first succeeded. */
  readonly since: number | null;
}

const FINAL = new Set(['success', 'failure', 'error', 'inactive']);
const LIVE_KINDS = new Set(['promotion', 'rollback', 'deploy']);

export function environmentViews(state: State): readonly EnvironmentView[] {
  return state.environments.map((environment) => {
    const records = state.deployments.filter((one) => sameName(one.environment, environment.name)).map(recordView);
    const entering = records.filter((record) => LIVE_KINDS.has(record.kind) && !isJobsOwn(record));
    const succeeded = entering
      .filter(({ since }) => since !== null)
      .sort((a, b) => (b.since ?? 0) - (a.since ?? 0) || b.deployment.id - a.deployment.id);
    return {
      environment,
      live: succeeded[0] ?? null,
      queue: entering.filter(({ deployment }) => !deployment.statuses.some((status) => FINAL.has(status.state))),
      waiting: state.runs.filter((run) => run.status !== 'completed' && run.waiting.some((name) => sameName(name, environment.name))),
      holds: state.issues.filter((issue) => holds(issue, environment.name)),
      history: records.toReversed(),
    };
  });
}

/** One that GitHub made for a job of the product's: beside its record it says nothing, and while it goes on nobody can tell. */
function isJobsOwn({ kind, deployment: { statuses } }: RecordView): boolean {
  const isOver = statuses.some(({ state }) => FINAL.has(state));
  return kind === 'deploy' && (!isOver || statuses.some(({ environmentUrl }) => environmentUrl.endsWith('#promote')));
}

/** An issue labelled as hold; its title names environments before the colon, and all of them when it names none. */
function holds(issue: Issue, environment: string): boolean {
  if (issue.state !== 'open' || !issue.labels.some((label) => sameName(label, 'promote:hold'))) return false;
  const [, named] = /^([^:]+):/.exec(issue.title) ?? [];
  if (named === undefined) return true;
  return named.split(',').some((name) => sameName(name.trim(), environment) || sameName(name.trim(), 'all'));
}

function recordView(deployment: Deployment): RecordView {
  const payload = payloadOf(deployment);
  const candidate = objectIn(payload, 'candidate');
  const run = objectIn(payload, 'run');
  const version = candidate['version'];
  const approvedBy = payload['approvedBy'];
  return {
    deployment,
    version: typeof version === 'string' && version !== '' ? version : deployment.sha.slice(0, 7),
    kind: deployment.task.replace(/^promote:/, ''),
    approvedBy: Array.isArray(approvedBy) ? approvedBy.map(String) : [],
    runId: typeof run['id'] === 'number' ? run['id'] : null,
    state: deployment.statuses.at(-1)?.state ?? 'pending',
    since: deployment.statuses.find((status) => status.state === 'success')?.createdAt ?? null,
  };
}

function payloadOf({ payload }: Deployment): Readonly<Record<string, unknown>> {
  let value: unknown = payload;
  for (let depth = 0; depth < 2 && typeof value === 'string'; depth += 1) {
    try {
      value = JSON.parse(value);
    } catch {
      return {};
    }
  }
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function objectIn(payload: Readonly<Record<string, unknown>>, key: string): Readonly<Record<string, unknown>> {
  const value = payload[key];
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
