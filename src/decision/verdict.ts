import type { Reason, Verdict } from './decision.ts';
import { type Effect, REASON_CODES, REASONS, type ReasonCode } from './reasons.ts';

/** What each effect makes of a verdict, the strongest last. */
const STRENGTH: Readonly<Record<Effect, number>> = { asks: 1, waits: 2, blocks: 3, supersedes: 4 };
const VERDICT_OF: readonly Verdict[] = ['deploy', 'ask', 'wait', 'blocked', 'superseded'];

const strengths = Object.fromEntries(REASON_CODES.map((code) => [code, STRENGTH[REASONS[code].effect]])) as Readonly<
  Record<ReasonCode, number>
>;

/** The verdict that reasons add up to: that of the strongest; `deploy` when there is none. */
export function verdictOf(reasons: readonly Reason[]): Verdict {
  let strongest = 0;
  for (const reason of reasons) {
    const strength = strengths[reason.code];
    if (strength > strongest) strongest = strength;
  }
  return VERDICT_OF[strongest] ?? 'blocked';
}

/** Whether a reason keeps the door shut; a gate that is still to be asked does not. */
export function isBar(reason: Reason): boolean {
  return strengths[reason.code] > STRENGTH.asks;
}

/** Whether the door opens, with or without asking. */
export function isOpen(verdict: Verdict): boolean {
  return verdict === 'deploy' || verdict === 'ask';
}

/** Of several verdicts the one that gets furthest; `complete` when there is none. */
export function mostFavourable(verdicts: readonly Verdict[]): Verdict {
  let best: Verdict = 'complete';
  let rank = VERDICT_OF.length;
  for (const verdict of verdicts) {
    const position = VERDICT_OF.indexOf(verdict);
    if (position >= 0 && position < rank) {
      rank = position;
      best = verdict;
    }
  }
  return best;
}
