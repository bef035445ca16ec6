import { formatDuration } from '../../pipeline/duration.ts';
import type { Soak } from '../../pipeline/model.ts';
import { type EntryContext, factsByName, healthyIn } from '../context.ts';
import type { Reason } from '../decision.ts';
import type { Facts } from '../facts.ts';
import { NO_REASONS, reasonOf } from '../reason.ts';
import type { Healthy } from '../soak.ts';
import { instantText } from '../wording.ts';
import type { Rule } from './rule.ts';

/** The same artifact must have been healthy for a while in an earlier environment, without interruption. */
export const soak: Rule = { name: 'soak', rollback: false, ofEntry, opensAt };

function ofEntry(context: EntryContext): readonly Reason[] {
  const { soak: asked } = context.environment;
  if (asked.length === 0) return NO_REASONS;
  const reasons: Reason[] = [];
  for (const one of asked) {
    const reason = lacking(context, one);
    if (reason !== null) reasons.push(reason);
  }
  return reasons;
}

function opensAt(context: EntryContext, at: number): number {
  let opens = at;
  for (const one of context.environment.soak) opens = Math.max(opens, enoughAt(one, healthyIn(context.candidate, one.environment), at));
  return opens;
}

/** When the soak will have lasted long enough: `at` when it has by then, infinity when it never will. */
function enoughAt(asked: Soak, healthy: Healthy, at: number): number {
  if (healthy.longest >= asked.duration) return at;
  if (healthy.since === null) return Number.POSITIVE_INFINITY;
  return at - healthy.since >= asked.duration ? at : healthy.since + asked.duration;
}

function lacking(context: EntryContext, asked: Soak): Reason | null {
  const { now } = context.candidate;
  const facts = factsByName(context.candidate, asked.environment);
  const healthy = healthyIn(context.candidate, asked.environment);
  const opens = enoughAt(asked, healthy, now);
  if (opens <= now) return null;
  const { name } = context.environment;
  const wanted = `${formatDuration(asked.duration)} of healthy time in ${asked.environment} are asked for`;
  if (healthy.since !== null) {
    const because = `${wanted}; the candidate has been there since ${instantText(healthy.since)}.`;
    return reasonOf('soak_running', name, { because, liftsAt: opens });
  }
  if (!healthy.ever)
    return reasonOf('soak_missing', name, {
      because: `${wanted}; ${notThere(facts)}.`,
      fix: `Deploy the candidate to ${asked.environment} first.`,
    });
  const because = `${wanted}; the candidate's ended after ${formatDuration(healthy.longest)}.`;
  return reasonOf('soak_interrupted', name, { because, fix: `Deploy the candidate to ${asked.environment} again and leave it there.` });
}

function notThere(facts: Facts | null): string {
  if (facts === null) return 'the pipeline has no such environment';
  return facts.records === null ? `its records could not be read: ${facts.unread}` : 'the candidate has not been healthy there';
}
