import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { changesBetween, commitGraph, contains, type HistoryCommit, relationOf } from '../../src/github/commit-graph.ts';

const commit = (sha: string, ...parents: string[]): HistoryCommit => ({
  sha,
  parents,
  title: sha,
  author: 'mona',
  pullRequest: null,
  hasMore: false,
  authors: { read: true, value: ['mona'] },
});

/** a ← b ← d (merge of b and c), a ← c, a ← e. */
const history = [commit('d', 'b', 'c'), commit('c', 'a'), commit('b', 'a'), commit('a')];
const whole = commitGraph([history, [commit('e', 'a')]]);

describe('relations', () => {
  test.each([
    ['d', 'd', 'same'],
    ['d', 'a', 'contains'],
    ['a', 'd', 'contained'],
    ['b', 'c', 'diverged'],
    ['d', 'e', 'diverged'],
  ])('%s to %s: %s', (one, other, relation) => {
    expect(relationOf(whole, one, other)).toBe(relation);
  });

  test('are unknown beyond what was read', () => {
    const cut = commitGraph([[commit('d', 'b', 'c'), commit('c', 'a')]]);
    expect(relationOf(cut, 'd', 'a')).toBe('contains');
    expect(relationOf(cut, 'd', 'x')).toBe(null);
    expect(contains(cut, 'c', 'x')).toBe(null);
    const many = commitGraph([[{ sha: 'o', parents: null }, commit('p')]]);
    expect(contains(many, 'o', 'p')).toBe(null);
  });

  test('a cut graph never says otherwise than the whole one', () => {
    const arbitrary = fc
      .integer({ min: 2, max: 12 })
      .chain((size) =>
        fc.tuple(
          fc.tuple(
            ...Array.from({ length: size }, (_, index) =>
              fc.uniqueArray(fc.integer({ min: 0, max: Math.max(0, index - 1) }), { maxLength: index === 0 ? 0 : 2 }),
            ),
          ),
          fc.array(fc.boolean(), { minLength: size, maxLength: size }),
          fc.integer({ min: 0, max: size - 1 }),
          fc.integer({ min: 0, max: size - 1 }),
        ),
      );
    fc.assert(
      fc.property(arbitrary, ([parents, known, one, other]) => {
        const all = parents.map((of, index) => commit(`c${index}`, ...of.map((parent) => `c${parent}`)));
        const full = relationOf(commitGraph([all]), `c${one}`, `c${other}`);
        const cut = relationOf(commitGraph([all.filter((_, index) => known[index])]), `c${one}`, `c${other}`);
        expect(full).not.toBe(null);
        if (cut !== null) expect(cut).toBe(full);
      }),
    );
  });
});

describe('what enters', () => {
  const shas = (present: string | null) => changesBetween(whole, history, 'd', present).commits.map(({ sha }) => sha);

  test('is what the present version does not contain, newest first', () => {
    expect(shas('b')).toEqual(['d', 'c']);
    expect(shas('e')).toEqual(['d', 'c', 'b']);
    expect(shas(null)).toEqual(['d', 'c', 'b', 'a']);
    expect(shas('d')).toEqual([]);
    expect(changesBetween(whole, history, 'd', 'b')).toMatchObject({ complete: true });
    expect(changesBetween(whole, history, 'd', 'b').commits[0]).toEqual({ sha: 'd', title: 'd', author: 'mona', pullRequest: null });
  });

  test('is incomplete where the history ends too early', () => {
    const short = history.slice(0, 2);
    expect(changesBetween(commitGraph([short]), short, 'd', 'x')).toMatchObject({ complete: false });
    expect(changesBetween(commitGraph([short]), short, 'd', 'b')).toMatchObject({ complete: false });
    expect(changesBetween(commitGraph([]), [], 'd', 'b')).toEqual({ commits: [], complete: false });
  });

  test('is not known against a version that lies outside of the whole history', () => {
    expect(changesBetween(whole, history, 'd', 'elsewhere')).toEqual({ commits: [], complete: false });
  });
});
