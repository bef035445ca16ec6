import { describe, expect, it } from 'vitest';
import { instantInWords, isoInstant, zoneOf } from '../../src/report/times.ts';
import { environment, OFFICE_HOURS, pipeline } from './samples.ts';

describe('times for people', () => {
  it.each([
    [Date.UTC(2026, 10, 2, 8, 0), 'UTC', 'Mon 2026-11-02 08:00 UTC'],
    [Date.UTC(2026, 10, 2, 8, 0), 'Europe/Berlin', 'Mon 2026-11-02 09:00 Europe/Berlin (08:00 UTC)'],
    [Date.UTC(2026, 6, 2, 8, 0), 'Europe/Berlin', 'Thu 2026-07-02 10:00 Europe/Berlin (08:00 UTC)'],
    [Date.UTC(2026, 10, 2, 23, 30), 'Asia/Kolkata', 'Tue 2026-11-03 05:00 Asia/Kolkata (Mon 2026-11-02 23:30 UTC)'],
    [Number.NaN, 'UTC', 'an unknown time'],
    [1e300, 'UTC', 'an unknown time'],
  ])('%d in %s', (instant, zone, words) => {
    expect(instantInWords(instant, zone)).toBe(words);
  });

  it('are exact where a program reads them', () => {
    expect(isoInstant(Date.UTC(2026, 10, 2, 8, 0))).toBe('2026-11-02T08:00:00Z');
    expect(isoInstant(Number.POSITIVE_INFINITY)).toBe('an unknown time');
  });

  it('are told in the environment’s own zone, else in one the pipeline mentions, else in UTC', () => {
    const tokyo = environment('uat', 'uat', { windows: [{ ...OFFICE_HOURS, zone: 'Asia/Tokyo' }] });
    const both = pipeline({ environments: new Map([...pipeline().environments, ['uat', tokyo]]) });
    expect(zoneOf(both, 'uat')).toBe('Asia/Tokyo');
    expect(zoneOf(pipeline(), 'dev')).toBe('Europe/Berlin');
    expect(zoneOf(pipeline({ environments: new Map() }), 'dev')).toBe('UTC');
  });
});
