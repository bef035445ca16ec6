import { afterEach, describe, expect, it } from 'vitest';
import { startWorld, type World } from './world.ts';

let world: World;
afterEach(() => world.close());

describe('ids beyond what GraphQL calls an integer', () => {
  it('are read all the same: a run’s approvals, its records and its place in the queue', async () => {
    world = await startWorld({ firstId: 30_000_000_000 });
    const run = world.push();
    await run.promoteThrough('dev', 'uat');
    expect(world.records().map(({ id, environment, outcome }) => [id > 2 ** 31, environment, outcome])).toEqual([
      [true, 'dev', 'success'],
      [true, 'uat', 'success'],
    ]);
    const plan = await run.plan();
    expect(plan).toMatchObject({ exitCode: 0, requests: 2, outputs: { environment: 'staging', verdict: 'deploy' } });
  });
});
