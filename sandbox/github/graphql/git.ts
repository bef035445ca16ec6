import { timestamp } from '../clock.ts';
import { NotServed } from '../context.ts';
import type { GitCommit, TreeEntry } from '../git-repository.ts';
import { nodeId } from '../node-id.ts';
import { pageUrl } from '../rest/shapes.ts';
import { type PullRequest, sameName } from '../state.ts';
import { type Connection, connection, githubError, type PageArguments } from './connection.ts';
import { type DeploymentsArguments, deploymentsOf } from './deployments.ts';
import { type PullRequestsArguments, pullRequestsOf } from './issues.ts';
import { gitActor } from './people.ts';
import type {
  BlobSource,
  CommitSource,
  EntrySource,
  Fields,
  GraphqlContext,
  ObjectSource,
  RefSource,
  ResolverTable,
  TagSource,
  TreeSource,
} from './resolver.ts';

export function commitSource(commit: GitCommit): CommitSource {
  return { __typename: 'Commit', commit };
}

/** The Git object of an id, whatever it is. */
export async function objectSource(context: GraphqlContext, oid: string): Promise<ObjectSource | null> {
  const { git } = context.place;
  const info = await git.info(oid);
  if (info === null) return null;
  if (info.type === 'commit') return commitSource(await git.commit(info.oid));
  if (info.type === 'tag') return { __typename: 'Tag', tag: await git.tag(info.oid) };
  return info.type === 'blob' ? { __typename: 'Blob', info } : { __typename: 'Tree', info };
}

/** The ref of that name, full or short. */
export async function refSource(context: GraphqlContext, name: string): Promise<RefSource | null> {
  for (const candidate of [name, `refs/heads/${name}`, `refs/tags/${name}`]) {
    if (!candidate.startsWith('refs/')) continue;
    const oid = context.refs === undefined ? (await context.place.git.info(candidate))?.oid : context.refs.get(candidate);
    if (oid !== undefined) return { __typename: 'Ref', name: candidate, oid };
  }
  return null;
}

function gitObject(oidOf: (source: never) => string, kind: string): Fields<never> {
  return {
    id: (source) => nodeId(kind, oidOf(source)),
    oid: (source) => oidOf(source),
    abbreviatedOid: (source) => oidOf(source).slice(0, 7),
    commitUrl: (source, _, { place }) => `${pageUrl(place)}/commit/${oidOf(source)}`,
    commitResourcePath: (source, _, { place }) => `/${place.fullName}/commit/${oidOf(source)}`,
    repository: () => ({ __typename: 'Repository' }),
  };
}

interface HistoryArguments extends PageArguments {
  readonly path?: string | null;
  readonly author?: unknown;
  readonly since?: string | null;
  readonly until?: string | null;
}

/** Walks only as far as the page asks; counting everything is left for when it is asked. */
async function history({ commit }: CommitSource, args: HistoryArguments, context: GraphqlContext): Promise<Connection> {
  if (args.author != null || args.since != null || args.until != null || args.before != null) {
    throw new NotServed('Commit.history is served with "first", "after" and "path" alone');
  }
  const { git } = context.place;
  if (args.path != null) {
    const commits = await Promise.all((await git.historyOfPath(commit.oid, args.path)).map((oid) => git.commit(oid)));
    return connection(commits, args, (one) => one.oid, commitSource);
  }
  const from = args.after == null ? 0 : afterCursor(commit.oid, args.after);
  const to = from + (args.first ?? 0);
  const walked = await git.history(commit.oid, to + 1);
  const nodes = walked.slice(from, to).map(commitSource);
  const cursor = (index: number) => `${commit.oid} ${index}`;
  return {
    nodes,
    edges: nodes.map((node, index) => ({ cursor: cursor(from + index), node })),
    pageInfo: {
      hasNextPage: walked.length > to,
      hasPreviousPage: from > 0,
      startCursor: nodes.length === 0 ? null : cursor(from),
      endCursor: nodes.length === 0 ? null : cursor(from + nodes.length - 1),
    },
    totalCount: () => git.count(commit.oid),
  };
}

