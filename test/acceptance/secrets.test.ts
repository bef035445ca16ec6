import { afterEach, describe, expect, it } from 'vitest';
import type { JobResult } from './world.ts';
import { OWN_STEPS, startWorld, type World } from './world.ts';

let world: World;
afterEach(() => world.close());

/** Everything that a job shows or leaves, but for the line that tells the runner what to hide. */
function everything(...steps: readonly Pick<JobResult, 'log' | 'summary' | 'outputs' | 'state'>[]): string {
  const shown = steps.map(({ log, summary, outputs, state }) => [log.replaceAll(/^::add-mask::.*$/gm, ''), summary, outputs, state]);
  return JSON.stringify([shown, world.sandbox.state.deployments, world.sandbox.state.issues]);
}

describe('the token', () => {
  it.each([
    ['refused', { status: 401, body: { message: 'Bad credentials' } }],
    ['cut off', 'reset'],
  ] as const)('is shown nowhere when every request is %s', async (_name, fault) => {
    world = await startWorld();
    world.sandbox.inject({ match: {}, fault, times: Number.POSITIVE_INFINITY });
    const run = world.push();
    const plan = await run.plan();
    const job = await run.deploy('dev');
    expect([plan.exitCode, job.exitCode]).toEqual([1, 1]);
    // The runner hides what it was told to hide before anything else is printed.
    expect(job.log).toMatch(/^::add-mask::/m);
    const all = everything(plan, job, job.post);
    expect(all).not.toContain(world.token);
    expect(all).not.toContain(Buffer.from(`x-access-token:${world.token}`).toString('base64'));
  });

  it('is not handed to a verification in the post phase either, and neither are the other inputs', async () => {
    world = await startWorld({ pipeline: OWN_STEPS.replace('routes:', "    verify: { run: 'env | sort' }\nroutes:") });
    const run = world.push();
    run.approve('mona', 'production');
    const job = await run.deploy('production');
    expect(job.post.log).toContain('PROMOTE_ENVIRONMENT=production');
    expect(job.post.log).not.toMatch(/^(INPUT|STATE)_/m);
    expect(everything(job, job.post)).not.toContain(world.token);
  });
});
