import { describe, expect, it } from 'vitest';
import { environmentSchema } from '../../../src/pipeline/schema.ts';
import { LIMIT_NAMES, LIMITS, readLimits } from '../../../src/rehearsal/limits.ts';
import { REHEARSAL_REASONS } from '../../../src/rehearsal/reasons.ts';

/** What the pipeline file may say under `limits`. */
function isWritable(name: string, value: unknown): boolean {
  return environmentSchema.safeParse({ role: 'staging', rehearsal: { database: 'postgres', migrate: 'm', limits: { [name]: value } } })
    .success;
}

describe('the registry of limits', () => {
  it('has exactly the limits that the pipeline file may name, each of its kind', () => {
    for (const name of LIMIT_NAMES) {
      const { unit } = LIMITS[name];
      const writable = { time: isWritable(name, '500ms'), size: isWritable(name, '100MB'), consequence: isWritable(name, 'ignore') };
      expect({ name, ...writable }).toEqual({ name, time: unit === 'time', size: unit === 'size', consequence: unit === 'consequence' });
    }
    expect(isWritable('no-such-limit', '1s')).toBe(false);
    const shape = JSON.stringify(
      environmentSchema.safeParse({
        role: 'staging',
        rehearsal: { database: 'postgres', migrate: 'm', limits: Object.fromEntries(LIMIT_NAMES.map((name) => [name, []])) },
      }).error?.issues,
    );
    for (const name of LIMIT_NAMES) expect(shape).toContain(`"${name}"`);
  });

  it('has every limit that a finding follows, and none that nothing follows', () => {
    const followed = new Set(
      Object.values(REHEARSAL_REASONS).flatMap(({ limit }) => (limit === null || limit === 'timeout' ? [] : [limit])),
    );
    expect([...followed].toSorted()).toEqual([...LIMIT_NAMES].toSorted());
  });

  it('says in one sentence what each is about', () => {
    for (const name of LIMIT_NAMES) expect(LIMITS[name].meaning).toMatch(/^[A-Z].{20,}\.$/);
  });
});

describe('reading limits', () => {
  it('takes the defaults where nothing is written', () => {
    const { bounds, consequences } = readLimits({});
    expect(bounds).toEqual({
      duration: { warn: null, fail: 180_000 },
      statement: { warn: 100, fail: null },
      'concurrent-index': { warn: null, fail: 300_000 },
      lock: { warn: null, fail: 1000 },
      'read-stall': { warn: null, fail: 1000 },
      'write-stall': { warn: null, fail: 1000 },
      rewrite: { warn: 10_000_000, fail: 100_000_000 },
      disk: { warn: null, fail: null },
      wal: { warn: null, fail: null },
    });
    expect(new Set(Object.values(consequences))).toEqual(new Set([null]));
  });

  it.each([
    ['500ms', 500],
    ['1.5s', 1500],
    ['3m', 180_000],
    ['1h', 3_600_000],
  ])('a time %s is %d ms', (written, milliseconds) => {
    expect(readLimits({ duration: written }).bounds.duration).toEqual({ warn: null, fail: milliseconds });
  });

  it.each([
    ['10kB', 10_000],
    ['100MB', 100_000_000],
    ['2.5GB', 2_500_000_000],
    ['1TB', 1_000_000_000_000],
  ])('a size %s is %d bytes', (written, bytes) => {
    expect(readLimits({ disk: written }).bounds.disk).toEqual({ warn: null, fail: bytes });
  });

  it.each([
    ['a plain value moves what the limit does by itself', { statement: '1s' }, 'statement', { warn: 1000, fail: null }],
    ['and takes its warning with it', { rewrite: '1GB' }, 'rewrite', { warn: null, fail: 1_000_000_000 }],
    ['a plain value of a limit that warns', { wal: '1GB' }, 'wal', { warn: 1_000_000_000, fail: null }],
    ['both', { lock: { warn: '300ms', fail: '3s' } }, 'lock', { warn: 300, fail: 3000 }],
    ['one of both leaves the other as it was', { rewrite: { fail: '1GB' } }, 'rewrite', { warn: 10_000_000, fail: 1_000_000_000 }],
    ['one of both off', { rewrite: { warn: false } }, 'rewrite', { warn: null, fail: 100_000_000 }],
    ['off', { 'read-stall': false }, 'read-stall', { warn: null, fail: null }],
  ] as const)('%s', (_what, written, name, expected) => {
    expect(readLimits(written).bounds[name]).toEqual(expected);
  });

  it('takes consequences as they are written', () => {
    expect(readLimits({ rollback: 'fail', rerun: 'warn', leftovers: 'ignore' }).consequences).toMatchObject({
      rollback: 'fail',
      rerun: 'warn',
      leftovers: 'ignore',
      previous: null,
    });
  });

  it.each([
    [{ speed: '1s' }, /no limit "speed"/],
    [{ lock: '1GB' }, /"lock" cannot be "1GB".*time/],
    [{ disk: '1s' }, /"disk" cannot be "1s".*size/],
    [{ lock: 'soon' }, /"lock" cannot be "soon"/],
    [{ rerun: '1s' }, /"rerun" takes fail, warn or ignore/],
  ])('refuses %j', (written, message) => {
    expect(() => readLimits(written)).toThrow(message);
  });
});
