import { describe, expect, it } from 'vitest';
import { migrationTimeIn, readSeconds, withMigrationTime } from '../../src/github/migration-time.ts';

describe('how long a migration took', () => {
  it.each([
    [12.42, 'Deployed and verified · migration 12.42 s'],
    [0, 'Deployed and verified · migration 0.00 s'],
    [431999.99, 'Deployed and verified · migration 431999.99 s'],
    [null, 'Deployed and verified'],
  ])('%s is written so that it is read back', (seconds, description) => {
    const written = withMigrationTime('Deployed and verified', seconds);
    expect(written).toBe(description);
    expect(written.length).toBeLessThanOrEqual(140);
    expect(migrationTimeIn(written)).toBe(seconds);
  });

  it.each([
    'Deployed',
    'Deployed · migration soon s',
    'Deployed · migration -3 s',
    'Deployed · migration 1e9 s',
    'Deployed · migration 999999 s',
    'Deployed · migration ',
    'migration 3 s',
    '',
  ])('%j tells none', (description) => {
    expect(migrationTimeIn(description)).toBeNull();
  });

  it.each([
    ['12.42', 12.42],
    ['7', 7],
    ['0.004', 0],
    ['1.005', 1],
    ['12,4', null],
    ['12s', null],
    ['', null],
    ['NaN', null],
    ['-1', null],
    ['432001', null],
  ])('a team’s %j is %s', (text, seconds) => {
    expect(readSeconds(text)).toBe(seconds);
  });
});
