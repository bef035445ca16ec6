import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createWorld, messages, type Row, type World } from './one-job.ts';

const CHECKOUT = 'https://github.com/actions/checkout#usage';
const PINNED = 'actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1';

let world: World;
let first: string;
let second: string;
beforeAll(() => {
  world = createWorld();
  first = world.repository.sha('main');
  second = world.repository.commit('main', { 'second.txt': '2\n' }, 'second');
  world.repository.commit('hotfix/a', { 'hotfix.txt': 'h\n' }, 'hotfix', 'octocat', first);
  world.repository.tag('v1', first);
  world.repository.annotatedTag('v2', second);
});
afterAll(() => world.close());

const rows: readonly Omit<Row, 'source'>[] = [
  {
    behaviour: "by default it is the event's commit, on its branch, without history or tags",
    job: `
steps:
  - { id: it, uses: ${PINNED} }
  - run: |
      echo "$(git branch --show-current) $(git rev-list --count HEAD) [$(git tag)] $(git config remote.origin.url)"
      echo "\${{ steps.it.outputs.ref }} $(test "$(git rev-parse HEAD)" = "\${{ github.sha }}" && echo same)"
      test "$(git rev-parse HEAD)" = "\${{ steps.it.outputs.commit }}"
      ls`,
    expect: (ran) =>
      expect(ran.said.slice(-4)).toEqual(['main 1 [] https://github.com/octo-org/shop', 'refs/heads/main same', 'README.md', 'src']),
  },
  {
    behaviour: 'fetch-depth 0 brings every branch, every tag and the whole history',
    job: `
steps:
  - { uses: ${PINNED}, with: { fetch-depth: 0 } }
  - run: |
      git rev-list --count --all
      echo $(git tag) $(git branch -r)`,
    expect: (ran) => expect(ran.said.slice(-2)).toEqual(['3', 'v1 v2 origin/hotfix/a origin/main']),
  },
  {
    behaviour: 'a branch, by its short or full name, is checked out as a branch at its tip',
    job: `
steps:
  - { uses: ${PINNED}, with: { ref: hotfix/a } }
  - run: git branch --show-current; ls hotfix.txt
  - { uses: ${PINNED}, with: { ref: refs/heads/main } }
  - run: git branch --show-current; ls second.txt; test ! -e hotfix.txt`,
    expect(ran) {
      expect(ran.said.filter((line) => !line.startsWith('[') && !/HEAD|Syncing/.test(line))).toEqual([
        'hotfix/a',
        'hotfix.txt',
        'main',
        'second.txt',
      ]);
      expect(ran.conclusion).toBe('success');
    },
  },
  {
    behaviour: 'a tag and a commit are checked out without branch',
    job: `
steps:
  - { uses: ${PINNED}, with: { ref: v2 } }
  - run: echo "[$(git branch --show-current)] $(git describe --tags --exact-match)"
  - { id: sha, uses: ${PINNED}, with: { ref: "\${{ github.sha }}" } }
  - run: echo "[$(git branch --show-current)] [\${{ steps.sha.outputs.ref }}] $(test -e second.txt || echo first)"`,
    expect: (ran) => expect(ran.said.filter((line) => line.startsWith('[]'))).toEqual(['[] v2', '[] [] first']),
  },
  {
    behaviour: 'fetch-tags brings the tags of what was fetched',
    job: `
steps:
  - { uses: ${PINNED}, with: { fetch-tags: true } }
  - run: git tag | tr '\\n' ' '`,
    expect: (ran) => expect(ran.said.at(-1)).toBe('v1 v2 '),
  },
  {
    behaviour: 'a ref that does not exist fails the step',
    job: `
steps:
  - { uses: ${PINNED}, with: { ref: nowhere } }
  - { if: always(), uses: ${PINNED}, with: { ref: nowhere, fetch-depth: 0 } }`,
    expect(ran) {
      expect(messages(ran, 'error')).toEqual([
        // Nothing matches what is fetched …
        "The process 'git' failed with exit code 1",
        // … and when everything is fetched, it is not in there.
        "A branch or tag with the name 'nowhere' could not be found",
      ]);
      expect(ran.conclusion).toBe('failure');
    },
  },
  {
    behaviour: 'a commit that does not exist fails the step',
    job: `
steps:
  - { uses: ${PINNED}, with: { ref: "1111111111111111111111111111111111111111" } }`,
    expect: (ran) => expect(messages(ran, 'error')).toEqual(["The process 'git' failed with exit code 128"]),
  },
  {
    behaviour: 'clean removes what is not tracked; without it, it stays',
    job: `
steps:
  - uses: ${PINNED}
  - run: echo changed > README.md; echo new > new.txt
  - { uses: ${PINNED}, with: { clean: false } }
  - run: ls new.txt
  - uses: ${PINNED}
  - run: test ! -e new.txt && cat README.md`,
    expect: (ran) => expect(ran.said.filter((line) => /^(new\.txt|shop)$/.test(line))).toEqual(['new.txt', 'shop']),
  },
  {
    behaviour: 'path is a folder of the workspace, and nothing outside of it',
    job: `
steps:
  - { uses: ${PINNED}, with: { path: a/b } }
  - run: ls; ls a/b
  - { uses: ${PINNED}, with: { path: ../elsewhere } }`,
    expect(ran) {
      expect(ran.said.filter((line) => /^(a|README\.md|src)$/.test(line))).toEqual(['a', 'README.md', 'src']);
      expect(messages(ran, 'error')).toEqual([expect.stringMatching(/^Repository path '.*elsewhere' is not under/)]);
    },
  },
  {
    behaviour: 'credentials are kept for later steps until the job ends, and not at all when they are not wanted',
    job: `
steps:
  - { uses: ${PINNED}, with: { path: with } }
  - { uses: ${PINNED}, with: { path: without, persist-credentials: false } }
  - run: |
      git -C with config --get http.https://github.com/.extraheader | wc -l
      git -C without config --get http.https://github.com/.extraheader | wc -l`,
    expect(ran) {
      expect(ran.said.slice(-2)).toEqual(['1', '0']);
      const kept = execFileSync('git', ['-C', join(ran.folder, 'work/shop/shop/with'), 'config', '--local', '--list'], {
        encoding: 'utf8',
      });
      expect(kept).not.toContain('extraheader');
    },
  },
  {
    behaviour: 'sparse-checkout writes the folders that are named',
    job: `
steps:
  - { uses: ${PINNED}, with: { sparse-checkout: src/deep } }
  - run: find . -name '*.txt'
  - uses: ${PINNED}
  - run: find . -name a.txt`,
    expect: (ran) =>
      expect(ran.said.filter((line) => line.startsWith('./'))).toEqual(expect.arrayContaining(['./src/deep/b.txt', './src/a.txt'])),
  },
];

