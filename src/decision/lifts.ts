import type { EntryContext } from './context.ts';
import type { Reason } from './decision.ts';
import { isBar } from './verdict.ts';

/** A rule's answer to the question when time alone opens it; see `Rule.opensAt`. */
export type OpensAt = (context: EntryContext, at: number) => number;

/** Freezes may follow each other, windows fall into them: so many turns are tried. */
const MOST_TURNS = 1000;

/**
 * The first instant at which time alone opens the door, epoch milliseconds; `null` when it is open, or when something else bars it too. A window may open
 * inside a freeze, and a rehearsal may go stale while a freeze lasts: so every rule is asked again at the instant that the others arrived at, until all agree.
 */
export function liftsAt(reasons: readonly Reason[], context: EntryContext, rules: readonly OpensAt[]): number | null {
  let barred = false;
  for (const reason of reasons) {
    if (!isBar(reason)) continue;
    if (reason.liftsAt === null) return null;
    barred = true;
  }
  return barred ? firstOpening(context, rules) : null;
}

/** The first instant from now on at which all rules that depend on time agree to open; `null` when there is none. */
export function firstOpening(context: EntryContext, rules: readonly OpensAt[]): number | null {
  let at = context.candidate.now;
  for (let turn = 0; turn < MOST_TURNS; turn += 1) {
    const next = agreed(context, rules, at);
    if (next === at) return at;
    if (!Number.isFinite(next)) return null;
    at = next;
  }
  return null;
}

function agreed(context: EntryContext, rules: readonly OpensAt[], at: number): number {
  let next = at;
  for (const rule of rules) next = Math.max(next, rule(context, at));
  return next;
}
