import { windowState } from '../../pipeline/calendar.ts';
import { listed } from '../../pipeline/listed.ts';
import type { EntryContext } from '../context.ts';
import type { Reason } from '../decision.ts';
import { NO_REASONS, reasonOf } from '../reason.ts';
import { instantText } from '../wording.ts';
import type { Rule } from './rule.ts';

/** Entry is allowed inside the environment's weekly windows. A rollback does not wait for one. */
export const window: Rule = { name: 'window', rollback: false, ofEntry, opensAt };

function ofEntry(context: EntryContext): readonly Reason[] {
  const { windows, name } = context.environment;
  const { now } = context.candidate;
  const opens = opensAt(context, now);
  if (opens === now) return NO_REASONS;
  const liftsAt = opens === Number.POSITIVE_INFINITY ? null : opens;
  const next = liftsAt === null ? 'none opens again' : `the next one opens at ${instantText(liftsAt)}`;
  const because = `${name} takes entries ${listed(windows.map((one) => one.text))}; it is ${instantText(now)}, and ${next}.`;
  return [reasonOf('outside_window', name, { because, liftsAt })];
}

/** Calendars end; beyond these instants no window is open. */
const CALENDAR = { from: -62_135_596_800_000, until: 253_402_300_799_999 };

function opensAt(context: EntryContext, at: number): number {
  const { windows } = context.environment;
  if (windows.length === 0) return at;
  if (!(at >= CALENDAR.from && at <= CALENDAR.until)) return Number.POSITIVE_INFINITY;
  const state = windowState(windows, at);
  return state.open ? at : (state.changesAt ?? Number.POSITIVE_INFINITY);
}
