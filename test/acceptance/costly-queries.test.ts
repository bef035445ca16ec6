import { afterEach, expect, it } from 'vitest';
import { startWorld, type World } from './world.ts';

let world: World;
afterEach(() => world.close());

it('a query that GitHub finds too costly is asked in parts, and a change goes its way all the same', async () => {
  world = await startWorld({ mostNodes: 4000 });
  const run = world.push();
  const plan = await run.plan();
  expect(plan).toMatchObject({ exitCode: 0, outputs: { verdict: 'deploy', environment: 'dev' } });
  expect(plan.requests).toBeGreaterThan(1);
  expect(plan.requests).toBeLessThanOrEqual(21);
  await run.promoteThrough('dev', 'uat', 'staging', 'production');
  expect(world.records().map(({ environment, outcome }) => [environment, outcome])).toEqual([
    ['dev', 'success'],
    ['uat', 'success'],
    ['staging', 'success'],
    ['production', 'success'],
  ]);
});
