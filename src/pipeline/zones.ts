/**
 * Local times and instants: everything that has to ask the time zone database. Kept apart from the calendar, because Temporal takes longer to
 * set up than a whole decision, and a pipeline without windows and freezes never asks.
 */
import { Temporal } from 'temporal-polyfill';
import type { Window } from './model.ts';

/** Epoch milliseconds, from the first to before the last. */
export interface Span {
  readonly from: number;
  readonly until: number;
}

/** When a window is open on the days that lie between two instants in its zone. */
export function spansOf(window: Window, from: number, until: number): Span[] {
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

/** `2026-12-20T00:00`. */
export function localText(at: number, zone: string): string {
  return zoned(at, zone).toPlainDateTime().toString({ smallestUnit: 'minute' });
}

function spellings(instants: readonly number[], zone: string): readonly string[] {
  return instants.map((at) => `${localText(at, zone)}${zoned(at, zone).offset}`);
}
