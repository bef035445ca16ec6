import { timestamp } from '../clock.ts';
import { NotServed } from '../context.ts';
import { nodeId } from '../node-id.ts';
import { pageUrl, ruleIdentity } from '../rest/shapes.ts';
import {
  type Deployment,
  type DeploymentStatus,
  type Environment,
  findEnvironment,
  isReviewer,
  type Review,
  type Run,
  sameName,
} from '../state.ts';
import { type Connection, connection, type PageArguments } from './connection.ts';
import { commitSource, refSource } from './git.ts';
import { actor, reviewers } from './people.ts';
import type { EnvironmentSource, Fields, GraphqlContext, ResolverTable, RunSource } from './resolver.ts';

export interface DeploymentsArguments extends PageArguments {
  readonly environments?: readonly string[] | null;
  readonly orderBy?: { readonly field: string; readonly direction: 'ASC' | 'DESC' } | null;
}

/** Deployments, oldest first unless the query says otherwise. */
export function deploymentsOf(
  context: GraphqlContext,
  args: DeploymentsArguments,
  wanted: (deployment: Deployment) => boolean,
): Connection {
  const named = ({ environment }: Deployment) => args.environments == null || args.environments.some((name) => sameName(name, environment));
  const found = context.state.deployments
    .filter((deployment) => wanted(deployment) && named(deployment))
    .sort((a, b) => a.createdAt - b.createdAt || a.id - b.id);
  if (args.orderBy?.direction === 'DESC') found.reverse();
  return connection(found, args, (deployment) => deployment.id, deploymentSource);
}

interface DeploymentSource {
  readonly __typename: 'Deployment';
  readonly deployment: Deployment;
}

export function deploymentSource(deployment: Deployment): DeploymentSource {
  return { __typename: 'Deployment', deployment };
}

const THIRTY_MINUTES = 30 * 60_000;

/** A deployment that nobody gave a status is `PENDING`, and after half an hour `ABANDONED`. */
function stateOf(deployment: Deployment, now: number): string {
  const latest = deployment.statuses.at(-1)?.state;
  if (latest === undefined) return now - deployment.createdAt > THIRTY_MINUTES ? 'ABANDONED' : 'PENDING';
  return latest === 'success' ? 'ACTIVE' : latest.toUpperCase();
}

function payloadText(deployment: Deployment, encoding: 'once' | 'twice'): string {
  const once = typeof deployment.payload === 'string' ? deployment.payload : JSON.stringify(deployment.payload);
  return encoding === 'once' ? once : JSON.stringify(once);
}

const deployment: Fields<DeploymentSource> = {
  id: (source) => nodeId('Deployment', source.deployment.id),
  databaseId: (source) => databaseId(source.deployment.id),
  commitOid: (source) => source.deployment.sha,
  commit: async (source, _, { place }) => {
    const found = await place.git.resolveCommit(source.deployment.sha);
    return found === null ? null : commitSource(found);
  },
  createdAt: (source) => timestamp(source.deployment.createdAt),
  updatedAt: (source) => timestamp(source.deployment.updatedAt),
  creator: (source, _, context) => actor(context, source.deployment.creator),
  description: (source) => source.deployment.description,
  environment: (source) => source.deployment.environment,
  originalEnvironment: (source) => source.deployment.environment,
  latestEnvironment: (source) => source.deployment.statuses.at(-1)?.environment ?? source.deployment.environment,
  payload: (source, _, { place }) => payloadText(source.deployment, place.payloadEncoding),
  ref: (source, _, context) => (source.deployment.refName === null ? null : refSource(context, source.deployment.refName)),
  repository: () => ({ __typename: 'Repository' }),
  state: (source, _, { place }) => stateOf(source.deployment, place.clock.now()),
  task: (source) => source.deployment.task,
  latestStatus: ({ deployment: of }) => {
    const status = of.statuses.at(-1);
    return status === undefined ? null : { status, of };
  },
  // Newest first, as the REST API lists them.
  statuses: ({ deployment: of }, args: PageArguments) =>
    connection(
      of.statuses.toReversed(),
      args,
      (status) => status.id,
      (status) => ({ status, of }),
    ),
};

interface StatusSource {
  readonly status: DeploymentStatus;
  readonly of: Deployment;
}

