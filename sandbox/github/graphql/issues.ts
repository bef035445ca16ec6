import { timestamp } from '../clock.ts';
import { NotServed } from '../context.ts';
import { nodeId } from '../node-id.ts';
import { pageUrl } from '../rest/shapes.ts';
import { type Issue, type IssueEvent, type LabelEvent, type PullRequest, type RenameEvent, sameName } from '../state.ts';
import { type Connection, connection, type PageArguments } from './connection.ts';
import { commitSource, refSource } from './git.ts';
import { actor } from './people.ts';
import type { Fields, GraphqlContext, ResolverTable } from './resolver.ts';

interface IssueSource {
  readonly __typename: 'Issue';
  readonly issue: Issue;
}

export function issueSource(issue: Issue): IssueSource {
  return { __typename: 'Issue', issue };
}

export interface IssuesArguments extends PageArguments {
  readonly labels?: readonly string[] | null;
  readonly states?: readonly string[] | null;
  readonly filterBy?: unknown;
  readonly orderBy?: { readonly field: string; readonly direction: 'ASC' | 'DESC' } | null;
}

/** Issues with any of the labels, oldest first unless the query says otherwise. */
export function issuesOf(context: GraphqlContext, args: IssuesArguments): Connection {
  if (args.filterBy != null) throw new NotServed('Repository.issues(filterBy) is not served');
  const key = orderKey(args.orderBy?.field);
  const found = context.state.issues
    .filter((issue) => args.labels == null || args.labels.some((label) => issue.labels.some((present) => sameName(present, label))))
    .filter((issue) => args.states == null || args.states.some((state) => sameName(state, issue.state)))
    .sort((a, b) => key(a) - key(b) || a.number - b.number);
  if (args.orderBy?.direction === 'DESC') found.reverse();
  return connection(found, args, (issue) => issue.number, issueSource);
}

function orderKey(field: string | undefined): (issue: Issue) => number {
  if (field === undefined || field === 'CREATED_AT') return (issue) => issue.createdAt;
  if (field === 'UPDATED_AT') return (issue) => issue.updatedAt;
  throw new NotServed(`ordering issues by ${field} is not served`);
}

const TIMELINE: Readonly<Record<string, IssueEvent['event']>> = {
  LABELED_EVENT: 'labeled',
  UNLABELED_EVENT: 'unlabeled',
  RENAMED_TITLE_EVENT: 'renamed',
};

const TYPES: Readonly<Record<IssueEvent['event'], string>> = {
  labeled: 'LabeledEvent',
  unlabeled: 'UnlabeledEvent',
  renamed: 'RenamedTitleEvent',
};

const issue: Fields<IssueSource> = {
  id: (source) => nodeId('Issue', source.issue.number),
  databaseId: (source) => 100_000 + source.issue.number,
  number: (source) => source.issue.number,
  title: (source) => source.issue.title,
  body: (source) => source.issue.body,
  bodyText: (source) => source.issue.body,
  state: (source) => source.issue.state.toUpperCase(),
  closed: (source) => source.issue.state === 'closed',
  closedAt: (source) => (source.issue.closedAt === null ? null : timestamp(source.issue.closedAt)),
  createdAt: (source) => timestamp(source.issue.createdAt),
  updatedAt: (source) => timestamp(source.issue.updatedAt),
  author: (source, _, context) => actor(context, source.issue.author),
  url: (source, _, { place }) => `${pageUrl(place)}/issues/${source.issue.number}`,
  resourcePath: (source, _, { place }) => `/${place.fullName}/issues/${source.issue.number}`,
  repository: () => ({ __typename: 'Repository' }),
  labels: (source, args: PageArguments & { orderBy?: unknown }) =>
    connection(
      source.issue.labels,
      args,
      (name) => name,
      (name) => ({ label: name }),
    ),
  timelineItems: (source, args: PageArguments & { itemTypes?: readonly string[] | null; since?: string | null; skip?: number | null }) => {
    if (args.since != null || args.skip != null) throw new NotServed('Issue.timelineItems(since, skip) is not served');
    const kinds = args.itemTypes?.map((type) => TIMELINE[type]) ?? Object.values(TIMELINE);
    const events = source.issue.events.filter((event) => kinds.includes(event.event));
    const page = connection(
      events,
      args,
      (event) => event.id,
      (event) => ({ __typename: TYPES[event.event], event, of: source.issue }),
    );
    return { ...page, filteredCount: events.length, pageCount: page.nodes.length, updatedAt: timestamp(source.issue.updatedAt) };
  },
};

interface EventSource<E extends IssueEvent> {
  readonly event: E;
  readonly of: Issue;
}

const labelEvent: Fields<EventSource<LabelEvent>> = {
  id: ({ event }) => nodeId('LabeledEvent', event.id),
  actor: ({ event }, _, context) => actor(context, event.actor),
  createdAt: ({ event }) => timestamp(event.createdAt),
  label: ({ event }) => ({ label: event.label }),
  labelable: ({ of }) => issueSource(of),
};

