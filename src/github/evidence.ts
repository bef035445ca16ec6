import * as z from 'zod/mini';
import type { Changes } from '../decision/changes.ts';
import type {
  Artifact,
  Candidate,
  CandidateCopy,
  DeploymentRecord,
  EnvironmentEvidence,
  Evidence,
  Intent,
  Moment,
  Protection,
  Read,
  Relation,
  Review,
} from '../decision/evidence.ts';
import type { Pipeline } from '../pipeline/model.ts';
import { type GitHubClient, GitHubError } from './client.ts';
import { type CommitGraph, changesBetween, commitGraph, contains, type HistoryCommit, relationOf } from './commit-graph.ts';
import { type EventCandidate, versionOf } from './event.ts';
import {
  assertAnswered,
  type EvidenceAnswer,
  evidenceAnswer,
  type IssuesPage,
  issuesAt,
  piece,
  reviewState,
  type Tip,
} from './evidence-answer.ts';
import { EvidenceError } from './evidence-error.ts';
import {
  candidateRecordsQuery,
  evidenceQuery,
  HOLD_LABEL,
  issuesQuery,
  type Query,
  type Question,
  recordsQuery,
  VETO_LABEL,
} from './evidence-query.ts';
import { type IssueNode, readHolds, readVetoes } from './holds.ts';
import { type NeededNames, neededNames } from './needed-names.ts';
import { type RecordsPage, readRecordsPage, type StoredRecord } from './records.ts';
import { guessedPolicy, type Policy, trustedPolicy } from './trusted-policy.ts';

export { EvidenceError } from './evidence-error.ts';

/** The part of the client that evidence needs. */
export type EvidencePort = Pick<GitHubClient, 'graphql' | 'request'>;

export interface EvidenceRequest {
  readonly owner: string;
  readonly repo: string;
  readonly candidate: EventCandidate;
  /** `null` on a command line, where no run is being decided about. */
  readonly run: { readonly id: number; readonly attempt: number } | null;
  readonly moment: Moment;
  readonly intent: Intent;
  /**
   * The pipeline file as the checkout has it; `null`: none. It only tells which environments to ask about; the rules come from the
   * default branch.
   */
  readonly environmentsHint: string | null;
  /** In the repository, `.github/promote.yml` unless the workflow names another. */
  readonly pipelinePath: string;
  /** From whoever built it. */
  readonly artifactDigest?: string | undefined;
  /** Identity of the candidate's set of migrations. */
  readonly migrations?: string | undefined;
  /** Id of the record that this job holds. */
  readonly ownRecord?: number | null | undefined;
  /**
   * What the same job gathered before about the same candidate. What cannot have changed (which commit contains which, reviews that
   * had to be asked for one by one) is taken from it, and its pipeline file is the better hint.
   */
  readonly earlier?: Gathered | undefined;
}

export interface Gathered {
  readonly pipeline: Pipeline;
  /** The trusted pipeline file's text; `null` when the default branch has none and the built-in pipeline applies. */
  readonly policyText: string | null;
  readonly evidence: Evidence;
  /** Records by environment as the evidence has them, with what only the queue needs to know. */
  readonly records: ReadonlyMap<string, Read<readonly StoredRecord[]>>;
  /** GitHub's clock when it answered, epoch milliseconds. */
  readonly now: number;
  /** What would enter each environment of the path; an environment whose present version could not be read has none. */
  readonly changes: ReadonlyMap<string, Changes>;
  readonly defaultBranch: string;
}

/** Names may turn out wrong, then the ref's kind, then an annotated tag has to be followed; no more can be learned. */
const MOST_QUESTIONS = 4;

/**
 * Everything there is to know about a candidate: one request when the hint names the right environments, two otherwise, more only
 * where a list does not fit or a relation cannot be seen. What could not be read is marked as such, never guessed.
 * @throws GitHubError when GitHub cannot be asked at all, EvidenceError when there is no such candidate or no usable policy, and
 * PipelineFileError when the trusted pipeline file has mistakes.
 */
