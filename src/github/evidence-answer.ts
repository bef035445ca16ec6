import * as z from 'zod/mini';
import type { PullRequest } from '../decision/changes.ts';
import type { Protection, Read, Review, Reviewer } from '../decision/evidence.ts';
import { GitHubError, type GraphqlAnswer, type GraphqlError } from './client.ts';
import type { HistoryCommit, Link } from './commit-graph.ts';
import { type IssueNode, issueNodeSchema } from './holds.ts';
import { nextPage, pageInfoSchema } from './page-info.ts';

/** Reads the evidence query's answer piece by piece: a piece that GitHub did not give, or gave only in part, is unread. */
export interface EvidenceAnswer {
  readonly defaultBranch: string;
  readonly policyFile: Read<PolicyFile | null>;
  /** `.github/promote.yml` of the default branch; asked for only where the pipeline file is another. */
  readonly rootFile: Read<PolicyFile | null>;
  /** Text of the other pipeline file asked about at this position; `null`: there is none, or it is no text of ordinary size. */
  readonly sibling: (index: number) => Read<string | null>;
  /** Text of the earlier version of the pipeline file that was asked for; `null`: there is none. */
  readonly planned: Read<string | null>;
  readonly candidate: NamedObject | null;
  readonly candidateFile: Read<string | null>;
  readonly authors: Read<readonly string[]>;
  /** Newest first. */
  readonly history: Read<HistoryPage>;
  /** The default branch's and the refs' histories, as far as they were read. */
  readonly lineages: readonly (readonly Link[])[];
  readonly ref: Read<Tip | null>;
  readonly alternativeRef: Read<Tip | null>;
  readonly holds: Read<IssuesPage>;
  readonly vetoes: Read<IssuesPage>;
  /** Page of deployments of the candidate's commit, for `readRecordsPage`. */
  readonly candidateRecords: Read<unknown>;
  /** Page of deployments of the environment asked about at this position. */
  readonly records: (index: number) => Read<unknown>;
  readonly protection: (index: number) => Read<Protection | null>;
  /** Id of what lies at the path asked about at this position; `null`: nothing. */
  readonly migrations: (index: number) => Read<string | null>;
  /** `null`: GitHub did not list the run where it was looked for. */
  readonly reviews: (run: number) => Read<readonly Review[] | null>;
  readonly date: number;
}

export interface PolicyFile {
  readonly oid: string;
  readonly type: string;
  readonly text: string | null;
  readonly whole: boolean;
}

/** What a sha or a ref stands for. `commit`: the oid of the commit behind it, tags peeled. */
export interface NamedObject {
  readonly kind: 'commit' | 'tag' | 'other';
  readonly oid: string;
  readonly commit: string | null;
}

export interface Tip {
  /** The commit, tags peeled; `null` when there is none behind the ref. */
  readonly commit: string | null;
}

export interface HistoryPage {
  readonly commits: readonly HistoryCommit[];
  readonly next: string | null;
}

export interface IssuesPage {
  readonly issues: readonly IssueNode[];
  readonly next: string | null;
}

type Path = readonly (string | number)[];

/** @throws GitHubError when the answer as a whole is an error. */
export function evidenceAnswer(answer: GraphqlAnswer, what: string): EvidenceAnswer {
  assertAnswered(answer, what);
  const base = piece(answer, ['defaultBranchRef'], z.nullable(z.object({ name: z.string() })), 'above');
  if (!base.read) throw new GitHubError('unusable', `The default branch of ${what} could not be read: ${base.why}.`);
  if (base.value === null) throw new GitHubError('missing', `${what} has no default branch: it is empty.`);
  return {
    defaultBranch: base.value.name,
    policyFile: policyFileOf(answer, 'file'),
    rootFile: policyFileOf(answer, 'root'),
    sibling: (index) => siblingOf(answer, index),
    planned: fileAt(answer, ['planned']),
    candidate: candidateOf(answer),
    candidateFile: mapped(nullablePiece(answer, ['candidate', 'file'], z.object({ oid: z.string() })), (file) => file?.oid ?? null),
    authors: authorsOf(answer),
    history: historyAt(answer, ['candidate', 'history']),
    lineages: [
      ['defaultBranchRef', 'target'],
      ['ref', 'target'],
      ['alternativeRef', 'target'],
    ].map((path) => lineageOf(answer, path)),
    ref: tipOf(answer, 'ref'),
    alternativeRef: tipOf(answer, 'alternativeRef'),
    holds: issuesAt(answer, ['holds']),
    vetoes: issuesAt(answer, ['vetoes']),
    candidateRecords: piece(answer, ['candidate', 'deployments'], z.unknown()),
    records: (index) => piece(answer, [`r${index}`], z.unknown()),
    protection: (index) => protectionOf(answer, `p${index}`),
    migrations: (index) => mapped(nullablePiece(answer, [`m${index}`], z.object({ oid: z.string() })), (found) => found?.oid ?? null),
    reviews: (run) => reviewsOf(answer, run),
    date: answer.date,
  };
}

