import { afterEach, describe, expect, it } from 'vitest';
import type { StepResult } from '../../sandbox/runner/action-step.ts';
import { webhook } from './webhooks.ts';
import { startWorld, type World } from './world.ts';

let world: World;
afterEach(() => world.close());

/** The plan is about this candidate; one request was enough to know. */
function expectCandidate(plan: StepResult, candidate: { sha: string; ref: string; version: string; route: string }, requests = 1): void {
  expect(plan).toMatchObject({ exitCode: 0, requests, outputs: candidate });
  expect(plan.outputs['environment']).not.toBe('');
}

describe('what moves a branch or a tag', () => {
  it('a push of a branch: its commit, on the route of the branch', async () => {
    world = await startWorld();
    const sha = world.push('hotfix/total').sha;
    const ref = 'refs/heads/hotfix/total';
    const payload = webhook('push', { ref, after: sha, 'head_commit.id': sha }, ({ ref: pushed }) => pushed === 'refs/heads/master');
    const plan = await world.run({ sha, ref, payload }).plan();
    expectCandidate(plan, { sha, ref, version: `hotfix/total@${sha.slice(0, 7)}`, route: 'hotfix' });
  });

  it('a push of a light tag: the commit it points to, under the name of the tag', async () => {
    world = await startWorld();
    const { sha } = world.push();
    world.repository.tag('v1.4.2', sha);
    const ref = 'refs/tags/v1.4.2';
    const payload = webhook('push', { ref, after: sha, 'head_commit.id': sha }, ({ created }) => created === true);
    const plan = await world.run({ sha, ref, payload }).plan();
    expectCandidate(plan, { sha, ref, version: 'v1.4.2', route: 'release' });
    expect(plan.outputs).toMatchObject({ verdict: 'ask', environment: 'uat' });
  });

  it('a push of an annotated tag: the commit behind the tag object, which is also what the record is about', async () => {
    world = await startWorld();
    const { sha } = world.push();
    const tagObject = world.repository.annotatedTag('v1.4.2', sha, 'Umbrellas');
    const ref = 'refs/tags/v1.4.2';
    const payload = webhook('push', { ref, after: tagObject, 'head_commit.id': sha }, ({ created }) => created === true);
    const run = world.run({ sha, ref, payload });
    expectCandidate(await run.plan(), { sha, ref, version: 'v1.4.2', route: 'release' });
    const job = await run.promoteThrough('uat');
    expect(job.requestsInAll).toBeLessThanOrEqual(6);
    expect(world.records()).toMatchObject([
      { environment: 'uat', outcome: 'success', sha, payload: { candidate: { sha, ref, version: 'v1.4.2' } } },
    ]);
  });

  it('a push of an annotated tag that names the tag object only is followed to its commit with one more request', async () => {
    world = await startWorld();
    const { sha } = world.push();
    const tagObject = world.repository.annotatedTag('v1.4.2', sha);
    const ref = 'refs/tags/v1.4.2';
    const payload = webhook('push', { ref, after: tagObject, head_commit: null }, ({ created }) => created === true);
    const plan = await world.run({ sha: tagObject, headSha: sha, checkout: sha, ref, payload }).plan();
    expectCandidate(plan, { sha, ref, version: 'v1.4.2', route: 'release' }, 2);
  });

  it('create: the new tag, or the new branch', async () => {
    world = await startWorld();
    const { sha } = world.push();
    world.repository.tag('v2.0.0', sha);
    const tag = webhook('create', { ref: 'v2.0.0', ref_type: 'tag' });
    const tagged = await world.run({ event: 'create', sha, ref: 'refs/tags/v2.0.0', payload: tag }).plan();
    expectCandidate(tagged, { sha, ref: 'refs/tags/v2.0.0', version: 'v2.0.0', route: 'release' });

    world.repository.branch('topic', sha);
    const branch = webhook('create', { ref: 'topic', ref_type: 'branch' });
    const branched = await world.run({ event: 'create', sha, ref: 'refs/heads/topic', payload: branch }).plan();
    expectCandidate(branched, { sha, ref: 'refs/heads/topic', version: `topic@${sha.slice(0, 7)}`, route: 'feature' });
  });

  it('release: its tag once it is published; a draft is refused by name, for it has no tag yet', async () => {
    world = await startWorld();
    const { sha } = world.push();
    world.repository.tag('v2.1.0', sha);
    const published = webhook('release', { 'release.tag_name': 'v2.1.0' }, ({ action }) => action === 'published');
    const run = world.run({ event: 'release', sha, ref: 'refs/tags/v2.1.0', payload: published });
    expectCandidate(await run.plan(), { sha, ref: 'refs/tags/v2.1.0', version: 'v2.1.0', route: 'release' });

    const draft = webhook('release', { 'release.tag_name': 'v2.2.0', 'release.draft': true }, ({ action }) => action === 'created');
    const refused = await world.run({ event: 'release', sha, payload: draft }).plan();
    expect(refused).toMatchObject({ exitCode: 1, outputs: {}, requests: 0 });
    expect(refused.log).toContain('The event "release" names no candidate: the release v2.2.0 is a draft');
  });

  it('a push that deletes a branch is refused by name, before anything is asked of GitHub', async () => {
    world = await startWorld();
    const { sha } = world.push();
    const payload = webhook('push', { ref: 'refs/heads/old', head_commit: null }, ({ deleted }) => deleted === true);
    const job = await world.run({ sha, payload }).deploy('dev');
    expect(job).toMatchObject({ exitCode: 1, outputs: {}, requestsInAll: 0, post: { exitCode: 0 } });
    expect(job.log).toContain('The event "push" names no candidate: refs/heads/old was deleted');
    expect(world.records()).toEqual([]);
  });
});

