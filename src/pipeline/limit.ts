import type { RehearsalLimit } from './model.ts';

const UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1e3,
  m: 6e4,
  h: 36e5,
  kB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  fail: 0,
  warn: 1,
  ignore: 2,
};

/** How much a limit allows, to compare it with another of its kind: milliseconds, bytes, or the rank of the word. `false` is no limit at all. */
export function allowance(limit: RehearsalLimit): number {
  if (limit === false) return Number.POSITIVE_INFINITY;
  const [, amount, unit = ''] = /^([\d.]*)(.*)$/.exec(limit) ?? [];
  return Number(amount || 1) * (UNITS[unit] ?? Number.NaN);
}

const WARNS_ONLY: ReadonlySet<string> = new Set(['statement', 'wal']);

/** What a plain value moves: few limits warn only, unless the pipeline file says from where on they fail. */
export function plainPart(name: string): 'warn' | 'fail' {
  return WARNS_ONLY.has(name) ? 'warn' : 'fail';
}
