import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { conclusions, createWorld, type JobOptions, messages, type Ran, type Row, SOURCES, type World } from './one-job.ts';

/** Prints its phase, its inputs and its state; saves state, fails and sets an output when it is told to. */
const TELLING = `
const { appendFileSync } = require('node:fs');
module.exports = (phase) => {
  const input = (name) => process.env['INPUT_' + name.toUpperCase().replace(/ /g, '_')];
  console.log([phase, input('who'), input('status'), process.env.STATE_seen ?? '-'].join(' '));
  appendFileSync(process.env.GITHUB_STATE, 'seen=' + (process.env.STATE_seen ?? '') + phase[0] + '\\n');
  appendFileSync(process.env.GITHUB_OUTPUT, 'said=' + input('who') + '\\n');
  if (input('fail') === phase) process.exitCode = 3;
};`;

const telling = (runs: string): Record<string, string> => ({
  'action.yml': `
name: Telling
description: Tells
inputs:
  who: { description: Name, default: "\${{ github.repository }}" }
  status: { description: Status, default: "\${{ job.status }}" }
  fail: { description: Phase that fails }
  needed one: { description: Needed, required: true }
runs: { using: node24, ${runs} }`,
  'telling.js': TELLING,
  ...Object.fromEntries(['pre', 'main', 'post'].map((phase) => [`${phase}.js`, `require('./telling.js')('${phase}');`])),
});

const ACTIONS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  whole: telling('pre: pre.js, main: main.js, post: post.js'),
  'post-on-failure': telling('main: main.js, post: post.js, post-if: failure()'),
  'pre-never': telling("pre: pre.js, pre-if: github.ref == 'none', main: main.js"),
  old: { 'action.yml': 'name: Old\ndescription: Old\nruns: { using: node20, main: main.js }' },
  pathless: { 'action.yml': 'name: P\ndescription: P\nruns: { using: composite, steps: [{ uses: $/ }] }' },
  docker: { 'action.yml': 'name: D\ndescription: D\nruns: { using: docker, image: Dockerfile }' },
  broken: { 'action.yml': 'name: B\ndescription: B\nruns: { using: node24 }' },
  environment: {
    'action.yml': 'name: E\ndescription: E\nruns: { using: node24, main: main.js }',
    'main.js': `
const { basename } = require('node:path');
const env = process.env;
console.log(process.execPath === '${process.execPath}', basename(process.cwd()), env.GITHUB_ACTION, env.GITHUB_ACTION_REPOSITORY, env.OWN);`,
  },
  composite: {
    'action.yml': `
name: Composite
description: Several steps
inputs:
  name: { description: Name, default: nobody }
  fails: { description: Whether it fails, default: 'no' }
outputs:
  greeting: { description: Greeting, value: "\${{ steps.greet.outputs.text }}" }
runs:
  using: composite
  steps:
    - id: greet
      shell: bash
      env: { NAME: "\${{ inputs.name }}" }
      run: |
        echo "text=hello $NAME" >> "$GITHUB_OUTPUT"
        echo "$AROUND $(cat "\${{ github.action_path }}/note.txt") \${{ github.action_path == env.GITHUB_ACTION_PATH }} [\${{ steps.outer.outputs.x }}]"
        test "$GITHUB_ACTION_PATH" = "\${{ github.action_path }}"
        echo WRITTEN=inside >> "$GITHUB_ENV"
    - { shell: sh, run: "echo \\"written $WRITTEN\\"" }
    - uses: $/whole
      with: { who: "\${{ inputs.name }} inside", needed one: x }
    - { if: inputs.fails == 'yes', shell: bash, run: exit 4 }
    - { shell: bash, run: echo not after a failure }
    - { if: failure(), shell: bash, run: echo "composite failed" }
    - { if: always(), shell: bash, run: echo "composite ends" }`,
    'note.txt': 'note',
  },
};

let world: World;
let sha: string;
beforeAll(() => {
  world = createWorld();
  const files = Object.entries(ACTIONS).flatMap(([folder, entries]) =>
    Object.entries(entries).map(([name, text]) => [`${folder}/${name}`, text] as const),
  );
  sha = world.repository.commit('main', Object.fromEntries(files), 'actions');
});
afterAll(() => world.close());

const run = (row: Pick<Row, 'job' | 'options'>): Promise<Ran> => world.run(row.job, { sha, ...row.options });

const FRAME = /^(pre|main|post) /;
const told = (ran: Ran): string[] => ran.said.filter((line) => FRAME.test(line));

