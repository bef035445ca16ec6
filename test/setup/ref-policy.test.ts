import { describe, expect, it } from 'vitest';
import type { RefPolicy } from '../../src/github/settings.ts';
import { isMatch, policyPatterns, sampleNames, takes } from '../../src/setup/ref-policy.ts';

/** Ruby's documentation of File.fnmatch, with File::FNM_PATHNAME: https://docs.ruby-lang.org/en/master/File.html#method-c-fnmatch */
describe('a policy’s pattern', () => {
  it.each([
    ['cat', 'cat', true],
    ['cat', 'category', false],
    ['c?t', 'cat', true],
    ['c??t', 'cat', false],
    ['c*', 'cats', true],
    ['ca[a-z]', 'cat', true],
    ['ca[^t]', 'cat', false],
    ['ca[!t]', 'cab', true],
    ['*', 'a/b', false],
    ['?', '/', false],
    ['[/]', '/', false],
    ['release/*', 'release/1', true],
    ['release/*', 'release/1/2', false],
    ['release/**', 'release/1/2', false],
    ['release/**/*', 'release/1/2', true],
    ['release/**/*', 'release/1', true],
    ['**/foo', 'a/b/c/foo', true],
    ['**/foo', 'foo', true],
    ['\\*', '*', true],
    ['\\*', 'a', false],
    ['v1.0', 'v1x0', false],
    ['a+(b)', 'a+(b)', true],
    ['{a,b}', 'a', false],
  ])('%s and %s: %s', (pattern, name, expected) => {
    expect(isMatch(pattern, name)).toBe(expected);
  });
});

describe('names that a route takes', () => {
  it.each([
    [['main'], ['main']],
    [['v*'], ['vx']],
    [['hotfix/**'], ['hotfix/x', 'hotfix/x/y/z']],
    [['v[0-9]+.[0-9]+'], ['v0.0']],
    [['**', '!x'], ['x/y/z']],
    [['a\\*b', '!a\\*b'], []],
    [['colou?r'], ['colour']],
  ])('%j: %j', (patterns, expected) => {
    expect(sampleNames(patterns)).toEqual(expected);
  });
});

describe('a policy for a route', () => {
  it.each([
    ['main', ['main']],
    ['v*', ['v*']],
    ['hotfix/**', ['hotfix/**/*']],
    ['**', ['**/*']],
    ['**/docs', ['**/docs']],
    ['v[0-9]+', ['v[0-9]*']],
    ['colou?r', ['colo*r']],
    ['re**ase', ['re*ase', 're*/**/*ase']],
  ])('%s: %j, which takes what the route takes', (pattern, expected) => {
    const policy: RefPolicy = { kind: 'patterns', patterns: policyPatterns({ type: 'branch', patterns: [pattern], route: 'r' }) };
    if (policy.kind === 'patterns') expect(policy.patterns.map(({ name }) => name)).toEqual(expected);
    const names = sampleNames([pattern]);
    expect(names.length).toBeGreaterThan(0);
    for (const name of names) expect({ name, taken: takes(policy, 'branch', name) }).toEqual({ name, taken: true });
    for (const name of names) expect(takes(policy, 'tag', name)).toBe(false);
  });
});