export async function gatherEvidence(client: EvidencePort, request: EvidenceRequest): Promise<Gathered> {
  let policy = guessedPolicy(request.earlier === undefined ? request.environmentsHint : request.earlier.policyText, request.pipelinePath);
  let subject = subjectOf(request.candidate);
  for (let asked = 0; asked < MOST_QUESTIONS; asked += 1) {
    const question = questionOf(request, policy.pipeline, subject);
    const { text, variables } = evidenceQuery(question);
    const answer = evidenceAnswer(await client.graphql(text, variables), `${request.owner}/${request.repo}`);
    policy = trustedPolicy(answer.policyFile, request.pipelinePath, answer.defaultBranch, policy);
    const settled = settle(subject, answer, request.candidate.fork);
    if (isAnswered(question, questionOf(request, policy.pipeline, settled), answer)) {
      return conclude(client, { request, question, answer, policy, subject: settled });
    }
    subject = settled;
  }
  throw new EvidenceError('The candidate or the pipeline file keeps changing while it is being read. Run the job again.');
}

/** The candidate's commit and ref as far as they are known. */
interface Subject {
  readonly sha: string | null;
  readonly ref: string;
  readonly alternativeRef: string | null;
}

function subjectOf(candidate: EventCandidate): Subject {
  return { sha: candidate.sha, ref: candidate.ref, alternativeRef: candidate.alternativeRef };
}

function questionOf(request: EvidenceRequest, pipeline: Pipeline, subject: Subject): Question {
  const names = neededNames(pipeline, subject.ref);
  return {
    owner: request.owner,
    repo: request.repo,
    path: request.pipelinePath,
    candidate: subject.sha ?? subject.ref,
    ref: subject.ref,
    alternativeRef: subject.alternativeRef,
    environments: names.records,
    protections: names.protections,
    runHeadSha: request.run === null ? null : request.candidate.runHeadSha,
  };
}

/** What the answer teaches about the candidate. @throws EvidenceError when there is none. */
function settle(subject: Subject, answer: EvidenceAnswer, fork: boolean): Subject {
  const ref = settledRef(subject, answer);
  if (answer.candidate === null) return missingCandidate(subject, ref, fork);
  if (answer.candidate.commit === null) {
    throw new EvidenceError(`${subject.sha ?? subject.ref} is not a commit, nor a tag of one. Give the sha of a commit.`);
  }
  return { sha: answer.candidate.commit, ref, alternativeRef: null };
}

/** A name alone may be a branch or a tag; both at once is not for us to choose between. */
function settledRef(subject: Subject, answer: EvidenceAnswer): string {
  const { ref, alternativeRef } = subject;
  if (alternativeRef === null || !answer.ref.read || !answer.alternativeRef.read) return ref;
  if (answer.ref.value !== null && answer.alternativeRef.value !== null) {
    throw new EvidenceError(`There is both ${ref} and ${alternativeRef}. Say which one is meant by its full name in the input "ref".`);
  }
  return answer.ref.value === null && answer.alternativeRef.value !== null ? alternativeRef : ref;
}

function missingCandidate(subject: Subject, ref: string, fork: boolean): Subject {
  if (subject.sha === null && ref !== subject.ref) return { sha: null, ref, alternativeRef: null };
  if (subject.sha === null)
    throw new EvidenceError(`There is no ${subject.ref} in the repository. Check the name, or give another in "ref".`);
  // A fork's commit need not be here; the decision refuses it for being a fork's, with all its reasons.
  if (fork) return { sha: subject.sha, ref, alternativeRef: null };
  throw new EvidenceError(`There is no commit ${subject.sha} in the repository. Check the input "sha"; a force push may have removed it.`);
}

function isAnswered(asked: Question, needed: Question, answer: EvidenceAnswer): boolean {
  const has = (names: readonly string[], all: readonly string[]) => {
    const known = new Set(names.map((name) => name.toLowerCase()));
    return all.every((name) => known.has(name.toLowerCase()));
  };
  const refKnown = needed.ref === asked.ref || needed.ref === asked.alternativeRef;
  const commitKnown = answer.candidate === null ? needed.candidate === asked.candidate : answer.candidate.kind === 'commit';
  return refKnown && commitKnown && has(asked.environments, needed.environments) && has(asked.protections, needed.protections);
}

