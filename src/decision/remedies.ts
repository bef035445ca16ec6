import type { Acceptance, Environment, Gate, Pipeline } from '../pipeline/model.ts';
import { approversOf, coversEveryReviewer, isExcluded } from './approvals.ts';
import type { DeploymentRecord, EnvironmentEvidence, Evidence, Protection, Review } from './evidence.ts';
import { failedAt, succeededAt } from './facts.ts';
import { includesName } from './names.ts';

/**
 * Hypothetical evidence for `explain`: what would be known if one more fact held. Every function takes a world and gives a changed one; none of it ever
 * reaches a real decision.
 */
export interface World {
  readonly evidence: Evidence;
  /** Epoch milliseconds. */
  readonly now: number;
}

const NOT_READ = { read: false, why: 'it was not asked for' } as const;
const NO_EVIDENCE: EnvironmentEvidence = { protection: NOT_READ, acceptanceProtection: NOT_READ, authors: NOT_READ, records: NOT_READ };

export function withEvidence(world: World, changed: Partial<Evidence>): World {
  return { ...world, evidence: { ...world.evidence, ...changed } };
}

export function withCandidate(world: World, changed: Partial<Evidence['candidate']>): World {
  return withEvidence(world, { candidate: { ...world.evidence.candidate, ...changed } });
}

/** Time has passed; it never goes back. */
export function withTime(world: World, at: number): World {
  return world.now >= at ? world : { ...world, now: at };
}

export function withEnvironment(world: World, name: string, changed: Partial<EnvironmentEvidence>): World {
  const environments = new Map(world.evidence.environments);
  environments.set(name, { ...(environments.get(name) ?? NO_EVIDENCE), ...changed });
  return withEvidence(world, { environments });
}

export function recordsIn(world: World, name: string): readonly DeploymentRecord[] {
  const records = world.evidence.environments.get(name)?.records;
  return records?.read === true ? records.value : [];
}

export function withRecords(world: World, name: string, records: readonly DeploymentRecord[]): World {
  return withEnvironment(world, name, { records: { read: true, value: records } });
}

/** What a build of the candidate would be called; nobody compares it with anything else. */
export function withBuild(world: World, digest: string | null): World {
  const made = digest ?? `sha256:built-from-${world.evidence.candidate.sha}`;
  return withCandidate(world, { artifact: { kind: 'digest', digest: made } });
}

/** The candidate was deployed to an environment, verified, and nothing happened there since. */
export function withSuccess(world: World, name: string): World {
  const built = world.evidence.candidate.artifact.kind === 'digest' ? world : withBuild(world, null);
  const kind = world.evidence.intent === 'rollback' ? 'rollback' : 'promotion';
  return withRecord(built, name, { kind, verified: true });
}

export function withAcceptance(world: World, name: string, asked: Acceptance | null): World {
  const approvedBy = Array.from({ length: asked?.approvals ?? 1 }, (_, index) => `acceptor-${index + 1}`);
  return withRecord(world, name, { kind: 'acceptance', approvedBy });
}

/** What the candidate has where the pipeline names its migrations can be read, and is what was rehearsed. */
export function withMigrations(world: World, name: string): World {
  const rehearsed = recordsIn(world, name).findLast(({ kind }) => kind === 'rehearsal')?.rehearsal;
  return withEnvironment(world, name, { migrations: { read: true, value: rehearsed?.migrations ?? 'rehearsed' } });
}

export function withRehearsal(world: World, name: string): World {
  const read = world.evidence.environments.get(name)?.migrations;
  const migrations = world.evidence.migrations ?? (read?.read === true ? read.value : 'rehearsed');
  return withRecord(world, name, {
    kind: 'rehearsal',
    rehearsal: { verdict: 'pass', migrations, snapshot: 'fresh', snapshotTakenAt: world.now },
  });
}

