import type { Acceptance, Environment } from '../pipeline/model.ts';
import type { SameArtifact } from './artifact.ts';
import type { DeploymentRecord, EnvironmentEvidence, Evidence, Read } from './evidence.ts';
import { migrationsFor } from './migrations.ts';
import { sameName } from './names.ts';

/**
 * How far the candidate's artifact has come in one environment: `passed`, or the first thing that is missing. `pending`: it is being deployed there
 * again, and nobody knows yet how that ends. `rolled-back`: somebody went back from it, or behind it, to another version.
 */
export type Progress =
  | 'passed'
  | 'unread'
  | 'not-entered'
  | 'failed'
  | 'rolled-back'
  | 'pending'
  | 'unverified'
  | 'not-accepted'
  | 'not-rehearsed';

/** What the rehearsals of the candidate's artifact in one environment say. */
export interface Rehearsed {
  /** The latest failed one, if no passed one came after it. */
  readonly failed: DeploymentRecord | null;
  /** One passed after the latest failure. */
  readonly passed: boolean;
  /** One of those ran the candidate's own migrations, as far as these are known. */
  readonly matching: boolean;
  /** When the freshest snapshot among the matching ones was taken, epoch milliseconds. */
  readonly snapshotTakenAt: number;
}

/** Everything the rules need to know about one environment, derived from its records in one walk. */
export interface Facts {
  readonly environment: Environment;
  /** Position of its stage on the path, from 1; 0 for an environment that is not on it. */
  readonly stage: number;
  readonly evidence: EnvironmentEvidence | null;
  /** `null`: not read, for the reason in `unread`. */
  readonly records: readonly DeploymentRecord[] | null;
  readonly unread: string;
  /** What is deployed there now, as far as it ever succeeded. */
  readonly live: DeploymentRecord | null;
  /** The artifact's latest success there. */
  readonly entry: DeploymentRecord | null;
  /** The artifact's failure since then; without an entry its latest failure. */
  readonly failure: DeploymentRecord | null;
  /** The artifact's acceptance there, as the environment asks for it. */
  readonly acceptance: DeploymentRecord | null;
  /** Whether the artifact was accepted there at all, whatever the environment asks for now. */
  readonly accepted: boolean;
  readonly rehearsed: Rehearsed | null;
  /** The open promotion or rollback with the lowest id: it is the one that the queue serves. */
  readonly firstOpen: DeploymentRecord | null;
  /** This job's own record. */
  readonly own: DeploymentRecord | null;
  /** The first success of the candidate's commit as any artifact. */
  readonly firstBuild: DeploymentRecord | null;
  /** The latest record that says the candidate succeeded there, and that GitHub does not confirm. */
  readonly doubted: DeploymentRecord | null;
  readonly progress: Progress;
}

/** When a record succeeded, epoch milliseconds. A record that does not say counts from when it was made. */
export function succeededAt(record: DeploymentRecord): number {
  return instant(record.finishedAt, record.createdAt);
}

/** When a record failed, epoch milliseconds; `null` when it did not. */
export function failedAt(record: DeploymentRecord): number | null {
  if (record.outcome === 'failure') return instant(record.failedAt, instant(record.finishedAt, record.createdAt));
  return record.outcome === 'success' && record.failedAt !== null ? instant(record.failedAt, succeededAt(record)) : null;
}

function instant(at: number | null, otherwise: number): number {
  if (at !== null && Number.isFinite(at)) return at;
  return Number.isFinite(otherwise) ? otherwise : 0;
}

/** Whether one success came after another; ids decide where the clock does not. */
function isLater(one: DeploymentRecord, other: DeploymentRecord | null): boolean {
  if (other === null) return true;
  const difference = succeededAt(one) - succeededAt(other);
  return difference > 0 || (difference === 0 && one.id > other.id);
}

/** One walk over the records of an environment. */
class Walk {
  readonly same: SameArtifact;
  readonly ownId: number | null;
  latest: DeploymentRecord | null = null;
  latestOurs: DeploymentRecord | null = null;
  entry: DeploymentRecord | null = null;
  entries: DeploymentRecord[] | null = null;
  failures: DeploymentRecord[] | null = null;
  pending: DeploymentRecord | null = null;
  rolledBack: DeploymentRecord | null = null;
  acceptances: DeploymentRecord[] | null = null;
  rehearsals: DeploymentRecord[] | null = null;
  firstOpen: DeploymentRecord | null = null;
  own: DeploymentRecord | null = null;
  firstBuild: DeploymentRecord | null = null;
  doubted: DeploymentRecord | null = null;