/** Errors about the whole answer, and answers without a repository, are no evidence at all. */
export function assertAnswered(answer: GraphqlAnswer, what: string): void {
  // A list that must not be null takes the repository with it when it is refused, so any error may be the reason.
  const lost = (valueAt(answer.data, ['repository']) ?? null) === null;
  const whole = answer.errors.find(({ path }) => lost || isWhole(path));
  if (whole !== undefined) {
    const said = whole.message.replace(/\.$/, '');
    throw new GitHubError(
      whole.type === 'NOT_FOUND' ? 'missing' : isInPassing(whole) ? 'unavailable' : 'refused',
      `GitHub answered with an error about ${what}: ${said}.${hintFor(whole)} Run the job again.`,
    );
  }
  if (lost) throw new GitHubError('missing', `GitHub gave no answer about ${what}. It does not exist, or the token may not see it.`);
}

/** Not about one field of the repository: the query as a whole, or the repository itself. */
function isWhole(path: Path): boolean {
  return path[0] !== 'rateLimit' && (path[0] !== 'repository' || path.length === 1);
}

/** The permission behind each part of the queries; a field that is refused does not say so itself. */
const PERMISSIONS: readonly (readonly [RegExp, string])[] = [
  [/^(?:holds|vetoes|issues)\b/, 'issues: read'],
  [/^(?:r\d+|records|candidate\.(?:deployments|records))\b/, 'deployments: read'],
  [/^p\d+\b/, 'actions: read'],
  [/^run\b/, 'actions: read", "checks: read'],
  [/pullRequests/i, 'pull-requests: read'],
];

/** GitHub failed inside, as it says itself; the query is not at fault. */
function isInPassing({ message }: GraphqlError): boolean {
  return /^Something went wrong|\btimed? ?out\b|\btimeout\b/i.test(message);
}

function hintFor(error: GraphqlError): string {
  if (isInPassing(error)) return '';
  if (error.type === null) return " If this is GitHub Enterprise Server, its version may be too old for this action's query.";
  const at = error.path.slice(1).join('.');
  const permission = error.type === 'FORBIDDEN' ? (PERMISSIONS.find(([part]) => part.test(at))?.[1] ?? 'contents: read') : null;
  return permission === null ? '' : ` The token needs "${permission}"; add it to the job's "permissions:".`;
}

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>((at, key) => (typeof at === 'object' && at !== null ? Reflect.get(at, key) : undefined), value);
}

function startsWith(path: Path, start: Path): boolean {
  return start.every((key, index) => path[index] === key);
}

/** `within`: an error anywhere inside makes the piece unread. `above`: only one at or above it does; its parts are read on their own. */
type Strictness = 'within' | 'above';

/** Reads one piece, named by its path below the repository. */
export function piece<S extends z.ZodMiniType>(
  answer: GraphqlAnswer,
  path: Path,
  schema: S,
  strictness: Strictness = 'within',
): Read<z.output<S>> {
  const full = ['repository', ...path];
  const error = answer.errors.find(
    (one) => one.path.length > 0 && (startsWith(full, one.path) || (strictness === 'within' && startsWith(one.path, full))),
  );
  if (error !== undefined)
    return { read: false, why: `GitHub answered: ${error.message.replace(/\.$/, '')}.${hintFor(error)}`.replace(/\.$/, '') };
  const parsed = schema.safeParse(valueAt(answer.data, full));
  if (parsed.success) return { read: true, value: parsed.data };
  return { read: false, why: `GitHub's answer about ${path.join('.')} is not as it describes it` };
}

