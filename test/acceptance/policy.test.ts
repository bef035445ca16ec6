import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { loadList, loadPipeline } from '../../src/pipeline/load.ts';
import { expectEntered, expectRefused } from './expectations.ts';
import { PIPELINE, startWorld, type World } from './world.ts';

let world: World;
afterEach(() => world.close());

const PATH = '.github/promote.yml';
const COPY_DIFFERS = "The candidate's own copy of the pipeline file differs; the one on the default branch applies.";

const TRUSTED = `version: 1
environments:
  uat: { role: uat, gate: { approvals: 1, by: [octo-org/qa] }, deploy: { run: 'echo "deploying $PROMOTE_VERSION"' } }
routes:
  - { name: any, branches: ['**'], path: [uat] }
`;
/** What somebody would like to be the rules: no gate, and a command of their own. */
const DROPPED = TRUSTED.replace('gate: { approvals: 1, by: [octo-org/qa] }, ', '').replace('deploying', 'stolen by');

/** The same rules for an environment of another name. */
const renamed = (name: string) => TRUSTED.replace('  uat: {', `  ${name}: {`).replace('[uat]', `[${name}]`);

describe('the policy is the one on the default branch', () => {
  it('a candidate whose author dropped the gate from its copy meets the gate all the same, and the summary says that the copy differs', async () => {
    world = await startWorld({ pipeline: TRUSTED });
    const run = world.push('feature/faster', 'Faster deploys', { [PATH]: DROPPED });
    const plan = await run.plan();
    expect(plan).toMatchObject({ exitCode: 0, requests: 1, outputs: { verdict: 'ask', environment: 'uat' } });
    expect(plan.summary).toContain(COPY_DIFFERS);
    expectRefused(world, await run.deploy('uat'), 'approval_missing');

    run.approve('mona', 'uat');
    const job = await run.deploy('uat');
    expectEntered(world, job, ['mona']);
    expect(job.summary).toContain(COPY_DIFFERS);
    expect(job.log).not.toContain('stolen by');
    expect(world.records()[0]?.payload).toMatchObject({ policyHash: world.repository.git('rev-parse', `main:${PATH}`) });
  });

  it('a copy that names other environments costs one more request, and its environments are nowhere', async () => {
    world = await startWorld({ pipeline: TRUSTED });
    const own = renamed('sandbox');
    const run = world.push('feature/sandbox', 'An environment of my own', { [PATH]: own });
    const plan = await run.plan();
    expect(plan).toMatchObject({ exitCode: 0, requests: 2, outputs: { verdict: 'ask', environment: 'uat', stages: '[["uat"]]' } });
    expect(plan.summary).toContain(COPY_DIFFERS);

    run.approve('mona', 'uat');
    const job = await run.deploy('uat');
    expectEntered(world, job, ['mona']);
    expect(job.requestsInAll).toBeLessThanOrEqual(6);

    const refused = await run.deploy('sandbox');
    expect(refused).toMatchObject({ exitCode: 1, outputs: {} });
    expect(refused.log).toContain('"sandbox"');
  });

  it('a copy full of mistakes changes nothing: it is not the one that counts', async () => {
    world = await startWorld({ pipeline: TRUSTED });
    const run = world.push('feature/broken', 'Half a pipeline', { [PATH]: 'version: 1\nenvironments: [' });
    expect(await run.plan()).toMatchObject({ exitCode: 0, requests: 2, outputs: { verdict: 'ask', environment: 'uat' } });
    run.approve('mona', 'uat');
    expectEntered(world, await run.deploy('uat'), ['mona']);
  });

  it('a candidate without a copy is decided by the same policy', async () => {
    world = await startWorld({ pipeline: TRUSTED });
    const run = world.push('feature/bare', 'No pipeline at all', { [PATH]: null });
    const plan = await run.plan();
    expect(plan).toMatchObject({ exitCode: 0, requests: 2, outputs: { verdict: 'ask', environment: 'uat' } });
    expect(plan.summary).not.toContain('built-in');
    expect(plan.summary).toContain('The candidate has no pipeline file; the one on the default branch applies.');
    expectRefused(world, await run.deploy('uat'), 'approval_missing');
  });

  it('a policy that becomes stricter while the job waits at the gate counts at the door', async () => {
    world = await startWorld({ pipeline: TRUSTED });
    const run = world.push('feature/waiting');
    run.approve('mona', 'uat');
    expect((await run.plan()).outputs).toMatchObject({ verdict: 'deploy' });
    world.repository.commit('main', { [PATH]: TRUSTED.replace('approvals: 1', 'approvals: 2') }, 'Two people from now on');
    expectRefused(world, await run.deploy('uat'), 'approval_missing');
  });

  it('nothing checked out is no obstacle: one request where the built-in pipeline has the names, two where it has not', async () => {
    world = await startWorld();
    const { sha } = world.push();
    const plan = await world.run({ sha, checkout: null }).plan();
    expect(plan).toMatchObject({ exitCode: 0, requests: 1, outputs: { verdict: 'deploy', environment: 'dev', route: 'mainline' } });
    expect(plan.summary).not.toContain('built-in');
    await world.close();

    world = await startWorld({ pipeline: renamed('acceptance') });
    world.sandbox.given.environment('acceptance', { reviewers: ['octo-org/qa'] });
    const other = world.run({ sha: world.push().sha, checkout: null });
    expect(await other.plan()).toMatchObject({ exitCode: 0, requests: 2, outputs: { verdict: 'ask', environment: 'acceptance' } });
  });

  it('is read from another path where the workflow names one', async () => {
    world = await startWorld({ pipeline: TRUSTED });
    const root = `${TRUSTED}pipelines: [deploy/shop.yaml]\n`;
    world.repository.commit('main', { 'deploy/shop.yaml': renamed('staging'), [PATH]: root }, 'A second pipeline');
    world.sandbox.given.environment('staging', { reviewers: ['octo-org/qa'] });
    const run = world.push();
    const input = { pipeline: 'deploy/shop.yaml' };
    const plan = await run.plan(input);
    expect(plan).toMatchObject({ exitCode: 0, requests: 1, outputs: { verdict: 'ask', environment: 'staging' } });
    expect(plan.outputs['policy-hash']).toBe(world.repository.git('rev-parse', 'main:deploy/shop.yaml'));
    expect(plan.summary).toContain('deploy/shop.yaml');
    run.approve('mona', 'staging');
    expectEntered(world, await run.deploy('staging', input), ['mona']);
  });
});