describe('what starts a run on a ref that was there before', () => {
  it('workflow_dispatch without inputs: the ref that was chosen', async () => {
    world = await startWorld();
    const { sha } = world.push('hotfix/a');
    const payload = webhook('workflow_dispatch', { ref: 'refs/heads/hotfix/a' });
    const plan = await world.run({ event: 'workflow_dispatch', sha, ref: 'refs/heads/hotfix/a', payload }).plan();
    expectCandidate(plan, { sha, ref: 'refs/heads/hotfix/a', version: `hotfix/a@${sha.slice(0, 7)}`, route: 'hotfix' });
  });

  it('workflow_dispatch with ref and sha: the older commit that was meant, under the version that was given', async () => {
    world = await startWorld();
    const { sha } = world.push();
    const newer = world.push();
    const payload = webhook('workflow_dispatch', { ref: 'refs/heads/main' });
    const run = world.run({ event: 'workflow_dispatch', sha: newer.sha, payload });
    const plan = await run.plan({ ref: 'refs/heads/main', sha, version: '1.4.2' });
    expectCandidate(plan, { sha, ref: 'refs/heads/main', version: '1.4.2', route: 'mainline' });
    expect(plan.outputs['verdict']).toBe('deploy');
  });

  it('workflow_dispatch with a ref alone: what that ref points to, whatever the run is about', async () => {
    world = await startWorld();
    const hotfix = world.push('hotfix/b').sha;
    const main = world.push().sha;
    const run = world.run({ event: 'workflow_dispatch', sha: main, payload: webhook('workflow_dispatch', { ref: 'refs/heads/main' }) });
    const ref = 'refs/heads/hotfix/b';
    expectCandidate(await run.plan({ ref }), { sha: hotfix, ref, version: `hotfix/b@${hotfix.slice(0, 7)}`, route: 'hotfix' });
  });

  it('a ref that moves on while the job stands at the door does not take the job along: what was let in is what is recorded and deployed', async () => {
    world = await startWorld();
    const { sha } = world.push();
    const run = world.run({ event: 'workflow_dispatch', sha, ref: 'refs/heads/other', payload: webhook('workflow_dispatch', {}) });
    world.sandbox.before({ operation: 'repos/create-deployment' }, () => {
      world.repository.commit('main', { 'later.txt': 'later' }, 'Later');
    });
    const job = await run.deploy('dev', { ref: 'refs/heads/main' });
    expect(job).toMatchObject({ exitCode: 0, outputs: { sha, proceed: 'true' } });
    expect(job.log).toContain(`deploying main@${sha.slice(0, 7)} to dev`);
    expect(world.repository.sha('main')).not.toBe(sha);
    expect(world.records()).toMatchObject([{ sha, outcome: 'success', payload: { candidate: { sha } } }]);
  });

  it('a sha that the ref does not contain is blocked, and one that nobody has is an error', async () => {
    world = await startWorld();
    const elsewhere = world.push('feature/x').sha;
    const run = world.run({ event: 'workflow_dispatch', sha: world.push().sha, payload: webhook('workflow_dispatch', {}) });
    const plan = await run.plan({ ref: 'refs/heads/main', sha: elsewhere });
    expect(plan).toMatchObject({ exitCode: 0, outputs: { verdict: 'blocked', proceed: 'false', reason: 'ref_moved', environments: '[]' } });
    const unknown = await run.plan({ ref: 'refs/heads/main', sha: 'c0ffee'.repeat(7).slice(0, 40) });
    expect(unknown).toMatchObject({ exitCode: 1, outputs: {} });
    expect(unknown.log).toContain('There is no commit c0ffee');
  });

  it('schedule: the default branch', async () => {
    world = await startWorld();
    const { sha } = world.push();
    const plan = await world.run({ event: 'schedule', sha, payload: { schedule: '17 * * * 1-5' } }).plan();
    expectCandidate(plan, { sha, ref: 'refs/heads/main', version: `main@${sha.slice(0, 7)}`, route: 'mainline' });
  });

  it('repository_dispatch: the default branch, or what its payload names, be it a branch or a tag', async () => {
    world = await startWorld();
    const { sha } = world.push();
    world.repository.tag('v3.0.0', sha);
    const dispatch = (client_payload: unknown) =>
      world.run({ event: 'repository_dispatch', sha, payload: webhook('repository_dispatch', { client_payload }) }).plan();
    expectCandidate(await dispatch({}), { sha, ref: 'refs/heads/main', version: `main@${sha.slice(0, 7)}`, route: 'mainline' });
    expectCandidate(await dispatch({ ref: 'v3.0.0' }), { sha, ref: 'refs/tags/v3.0.0', version: 'v3.0.0', route: 'release' });

    world.repository.branch('v3.0.0', sha);
    const ambiguous = await dispatch({ ref: 'v3.0.0' });
    expect(ambiguous).toMatchObject({ exitCode: 1, outputs: {} });
    expect(ambiguous.log).toContain('There is both refs/tags/v3.0.0 and refs/heads/v3.0.0');
  });
});
