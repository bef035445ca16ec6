import { advance, type CompiledPattern, compilePatterns, isMatch, lastWord, startOf } from './ref-patterns.ts';

/** How many positions in patterns one pipeline file is worth before its patterns get the benefit of the doubt; about a quarter of a second. */
export function searchBudget(): { left: number } {
  return { left: 1_000_000 };
}

type Positions = ReadonlySet<number>;

/** Several lists of patterns walked along the same name. */
interface Walk {
  readonly patterns: readonly CompiledPattern[];
  readonly starts: readonly number[];
  readonly positions: readonly Positions[];
  /** The same for the same positions. */
  readonly key: string;
}

/**
 * Whether some name is taken by `patterns` and by none of the `earlier` lists. Walks all patterns together through every name that could tell them
 * apart; the answer is exact unless the patterns are so many and so entangled that the budget is used up, which counts as `true`.
 */
export function leavesAnything(earlier: readonly (readonly string[])[], patterns: readonly string[], budget = searchBudget()): boolean {
  const lists = [patterns, ...earlier].map(compilePatterns);
  const first = firstWalk(lists, budget);
  if (first === null) return true;
  const alphabet = telling(first.patterns);
  const seen = new Set<string>();
  const queue = [first];
  for (const walk of queue) {
    const price = priceOf(walk);
    for (const code of alphabet) {
      budget.left -= price;
      if (budget.left < 0) return true;
      const next = step(walk, code);
      if (next === null || seen.has(next.key)) continue;
      if (isLeft(lists, next)) return true;
      seen.add(next.key);
      queue.push(next);
    }
  }
  return false;
}

/** Before the first character; `null` when the budget does not last that far, since even this goes through every step. */
function firstWalk(lists: readonly (readonly CompiledPattern[])[], budget: { left: number }): Walk | null {
  if (budget.left < 0) return null;
  const patterns = lists.flat();
  budget.left -= patterns.reduce((sum, pattern) => sum + 1 + pattern.steps.length, 0);
  if (budget.left < 0) return null;
  let length = 0;
  const starts = lists.map((list) => {
    length += list.length;
    return length - list.length;
  });
  return { patterns, starts, positions: patterns.map(startOf), key: '' };
}

/** How much one more character costs: every position of every pattern is asked for all that it takes. */
function priceOf({ patterns, positions }: Walk): number {
  let price = patterns.length;
  for (const [index, one] of positions.entries()) {
    for (const position of one) price += 1 + (patterns[index]?.steps[position]?.takes?.length ?? 0);
  }
  return price;
}

/** `null` once none of the first list's patterns can match any more. */
function step(walk: Walk, code: number): Walk | null {
  const positions = walk.patterns.map((pattern, index) => advance(pattern, walk.positions[index] ?? new Set(), code));
  const own = walk.starts[1] ?? positions.length;
  if (positions.slice(0, own).every((one, index) => one.size === 0 || walk.patterns[index]?.negated)) return null;
  return { ...walk, positions, key: keyOf(positions) };
}

function isLeft(lists: readonly (readonly CompiledPattern[])[], walk: Walk): boolean {
  const taken = lists.map((list, at) => {
    const start = walk.starts[at] ?? 0;
    return lastWord(list, (pattern, index) => isMatch(pattern, walk.positions[start + index] ?? new Set()));
  });
  return taken[0] === true && !taken.slice(1).includes(true);
}

function keyOf(positions: readonly Positions[]): string {
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
