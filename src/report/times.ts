import { formatInstant } from '../pipeline/calendar.ts';
import type { Pipeline } from '../pipeline/model.ts';

/** Times for people. All instants are epoch milliseconds; nothing here reads a clock. */

/** The furthest instant a `Date` can hold. */
const FURTHEST = 8.64e15;

const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'] as const;

/** `2026-11-02T08:00:00Z`. */
export function isoInstant(instant: number): string {
  return isShowable(instant) ? new Date(instant).toISOString().replace('.000Z', 'Z') : 'an unknown time';
}

/** `Mon 2026-11-02 09:00 Europe/Berlin (08:00 UTC)`; the date is repeated where it differs in UTC. */
export function instantInWords(instant: number, zone: string): string {
  if (!isShowable(instant)) return 'an unknown time';
  const there = formatInstant(instant, zone);
  const local = `${weekday(there)} ${there}`;
  if (there.endsWith(' UTC')) return local;
  const utc = formatInstant(instant, 'UTC');
  const sameDay = utc.slice(0, 10) === there.slice(0, 10);
  return `${local} (${sameDay ? utc.slice(11) : `${weekday(utc)} ${utc}`})`;
}

/**
 * The zone in which times about an environment are told: the one its own entry windows are written in, else the first that the pipeline
 * mentions, else UTC.
 */
export function zoneOf(pipeline: Pipeline, environment: string | null): string {
  const own = environment === null ? undefined : pipeline.environments.get(environment)?.windows[0]?.zone;
  if (own !== undefined) return own;
  for (const { windows } of pipeline.environments.values()) {
    if (windows[0] !== undefined) return windows[0].zone;
  }
  return 'UTC';
}

function isShowable(instant: number): boolean {
  return Math.abs(instant) <= FURTHEST;
}

/** Of a text that begins with a date such as `2026-11-02`. */
function weekday(text: string): string {
  return WEEKDAYS[new Date(`${text.slice(0, 10)}T00:00:00Z`).getUTCDay()] ?? '';
}