const javascript: readonly Row[] = [
  {
    behaviour: 'pre phases run first, post phases last and in reverse; state passes from one to the next',
    source: `${SOURCES.metadata}#runspre`,
    job: `
steps:
  - run: echo step
  - { name: One, uses: $/whole, with: { who: one, needed one: x } }
  - { name: Two, uses: $/whole, with: { who: two, needed one: x } }`,
    expect(ran) {
      expect(ran.said).toEqual([
        ...['pre one success -', 'pre two success -', 'step', 'main one success p', 'main two success p'],
        ...['post two success pm', 'post one success pm'],
      ]);
      expect(conclusions(ran).map((line) => line.split(':')[0])).toEqual([
        ...['Pre One', 'Pre Two', 'Run echo step', 'One', 'Two', 'Post Two', 'Post One'],
      ]);
    },
  },
  {
    behaviour: 'inputs are evaluated anew for post, so that job.status tells how the job ended',
    source: `${SOURCES.contexts}#job-context`,
    job: `
steps:
  - { uses: $/whole, with: { needed one: x } }
  - run: exit 1`,
    expect: (ran) =>
      expect(told(ran)).toEqual([
        ...['pre', 'main'].map((phase) => `${phase} octo-org/shop success ${phase === 'pre' ? '-' : 'p'}`),
        'post octo-org/shop failure pm',
      ]),
  },
  {
    behaviour: 'inputs of post know the outputs of steps that came after main',
    source: `${SOURCES.contexts}#steps-context`,
    job: `
steps:
  - { uses: $/whole, with: { who: "\${{ steps.later.outputs.told || 'nobody-yet' }}", needed one: x } }
  - { id: later, run: echo told=known >> "$GITHUB_OUTPUT" }`,
    expect: (ran) => expect(told(ran)).toEqual(['pre nobody-yet success -', 'main nobody-yet success p', 'post known success pm']),
  },
  {
    behaviour: 'post runs after a failed main, and makes the job fail when it fails itself',
    source: `${SOURCES.metadata}#runspost`,
    job: `
steps:
  - { name: Main, uses: $/post-on-failure, with: { who: a, fail: main, needed one: x } }
  - { name: Never, uses: $/whole, with: { who: never, needed one: x } }
  - { name: Post, if: always(), uses: $/whole, with: { who: b, fail: post, needed one: x } }`,
    expect(ran) {
      expect(conclusions(ran)).toEqual([
        ...['Pre Never: success', 'Pre Post: success', 'Main: failure', 'Never: skipped', 'Post: success'],
        // In the reverse order of their first phase. What had a pre phase has a post phase, whether its main phase ran or not.
        ...['Post Main: success', 'Post Post: failure', 'Post Never: success'],
      ]);
      expect(ran.conclusion).toBe('failure');
    },
  },
  {
    behaviour: 'pre-if and post-if decide; a skipped action without pre phase has no post phase',
    source: `${SOURCES.metadata}#runspost-if`,
    job: `
steps:
  - { name: Fine, uses: $/post-on-failure, with: { needed one: x } }
  - { name: Skipped, if: false, uses: $/post-on-failure, with: { needed one: x } }
  - { name: No pre, uses: $/pre-never, with: { needed one: x } }`,
    expect: (ran) =>
      expect(conclusions(ran)).toEqual([
        ...['Pre No pre: skipped', 'Fine: success', 'Skipped: skipped', 'No pre: success', 'Post Fine: skipped'],
      ]),
  },
  {
    behaviour: 'an unexpected input is a warning; a required one that is missing does not stop the step',
    source: `${SOURCES.metadata}#inputs`,
    job: `
steps:
  - { uses: $/post-on-failure, with: { WHO: any case, other: 1 } }`,
    expect(ran) {
      expect(messages(ran, 'warning')).toEqual(["Unexpected input(s) 'other', valid inputs are ['who', 'status', 'fail', 'needed one']"]);
      expect(ran.log).toContain('##[warning]Input required and not supplied: needed one');
      expect(told(ran)).toEqual(['main any case success -']);
      expect(ran.conclusion).toBe('success');
    },
  },
  {
    behaviour: "actions run on the sandbox's own Node.js in the workspace, and know their repository",
    source: `${SOURCES.variables}#default-environment-variables`,
    job: `
steps:
  - { id: it, uses: $/environment, env: { OWN: yes } }`,
    expect: (ran) => expect(ran.said).toEqual(['true shop it octo-org/shop yes']),
  },
  {
    behaviour: 'outputs of an action stand in the steps context',
    source: `${SOURCES.contexts}#steps-context`,
    job: `
steps:
  - { id: it, uses: $/post-on-failure, with: { who: someone, needed one: x } }
  - run: echo "\${{ steps.it.outputs.said }}"`,
    expect: (ran) => expect(ran.said.at(-1)).toBe('someone'),
  },
  {
    behaviour: '`./` is the workspace: not there before a checkout, without pre phase, and as it lies there',
    source: SOURCES.actionRunner,
    job: `
steps:
  - { name: Before, uses: ./whole, continue-on-error: true }
  - uses: actions/checkout@v7
  - run: sed -i "s/'main'/'changed'/" whole/main.js
  - { name: After, uses: ./whole, with: { who: me, needed one: x } }`,
    expect(ran) {
      expect(messages(ran, 'error')[0]).toContain('Did you forget to run actions/checkout before running your local action?');
      expect(messages(ran, 'warning')).toEqual(["`pre` execution is not supported for local action from './whole'"]);
      expect(ran.said.filter((line) => line.includes(' me '))).toEqual(['changed me success -', 'post me success c']);
    },
  },
];

