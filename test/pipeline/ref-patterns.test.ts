import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadPipeline } from '../../src/pipeline/load.ts';
import { leavesAnything } from '../../src/pipeline/ref-coverage.ts';
import { matchesPatterns, PatternError, patternOf } from '../../src/pipeline/ref-patterns.ts';
import { selectRoute } from '../../src/pipeline/routes.ts';
import { EXAMPLE } from './problems.ts';

/** GitHub's published tables ("Filter pattern cheat sheet"): patterns, names that match, names that do not. */
const PUBLISHED: readonly (readonly [readonly string[], readonly string[], readonly string[]])[] = [
  [['feature/*'], ['feature/my-branch', 'feature/your-branch'], ['feature/a/b', 'feature', 'my/feature/x']],
  [['feature/**'], ['feature/beta-a/my-branch', 'feature/your-branch', 'feature/mona/the/octocat'], ['feature', 'features/x']],
  [['main'], ['main'], ['mainline', 'my-main', 'Main']],
  [['releases/mona-the-octocat'], ['releases/mona-the-octocat'], ['releases/mona']],
  [['*'], ['main', 'releases'], ['all/the/branches']],
  [['**'], ['all/the/branches', 'every/tag', 'main'], []],
  [['*feature'], ['mona-feature', 'feature', 'ver-10-feature'], ['feature-1', 'a/feature']],
  [['v2*'], ['v2', 'v2.0', 'v2.9'], ['v1', 'av2']],
  [['v[12].[0-9]+.[0-9]+'], ['v1.10.1', 'v2.0.0'], ['v3.0.0', 'v1.10', 'v1.x.1', 'v1.0.0-rc1']],
  [['Octo*'], ['Octocat', 'Octo'], ['octocat']],
  [['Octoc?t'], ['Octoct', 'Octot'], ['Octocat']],
  [['[CB]at'], ['Cat', 'Bat'], ['Rat', 'CBat']],
  [['[1-2]00'], ['100', '200'], ['300']],
  [['[0-9a-z]'], ['7', 'q'], ['Q', '10']],
  [['*.jsx?'], ['page.js', 'page.jsx'], ['page.ts', 'a/page.js']],
  [['*.js'], ['app.js', 'index.js'], ['js/index.js']],
  [['**.js'], ['index.js', 'js/index.js', 'src/js/app.js'], ['index.ts']],
  [['docs/*'], ['docs/README.md', 'docs/file.txt'], ['docs/mona/octocat.txt']],
  [['docs/**'], ['docs/README.md', 'docs/mona/octocat.txt'], ['doc/x']],
  [['docs/**/*.md'], ['docs/README.md', 'docs/mona/hello-world.md', 'docs/a/markdown/file.md'], ['docs/file.txt', 'README.md']],
  [['**/docs/**'], ['docs/hello.md', 'dir/docs/my-file.txt', 'space/docs/plan/space.doc'], ['mydocs/x']],
  [['**/README.md'], ['README.md', 'js/README.md'], ['js/MY-README.md', 'MYREADME.md']],
  [['**/*src/**'], ['a/src/app.js', 'my-src/code/js/app.js'], ['srcs/app.js']],
  [['**/*-post.md'], ['my-post.md', 'path/their-post.md'], ['post.md']],
  [['**/migrate-*.sql'], ['migrate-10909.sql', 'db/migrate-v1.0.sql', 'db/sept/migrate-v1.sql'], ['db/premigrate-1.sql']],
  [['*.md', '!README.md'], ['hello.md'], ['README.md', 'docs/hello.md']],
  [['*.md', '!README.md', 'README*'], ['hello.md', 'README.md', 'README.doc'], ['docs/hello.md']],
  [
    ['releases/**', '!releases/**-alpha'],
    ['releases/10', 'releases/beta/mona'],
    ['releases/10-alpha', 'releases/beta/3-alpha'],
  ],
  [['!main', 'main'], ['main'], []],
  [['!main'], [], ['main', 'dev']],
  [['a!b'], ['a!b'], ['ab']],
  [
    ['v1\\*', '\\!x', 'a\\+'],
    ['v1*', '!x', 'a+'],
    ['v1x', 'x', 'aa'],
  ],
  [['[0-9]?x'], ['x', '1x'], ['12x']],
  [['x/**/y/**/z'], ['x/y/z', 'x/a/y/z', 'x/y/b/c/z', 'x/y/y/z'], ['x/z', 'xy/z']],
  [['**/**/docs'], ['docs', 'a/docs', 'a/b/docs'], ['mydocs', 'a/mydocs']],
  [['x/**/**/y'], ['x/y', 'x/a/y', 'x/a/b/y'], ['x', 'xy', 'x/ay']],
  [['**/a/**/b'], ['a/b', 'x/a/b', 'a/x/b', 'a/a/b/b'], ['a', 'b', 'xa/b', 'a/xb']],
  [['**/**/+x'], ['x', '/x', 'a//x'], ['ax']],
  [[], [], ['main', '']],
];

