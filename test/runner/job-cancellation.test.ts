import { afterAll, beforeAll, expect, test } from 'vitest';
import { AT_ONCE } from '../../sandbox/runner/job/contract.ts';
import { conclusions, createWorld, messages, QUICK, RUNNER_TIMING, SOURCES, type World } from './one-job.ts';

let world: World;
beforeAll(() => {
  world = createWorld();
});
afterAll(() => world.close());

/** Cancels when a step says so. */
const whenReady = (line: string, cancel: () => void): void => {
  if (line.startsWith('ready')) cancel();
};

const deaf = 'const { setTimeout: wait } = require("node:timers"); console.log("ready"); wait(() => {}, 30000);';

test(`GitHub waits 7.5 s after SIGINT and 2.5 s after SIGTERM (${SOURCES.cancellation})`, () => {
  expect(RUNNER_TIMING).toMatchObject({ patience: { afterInterrupt: 7500, afterTerminate: 2500 }, grace: 300_000 });
});

test(`SIGINT, then SIGTERM, then the end of the process tree (${SOURCES.cancellation})`, async () => {
  const ran = await world.run(
    `
steps:
  - name: Deaf
    shell: ${process.execPath} {0}
    run: |
      process.on('SIGINT', () => console.log('SIGINT'));
      process.on('SIGTERM', () => console.log('SIGTERM'));
      ${deaf}`,
    { onLine: whenReady },
  );
  expect(ran.said).toEqual(['ready', 'SIGINT', 'SIGTERM']);
  expect(conclusions(ran)).toEqual(['Deaf: cancelled']);
  expect(messages(ran, 'error')).toEqual(['The operation was canceled.']);
  expect(ran.conclusion).toBe('cancelled');
});

test(`a step that ends well when it is asked to stop is cancelled all the same (${SOURCES.stepsRunner})`, async () => {
  const ran = await world.run(`\nsteps:\n  - { name: Obedient, run: "trap 'echo stops; exit 0' INT; echo ready; sleep 20 & wait" }`, {
    onLine: whenReady,
  });
  expect(ran.said).toEqual(['ready', 'stops']);
  expect(conclusions(ran)).toEqual(['Obedient: cancelled']);
});

test(`the signal goes to the step's own process, not to its children (${SOURCES.cancellation})`, async () => {
  const ran = await world.run(
    `
steps:
  - run: |
      trap 'kill $child' TERM
      bash -c 'trap "echo child was asked" INT; trap "exit 0" TERM; echo ready; while sleep 0.02; do :; done' & child=$!
      wait $child`,
    { onLine: whenReady },
  );
  expect(ran.said).toEqual(['ready']);
});

test(`steps whose condition still holds go on and run, others do not (${SOURCES.cancellation})`, async () => {
  const ran = await world.run(
    `
steps:
  - { name: Goes on, if: always(), run: "echo ready; sleep 0.3; echo went on" }
  - { name: Default, run: echo never }
  - { name: Failure, if: failure(), run: echo never }
  - { name: Cancelled, if: cancelled(), run: "echo \${{ job.status }}" }
  - { name: Always, if: always(), run: echo always }`
      .replace(" \\${{ cancelled() || 'x' }}", '')
      .replace(" ${{ cancelled() || 'x' }}", ''),
    { onLine: whenReady },
  );
  expect(conclusions(ran)).toEqual(['Goes on: success', 'Default: skipped', 'Failure: skipped', 'Cancelled: success', 'Always: success']);
  expect(ran.said).toEqual(['ready', 'went on', 'cancelled', 'always']);
  expect(ran.conclusion).toBe('cancelled');
});

test(`an action that is cancelled still has its post phase, which knows it (${SOURCES.metadata}#runspost)`, async () => {
  const sha = world.repository.commit(
    'main',
    {
      'act/action.yml':
        'name: A\ndescription: A\ninputs: { s: { description: S, default: "${{ job.status }}" } }\nruns: { using: node24, main: main.js, post: post.js }',
      'act/main.js': `process.on('SIGINT', () => { console.log('asked'); process.exit(0); }); ${deaf}`,
      'act/post.js': 'console.log("post", process.env.INPUT_S)',
      'both/action.yml': 'name: B\ndescription: B\nruns: { using: composite, steps: [{ uses: $/act }, { shell: bash, run: echo never }] }',
    },
    'act',
  );
  for (const uses of ['$/act', '$/both']) {
    const ran = await world.run(`\nsteps:\n  - { name: It, uses: ${uses} }`, { sha, onLine: whenReady });
    expect(ran.said).toEqual(['ready', 'asked', 'post cancelled']);
    expect(conclusions(ran)[0]).toBe('It: cancelled');
  }
});

test(`five minutes after a cancellation everything is ended (${SOURCES.cancellation})`, async () => {
  const ran = await world.run(
    `
steps:
  - { name: Endless, if: always(), run: "trap '' INT TERM; echo ready; while :; do sleep 0.1; done" }
  - { name: Later, if: always(), run: echo never }`,
    { onLine: whenReady, timing: { ...QUICK, grace: 500 } },
  );
  expect(ran.said).toEqual(['ready']);
  expect(conclusions(ran)[1]).toBe('Later: skipped');
  expect(ran.conclusion).toBe('cancelled');
});

test('what is to end at once does: nothing is asked, no step follows, and no post phase', async () => {
  const began = performance.now();
  const ran = await world.run(
    `
steps:
  - uses: actions/checkout@v7
  - { name: Endless, if: always(), run: "trap '' INT TERM; echo ready; while :; do sleep 0.1; done" }
  - { name: Later, if: always(), run: echo never }`,
    { onLine: (line, cancel) => (line === 'ready' ? cancel(AT_ONCE) : undefined), timing: RUNNER_TIMING },
  );
  expect(performance.now() - began).toBeLessThan(RUNNER_TIMING.patience.afterInterrupt);
  expect(ran.said.at(-1)).toBe('ready');
  expect(conclusions(ran).slice(1)).toEqual(['Endless: cancelled', 'Later: skipped', 'Post Run actions/checkout@v7: skipped']);
});
