import { describe, expect, it } from 'vitest';
import { singlesOut } from '../../src/decision/rules/veto.ts';
import { DIGEST } from '../digests.ts';
import { SHA, veto } from './world.ts';

const LIVE = { sha: SHA, version: 'v2.0.0', digest: DIGEST };

describe('whether a veto singles a version out', () => {
  it.each([
    ['its version', ['v2.0.0'], true],
    ['the beginning of its sha', [SHA.slice(0, 12)], true],
    ['its digest', [DIGEST], true],
    ['another version and its own', ['v1.0.0', 'V2.0.0'], true],
    ['another version, whose name its sha happens to begin with', [SHA.slice(0, 1)], false],
    ['nothing, which forbids it all the same', [], false],
  ] as const)('%s', (_name, candidates, expected) => {
    expect(singlesOut(veto(candidates), LIVE)).toBe(expected);
  });

  it('a foreign version has no digest to be named by', () => {
    expect(singlesOut(veto([DIGEST]), { ...LIVE, digest: null })).toBe(false);
  });
});
