import { listedPaths } from '../pipeline/listing.ts';
import { DEFAULT_PIPELINE_PATH } from '../pipeline/load.ts';
import type { Pipeline } from '../pipeline/model.ts';
import type { GraphqlAnswer } from './client.ts';
import { NotInTime } from './client-error.ts';
import type { EvidenceAnswer } from './evidence-answer.ts';
import { EvidenceError } from './evidence-error.ts';
import { evidenceQuery, type Question } from './evidence-query.ts';
import type { EvidencePort, EvidenceRequest, Gathered, Subject } from './evidence-request.ts';
import { neededNames } from './needed-names.ts';
import { assertApart, assertListed, guessedPolicy, MOST_LISTED, trustedPolicy } from './trusted-policy.ts';
import { underWay } from './under-way.ts';

export { EvidenceError } from './evidence-error.ts';
export type { EvidencePort, EvidenceRequest, Gathered, Leaves } from './evidence-request.ts';

const UNASKED = { read: false, why: 'it was not asked for' } as const;

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
  let subject = subjectOf(request);
  let siblings = guessedSiblings(request);
  for (let asked = 0; asked < MOST_QUESTIONS; asked += 1) {
    const question = questionOf(request, policy.pipeline, subject, siblings);
    const { text, variables } = evidenceQuery(question);
    // What makes sense of the answer is loaded while GitHub works on it.
    const [answered, { conclude, evidenceAnswer }] = await Promise.all([
      client.graphql(text, variables).catch(orNotInTime),
      underWay().then(() => import('./evidence-conclusion.ts')),
    ]);
    const answer = evidenceAnswer(await inParts(client, question, answered), `${request.owner}/${request.repo}`);
    policy = trustedPolicy(answer.policyFile, request.pipelinePath, answer.defaultBranch, policy);
    siblings = assertListed(answer.rootFile, policy.pipeline, answer.defaultBranch);
    const settled = settle(subject, answer, request.candidate.fork);
    if (isAnswered(question, questionOf(request, policy.pipeline, settled, siblings), answer)) {
      const texts = new Map(question.siblings.map((path, index) => [path, answer.sibling(index)] as const));
      assertApart(policy, answer.rootFile, new Map(siblings.map((path) => [path, texts.get(path) ?? UNASKED])), answer.defaultBranch);
      return conclude(client, { request, question, answer, policy, subject: settled });
    }
    subject = settled;
  }
  throw new EvidenceError('The candidate or the pipeline file keeps changing while it is being read. Run the job again.');
}

/** GitHub may find one query for everything too costly; hardly any is, so what asks in parts is loaded only then. */
async function inParts(client: EvidencePort, question: Question, answered: GraphqlAnswer | NotInTime): Promise<GraphqlAnswer> {
  const isLate = answered instanceof NotInTime;
  if (!isLate && !answered.errors.some(({ type }) => type === 'RESOURCE_LIMITS_EXCEEDED')) return answered;
  const { askInParts, askInPartsAfter } = await import('./evidence-parts.ts');
  return isLate ? askInPartsAfter(client, question, answered) : askInParts(client, question, answered);
}

/** @throws every other error */
function orNotInTime(error: unknown): NotInTime {
  if (error instanceof NotInTime) return error;
  throw error;
}

/** A later look of the same job is about the same commit, also where the ref has moved on meanwhile. */
function subjectOf({ candidate, earlier }: EvidenceRequest): Subject {
  if (earlier === undefined) return { sha: candidate.sha, ref: candidate.ref, alternativeRef: candidate.alternativeRef };
  const { sha, ref } = earlier.evidence.candidate;
  return { sha, ref, alternativeRef: null };
}

/** Where GitHub lists the run: for one about an annotated tag, under the commit behind it. */
function runHeadOf({ candidate, run }: EvidenceRequest, subject: Subject): string | null {
  if (run === null || candidate.runHeadSha === null) return null;
  return candidate.runHeadSha === candidate.sha ? subject.sha : candidate.runHeadSha;
}

/** The other listed files as far as the checkout tells, so that they are read in the same request. */
function guessedSiblings({ earlier, rootHint, pipelinePath }: EvidenceRequest): readonly string[] {
  if (pipelinePath === DEFAULT_PIPELINE_PATH) return [];
  const guessed = earlier?.siblings ?? listedPaths(rootHint ?? null);
  return guessed.filter((path) => path !== pipelinePath && path !== DEFAULT_PIPELINE_PATH).slice(0, MOST_LISTED);
}

function questionOf(request: EvidenceRequest, pipeline: Pipeline, subject: Subject, siblings: readonly string[]): Question {
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
    migrations: request.migrations ? [] : names.migrations,
    runHeadSha: runHeadOf(request, subject),
    planned: request.plannedPolicy ?? null,
    siblings,
  };
}

/** What the answer teaches about the candidate. @throws EvidenceError when there is none. */
function settle(subject: Subject, answer: EvidenceAnswer, fork: boolean): Subject {
  const ref = settledRef(subject, answer);
  if (answer.candidate === null) return missingCandidate(subject, ref, fork);
  if (subject.sha !== null && !answer.candidate.oid.startsWith(subject.sha)) {
    throw new EvidenceError(`${subject.sha} is also the name of a branch or tag, and GitHub takes it for that. Give the whole sha.`);
  }
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
  const siblingsKnown = needed.siblings.every((path) => asked.siblings.includes(path));
  const filesKnown = needed.migrations.every((path) => asked.migrations.includes(path));
  return (
    refKnown &&
    commitKnown &&
    filesKnown &&
    siblingsKnown &&
    has(asked.environments, needed.environments) &&
    has(asked.protections, needed.protections)
  );
}