const renameEvent: Fields<EventSource<RenameEvent>> = {
  id: ({ event }) => nodeId('RenamedTitleEvent', event.id),
  actor: ({ event }, _, context) => actor(context, event.actor),
  createdAt: ({ event }) => timestamp(event.createdAt),
  previousTitle: ({ event }) => event.from,
  currentTitle: ({ event }) => event.to,
  subject: ({ of }) => issueSource(of),
};

const label: Fields<{ readonly label: string }> = {
  id: (source) => nodeId('Label', source.label),
  name: (source) => source.label,
  color: () => 'ededed',
  description: () => null,
  isDefault: () => false,
  url: (source, _, { place }) => `${pageUrl(place)}/labels/${encodeURIComponent(source.label)}`,
  resourcePath: (source, _, { place }) => `/${place.fullName}/labels/${encodeURIComponent(source.label)}`,
  issues: (source, args: IssuesArguments, context) => issuesOf(context, { ...args, labels: [source.label] }),
};

interface PullRequestSource {
  readonly __typename: 'PullRequest';
  readonly pull: PullRequest;
}

export function pullRequestSource(pull: PullRequest): PullRequestSource {
  return { __typename: 'PullRequest', pull };
}

export interface PullRequestsArguments extends PageArguments {
  readonly states?: readonly string[] | null;
  readonly labels?: unknown;
  readonly orderBy?: { readonly field: string; readonly direction: 'ASC' | 'DESC' } | null;
}

/** Pull requests, oldest first unless the query says otherwise. */
export function pullRequestsOf(context: GraphqlContext, args: PullRequestsArguments, wanted: (pull: PullRequest) => boolean): Connection {
  if (args.labels != null) throw new NotServed('pull requests by label are not served');
  if (args.orderBy != null && args.orderBy.field !== 'CREATED_AT')
    throw new NotServed(`ordering pull requests by ${args.orderBy.field} is not served`);
  const found = context.state.pullRequests.filter(wanted).sort((a, b) => a.createdAt - b.createdAt || a.number - b.number);
  if (args.orderBy?.direction === 'DESC') found.reverse();
  return connection(found, args, (pull) => pull.number, pullRequestSource);
}

const pullRequest: Fields<PullRequestSource> = {
  id: ({ pull }) => nodeId('PullRequest', pull.number),
  databaseId: ({ pull }) => 200_000 + pull.number,
  number: ({ pull }) => pull.number,
  title: ({ pull }) => pull.title,
  body: () => '',
  state: ({ pull }) => pull.state.toUpperCase(),
  closed: ({ pull }) => pull.state !== 'open',
  merged: ({ pull }) => pull.state === 'merged',
  mergedAt: ({ pull }) => (pull.mergedAt === null ? null : timestamp(pull.mergedAt)),
  createdAt: ({ pull }) => timestamp(pull.createdAt),
  updatedAt: ({ pull }) => timestamp(pull.mergedAt ?? pull.createdAt),
  author: ({ pull }, _, context) => actor(context, pull.author),
  url: ({ pull }, _, { place }) => `${pageUrl(place)}/pull/${pull.number}`,
  permalink: ({ pull }, _, { place }) => `${pageUrl(place)}/pull/${pull.number}`,
  resourcePath: ({ pull }, _, { place }) => `/${place.fullName}/pull/${pull.number}`,
  isDraft: () => false,
  isCrossRepository: ({ pull }, _, { place }) => !sameName(pull.headRepository, place.fullName),
  headRepository: ({ pull }) => ({ __typename: 'Repository', fullName: pull.headRepository }),
  baseRepository: () => ({ __typename: 'Repository' }),
  repository: () => ({ __typename: 'Repository' }),
  headRefName: ({ pull }) => pull.headRef,
  headRefOid: ({ pull }) => pull.headSha,
  headRef: ({ pull }, _, context) =>
    sameName(pull.headRepository, context.place.fullName) ? refSource(context, `refs/heads/${pull.headRef}`) : null,
  baseRefName: ({ pull }) => pull.baseRef,
  baseRef: ({ pull }, _, context) => refSource(context, `refs/heads/${pull.baseRef}`),
  mergeCommit: async ({ pull }, _, { place }) => {
    const found = pull.state === 'merged' ? await place.git.resolveCommit(pull.commits[0] ?? '') : null;
    return found === null ? null : commitSource(found);
  },
  labels: (_, args: PageArguments) => connection([], args, (__, index) => index),
};

export const issueResolvers: ResolverTable = {
  Issue: issue,
  LabeledEvent: labelEvent,
  UnlabeledEvent: labelEvent,
  RenamedTitleEvent: renameEvent,
  Label: label,
  PullRequest: pullRequest,
};
