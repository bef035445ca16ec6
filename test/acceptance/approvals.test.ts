import { afterEach, describe, expect, it } from 'vitest';
import { digestOf } from '../digests.ts';
import { expectEntered, expectRefused } from './expectations.ts';
import { gated, type JobRun, startWorld, type World } from './world.ts';

let world: World;
afterEach(() => world.close());

/** A commit on main whose author gives that address, and its run. */
function pushAs({ repository }: World, address: string): JobRun {
  const identity = ['-c', 'user.name=A name', '-c', `user.email=${address}`];
  const sha = repository.git(...identity, 'commit-tree', 'main^{tree}', '-p', 'main', '-m', 'A change');
  repository.git('update-ref', 'refs/heads/main', sha);
  return world.run({ sha, actor: 'octocat' });
}

describe('one approval', () => {
  it('lets one candidate in, whatever another job of the same run names', async () => {
    world = await startWorld({ artifacts: 'own' });
    const older = world.push('main', 'The first');
    await older.promoteThrough('dev');
    const run = world.push('main', 'The second');
    await run.promoteThrough('dev');
    run.approve('mona', 'uat');
    expect(await run.deploy('uat', { ref: 'refs/heads/main', sha: older.sha, 'artifact-digest': digestOf(older.sha) })).toMatchObject({
      exitCode: 0,
    });
    expect(await run.deploy('uat')).toMatchObject({ exitCode: 1, outputs: { reason: 'approval_stale', proceed: 'false' } });
    expect(world.records().filter(({ environment }) => environment === 'uat')).toHaveLength(1);
  });
});