describe(`actions/checkout (${CHECKOUT})`, () => {
  test.each(rows.map((row) => [row.behaviour, row] as const))('%s', async (_behaviour, row) => {
    row.expect(await world.run(row.job, row.options));
  });

  test('an older event is checked out at its commit, whatever its branch has become', async () => {
    for (const depth of [0, 1]) {
      const ran = await world.run(
        `\nsteps:\n  - { uses: ${PINNED}, with: { fetch-depth: ${depth} } }\n  - run: git rev-parse HEAD; git branch --show-current`,
        { sha: first },
      );
      expect(ran.said.slice(-2)).toEqual([first, 'main']);
    }
  });

  test.each([
    ['submodules', 'true', /does not take `submodules: true`: it does not fetch submodules/],
    ['lfs', 'true', /Git LFS/],
    ['ssh-key', 'key', /without SSH/],
    ['fetch-depth', 'many', /`fetch-depth: many` is no number/],
  ])('%s: %s is refused', async (name, value, message) => {
    const ran = await world.run(`\nsteps:\n  - { uses: ${PINNED}, with: { ${name}: ${value} } }`);
    expect(messages(ran, 'error')).toEqual([expect.stringMatching(message)]);
    expect(ran.conclusion).toBe('failure');
  });

  test('an input that it does not know is refused by name and line, before any step', async () => {
    const ran = await world.run(`\nsteps:\n  - run: echo never\n  - uses: ${PINNED}\n    with:\n      depth: 1`);
    expect(messages(ran, 'error')).toEqual([
      expect.stringMatching(/^Line 9: the stand-in for actions\/checkout@\S+ does not know the input "depth"/),
    ]);
    expect(ran.said).toEqual([]);
  });

  test('another repository is taken from where the server half says, and an unknown one fails', async () => {
    const folder = join(world.folder, 'plain');
    mkdirSync(folder);
    writeFileSync(join(folder, 'file.txt'), 'as it lies there');
    const repositories = {
      'org/plain': { repository: 'org/plain', folder, sha: null },
      'org/git': { repository: 'org/git', folder: world.repository.path, sha: second },
    };
    const checkout = (name: string): string => `{ uses: ${PINNED}, with: { repository: ${name}, path: ${name} } }`;
    const ran = await world.run(
      `\nsteps:\n  - ${checkout('org/plain')}\n  - ${checkout('org/git')}\n  - run: ls org/*\n  - ${checkout('org/none')}`,
      { repositories },
    );
    expect(ran.said).toEqual(expect.arrayContaining(['file.txt', 'second.txt']));
    expect(messages(ran, 'error')).toEqual(['Not Found: the sandbox has no repository org/none.']);
  });
});