/** Everything from which the evidence is made. */
interface Material {
  readonly request: EvidenceRequest;
  readonly question: Question;
  readonly answer: EvidenceAnswer;
  readonly policy: Policy;
  readonly subject: Subject;
}

async function conclude(client: EvidencePort, material: Material): Promise<Gathered> {
  const { request, answer, policy, subject } = material;
  const sha = subject.sha ?? '';
  const names = neededNames(policy.pipeline, subject.ref);
  const records = await recordsOf(client, material, names, sha);
  const history = answer.history.read ? answer.history.value : [];
  const graph = commitGraph([history, ...answer.lineages]);
  const relations = await relationsOf(client, material, names, records.byEnvironment, graph, sha);
  const tip = subject.ref === material.question.ref ? answer.ref : answer.alternativeRef;
  const candidate: Candidate = {
    sha,
    ref: subject.ref,
    version: request.candidate.version ?? versionOf(subject.ref, sha),
    artifact: artifactOf(request, policy.pipeline, sha, records.ofCandidate),
    initiator: request.candidate.initiator,
    authors: answer.authors,
    fork: request.candidate.fork,
    refState: await refStateOf(client, request, subject.ref, tip, graph, sha),
  };
  const evidence: Evidence = {
    moment: request.moment,
    intent: request.intent,
    candidate,
    run: { id: request.run?.id ?? 0, attempt: request.run?.attempt ?? 0, reviews: await reviewsOf(client, request, answer) },
    ownRecord: request.ownRecord ?? null,
    policy: { candidateCopy: candidateCopyOf(answer) },
    environments: environmentsOf(material, names, records.byEnvironment),
    relations,
    holds: await labelled(client, request, HOLD_LABEL, answer.holds, (issues) =>
      readHolds(client, request, issues, policy.pipeline.environments.keys()),
    ),
    vetoes: await labelled(client, request, VETO_LABEL, answer.vetoes, (issues) => readVetoes(client, request, issues)),
    migrations: request.migrations || null,
  };
  return {
    pipeline: policy.pipeline,
    policyText: policy.text,
    evidence,
    records: records.byEnvironment,
    now: answer.date,
    changes: changesOf(names, records.byEnvironment, graph, history, sha),
    defaultBranch: answer.defaultBranch,
  };
}

type RecordsByEnvironment = ReadonlyMap<string, Read<readonly StoredRecord[]>>;

interface GatheredRecords {
  readonly byEnvironment: RecordsByEnvironment;
  readonly ofCandidate: Read<readonly StoredRecord[]>;
}

async function recordsOf(client: EvidencePort, material: Material, names: NeededNames, sha: string): Promise<GatheredRecords> {
  const { request, question, answer } = material;
  const ofCandidate = await allOfCandidate(client, material, sha);
  const byEnvironment = new Map<string, Read<readonly StoredRecord[]>>();
  for (const name of names.records) {
    const index = question.environments.findIndex((asked) => asked.toLowerCase() === name.toLowerCase());
    const own = inEnvironment(ofCandidate, name);
    // How long the candidate stayed healthy can be told only with everything that came after its first record there.
    const since = request.intent === 'promote' && names.soaks.includes(name) && own.read ? oldest(own.value) : null;
    const rest = own.read ? await allOfEnvironment(client, request, name, answer.records(index), since) : own;
    byEnvironment.set(name, rest.read && own.read ? { read: true, value: distinctRecords([...rest.value, ...own.value]) } : rest);
  }
  return { byEnvironment, ofCandidate };
}

function inEnvironment(records: Read<readonly StoredRecord[]>, name: string): Read<readonly StoredRecord[]> {
  if (!records.read) return records;
  const same = records.value.filter(({ environment }) => environment.toLowerCase() === name.toLowerCase());
  return { read: true, value: same.map((record) => ({ ...record, environment: name })) };
}

function oldest(records: readonly StoredRecord[]): number | null {
  return records.length === 0 ? null : Math.min(...records.map(({ id }) => id));
}