/** As `piece`, for what may be absent: GitHub says so with `null`, with an error of type NOT_FOUND, or both. */
function nullablePiece<S extends z.ZodMiniType>(answer: GraphqlAnswer, path: Path, schema: S): Read<z.output<S> | null> {
  const full = ['repository', ...path];
  const absent = answer.errors.some(
    (error) => error.type === 'NOT_FOUND' && error.path.length === full.length && startsWith(error.path, full),
  );
  if (absent) return { read: true, value: null };
  return piece(answer, path, z.nullable(schema));
}

function mapped<A, B>(read: Read<A>, map: (value: A) => B): Read<B> {
  return read.read ? { read: true, value: map(read.value) } : read;
}

const nullable = <S extends z.ZodMiniType>(schema: S) => z.nullable(schema);
const nodesOf = <S extends z.ZodMiniType>(schema: S) => z.nullable(z.array(z.nullable(schema)));

function present<T>(nodes: readonly (T | null)[] | null): readonly T[] {
  return (nodes ?? []).flatMap((node) => (node === null ? [] : [node]));
}

export const fileSchema = z.object({
  text: z.optional(nullable(z.string())),
  isBinary: z.optional(nullable(z.boolean())),
  isTruncated: z.optional(z.boolean()),
});

const policyFileSchema = z.object({
  oid: z.string(),
  type: z.string(),
  object: nullable(fileSchema),
});

function policyFileOf(answer: GraphqlAnswer, alias: 'file' | 'root'): Read<PolicyFile | null> {
  return mapped(nullablePiece(answer, ['defaultBranchRef', 'target', alias], policyFileSchema), (file) => {
    if (file === null) return null;
    const { oid, type, object } = file;
    return { oid, type, text: object?.text ?? null, whole: object?.isTruncated === false && object.isBinary !== true };
  });
}

function siblingOf(answer: GraphqlAnswer, index: number): Read<string | null> {
  const path = ['defaultBranchRef', 'target', `s${index}`];
  return mapped(nullablePiece(answer, path, z.object({ object: nullable(fileSchema) })), (file) =>
    file?.object?.isTruncated === false && file.object.isBinary !== true ? (file.object.text ?? null) : null,
  );
}

/** A file's text; `null` when there is none of that id, or it is no text of ordinary size. */
export function fileAt(answer: GraphqlAnswer, path: Path): Read<string | null> {
  return mapped(nullablePiece(answer, path, z.optional(fileSchema)), (file) => textOf(file ?? null));
}

/** The whole text of a file; `null`: it is none, or too large to come whole. */
export function textOf(file: z.output<typeof fileSchema> | null): string | null {
  return file?.isTruncated === false && file.isBinary !== true ? (file.text ?? null) : null;
}

const objectSchema = z.object({ __typename: z.string(), oid: z.string() });
const taggedSchema = z.object({
  ...objectSchema.shape,
  target: z.optional(z.object({ ...objectSchema.shape, target: z.optional(objectSchema) })),
});
type Tagged = z.output<typeof taggedSchema>;

/** The commit behind a tag, or a tag of a tag. */
function peeled(object: Tagged): string | null {
  for (const one of [object, object.target, object.target?.target]) {
    if (one?.__typename === 'Commit') return one.oid;
  }
  return null;
}

function candidateOf(answer: GraphqlAnswer): NamedObject | null {
  const read = piece(answer, ['candidate'], nullable(taggedSchema), 'above');
  if (!read.read) throw new GitHubError('unusable', `The candidate's commit could not be read: ${read.why}.`);
  if (read.value === null) return null;
  const kind = read.value.__typename;
  return { oid: read.value.oid, kind: kind === 'Commit' ? 'commit' : kind === 'Tag' ? 'tag' : 'other', commit: peeled(read.value) };
}

