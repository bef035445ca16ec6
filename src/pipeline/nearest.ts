import { distance } from 'fastest-levenshtein';

/** Longer words are not typing mistakes of the short words a pipeline file is made of, and comparing them costs time. */
const LONGEST_WORD = 64;

/**
 * The one of `known` that somebody who wrote `word` most likely meant: at most a third of the letters (two at least) differ, case not
 * counted. `null` when none is that near.
 */
export function nearest(word: string, known: Iterable<string>): string | null {
  if (word.length > LONGEST_WORD) return null;
  const wanted = word.toLowerCase();
  let best: string | null = null;
  let least = Math.max(2, Math.floor(word.length / 3)) + 1;
  for (const candidate of known) {
    if (Math.abs(candidate.length - word.length) >= least) continue;
    const differing = distance(wanted, candidate.toLowerCase());
    if (differing >= least || differing >= candidate.length) continue;
    best = candidate;
    least = differing;
  }
  return best;
}