function afterCursor(tip: string, cursor: string): number {
  const [sha, index = ''] = cursor.split(' ');
  if (sha !== tip || !/^\d+$/.test(index))
    throw githubError('INVALID_CURSOR_ARGUMENTS', `\`${cursor}\` does not appear to be a valid cursor.`);
  return Number(index) + 1;
}

const commit: Fields<CommitSource> = {
  ...gitObject((source: CommitSource) => source.commit.oid, 'Commit'),
  url: ({ commit: { oid } }, _, { place }) => `${pageUrl(place)}/commit/${oid}`,
  resourcePath: ({ commit: { oid } }, _, { place }) => `/${place.fullName}/commit/${oid}`,
  message: (source) => source.commit.message,
  messageHeadline: (source) => source.commit.message.split('\n')[0],
  messageBody: (source) => source.commit.message.split('\n').slice(2).join('\n'),
  author: (source) => gitActor(source.commit.author),
  committer: (source) => gitActor(source.commit.committer),
  authors: (source, args: PageArguments) => connection(authorsOf(source.commit), args, (_, index) => index),
  authoredDate: (source) => timestamp(source.commit.author.at),
  committedDate: (source) => timestamp(source.commit.committer.at),
  tree: (source, _, context) => objectSource(context, source.commit.tree),
  parents: async (source, args: PageArguments, { place }) => {
    const parents = await Promise.all(source.commit.parents.map((oid) => place.git.commit(oid)));
    return connection(parents, args, (one) => one.oid, commitSource);
  },
  history,
  file: async (source, { path }: { path: string }, context) => {
    const parent = path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '';
    const tree = await context.place.git.info(`${source.commit.oid}:${parent}`);
    if (tree?.type !== 'tree') return null;
    const entry = (await context.place.git.tree(tree.oid)).find((one) => one.name === path.slice(path.lastIndexOf('/') + 1));
    return entry === undefined ? null : { entry, path };
  },
  // Merged ones, and open ones as long as the commit is not on the default branch.
  associatedPullRequests: async (source, args: PullRequestsArguments, context) => {
    const { oid } = source.commit;
    const has = (pull: PullRequest) => pull.commits.includes(oid);
    const isAsked = context.state.pullRequests.some((pull) => pull.state === 'open' && has(pull));
    const open = isAsked && !(await isOnDefaultBranch(context, oid));
    return pullRequestsOf(context, args, (pull) => has(pull) && (pull.state === 'merged' || (pull.state === 'open' && open)));
  },
  deployments: (source, args: DeploymentsArguments, context) =>
    deploymentsOf(context, args, (deployment) => deployment.sha === source.commit.oid),
  checkSuites: (source, args: PageArguments & { filterBy?: unknown }, context) => {
    if (args.filterBy != null) throw new NotServed('filtering Commit.checkSuites is not served');
    const runs = context.state.runs.filter((run) => run.headSha === source.commit.oid);
    return connection(
      runs,
      args,
      (run) => run.checkSuiteId,
      (run) => ({ __typename: 'CheckSuite', run }),
    );
  },
};

async function isOnDefaultBranch({ place, refs }: GraphqlContext, oid: string): Promise<boolean> {
  const tip = (refs ?? (await place.git.refs())).get(`refs/heads/${place.defaultBranch}`);
  return tip !== undefined && (await place.git.compare(tip, oid)).aheadBy === 0;
}

/** The author and whoever the message's trailers name beside. */
function authorsOf(source: GitCommit): unknown[] {
  const trailers = [...source.message.matchAll(/^co-authored-by: *(.+?) *<(.+?)>$/gim)];
  const others = trailers.map(([, name = '', email = '']) => ({ ...source.author, name, email }));
  return [source.author, ...others].map(gitActor);
}

/** GitHub cuts a blob's text at about this size. */
const LONGEST_TEXT = 512_000;

async function blobText(source: BlobSource, context: GraphqlContext): Promise<Buffer> {
  return (await context.place.git.content(source.info.oid)) ?? Buffer.alloc(0);
}

