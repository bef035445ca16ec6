/** What the sandbox cannot run is refused by name, with file and line, and never passed over. */
import { expect, test } from 'vitest';
import { NotSupported } from '../../sandbox/runner/problems.ts';
import { job } from './rows/row.ts';
import { openStage } from './stage.ts';

const UNSUPPORTED: Readonly<Record<string, { readonly more: string; readonly what: string }>> = {
  container: { more: 'container: node:24', what: '"container"' },
  services: { more: 'services: { db: { image: postgres } }', what: '"services"' },
  snapshot: { more: 'snapshot: image', what: '"snapshot"' },
  'time to cancel': { more: 'cancel-timeout-minutes: 1', what: '"cancel-timeout-minutes"' },
};

test.each(Object.entries(UNSUPPORTED))('%s', async (_name, { more, what }) => {
  const stage = await openStage({ 'bad.yml': `on: push\njobs:\n  a: ${job(more)}`, 'good.yml': `on: push\njobs:\n  b: ${job()}` });
  const started = stage.runner.push('main');
  await expect(started).rejects.toThrow(NotSupported);
  await expect(started).rejects.toThrow(new RegExp(`\\.github/workflows/bad\\.yml:3:\\d+: ${what} is not supported by the sandbox`));
  await stage.runner.settled();
  expect(stage.results()).toEqual({ b: 'success' });
  await stage.close();
});

test('in a called workflow, too', async () => {
  const stage = await openStage({
    'ci.yml': 'on: push\njobs:\n  call: { uses: ./.github/workflows/called.yml }',
    'called.yml': `on: workflow_call\njobs:\n  a: ${job('container: node:24')}`,
  });
  await expect(stage.runner.push('main')).rejects.toThrow(/called\.yml:3:\d+: "container" is not supported by the sandbox/);
  expect(stage.sandbox.state.runs).toEqual([]);
  await stage.close();
});

test('a workflow that no event asks for may hold what the sandbox cannot run', async () => {
  const stage = await openStage({ 'ci.yml': `on: release\njobs:\n  a: ${job('container: node:24')}` });
  expect(await stage.runner.push('main')).toEqual([]);
  await stage.close();
});

test('a group of runners is refused when the job is about to start, and listed among the violations', async () => {
  const stage = await openStage(`on: push\njobs:\n  a: { runs-on: { group: big }, steps: [{ run: 'true' }] }`);
  await stage.runner.push('main');
  await stage.runner.settled();
  expect(stage.results()).toEqual({ a: 'failure' });
  expect(stage.sandbox.violations).toEqual([expect.stringMatching(/ci\.yml:3:\d+: "runs-on" with a group is not supported/)]);
  await stage.close();
});

test('a run that the runner did not start cannot be re-run, and a closed runner starts nothing', async () => {
  const stage = await openStage(`on: push\njobs:\n  a: ${job()}`);
  const { id } = stage.sandbox.given.run({ headSha: stage.repository.sha('main'), status: 'completed', conclusion: 'success' });
  await expect(stage.runner.rerun(id)).rejects.toThrow('was not started by the runner');
  await stage.runner.close();
  await expect(stage.runner.push('main')).rejects.toThrow('the runner is closed');
  await stage.close();
});