describe('another pipeline file that lies on the default branch', () => {
  const weak = { pipeline: 'examples/weak.yml' };
  const given = async (files: Record<string, string>): Promise<void> => {
    world = await startWorld({ pipeline: TRUSTED });
    world.repository.commit('main', { 'examples/weak.yml': DROPPED, ...files }, 'An example');
  };

  it('opens nothing when a job names it and the root does not list it, and listing it works', async () => {
    await given({});
    const run = world.push();
    const plan = await run.plan(weak);
    expect(plan.exitCode).toBe(1);
    expect(plan.log).toContain('examples/weak.yml does not count: .github/promote.yml on main does not list it');
    expect((await run.deploy('uat', weak)).log).not.toContain('stolen by');
    expect(world.records()).toEqual([]);
    world.repository.commit('main', { [PATH]: 'version: 1\npipelines: [examples/weak.yml]\n' }, 'It counts');
    expect(await world.push().plan(weak)).toMatchObject({ exitCode: 0, requests: 1, outputs: { environment: 'uat' } });
  });

  it('cannot have an environment of the root', async () => {
    await given({ [PATH]: `${TRUSTED}pipelines: [examples/weak.yml]\n` });
    const plan = await world.push().plan(weak);
    expect(plan.exitCode).toBe(1);
    expect(plan.log).toContain(
      'Environment "uat" is in two pipeline files, examples/weak.yml:3 and .github/promote.yml:3, and can belong to one of them only.',
    );
    expect(plan.log).toContain('Anyone who may change main can rename or remove it in one of them there.');
  });

  it('cannot have an environment of another one that is listed, in whatever case, and renaming it works', async () => {
    const root = 'version: 1\npipelines: [examples/weak.yml, shop/promote.yml, gone/promote.yml, broken/promote.yml]\n';
    await given({ [PATH]: root, 'shop/promote.yml': `\n${renamed('UAT')}`, 'broken/promote.yml': 'environments: {uat: [' });
    for (const [input, places] of [
      [weak, 'examples/weak.yml:3 and shop/promote.yml:4'],
      [{ pipeline: 'shop/promote.yml' }, 'shop/promote.yml:4 and examples/weak.yml:3'],
    ] as const) {
      const plan = await world.push().plan(input);
      expect(plan.exitCode).toBe(1);
      expect(plan.log).toContain(`is in two pipeline files, ${places},`);
    }
    expect(world.records()).toEqual([]);
    world.repository.commit('main', { 'shop/promote.yml': renamed('shop-uat') }, 'A name of its own');
    expect(await world.push().plan(weak)).toMatchObject({ exitCode: 0, requests: 1, outputs: { environment: 'uat' } });
  });

  it('is compared with the files that the default branch lists, whatever the candidate lists', async () => {
    await given({ [PATH]: 'version: 1\npipelines: [examples/weak.yml, shop/promote.yml]\n', 'shop/promote.yml': TRUSTED });
    const run = world.push('feature/alone', 'Only mine', { [PATH]: 'version: 1\npipelines: [examples/weak.yml]\n' });
    expect((await run.plan(weak)).log).toContain('is in two pipeline files');
    world.repository.commit('main', { 'shop/promote.yml': renamed('shop-uat') }, 'A name of its own');
    expect(await run.plan(weak)).toMatchObject({ exitCode: 0, requests: 2, outputs: { environment: 'uat' } });
  });

  it('is named where a job asks for the root, which only lists', async () => {
    await given({ [PATH]: 'version: 1\npipelines: [examples/weak.yml]\n' });
    const plan = await world.push().plan();
    expect(plan.exitCode).toBe(1);
    expect(plan.log).toContain('it lists others. Fix: Name one of them, in a job as the input "pipeline"');
    expect(plan.log).toContain('examples/weak.yml');
    const other = await world.push().plan({ pipeline: 'deploy/other.yml' });
    expect(other.log).toContain('The pipeline file deploy/other.yml on main does not exist.');
    world.repository.commit('main', { 'deploy/other.yml': renamed('other') }, 'Another');
    expect((await world.push().plan({ pipeline: 'deploy/other.yml' })).log).toContain(
      'Or name one that counts in the job\'s input "pipeline": examples/weak.yml.',
    );
  });
});