const blob: Fields<BlobSource> = {
  ...gitObject((source: BlobSource) => source.info.oid, 'Blob'),
  byteSize: (source) => source.info.size,
  isTruncated: (source) => source.info.size > LONGEST_TEXT,
  isBinary: async (source, _, context) => (await blobText(source, context)).includes(0),
  text: async (source, _, context) => {
    const content = await blobText(source, context);
    return content.includes(0) ? null : content.subarray(0, LONGEST_TEXT).toString('utf8');
  },
};

const tree: Fields<TreeSource> = {
  ...gitObject((source: TreeSource) => source.info.oid, 'Tree'),
  entries: async (source, _, context) => (await context.place.git.tree(source.info.oid)).map((entry) => ({ entry, path: entry.name })),
};

const tag: Fields<TagSource> = {
  ...gitObject((source: TagSource) => source.tag.oid, 'Tag'),
  name: (source) => source.tag.name,
  message: (source) => source.tag.message,
  tagger: (source) => (source.tag.tagger === null ? null : gitActor(source.tag.tagger)),
  target: (source, _, context) => objectSource(context, source.tag.target),
};

const entryFields: Fields<EntrySource> = {
  name: ({ entry }) => entry.name,
  path: (source) => source.path,
  oid: ({ entry }) => entry.oid,
  mode: ({ entry }) => Number.parseInt(entry.mode, 8),
  type: ({ entry }) => entry.type,
  size: ({ entry }, _, { place }) => place.git.size(entry.oid),
  extension: ({ entry }) => extensionOf(entry),
  object: ({ entry }, _, context) => objectSource(context, entry.oid),
};

function extensionOf(entry: TreeEntry): string {
  const dot = entry.name.lastIndexOf('.');
  return dot === -1 ? '' : entry.name.slice(dot);
}

const ref: Fields<RefSource> = {
  id: (source) => nodeId('Ref', source.name),
  name: (source) => source.name.split('/').slice(2).join('/'),
  prefix: (source) => `${source.name.split('/').slice(0, 2).join('/')}/`,
  target: (source, _, context) => objectSource(context, source.oid),
  repository: () => ({ __typename: 'Repository' }),
  associatedPullRequests: (source, args: PullRequestsArguments, context) => {
    const name = source.name.replace(/^refs\/heads\//, '');
    const wanted = (state: string) => args.states == null || args.states.some((one) => sameName(one, state));
    return pullRequestsOf(context, args, (pull) => pull.headRef === name && wanted(pull.state));
  },
  compare: async (source, { headRef }: { headRef: string }, context) => {
    const { git } = context.place;
    const [base, head] = [await git.peel(source.oid), await git.resolveCommit(headRef, context.refs)];
    if (base === null || head === null) return null;
    return { base, head, comparison: await git.compare(base.oid, head.oid) };
  },
};

interface ComparisonSource {
  readonly base: GitCommit;
  readonly head: GitCommit;
  readonly comparison: {
    readonly status: string;
    readonly aheadBy: number;
    readonly behindBy: number;
    readonly commits: readonly string[];
  };
}

const comparison: Fields<ComparisonSource> = {
  id: (source) => nodeId('Comparison', `${source.base.oid}...${source.head.oid}`),
  status: (source) => source.comparison.status.toUpperCase(),
  aheadBy: (source) => source.comparison.aheadBy,
  behindBy: (source) => source.comparison.behindBy,
  baseTarget: (source) => commitSource(source.base),
  headTarget: (source) => commitSource(source.head),
  commits: async (source, args: PageArguments, { place }) => {
    const commits = await Promise.all(source.comparison.commits.map((oid) => place.git.commit(oid)));
    return connection(commits, args, (one) => one.oid, commitSource);
  },
};

export const gitResolvers: ResolverTable = {
  Commit: commit,
  Blob: blob,
  Tree: tree,
  Tag: tag,
  TreeEntry: entryFields,
  Ref: ref,
  Comparison: comparison,
};
