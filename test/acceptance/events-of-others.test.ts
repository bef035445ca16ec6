import { afterEach, describe, expect, it } from 'vitest';
import { webhook } from './webhooks.ts';
import { startWorld, type World } from './world.ts';

let world: World;
afterEach(() => world.close());

const closed = ({ action }: Record<string, unknown>) => action === 'closed';
const opened = ({ action }: Record<string, unknown>) => action === 'opened';

/** What GitHub runs a pull request's workflows on: a merge nobody has made yet, under a ref that is neither branch nor tag. */
function pullRequestRun(head: string, payload: Record<string, unknown>) {
  const merge = world.repository.commit('gh-merge', {}, 'Merge for checks', 'octocat', head);
  world.repository.git('update-ref', 'refs/pull/7/merge', merge);
  world.repository.deleteRef('refs/heads/gh-merge');
  return world.run({ event: 'pull_request', sha: merge, headSha: head, ref: 'refs/pull/7/merge', payload });
}

describe('pull requests', () => {
  it('an open one: its head on its own branch, not the merge that GitHub made for checks', async () => {
    world = await startWorld();
    const head = world.push('feature/umbrellas').sha;
    const payload = webhook(
      'pull_request',
      { 'pull_request.head.sha': head, 'pull_request.head.ref': 'feature/umbrellas', 'pull_request.base.ref': 'main' },
      opened,
    );
    const run = pullRequestRun(head, payload);
    const plan = await run.plan();
    expect(plan).toMatchObject({
      exitCode: 0,
      requests: 1,
      outputs: { verdict: 'deploy', environment: 'dev', route: 'feature', sha: head, stages: '[["dev"]]' },
    });
    expect(await run.deploy('dev')).toMatchObject({ exitCode: 0, post: { exitCode: 0 } });
    expect(world.records()).toMatchObject([{ environment: 'dev', sha: head, outcome: 'success' }]);
  });

  it('a fork’s whose branch is called main, with a commit that main has, is the fork’s all the same', async () => {
    world = await startWorld();
    const head = world.push('main').sha;
    const payload = webhook(
      'pull_request',
      { 'pull_request.head.sha': head, 'pull_request.head.ref': 'main', 'pull_request.head.repo.full_name': 'mallory/shop' },
      opened,
    );
    const plan = await pullRequestRun(head, payload).plan();
    expect(plan.outputs).toMatchObject({ verdict: 'blocked', proceed: 'false' });
    expect(JSON.parse(plan.outputs['reasons'] ?? '')).toContain('fork');
  });

  it('a merged one: the merge commit on the base branch', async () => {
    world = await startWorld();
    const head = world.push('feature/umbrellas').sha;
    const merged = world.repository.merge('main', 'refs/heads/feature/umbrellas');
    const payload = webhook(
      'pull_request',
      {
        'pull_request.merged': true,
        'pull_request.merge_commit_sha': merged,
        'pull_request.head.sha': head,
        'pull_request.base.ref': 'main',
      },
      closed,
    );
    const run = world.run({ event: 'pull_request', sha: merged, headSha: head, ref: 'refs/heads/main', payload });
    expect(await run.plan()).toMatchObject({
      requests: 1,
      outputs: { verdict: 'deploy', environment: 'dev', route: 'mainline', sha: merged, ref: 'refs/heads/main' },
    });
  });

  it('one that was closed without being merged is refused by name', async () => {
    world = await startWorld();
    const { sha } = world.push();
    const plan = await world.run({ event: 'pull_request', sha, payload: webhook('pull_request', {}, closed) }).plan();
    expect(plan).toMatchObject({ exitCode: 1, outputs: {}, requests: 0 });
    expect(plan.log).toMatch(/The event "pull_request" names no candidate: pull request #\d+ was closed without being merged/);
  });

  it("a fork's enters nothing: neither dev nor, approved and all, production", async () => {
    world = await startWorld();
    const base = world.push().sha;
    // The fork's commit is not in this repository at all.
    const head = 'f04c'.repeat(10);
    const payload = webhook(
      'pull_request',
      { 'pull_request.head.sha': head, 'pull_request.head.ref': 'patch-1', 'pull_request.head.repo.full_name': 'mallory/shop' },
      opened,
    );
    const run = world.run({ event: 'pull_request', sha: base, headSha: base, ref: 'refs/pull/7/merge', payload });
    const plan = await run.plan();
    expect(plan).toMatchObject({
      exitCode: 0,
      outputs: { verdict: 'blocked', proceed: 'false', reason: 'fork', environments: '[]', sha: head },
    });
    expect(plan.outputs['explanation']).toContain('Have the change merged here');
    run.approve('mona', 'production');
    run.approve('hubot', 'production');
    for (const environment of ['dev', 'production']) {
      expect(await run.deploy(environment)).toMatchObject({ exitCode: 1, outputs: { verdict: 'blocked', proceed: 'false' } });
    }
    expect(world.records()).toEqual([]);
  });

  it("a fork's whose repository was deleted is a fork's still", async () => {
    world = await startWorld();
    const { sha } = world.push();
    const payload = webhook(
      'pull_request',
      { 'pull_request.head.sha': sha, 'pull_request.head.ref': 'main', 'pull_request.head.repo': null },
      opened,
    );
    expect((await world.run({ event: 'pull_request_target', sha, payload }).plan()).outputs).toMatchObject({
      verdict: 'blocked',
      reason: 'fork',
    });
  });
});

describe('runs and deployments that others began', () => {
  const followed = (sha: string, branch: string, head = 'octo-org/shop') =>
    webhook('workflow_run', {
      'workflow_run.head_sha': sha,
      'workflow_run.head_branch': branch,
      'workflow_run.head_repository.full_name': head,
    });

  it('workflow_run: the commit that the other workflow ran on, although the run itself is about the tip of the default branch', async () => {
    world = await startWorld();
    const built = world.push('hotfix/c').sha;
    const tip = world.push().sha;
    const plan = await world.run({ event: 'workflow_run', sha: tip, payload: followed(built, 'hotfix/c') }).plan();
    expect(plan).toMatchObject({
      exitCode: 0,
      requests: 1,
      outputs: { sha: built, ref: 'refs/heads/hotfix/c', route: 'hotfix', environment: 'staging' },
    });
  });

  it('workflow_run after a push of a tag: the tag, whose name GitHub gives as if it were a branch', async () => {
    world = await startWorld();
    const { sha } = world.push();
    world.repository.tag('v1.5.0', sha);
    const run = world.run({ event: 'workflow_run', sha, payload: followed(sha, 'v1.5.0') });
    const plan = await run.plan();
    expect(plan.requests).toBe(2);
    expect(plan.outputs).toMatchObject({
      ref: 'refs/tags/v1.5.0',
      version: 'v1.5.0',
      route: 'release',
      verdict: 'ask',
      environment: 'uat',
    });
    const job = await run.promoteThrough('uat');
    expect(job.requestsInAll).toBeLessThanOrEqual(6);
  });

  it("workflow_run after a fork's run is blocked, although its branch is called main and the run has this repository's rights", async () => {
    world = await startWorld();
    const { sha } = world.push();
    const run = world.run({ event: 'workflow_run', sha, payload: followed(sha, 'main', 'mallory/shop') });
    expect((await run.plan()).outputs).toMatchObject({ verdict: 'blocked', proceed: 'false', reason: 'fork' });
    expect(await run.deploy('dev')).toMatchObject({ exitCode: 1, outputs: { reason: 'fork' } });
    expect(world.records()).toEqual([]);
  });

  it("merge_group: the queue's own branch, which is not the branch that it wants to become", async () => {
    world = await startWorld();
    const branch = `gh-readonly-queue/main/pr-104-${world.push().sha}`;
    const sha = world.push(branch).sha;
    const payload = webhook('merge_group', { 'merge_group.head_sha': sha, 'merge_group.head_ref': `refs/heads/${branch}` });
    const plan = await world.run({ event: 'merge_group', sha, ref: `refs/heads/${branch}`, payload }).plan();
    expect(plan).toMatchObject({
      exitCode: 0,
      requests: 1,
      outputs: { sha, route: 'feature', verdict: 'deploy', environment: 'dev', stages: '[["dev"]]' },
    });
  });

  it('deployment_status of one of our own records: the candidate of the record; of another: what its ref says', async () => {
    world = await startWorld();
    const { sha } = world.push();
    world.repository.tag('v1.6.0', sha);
    await world.run({ sha, ref: 'refs/tags/v1.6.0', payload: { ref: 'refs/tags/v1.6.0' } }).promoteThrough('uat');
    const [record] = world.records();
    const ours = webhook('deployment_status', { 'deployment.sha': sha, 'deployment.ref': sha, 'deployment.payload': record?.payload });
    const plan = await world.run({ event: 'deployment_status', sha, ref: '', payload: ours }).plan();
    expect(plan).toMatchObject({ exitCode: 0, outputs: { sha, ref: 'refs/tags/v1.6.0', route: 'release', environment: 'staging' } });

    const theirs = webhook('deployment_status', { 'deployment.sha': sha, 'deployment.ref': 'main' });
    const other = await world.run({ event: 'deployment_status', sha, ref: '', payload: theirs }).plan();
    expect(other).toMatchObject({ exitCode: 0, outputs: { sha, ref: 'refs/heads/main', route: 'mainline', environment: 'dev' } });

    const bare = webhook('deployment_status', { 'deployment.sha': sha, 'deployment.ref': sha });
    const refused = await world.run({ event: 'deployment_status', sha, ref: '', payload: bare }).plan();
    expect(refused).toMatchObject({ exitCode: 1, outputs: {} });
    expect(refused.log).toContain('The event "deployment_status" names no candidate: the deployment was made by sha');
  });

  it('issue_comment is refused by name, with what would be understood; with ref and sha given it works', async () => {
    world = await startWorld();
    const { sha } = world.push();
    const run = world.run({ event: 'issue_comment', sha, payload: webhook('issue_comment', {}) });
    const job = await run.deploy('dev');
    expect(job).toMatchObject({ exitCode: 1, outputs: {}, requestsInAll: 0 });
    expect(job.log).toContain('The event "issue_comment" names no candidate: a comment is about an issue or a pull request');
    expect(job.log).toContain('the inputs "ref" and "sha"');
    expect((await run.plan({ ref: 'refs/heads/main', sha })).outputs).toMatchObject({ verdict: 'deploy', environment: 'dev', sha });
  });
});
