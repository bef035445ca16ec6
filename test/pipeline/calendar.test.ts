import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatInstant, freezesFor, windowState } from '../../src/pipeline/calendar.ts';
import { formatDuration, parseDuration, spell } from '../../src/pipeline/duration.ts';
import type { Freeze, Window } from '../../src/pipeline/model.ts';
import { readWindow } from '../../src/pipeline/times.ts';
import { isZone, localTime } from '../../src/pipeline/zones.ts';

function window(text: string): Window {
  const [days = '', hours = '', zone = ''] = text.split(' ');
  const { value, mistakes } = readWindow({ days, hours, zone });
  if (value === null) throw new Error(JSON.stringify(mistakes));
  return value;
}

/** State at an instant, with the next change as ISO text. */
function state(windows: readonly Window[], at: string): string {
  const { open, changesAt } = windowState(windows, Date.parse(at));
  return `${open ? 'open' : 'closed'} until ${changesAt === null ? 'ever' : new Date(changesAt).toISOString().replace(':00.000Z', 'Z')}`;
}

describe('windows', () => {
  it.each([
    // 2026-11-23 is a Monday; Berlin is one hour ahead of UTC.
    ['mon-thu 09:00-16:00 Europe/Berlin', '2026-11-23T07:59:59Z', 'closed until 2026-11-23T08:00Z'],
    ['mon-thu 09:00-16:00 Europe/Berlin', '2026-11-23T08:00:00Z', 'open until 2026-11-23T15:00Z'],
    ['mon-thu 09:00-16:00 Europe/Berlin', '2026-11-23T15:00:00Z', 'closed until 2026-11-24T08:00Z'],
    ['mon-thu 09:00-16:00 Europe/Berlin', '2026-11-26T15:00:00Z', 'closed until 2026-11-30T08:00Z'],
    ['fri 22:00-04:00 Europe/Berlin', '2026-11-27T20:59:00Z', 'closed until 2026-11-27T21:00Z'],
    ['fri 22:00-04:00 Europe/Berlin', '2026-11-28T02:59:00Z', 'open until 2026-11-28T03:00Z'],
    ['fri 22:00-04:00 Europe/Berlin', '2026-11-28T03:00:00Z', 'closed until 2026-12-04T21:00Z'],
    ['sat-sun 00:00-24:00 UTC', '2026-11-28T12:00:00Z', 'open until 2026-11-30T00:00Z'],
    ['fri-mon 12:00-24:00 UTC', '2026-11-24T12:00:00Z', 'closed until 2026-11-27T12:00Z'],
    ['mon-sun 00:00-24:00 UTC', '2026-11-24T12:00:00Z', 'open until ever'],
    ['mon-sun 12:00-12:01 UTC', '2026-11-24T12:01:00Z', 'closed until 2026-11-25T12:00Z'],
    // Clocks of Berlin jump from 02:00 to 03:00 on 2026-03-29, and back from 03:00 to 02:00 on 2026-10-25.
    ['sun 02:30-05:00 Europe/Berlin', '2026-03-29T00:59:00Z', 'closed until 2026-03-29T01:00Z'],
    ['sun 02:30-05:00 Europe/Berlin', '2026-03-29T01:00:00Z', 'open until 2026-03-29T03:00Z'],
    ['sun 01:00-02:30 Europe/Berlin', '2026-03-29T00:30:00Z', 'open until 2026-03-29T01:00Z'],
    ['sun 02:15-02:45 Europe/Berlin', '2026-03-29T00:30:00Z', 'closed until 2026-04-05T00:15Z'],
    ['sun 02:30-05:00 Europe/Berlin', '2026-10-25T00:29:00Z', 'closed until 2026-10-25T00:30Z'],
    ['sun 02:30-05:00 Europe/Berlin', '2026-10-25T01:15:00Z', 'open until 2026-10-25T04:00Z'],
    ['sun 01:00-02:30 Europe/Berlin', '2026-10-25T00:00:00Z', 'open until 2026-10-25T00:30Z'],
    ['sun 01:00-02:30 Europe/Berlin', '2026-10-25T01:15:00Z', 'closed until 2026-11-01T00:00Z'],
    ['mon-sun 09:00-10:00 Europe/Berlin', '2026-03-28T12:00:00Z', 'closed until 2026-03-29T07:00Z'],
    ['mon-sun 09:00-10:00 Europe/Berlin', '2026-03-27T12:00:00Z', 'closed until 2026-03-28T08:00Z'],
    // New York: forward on 2026-03-08 at 07:00Z, back on 2026-11-01 at 06:00Z.
    ['sat 22:00-03:00 America/New_York', '2026-03-08T06:30:00Z', 'open until 2026-03-08T07:00Z'],
    ['sat 22:00-03:00 America/New_York', '2026-11-01T06:30:00Z', 'open until 2026-11-01T08:00Z'],
    ['sun 01:30-01:45 America/New_York', '2026-11-01T05:30:00Z', 'open until 2026-11-01T05:45Z'],
    ['sun 01:30-01:45 America/New_York', '2026-11-01T06:35:00Z', 'closed until 2026-11-08T06:30Z'],
    // Lord Howe moves by half an hour: forward on 2026-10-04 from 02:00 to 02:30 (15:30Z), back on 2026-04-05 from 02:00 to 01:30 (15:00Z).
    ['sun 02:15-04:00 Australia/Lord_Howe', '2026-10-03T15:29:00Z', 'closed until 2026-10-03T15:30Z'],
    ['sun 02:15-04:00 Australia/Lord_Howe', '2026-10-03T15:30:00Z', 'open until 2026-10-03T17:00Z'],
    ['sun 01:45-03:00 Australia/Lord_Howe', '2026-04-04T14:45:00Z', 'open until 2026-04-04T16:30Z'],
    ['sun 01:00-01:45 Australia/Lord_Howe', '2026-04-04T15:10:00Z', 'closed until 2026-04-11T14:30Z'],
    // Clocks of Santiago jump over midnight on 2026-09-06: the day begins at 01:00.
    ['sun 00:00-06:00 America/Santiago', '2026-09-06T03:59:00Z', 'closed until 2026-09-06T04:00Z'],
    ['sat 18:00-24:00 America/Santiago', '2026-09-06T03:59:00Z', 'open until 2026-09-06T04:00Z'],
  ])('%s at %s: %s', (text, at, expected) => {
    expect(state([window(text)], at)).toBe(expected);
  });

  it('none are always open', () => {
    expect(windowState([], 0)).toEqual({ open: true, changesAt: null });
  });

  it('join where they touch or overlap, also in different zones', () => {
    const windows = [window('mon 20:00-24:00 UTC'), window('tue 00:00-06:00 UTC'), window('tue 06:30-09:00 Europe/Berlin')];
    expect(state(windows, '2026-11-23T21:00:00Z')).toBe('open until 2026-11-24T08:00Z');
    const around = ['mon-fri 00:00-24:00 UTC', 'fri 23:00-01:00 UTC', 'sat-sun 00:00-24:00 UTC'].map(window);
    expect(state(around, '2026-11-23T21:00:00Z')).toBe('open until ever');
  });

  it('say the same in any order of asking', () => {
    const make = () => [window('mon-fri 22:00-03:00 Europe/Berlin'), window('sun 01:00-02:30 America/New_York')];
    const shared = make();
    const start = Date.parse('2026-01-01T00:00:00Z');
    fc.assert(
      fc.property(fc.nat(600 * 24 * 60), (minutes) => {
        const now = start + minutes * 60_000;
        const answer = windowState(shared, now);
        expect(answer).toEqual(windowState(make(), now));
        const change = answer.changesAt ?? 0;
        expect(change).toBeGreaterThan(now);
        expect(windowState(shared, change - 1).open).toBe(answer.open);
        expect(windowState(shared, change).open).toBe(!answer.open);
      }),
      { numRuns: 60 },
    );
  });
});