const deploymentStatus: Fields<StatusSource> = {
  id: ({ status }) => nodeId('DeploymentStatus', status.id),
  state: ({ status }) => status.state.toUpperCase(),
  description: ({ status }) => status.description,
  createdAt: ({ status }) => timestamp(status.createdAt),
  updatedAt: ({ status }) => timestamp(status.createdAt),
  creator: ({ status }, _, context) => actor(context, status.creator),
  deployment: ({ of }) => deploymentSource(of),
  environment: ({ status }) => status.environment,
  environmentUrl: ({ status }) => (status.environmentUrl === '' ? null : status.environmentUrl),
  logUrl: ({ status }) => (status.logUrl === '' ? null : status.logUrl),
};

export function environmentSource(environment: Environment): EnvironmentSource {
  return { __typename: 'Environment', environment };
}

interface RuleSource {
  readonly environment: Environment;
  readonly kind: 'WAIT_TIMER' | 'REQUIRED_REVIEWERS' | 'BRANCH_POLICY';
}

/** Which of an environment's rules it is, as in its id. */
const RULE_KINDS = { WAIT_TIMER: 1, REQUIRED_REVIEWERS: 2, BRANCH_POLICY: 3 } as const;

function rulesOf(environment: Environment): RuleSource[] {
  const rules: RuleSource[] = [];
  if (environment.waitTimer > 0) rules.push({ environment, kind: 'WAIT_TIMER' });
  if (environment.reviewers.length > 0) rules.push({ environment, kind: 'REQUIRED_REVIEWERS' });
  if (environment.refPolicy !== null) rules.push({ environment, kind: 'BRANCH_POLICY' });
  return rules;
}

const environment: Fields<EnvironmentSource> = {
  id: (source) => nodeId('Environment', source.environment.id),
  databaseId: (source) => source.environment.id,
  name: (source) => source.environment.name,
  isPinned: () => false,
  pinnedPosition: () => null,
  protectionRules: (source, args: PageArguments) => connection(rulesOf(source.environment), args, (rule) => rule.kind),
  // The latest that ended, well or badly: not "what is live".
  latestCompletedDeployment: (source, _, context) => {
    const ended = (one: Deployment) => one.statuses.some((status) => status.state === 'success' || status.state === 'failure');
    const found = context.state.deployments.findLast((one) => sameName(one.environment, source.environment.name) && ended(one));
    return found === undefined ? null : deploymentSource(found);
  },
};

const rule: Fields<RuleSource> = {
  databaseId: (source) => ruleIdentity(source.environment, RULE_KINDS[source.kind]).id,
  type: (source) => source.kind,
  timeout: (source) => (source.kind === 'WAIT_TIMER' ? source.environment.waitTimer : 0),
  preventSelfReview: (source) => (source.kind === 'REQUIRED_REVIEWERS' ? source.environment.preventSelfReview : null),
  reviewers: (source, args: PageArguments, context) =>
    source.kind === 'REQUIRED_REVIEWERS' ? reviewers(source.environment, args, context) : connection([], args, (_, index) => index),
};

export function runSource(run: Run): RunSource {
  return { __typename: 'WorkflowRun', run };
}

const workflowRun: Fields<RunSource> = {
  id: ({ run }) => nodeId('WorkflowRun', run.id),
  databaseId: ({ run }) => databaseId(run.id),
  runNumber: ({ run }) => run.number,
  event: ({ run }) => run.event,
  url: ({ run }, _, { place }) => `${pageUrl(place)}/actions/runs/${run.id}`,
  resourcePath: ({ run }, _, { place }) => `/${place.fullName}/actions/runs/${run.id}`,
  createdAt: ({ run }) => timestamp(run.createdAt),
  updatedAt: ({ run }) => timestamp(run.updatedAt),
  checkSuite: ({ run }) => ({ __typename: 'CheckSuite', run }),
  workflow: ({ run }) => ({ run }),
  deploymentReviews: ({ run }, args: PageArguments) =>
    connection(
      run.reviews.filter((review) => review.listed),
      args,
      (review) => review.id,
    ),
  pendingDeploymentRequests: ({ run }, args: PageArguments, context) => {
    const found = run.waiting.flatMap((name) => findEnvironment(context.state, name) ?? []);
    return connection(
      found,
      args,
      (one) => one.id,
      (one) => ({ environment: one, run }),
    );
  },
};

