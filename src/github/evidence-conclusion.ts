import type { Artifact, Candidate, CandidateCopy, EnvironmentEvidence, Evidence, Read } from '../decision/evidence.ts';
import { madeVersion } from '../decision/version.ts';
import type { Pipeline } from '../pipeline/model.ts';
import { commitGraph } from './commit-graph.ts';
import type { EvidenceAnswer } from './evidence-answer.ts';
import { sparing } from './evidence-parts.ts';
import { HOLD_LABEL, VETO_LABEL } from './evidence-query.ts';
import type { EvidencePort, EvidenceRequest, Gathered, Material } from './evidence-request.ts';
import { type VoidApprovals, voidApprovalsOf } from './gathered-approvals.ts';
import { type Entering, enteringOf } from './gathered-authors.ts';
import { labelled } from './gathered-issues.ts';
import { migrationsOf } from './gathered-migrations.ts';
import { type GatheredRecords, type RecordsByEnvironment, recordsOf } from './gathered-records.ts';
import { changesOf, refStateOf, relationsOf } from './gathered-relations.ts';
import { reviewsOf } from './gathered-reviews.ts';
import { readHolds, readVetoes } from './holds.ts';
import { type ProtectionOf, withNamedReviewers } from './named-reviewers.ts';
import { type NeededNames, neededNames } from './needed-names.ts';
import type { StoredArtifact, StoredRecord } from './records.ts';
import { readRunJobs } from './run-jobs.ts';
import { withVouchedPlaces } from './vouched-places.ts';
import { restsOn, withVouchedRecords } from './vouched-records.ts';
import { RunsAsked } from './vouched-runs.ts';

export { evidenceAnswer } from './evidence-answer.ts';

/**
 * The evidence from an answer that holds what was needed; what did not fit into it, or cannot be seen from it, is asked for here.
 * @throws GitHubError when GitHub cannot be asked at all.
 */
export async function conclude(port: EvidencePort, material: Material): Promise<Gathered> {
  const client = sparing(port);
  const { request, answer, policy, subject } = material;
  const sha = subject.sha ?? '';
  const names = neededNames(policy.pipeline, subject.ref);
  const graph = commitGraph([answer.history.read ? answer.history.value.commits : [], ...answer.lineages]);
  const runs = new RunsAsked(client, request);
  const ownJobs = once(() => readRunJobs(client, request, request.run?.id ?? 0));
  const placed = await withVouchedPlaces(client, material, await recordsOf(client, material, names, sha), graph, sha, runs);
  const { records, confirmed } = await withVouchedRecords({ client, material, names, graph, sha, runs, ownJobs }, placed);
  const { relations, bases } = await relationsOf(client, material, names, records.byEnvironment, graph, sha);
  const entering = await enteringOf(client, material, names, records.byEnvironment, bases, sha);
  const reviews = await reviewsOf(client, request, answer);
  const approvals = await voidApprovalsOf(client, material, names, reviews, sha, ownJobs);
  const protectionOf = await withNamedReviewers(client, request, names, protectionsIn(material));
  const tip = subject.ref === material.question.ref ? answer.ref : answer.alternativeRef;
  const candidate: Candidate = {
    sha,
    ref: subject.ref,
    version: request.candidate.version ?? madeVersion(subject.ref, sha),
    artifact: artifactOf(request, policy.pipeline, sha, records.ofCandidate),
    initiator: request.candidate.initiator,
    initiators: initiatorsOf(request, records),
    bot: botOf(request),
    authors: authorsOf(answer, entering, sha),
    fork: request.candidate.fork,
    refState: await refStateOf(client, request, subject.ref, tip, graph, sha),
  };
  const evidence: Evidence = {
    moment: request.moment,
    intent: request.intent,
    candidate,
    run: { id: request.run?.id ?? 0, attempt: request.run?.attempt ?? 0, reviews, ...(await heldFor(request, names)) },
    ownRecord: request.ownRecord ?? null,
    policy: { candidateCopy: candidateCopyOf(answer) },
    environments: environmentsOf(material, names, { records: records.byEnvironment, entering, approvals, protectionOf, sha }),
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
    siblings: material.question.siblings,
    evidence,
    records: records.byEnvironment,
    now: answer.date,
    changes: changesOf(names, records.byEnvironment, entering.graph, entering.ancestry.commits, sha),
    defaultBranch: answer.defaultBranch,
    tip: tip.read ? (tip.value?.commit ?? null) : null,
    ancestry: entering.ancestry,
    attempts: approvals.attempts,
    confirmed,
    rests: restsOn(confirmed),
    storedArtifact: storedArtifactOf(candidate.artifact, records.ofCandidate),
  };
}