function tipOf(answer: GraphqlAnswer, alias: string): Read<Tip | null> {
  const whole = nullablePiece(answer, [alias], z.unknown());
  if (whole.read && (whole.value === null || whole.value === undefined)) return { read: true, value: null };
  const read = piece(answer, [alias], z.object({ target: nullable(taggedSchema) }), 'above');
  return mapped(read, ({ target }) => ({ commit: target === null ? null : peeled(target) }));
}

const parentsSchema = z.object({ totalCount: z.number(), nodes: nodesOf(z.object({ oid: z.string() })) });

function parentsOf(parents: z.output<typeof parentsSchema>): readonly string[] | null {
  const shas = present(parents.nodes).map(({ oid }) => oid);
  return shas.length === parents.totalCount ? shas : null;
}

const lineageSchema = z.object({ nodes: nodesOf(z.object({ oid: z.string(), parents: parentsSchema })) });

/** A history that cannot be read adds nothing to the graph, which then knows less and says so. */
function lineageOf(answer: GraphqlAnswer, path: Path): readonly Link[] {
  const read = piece(answer, [...path, 'history'], lineageSchema);
  return read.read ? present(read.value.nodes).map(({ oid, parents }) => ({ sha: oid, parents: parentsOf(parents) })) : [];
}

const pullRequestSchema = z.object({
  number: z.number(),
  title: z.string(),
  url: z.string(),
  isCrossRepository: z.boolean(),
  merged: z.boolean(),
  author: nullable(z.object({ login: z.string() })),
});

const authorsSchema = z.object({
  totalCount: z.number(),
  nodes: nodesOf(z.object({ name: nullable(z.string()), email: nullable(z.string()), user: nullable(z.object({ login: z.string() })) })),
});
const pullRequestsSchema = z.object({ totalCount: z.number(), nodes: nodesOf(pullRequestSchema) });
type Authors = z.output<typeof authorsSchema>;
type PullRequests = z.output<typeof pullRequestsSchema>;

/** Anybody can open a pull request from a fork with any commit that they can read: unless it was merged, it says nothing about who brought the commit in. */
function thatCount(pulls: PullRequests): readonly z.output<typeof pullRequestSchema>[] {
  return present(pulls.nodes).filter(({ isCrossRepository, merged }) => merged || !isCrossRepository);
}

const historySchema = z.object({
  pageInfo: pageInfoSchema,
  nodes: nodesOf(
    z.object({
      oid: z.string(),
      messageHeadline: z.string(),
      authors: authorsSchema,
      parents: parentsSchema,
      associatedPullRequests: nullable(pullRequestsSchema),
    }),
  ),
});

/** A page of the candidate's history, newest first. */
export function historyAt(answer: GraphqlAnswer, path: Path): Read<HistoryPage> {
  return mapped(piece(answer, path, historySchema), ({ pageInfo, nodes }) => ({
    next: nextPage(pageInfo),
    commits: present(nodes).map(({ oid, messageHeadline, authors, parents, associatedPullRequests: pulls }) => ({
      sha: oid,
      title: messageHeadline,
      author: present(authors.nodes).map(({ name, user }) => user?.login ?? name)[0] ?? null,
      pullRequest: pullRequestOf(pulls === null ? undefined : thatCount(pulls)[0]),
      parents: parentsOf(parents),
      authors:
        pulls === null
          ? { read: false, why: `the pull requests of ${oid.slice(0, 7)} could not be read` }
          : authorsAmong(oid, authors, pulls),
      hasMore: isCut(authors) || (pulls !== null && isCut(pulls)),
    })),
  }));
}

function pullRequestOf(node: z.output<typeof pullRequestSchema> | undefined): PullRequest | null {
  if (node === undefined) return null;
  const { number, title, url, author } = node;
  return { number, title, url, author: author?.login ?? null };
}

function authorsOf(answer: GraphqlAnswer): Read<readonly string[]> {
  const authors = piece(answer, ['candidate', 'authors'], authorsSchema);
  if (!authors.read) return authors;
  const pulls = piece(answer, ['candidate', 'associatedPullRequests'], pullRequestsSchema);
  if (!pulls.read) return pulls;
  const commit = piece(answer, ['candidate', 'oid'], z.string());
  return authorsAmong(commit.read ? commit.value : '', authors.value, pulls.value);
}