function distinctRecords(records: readonly StoredRecord[]): readonly StoredRecord[] {
  return [...new Map(records.map((record) => [record.id, record])).values()];
}

/** Pages of a hundred read beyond the first page of a list before giving up; a decision must not use up a token. */
const MOST_PAGES = 5;

/** Reads pages until there is enough; too long a list is unread, not short. */
async function pagesUntil(
  first: Read<unknown>,
  environment: string | null,
  enough: (records: readonly StoredRecord[]) => boolean,
  more: (after: string) => Promise<Read<unknown>>,
): Promise<Read<readonly StoredRecord[]>> {
  let records: readonly StoredRecord[] = [];
  let page = readPage(first, environment);
  for (let pages = 0; page.read; pages += 1) {
    records = [...records, ...page.value.records];
    if (page.value.next === null || enough(records)) return { read: true, value: records };
    if (pages === MOST_PAGES) return { read: false, why: `there are more than ${records.length} records to look through` };
    page = readPage(await more(page.value.next), environment);
  }
  return page;
}

function readPage(page: Read<unknown>, environment: string | null): Read<RecordsPage> {
  if (!page.read) return page;
  try {
    return { read: true, value: readRecordsPage(page.value, environment) };
  } catch (error) {
    if (error instanceof GitHubError) return { read: false, why: error.message };
    throw error;
  }
}

/** One further page; one that cannot be had makes its list unread. */
async function furtherPage(client: EvidencePort, query: Query, path: readonly string[]): Promise<Read<unknown>> {
  try {
    const answer = await client.graphql(query.text, query.variables);
    assertAnswered(answer, 'the repository');
    return piece(answer, path, z.unknown());
  } catch (error) {
    if (error instanceof GitHubError) return { read: false, why: error.message };
    throw error;
  }
}

async function allOfCandidate(client: EvidencePort, material: Material, sha: string): Promise<Read<readonly StoredRecord[]>> {
  const { request, question, answer } = material;
  if (answer.candidate === null) return { read: true, value: [] };
  return pagesUntil(
    answer.candidateRecords,
    null,
    () => false,
    (after) =>
      furtherPage(client, candidateRecordsQuery(request.owner, request.repo, sha, question.environments, after), ['candidate', 'records']),
  );
}

/** An environment's newest records, back to the one that is live and to the one with the id `since`. */
async function allOfEnvironment(
  client: EvidencePort,
  request: EvidenceRequest,
  name: string,
  first: Read<unknown>,
  since: number | null,
): Promise<Read<readonly StoredRecord[]>> {
  const enough = (records: readonly StoredRecord[]) =>
    liveRecord(records) !== null && (since === null || records.some(({ id }) => id <= since));
  return pagesUntil(first, name, enough, (after) =>
    furtherPage(client, recordsQuery(request.owner, request.repo, name, after), ['records']),
  );
}

/** What is deployed there: the promotion, rollback or foreign deployment that succeeded last. */
function liveRecord<R extends DeploymentRecord>(records: readonly R[]): R | null {
  const deployed = records.filter(({ kind, outcome }) => outcome === 'success' && kind !== 'acceptance' && kind !== 'rehearsal');
  const succeeded = (record: R) => record.finishedAt ?? record.createdAt;
  return deployed.sort((one, other) => succeeded(one) - succeeded(other) || one.id - other.id).at(-1) ?? null;
}

/** The digest given, else the one that the commit's own successful records agree on. A pipeline that builds nothing deploys the commit. */
function artifactOf(request: EvidenceRequest, pipeline: Pipeline, sha: string, records: Read<readonly StoredRecord[]>): Artifact {
  if (!pipeline.build?.artifact) return { kind: 'digest', digest: `git:${sha}` };
  if (request.artifactDigest) return { kind: 'digest', digest: request.artifactDigest };
  if (!records.read) return { kind: 'unknown', why: `the commit's records could not be read: ${records.why}` };
  const recorded = records.value.filter(({ outcome, sha: of }) => outcome === 'success' && of === sha);
  const digests = new Set(recorded.flatMap(({ digest }) => (digest === null || digest.startsWith('git:') ? [] : [digest])));
  const [digest] = digests;
  if (digests.size > 1) return { kind: 'unknown', why: `the commit's records name different artifacts: ${[...digests].join(', ')}` };
  if (digest !== undefined) return { kind: 'digest', digest };
  if (request.moment === 'plan') return { kind: 'to-be-built' };
  return { kind: 'unknown', why: 'no record of the commit names its artifact, and the input "artifact-digest" is empty' };
}