describe('the example of several services', () => {
  const folder = join(import.meta.dirname, '../../examples/monorepo');
  const files = Object.fromEntries(
    readdirSync(folder, { recursive: true, encoding: 'utf8', withFileTypes: true })
      .filter((one) => one.isFile())
      .map((one) => join(one.parentPath, one.name))
      .map((path) => [relative(folder, path), readFileSync(path, 'utf8').replace('build: {', '# build: {')]),
  );

  it('goes its way with each of its pipeline files, for one request a plan', async () => {
    world = await startWorld({ pipeline: null });
    for (const name of ['shop-dev', 'shop-production', 'mail-production'])
      world.sandbox.given.environment(name, name.endsWith('production') ? { reviewers: ['octo-org/release'] } : {});
    world.repository.commit('main', files, 'Two services');
    const run = world.push('main', 'A change');
    for (const [pipeline, environment] of [
      ['services/shop/promote.yml', 'shop-dev'],
      ['services/mail/promote.yml', 'mail-production'],
    ] as const) {
      expect(await run.plan({ pipeline })).toMatchObject({ exitCode: 0, requests: 1, outputs: { environment } });
    }
    const job = await run.deploy('shop-dev', { pipeline: 'services/shop/promote.yml' });
    expect(job.log).toContain('deploying shop');
    expect(world.records()).toMatchObject([{ environment: 'shop-dev', outcome: 'success' }]);
  });

  it('has a workflow for each pipeline file that is listed', () => {
    const listed = loadList(files[PATH] ?? '', PATH);
    const named = Object.entries(files).flatMap(([path, text]) => {
      if (!path.startsWith('.github/workflows/')) return [];
      return [/ pipeline: (\S+)/.exec(text)?.[1]];
    });
    expect(named.sort()).toEqual([...(listed ?? [])].sort());
  });
});

describe('without a pipeline file', () => {
  it('the built-in pipeline answers, the summary says so with the command that writes it out, and what that writes is the same policy', async () => {
    world = await startWorld({ pipeline: null });
    const run = world.push();
    const plan = await run.plan();
    expect(plan).toMatchObject({ exitCode: 0, requests: 1, outputs: { verdict: 'deploy', environment: 'dev' } });
    expect(JSON.parse(plan.outputs['stages'] ?? '')).toEqual([['dev'], ['uat'], ['staging'], ['production']]);
    expect(plan.summary).toContain('The repository has no pipeline file; the built-in pipeline applies.');
    const command = /`promote (.+) > (.+)`/.exec(plan.summary);
    expect(command?.[2]).toBe(PATH);

    const cli = join(import.meta.dirname, '../../dist/cli/index.js');
    const written = execFileSync(process.execPath, [cli, ...(command?.[1] ?? '').split(' ')], { cwd: world.folder, encoding: 'utf8' });
    expect(loadPipeline(written, PATH).hash).toBe(plan.outputs['policy-hash']);
    const after = await world.push('main', 'The pipeline as a file', { [PATH]: written }).plan();
    expect(after).toMatchObject({
      requests: 1,
      outputs: { verdict: 'deploy', environment: 'dev', 'policy-hash': plan.outputs['policy-hash'] },
    });
    expect(after.summary).not.toContain('built-in');
  });

  it('a candidate that brings the first one is told that it counts once it is on the default branch', async () => {
    world = await startWorld({ pipeline: null });
    const plan = await world.push('feature/pipeline', 'Our first pipeline', { [PATH]: PIPELINE }).plan();
    expect(plan).toMatchObject({ exitCode: 0, outputs: { verdict: 'deploy', environment: 'dev', route: 'feature' } });
    expect(plan.summary).toContain('the built-in pipeline applies');
    expect(plan.summary).not.toContain(COPY_DIFFERS);
    expect(plan.summary).toContain('The candidate brings a pipeline file; it applies once it is on the default branch.');
  });
});
