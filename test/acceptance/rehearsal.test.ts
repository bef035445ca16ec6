import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import type { RecordPayload } from '../../src/github/record-payload.ts';
import { OTHER_DIGEST } from '../digests.ts';
import { type JobRun, startWorld, type World } from './world.ts';

const PIPELINE = `version: 1
build: { run: npm run build, artifact: dist }
environments:
  staging:
    role: staging
    deploy: { run: 'true' }
    rehearsal: { database: postgres, snapshot: { run: ./snapshot.sh, max-age: 7d }, migrate: npm run migrate }
  production: { role: production, gate: { approvals: 1 }, deploy: { run: 'echo deploying' } }
routes: [{ name: mainline, branches: [main], path: [staging, production] }]
`;
const DAY = 86_400_000;
const MIGRATIONS = 'sha256:aa';

let world: World;
afterEach(() => world.close());

/** Live in staging and approved for production, so that only the rehearsal is missing. */
async function inStaging(): Promise<JobRun> {
  world = await startWorld({ pipeline: PIPELINE, artifacts: 'own' });
  const run = world.push('main', 'Add a table');
  expect(await run.deploy('staging')).toMatchObject({ exitCode: 0 });
  run.approve('mona', 'production');
  return run;
}

type Rehearsal = NonNullable<RecordPayload['rehearsal']>;

function rehearse(run: JobRun, rehearsal: Partial<Rehearsal> = {}, payload: Partial<RecordPayload> = {}): void {
  const snapshotTakenAt = world.sandbox.clock.now() - DAY;
  world.record({
    environment: 'staging',
    sha: run.sha,
    payload: {
      kind: 'rehearsal',
      rehearsal: { verdict: 'pass', migrations: MIGRATIONS, snapshot: 'nightly', snapshotTakenAt, ...rehearsal },
      ...payload,
    },
  });
}

const deploy = (run: JobRun) => run.deploy('production', { migrations: MIGRATIONS });

describe('evidence of a rehearsal', () => {
  it('is what a candidate in staging waits for, and what opens production', async () => {
    const run = await inStaging();
    expect((await run.plan()).outputs).toMatchObject({ environment: 'staging', verdict: 'blocked', reason: 'rehearsal_missing' });
    const early = await deploy(run);
    expect(early).toMatchObject({ exitCode: 1, outputs: { verdict: 'blocked', proceed: 'false' } });
    expect(JSON.parse(early.outputs['reasons'] ?? '')).toContain('rehearsal_missing');
    expect(early.log).not.toContain('deploying');
    rehearse(run);
    expect(await deploy(run)).toMatchObject({ exitCode: 0, outputs: { proceed: 'true' } });
    expect(world.records().at(-1)).toMatchObject({ environment: 'production', outcome: 'success' });
  });

  it('with a warning opens production too', async () => {
    const run = await inStaging();
    rehearse(run, { verdict: 'warn' });
    expect(await deploy(run)).toMatchObject({ exitCode: 0 });
  });

  it.each<[string, string, Partial<Rehearsal>]>([
    ['of a rehearsal that failed', 'rehearsal_failed', { verdict: 'fail' }],
    ['of other migrations', 'rehearsal_differs', { migrations: 'sha256:bb' }],
    ['of a snapshot that is too old', 'rehearsal_stale', { snapshotTakenAt: Date.parse('2026-02-01T00:00Z') }],
  ])('%s does not open production', async (_name, code, rehearsal) => {
    const run = await inStaging();
    rehearse(run, rehearsal);
    const job = await deploy(run);
    expect(job).toMatchObject({ exitCode: 1, outputs: { verdict: 'blocked', proceed: 'false' } });
    expect(JSON.parse(job.outputs['reasons'] ?? '')).toContain(code);
    expect(job.log).not.toContain('deploying');
    // Rehearsed again as asked, it opens.
    rehearse(run);
    expect(await deploy(run)).toMatchObject({ exitCode: 0 });
  });

  it('goes stale while a reviewer thinks', async () => {
    const run = await inStaging();
    rehearse(run);
    expect((await run.plan({ migrations: MIGRATIONS })).outputs).toMatchObject({ environment: 'production', verdict: 'deploy' });
    world.sandbox.clock.advance(6 * DAY + 60_000);
    const job = await deploy(run);
    expect(job).toMatchObject({ exitCode: 1, outputs: { reason: 'rehearsal_stale' } });
    expect(job.outputs['explanation']).toContain('2026-03-08T10:00Z');
  });

  it('of another artifact, of another commit, or without a word on how it went, is none', async () => {
    const run = await inStaging();
    const other = world.repository.commit('experiment', { 'src/shop.txt': 'hats' }, 'Another');
    rehearse(run, {}, { digest: OTHER_DIGEST });
    world.record({
      environment: 'staging',
      sha: other,
      payload: { kind: 'rehearsal', candidate: { sha: run.sha, ref: 'refs/heads/main', version: 'x' } },
    });
    world.record({ environment: 'staging', sha: run.sha, payload: { kind: 'rehearsal' } });
    const job = await deploy(run);
    expect(job).toMatchObject({ exitCode: 1, outputs: { verdict: 'blocked' } });
    expect(JSON.parse(job.outputs['reasons'] ?? '')).toContain('rehearsal_missing');
  });
});

