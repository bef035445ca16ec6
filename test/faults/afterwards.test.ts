/** What is left on GitHub when a job ends half-way, and what the next run makes of it. */
import { afterEach, describe, expect, it } from 'vitest';
import type { Match } from '../../sandbox/github/index.ts';
import { type Attempt, DEPLOY, type Stage, stage } from './journeys.ts';

const ALWAYS = Number.POSITIVE_INFINITY;
const status =
  (state: string): Match =>
  ({ body, operation }) =>
    operation === 'repos/create-deployment-status' && (body as { state: string }).state === state;

let ready: Stage;
let attempt: Attempt;
afterEach(async () => {
  await attempt.world.close();
  await ready.close();
});

async function begin(): Promise<Attempt> {
  ready = await stage(DEPLOY);
  attempt = await ready.begin();
  return attempt;
}

const outcomes = () => attempt.world.records().map(({ outcome }) => outcome);

describe('a job that ends half-way', () => {
  it('withdraws its record when it could not say that it begins, and has touched nothing', async () => {
    const { world, job, run, executions } = await begin();
    const fault = world.sandbox.inject({ match: status('in_progress'), fault: 'reset', times: ALWAYS });
    const { main, post } = await job();
    expect([main.exitCode, post?.exitCode, executions()]).toEqual([1, 0, 0]);
    expect(main.log).toMatch(/^::error::Nothing was touched in dev: record \d+ could not be marked as in progress/m);
    expect(outcomes()).toEqual(['inactive']);
    fault.remove();
    run.rerun();
    expect((await job()).main.exitCode).toBe(0);
    expect([outcomes(), executions()]).toEqual([['inactive', 'success'], 1]);
  });

  it('withdraws its record when the door cannot be asked again', async () => {
    const { world, job, executions } = await begin();
    let questions = 0;
    world.sandbox.inject({
      match: ({ operationName }) => operationName === 'Evidence' && ++questions > 1,
      fault: 'truncate',
      times: ALWAYS,
    });
    const { main, post } = await job();
    expect([main.exitCode, post?.exitCode, executions()]).toEqual([1, 0, 0]);
    expect(outcomes()).toEqual(['inactive']);
    expect(world.records()[0]?.descriptions.at(-1)).toContain('nothing was touched');
  });

  it('counts as failed when it could not be recorded as a success, and the next run deploys again', async () => {
    const { world, job, run, executions } = await begin();
    const fault = world.sandbox.inject({ match: status('success'), fault: { status: 500 }, times: ALWAYS });
    const { post } = await job();
    expect(post?.exitCode).toBe(1);
    expect([outcomes(), executions()]).toEqual([['open'], 1]);
    fault.remove();
    run.finish('failure');
    run.rerun();
    expect((await run.plan()).outputs).toMatchObject({ environment: 'dev' });
    await job();
    expect([outcomes(), executions()]).toEqual([['error', 'success'], 2]);
  });

  it('is a success when only the answer about the success was lost, and nothing is deployed twice', async () => {
    const { world, job, run, executions } = await begin();
    const fault = world.sandbox.inject({ match: status('success'), fault: 'reset-after-effect', times: ALWAYS });
    const { post } = await job();
    expect(post?.exitCode, post?.log).toBe(0);
    fault.remove();
    run.rerun();
    const again = await job();
    expect(again.main).toMatchObject({ exitCode: 0, outputs: { verdict: 'complete', proceed: 'false' } });
    expect([outcomes(), executions()]).toEqual([['success'], 1]);
  });

  it.each([
    ['primary', 'API rate limit exceeded for installation ID 1.', 3000],
    ['secondary', 'You have exceeded a secondary rate limit.', 300],
  ])('records a success as soon as a %s limit lets it', async (kind, message, seconds) => {
    const { world, job, executions } = await begin();
    const reset = String(Math.floor(world.sandbox.clock.now() / 1000) + seconds);
    const headers = kind === 'primary' ? { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': reset } : { 'retry-after': String(seconds) };
    world.sandbox.inject({ match: status('success'), fault: { status: 403, body: { message }, headers } });
    const { post } = await job({ 'retry-wait': '0.001' });
    expect(post?.exitCode).toBe(0);
    expect(post?.log).toMatch(new RegExp(`${kind} rate limit is reached; waiting ${seconds / 100}\\d\\d s`));
    expect([outcomes(), executions()]).toEqual([['success'], 1]);
  });

  it('does not sit out a limit to record a failure, which the next run records', async () => {
    const { world, run, executions } = await begin();
    const body = { message: 'You have exceeded a secondary rate limit.' };
    world.sandbox.inject({ match: status('failure'), fault: { status: 403, body, headers: { 'retry-after': '300' } } });
    const inputs = { command: 'deploy', environment: 'dev', 'retry-wait': '0.001' };
    const post = await run.post(inputs, await run.main(inputs), 'failure');
    expect(post.exitCode).toBe(1);
    expect([outcomes(), executions()]).toEqual([['open'], 1]);
  });

  it('leaves its record to the next run when its machine is lost', async () => {
    const { job, run, executions } = await begin();
    await run.main({ command: 'deploy', environment: 'dev' });
    run.finish('failure');
    run.rerun();
    expect(outcomes()).toEqual(['open']);
    expect((await job()).main.exitCode).toBe(0);
    expect([outcomes(), executions()]).toEqual([['error', 'success'], 2]);
  });
});