describe('local times', () => {
  it.each([
    ['2026-12-20T00:00', 'Europe/Berlin', { kind: 'instant', at: Date.parse('2026-12-19T23:00Z') }],
    ['2026-12-20T00:00:00', 'UTC', { kind: 'instant', at: Date.parse('2026-12-20T00:00Z') }],
    ['2026-12-20T00:00Z', 'UTC', { kind: 'instant', at: Date.parse('2026-12-20T00:00Z') }],
    ['2026-03-29T02:30', 'Europe/Berlin', { kind: 'skipped', next: '2026-03-29T03:00' }],
    ['2026-10-25T02:30', 'Europe/Berlin', { kind: 'twice', spellings: ['2026-10-25T02:30+02:00', '2026-10-25T02:30+01:00'] }],
    ['2026-10-25T02:30+02:00', 'Europe/Berlin', { kind: 'instant', at: Date.parse('2026-10-25T00:30Z') }],
    ['2026-10-25T02:30+01:00', 'Europe/Berlin', { kind: 'instant', at: Date.parse('2026-10-25T01:30Z') }],
    ['2026-10-25T12:30+02:00', 'Europe/Berlin', { kind: 'wrong-offset', spellings: ['2026-10-25T12:30+01:00'] }],
    ['2026-04-05T01:45', 'Australia/Lord_Howe', { kind: 'twice', spellings: ['2026-04-05T01:45+11:00', '2026-04-05T01:45+10:30'] }],
    ['2026-10-04T02:15', 'Australia/Lord_Howe', { kind: 'skipped', next: '2026-10-04T02:30' }],
    ['2026-02-29T00:00', 'UTC', { kind: 'not-a-time' }],
    ['2026-12-20', 'UTC', { kind: 'not-a-time' }],
    ['2026-12-20T24:00', 'UTC', { kind: 'not-a-time' }],
    ['tomorrow', 'UTC', { kind: 'not-a-time' }],
  ] as const)('%s in %s', (text, zone, expected) => {
    expect(localTime(text, zone)).toEqual(expected);
  });

  it('are written for people', () => {
    expect(formatInstant(Date.parse('2026-12-19T23:00Z'), 'Europe/Berlin')).toBe('2026-12-20 00:00 Europe/Berlin');
    expect(formatInstant(Date.parse('2026-07-01T12:00Z'), 'Nowhere/At_All')).toBe('2026-07-01 12:00 UTC');
  });

  it.each([
    ['Europe/Berlin', true],
    ['UTC', true],
    ['europe/berlin', true],
    ['Berlin', false],
    ['+01:00', false],
    ['', false],
    ['Europe/Berlin; drop', false],
  ])('zone %j: %s', (zone, known) => {
    expect(isZone(zone)).toBe(known);
  });
});