/** Relations to everything the graph reaches, and to what is live on the path by asking where it does not. */
async function relationsOf(
  client: EvidencePort,
  material: Material,
  names: NeededNames,
  records: RecordsByEnvironment,
  graph: CommitGraph,
  sha: string,
): Promise<ReadonlyMap<string, Relation>> {
  const relations = new Map<string, Relation>(
    material.request.earlier?.evidence.candidate.sha === sha ? material.request.earlier.evidence.relations : [],
  );
  const all = [...records.values()].flatMap((read) => (read.read ? read.value : []));
  for (const other of new Set(all.map((record) => record.sha))) {
    const relation = relationOf(graph, sha, other);
    if (relation !== null) relations.set(other, relation);
  }
  for (const name of names.path) {
    const read = records.get(name);
    const live = read?.read ? liveRecord(read.value) : null;
    if (live === null || relations.has(live.sha) || material.answer.candidate === null) continue;
    const relation = await compared(client, material.request, sha, live.sha);
    if (relation.read) relations.set(live.sha, relation.value);
  }
  return relations;
}

const comparisonSchema = z.object({ status: z.enum(['ahead', 'behind', 'identical', 'diverged']) });

/** How `one` stands to `other`, asked of GitHub. */
async function compared(client: EvidencePort, request: EvidenceRequest, one: string, other: string): Promise<Read<Relation>> {
  try {
    const route = 'GET /repos/{owner}/{repo}/compare/{basehead}';
    const { data } = await client.request(route, { owner: request.owner, repo: request.repo, basehead: `${one}...${other}`, per_page: 1 });
    const parsed = comparisonSchema.safeParse(data);
    if (!parsed.success) return { read: false, why: "GitHub's comparison is not as it describes it" };
    const relation = { ahead: 'contained', behind: 'contains', identical: 'same', diverged: 'diverged' } as const;
    return { read: true, value: relation[parsed.data.status] };
  } catch (error) {
    if (error instanceof GitHubError) return { read: false, why: error.message };
    throw error;
  }
}

/** Whether the ref still holds the commit: a branch contains it, a tag points to it. */
async function refStateOf(
  client: EvidencePort,
  request: EvidenceRequest,
  ref: string,
  tip: Read<Tip | null>,
  graph: CommitGraph,
  sha: string,
): Promise<Candidate['refState']> {
  if (request.candidate.fork) return { read: false, why: 'the ref is in another repository' };
  if (!tip.read) return tip;
  if (tip.value === null) return { read: true, value: 'gone' };
  if (tip.value.commit === sha) return { read: true, value: 'holds' };
  if (tip.value.commit === null || ref.startsWith('refs/tags/')) return { read: true, value: 'moved' };
  const known = contains(graph, tip.value.commit, sha);
  if (known !== null) return { read: true, value: known ? 'holds' : 'moved' };
  const relation = await compared(client, request, tip.value.commit, sha);
  if (!relation.read) return relation;
  return { read: true, value: relation.value === 'contains' || relation.value === 'same' ? 'holds' : 'moved' };
}

function candidateCopyOf(answer: EvidenceAnswer): Read<CandidateCopy> {
  const { policyFile: trusted, candidateFile: own } = answer;
  if (!own.read) return own;
  if (!trusted.read) return trusted;
  const oid = trusted.value?.oid ?? null;
  if (own.value === oid) return { read: true, value: 'same' };
  return { read: true, value: own.value === null ? 'absent' : 'differs' };
}