function once<T>(ask: () => Promise<T>): (anew?: boolean) => Promise<T> {
  let asked: Promise<T> | null = null;
  return (anew = false) => {
    if (anew) asked = null;
    asked ??= ask();
    return asked;
  };
}

/** Those that did not fit into the answer were read with the others' that enter, where they are needed. */
function authorsOf(answer: EvidenceAnswer, { ancestry }: Entering, sha: string): Candidate['authors'] {
  const own = ancestry.commits.find((commit) => commit.sha === sha);
  const wasCut = answer.history.read && answer.history.value.commits.some((commit) => commit.sha === sha && commit.hasMore);
  return wasCut && own !== undefined ? own.authors : answer.authors;
}

/** Whoever started the run stays its initiator when somebody else starts it again; the attempts in between are known by their records. */
function initiatorsOf({ candidate, run }: EvidenceRequest, { byEnvironment, ofCandidate }: GatheredRecords): readonly string[] {
  const read = [...byEnvironment.values(), ofCandidate].flatMap((records) => (records.read ? records.value : []));
  const recorded = read.flatMap(({ run: of, initiator }) => (run !== null && of?.id === run.id && initiator !== null ? [initiator] : []));
  const logins = [candidate.initiator, candidate.actor, ...recorded].filter((login) => login !== '');
  return [...new Map(logins.map((login) => [login.toLowerCase(), login])).values()];
}

/** Asked for only where it can count, and once for a job. */
async function heldFor(
  { moment, identity, earlier }: EvidenceRequest,
  { path, environments }: NeededNames,
): Promise<Pick<Evidence['run'], 'held'>> {
  const rules = path.flatMap((name) => environments.get(name) ?? []);
  const counts = rules.some(({ gate, acceptance }) => gate?.evidence === 'enforced' || acceptance?.evidence === 'enforced');
  if (moment !== 'door' || !counts || identity === undefined) return {};
  return { held: earlier?.evidence.run.held ?? (await identity()) };
}

/** GitHub's merge queue acts by itself on what was reviewed. Every other bot acts for whoever holds its token, such as any job of a workflow. */
const ACTS_BY_ITSELF = 'github-merge-queue[bot]';

/** A run that is run again keeps its first actor, so that a scheduled run that takes one up changes nothing. */
function botOf({ candidate: { actor } }: EvidenceRequest): string | null {
  return /\[bot\]$/i.test(actor) && actor.toLowerCase() !== ACTS_BY_ITSELF ? actor : null;
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

function protectionsIn({ question, answer }: Material): ProtectionOf {
  return (name) => {
    const index = question.protections.findIndex((asked) => asked.toLowerCase() === name.toLowerCase());
    return index === -1 ? { read: false, why: `${name} is not on the path, so nobody asked` } : answer.protection(index);
  };
}

interface Found {
  readonly records: RecordsByEnvironment;
  readonly entering: Entering;
  readonly approvals: VoidApprovals;
  readonly protectionOf: ProtectionOf;
  readonly sha: string;
}

function environmentsOf(material: Material, names: NeededNames, found: Found): ReadonlyMap<string, EnvironmentEvidence> {
  const { records, protectionOf, sha } = found;
  const { authors } = found.entering;
  const { gates, acceptances } = found.approvals;
  return new Map(
    names.records.map((name) => {
      const rules = names.path.includes(name) ? names.environments.get(name) : undefined;
      const { acceptance } = rules ?? {};
      const migrations = rules === undefined ? null : migrationsOf(material, rules, sha);
      const evidence: EnvironmentEvidence = {
        protection: protectionOf(name),
        acceptanceProtection: acceptance ? protectionOf(acceptance.environment) : { read: true, value: null },
        authors: authors.get(name) ?? { read: false, why: 'nobody asked' },
        records: records.get(name) ?? { read: false, why: 'nobody asked' },
        ...(migrations === null ? {} : { migrations }),
        ...voidIn(name, gates, acceptances),
      };
      return [name, evidence];
    }),
  );
}

function voidIn(name: string, gates: ReadonlyMap<string, string>, acceptances: ReadonlyMap<string, string>): Partial<EnvironmentEvidence> {
  const [gate, acceptance] = [gates.get(name), acceptances.get(name)];
  return { ...(gate === undefined ? {} : { approvalsVoid: gate }), ...(acceptance === undefined ? {} : { acceptancesVoid: acceptance }) };
}
