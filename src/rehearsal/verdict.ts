import { PHASES, type RehearsalFacts, type Verdict } from './evidence.ts';
import type { Limits } from './limits.ts';
import { REHEARSAL_REASONS, type RehearsalReason, type RehearsalReasonCode } from './reasons.ts';
import { data } from './verdict/data.ts';
import type { Family } from './verdict/finding.ts';
import { leftovers } from './verdict/leftovers.ts';
import { load } from './verdict/load.ts';
import { locks } from './verdict/locks.ts';
import { outcome } from './verdict/outcome.ts';
import { previous } from './verdict/previous.ts';
import { remaining } from './verdict/remaining.ts';
import { repeats } from './verdict/repeats.ts';
import { resources } from './verdict/resources.ts';
import { statements } from './verdict/statements.ts';
import { unobserved } from './verdict/unobserved.ts';
import { wayBack } from './verdict/way-back.ts';

export interface Judgement {
  readonly verdict: Verdict;
  /** Failures first, then in the order of the cycle. */
  readonly reasons: readonly RehearsalReason[];
}

const FAMILIES: readonly Family[] = [outcome, statements, locks, resources, leftovers, data, previous, wayBack, repeats, load, unobserved];

/**
 * The verdict on a rehearsal, from nothing but its facts and the limits. `none` where it could not take place or ended early through no
 * fault of the migration, and where the migration was never run: what was seen until then is no evidence, for or against, and nothing is
 * found in it. Otherwise `fail` when one finding fails, `warn` when one warns, else `pass`. It answers for any facts, and the same every time.
 */
export function judge(facts: RehearsalFacts, limits: Limits): Judgement {
  const ran = facts.phases.some(({ name, outcome: ended }) => name === 'up' && ended !== 'skipped');
  if (facts.impossible !== null || !ran) return { verdict: 'none', reasons: [] };
  const found = FAMILIES.flatMap((family) => family(facts, limits));
  const reasons = [...found, ...remaining(facts, limits, found)].toSorted(failuresFirst);
  return { verdict: verdictOf(reasons), reasons };
}

/** What the findings amount to, where there are none: `pass`. */
export function verdictOf(reasons: readonly Pick<RehearsalReason, 'consequence'>[]): 'pass' | 'warn' | 'fail' {
  if (reasons.some(({ consequence }) => consequence === 'fail')) return 'fail';
  return reasons.length === 0 ? 'pass' : 'warn';
}

const CODES = Object.keys(REHEARSAL_REASONS) as readonly RehearsalReasonCode[];

function failuresFirst(one: RehearsalReason, other: RehearsalReason): number {
  return (
    Number(one.consequence === 'warn') - Number(other.consequence === 'warn') ||
    PHASES.indexOf(one.phase) - PHASES.indexOf(other.phase) ||
    CODES.indexOf(one.code) - CODES.indexOf(other.code) ||
    (one.statement ?? 0) - (other.statement ?? 0)
  );
}