function environmentsOf(material: Material, names: NeededNames, records: RecordsByEnvironment): ReadonlyMap<string, EnvironmentEvidence> {
  const protectionOf = (name: string): Read<Protection | null> => {
    const index = material.question.protections.findIndex((asked) => asked.toLowerCase() === name.toLowerCase());
    return index === -1 ? { read: false, why: `${name} is not on the path, so nobody asked` } : material.answer.protection(index);
  };
  return new Map(
    names.records.map((name) => {
      const acceptance = names.path.includes(name) ? names.environments.get(name)?.acceptance : null;
      const evidence: EnvironmentEvidence = {
        protection: protectionOf(name),
        acceptanceProtection: acceptance ? protectionOf(acceptance.environment) : { read: true, value: null },
        records: records.get(name) ?? { read: false, why: 'nobody asked' },
      };
      return [name, evidence];
    }),
  );
}

const approvalsSchema = z.array(
  z.object({
    state: z.string(),
    comment: z.string(),
    user: z.nullable(z.object({ login: z.string() })),
    environments: z.array(z.object({ name: z.optional(z.string()) })),
  }),
);

/** This run's reviews: from the query where it found the run, else asked for on their own. */
async function reviewsOf(client: EvidencePort, request: EvidenceRequest, answer: EvidenceAnswer): Promise<Read<readonly Review[]>> {
  if (request.run === null) return { read: true, value: [] };
  const listed = request.candidate.runHeadSha === null ? { read: true as const, value: null } : answer.reviews(request.run.id);
  if (listed.read && listed.value !== null) return { read: true, value: listed.value };
  const before = request.earlier?.evidence.run;
  if (before?.id === request.run.id && before.reviews.read) return before.reviews;
  try {
    const route = 'GET /repos/{owner}/{repo}/actions/runs/{run_id}/approvals';
    const { data } = await client.request(route, { owner: request.owner, repo: request.repo, run_id: request.run.id });
    const parsed = approvalsSchema.safeParse(data);
    if (!parsed.success) return { read: false, why: "GitHub's list of the run's approvals is not as it describes it" };
    return { read: true, value: parsed.data.flatMap(approvalReview) };
  } catch (error) {
    if (error instanceof GitHubError) return { read: false, why: error.message };
    throw error;
  }
}

function approvalReview(approval: z.output<typeof approvalsSchema>[number]): readonly Review[] {
  const state = reviewState(approval.state);
  if (state === null || approval.user === null) return [];
  return [
    { state, user: approval.user.login, comment: approval.comment, environments: approval.environments.flatMap(({ name }) => name ?? []) },
  ];
}

/** Holds or vetoes, all pages of them: one that is left out would open a door. */
async function labelled<T>(
  client: EvidencePort,
  request: EvidenceRequest,
  label: string,
  first: Read<IssuesPage>,
  read: (issues: readonly IssueNode[]) => Promise<readonly T[]>,
): Promise<Read<readonly T[]>> {
  let issues: readonly IssueNode[] = [];
  let page = first;
  for (let pages = 0; page.read; pages += 1) {
    issues = [...issues, ...page.value.issues];
    if (page.value.next === null) return { read: true, value: await read(issues) };
    if (pages === MOST_PAGES) return { read: false, why: `more than ${issues.length} open issues are labelled ${label}` };
    page = await furtherIssues(client, issuesQuery(request.owner, request.repo, label, page.value.next));
  }
  return page;
}

async function furtherIssues(client: EvidencePort, query: Query): Promise<Read<IssuesPage>> {
  try {
    const answer = await client.graphql(query.text, query.variables);
    assertAnswered(answer, 'the repository');
    return issuesAt(answer, ['issues']);
  } catch (error) {
    if (error instanceof GitHubError) return { read: false, why: error.message };
    throw error;
  }
}

function changesOf(
  names: NeededNames,
  records: RecordsByEnvironment,
  graph: CommitGraph,
  history: readonly HistoryCommit[],
  sha: string,
): ReadonlyMap<string, Changes> {
  const changes = new Map<string, Changes>();
  for (const name of names.path) {
    const read = records.get(name);
    if (read?.read) changes.set(name, changesBetween(graph, history, sha, liveRecord(read.value)?.sha ?? null));
  }
  return changes;
}
