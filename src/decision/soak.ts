import type { SameArtifact } from './artifact.ts';
import type { DeploymentRecord } from './evidence.ts';
import { type Facts, failedAt, succeededAt } from './facts.ts';
import { sameName } from './names.ts';

/** How long an artifact has been healthy in one environment. */
export interface Healthy {
  /** Whether it ever was. */
  readonly ever: boolean;
  /** The longest healthy time that has ended, in milliseconds. */
  readonly longest: number;
  /** Start of the healthy time that still goes on, epoch milliseconds; `null` when none does. */
  readonly since: number | null;
}

interface Event {
  readonly at: number;
  readonly id: number;
  /** `start`: a healthy success of the artifact. `end`: another version, a failure, or a success without its verification. */
  readonly kind: 'start' | 'end';
}

const NEVER: Healthy = { ever: false, longest: 0, since: null };

/**
 * The healthy times of an artifact: each from its success until another artifact succeeds there or the candidate fails. Being deployed is not enough:
 * where the environment verifies, only a verified success is healthy.
 */
export function measureHealthy(facts: Facts | null, same: SameArtifact): Healthy {
  if (facts === null || facts.entry === null || facts.records === null) return NEVER;
  return measure(eventsOf(facts, facts.records, same).sort(inOrder));
}

/** At the same instant the end counts before a later start and after an earlier one. */
function inOrder(one: Event, other: Event): number {
  if (one.at !== other.at) return one.at - other.at;
  if (one.id !== other.id) return one.id - other.id;
  return one.kind === other.kind ? 0 : one.kind === 'start' ? -1 : 1;
}

function eventsOf(facts: Facts, records: readonly DeploymentRecord[], same: SameArtifact): Event[] {
  const events: Event[] = [];
  for (const record of records) {
    if (!sameName(record.environment, facts.environment.name)) continue;
    if (record.kind === 'acceptance' || record.kind === 'rehearsal') continue;
    if (same.is(record)) ownEvents(record, facts, events);
    else if (record.outcome === 'success' && !isShadow(record, same)) events.push({ at: succeededAt(record), id: record.id, kind: 'end' });
  }
  return events;
}

function ownEvents(record: DeploymentRecord, facts: Facts, events: Event[]): void {
  const healthy = record.verified || facts.environment.verify === null;
  if (record.outcome === 'success') events.push({ at: succeededAt(record), id: record.id, kind: healthy ? 'start' : 'end' });
  const failed = failedAt(record);
  if (failed !== null) events.push({ at: failed, id: record.id, kind: 'end' });
}

/** GitHub's own deployment for the candidate's job interrupts nothing. */
function isShadow(record: DeploymentRecord, same: SameArtifact): boolean {
  return record.kind === 'foreign' && record.sha === same.sha;
}

function measure(events: readonly Event[]): Healthy {
  let longest = 0;
  let since: number | null = null;
  let ever = false;
  for (const event of events) {
    if (event.kind === 'start') {
      ever = true;
      since ??= event.at;
      continue;
    }
    if (since !== null) longest = Math.max(longest, event.at - since);
    since = null;
  }
  return { ever, longest, since };
}