describe('whose approval counts', () => {
  it('one person who approves twice has approved once; the second person opens the door, and both are on record', async () => {
    world = await startWorld({ pipeline: gated('{ approvals: 2, by: [octo-org/qa] }') });
    const run = world.push();
    run.approve('mona', 'uat');
    run.approve('mona', 'uat');
    const refused = await run.deploy('uat');
    expectRefused(world, refused, 'approval_missing');
    expect(refused.outputs['explanation']).toContain('2 approvals are asked for, and only mona gave one that counts');
    expect(refused.summary).toContain('Approvals for uat: 1 of 2');
    expect(refused.requestsInAll).toBe(1);

    run.approve('hubot', 'uat');
    const job = await run.deploy('uat');
    expectEntered(world, job, ['mona', 'hubot']);
    expect(job.summary).toContain('given by mona and hubot');
  });

  it('who started the run cannot approve it where the gate excludes the initiator', async () => {
    world = await startWorld({ pipeline: gated('{ approvals: 1, by: [octo-org/qa], exclude: [initiator] }') });
    const run = world.push();
    run.approve('octocat', 'uat');
    const refused = await run.deploy('uat');
    expectRefused(world, refused, 'approval_missing');
    expect(refused.outputs['explanation']).toContain('the initiator may not');
    expect(refused.summary).toContain('whoever started this run does not count');

    run.approve('hubot', 'uat');
    expectEntered(world, await run.deploy('uat'), ['hubot']);
  });

  it('the initiator stays the initiator when GitHub writes the login in other letters', async () => {
    world = await startWorld({ pipeline: gated('{ approvals: 1, exclude: [initiator] }') });
    const sha = world.push().sha;
    const run = world.run({ sha, actor: 'OctoCat' });
    run.approve('octocat', 'uat');
    expectRefused(world, await run.deploy('uat'), 'approval_missing');
  });

  it('in a re-run who started it first stays an initiator beside who started it again', async () => {
    world = await startWorld({ pipeline: gated('{ approvals: 1, by: [octo-org/qa], exclude: [initiator] }') });
    const run = world.push();
    run.approve('mona', 'uat');
    run.approve('octocat', 'uat');
    run.rerun('mona');
    expectRefused(world, await run.deploy('uat'), 'approval_missing');
    run.approve('hubot', 'uat');
    expectEntered(world, await run.deploy('uat'), ['hubot']);
  });

  it('who started an attempt in between is an initiator, as its record says', async () => {
    world = await startWorld({ pipeline: gated('{ approvals: 1, by: [octo-org/qa], exclude: [initiator] }') });
    const run = world.push();
    run.rerun('mona');
    run.approve('hubot', 'uat');
    expect(await run.deploy('uat', {}, 'failure')).toMatchObject({ exitCode: 0 });
    run.rerun('octocat');
    run.approve('mona', 'uat');
    const job = await run.deploy('uat');
    expect(job).toMatchObject({ exitCode: 0, outputs: { 'approved-by': '["hubot"]' } });
  });

  it('who wrote the change, or opened its pull request, cannot approve it where the gate excludes the author', async () => {
    world = await startWorld({ pipeline: gated('{ approvals: 1, by: [octo-org/qa], exclude: [author] }') });
    const sha = world.repository.commit('main', { 'shop.txt': 'umbrellas' }, 'Sell umbrellas', 'hubot');
    world.sandbox.given.pullRequest({ author: 'mona', commits: [sha] });
    const run = world.run({ sha, actor: 'octocat' });
    run.approve('hubot', 'uat');
    run.approve('mona', 'uat');
    const refused = await run.deploy('uat');
    expectRefused(world, refused, 'approval_missing');
    expect(refused.outputs['explanation']).toContain('the author may not');

    run.approve('octocat', 'uat');
    expectEntered(world, await run.deploy('uat'), ['octocat']);
  });

  it('who wrote an earlier commit that enters with the candidate cannot approve it; what is live already keeps nobody out', async () => {
    world = await startWorld({ pipeline: gated('{ approvals: 1, by: [octo-org/qa], exclude: [author] }'), artifacts: 'own' });
    const live = world.repository.commit('main', { 'shop.txt': 'tea' }, 'Sell tea', 'mona');
    world.record({ environment: 'uat', sha: live });
    world.repository.commit('main', { 'shop.txt': 'umbrellas' }, 'Sell umbrellas', 'octocat');
    const run = world.push('main', 'A typo', { 'README.md': 'shop' }, 'hubot');
    run.approve('octocat', 'uat');
    expect(await run.deploy('uat')).toMatchObject({ exitCode: 1, outputs: { reason: 'approval_missing', proceed: 'false' } });
    run.approve('mona', 'uat');
    const job = await run.deploy('uat');
    expect(job).toMatchObject({ exitCode: 0, outputs: { 'approved-by': '["mona"]' } });
  });

  it('nobody counts where the author is excluded and GitHub knows no account for whoever wrote the change', async () => {
    world = await startWorld({ pipeline: gated('{ approvals: 1, by: [octo-org/qa], exclude: [author] }') });
    world.sandbox.given.user('octocat', { emails: ['another@example.com'] });
    const run = world.push();
    run.approve('mona', 'uat');
    const refused = await run.deploy('uat');
    expectRefused(world, refused, 'authors_unread');
    expect(refused.outputs['explanation']).toContain('octocat');
  });

  it.each([['octodog@users.noreply.github.com'], ['583231+octodog@users.noreply.github.com']])(
    'an address that GitHub gives to no account proves no author: %s',
    async (address) => {
      world = await startWorld({ pipeline: gated('{ approvals: 1, by: [octo-org/qa], exclude: [author] }') });
      const run = pushAs(world, address);
      run.approve('octocat', 'uat');
      const refused = await run.deploy('uat');
      expectRefused(world, refused, 'authors_unread');
      expect(refused.outputs['explanation']).toContain('GitHub knows no account for A name');
    },
  );

  it("an app's address names the app, which GitHub gives no account", async () => {
    world = await startWorld({ pipeline: gated('{ approvals: 1, by: [octo-org/qa], exclude: [author] }') });
    const run = pushAs(world, '49699333+dependabot[bot]@users.noreply.github.com');
    run.approve('mona', 'uat');
    expectEntered(world, await run.deploy('uat'), ['mona']);
  });

  it('nobody counts where the initiator is excluded and a bot started the run, for anybody; a run that a person starts goes in', async () => {
    world = await startWorld({ pipeline: gated('{ approvals: 1, by: [octo-org/qa], exclude: [initiator] }') });
    const { sha } = world.push();
    const run = world.run({ sha, actor: 'github-actions[bot]', event: 'workflow_dispatch' });
    expect((await run.plan()).outputs).toMatchObject({ verdict: 'blocked', reason: 'initiator_unknown' });
    run.approve('octocat', 'uat');
    const refused = await run.deploy('uat');
    expectRefused(world, refused, 'initiator_unknown');
    expect(refused.outputs['explanation']).toContain('Run workflow');

    const again = world.run({ sha, actor: 'octocat', event: 'workflow_dispatch' });
    again.approve('hubot', 'uat');
    expectEntered(world, await again.deploy('uat'), ['hubot']);
  });

  it('a run that a person started keeps its initiator when a bot runs it again, as a schedule does', async () => {
    world = await startWorld({ pipeline: gated('{ approvals: 1, by: [octo-org/qa], exclude: [initiator] }') });
    const run = world.push();
    run.rerun('github-actions[bot]');
    run.approve('octocat', 'uat');
    expectRefused(world, await run.deploy('uat'), 'approval_missing');
    run.approve('hubot', 'uat');
    expectEntered(world, await run.deploy('uat'), ['hubot']);
  });

  it('a reviewer whom the gate does not name counts for nothing; the one it names opens the door alone', async () => {
    world = await startWorld({ pipeline: gated('{ approvals: 1, by: [mona] }') });
    world.sandbox.given.environment('uat', { reviewers: ['mona', 'hubot'] });
    const run = world.push();
    run.approve('hubot', 'uat');
    const refused = await run.deploy('uat');
    expectRefused(world, refused, 'approval_missing');
    expect(refused.outputs['explanation']).toMatch(/Who: .*mona/);

    run.approve('mona', 'uat');
    expectEntered(world, await run.deploy('uat'), ['mona']);
  });

  it('an approval for another environment does not count', async () => {
    world = await startWorld({ pipeline: gated('{ approvals: 1, by: [octo-org/qa] }') });
    const run = world.push();
    run.approve('mona', 'production', 'uat-acceptance', 'dev');
    expectRefused(world, await run.deploy('uat'), 'approval_missing');
    run.approve('mona', 'production', 'uat');
    expectEntered(world, await run.deploy('uat'), ['mona']);
  });

  it('a rejection is no approval, whoever gave it', async () => {
    world = await startWorld({ pipeline: gated('{ approvals: 1, by: [octo-org/qa] }') });
    const run = world.push();
    run.reject('mona', 'uat');
    const refused = await run.deploy('uat');
    expectRefused(world, refused, 'approval_missing');
    expect(refused.outputs).toMatchObject({ 'approved-by': '[]' });
    expect(refused.post).toMatchObject({ exitCode: 0, requests: 0 });
  });
});
