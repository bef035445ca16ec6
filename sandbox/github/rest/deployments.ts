import { invalid, notFound, Refusal, type Reply, type RestContext } from '../context.ts';
import { addDeployment, addStatus } from '../effects.ts';
import type { GitCommit } from '../git-repository.ts';
import { type Deployment, type StatusState, sameName } from '../state.ts';
import { bodyOf, type Endpoints, ok, page, reads, textIn, writes } from './endpoint.ts';
import { deployment, deploymentStatus, repositoryUrl } from './shapes.ts';

type Ids =
  | 'repos/create-deployment'
  | 'repos/create-deployment-status'
  | 'repos/delete-deployment'
  | 'repos/get-deployment'
  | 'repos/get-deployment-status'
  | 'repos/list-deployment-statuses'
  | 'repos/list-deployments';

export const deploymentEndpoints: Endpoints<Ids> = {
  'repos/list-deployments': reads('deployments', (context) => {
    const found = context.state.deployments.filter((candidate) => matches(context, candidate)).toReversed();
    return page(context, `${repositoryUrl(context.place)}/deployments`, found, (one) => deployment(context, one));
  }),
  'repos/get-deployment': reads('deployments', (context) => ok(deployment(context, theDeployment(context)))),
  'repos/delete-deployment': writes('deployments', (context) => {
    const target = theDeployment(context);
    // GitHub deletes the only one of a repository in any state, others only once they are inactive.
    const isActive = target.statuses.at(-1)?.state === 'success' && context.state.deployments.length > 1;
    if (isActive) throw new Refusal(422, 'We cannot delete an active deployment unless it is the only deployment in a given environment.');
    context.state.deployments.splice(context.state.deployments.indexOf(target), 1);
    return { status: 204, body: '' };
  }),
  'repos/create-deployment': writes('deployments', createDeployment),
  'repos/list-deployment-statuses': reads('deployments', (context) => {
    const of = theDeployment(context);
    const address = `${repositoryUrl(context.place)}/deployments/${of.id}/statuses`;
    return page(context, address, of.statuses.toReversed(), (status) => deploymentStatus(context, status, of));
  }),
  'repos/get-deployment-status': reads('deployments', (context) => {
    const of = theDeployment(context);
    const status = of.statuses.find((candidate) => candidate.id === Number(context.path['status_id']));
    if (status === undefined) throw notFound();
    return ok(deploymentStatus(context, status, of));
  }),
  'repos/create-deployment-status': writes('deployments', createStatus),
};

function theDeployment(context: RestContext): Deployment {
  const found = context.state.deployments.find((candidate) => candidate.id === Number(context.path['deployment_id']));
  if (found === undefined) throw notFound();
  return found;
}

/** `none` is what the description calls an absent filter. */
function matches(context: RestContext, candidate: Deployment): boolean {
  const { sha, ref, task, environment } = context.query;
  const fits = (wanted: unknown, value: string) => wanted === undefined || wanted === 'none' || wanted === value;
  const named = environment === undefined || environment === 'none' || sameName(String(environment), candidate.environment);
  return fits(sha, candidate.sha) && fits(ref, candidate.ref) && fits(task, candidate.task) && named;
}

async function createDeployment(context: RestContext): Promise<Reply> {
  const body = bodyOf(context);
  const ref = textIn(body, 'ref', '');
  const environment = textIn(body, 'environment', 'production');
  const commit = await context.place.git.resolveCommit(ref);
  if (commit === null) throw new Refusal(422, `No ref found for: ${ref}`);
  if (environment.length > 255) throw invalid('Deployment', 'environment', 'environment is too long (maximum is 255 characters)');
  const refName = await fullRefName(context, ref);
  const merged = body['auto_merge'] === false ? null : await autoMerge(context, ref, refName, commit);
  if (merged !== null) return merged;
  const contexts = body['required_contexts'];
  requireContexts(context, ref, commit.oid, Array.isArray(contexts) ? contexts.map(String) : null);
  const payload = body['payload'];
  const added = addDeployment(context.state, {
    sha: commit.oid,
    ref,
    refName,
    task: textIn(body, 'task', 'deploy'),
    environment,
    payload: typeof payload === 'object' && payload !== null ? (payload as Record<string, unknown>) : textIn(body, 'payload', ''),
    description: textIn(body, 'description', ''),
    creator: context.identity.login,
    transient: body['transient_environment'] === true,
    production: typeof body['production_environment'] === 'boolean' ? body['production_environment'] : environment === 'production',
    createdAt: context.place.clock.now(),
  });
  return { status: 201, body: deployment(context, added) };
}

async function fullRefName(context: RestContext, ref: string): Promise<string | null> {
  for (const candidate of [ref, `refs/${ref}`, `refs/tags/${ref}`, `refs/heads/${ref}`]) {
    if (candidate.startsWith('refs/') && (await context.place.git.info(candidate)) !== null) return candidate;
  }
  return null;
}

/**
 * What the default `auto_merge: true` does to a ref that lacks commits of the default branch: a branch is merged into instead of
 * deployed (202), anything else conflicts (409). The sandbox never writes to the repository, so the merge itself is only announced.
 */
async function autoMerge(context: RestContext, ref: string, refName: string | null, commit: GitCommit): Promise<Reply | null> {
  const { git, defaultBranch } = context.place;
  const base = await git.resolveCommit(`refs/heads/${defaultBranch}`);
  if (base === null || (await git.compare(base.oid, commit.oid)).behindBy === 0) return null;
  if (refName?.startsWith('refs/heads/'))
    return { status: 202, body: { message: `Auto-merged ${defaultBranch} into ${ref} on deployment.` } };
  throw new Refusal(409, `Conflict merging ${defaultBranch} into ${ref}.`);
}

/** Without a list, every context of the commit must be green, and a run that is still going is one that is not. */
function requireContexts(context: RestContext, ref: string, sha: string, required: readonly string[] | null): void {
  const { runs, commitStatuses } = context.state;
  const contexts = new Map(commitStatuses.filter((status) => status.sha === sha).map((status) => [status.context, status.state as string]));
  for (const run of runs)
    if (run.headSha === sha) contexts.set(run.workflow, run.status === 'completed' ? (run.conclusion ?? 'failure') : 'pending');
  const names = required ?? [...contexts.keys()];
  const failed = names.filter((name) => contexts.get(name) !== 'success');
  if (failed.length === 0) return;
  throw new Refusal(409, `Conflict: Commit status checks failed for ${ref}.`, {
    errors: [
      {
        contexts: names.map((name) => ({ context: name, state: contexts.get(name) ?? 'expected' })),
        resource: 'Deployment',
        field: 'required_contexts',
        code: 'invalid',
      },
    ],
  });
}

const LONGEST_DESCRIPTION = 140;

function createStatus(context: RestContext): Reply {
  const of = theDeployment(context);
  const body = bodyOf(context);
  const description = textIn(body, 'description', '');
  if ([...description].length > LONGEST_DESCRIPTION) {
    throw invalid('DeploymentStatus', 'description', `description is too long (maximum is ${LONGEST_DESCRIPTION} characters)`);
  }
  const status = addStatus(context.state, of, {
    state: textIn(body, 'state', '') as StatusState,
    creator: context.identity.login,
    createdAt: context.place.clock.now(),
    description,
    environment: textIn(body, 'environment', of.environment),
    environmentUrl: textIn(body, 'environment_url', ''),
    logUrl: textIn(body, 'log_url', textIn(body, 'target_url', '')),
    autoInactive: body['auto_inactive'] !== false,
  });
  return { status: 201, body: deploymentStatus(context, status, of) };
}
