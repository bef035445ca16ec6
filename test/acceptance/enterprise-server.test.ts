import { afterEach, describe, expect, it } from 'vitest';
import { startWorld, type World } from './world.ts';

let world: World;
afterEach(() => world.close());

describe('GitHub Enterprise Server', () => {
  it('is asked under its own addresses, from a plan to a record', async () => {
    world = await startWorld({ ghes: {} });
    expect(world.sandbox.apiUrl).toMatch(/\/api\/v3$/);
    const run = world.push();
    expect(await run.plan()).toMatchObject({ exitCode: 0, requests: 1, outputs: { verdict: 'deploy', environment: 'dev' } });
    const job = await run.promoteThrough('dev', 'uat');
    expect(job.requestsInAll).toBeLessThanOrEqual(6);
    expect(world.records().map(({ environment, outcome }) => [environment, outcome])).toEqual([
      ['dev', 'success'],
      ['uat', 'success'],
    ]);
  });

  it('that is older than a field of the query opens nothing, and is named as the likely cause', async () => {
    world = await startWorld({ ghes: { lacksFields: ['DeploymentProtectionRule.preventSelfReview'] } });
    const run = world.push();
    const plan = await run.plan();
    expect(plan).toMatchObject({ exitCode: 1, outputs: {} });
    expect(plan.outputs).not.toHaveProperty('verdict');
    expect(plan.log).toMatch(/^::error::.*preventSelfReview.*If this is GitHub Enterprise Server, its version may be too old/m);
    expect(await run.deploy('dev')).toMatchObject({ exitCode: 1, post: { exitCode: 0 } });
    expect(world.records()).toEqual([]);
  });

  it('without an operation that a decision needs blocks with that as its reason', async () => {
    world = await startWorld({ ghes: { lacksOperations: ['repos/compare-commits-with-basehead'] }, artifacts: 'own' });
    const gone = world.repository.commit('experiment', { 'src/shop.txt': 'hats' }, 'Sell hats');
    world.sandbox.given.deployment({ sha: gone, environment: 'staging', statuses: ['success'], creator: 'mona' });
    const run = world.push('hotfix/invoices');
    const plan = await run.plan();
    expect(plan).toMatchObject({
      exitCode: 0,
      outputs: { verdict: 'blocked', reason: 'ancestry_unread', environment: 'staging', proceed: 'false' },
    });
  });
});
