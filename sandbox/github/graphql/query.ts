import { timestamp } from '../clock.ts';
import { NotServed } from '../context.ts';
import { nodeId, readNodeId } from '../node-id.ts';
import { REPOSITORY_ID } from '../rest/shapes.ts';
import { findEnvironment, findUser, type PullRequest, type Role, sameName, type User } from '../state.ts';
import { type Connection, connection, githubError, type PageArguments } from './connection.ts';
import { type DeploymentsArguments, deploymentSource, deploymentsOf, environmentSource, environmentsOf, runSource } from './deployments.ts';
import { objectSource, refSource } from './git.ts';
import { type IssuesArguments, issueSource, issuesOf, type PullRequestsArguments, pullRequestSource, pullRequestsOf } from './issues.ts';
import { actorOf } from './people.ts';
import type { Fields, GraphqlContext, RefSource, ResolverTable } from './resolver.ts';

/** `fullName` only where it is another repository than the one that is served (a fork). */
interface RepositorySource {
  readonly __typename: 'Repository';
  readonly fullName?: string;
}

const query: Fields<unknown> = {
  repository: (_, { owner, name }: { owner: string; name: string }, { place }) => {
    if (sameName(`${owner}/${name}`, place.fullName)) return { __typename: 'Repository' };
    throw githubError('NOT_FOUND', `Could not resolve to a Repository with the name '${owner}/${name}'.`);
  },
  viewer: (_, __, context) => actorOf({ ...(findUser(context.state, context.identity.login) ?? unknownUser(context)), type: 'User' }),
  user: (_, { login }: { login: string }, context) => {
    const found = findUser(context.state, login);
    if (found === undefined || found.type === 'Bot')
      throw githubError('NOT_FOUND', `Could not resolve to a User with the login of '${login}'.`);
    return actorOf(found);
  },
  rateLimit: (_, __, context) => rateLimit(context),
  node: (_, { id }: { id: string }, context) => node(context, id),
  nodes: (_, { ids }: { ids: readonly string[] }, context) => ids.map((id) => node(context, id)),
  resource: (_, { url }: { url: string }, context) => resource(context, url),
};

function unknownUser(context: GraphqlContext): User {
  return { id: 0, login: context.identity.login, type: 'User', emails: [], role: 'none' };
}

function rateLimit({ place, identity, cost }: GraphqlContext): unknown {
  const { used } = identity;
  return {
    cost: cost.points,
    nodeCount: cost.nodes,
    limit: place.rateLimit,
    used: used.graphql,
    remaining: Math.max(place.rateLimit - used.graphql, 0),
    resetAt: timestamp(identity.resetsAt),
  };
}

type Finder = (context: GraphqlContext, key: string) => unknown;

const NODES: Readonly<Record<string, Finder>> = {
  Repository: ({ place }, key) => (sameName(key, place.fullName) ? { __typename: 'Repository' } : null),
  WorkflowRun: ({ state }, key) =>
    wrap(
      state.runs.find((run) => run.id === Number(key)),
      runSource,
    ),
  CheckSuite: ({ state }, key) =>
    wrap(
      state.runs.find((run) => run.checkSuiteId === Number(key)),
      (run) => ({ __typename: 'CheckSuite', run }),
    ),
  Deployment: ({ state }, key) =>
    wrap(
      state.deployments.find((one) => one.id === Number(key)),
      deploymentSource,
    ),
  Environment: ({ state }, key) =>
    wrap(
      state.environments.find((one) => one.id === Number(key)),
      environmentSource,
    ),
  Issue: ({ state }, key) =>
    wrap(
      state.issues.find((issue) => issue.number === Number(key)),
      issueSource,
    ),
  PullRequest: ({ state }, key) =>
    wrap(
      state.pullRequests.find((pull) => pull.number === Number(key)),
      pullRequestSource,
    ),
  User: ({ state }, key) => wrap(findUser(state, key), actorOf),
  Commit: objectSource,
  Tag: objectSource,
  Tree: objectSource,
  Blob: objectSource,
  Ref: refSource,
};

function wrap<T>(found: T | undefined, source: (found: T) => unknown): unknown {
  return found === undefined ? null : source(found);
}

async function node(context: GraphqlContext, id: string): Promise<unknown> {
  const read = readNodeId(id);
  const found = read === null ? null : await NODES[read.type]?.(context, read.key);
  if (found == null) throw githubError('NOT_FOUND', `Could not resolve to a node with the global id of '${id}'`);
  return found;
}

const RESOURCES: readonly (readonly [RegExp, Finder])[] = [
  [/^\/actions\/runs\/(\d+)$/, (context, key) => NODES['WorkflowRun']?.(context, key)],
  [/^\/issues\/(\d+)$/, (context, key) => NODES['Issue']?.(context, key)],
  [/^\/pull\/(\d+)$/, (context, key) => NODES['PullRequest']?.(context, key)],
  [/^\/commit\/([0-9a-f]{40})$/, objectSource],
  [/^()$/, () => ({ __typename: 'Repository' })],
];

/** What a page's address shows; `null` for an address that shows nothing. */
async function resource(context: GraphqlContext, url: string): Promise<unknown> {
  const { pathname } = new URL(url, context.place.webUrl);
  const prefix = `/${context.place.fullName}`;
  if (!pathname.toLowerCase().startsWith(prefix.toLowerCase())) return null;
  const rest = pathname.slice(prefix.length);
  for (const [pattern, find] of RESOURCES) {
    const key = pattern.exec(rest)?.[1];
    if (key !== undefined) return (await find(context, key)) ?? null;
  }
  return null;
}

