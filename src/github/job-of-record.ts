import { askOf, asksNobody } from './asked-before.ts';
import type { StoredRecord } from './records.ts';
import type { RunJob } from './run-jobs.ts';

/** Names by which jobs tell where they enter, in lower case. */
export interface JobNames {
  /** Of all environments, and of those that acceptances are asked in. */
  readonly every: readonly string[];
  /** By environment: where its acceptance is asked. */
  readonly acceptances: ReadonlyMap<string, string>;
}

export interface Trust {
  /** The run is of the caller's own workflow file: its jobs need not say in their names what they did. */
  readonly ownFile: boolean;
  /** A job that goes on may have left the record. */
  readonly underWay: boolean;
}

/** Clocks of one's own runners differ from GitHub's, and a job's steps take a moment to begin. */
const SLACK_MS = 10 * 60 * 1000;
/** Jobs that ask one of several approvals, and enter nowhere. */
const APPROVAL = /\bapproval \d+\b/i;

/** Whether GitHub lists the job that left the record: it succeeded, in the record's attempt, and did what the record says. */
export function hasJobOf(record: StoredRecord, jobs: readonly RunJob[], names: JobNames, trust: Trust): boolean {
  const ofAttempt = jobs.filter(({ attempt }) => attempt === record.run?.attempt);
  // Where the jobs that enter say so, those that say nothing do not; a rehearsal enters nowhere.
  const told = record.kind !== 'rehearsal' && ofAttempt.some(({ name }) => askOf(name) !== null);
  const isNamed = ofAttempt.some(({ name }) => isNamedFor(record, name.toLowerCase(), names));
  return ofAttempt.some((job) => {
    if (!succeeded(job, trust) || asksNobody(job.name) || APPROVAL.test(job.name) || stayedOutOf(record, job)) return false;
    const ask = askOf(job.name);
    // Nor do those that name no environment, where one names this one.
    if (ask === null) return !told && isSilentJobOf(record, job, names, { ...trust, ownFile: trust.ownFile && !isNamed });
    const sameArtifact = ask.artifact === null || record.stored === null || ask.artifact === record.stored.id;
    return isNamedFor(record, ask.where, names) && record.sha.startsWith(ask.commit) && sameArtifact;
  });
}

function succeeded({ status, conclusion }: RunJob, { underWay }: Trust): boolean {
  return conclusion === 'success' || (underWay && status === 'in_progress');
}

/** A job may end well without letting anything in; what it rehearsed it has rehearsed all the same. */
function stayedOutOf({ kind }: StoredRecord, { stayedOut }: RunJob): boolean {
  return stayedOut && (kind === 'promotion' || kind === 'rollback');
}

/** One that does not say what for: its runner and its time have to fit. */
function isSilentJobOf(record: StoredRecord, job: RunJob, names: JobNames, { ownFile }: Trust): boolean {
  const where = job.name.toLowerCase();
  const named = isNamedFor(record, where, names);
  if (!named && (!ownFile || namedIn(where, names).length > 0)) return false;
  if (record.runner !== null && job.runner !== null && record.runner !== job.runner) return false;
  const began = (job.startedAt ?? 0) - SLACK_MS;
  const ended = (job.completedAt ?? Number.POSITIVE_INFINITY) + SLACK_MS;
  return record.createdAt >= began && record.createdAt <= ended;
}

function isNamedFor({ kind, environment }: StoredRecord, where: string, names: JobNames): boolean {
  const named = namedIn(where, names);
  const own = environment.toLowerCase();
  const acceptance = names.acceptances.get(own);
  if (kind === 'acceptance') return acceptance !== undefined && named.includes(acceptance);
  return named.includes(own) && (acceptance === undefined || acceptance === own || !named.includes(acceptance));
}

/** Names in a text that are no part of a longer one in it: `dev-eu` is not `dev`. */
function namedIn(where: string, { every }: JobNames): readonly string[] {
  const present = every.filter((name) => where.includes(name));
  return present.filter((name) => !present.some((other) => other !== name && other.includes(name)));
}
