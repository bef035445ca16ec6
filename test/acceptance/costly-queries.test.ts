import { afterEach, expect, it } from 'vitest';
import { startWorld, type World } from './world.ts';

let world: World;
afterEach(() => world.close());

it.each([
  ['answers in part', 'in part'],
  ['does not answer in time', 502],
] as const)(
  'a query that is too costly, so that GitHub %s, is asked in parts, and a change goes its way all the same',
  async (_, tooCostly) => {
    world = await startWorld({ mostNodes: 4000, tooCostly });
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
  },
);
