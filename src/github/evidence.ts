import type { Artifact, Candidate, CandidateCopy, EnvironmentEvidence, Evidence, Protection, Read } from '../decision/evidence.ts';
import type { Pipeline } from '../pipeline/model.ts';
import { commitGraph } from './commit-graph.ts';
import { versionOf } from './event.ts';
import { type EvidenceAnswer, evidenceAnswer } from './evidence-answer.ts';
import { EvidenceError } from './evidence-error.ts';
import { evidenceQuery, HOLD_LABEL, type Question, VETO_LABEL } from './evidence-query.ts';
import type { EvidencePort, EvidenceRequest, Gathered, Material, Subject } from './evidence-request.ts';
import { type Entering, enteringOf } from './gathered-authors.ts';
import { labelled } from './gathered-issues.ts';
import { type GatheredRecords, type RecordsByEnvironment, recordsOf } from './gathered-records.ts';
import { changesOf, refStateOf, relationsOf } from './gathered-relations.ts';
import { reviewsOf } from './gathered-reviews.ts';
import { readHolds, readVetoes } from './holds.ts';
import { type NeededNames, neededNames } from './needed-names.ts';
import type { StoredArtifact, StoredRecord } from './records.ts';
import { guessedPolicy, trustedPolicy } from './trusted-policy.ts';

export { EvidenceError } from './evidence-error.ts';
export type { EvidencePort, EvidenceRequest, Gathered } from './evidence-request.ts';

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
    runHeadSha: runHeadOf(request, subject),
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
  return refKnown && commitKnown && has(asked.environments, needed.environments) && has(asked.protections, needed.protections);
}

async function conclude(client: EvidencePort, material: Material): Promise<Gathered> {
  const { request, answer, policy, subject } = material;
  const sha = subject.sha ?? '';
  const names = neededNames(policy.pipeline, subject.ref);
  const records = await recordsOf(client, material, names, sha);
  const graph = commitGraph([answer.history.read ? answer.history.value.commits : [], ...answer.lineages]);
  const { relations, bases } = await relationsOf(client, material, names, records.byEnvironment, graph, sha);
  const entering = await enteringOf(client, material, names, records.byEnvironment, bases, sha);
  const tip = subject.ref === material.question.ref ? answer.ref : answer.alternativeRef;
  const candidate: Candidate = {
    sha,
    ref: subject.ref,
    version: request.candidate.version ?? versionOf(subject.ref, sha),
    artifact: artifactOf(request, policy.pipeline, sha, records.ofCandidate),
    initiator: request.candidate.initiator,
    initiators: initiatorsOf(request, records),
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
    environments: environmentsOf(material, names, records.byEnvironment, entering),
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
    changes: changesOf(names, records.byEnvironment, entering.graph, entering.ancestry.commits, sha),
    defaultBranch: answer.defaultBranch,
    ancestry: entering.ancestry,
    storedArtifact: storedArtifactOf(candidate.artifact, records.ofCandidate),
  };
}

/** Whoever started the run stays its initiator when somebody else starts it again; the attempts in between are known by their records. */
function initiatorsOf({ candidate, run }: EvidenceRequest, { byEnvironment, ofCandidate }: GatheredRecords): readonly string[] {
  const read = [...byEnvironment.values(), ofCandidate].flatMap((records) => (records.read ? records.value : []));
  const recorded = read.flatMap(({ run: of, initiator }) => (run !== null && of?.id === run.id && initiator !== null ? [initiator] : []));
  const logins = [candidate.initiator, candidate.actor, ...recorded].filter((login) => login !== '');
  return [...new Map(logins.map((login) => [login.toLowerCase(), login])).values()];
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

/** The place named last by the commit's own records of this very artifact. */
function storedArtifactOf(artifact: Artifact, records: Read<readonly StoredRecord[]>): StoredArtifact | null {
  if (artifact.kind !== 'digest' || !records.read) return null;
  const placed = records.value.filter(({ digest, stored }) => digest === artifact.digest && stored !== null);
  return placed.sort((one, other) => one.id - other.id).at(-1)?.stored ?? null;
}

function candidateCopyOf(answer: EvidenceAnswer): Read<CandidateCopy> {
  const { policyFile: trusted, candidateFile: own } = answer;
  if (!own.read) return own;
  if (!trusted.read) return trusted;
  const oid = trusted.value?.oid ?? null;
  if (own.value === oid) return { read: true, value: 'same' };
  return { read: true, value: own.value === null ? 'absent' : 'differs' };
}

function environmentsOf(
  material: Material,
  names: NeededNames,
  records: RecordsByEnvironment,
  { authors }: Entering,
): ReadonlyMap<string, EnvironmentEvidence> {
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
        authors: authors.get(name) ?? { read: false, why: 'nobody asked' },
        records: records.get(name) ?? { read: false, why: 'nobody asked' },
      };
      return [name, evidence];
    }),
  );
}
