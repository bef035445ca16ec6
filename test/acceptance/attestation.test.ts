import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { JOB_PERMISSIONS, type JobResult, type JobRun, PRODUCTION_ONLY, startWorld, type World } from './world.ts';

const GH = join(import.meta.dirname, '../../sandbox/runner/gh');
const DEMANDED = PRODUCTION_ONLY.replace('artifact: dist }', 'artifact: dist, attest: required }');
/** The run's own workflow file, which calls no shipped one: it builds, too. */
const OWN = 'octo-org/shop/.github/workflows/pipeline.yml';

let world: World;
afterEach(() => world.close());

interface Entering {
  readonly run: JobRun;
  readonly digest: string;
  readonly file: string;
  enter(inputs?: Record<string, string>): Promise<JobResult>;
}

/** A candidate that is approved, its artifact's zip beside the checkout, and a machine with gh. */
async function given(pipeline = DEMANDED): Promise<Entering> {
  world = await startWorld({ pipeline });
  world.variables['PATH'] = [GH, process.env['PATH']].join(delimiter);
  const folder = join(world.folder, 'downloaded');
  const file = join(folder, 'artifact.zip');
  mkdirSync(join(folder, 'unpacked'), { recursive: true });
  writeFileSync(file, 'what was built');
  const digest = `sha256:${createHash('sha256').update('what was built').digest('hex')}`;
  const { sha } = world.push();
  const run = world.run({ sha, token: world.sandbox.token({ permissions: { ...JOB_PERMISSIONS, attestations: 'read' } }) });
  run.approve('mona', 'production');
  return {
    run,
    digest,
    file,
    enter: (inputs) => run.deploy('production', { 'artifact-digest': digest, 'artifact-file': folder, ...inputs }),
  };
}

function attest(digest: string, builder: string, commit: string): void {
  const predicate = {
    runDetails: { builder: { id: `https://github.com/${builder}@refs/heads/main` } },
    buildDefinition: { resolvedDependencies: [{ digest: { gitCommit: commit } }] },
  };
  const payload = Buffer.from(JSON.stringify({ predicate })).toString('base64');
  world.sandbox.state.attestations.push({ digest, bundle: { dsseEnvelope: { payload } } });
}

function expectRefused(job: JobResult, said: string): void {
  expect(job.exitCode, job.log).toBe(1);
  expect(job.log).toContain('Nothing was touched in production:');
  expect(job.log).toContain(said);
  expect(job.log).not.toContain('deploying ');
  expect(world.records()).toEqual([]);
}

describe('an artifact whose attestation is demanded', () => {
  it('enters once the workflow that builds attests that it was made from the candidate, for one request more', async () => {
    const { run, digest, enter } = await given();
    expectRefused(
      await enter(),
      `no attestation by ${OWN} says that ${digest} was built from ${run.sha.slice(0, 8)}. gh said: Error: no attestations found`,
    );
    attest(digest, OWN, run.sha);
    const job = await enter();
    expect(job, job.log).toMatchObject({ exitCode: 0, outputs: { proceed: 'true' } });
    expect(job.log).toContain(`${digest} is attested: built from ${run.sha.slice(0, 8)} by ${OWN}.`);
    expect(job.requestsInAll).toBeLessThanOrEqual(8);
  });

  it.each([
    ['by another workflow of the repository', 'octo-org/shop/.github/workflows/evil.yml', null],
    ["by another's workflow of the same name", 'mallory/shop/.github/workflows/pipeline.yml', null],
    ['from another commit', OWN, 'f'.repeat(40)],
  ])('does not enter when it is attested %s', async (_how, builder, commit) => {
    const { run, digest, enter } = await given();
    attest(digest, builder, commit ?? run.sha);
    expectRefused(await enter(), 'gh said: Error: verifying with issuer');
  });

  it('does not enter unseen, nor as other bytes than those on record', async () => {
    const { run, digest, file, enter } = await given();
    attest(digest, OWN, run.sha);
    expectRefused(await enter({ 'artifact-file': '' }), 'demands an attestation of the artifact, and the input "artifact-file" is empty.');
    expectRefused(
      await enter({ 'artifact-file': join(file, '../../downloaded/unpacked') }),
      'is neither a file nor a folder with one file.',
    );
    writeFileSync(file, 'something else');
    expectRefused(await enter(), `is not the artifact ${digest}.`);
  });

  it('does not enter where the runner cannot verify, which says what to install', async () => {
    const { run, digest, enter } = await given();
    attest(digest, OWN, run.sha);
    world.variables['PATH'] = world.folder;
    expectRefused(await enter(), 'This runner has no "gh": install a current GitHub CLI');
  });

  it('is not asked about where the pipeline file demands nothing', async () => {
    const { enter } = await given(PRODUCTION_ONLY);
    expect(await enter({ 'artifact-file': '' })).toMatchObject({ exitCode: 0, outputs: { proceed: 'true' } });
  });

  it('is not asked about in a rollback: what succeeded before attestations were demanded is a way back', async () => {
    const { run: good, digest, file } = await given(PRODUCTION_ONLY);
    expect(await good.deploy('production', { 'artifact-digest': digest })).toMatchObject({ exitCode: 0 });
    const demanding = world.push('main', 'Attestations from now on', { '.github/promote.yml': DEMANDED });
    const bad = world.run({
      sha: demanding.sha,
      token: world.sandbox.token({ permissions: { ...JOB_PERMISSIONS, attestations: 'read' } }),
    });
    const other = `sha256:${createHash('sha256').update('built later').digest('hex')}`;
    writeFileSync(file, 'built later');
    attest(other, OWN, demanding.sha);
    bad.approve('mona', 'production');
    expect(await bad.deploy('production', { 'artifact-digest': other, 'artifact-file': file })).toMatchObject({ exitCode: 0 });
    const back = world.run({ sha: demanding.sha, event: 'workflow_dispatch', actor: 'hubot' });
    back.approve('mona', 'production');
    const inputs = { rollback: 'true', ref: 'refs/heads/main', sha: good.sha, 'artifact-digest': '' };
    expect(await back.deploy('production', inputs)).toMatchObject({ exitCode: 0, outputs: { proceed: 'true', sha: good.sha } });
  });
});
