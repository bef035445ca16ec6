import { afterEach, describe, expect, it } from 'vitest';
import { digestOf, OTHER_DIGEST } from '../digests.ts';
import { type JobRun, PIPELINE, startWorld, type World } from './world.ts';

let world: World;
afterEach(() => world.close());

/** The push of a tag, as GitHub tells it: `after` is the tag object's id where there is one. */
function pushTag(name: string, sha: string, after = sha): JobRun {
  return world.run({ sha, ref: `refs/tags/${name}`, payload: { ref: `refs/tags/${name}`, after, head_commit: { id: sha } } });
}

describe('the artifact that is promoted', () => {
  it('is the one that passed before: another digest for the same commit is refused, and the first one is named', async () => {
    world = await startWorld({ artifacts: 'own' });
    const run = world.push();
    await run.promoteThrough('dev');
    run.approve('mona', 'uat');
    const job = await run.deploy('uat', { 'artifact-digest': OTHER_DIGEST });
    expect(job).toMatchObject({
      exitCode: 1,
      requestsInAll: 2,
      outputs: { verdict: 'blocked', reason: 'artifact_differs', proceed: 'false' },
    });
    expect(job.outputs['explanation']).toContain(`was deployed to dev as ${digestOf(run.sha)}, and is now ${OTHER_DIGEST}`);
    expect(job.outputs['explanation']).toContain(`Pass ${digestOf(run.sha)} as the input artifact-digest`);
    expect(world.records()).toHaveLength(1);
    expect(await run.deploy('uat')).toMatchObject({ exitCode: 0 });
  });

  it('must be known at the door: without a digest nothing is deployed', async () => {
    world = await startWorld();
    const run = world.push();
    expect((await run.plan()).outputs).toMatchObject({ verdict: 'deploy', environment: 'dev', 'artifact-digest': '' });
    const job = await run.deploy('dev', { 'artifact-digest': '' });
    expect(job).toMatchObject({ exitCode: 1, outputs: { verdict: 'blocked', reason: 'artifact_unknown', proceed: 'false' } });
    expect(job.outputs['explanation']).toContain('input artifact-digest');
    expect(world.records()).toEqual([]);
  });

  it('is adopted for a tag from the branch whose history passed UAT, which starts at staging without a rebuild', async () => {
    world = await startWorld({ artifacts: 'own' });
    const run = world.push();
    await run.promoteThrough('dev', 'uat');
    const tag = world.repository.annotatedTag('v1.4.2', run.sha);
    const release = pushTag('v1.4.2', run.sha, tag);
    const plan = await release.plan();
    expect(plan).toMatchObject({
      requests: 3,
      outputs: {
        verdict: 'deploy',
        environment: 'staging',
        route: 'release',
        version: 'v1.4.2',
        sha: run.sha,
        'artifact-digest': digestOf(run.sha),
      },
    });
    expect(JSON.parse(plan.outputs['stages'] ?? '')).toEqual([['staging'], ['production']]);
    const job = await release.deploy('staging', { 'artifact-digest': '' });
    expect(job).toMatchObject({ exitCode: 0, outputs: { 'artifact-digest': digestOf(run.sha) } });
    expect(job.log).toContain('deploying v1.4.2 to staging');
    expect(world.records().at(-1)).toMatchObject({ payload: { digest: digestOf(run.sha), candidate: { ref: 'refs/tags/v1.4.2' } } });
  });

  it('is the commit itself where the pipeline builds nothing', async () => {
    world = await startWorld({ pipeline: PIPELINE.replace(/^build:.*\n/m, '') });
    const run = world.push();
    const none = { 'artifact-digest': '' };
    expect(await run.deploy('dev', none)).toMatchObject({ exitCode: 0, outputs: { 'artifact-digest': `git:${run.sha}` } });
    expect((await run.plan()).outputs).toMatchObject({ verdict: 'ask', environment: 'uat', 'artifact-digest': `git:${run.sha}` });
    expect(world.records()).toMatchObject([{ payload: { digest: `git:${run.sha}` } }]);
  });

  it.each([
    ['a pipeline that builds nothing', PIPELINE.replace(/^build:.*\n/m, '')],
    ['a pipeline with a build', PIPELINE],
  ])('passes no environment by what another commit did there, though nothing changed between them, in %s', async (_name, pipeline) => {
    world = await startWorld({ pipeline, artifacts: 'own' });
    const first = world.push('main', 'Sell umbrellas', { 'src/shop.txt': 'umbrellas' });
    await first.promoteThrough('dev', 'uat');
    const second = world.push('main', 'Sell umbrellas, again', { 'src/shop.txt': 'umbrellas' });
    expect(world.repository.sha('main~1')).toBe(first.sha);
    expect((await second.plan()).outputs).toMatchObject({ environment: 'dev', verdict: 'deploy' });
    second.approve('mona', 'uat');
    const early = await second.deploy('uat');
    expect(early).toMatchObject({ exitCode: 1, outputs: { verdict: 'blocked', reason: 'earlier_not_passed' } });
    expect(early.outputs['explanation']).toContain('dev is not passed: this artifact has not been deployed there');
  });

  it('has passed nothing by records that speak of it and are on another commit, or are not ours', async () => {
    world = await startWorld({ artifacts: 'own' });
    const other = world.push('main', 'Sell boots');
    const run = world.push('main', 'Sell umbrellas');
    const candidate = { sha: run.sha, ref: 'refs/heads/main', version: 'v9' };
    const about = { candidate, digest: digestOf(run.sha) };
    world.record({ environment: 'dev', sha: other.sha, payload: about });
    world.record({ environment: 'dev', sha: run.sha, payload: about, task: 'deploy' });
    world.record({ environment: 'dev', sha: run.sha, payload: { ...about, kind: 'acceptance' }, task: 'promote:promotion' });
    world.record({ environment: 'dev', sha: run.sha, payload: { ...about, schema: 2 as never } });
    world.record({ environment: 'dev', sha: run.sha, payload: { ...about, digest: { sha256: 'no' } as never } });
    const plan = await run.plan();
    expect(plan.outputs).toMatchObject({ environment: 'dev', verdict: 'deploy', 'artifact-digest': '' });
    run.approve('mona', 'uat');
    expect(await run.deploy('uat')).toMatchObject({ exitCode: 1, outputs: { reason: 'earlier_not_passed' } });
  });

  it('replaces what another tool put there, and is not disturbed by the deployment that GitHub makes for the job itself', async () => {
    world = await startWorld({ artifacts: 'own' });
    const old = world.repository.commit('main', { 'src/shop.txt': 'hats' }, 'Sell hats');
    world.sandbox.given.deployment({ sha: old, environment: 'dev', ref: 'main', refName: 'main', statuses: ['success'], creator: 'mona' });
    const run = world.push();
    expect(await run.deploy('dev')).toMatchObject({ exitCode: 0, outputs: { replaced: 'main' } });
    expect(world.records().at(-1)).toMatchObject({ payload: { replaced: { sha: old, digest: null } } });
    world.sandbox.given.deployment({ sha: run.sha, environment: 'dev', ref: 'main', statuses: ['in_progress', 'success'] });
    expect((await run.plan()).outputs).toMatchObject({ environment: 'uat', verdict: 'ask' });
  });

  it('is found again when GitHub gives payloads back encoded twice', async () => {
    world = await startWorld({ artifacts: 'own', payloadEncoding: 'twice' });
    const run = world.push();
    await run.promoteThrough('dev', 'uat', 'staging');
    expect((await run.plan()).outputs).toMatchObject({ environment: 'production', verdict: 'ask', 'artifact-digest': digestOf(run.sha) });
  });
});
