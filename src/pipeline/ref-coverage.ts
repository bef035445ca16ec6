import { advance, type CompiledPattern, compilePatterns, isMatch, lastWord, startOf } from './ref-patterns.ts';

/** How much searching one pipeline file is worth before its patterns get the benefit of the doubt; about a quarter of a second. */
export function searchBudget(): { left: number } {
  return { left: 1_000_000 };
}

type Positions = ReadonlySet<number>;

/** Several lists of patterns walked along the same name. */
interface Walk {
  readonly patterns: readonly CompiledPattern[];
  readonly starts: readonly number[];
  readonly positions: readonly Positions[];
}

/**
 * Whether some name is taken by `patterns` and by none of the `earlier` lists. Walks all patterns together through every name that could tell them
 * apart; the answer is exact unless the patterns are so many and so entangled that the budget is used up, which counts as `true`.
 */
export function leavesAnything(earlier: readonly (readonly string[])[], patterns: readonly string[], budget = searchBudget()): boolean {
  const lists = [patterns, ...earlier].map(compilePatterns);
  const flat = lists.flat();
  const starts = lists.map((_, index) => lists.slice(0, index).reduce((sum, list) => sum + list.length, 0));
  const alphabet = telling(flat);
  const first: Walk = { patterns: flat, starts, positions: flat.map(startOf) };
  const seen = new Set<string>([key(first.positions)]);
  const queue = [first];
  for (const walk of queue) {
    for (const code of alphabet) {
      budget.left -= flat.length;
      if (budget.left < 0) return true;
      const next = step(walk, code);
      if (next === null) continue;
      if (isLeft(lists, next)) return true;
      const name = key(next.positions);
      if (seen.has(name)) continue;
      seen.add(name);
      queue.push(next);
    }
  }
  return false;
}

/** `null` once none of the first list's patterns can match any more. */
function step(walk: Walk, code: number): Walk | null {
  const positions = walk.patterns.map((pattern, index) => advance(pattern, walk.positions[index] ?? new Set(), code));
  const own = walk.starts[1] ?? positions.length;
  if (positions.slice(0, own).every((one, index) => one.size === 0 || walk.patterns[index]?.negated)) return null;
  return { ...walk, positions };
}

function isLeft(lists: readonly (readonly CompiledPattern[])[], walk: Walk): boolean {
  const taken = lists.map((list, at) => {
    const start = walk.starts[at] ?? 0;
    return lastWord(list, (pattern, index) => isMatch(pattern, walk.positions[start + index] ?? new Set()));
  });
  return taken[0] === true && !taken.slice(1).includes(true);
}

function key(positions: readonly Positions[]): string {
  return positions.map((one) => [...one].sort((a, b) => a - b).join(',')).join(';');
}

/** One character for every group that no pattern tells apart: the ends of all ranges, what lies just beyond them, `/` and a letter of no pattern. */
function telling(patterns: readonly CompiledPattern[]): readonly number[] {
  const codes = new Set<number>(['x', '/'].map((character) => character.codePointAt(0) ?? 0));
  let beyond = 0x4e00;
  for (const [from, to] of patterns.flatMap((pattern) => pattern.steps.flatMap((one) => one.takes ?? []))) {
    for (const code of from === to ? [from] : [from, to, from - 1, to + 1]) codes.add(code);
    beyond = Math.max(beyond, to + 1);
  }
  return [...codes.add(beyond)];
}