const LARGEST_INT = 2 ** 31 - 1;

/** Ids of runs, and soon those of deployments, have outgrown GraphQL's Int, in which the schema still types them. */
function databaseId(id: number): number | null {
  return id > LARGEST_INT ? null : id;
}

const workflow: Fields<{ readonly run: Run }> = {
  id: ({ run }) => nodeId('Workflow', run.workflow),
  databaseId: () => 1,
  name: ({ run }) => run.workflow,
  url: ({ run }, _, { place }) => `${pageUrl(place)}/actions/workflows/${run.workflow}.yml`,
  resourcePath: ({ run }, _, { place }) => `/${place.fullName}/actions/workflows/${run.workflow}.yml`,
};

const checkSuite: Fields<{ readonly run: Run }> = {
  id: ({ run }) => nodeId('CheckSuite', run.checkSuiteId),
  databaseId: ({ run }) => databaseId(run.checkSuiteId),
  status: ({ run }) => run.status.toUpperCase(),
  conclusion: ({ run }) => (run.conclusion === null ? null : run.conclusion.toUpperCase()),
  createdAt: ({ run }) => timestamp(run.createdAt),
  updatedAt: ({ run }) => timestamp(run.updatedAt),
  url: ({ run }, _, { place }) => `${pageUrl(place)}/commit/${run.headSha}/checks?check_suite_id=${run.checkSuiteId}`,
  resourcePath: ({ run }, _, { place }) => `/${place.fullName}/commit/${run.headSha}/checks?check_suite_id=${run.checkSuiteId}`,
  workflowRun: ({ run }) => runSource(run),
  commit: async ({ run }, _, { place }) => commitSource(await place.git.commit(run.headSha)),
  repository: () => ({ __typename: 'Repository' }),
  app: () => null,
};

const deploymentReview: Fields<Review> = {
  id: (review) => nodeId('DeploymentReview', review.id),
  databaseId: (review) => review.id,
  state: (review) => review.state.toUpperCase(),
  comment: (review) => review.comment,
  user: (review, _, context) => actor(context, review.user),
  environments: (review, args: PageArguments, context) => {
    const found = review.environments.flatMap((name) => findEnvironment(context.state, name) ?? []);
    return connection(found, args, (one) => one.id, environmentSource);
  },
};

const deploymentRequest: Fields<{ readonly environment: Environment; readonly run: Run }> = {
  environment: (source) => environmentSource(source.environment),
  currentUserCanApprove: (source, _, context) => isReviewer(context.state, source.environment, context.identity.login),
  reviewers: (source, args: PageArguments, context) => reviewers(source.environment, args, context),
  waitTimer: (source) => source.environment.waitTimer,
  waitTimerStartedAt: (source) => (source.environment.waitTimer > 0 ? timestamp(source.run.updatedAt) : null),
};

interface EnvironmentsArguments extends PageArguments {
  readonly names?: readonly string[] | null;
  readonly orderBy?: { readonly field: string; readonly direction: 'ASC' | 'DESC' } | null;
  readonly pinnedEnvironmentFilter?: unknown;
}

/** Environments of the repository by name, all or those asked for. */
export function environmentsOf(context: GraphqlContext, args: EnvironmentsArguments): Connection {
  if (args.orderBy != null && args.orderBy.field !== 'NAME')
    throw new NotServed(`ordering environments by ${args.orderBy.field} is not served`);
  if (args.pinnedEnvironmentFilter != null && args.pinnedEnvironmentFilter !== 'ALL')
    throw new NotServed('Repository.environments(pinnedEnvironmentFilter) is not served');
  const wanted = (one: Environment) => args.names == null || args.names.length === 0 || args.names.some((name) => sameName(name, one.name));
  const found = context.state.environments.filter(wanted).sort((a, b) => a.name.localeCompare(b.name, 'en'));
  if (args.orderBy?.direction === 'DESC') found.reverse();
  return connection(found, args, (one) => one.id, environmentSource);
}

export const deploymentResolvers: ResolverTable = {
  Deployment: deployment,
  DeploymentStatus: deploymentStatus,
  Environment: environment,
  DeploymentProtectionRule: rule,
  WorkflowRun: workflowRun,
  Workflow: workflow,
  CheckSuite: checkSuite,
  DeploymentReview: deploymentReview,
  DeploymentRequest: deploymentRequest,
};
