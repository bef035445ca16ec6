import { listed } from './listed.ts';
import type { Freeze, Window } from './model.ts';
import { quote } from './problem.ts';
import { chooseFrom } from './report.ts';
import type { FreezeInput, WindowInput } from './schema.ts';
import { isZone, type LocalTime, localTime, zoneNames } from './zones.ts';

/** What is wrong with one key of a window or a freeze; `index` where the value is a list. */
export interface TimeMistake {
  readonly key: string;
  readonly index?: number;
  readonly message: string;
  readonly fix: string | (() => string);
}

/** Either a value and no mistakes, or no value and at least one. */
export interface Reading<T> {
  readonly value: T | null;
  readonly mistakes: readonly TimeMistake[];
}

const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
const HOURS = /^(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})$/;

/** A window as the pipeline file has it: `{ days: mon-thu, hours: 09:00-16:00, zone: Europe/Berlin }`. */
export function readWindow(input: WindowInput): Reading<Window> {
  const mistakes: TimeMistake[] = [];
  const days = readDays(input.days, mistakes);
  const hours = readHours(input.hours, mistakes);
  checkZone(input.zone, mistakes);
  if (mistakes.length > 0 || hours === null) return { value: null, mistakes };
  const text = `${String(input.days).replaceAll(/\s/g, '')} ${input.hours.replaceAll(/\s/g, '')} ${input.zone}`;
  return { value: { days, ...hours, zone: input.zone, text }, mistakes };
}

function readDays(input: WindowInput['days'], mistakes: TimeMistake[]): readonly number[] {
  const words = typeof input === 'string' ? input.split(',').map((word) => [undefined, word] as const) : [...input.entries()];
  const days = words.flatMap(([index, word]) => {
    const found = word === undefined ? [] : daysOf(word.trim());
    if (found !== null) return found;
    const ends = word?.trim().split('-') ?? [];
    const wrong = ends.find((end) => !DAYS.includes(end.toLowerCase())) ?? word ?? '';
    const place = index === undefined ? {} : { index };
    mistakes.push({
      key: 'days',
      ...place,
      message: `${quote(wrong)} is no day.`,
      fix: () => `${chooseFrom(wrong, DAYS)} Days are joined as mon-thu or mon,wed.`,
    });
    return [];
  });
  return [...new Set(days)].sort((a, b) => a - b);
}

/** `mon`, `mon-thu`, or over the weekend `fri-mon`. `null` when it is no day. */
function daysOf(word: string): readonly number[] | null {
  const ends = word.toLowerCase().split('-');
  const [from, to] = [ends[0], ends[1] ?? ends[0]].map((end) => DAYS.indexOf(end ?? ''));
  if (ends.length > 2 || from === undefined || to === undefined || from < 0 || to < 0) return null;
  const count = ((to - from + 7) % 7) + 1;
  return Array.from({ length: count }, (_, step) => ((from + step) % 7) + 1);
}

function readHours(input: string, mistakes: TimeMistake[]): { opens: number; closes: number } | null {
  const match = HOURS.exec(input.trim());
  const [opens, closes] = match === null ? [] : [minutesOf(match[1], match[2]), minutesOf(match[3], match[4])];
  if (opens === undefined || closes === undefined || opens >= 1440 || opens < 0 || closes < 0) {
    mistakes.push({
      key: 'hours',
      message: `${quote(input)} are no hours.`,
      fix: 'Write two times of day from 00:00 to 24:00, such as 09:00-16:00; past midnight as 22:00-04:00.',
    });
    return null;
  }
  if (opens === closes) {
    mistakes.push({
      key: 'hours',
      message: `${quote(input)} opens and closes at the same time.`,
      fix: 'For the whole day write 00:00-24:00.',
    });
    return null;
  }
  return { opens, closes };
}

/** Minutes after midnight; -1 when there is no such time of day. */
function minutesOf(hours: string | undefined, minutes: string | undefined): number {
  const total = Number(hours) * 60 + Number(minutes);
  return Number(minutes) < 60 && total <= 1440 ? total : -1;
}

function checkZone(zone: string, mistakes: TimeMistake[]): boolean {
  if (isZone(zone)) return true;
  const fix = /^[+-]|^(UTC|GMT)[+-]/i.test(zone)
    ? 'Write a place such as Europe/Berlin, whose clocks are known; an offset does not say when clocks change.'
    : () => `${chooseFrom(zone, nearZones(zone))} Zones are named as in the time zone database, such as Europe/Berlin, or UTC.`;
  mistakes.push({ key: 'zone', message: `There is no time zone ${quote(zone)}.`, fix });
  return false;
}

/** Zones to compare with; a place without its continent means the zone that ends with it. */
function nearZones(zone: string): readonly string[] {
  const names = zoneNames();
  const place = zone.toLowerCase().replaceAll(' ', '_');
  const ending = names.filter((name) => name.toLowerCase().endsWith(`/${place}`));
  return ending.length > 0 ? ending : names;
}

/** A freeze as the pipeline file has it, with its local times resolved to instants. */
export function readFreeze(input: FreezeInput): Reading<Freeze> {
  const mistakes: TimeMistake[] = [];
  if (!checkZone(input.zone, mistakes)) return { value: null, mistakes };
  const from = readLocalTime('from', input.from, input.zone, mistakes);
  const until = readLocalTime('until', input.until, input.zone, mistakes);
  if (from !== null && until !== null && until <= from) {
    mistakes.push({
      key: 'until',
      message: `The freeze ends at ${quote(input.until)}, not after it begins (${quote(input.from)}).`,
      fix: 'Write a later time, or change places with "from".',
    });
  }
  if (mistakes.length > 0 || from === null || until === null) return { value: null, mistakes };
  const text = `${input.from} to ${input.until} ${input.zone}`;
  return { value: { environments: input.environments ?? [], from, until, reason: input.reason, text }, mistakes };
}

function readLocalTime(key: string, text: string, zone: string, mistakes: TimeMistake[]): number | null {
  const time = localTime(text, zone);
  if (time.kind === 'instant') return time.at;
  mistakes.push({ key, ...explainTime(time, text, zone) });
  return null;
}

function explainTime(time: Exclude<LocalTime, { kind: 'instant' }>, text: string, zone: string): { message: string; fix: string } {
  if (time.kind === 'skipped') {
    return {
      message: `${quote(text)} does not exist in ${zone}: clocks are put forward over it.`,
      fix: `Write ${quote(time.next)}, the time they are put forward to.`,
    };
  }
  if (time.kind === 'twice') {
    return {
      message: `${quote(text)} comes twice in ${zone}: clocks are put back over it.`,
      fix: `Write ${listed(time.spellings.map(quote), 'or')}, the first or the second.`,
    };
  }
  if (time.kind === 'wrong-offset') {
    // Without an offset, a time that comes twice would not say which of the two is meant.
    const without = time.spellings.length > 1 ? '' : ', or leave the offset out';
    return {
      message: `${quote(text)} has an offset that ${zone} does not have then.`,
      fix: `Write ${listed(time.spellings.map(quote), 'or')}${without}.`,
    };
  }
  return { message: `${quote(text)} is no date and time.`, fix: 'Write it as 2026-12-20T00:00, in the time of the zone.' };
}