interface RefsArguments extends PageArguments {
  readonly refPrefix: string;
  readonly query?: string | null;
  readonly orderBy?: unknown;
  readonly direction?: 'ASC' | 'DESC' | null;
}

async function refs(context: GraphqlContext, args: RefsArguments): Promise<Connection> {
  if (args.orderBy != null) throw new NotServed('ordering Repository.refs is not served');
  const all = context.refs ?? (await context.place.git.refs());
  const found: RefSource[] = [];
  for (const [name, oid] of all) {
    if (name.startsWith(args.refPrefix) && name.includes(args.query ?? '')) found.push({ __typename: 'Ref', name, oid });
  }
  if (args.direction === 'DESC') found.reverse();
  return connection(found, args, (one) => one.name);
}

const PERMISSION: Readonly<Record<Exclude<Role, 'none'>, string>> = {
  admin: 'ADMIN',
  maintain: 'MAINTAIN',
  write: 'WRITE',
  triage: 'TRIAGE',
  read: 'READ',
};

interface CollaboratorsArguments extends PageArguments {
  readonly affiliation?: unknown;
  readonly login?: string | null;
  readonly query?: string | null;
}

function collaborators(context: GraphqlContext, args: CollaboratorsArguments): unknown {
  if (args.affiliation != null) throw new NotServed('Repository.collaborators(affiliation) is not served');
  const found = context.state.users.filter(
    (user) =>
      user.type === 'User' &&
      user.role !== 'none' &&
      (args.login == null || sameName(user.login, args.login)) &&
      user.login.includes(args.query ?? ''),
  );
  const page = connection(found, args, (user) => user.id, actorOf);
  const roles = new Map(found.map((user) => [user.login, user.role]));
  const permission = (login: string) => PERMISSION[(roles.get(login) ?? 'read') as Exclude<Role, 'none'>];
  return { ...page, edges: page.edges.map((edge) => ({ ...edge, permission: permission((edge.node as { user: User }).user.login) })) };
}

function ownNumber(pull: PullRequest | undefined): unknown {
  return pull === undefined ? null : pullRequestSource(pull);
}

const nameOf = (source: RepositorySource, context: GraphqlContext): string => source.fullName ?? context.place.fullName;

const repository: Fields<RepositorySource> = {
  id: (source, _, context) => nodeId('Repository', nameOf(source, context)),
  databaseId: (source) => (source.fullName === undefined ? REPOSITORY_ID : REPOSITORY_ID + 1),
  name: (source, _, context) => nameOf(source, context).split('/')[1],
  nameWithOwner: (source, _, context) => nameOf(source, context),
  owner: (source, _, context) =>
    actorOf({ id: 2, login: nameOf(source, context).split('/')[0] ?? '', type: 'User', emails: [], role: 'none' }),
  url: (source, _, context) => `${context.place.webUrl}/${nameOf(source, context)}`,
  resourcePath: (source, _, context) => `/${nameOf(source, context)}`,
  isFork: (source, _, { place }) => source.fullName !== undefined && !sameName(source.fullName, place.fullName),
  isPrivate: () => false,
  isArchived: () => false,
  visibility: () => 'PUBLIC',
  defaultBranchRef: (_, __, context) => refSource(context, `refs/heads/${context.place.defaultBranch}`),
  ref: (_, { qualifiedName }: { qualifiedName: string }, context) => refSource(context, qualifiedName),
  refs: (_, args: RefsArguments, context) => refs(context, args),
  object: async (_, { expression, oid }: { expression?: string | null; oid?: string | null }, context) => {
    if (oid != null) return objectSource(context, oid);
    const info = expression == null ? null : await context.place.git.resolve(expression, context.refs);
    return info === null ? null : objectSource(context, info.oid);
  },
  environment: (_, { name }: { name: string }, { state }) => wrap(findEnvironment(state, name), environmentSource),
  environments: (_, args: PageArguments, context) => environmentsOf(context, args),
  deployments: (_, args: DeploymentsArguments, context) => deploymentsOf(context, args, () => true),
  issues: (_, args: IssuesArguments, context) => issuesOf(context, args),
  issue: (_, { number }: { number: number }, { state }) =>
    wrap(
      state.issues.find((one) => one.number === number),
      issueSource,
    ),
  label: (_, { name }: { name: string }, { state }) => {
    const used = state.issues.flatMap((one) => one.labels).find((label) => sameName(label, name));
    return used === undefined ? null : { label: used };
  },
  pullRequest: (_, { number }: { number: number }, { state }) => ownNumber(state.pullRequests.find((one) => one.number === number)),
  pullRequests: (_, args: PullRequestsArguments, context) =>
    pullRequestsOf(context, args, (pull) => args.states == null || args.states.some((state) => sameName(state, pull.state))),
  collaborators: (_, args: CollaboratorsArguments, context) => collaborators(context, args),
  viewerPermission: (_, __, context) => {
    const role = findUser(context.state, context.identity.login)?.role ?? 'none';
    return role === 'none' ? 'READ' : PERMISSION[role];
  },
};

export const queryResolvers: ResolverTable = { Query: query, Repository: repository };
