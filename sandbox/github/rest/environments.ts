import { invalid, notFound, Refusal, type Reply, type RestContext } from '../context.ts';
import { ensureEnvironment } from '../effects.ts';
import { type Environment, findEnvironment, nextId, type RefPattern } from '../state.ts';
import { bodyOf, type Endpoints, ok, pageOf, reads, textIn, writes } from './endpoint.ts';
import { environment, refPattern, repositoryUrl } from './shapes.ts';

type Ids =
  | 'repos/create-deployment-branch-policy'
  | 'repos/create-or-update-environment'
  | 'repos/delete-an-environment'
  | 'repos/get-all-environments'
  | 'repos/get-environment'
  | 'repos/list-deployment-branch-policies';

export const environmentEndpoints: Endpoints<Ids> = {
  'repos/get-all-environments': reads('actions', (context) => {
    const { environments } = context.state;
    const address = `${repositoryUrl(context.place)}/environments`;
    const wrap = (built: unknown[]) => ({ total_count: environments.length, environments: built });
    return pageOf(context, address, environments, (one) => environment(context, one), wrap);
  }),
  'repos/get-environment': reads('actions', (context) => ok(environment(context, theEnvironment(context)))),
  'repos/create-or-update-environment': writes('administration', update),
  'repos/delete-an-environment': writes('administration', async (context) => {
    const target = theEnvironment(context);
    context.state.environments.splice(context.state.environments.indexOf(target), 1);
    await context.runner?.environmentRemoved?.(target.name);
    return { status: 204, body: '' };
  }),
  'repos/list-deployment-branch-policies': reads('actions', (context) => {
    const target = theEnvironment(context);
    const patterns = Array.isArray(target.refPolicy) ? target.refPolicy : [];
    const wrap = (built: unknown[]) => ({ total_count: patterns.length, branch_policies: built });
    return pageOf(context, `${environmentUrl(context, target)}/deployment-branch-policies`, patterns, refPattern, wrap);
  }),
  'repos/create-deployment-branch-policy': writes('administration', (context) => {
    const target = theEnvironment(context);
    if (!Array.isArray(target.refPolicy)) throw notFound();
    const body = bodyOf(context);
    const name = textIn(body, 'name', '');
    const type = body['type'] === 'tag' ? 'tag' : 'branch';
    if (target.refPolicy.some((known) => known.name === name && known.type === type)) return { status: 303, body: '' };
    const added: RefPattern = { id: nextId(context.state), name, type };
    target.refPolicy.push(added);
    return ok(refPattern(added));
  }),
};

function environmentUrl(context: RestContext, target: Environment): string {
  return `${repositoryUrl(context.place)}/environments/${encodeURIComponent(target.name)}`;
}

function theEnvironment(context: RestContext): Environment {
  const found = findEnvironment(context.state, context.path['environment_name'] ?? '');
  if (found === undefined) throw notFound();
  return found;
}

/** What the body does not name is reset. Whether GitHub resets it too is not documented, so a client had better name everything. */
function update(context: RestContext): Reply {
  const body = bodyOf(context);
  const reviewers = reviewersIn(context, body['reviewers']);
  const target = ensureEnvironment(context.state, context.path['environment_name'] ?? '', context.place.clock.now());
  target.waitTimer = typeof body['wait_timer'] === 'number' ? body['wait_timer'] : 0;
  target.preventSelfReview = body['prevent_self_review'] === true;
  target.reviewers = reviewers;
  target.refPolicy = policyIn(body['deployment_branch_policy'], target.refPolicy);
  return ok(environment(context, target));
}

/** Most reviewers that an environment may have (source: GitHub's description of the operation). */
const MOST_REVIEWERS = 6;

function reviewersIn(context: RestContext, value: unknown): string[] {
  const given = Array.isArray(value) ? (value as { type?: string; id?: number }[]) : [];
  if (given.length > MOST_REVIEWERS) throw invalid('Environment', 'reviewers', `at most ${MOST_REVIEWERS} reviewers`);
  return given.map(({ type, id }) => {
    const team = context.state.teams.find((one) => type === 'Team' && one.id === id);
    const user = context.state.users.find((one) => type === 'User' && one.id === id);
    if (team !== undefined) return `${team.organization}/${team.slug}`;
    if (user !== undefined) return user.login;
    throw invalid('Environment', 'reviewers', `there is no ${type} ${id}`);
  });
}

function policyIn(value: unknown, present: Environment['refPolicy']): Environment['refPolicy'] {
  if (typeof value !== 'object' || value === null) return null;
  const { protected_branches: protectedOnly, custom_branch_policies: custom } = value as Record<string, unknown>;
  if (protectedOnly === custom) throw new Refusal(422, 'protected_branches and custom_branch_policies cannot have the same value');
  if (protectedOnly === true) return 'protected';
  return Array.isArray(present) ? present : [];
}