  constructor(same: SameArtifact, ownId: number | null) {
    this.same = same;
    this.ownId = ownId;
  }

  take(record: DeploymentRecord): void {
    switch (record.kind) {
      case 'promotion':
      case 'rollback':
        this.takeDeployment(record);
        break;
      case 'foreign':
        this.takeForeign(record);
        break;
      case 'acceptance':
        if (record.outcome === 'success' && this.same.is(record)) this.acceptances = append(this.acceptances, record);
        break;
      case 'rehearsal':
        if (this.same.is(record)) this.rehearsals = append(this.rehearsals, record);
        break;
    }
  }

  private takeForeign(record: DeploymentRecord): void {
    if (record.outcome === 'success' && isLater(record, this.latest)) this.latest = record;
    if (record.doubt !== undefined && record.sha === this.same.sha && isLater(record, this.doubted)) this.doubted = record;
  }

  private takeDeployment(record: DeploymentRecord): void {
    if (record.id === this.ownId) this.own = record;
    const same = this.same.is(record);
    if (record.outcome === 'success') this.takeSuccess(record, same);
    else if (record.outcome === 'open') this.takeOpen(record, same);
    else if (record.outcome === 'failure' && same) this.failures = append(this.failures, record);
  }

  private takeSuccess(record: DeploymentRecord, same: boolean): void {
    if (isLater(record, this.latest)) this.latest = record;
    if (isLater(record, this.latestOurs)) this.latestOurs = record;
    if (same) this.takeEntry(record);
    if (!same && record.kind === 'rollback' && isLater(record, this.rolledBack)) this.rolledBack = record;
    if (record.sha === this.same.sha && record.digest !== null) this.firstBuild = lower(this.firstBuild, record);
  }

  private takeEntry(record: DeploymentRecord): void {
    this.entries = append(this.entries, record);
    if (isLater(record, this.entry)) this.entry = record;
    if (record.failedAt !== null) this.failures = append(this.failures, record);
  }

  private takeOpen(record: DeploymentRecord, same: boolean): void {
    this.firstOpen = lower(this.firstOpen, record);
    if (same && record.id !== this.ownId && (this.pending === null || record.id > this.pending.id)) this.pending = record;
  }

  /**
   * What is live. A foreign deployment of the very commit that is live already changes nothing: it is the one that GitHub makes for the job itself
   * unless the job says `deployment: false`.
   */
  live(): DeploymentRecord | null {
    const { latest, latestOurs } = this;
    return latest !== null && latest.kind === 'foreign' && latestOurs !== null && latestOurs.sha === latest.sha ? latestOurs : latest;
  }

  /**
   * The latest failure that no success made good: one that came after it in order, and not before it in time, so that a clock that went back hides
   * nothing. GitHub tells time in seconds, and a record closed for a lost machine may share its second with the success of the next attempt.
   */
  failure(): DeploymentRecord | null {
    const failures = (this.failures ?? []).toSorted((one, other) => other.id - one.id);
    return failures.find((record) => !this.isMadeGood(record)) ?? null;
  }

  private isMadeGood(failure: DeploymentRecord): boolean {
    const at = failedAt(failure) ?? 0;
    const after = (success: DeploymentRecord): boolean => success.id > failure.id && succeededAt(success) >= at;
    return this.entry !== null && (after(this.entry) || (this.entries ?? []).some(after));
  }
}

function append(list: DeploymentRecord[] | null, record: DeploymentRecord): DeploymentRecord[] {
  if (list === null) return [record];
  list.push(record);
  return list;
}

function lower(one: DeploymentRecord | null, other: DeploymentRecord): DeploymentRecord {
  return one === null || other.id < one.id ? other : one;
}

const NOT_ASKED = 'it was not asked for';