/** Every author must be known by login: one who is not could be any of the approvers. */
export function authorsAmong(sha: string, authors: Authors, pulls: PullRequests): Read<readonly string[]> {
  const commit = `the commit ${sha.slice(0, 7)}`;
  const people = present(authors.nodes);
  if (isCut(authors)) return { read: false, why: `${commit} has more authors than the ${people.length} that were read` };
  if (isCut(pulls))
    return { read: false, why: `${commit} belongs to more pull requests than the ${present(pulls.nodes).length} that were read` };
  const logins = new Set(thatCount(pulls).flatMap(({ author }) => (author === null ? [] : [author.login])));
  for (const { name, email, user } of people) {
    const login = user?.login ?? appLogin(email);
    if (login === null) return { read: false, why: `GitHub knows no account for ${name ?? 'the nameless author'}, who wrote ${commit}` };
    logins.add(login);
  }
  return { read: true, value: [...logins] };
}

function isCut({ totalCount, nodes }: { readonly totalCount: number; readonly nodes: readonly unknown[] | null }): boolean {
  return present(nodes).length < totalCount;
}

const authorsPageSchema = z.object({
  authors: z.extend(authorsSchema, { pageInfo: pageInfoSchema }),
  associatedPullRequests: z.extend(pullRequestsSchema, { pageInfo: pageInfoSchema }),
});

/** A page of a commit's authors and pull requests, as `authorsQuery` asks for it. */
export function authorsPageAt(answer: GraphqlAnswer, path: Path): Read<AuthorsAnswer> {
  return mapped(piece(answer, path, authorsPageSchema), ({ authors, associatedPullRequests: pulls }) => ({
    authors: { totalCount: authors.totalCount, nodes: authors.nodes, next: nextPage(authors.pageInfo) },
    pullRequests: { totalCount: pulls.totalCount, nodes: pulls.nodes, next: nextPage(pulls.pageInfo) },
  }));
}

export interface AuthorsAnswer {
  readonly authors: Authors & { readonly next: string | null };
  readonly pullRequests: PullRequests & { readonly next: string | null };
}

/**
 * Apps have no `user`; their address carries the login. A person's private address carries one too and proves nothing: anybody can write any
 * login there, and where it is somebody's, GitHub names the `user`.
 */
function appLogin(email: string | null): string | null {
  return /^(?:\d+\+)?([^@+]+\[bot\])@users\.noreply\.github\.com$/i.exec(email ?? '')?.[1] ?? null;
}

/** GitHub may answer with `null` for a list that it could not make, which is not an empty one. */
const issuesSchema = z.object({ pageInfo: pageInfoSchema, nodes: z.array(issueNodeSchema) });

export function issuesAt(answer: GraphqlAnswer, path: Path): Read<IssuesPage> {
  return mapped(piece(answer, path, issuesSchema), ({ pageInfo, nodes }) => ({
    issues: nodes,
    next: nextPage(pageInfo),
  }));
}

const protectionSchema = z.object({
  protectionRules: z.object({
    totalCount: z.number(),
    nodes: nullable(
      z.array(
        z.object({
          type: z.string(),
          timeout: z.number(),
          preventSelfReview: nullable(z.boolean()),
          reviewers: z.object({
            totalCount: z.number(),
            nodes: nodesOf(z.object({ __typename: z.string(), login: z.optional(z.string()), combinedSlug: z.optional(z.string()) })),
          }),
        }),
      ),
    ),
  }),
});

