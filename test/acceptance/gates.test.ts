import { afterEach, describe, expect, it } from 'vitest';
import { expectEntered, expectRefused } from './expectations.ts';
import { gated, JOB_PERMISSIONS, startWorld, type World } from './world.ts';

let world: World;
afterEach(() => world.close());

describe('what proves an approval', () => {
  const UNLISTED = { user: 'mona', environments: ['uat'], listed: false };

  it('a gate that trusts what GitHub enforces opens for the hold that GitHub had on the job, and records that nobody was named', async () => {
    world = await startWorld({ pipeline: gated('{ approvals: 1, by: [octo-org/qa], evidence: enforced }') });
    const run = world.push();
    world.sandbox.given.review(run.id, UNLISTED);
    run.identify('uat');
    const job = await run.deploy('uat');
    expectEntered(world, job, []);
  });

  it.each([
    ['has no environment', null, 'it has no "environment:", so GitHub held it for nobody'],
    ['is for another environment', 'dev', 'its identity is that of a job for dev'],
  ])('that trust needs a job that GitHub held: one that %s enters nothing, until it names it', async (_, environment, why) => {
    world = await startWorld({ pipeline: gated('{ approvals: 1, by: [octo-org/qa], evidence: enforced }') });
    const run = world.push();
    run.identify(environment);
    const refused = await run.deploy('uat');
    expectRefused(world, refused, 'enforcement_unproven');
    expect(refused.outputs['explanation']).toContain(why);
    run.identify('UAT');
    expectEntered(world, await run.deploy('uat'), []);
  });

  it.each([
    ['of another run', { run: 1 }, 'is that of another job'],
    ['that somebody else signed', { forged: true }, 'is not signed by GitHub'],
  ])('an identity %s proves nothing', async (_, options, why) => {
    world = await startWorld({ pipeline: gated('{ approvals: 1, by: [octo-org/qa], evidence: enforced }') });
    const run = world.push();
    run.identify('uat', options);
    const refused = await run.deploy('uat');
    expectRefused(world, refused, 'enforcement_unproven');
    expect(refused.outputs['explanation']).toContain(why);
  });

  it('a job without an identity is told what proves the hold, and opens for an approval that is listed', async () => {
    world = await startWorld({ pipeline: gated('{ approvals: 1, by: [octo-org/qa], evidence: enforced }') });
    const run = world.push();
    world.sandbox.given.review(run.id, UNLISTED);
    const refused = await run.deploy('uat');
    expectRefused(world, refused, 'enforcement_unproven');
    expect(refused.outputs['explanation']).toContain('id-token: write');
    run.approve('mona', 'uat');
    expectEntered(world, await run.deploy('uat'), ['mona']);
  });

  it('a gate that wants to see approvals stays closed when GitHub does not list them', async () => {
    world = await startWorld({ pipeline: gated('{ approvals: 1, by: [octo-org/qa] }') });
    const run = world.push();
    world.sandbox.given.review(run.id, UNLISTED);
    const refused = await run.deploy('uat');
    expectRefused(world, refused, 'approval_missing');
    expect(refused.outputs['explanation']).toContain('nobody has given one that counts');
  });

  it("GitHub's hold proves one approval, never two, and none that could be an excluded person's", async () => {
    world = await startWorld({ pipeline: gated('{ approvals: 2, by: [octo-org/qa], evidence: enforced }') });
    const run = world.push();
    world.sandbox.given.review(run.id, UNLISTED);
    run.identify('uat');
    expectRefused(world, await run.deploy('uat'), 'approval_missing');

    const excluding = gated('{ approvals: 1, by: [octo-org/qa], exclude: [initiator], evidence: enforced }');
    const other = world.push('main', 'Exclude the initiator', { '.github/promote.yml': excluding });
    world.sandbox.given.review(other.id, UNLISTED);
    other.identify('uat');
    expectRefused(world, await other.deploy('uat'), 'approval_missing');
    world.sandbox.given.environment('uat', { preventSelfReview: true });
    expectEntered(world, await other.deploy('uat'), []);
  });
});

describe('a gate that GitHub does not keep', () => {
  it('is no gate where the environment has no required reviewers: nothing enters, at the plan and at the door', async () => {
    world = await startWorld({ pipeline: gated('{ approvals: 1, by: [octo-org/qa], evidence: enforced }') });
    world.sandbox.given.environment('uat', { reviewers: [] });
    const run = world.push();
    const plan = await run.plan();
    expect(plan).toMatchObject({
      exitCode: 0,
      outputs: { verdict: 'blocked', proceed: 'false', reason: 'reviewers_missing', environments: '[]' },
    });
    expect(plan.outputs['explanation']).toContain('uat has no required reviewers on GitHub');
    expect(plan.log).toMatch(/^::warning /m);
    expectRefused(world, await run.deploy('uat'), 'reviewers_missing', 'approval_missing');
  });

  it('is no gate where other people may approve too, because an approval does not say for which team it was given', async () => {
    world = await startWorld({ pipeline: gated('{ approvals: 1, by: [octo-org/qa] }') });
    world.sandbox.given.environment('uat', { reviewers: ['octo-org/qa', 'stranger'] });
    const run = world.push();
    run.approve('mona', 'uat');
    const refused = await run.deploy('uat');
    expectRefused(world, refused, 'reviewers_insufficient', 'approval_missing');
    expect(refused.outputs['explanation']).toContain('stranger is a required reviewer too');
  });

  it('is no gate where fewer people may approve than it asks for', async () => {
    world = await startWorld({ pipeline: gated('{ approvals: 2, exclude: [initiator] }') });
    world.sandbox.given.environment('uat', { reviewers: ['mona', 'octocat'] });
    const plan = await world.push().plan();
    expect(plan.outputs).toMatchObject({ verdict: 'blocked', reason: 'reviewers_insufficient' });
    expect(plan.outputs['explanation']).toContain('2 approvals are asked for, and 1 of the required reviewers may give one');
  });

  it('is no gate where GitHub has no such environment, and none is made on the way', async () => {
    world = await startWorld({ pipeline: gated('{ approvals: 1, by: [octo-org/qa] }') });
    world.sandbox.given.removeEnvironment('uat');
    const run = world.push();
    expect((await run.plan()).outputs).toMatchObject({ verdict: 'blocked', proceed: 'false', reason: 'environment_missing' });
    const refused = await run.deploy('uat');
    expectRefused(world, refused, 'environment_missing', 'approval_missing');
    expect(refused.outputs['explanation']).toContain('GitHub has no environment uat');
    expect(world.sandbox.state.environments.map(({ name }) => name)).not.toContain('uat');
  });

  it('never opens for a token that may not read how the environment is protected', async () => {
    world = await startWorld({ pipeline: gated('{ approvals: 1, by: [octo-org/qa], evidence: enforced }') });
    const sha = world.push().sha;
    const token = world.sandbox.token({ permissions: { ...JOB_PERMISSIONS, actions: 'none' } });
    const run = world.run({ sha, token });
    run.approve('mona', 'uat');
    const plan = await run.plan();
    expect(plan.outputs).toMatchObject({ verdict: 'blocked', proceed: 'false' });
    expect(JSON.parse(plan.outputs['reasons'] ?? '')).toContain('protection_unread');
    const refused = await run.deploy('uat');
    expect(refused.outputs['explanation']).toContain('actions: read');
    expectRefused(world, refused, 'protection_unread', 'approvals_unread');
  });
});
