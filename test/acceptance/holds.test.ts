import { afterEach, describe, expect, it } from 'vitest';
import { startWorld, type World } from './world.ts';

let world: World;
afterEach(() => world.close());

const hold = (title: string, labelledBy = 'mona') => world.sandbox.given.issue({ title, labels: ['promote:hold'], author: labelledBy });
const veto = (title: string, labelledBy = 'mona') => world.sandbox.given.issue({ title, labels: ['promote:veto'], author: labelledBy });

describe('holds and vetoes', () => {
  it('a hold closes its environment and no other, names who set it, and opens it again when the issue is closed', async () => {
    world = await startWorld();
    const run = world.push();
    const issue = hold('dev: database upgrade');
    const plan = await run.plan();
    expect(plan.outputs).toMatchObject({ verdict: 'wait', environment: 'dev', reason: 'held', proceed: 'false' });
    expect(plan.outputs['explanation']).toMatch(/mona.*database upgrade/s);
    expect(await run.deploy('dev')).toMatchObject({ exitCode: 1 });
    expect(world.records()).toEqual([]);

    world.sandbox.given.closeIssue(issue.number);
    await run.promoteThrough('dev');
    hold('production: database upgrade');
    expect((await run.plan()).outputs).toMatchObject({ verdict: 'ask', environment: 'uat' });
  });

  it('a hold by somebody without triage rights is no hold', async () => {
    world = await startWorld();
    hold('dev: I do not like it', 'stranger');
    expect((await world.push().plan()).outputs).toMatchObject({ verdict: 'deploy', environment: 'dev' });
  });

  it('a hold that does not say which environment holds them all', async () => {
    world = await startWorld();
    hold('please wait');
    expect((await world.push().plan()).outputs).toMatchObject({ verdict: 'wait', reason: 'held' });
  });

  it.each([
    ['commit', (sha: string) => sha.slice(0, 10)],
    ['version', (sha: string) => `main@${sha.slice(0, 7)}`],
  ])('a veto by %s forbids this candidate and lets another pass', async (_by, name) => {
    world = await startWorld();
    const run = world.push();
    veto(`${name(run.sha)}: corrupts invoices`);
    expect((await run.plan()).outputs).toMatchObject({ verdict: 'blocked', reason: 'vetoed' });
    expect((await world.push('main', 'Mended').plan()).outputs).toMatchObject({ verdict: 'deploy', environment: 'dev' });
  });

  it('a veto set while the job waits for its reviewers stops it at the door', async () => {
    world = await startWorld();
    const run = world.push();
    await run.promoteThrough('dev');
    expect((await run.plan()).outputs).toMatchObject({ verdict: 'ask' });
    veto(`${run.sha.slice(0, 12)}: corrupts invoices`);
    run.approve('mona', 'uat');
    expect(await run.deploy('uat')).toMatchObject({ exitCode: 1, outputs: { verdict: 'blocked' } });
    expect(world.records().map(({ environment }) => environment)).toEqual(['dev']);
  });

  it('issues that cannot be read open nothing', async () => {
    world = await startWorld();
    const run = world.push();
    const blind = world.sandbox.token({
      permissions: { actions: 'read', checks: 'read', contents: 'read', deployments: 'write', 'pull-requests': 'read' },
    });
    const job = await run.deploy('dev', { token: blind });
    expect(job.exitCode).toBe(1);
    expect(job.log).toMatch(/issues/);
    expect(world.records()).toEqual([]);
  });
});
