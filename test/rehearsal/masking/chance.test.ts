import { describe, expect, it } from 'vitest';
import type { Draws } from '../../../src/rehearsal/masking/chance.ts';
import { FieldScan } from '../../../src/rehearsal/masking/field-scan.ts';
import { SourceValues } from '../../../src/rehearsal/masking/source-values.ts';

/** Times that values of a column are found to have leaked into it: what it held before masking, and what it holds now. */
function leaks(before: readonly string[], after: readonly string[], draws: Draws | null = 'codes'): number {
  const source = new SourceValues([1, 2]);
  const number = source.column('t.c');
  const each = (values: readonly string[], read: (bytes: Buffer) => void): void => {
    for (const value of values) read(Buffer.from(value));
  };
  each(before, (bytes) => source.add(bytes, 0, bytes.length, number));
  const surface = { label: 't.c', detect: { emails: false, numbers: false }, reviewed: false, json: false, draws };
  const scan = new FieldScan(source, [surface]);
  each(after, (bytes) => scan.field(bytes, 0, bytes.length, 0));
  return scan.hits()[0]?.values.get('t.c') ?? 0;
}

/** The same numbers for one seed in every run. */
function numbers(count: number, seed: number, digits = 10): string[] {
  let state = seed;
  const next = (): number => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return (mixed ^ (mixed >>> 15)) >>> 0;
  };
  return Array.from({ length: count }, () => `${next()}${next()}`.padStart(digits, '0').slice(-digits));
}

const MANY = 150_000;
const before = numbers(MANY, 1);
const after = numbers(MANY, 2);

describe('in a column of digits', () => {
  it('masks that are other values by chance are no leak, and would be elsewhere', () => {
    expect(leaks(before, after, null)).toBeGreaterThan(0);
    expect(leaks(before, after)).toBe(0);
    const often = [...after, ...after, ...after];
    expect(leaks(before, often)).toBe(0);
  });

  it('codes of letters and digits are no leak by chance, but for JSON only numbers are drawn', () => {
    const [some, others] = [numbers(30_000, 3, 7).map((one) => `K${one}`), numbers(30_000, 4, 7).map((one) => `k${one}`)];
    const spread = others.map((one, index) => `${'abcdefghijklmnopqrstuvwxyz'[index % 26]}${one.slice(1)}`);
    expect(leaks(some, spread, 'numbers')).toBeGreaterThan(0);
    expect(leaks(some, spread)).toBe(0);
  });

  it.each<[string, readonly string[]]>([
    ['values that were left in place', before],
    ['values that were swapped', before.toReversed()],
    [
      'values that were left in place in one row of a thousand',
      after.map((one, index) => (index % 1000 === 0 ? (before[index] ?? '') : one)),
    ],
    ['values that are written otherwise', before.map((one) => `${one.slice(0, 3)}-${one.slice(3)}`)],
  ])('finds %s', (_what, masks) => {
    expect(leaks(before, masks)).toBeGreaterThan(MANY / 1001);
  });

  it('zeros behind the point of a number below one are none of its digits, and what follows them is found', () => {
    const tiny = (digits: string): string => `0.${'0'.repeat(60)}${digits}`;
    expect(leaks([tiny('3')], [tiny('3')])).toBe(0);
    expect(leaks([tiny('8273645190283')], [`at ${tiny('8273645190283')} or so`])).toBe(1);
    expect(leaks(['70.0000000000'], ['70.0000000000'])).toBe(1);
  });

  it('finds values that were shifted', () => {
    const series = Array.from({ length: 1000 }, (_, index) => String(4_000_000_000 + index));
    expect(leaks(series, [...series.slice(7), ...numbers(7, 5)])).toBe(993);
  });

  it.each<[string, readonly string[], string]>([
    ['a number among few', numbers(150, 6), '4711471147'],
    ['a long number among many', numbers(20_000, 6, 16), '4711471147114711'],
    ['words', numbers(20_000, 6).map((one) => `Octocat ${one}`), 'Mona Lisa Octocat'],
    ['words with a year', numbers(20_000, 6).map((one) => `Octocat ${one}`), 'Octocat of 1985'],
    ['an e-mail address', numbers(20_000, 6).map((one) => `${one}@b.de`), '47@octocat.de'],
  ])('finds a single value: %s', (_what, others, value) => {
    const masks = numbers(others.length, 7, 16);
    expect(leaks([...others, value], masks)).toBe(0);
    expect(leaks([...others, value], [...masks, value])).toBe(1);
  });
});
