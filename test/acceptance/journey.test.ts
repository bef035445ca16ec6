import { afterEach, describe, expect, it } from 'vitest';
import { DIGEST } from '../digests.ts';
import { startWorld, type World } from './world.ts';

let world: World;
afterEach(() => world.close());

describe('a change on its way', () => {
  it('travels from a push to production, each promotion through its own door, with one request for a plan and at most six for a deploy', async () => {
    world = await startWorld();
    const run = world.push('main', 'Sell umbrellas');

    const plan = await run.plan();
    expect(plan).toMatchObject({
      exitCode: 0,
      requests: 1,
      outputs: { verdict: 'deploy', environment: 'dev', proceed: 'true', route: 'mainline' },
    });
    expect(JSON.parse(plan.outputs['stages'] ?? '')).toEqual([['dev'], ['uat'], ['staging'], ['production']]);
    expect(plan.summary).toContain('may enter **dev** now');

    for (const environment of ['dev', 'uat', 'staging', 'production']) {
      if (environment === 'uat') run.approve('mona', 'uat');
      if (environment === 'production') for (const user of ['mona', 'hubot']) run.approve(user, 'production');
      const job = await run.deploy(environment);
      expect(job).toMatchObject({ exitCode: 0, outputs: { verdict: 'deploy', proceed: 'true', environment }, post: { exitCode: 0 } });
      expect(job.requestsInAll).toBeLessThanOrEqual(6);
      expect(job.log).toContain(`deploying ${job.outputs['version']} to ${environment}`);
    }

    expect((await run.plan()).outputs).toMatchObject({ verdict: 'complete', environment: '', stages: '[]', 'artifact-digest': DIGEST });
    const records = world.records();
    expect(records.map(({ environment, outcome }) => [environment, outcome])).toEqual([
      ['dev', 'success'],
      ['uat', 'success'],
      ['staging', 'success'],
      ['production', 'success'],
    ]);
    expect(records[3]).toMatchObject({
      payload: { digest: DIGEST, approvedBy: ['mona', 'hubot'], route: 'mainline', candidate: { sha: run.sha } },
    });
  });

  it('asks for approval at plan time and names who may give it', async () => {
    world = await startWorld();
    const run = world.push();
    await run.promoteThrough('dev');
    const plan = await run.plan();
    expect(plan.outputs).toMatchObject({ verdict: 'ask', environment: 'uat', proceed: 'true', reason: 'approval_required' });
    expect(plan.outputs['explanation']).toContain('octo-org/qa');
  });
});