/** The facts of one environment, in one walk over its records. Records of another environment are passed over. */
export function factsOf(evidence: Evidence, environment: Environment, stage: number, same: SameArtifact): Facts {
  const found = evidence.environments.get(environment.name) ?? null;
  const read = found?.records ?? null;
  const records = read?.read === true ? read.value : null;
  const walk = new Walk(same, evidence.ownRecord);
  if (records !== null) {
    for (const record of records) if (sameName(record.environment, environment.name)) walk.take(record);
  }
  const failure = walk.failures === null ? null : walk.failure();
  const acceptance = environment.acceptance === null ? null : acceptanceAmong(environment.acceptance, walk.acceptances);
  const rehearsed = environment.rehearsal === null ? null : rehearsedBy(walk.rehearsals, migrationsFor(evidence, environment));
  return {
    environment,
    stage,
    evidence: found,
    records,
    unread: read?.read === false ? read.why : NOT_ASKED,
    live: walk.live(),
    entry: walk.entry,
    failure,
    acceptance,
    accepted: walk.acceptances !== null,
    rehearsed,
    firstOpen: walk.firstOpen,
    own: walk.own,
    firstBuild: walk.firstBuild,
    doubted: walk.doubted,
    progress: records === null ? 'unread' : progressOf(environment, walk, failure, acceptance, rehearsed),
  };
}

function progressOf(
  environment: Environment,
  walk: Walk,
  failure: DeploymentRecord | null,
  acceptance: DeploymentRecord | null,
  rehearsed: Rehearsed | null,
): Progress {
  const { entry, pending } = walk;
  if (failure !== null) return 'failed';
  if (entry === null) return 'not-entered';
  if (walk.rolledBack !== null && isLater(walk.rolledBack, entry)) return 'rolled-back';
  if (pending !== null) return 'pending';
  if (environment.verify !== null && !entry.verified) return 'unverified';
  if (environment.acceptance !== null && acceptance === null) return 'not-accepted';
  return rehearsed !== null && !rehearsed.passed ? 'not-rehearsed' : 'passed';
}

/** An acceptance that as many people gave as the environment asks for now; the latest one. */
function acceptanceAmong(asked: Acceptance, records: readonly DeploymentRecord[] | null): DeploymentRecord | null {
  let found: DeploymentRecord | null = null;
  // Where GitHub's own hold proves one approval, the record may lack one name.
  const named = asked.approvals - (asked.evidence === 'enforced' ? 1 : 0);
  for (const record of records ?? []) {
    if (distinct(record.approvedBy) >= named && (found === null || record.id > found.id)) found = record;
  }
  return found;
}

function distinct(logins: readonly string[]): number {
  return logins.length < 2 ? logins.length : new Set(logins.map((login) => login.toLowerCase())).size;
}

const NEVER_REHEARSED: Rehearsed = { failed: null, passed: false, matching: false, snapshotTakenAt: Number.NEGATIVE_INFINITY };

function rehearsedBy(records: readonly DeploymentRecord[] | null, migrations: Read<string> | null): Rehearsed {
  if (records === null) return NEVER_REHEARSED;
  let failed: DeploymentRecord | null = null;
  for (const record of records) if (isFailedRehearsal(record) && (failed === null || record.id > failed.id)) failed = record;
  const good = records.filter((record) => isPassedRehearsal(record) && (failed === null || record.id > failed.id));
  const matching = good.filter(({ rehearsal }) => migrations === null || (migrations.read && rehearsal?.migrations === migrations.value));
  return {
    failed: good.length === 0 ? failed : null,
    passed: good.length > 0,
    matching: matching.length > 0,
    snapshotTakenAt: matching.reduce((freshest, record) => Math.max(freshest, snapshotTakenAt(record)), Number.NEGATIVE_INFINITY),
  };
}

function isFailedRehearsal(record: DeploymentRecord): boolean {
  return record.outcome === 'failure' || (record.outcome === 'success' && record.rehearsal?.verdict === 'fail');
}

function isPassedRehearsal(record: DeploymentRecord): boolean {
  return record.outcome === 'success' && record.rehearsal !== null && record.rehearsal.verdict !== 'fail';
}

/** A snapshot cannot be younger than the rehearsal that used it: a runner's clock that is ahead makes nothing fresher. */
function snapshotTakenAt(record: DeploymentRecord): number {
  const taken = record.rehearsal?.snapshotTakenAt ?? Number.NEGATIVE_INFINITY;
  return Number.isFinite(taken) ? Math.min(taken, succeededAt(record)) : Number.NEGATIVE_INFINITY;
}

/** Until when the rehearsal of an environment counts, epoch milliseconds; infinity where its age does not matter. */
export function rehearsalEnds(facts: Facts): number {
  const maxAge = facts.environment.rehearsal?.maxAge ?? null;
  return maxAge === null || facts.rehearsed === null ? Number.POSITIVE_INFINITY : facts.rehearsed.snapshotTakenAt + maxAge;
}
