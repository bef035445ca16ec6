import { Refusal, type Reply, type RestContext } from '../context.ts';
import { addReview } from '../effects.ts';
import { type Environment, isReviewer, type Run, sameName } from '../state.ts';
import { bodyOf, type Endpoints, ok, reads, textIn } from './endpoint.ts';
import { theRun } from './runs.ts';
import { approvals, pendingDeployments } from './shapes.ts';

type Ids =
  | 'actions/get-custom-oidc-sub-claim-for-repo'
  | 'actions/get-pending-deployments-for-run'
  | 'actions/get-reviews-for-run'
  | 'actions/review-pending-deployments-for-run';

export const actionsEndpoints: Endpoints<Ids> = {
  'actions/get-custom-oidc-sub-claim-for-repo': reads('actions', (context) => ok(context.state.identitySubject)),
  'actions/get-reviews-for-run': reads('actions', (context) => ok(approvals(context, theRun(context)))),
  'actions/get-pending-deployments-for-run': reads('actions', (context) => ok(pendingDeployments(context, theRun(context)))),
  // Reading suffices: required reviewers with read access may review (source: GitHub's description of the operation).
  'actions/review-pending-deployments-for-run': reads('deployments', review),
};

/** Only a required reviewer's own token may review; GITHUB_TOKEN never is one. */
async function review(context: RestContext): Promise<Reply> {
  const run = theRun(context);
  const body = bodyOf(context);
  const ids = Array.isArray(body['environment_ids']) ? body['environment_ids'].map(Number) : [];
  if (context.identity.kind === 'app') throw new Refusal(403, 'Resource not accessible by integration');
  const environments = ids.map((id) => waitingEnvironment(context, run, id));
  for (const one of environments) mustReview(context, run, one);
  const state = body['state'] === 'rejected' ? 'rejected' : 'approved';
  const names = environments.map((one) => one.name);
  const given = { user: context.identity.login, state, comment: textIn(body, 'comment', ''), environments: names } as const;
  if (context.runner !== null) await context.runner.review(run.id, given);
  else addReview(context.state, run, { ...given, listed: true }, context.place.clock.now());
  // The jobs that go on create their deployments later, or (with `deployment: false`) never.
  return ok([]);
}

function waitingEnvironment(context: RestContext, run: Run, id: number): Environment {
  const found = context.state.environments.find((candidate) => candidate.id === id);
  if (found !== undefined && run.waiting.some((name) => sameName(name, found.name))) return found;
  throw new Refusal(422, `There is no pending deployment request for environment id ${id}`);
}

function mustReview(context: RestContext, run: Run, target: Environment): void {
  const { login } = context.identity;
  if (!isReviewer(context.state, target, login)) throw new Refusal(403, `${login} is not a required reviewer of ${target.name}`);
  const own = sameName(run.actor, login) || sameName(run.triggeringActor, login);
  if (target.preventSelfReview && own) throw new Refusal(403, `${login} started this run and may not review it`);
}