describe('freezes', () => {
  const freeze = (environments: readonly string[]): Freeze => ({ environments, from: 0, until: 1, reason: 'r', text: 't' });
  it('are those that name the environment, in any case, or name none', () => {
    const all = [freeze(['production']), freeze([]), freeze(['uat', 'Staging'])];
    expect(freezesFor(all, 'production')).toEqual([all[0], all[1]]);
    expect(freezesFor(all, 'staging')).toEqual([all[1], all[2]]);
    expect(freezesFor(all, 'dev')).toEqual([all[1]]);
  });
});

describe('durations', () => {
  it.each([
    ['90s', 90_000],
    ['30m', 1_800_000],
    ['4h', 14_400_000],
    ['1h30m', 5_400_000],
    ['7d', 604_800_000],
    ['2w', 1_209_600_000],
    ['0s', 0],
  ])('%s is %i ms', (text, expected) => {
    expect(parseDuration(text)).toBe(expected);
  });

  it.each(['', '4', 'h', '4 h', '4hours', '30m1h', '-4h', '1.5h', '4h4h', '9999999d'])('%j is none', (text) => {
    expect(parseDuration(text)).toBeNull();
  });

  it.each([
    [0, '0s'],
    [-5, '0s'],
    [1, '1s'],
    [14_400_000, '4h'],
    [5_400_000, '1h30m'],
    [5_400_001, '1h31m'],
    [604_800_000 - 1, '7d'],
    [90_061_000, '1d2h'],
    [59_999, '1m'],
  ])('%i ms reads %s', (milliseconds, expected) => {
    expect(formatDuration(milliseconds)).toBe(expected);
  });

  it('can be spelt out and read back', () => {
    fc.assert(fc.property(fc.nat(100_000_000), (seconds) => parseDuration(spell(seconds * 1000)) === seconds * 1000));
  });
});
