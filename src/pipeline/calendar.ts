import { Temporal } from 'temporal-polyfill';
import type { Freeze, Window } from './model.ts';

/** Whether entry is allowed by a set of windows, and until when that stays so. */
export interface WindowState {
  readonly open: boolean;
  /** Epoch milliseconds of the next change; `null` when it never changes. */
  readonly changesAt: number | null;
}

interface Span {
  readonly from: number;
  readonly until: number;
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

function spansOf(window: Window, from: number, until: number): Span[] {
  const found: Span[] = [];
  let day = Temporal.Instant.fromEpochMilliseconds(from).toZonedDateTimeISO(window.zone).toPlainDate();
  const last = Temporal.Instant.fromEpochMilliseconds(until).toZonedDateTimeISO(window.zone).toPlainDate();
  for (; Temporal.PlainDate.compare(day, last) <= 0; day = day.add({ days: 1 })) {
    if (!window.days.includes(day.dayOfWeek)) continue;
    const overnight = window.closes <= window.opens ? 1440 : 0;
    const span = { from: firstInstant(day, window.opens, window.zone), until: firstInstant(day, window.closes + overnight, window.zone) };
    if (span.from < span.until) found.push(span);
  }
  return found;
}

/** The first instant at which clocks show that many minutes after midnight, or more. */
function firstInstant(day: Temporal.PlainDate, minutes: number, zone: string): number {
  const wall = day
    .add({ days: Math.floor(minutes / 1440) })
    .toPlainDateTime({ hour: Math.floor((minutes % 1440) / 60), minute: minutes % 60 });
  const instants = instantsOf(wall, zone);
  return instants[0] ?? jumpOver(wall, zone);
}

/** The instants at which clocks show a local time: one, none where they jump over it, two where they show it again. */
function instantsOf(wall: Temporal.PlainDateTime, zone: string): readonly number[] {
  const earlier = wall.toZonedDateTime(zone, { disambiguation: 'earlier' });
  if (!earlier.toPlainDateTime().equals(wall)) return [];
  const later = wall.toZonedDateTime(zone, { disambiguation: 'later' });
  const both = [earlier.epochMilliseconds, later.epochMilliseconds];
  return both[0] === both[1] ? both.slice(0, 1) : both;
}

/** The instant at which clocks jump over a local time. */
function jumpOver(wall: Temporal.PlainDateTime, zone: string): number {
  const before = wall.toZonedDateTime(zone, { disambiguation: 'earlier' });
  return before.getTimeZoneTransition('next')?.epochMilliseconds ?? before.epochMilliseconds;
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

/** Whether the time zone database knows a zone of that name. Offsets are not zones: they know no daylight saving. */
export function isZone(zone: string): boolean {
  if (!/^[A-Za-z][A-Za-z0-9_+/-]*$/.test(zone)) return false;
  try {
    return zoned(0, zone) !== undefined;
  } catch {
    return false;
  }
}

/** All zone names, for the nearest one to a misspelt one. */
export function zoneNames(): readonly string[] {
  return ['UTC', ...Intl.supportedValuesOf('timeZone')];
}

/** How a local time of the pipeline file resolves to an instant. */
export type LocalTime =
  | { readonly kind: 'instant'; readonly at: number }
  | { readonly kind: 'not-a-time' }
  /** Clocks jump over it. `next`: the local time they jump to. */
  | { readonly kind: 'skipped'; readonly next: string }
  /** Clocks show it twice. Both ways to write it with its offset, the earlier first. */
  | { readonly kind: 'twice'; readonly spellings: readonly string[] }
  /** The written offset is not one that the zone has then. `spellings`: with the offsets it has. */
  | { readonly kind: 'wrong-offset'; readonly spellings: readonly string[] };

const LOCAL_TIME = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2})(?::00)?([+-]\d{2}:\d{2}|Z)?$/;

/** The instant of a local time such as `2026-12-20T00:00`, with its offset where the local time alone does not say which instant is meant. */
export function localTime(text: string, zone: string): LocalTime {
  const match = LOCAL_TIME.exec(text);
  const wall = match === null ? null : plainDateTime(match[1] ?? '');
  if (wall === null) return { kind: 'not-a-time' };
  const offset = match?.[2] === 'Z' ? '+00:00' : match?.[2];
  const instants = instantsOf(wall, zone);
  const [only] = instants;
  if (only === undefined) return { kind: 'skipped', next: localText(jumpOver(wall, zone), zone) };
  if (offset === undefined)
    return instants.length === 1 ? { kind: 'instant', at: only } : { kind: 'twice', spellings: spellings(instants, zone) };
  const meant = instants.find((at) => zoned(at, zone).offset === offset);
  return meant === undefined ? { kind: 'wrong-offset', spellings: spellings(instants, zone) } : { kind: 'instant', at: meant };
}

function plainDateTime(text: string): Temporal.PlainDateTime | null {
  try {
    return Temporal.PlainDateTime.from(text, { overflow: 'reject' });
  } catch {
    return null;
  }
}

function zoned(at: number, zone: string): Temporal.ZonedDateTime {
  return Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(zone);
}

function localText(at: number, zone: string): string {
  return zoned(at, zone).toPlainDateTime().toString({ smallestUnit: 'minute' });
}

function spellings(instants: readonly number[], zone: string): readonly string[] {
  return instants.map((at) => `${localText(at, zone)}${zoned(at, zone).offset}`);
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
