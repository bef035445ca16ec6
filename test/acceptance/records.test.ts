import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { startWorld, type World } from './world.ts';

let world: World;
afterEach(() => world.close());

const pipeline = (deploy: string, verify = ''): string => `version: 1
environments:
  dev: { role: development${deploy}${verify} }
  production: { role: production, gate: { approvals: 1 }, deploy: { run: 'true' } }
routes:
  - { name: mainline, branches: ['**'], path: [dev, production] }
`;

describe('what a job leaves behind', () => {
  it('a finished job that is run again does nothing, and that is no failure', async () => {
    world = await startWorld();
    const run = world.push();
    await run.promoteThrough('dev');
    run.finish();
    run.rerun('hubot');
    const again = await run.deploy('dev');
    expect(again).toMatchObject({ exitCode: 0, outputs: { verdict: 'complete', proceed: 'false' }, post: { exitCode: 0 } });
    expect(again.log).not.toContain('deploying');
    expect(world.records()).toHaveLength(1);
  });

  it('a deploy command that fails leaves a failure, and the next attempt may try again', async () => {
    world = await startWorld({ pipeline: pipeline(", deploy: { run: '[ -e /nowhere ] || exit 3' }") });
    const run = world.push();
    const job = await run.deploy('dev');
    expect(job.exitCode).toBe(1);
    expect(job.log).toContain('failed with exit code 3');
    expect(world.records()).toMatchObject([{ outcome: 'failure' }]);
    expect((await run.plan()).outputs).toMatchObject({ verdict: 'deploy', environment: 'dev' });
  });

  it('a deploy command that fails is no success where the step may fail without failing its job', async () => {
    world = await startWorld({ pipeline: pipeline(", deploy: { run: 'exit 7' }") });
    const run = world.push();
    const inputs = { command: 'deploy', environment: 'dev' };
    const main = await run.main(inputs);
    expect(main.exitCode).toBe(1);
    await run.post(inputs, main, 'success');
    expect(world.records()).toMatchObject([{ outcome: 'failure' }]);
    expect((await run.plan()).outputs).toMatchObject({ environment: 'dev', verdict: 'deploy' });
  });

  it('a pipeline file named wrongly is an error, not the built-in pipeline', async () => {
    world = await startWorld();
    const job = await world.push().deploy('dev', { pipeline: '.github/promot.yml' });
    expect(job.exitCode).toBe(1);
    expect(job.log).toContain('.github/promot.yml');
    expect(world.records()).toEqual([]);
  });

  it('a verification that fails after the deploy makes it a failure', async () => {
    world = await startWorld({ pipeline: pipeline(", deploy: { run: 'echo deployed' }", ", verify: { run: 'echo broken; exit 1' }") });
    const run = world.push();
    expect(await run.deploy('dev')).toMatchObject({ exitCode: 1 });
    expect(world.records()).toMatchObject([{ outcome: 'failure' }]);
    expect((await run.plan()).outputs).toMatchObject({ environment: 'dev' });
  });

  it('where the job’s own steps deploy, the verification follows them and decides', async () => {
    world = await startWorld({ pipeline: pipeline('', ", verify: { run: '! [ -e broken ] && echo verifying' }") });
    const run = world.push();
    const good = await run.deploy('dev');
    expect(good.log).not.toContain('verifying');
    expect(good.post.log).toContain('verifying');
    expect(world.records()).toMatchObject([{ outcome: 'success', descriptions: [expect.anything(), 'Deployed and verified'] }]);
    const bad = world.push('main', 'Break it', { broken: 'yes' });
    expect(await bad.deploy('dev')).toMatchObject({ exitCode: 0, post: { exitCode: 1 } });
    expect(world.records().at(-1)).toMatchObject({ outcome: 'failure' });
  });

  it('a migration of its own runs before the deploy, in its own part of the log, and how long it took is recorded', async () => {
    world = await startWorld({ pipeline: pipeline(", deploy: { migrate: 'echo one > order', run: 'echo two >> order; cat order' }") });
    const job = await world.push().deploy('dev');
    expect(job.log).toMatch(/^::group::Migrate dev\n[\s\S]*^::endgroup::\n[\s\S]*^::group::Deploy [\s\S]*^one\ntwo$/m);
    expect(world.records()).toMatchObject([
      { outcome: 'success', descriptions: [expect.anything(), expect.stringMatching(/^Deployed · migration \d+\.\d\d s$/)] },
    ]);
  });

  it('a migration that fails is a failure, and nothing is deployed', async () => {
    world = await startWorld({ pipeline: pipeline(", deploy: { migrate: 'exit 4', run: 'echo deploying' }") });
    const job = await world.push().deploy('dev');
    expect(job).toMatchObject({ exitCode: 1 });
    expect(job.log).toMatch(/^::error title=Migrate dev%3A failed with exit code 4::/m);
    expect(job.log).not.toContain('deploying');
    expect(world.records()).toMatchObject([{ outcome: 'failure' }]);
  });

  it('a migration alone is followed by the job’s own steps and the verification', async () => {
    world = await startWorld({ pipeline: pipeline(", deploy: { migrate: 'echo migrating' }", ", verify: { run: 'echo verifying' }") });
    const job = await world.push().deploy('dev');
    expect(job.log).toContain('migrating');
    expect(job.log).not.toContain('verifying');
    expect(job.post.log).toContain('verifying');
    expect(world.records().at(-1)?.descriptions.at(-1)).toMatch(/^Deployed and verified · migration \d+\.\d\d s$/);
  });

  it.each([
    ['12.421', 'Deployed · migration 12.42 s'],
    ['quickly', 'Deployed'],
  ])('what own steps say about their migration when the job ends, %j, is recorded if it is a time', async (said, description) => {
    world = await startWorld({ pipeline: pipeline('') });
    const run = world.push();
    const inputs = { command: 'deploy', environment: 'dev' };
    const main = await run.main(inputs);
    const post = await run.post({ ...inputs, 'migration-seconds': said }, main, 'success');
    expect(world.records()).toMatchObject([{ outcome: 'success', descriptions: [expect.anything(), description] }]);
    expect(post.exitCode).toBe(0);
    expect(post.log.includes('::warning')).toBe(said === 'quickly');
  });

  it.each(['failure', 'cancelled'] as const)('own steps that end as %s close the record as a failure', async (status) => {
    world = await startWorld({ pipeline: pipeline('') });
    const run = world.push();
    expect(await run.deploy('dev', {}, status)).toMatchObject({ exitCode: 0, post: { exitCode: 0 } });
    expect(world.records()).toMatchObject([{ outcome: 'failure', descriptions: [expect.anything(), `The job ended as ${status}`] }]);
  });

  it('a branch that was deleted while the job waited stops it', async () => {
    world = await startWorld();
    const run = world.push('feature/umbrellas');
    expect((await run.plan()).outputs).toMatchObject({ verdict: 'deploy' });
    world.repository.deleteRef('refs/heads/feature/umbrellas');
    expect(await run.deploy('dev')).toMatchObject({ exitCode: 1, outputs: { verdict: 'blocked', reason: 'ref_gone' } });
    expect(world.records()).toEqual([]);
  });

  it('a branch that was force-pushed away from the commit stops it', async () => {
    world = await startWorld();
    const before = world.repository.sha('main');
    const run = world.push('main', 'Gone soon');
    world.repository.branch('main', before);
    expect(await run.deploy('dev')).toMatchObject({ exitCode: 1, outputs: { verdict: 'blocked', reason: 'ref_moved' } });
  });

  it('a branch named to break shells, tables and pictures is shown as it is and runs nothing', async () => {
    const branch = 'feature/$(touch-pwned)`id`\'"|<img-src=x>;&#{a}';
    world = await startWorld({ pipeline: pipeline(', deploy: { run: \'printf "%s" "$PROMOTE_REF" > ref.txt; cat ref.txt\' }') });
    const run = world.push(branch);
    const plan = await run.plan();
    expect(plan.outputs).toMatchObject({ verdict: 'deploy', ref: `refs/heads/${branch}` });
    expect(plan.summary).not.toContain('<img');
    const job = await run.deploy('dev');
    expect(job).toMatchObject({ exitCode: 0, post: { exitCode: 0 } });
    expect(job.log).toContain(`refs/heads/${branch}`);
    expect(world.records()).toMatchObject([{ outcome: 'success', payload: { candidate: { ref: `refs/heads/${branch}` } } }]);
  });

  it('the token is in no log, output, summary, state or record, and the command does not see it', async () => {
    world = await startWorld({ pipeline: pipeline(", deploy: { run: 'env' }") });
    const run = world.push();
    const job = await run.deploy('dev');
    expect(job.exitCode).toBe(0);
    expect(job.log).toContain('PROMOTE_ENVIRONMENT=dev');
    const shown = [job.log, job.post.log].join('\n').replaceAll(/^::add-mask::.*$/gm, '');
    const all = [shown, job.summary, JSON.stringify([job.outputs, job.state, job.post.outputs, world.records()])].join('\n');
    expect(all).not.toContain(world.token);
  });

  it('commands get the variables that the documentation lists, and no other PROMOTE_ one', async () => {
    world = await startWorld({ pipeline: pipeline(", deploy: { run: 'env' }") });
    const { log } = await world.push().deploy('dev');
    const [forEveryCommand = ''] = readFileSync(join(import.meta.dirname, '../../docs/commands.md'), 'utf8').split(
      '# What the commands of a rehearsal get',
    );
    const documented = [...forEveryCommand.matchAll(/^\| `(PROMOTE_\w+)`/gm)].map(([, name]) => name);
    const seen = [...log.matchAll(/^(PROMOTE_\w+)=/gm)].map(([, name]) => name);
    expect(seen.sort()).toEqual(documented.sort());
  });

  it('the address of the environment stands on the record', async () => {
    world = await startWorld();
    const run = world.push();
    await run.deploy('dev', { url: 'https://dev.shop.example/' });
    expect(world.sandbox.state.deployments[0]?.statuses.at(-1)).toMatchObject({
      state: 'success',
      environmentUrl: 'https://dev.shop.example/',
    });
  });

  it('a parallel stage goes on where it can and waits for the leg that failed', async () => {
    world = await startWorld({
      pipeline: `version: 1
environments:
  eu: { role: qa, deploy: { run: 'true' } }
  us: { role: qa, deploy: { run: 'false' } }
  production: { role: production, gate: { approvals: 1 } }
routes:
  - { name: mainline, branches: [main], path: [[eu, us], production] }
`,
    });
    const run = world.push();
    expect(JSON.parse((await run.plan()).outputs['environments'] ?? '')).toEqual(['eu', 'us']);
    expect(await run.deploy('eu')).toMatchObject({ exitCode: 0 });
    expect(await run.deploy('us')).toMatchObject({ exitCode: 1 });
    const plan = await run.plan();
    expect(plan.outputs).toMatchObject({ environment: 'us', verdict: 'deploy', stages: '[["us"],["production"]]' });
    run.approve('mona', 'production');
    expect(await run.deploy('production')).toMatchObject({ exitCode: 1, outputs: { verdict: 'blocked' } });
  });
});
