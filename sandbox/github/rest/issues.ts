import { NotServed, notFound, Refusal, type Reply, type RestContext } from '../context.ts';
import { addComment, addIssue, addLabel, removeLabel, renameIssue, setIssueState } from '../effects.ts';
import { findUser, type Issue, sameName } from '../state.ts';
import { reaches } from '../tokens.ts';
import { bodyOf, type Endpoints, ok, page, reads, refuseQuery, textIn, writes } from './endpoint.ts';
import { issue, issueComment, issueEvent, label, repositoryUrl } from './shapes.ts';

type Ids =
  | 'issues/add-labels'
  | 'issues/create'
  | 'issues/create-comment'
  | 'issues/delete-comment'
  | 'issues/get'
  | 'issues/list-comments'
  | 'issues/list-events'
  | 'issues/list-for-repo'
  | 'issues/remove-label'
  | 'issues/update';

export const issueEndpoints: Endpoints<Ids> = {
  'issues/list-for-repo': reads('issues', listIssues),
  'issues/get': reads('issues', (context) => ok(issue(context, theIssue(context)))),
  'issues/create': writes('issues', create),
  'issues/update': writes('issues', update),
  'issues/add-labels': writes('issues', (context) => {
    const target = theIssue(context);
    requireTriage(context);
    for (const name of labelNames(bodyOf(context)['labels']))
      addLabel(context.state, target, name, context.identity.login, context.place.clock.now());
    return labelsOf(context, target);
  }),
  'issues/remove-label': writes('issues', (context) => {
    const target = theIssue(context);
    requireTriage(context);
    const name = context.path['name'] ?? '';
    if (!target.labels.some((present) => sameName(present, name))) throw new Refusal(404, 'Label does not exist');
    removeLabel(context.state, target, name, context.identity.login, context.place.clock.now());
    return labelsOf(context, target);
  }),
  'issues/create-comment': writes('issues', (context) => {
    const target = theIssue(context);
    const added = addComment(context.state, target, textIn(bodyOf(context), 'body', ''), context.identity.login, context.place.clock.now());
    return { status: 201, body: issueComment(context, added, target) };
  }),
  'issues/delete-comment': writes('issues', (context) => {
    const id = Number(context.path['comment_id']);
    const on = context.state.issues.find(({ comments }) => comments.some((one) => one.id === id));
    if (on === undefined) throw notFound();
    on.comments = on.comments.filter((one) => one.id !== id);
    return { status: 204, body: '' };
  }),
  // Oldest first.
  'issues/list-comments': reads('issues', (context) => {
    const target = theIssue(context);
    const since = context.query['since'] === undefined ? 0 : Date.parse(String(context.query['since']));
    const address = `${repositoryUrl(context.place)}/issues/${target.number}/comments`;
    const found = target.comments.filter(({ createdAt }) => createdAt >= since);
    return page(context, address, found, (one) => issueComment(context, one, target));
  }),
  'issues/list-events': reads('issues', (context) => {
    const target = theIssue(context);
    const address = `${repositoryUrl(context.place)}/issues/${target.number}/events`;
    return page(context, address, target.events, (event) => issueEvent(context, event));
  }),
};

function theIssue(context: RestContext): Issue {
  const found = context.state.issues.find((candidate) => candidate.number === Number(context.path['issue_number']));
  if (found === undefined) throw notFound();
  return found;
}

function labelsOf(context: RestContext, target: Issue): Reply {
  return ok(target.labels.map((name) => label(context.place, name)));
}

function labelNames(value: unknown): string[] {
  if (!Array.isArray(value)) return [];
  return value.map((one) => (typeof one === 'string' ? one : String((one as { name?: unknown }).name ?? '')));
}

function mayTriage(context: RestContext): boolean {
  if (context.identity.kind === 'app') return true;
  return reaches(findUser(context.state, context.identity.login)?.role ?? 'none', 'triage');
}

function requireTriage(context: RestContext): void {
  if (!mayTriage(context)) throw new Refusal(403, 'Must have triage access to the repository.');
}

function listIssues(context: RestContext): Promise<Reply> {
  refuseQuery(context, 'milestone', 'assignee', 'type', 'mentioned', 'issue_field_values', 'since');
  const { state = 'open', labels, creator, sort = 'created', direction = 'desc' } = context.query;
  if (sort !== 'created') throw new NotServed(`sorting issues by ${sort} is not served`);
  const wanted = String(labels ?? '')
    .split(',')
    .filter((name) => name !== '');
  const found = context.state.issues
    .filter((candidate) => state === 'all' || candidate.state === state)
    .filter((candidate) => creator === undefined || sameName(candidate.author, String(creator)))
    .filter((candidate) => wanted.every((name) => candidate.labels.some((present) => sameName(present, name))));
  const ordered = direction === 'asc' ? found : found.toReversed();
  return page(context, `${repositoryUrl(context.place)}/issues`, ordered, (one) => issue(context, one));
}

/** Labels of somebody without triage rights are dropped in silence, as GitHub does. */
function create(context: RestContext): Reply {
  const body = bodyOf(context);
  const title = String(body['title'] ?? '');
  if (title.trim() === '')
    throw new Refusal(422, 'Validation Failed', { errors: [{ resource: 'Issue', field: 'title', code: 'missing_field' }] });
  const added = addIssue(context.state, {
    title,
    body: textIn(body, 'body', ''),
    author: context.identity.login,
    labels: mayTriage(context) ? labelNames(body['labels']) : [],
    labelledBy: context.identity.login,
    createdAt: context.place.clock.now(),
  });
  return { status: 201, body: issue(context, added) };
}

const UPDATED = new Set(['title', 'body', 'state', 'state_reason', 'labels']);

function update(context: RestContext): Reply {
  const target = theIssue(context);
  const body = bodyOf(context);
  const unserved = Object.keys(body).find((key) => !UPDATED.has(key));
  if (unserved !== undefined) throw new NotServed(`updating an issue's ${unserved} is not served`);
  const own = sameName(target.author, context.identity.login);
  if (!own) requireTriage(context);
  const now = context.place.clock.now();
  renameIssue(context.state, target, textIn(body, 'title', target.title), context.identity.login, now);
  target.body = textIn(body, 'body', target.body);
  target.updatedAt = now;
  if (body['state'] === 'open' || body['state'] === 'closed') setIssueState(target, body['state'], now);
  if (body['labels'] !== undefined) replaceLabels(context, target, labelNames(body['labels']), now);
  return ok(issue(context, target));
}

function replaceLabels(context: RestContext, target: Issue, names: readonly string[], now: number): void {
  requireTriage(context);
  const gone = target.labels.filter((present) => !names.some((name) => sameName(name, present)));
  for (const name of gone) removeLabel(context.state, target, name, context.identity.login, now);
  for (const name of names) addLabel(context.state, target, name, context.identity.login, now);
}