function protectionOf(answer: GraphqlAnswer, alias: string): Read<Protection | null> {
  const read = nullablePiece(withoutHiddenReviewers(answer), [alias], protectionSchema);
  if (!read.read || read.value === null) return read.read ? { read: true, value: null } : read;
  const { totalCount, nodes } = read.value.protectionRules;
  const rules = nodes ?? [];
  if (rules.length < totalCount) return { read: false, why: 'the environment has more protection rules than fit into one answer' };
  const asking = rules.filter(({ type }) => type === 'REQUIRED_REVIEWERS');
  const reviewers = asking.flatMap((rule) => present(rule.reviewers.nodes).flatMap(reviewerOf));
  if (asking.some((rule) => rule.reviewers.nodes === null)) return { read: false, why: 'GitHub gave no list of the required reviewers' };
  const asked = asking.reduce((sum, rule) => sum + rule.reviewers.totalCount, 0);
  return {
    read: true,
    value: {
      reviewers,
      unnamed: Math.max(0, asked - reviewers.length),
      preventSelfReview: asking.some(({ preventSelfReview }) => preventSelfReview === true),
      waitTimer: Math.max(0, ...rules.filter(({ type }) => type === 'WAIT_TIMER').map(({ timeout }) => timeout)),
    },
  };
}

const HIDDEN_REVIEWER = /^repository\.p\d+\.protectionRules\.nodes\.\d+\.reviewers\.nodes\.\d+(?:\.|$)/;

/** A team that the token may not see is a gap in the list, beside an error at its place or without one: it is there, and has no name. */
function withoutHiddenReviewers(answer: GraphqlAnswer): GraphqlAnswer {
  const errors = answer.errors.filter((error) => error.type !== 'FORBIDDEN' || !HIDDEN_REVIEWER.test(error.path.join('.')));
  return { ...answer, errors };
}

function reviewerOf(node: { login?: string | undefined; combinedSlug?: string | undefined }): readonly Reviewer[] {
  if (node.login !== undefined) return [{ kind: 'user', name: node.login }];
  return node.combinedSlug === undefined ? [] : [{ kind: 'team', name: node.combinedSlug }];
}

const suitesSchema = nullable(
  z.object({
    checkSuites: z.optional(
      nullable(
        z.object({
          nodes: nodesOf(
            z.object({
              workflowRun: nullable(
                z.object({
                  databaseId: nullable(z.number()),
                  url: z.string(),
                  deploymentReviews: z.object({
                    totalCount: z.number(),
                    nodes: nullable(
                      z.array(
                        z.object({
                          state: z.string(),
                          comment: z.string(),
                          user: z.object({ login: z.string() }),
                          environments: z.object({ totalCount: z.number(), nodes: nodesOf(z.object({ name: z.string() })) }),
                        }),
                      ),
                    ),
                  }),
                }),
              ),
            }),
          ),
        }),
      ),
    ),
  }),
);

/** The ids of runs have outgrown the 32 bits of `databaseId`; the address of the run's page holds them whole. */
function isRun(found: { readonly databaseId: number | null; readonly url: string }, run: number): boolean {
  return found.databaseId === run || found.url.endsWith(`/actions/runs/${run}`);
}

function reviewsOf(answer: GraphqlAnswer, run: number): Read<readonly Review[] | null> {
  const read = piece(answer, ['run'], suitesSchema);
  if (!read.read) return read;
  const found = present(read.value?.checkSuites?.nodes ?? null).find(
    ({ workflowRun }) => workflowRun && isRun(workflowRun, run),
  )?.workflowRun;
  if (!found) return { read: true, value: null };
  const { totalCount, nodes } = found.deploymentReviews;
  const given = nodes ?? [];
  const whole =
    given.length === totalCount && given.every(({ environments }) => present(environments.nodes).length === environments.totalCount);
  if (!whole) return { read: false, why: 'the run has more reviews than fit into one answer' };
  return { read: true, value: given.flatMap(reviewOf) };
}

function reviewOf(node: {
  state: string;
  comment: string;
  user: { login: string };
  environments: { nodes: ({ name: string } | null)[] | null };
}): readonly Review[] {
  const state = reviewState(node.state);
  if (state === null) return [];
  return [{ state, user: node.user.login, comment: node.comment, environments: present(node.environments.nodes).map(({ name }) => name) }];
}

/** GraphQL writes it in capitals, REST in lower case; REST also lists who has not answered yet. */
export function reviewState(state: string): Review['state'] | null {
  const lower = state.toLowerCase();
  return lower === 'approved' || lower === 'rejected' ? lower : null;
}
