/** Both halves together: what the server decides and what the machine does. */
import { expect, test } from 'vitest';
import { createJobExecutor } from '../../sandbox/runner/job/execute.ts';
import { QUICK } from './one-job.ts';
import { pushed } from './stage.ts';

/** Does not wait as long as GitHub does for what will not stop. */
const executeJob = createJobExecutor(QUICK);

test('steps run, outputs and artifacts reach later jobs, secrets are masked, and the job tells its steps', async () => {
  const stage = await pushed(
    `
name: CI
on: push
permissions: { contents: read }
env: { GREETING: 'hello \${{ github.ref_name }}' }
jobs:
  build:
    runs-on: ubuntu-latest
    outputs: { word: '\${{ steps.say.outputs.word }}', digest: '\${{ steps.up.outputs.artifact-digest }}', leak: '\${{ secrets.KEY }}' }
    steps:
      - uses: actions/checkout@v4
      - id: say
        run: |
          echo "word=$GREETING" >> "$GITHUB_OUTPUT"
          echo "the key is \${{ secrets.KEY }}"
          echo "# Built" >> "$GITHUB_STEP_SUMMARY"
          cp hello.txt out.txt
      - { id: up, uses: actions/upload-artifact@v4, with: { name: out, path: out.txt } }
  use:
    needs: build
    runs-on: ubuntu-latest
    environment: { name: dev, url: 'https://\${{ needs.build.outputs.word }}.example.com' }
    steps:
      - { uses: actions/download-artifact@v4, with: { name: out } }
      - run: test "$(cat out.txt)" = "from git" && test "$GITHUB_JOB" = use && test -z "$KEY"
  bad:
    needs: use
    runs-on: ubuntu-latest
    steps: [{ name: Fall over, run: exit 3 }]
`,
    { executeJob, secrets: { KEY: 'open-sesame' }, files: { 'hello.txt': 'from git' } },
  );
  const { runner } = stage;
  expect([stage.results(), runner.log(stage.job('build').id), runner.log(stage.job('use').id)]).toEqual([
    { build: 'success', use: 'success', bad: 'failure' },
    expect.stringContaining('the key is ***'),
    expect.not.stringContaining('open-sesame'),
  ]);
  expect(stage.job('build')).toMatchObject({ outputs: { word: 'hello main' }, summary: expect.stringContaining('# Built') });
  expect(stage.job('build').outputs).not.toHaveProperty('leak');
  expect(stage.job('build').outputs['digest']).toBe(stage.sandbox.state.artifacts[0]?.digest.replace('sha256:', ''));
  expect(stage.job('use').environment).toMatchObject({ name: 'dev', url: 'https://hello main.example.com', waitingSince: null });
  expect(stage.job('bad').steps.find(({ name }) => name === 'Fall over')).toMatchObject({ status: 'completed', conclusion: 'failure' });
  expect(stage.sandbox.violations).toEqual([]);
  await stage.close();
});

test('timeout-minutes ends a job that takes too long, as cancelled (reference/workflows-and-actions/workflow-syntax#jobsjob_idtimeout-minutes)', async () => {
  const stage = await pushed(
    `
on: push
jobs:
  a: { runs-on: ubuntu-latest, timeout-minutes: 1, steps: [{ run: sleep 60 }] }
  b: { runs-on: ubuntu-latest, needs: a, if: always(), steps: [{ run: 'true' }] }
`,
    { executeJob },
  );
  expect(stage.results()).toEqual({ a: 'cancelled', b: 'success' });
  await stage.close();
});

test('a running step is asked to stop when its run is cancelled, and always() steps still run', async () => {
  const stage = await pushed('on: workflow_dispatch\njobs: { none: { runs-on: ubuntu-latest, steps: [{ run: exit 1 }] } }', { executeJob });
  stage.repository.commit(
    'main',
    {
      '.github/workflows/ci.yml': `
on: push
jobs:
  a:
    runs-on: ubuntu-latest
    steps:
      - run: echo begun && sleep 60
      - { if: always(), run: echo cleaned }
`,
    },
    'Run on push',
  );
  const said = new Promise<void>((resolve) => {
    stage.runner.onEvent((event) => {
      if (event.kind === 'log' && event.line.endsWith('begun') && !event.line.includes('echo')) resolve();
    });
  });
  const [id = 0] = await stage.runner.push('main');
  await said;
  await stage.runner.cancel(id);
  await stage.runner.settled();
  expect(stage.run(id).conclusion).toBe('cancelled');
  expect(stage.runner.log(stage.job('a', id).id)).toMatch(/^.*cleaned$/m);
  await stage.close();
});
