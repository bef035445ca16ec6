import type { Freeze, Window } from './model.ts';
import { isZone, localText, type Span, spansOf } from './zones.ts';

/** Whether entry is allowed by a set of windows, and until when that stays so. */
export interface WindowState {
  readonly open: boolean;
  /** Epoch milliseconds of the next change; `null` when it never changes. */
  readonly changesAt: number | null;
}

const DAY = 24 * 60 * 60 * 1000;
const WEEK = 7 * DAY;
/** Every window comes round once a week; a week in which it falls into a lost hour may be followed by one more. */
const HORIZON = 16 * DAY;
const MOST_WEEKS = 64;

const ALWAYS: WindowState = { open: true, changesAt: null };

/** Opening times already worked out, per set of windows and week: working them out takes a thousand times longer than looking. */
const weeks = new WeakMap<readonly Window[], Map<number, readonly Span[]>>();

/**
 * Whether `now` (epoch milliseconds) lies in any of the windows. No windows: always open. A window opens at the first instant of its day at which the
 * clocks of its zone show the opening time or later, and closes likewise: where clocks jump over the time, that is when they jump; where they show it
 * twice, it is the first time.
 */
export function windowState(windows: readonly Window[], now: number): WindowState {
  if (windows.length === 0) return ALWAYS;
  const spans = spansAround(windows, now);
  for (const span of spans) {
    if (now < span.from) return { open: false, changesAt: span.from };
    if (now < span.until) return { open: true, changesAt: span.until - now > WEEK + DAY ? null : span.until };
  }
  return { open: false, changesAt: null };
}

/** Open spans from the present week on, in order, without overlaps. */
function spansAround(windows: readonly Window[], now: number): readonly Span[] {
  const week = Math.floor(now / WEEK);
  const known = weeks.get(windows) ?? new Map<number, readonly Span[]>();
  const found = known.get(week);
  if (found !== undefined) return found;
  if (known.size >= MOST_WEEKS) known.clear();
  const spans = merge(windows.flatMap((window) => spansOf(window, week * WEEK - 2 * DAY, (week + 1) * WEEK + HORIZON)));
  weeks.set(windows, known.set(week, spans));
  return spans;
}

function merge(spans: readonly Span[]): readonly Span[] {
  const merged: Span[] = [];
  for (const span of [...spans].sort((a, b) => a.from - b.from)) {
    const last = merged.at(-1);
    if (last === undefined || span.from > last.until) merged.push(span);
    else merged[merged.length - 1] = { from: last.from, until: Math.max(last.until, span.until) };
  }
  return merged;
}

/** An instant (epoch milliseconds) for people: `2026-12-20 00:00 Europe/Berlin`. An unknown zone is shown in UTC. */
export function formatInstant(at: number, zone: string): string {
  // Most instants of a brief are; the first look at a time zone takes as long as the decision and its brief together.
  if (zone === 'UTC') return `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
  const known = isZone(zone) ? zone : 'UTC';
  return `${localText(at, known).replace('T', ' ')} ${known}`;
}

/** Freezes that forbid entering an environment, whenever they are; a freeze that names none forbids all. Names count without case. */
export function freezesFor(freezes: readonly Freeze[], environment: string): readonly Freeze[] {
  const wanted = environment.toLowerCase();
  return freezes.filter((freeze) => freeze.environments.length === 0 || freeze.environments.some((name) => name.toLowerCase() === wanted));
}