describe('the migrations that the pipeline names', () => {
  const NAMED = PIPELINE.replace('migrate: npm run migrate', 'migrate: npm run migrate, migrations: db');
  const SQL = { 'db/001.sql': 'CREATE TABLE orders ();\n' };
  /** As `rehearse` computes it: a digest over the paths and Git's ids of what lies there. */
  const identity = (sha: string): string => {
    const id = execFileSync('git', ['-C', world.repository.path, 'rev-parse', `${sha}:db`], { encoding: 'utf8' }).trim();
    return `sha256:${createHash('sha256').update(`${id} db\n`).digest('hex')}`;
  };
  const reasons = async (run: JobRun) => {
    const job = await run.deploy('production');
    return { codes: JSON.parse(job.outputs['reasons'] ?? '[]') as string[], job };
  };

  /** Every commit is built into the same artifact, so that the migrations alone differ. */
  async function inStagingWith(files: Record<string, string>): Promise<JobRun> {
    world = await startWorld({ pipeline: NAMED });
    const run = world.push('main', 'Add a table', files);
    expect(await run.deploy('staging')).toMatchObject({ exitCode: 0 });
    run.approve('mona', 'production');
    return run;
  }

  it('open production when they are what was rehearsed', async () => {
    const run = await inStagingWith(SQL);
    expect((await reasons(run)).codes).toContain('rehearsal_missing');
    rehearse(run, { migrations: identity(run.sha) }, { digest: world.artifactOf(run.sha) });
    const plan = await run.plan();
    expect(plan).toMatchObject({ outputs: { environment: 'production', verdict: 'deploy' }, requests: 4 });
    const job = await run.deploy('production');
    expect(job).toMatchObject({ exitCode: 0, outputs: { proceed: 'true' } });
    expect(job.requestsInAll).toBeLessThanOrEqual(8);
  });

  it('of another commit with the same artifact do not', async () => {
    const first = await inStagingWith(SQL);
    rehearse(first, { migrations: identity(first.sha) }, { digest: world.artifactOf(first.sha) });
    const second = world.push('main', 'Add a column', { 'db/002.sql': 'ALTER TABLE orders ADD COLUMN price int;\n' });
    expect(world.artifactOf(second.sha)).toBe(world.artifactOf(first.sha));
    expect(await second.deploy('staging')).toMatchObject({ exitCode: 0 });
    second.approve('mona', 'production');
    const { codes, job } = await reasons(second);
    expect(codes).toEqual(['rehearsal_differs']);
    expect(job).toMatchObject({ exitCode: 1, outputs: { verdict: 'blocked', proceed: 'false' } });
    rehearse(second, { migrations: identity(second.sha) }, { digest: world.artifactOf(second.sha) });
    expect((await reasons(second)).job).toMatchObject({ exitCode: 0 });
  });

  it('that the commit does not have open nothing, whatever was rehearsed', async () => {
    const run = await inStagingWith({});
    rehearse(run, { migrations: 'sha256:aa' }, { digest: world.artifactOf(run.sha) });
    rehearse(run, { migrations: '' }, { digest: world.artifactOf(run.sha) });
    const { codes, job } = await reasons(run);
    expect(codes).toEqual(['migrations_unread']);
    expect(job.outputs['explanation']).toContain(`db is not in commit ${run.sha.slice(0, 7)}`);
  });

  it('give way to what the job says they are', async () => {
    const run = await inStagingWith({});
    rehearse(run, {}, { digest: world.artifactOf(run.sha) });
    expect(await deploy(run)).toMatchObject({ exitCode: 0, outputs: { proceed: 'true' } });
  });
});