function withRecord(world: World, name: string, changed: Partial<DeploymentRecord>): World {
  const { candidate } = world.evidence;
  const records = recordsIn(world, name);
  const at = records.reduce((latest, record) => Math.max(latest, latestInstant(record) + 1), world.now);
  const record: DeploymentRecord = {
    id: highestId(world.evidence) + 1,
    kind: 'promotion',
    environment: name,
    sha: candidate.sha,
    ref: candidate.ref,
    version: candidate.version,
    digest: candidate.artifact.kind === 'digest' ? candidate.artifact.digest : null,
    createdAt: at,
    creator: null,
    outcome: 'success',
    finishedAt: at,
    failedAt: null,
    verified: false,
    run: null,
    approvedBy: [],
    policyHash: null,
    route: null,
    rehearsal: null,
    ...changed,
  };
  return withRecords(world, name, [...records, record]);
}

/** What happened last to a record, as far as it would matter for a later one. */
function latestInstant(record: DeploymentRecord): number {
  if (record.kind === 'acceptance' || record.kind === 'rehearsal') return Number.NEGATIVE_INFINITY;
  return Math.max(
    record.outcome === 'success' ? succeededAt(record) : Number.NEGATIVE_INFINITY,
    failedAt(record) ?? Number.NEGATIVE_INFINITY,
  );
}

function highestId(evidence: Evidence): number {
  let highest = 0;
  for (const { records } of evidence.environments.values()) {
    if (records.read) for (const record of records.value) highest = Math.max(highest, record.id);
  }
  return highest;
}

/** GitHub asks the people whom the gate names. */
export function withReviewers(world: World, name: string, gate: Gate): World {
  const named = gate.by.length > 0 ? gate.by : Array.from({ length: gate.approvals }, (_, index) => `reviewer-${index + 1}`);
  const reviewers = named.map((one) => ({ kind: one.includes('/') ? ('team' as const) : ('user' as const), name: one }));
  const protection: Protection = { reviewers, unnamed: 0, preventSelfReview: true, waitTimer: 0 };
  return withEnvironment(world, name, { protection: { read: true, value: protection } });
}

/** As many people as the gate asks for approved. Fewer when the gate names fewer who may. */
export function withApprovals(world: World, environment: Environment, gate: Gate): World {
  const { reviews } = world.evidence.run;
  const before = reviews.read ? reviews.value : [];
  const added = approverNames(world, environment, gate).flatMap((login) => approvalsOf(login, world, environment.name));
  return withEvidence(withoutVoid(world, environment.name), {
    run: { ...world.evidence.run, reviews: { read: true, value: [...before, ...added] } },
  });
}

/** In a new run, nothing was approved that was something else. */
function withoutVoid(world: World, name: string): World {
  const found = world.evidence.environments.get(name);
  if (found?.approvalsVoid === undefined) return world;
  const { approvalsVoid: _, ...others } = found;
  return withEvidence(world, { environments: new Map(world.evidence.environments).set(name, others) });
}

/** One approval, and one for each that an earlier attempt used up. */
function approvalsOf(login: string, world: World, environment: string): readonly Review[] {
  const used = recordsIn(world, environment).filter((record) => includesName(record.approvedBy, login)).length;
  return Array.from({ length: used + 1 }, () => ({ state: 'approved', user: login, comment: '', environments: [environment] }));
}

function approverNames(world: World, environment: Environment, gate: Gate): readonly string[] {
  const read = world.evidence.environments.get(environment.name)?.protection;
  const protection = read?.read === true ? read.value : null;
  const people = approversOf(gate, protection).filter(
    (name) => !name.includes('/') && !isExcluded(gate, name, world.evidence, environment.name),
  );
  if (!coversEveryReviewer(gate, protection)) return people;
  return [...people, ...Array.from({ length: gate.approvals }, (_, index) => `member-${index + 1}`)].slice(0, gate.approvals);
}

/** The first environment of the pipeline in which an acceptance may be given; `otherwise` when none asks for one. */
export function acceptingEnvironment(pipeline: Pipeline, otherwise: string): string {
  for (const environment of pipeline.environments.values()) if (environment.acceptance !== null) return environment.name;
  return otherwise;
}