const composite: readonly Row[] = [
  {
    behaviour: 'a composite action has inputs, outputs, its own steps context, its folder, and the variables around it',
    source: `${SOURCES.metadata}#runs-for-composite-actions`,
    job: `
steps:
  - { id: outer, run: 'echo x=1 >> "$GITHUB_OUTPUT"' }
  - { id: it, uses: $/composite, with: { name: Mona }, env: { AROUND: around } }
  - run: echo "\${{ steps.it.outputs.greeting }} $WRITTEN [\${{ steps.greet.outputs.text }}] [$GITHUB_ACTION_PATH]"`,
    expect(ran) {
      expect(ran.said).toEqual([
        ...['around note false []', 'written inside', 'main Mona inside success -', 'not after a failure', 'composite ends'],
        ...['hello Mona inside [] []', 'post Mona inside success m'],
      ]);
      expect(ran.conclusion).toBe('success');
    },
  },
  {
    behaviour: 'a failed step of a composite action fails it; success() and failure() in it speak of its own steps',
    source: `${SOURCES.metadata}#runsstepsif`,
    job: `
steps:
  - { name: Before, run: exit 1 }
  - { name: Composite, if: always(), uses: $/composite, with: { fails: 'yes' } }`,
    expect(ran) {
      expect(ran.said).toEqual([
        ...[
          ' note false []',
          'written inside',
          'main nobody inside failure -',
          'composite failed',
          'composite ends',
          'post nobody inside failure m',
        ],
      ]);
      expect(conclusions(ran)).toContain('Composite: failure');
    },
  },
];

const refused: readonly (readonly [what: string, uses: string, message: RegExp])[] = [
  ['Docker images', 'docker://alpine:3', /does not run Docker actions: docker:\/\/alpine:3/],
  ['Docker actions', '$/docker', /does not run Docker actions: \$\/docker/],
  ['Node.js 20', '$/old', /\$\/old runs on node20, which is gone from runners/],
  ['an action without main', '$/broken', /\$\/broken/],
  ['a folder without an action', '$/src', /Can't find 'action\.yml' or 'action\.yaml' for `uses: \$\/src`/],
  ['an unknown repository', 'octo-org/unknown@v1', /has no repository octo-org\/unknown/],
  ['an action without ref', 'actions/checkout', /names no action/],
  ['the repository of the workflow without a path', '$', /`uses: \$` names no action/],
  ['a composite action that names its own repository without a path', '$/pathless', /within a composite action names no path/],
];

for (const [topic, rows] of Object.entries({ 'JavaScript actions': javascript, 'composite actions': composite })) {
  describe(topic, () => {
    test.each(rows.map((row) => [row.behaviour, row.source, row] as const))('%s (%s)', async (_behaviour, _source, row) => {
      row.expect(await run(row));
    });
  });
}

describe('refused by name before any step runs', () => {
  test.each(refused)('%s', async (_what, uses, message) => {
    const ran = await run({ job: `\nsteps:\n  - run: echo never\n  - uses: ${uses}` });
    expect(messages(ran, 'error')).toEqual([expect.stringMatching(message)]);
    expect(ran).toMatchObject({ said: [], conclusion: 'failure' });
  });
});

describe('where actions come from', () => {
  const options = (more: JobOptions): JobOptions => ({ ...more, sha: world.repository.sha('main~1') });
  const job = (uses: string): string => `\nsteps:\n  - uses: ${uses}\n    with: { who: it, needed one: x }`;

  test('`$/` is the repository of the workflow file, at its commit or as its working copy lies', async () => {
    world.repository.exportTo('main', `${world.folder}/copy`);
    for (const source of [
      { folder: world.repository.path, sha },
      { folder: `${world.folder}/copy`, sha: null },
    ]) {
      const workflowSource = { repository: 'org/promote-action', ...source };
      expect(told(await run({ job: job('$/whole'), options: options({ workflowSource }) }))).toHaveLength(3);
    }
  });

  test('another repository is what the server half says it is', async () => {
    const repositories = { 'org/promote-action': { repository: 'org/promote-action', folder: world.repository.path, sha } };
    expect(told(await run({ job: job('org/promote-action/whole@v1'), options: options({ repositories }) }))).toHaveLength(3);
  });
});