describe('patterns', () => {
  it.each(PUBLISHED)('%j', (patterns, matching, others) => {
    for (const name of matching) expect(matchesPatterns(patterns, name), name).toBe(true);
    for (const name of others) expect(matchesPatterns(patterns, name), name).toBe(false);
  });

  it.each(['', '!', '?a', '+', '*?', '**+', 'a??', 'a+?', '[', 'v[1', '[]', '[z-a]', '[a-9]', 'a\\'])('%j says nothing', (pattern) => {
    expect(() => matchesPatterns([pattern], 'a')).toThrow(PatternError);
  });

  it('agrees with regular expressions', () => {
    const token = fc.constantFrom('a', 'b', '/', '*', '**', 'a?', 'b+', '[ab]', '[a-c]+');
    const regex: Record<string, string> = { '*': '[^/]*', '**': '.*' };
    const arbitrary = fc.array(token, { minLength: 1, maxLength: 6 }).filter((tokens) => !/\*,\*|\*\*,\//.test(tokens.join(',')));
    fc.assert(
      fc.property(arbitrary, fc.string({ unit: fc.constantFrom('a', 'b', 'c', '/'), maxLength: 8 }), (tokens, name) => {
        const expected = new RegExp(`^(?:${tokens.map((one) => regex[one] ?? one).join('')})$`).test(name);
        expect(matchesPatterns([tokens.join('')], name)).toBe(expected);
      }),
      { numRuns: 2000 },
    );
  });

  it('is not slowed down by patterns made for that', () => {
    const name = `${'a'.repeat(250)}!`;
    for (const pattern of [
      `${'a*'.repeat(60)}b`,
      `${'**a'.repeat(60)}b`,
      `${'a?'.repeat(250)}${'a'.repeat(250)}b`,
      `${'[a-z]+'.repeat(60)}b`,
      `${'**/'.repeat(3000)}b`,
    ]) {
      expect(matchesPatterns([pattern], name)).toBe(false);
    }
    const deep = `${'a/'.repeat(100)}a`;
    for (const part of ['**/', 'a/**/', '**/*/', '**/a?/']) {
      expect(matchesPatterns([`${part.repeat(60)}a`], deep), part).toBe(true);
      expect(matchesPatterns([`${part.repeat(60)}b`], deep), part).toBe(false);
    }
  });
});

describe('what earlier patterns leave', () => {
  it.each([
    [[['**']], ['main'], false],
    [[['**']], ['feature/**'], false],
    [[['*']], ['**'], true],
    [[['*'], ['*/**']], ['**'], false],
    [[['feature/*']], ['feature/**'], true],
    [[['feature/**']], ['feature/*'], false],
    [[['**', '!main']], ['main'], true],
    [[['**', '!main'], ['main']], ['main'], false],
    [[['**', '!release/**', 'release/1']], ['release/1'], false],
    [[['**', '!release/**', 'release/1']], ['release/*'], true],
    [[['v[0-4]*'], ['v[5-9]*']], ['v[0-9]*'], false],
    [[['v[0-4]*'], ['v[6-9]*']], ['v[0-9]*'], true],
    [[], ['!main'], false],
    [[], ['main', '!**'], false],
    [[['ab+']], ['ab', 'abb'], false],
    [[['ab?']], ['ab', 'abb'], true],
  ] as const)('%j leave of %j: %s', (earlier, patterns, expected) => {
    expect(leavesAnything(earlier, patterns)).toBe(expected);
  });

  it('never denies what a name shows', () => {
    const pattern = fc
      .array(fc.constantFrom('a', 'b', '/', '*', '**', '[ab]'), { minLength: 1, maxLength: 4 })
      .map((parts) => parts.join(''));
    const list = fc.array(
      fc.tuple(fc.boolean(), pattern).map(([negated, text]) => (negated ? `!${text}` : text)),
      { minLength: 1, maxLength: 3 },
    );
    fc.assert(
      fc.property(
        list,
        list,
        fc.string({ unit: fc.constantFrom('a', 'b', 'c', '/'), minLength: 1, maxLength: 6 }),
        (earlier, own, name) => {
          if (matchesPatterns(own, name) && !matchesPatterns(earlier, name)) expect(leavesAnything([earlier], own)).toBe(true);
        },
      ),
      { numRuns: 1000 },
    );
  });
});

describe('the route of a ref', () => {
  const pipeline = loadPipeline(EXAMPLE, 'p.yml');
  it.each([
    ['refs/tags/v1.4.2', 'release'],
    ['refs/tags/nightly', undefined],
    ['refs/heads/main', 'mainline'],
    ['refs/heads/v1.4.2', 'feature'],
    ['refs/heads/hotfix/a/b', 'hotfix'],
    ['refs/heads/anything/else', 'feature'],
    ['refs/pull/7/merge', undefined],
    ['main', undefined],
  ])('%s: %s', (ref, name) => {
    expect(selectRoute(pipeline, ref)?.name).toBe(name);
    expect(selectRoute(pipeline, ref)?.name).toBe(name);
  });
});

describe('the pattern of a name', () => {
  it.each(['main', 'feature/a+b', 'fix!', '!odd', 'a\\b', 'set[1]?*'])('%s matches it, and nothing like it', (name) => {
    expect(matchesPatterns([patternOf(name)], name)).toBe(true);
    expect(matchesPatterns([patternOf(name)], `${name}x`)).toBe(false);
    expect(matchesPatterns([patternOf(name)], 'a')).toBe(false);
  });
});
