import { afterEach, describe, expect, it } from 'vitest';
import { startWorld, type World } from './world.ts';

let world: World;
afterEach(() => world.close());

const PIPELINE = `version: 1
environments:
  uat:
    role: uat
    deploy: { run: 'true' }
    acceptance: { approvals: 1, by: [mona, octocat], exclude: [initiator] }
  production: { role: production, gate: { approvals: 1 }, deploy: { run: 'true' } }
routes:
  - { name: mainline, branches: [main], path: [uat, production] }
`;

/** A candidate that is live in uat, whose acceptance somebody has to give. */
async function inUat() {
  world = await startWorld({ pipeline: PIPELINE });
  world.sandbox.given.environment('uat', { reviewers: [] });
  world.sandbox.given.environment('uat-acceptance', { reviewers: ['mona', 'octocat', 'hubot'] });
  const run = world.push();
  expect(await run.deploy('uat')).toMatchObject({ exitCode: 0 });
  return run;
}

describe('an acceptance', () => {
  it('is what production waits for, is recorded with who gave it, and is not recorded twice', async () => {
    const run = await inUat();
    expect((await run.plan()).outputs).toMatchObject({ verdict: 'wait', environment: 'uat', reason: 'acceptance_missing' });
    run.approve('mona', 'uat-acceptance');
    const accepted = await run.accept('uat');
    expect(accepted).toMatchObject({ exitCode: 0, outputs: { 'approved-by': '["mona"]' } });
    expect(accepted.summary).toContain('is accepted in **uat** by mona');
    expect(world.records().at(-1)).toMatchObject({
      task: 'promote:acceptance',
      environment: 'uat',
      outcome: 'success',
      payload: { approvedBy: ['mona'] },
    });
    expect((await run.plan()).outputs).toMatchObject({ verdict: 'ask', environment: 'production' });
    expect(await run.accept('uat')).toMatchObject({ exitCode: 0, outputs: { verdict: 'complete' } });
    expect(world.records().filter(({ task }) => task === 'promote:acceptance')).toHaveLength(1);
  });

  it.each([
    ['somebody who was not asked', 'hubot'],
    ['whoever started the run', 'octocat'],
  ])('by %s does not count', async (_who, user) => {
    const run = await inUat();
    run.approve(user, 'uat-acceptance');
    expect(await run.accept('uat')).toMatchObject({ exitCode: 1, outputs: { reason: 'acceptance_unapproved', proceed: 'false' } });
    expect(world.records()).toHaveLength(1);
  });

  it('of something that is no longer there is refused', async () => {
    const run = await inUat();
    await world.push('main', 'Newer').deploy('uat');
    run.approve('mona', 'uat-acceptance');
    expect(await run.accept('uat')).toMatchObject({ exitCode: 1, outputs: { reason: 'acceptance_not_live' } });
  });

  it('whose environment was deleted is refused, and the reason says what is missing', async () => {
    const run = await inUat();
    world.sandbox.given.removeEnvironment('uat-acceptance');
    run.approve('mona', 'uat-acceptance');
    const job = await run.accept('uat');
    expect(job).toMatchObject({ exitCode: 1, outputs: { reason: 'acceptance_unprotected' } });
    // GitHub made it anew when the job named it, and without reviewers.
    expect(job.log).toContain('uat-acceptance has no required reviewers on GitHub');
  });
});
