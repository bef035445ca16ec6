/** The sample shop's releases, rehearsed on its production's data as its pipeline file says. */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { CUSTOMERS, type LocalDatabase, ORDERS, postgresPrograms, startLocalDatabase } from '../../demo/local-database.ts';
import { BROKEN_MIGRATION, createShopRepository, type ShopChange, TOTALS, UMBRELLAS } from '../../demo/shop-repository.ts';
import { startSandbox } from '../../sandbox/github/index.ts';
import { PHASES, type RehearsalEvidence } from '../../src/rehearsal/evidence.ts';
import { type JobResult, World } from '../acceptance/world.ts';
import { processesAbout } from './demo-process.ts';

const MINUTES = 60_000;
const TOOLS = join(import.meta.dirname, '../../node_modules');

let shared = '';
let database: LocalDatabase;
let before = '';
let world: World;

beforeAll(async () => {
  shared = mkdtempSync(join(tmpdir(), 'promote-shop-'));
  chmodSync(shared, 0o755);
  database = await startLocalDatabase({ folder: shared, environments: ['staging', 'production'] });
  before = await production();
});

afterAll(async () => {
  await database.stop();
  rmSync(shared, { recursive: true, force: true });
});

beforeEach(async () => {
  const folder = mkdtempSync(join(tmpdir(), 'promote-shop-'));
  chmodSync(folder, 0o755);
  const repository = createShopRepository(join(folder, 'repository'));
  const sandbox = await startSandbox({ repositoryPath: repository.path });
  for (const environment of ['dev', 'uat', 'staging', 'production']) sandbox.given.environment(environment);
  sandbox.given.user('octocat', { role: 'write' });
  sandbox.given.deployment({ sha: repository.sha('main'), environment: 'production', statuses: ['success'] });
  world = new World(folder, repository, sandbox);
});

afterEach(() => world.close());

/** RUNNER_TEMP of the jobs. */
const temp = (): string => join(world.folder, 'temp');

/** Everything that is in production, and what its tables are, as one digest. */
async function production(): Promise<string> {
  const client = new pg.Client({ connectionString: database.urlOf('production') });
  await client.connect();
  try {
    const { rows } = await client.query(`
      SELECT (SELECT md5(string_agg(o::text, '' ORDER BY id)) FROM orders o) || (SELECT md5(string_agg(c::text, '' ORDER BY id)) FROM customers c)
        || (SELECT md5(string_agg(p::text, '' ORDER BY id)) FROM products p) || (SELECT md5(string_agg(m::text, '' ORDER BY name)) FROM schema_migrations m)
        || (SELECT md5(string_agg(c::text, '' ORDER BY table_name, column_name)) FROM information_schema.columns c WHERE table_schema = 'public')
        || (SELECT md5(string_agg(indexdef, '' ORDER BY indexname)) FROM pg_indexes WHERE schemaname = 'public') AS all`);
    return rows[0].all;
  } finally {
    await client.end();
  }
}

interface Rehearsed {
  readonly job: JobResult;
  readonly evidence: RehearsalEvidence;
  /** Everything that people get to read of it. */
  readonly told: string;
}

/** A hotfix with a change of the shop, straight to staging, in a checkout in which it has been built. */
async function rehearse(change: ShopChange): Promise<Rehearsed> {
  const run = world.push('hotfix/today', change.message, change.files, change.author);
  const checkout = join(world.folder, 'checkout');
  const git = (...parameters: string[]) =>
    execFileSync('git', parameters, { env: { PATH: process.env['PATH'], GIT_CONFIG_GLOBAL: '/dev/null' } });
  git('clone', '--quiet', '--branch', 'hotfix/today', world.repository.path, checkout);
  execFileSync('node', ['scripts/build.js'], { cwd: checkout, env: { PATH: process.env['PATH'], SHOP_TOOLS: TOOLS } });
  mkdirSync(temp(), { mode: 0o755 });
  Object.assign(world.variables, {
    RUNNER_TEMP: temp(),
    GITHUB_WORKSPACE: checkout,
    SHOP_TOOLS: TOOLS,
    PROMOTE_POSTGRES_BIN: postgresPrograms(),
    PROMOTE_ENV: database.secret,
  });
  const job = await run.job({ command: 'rehearse', environment: 'staging', 'artifact-digest': world.artifactOf(run.sha) });
  const texts = ['rehearsal-evidence', 'rehearsal-report'].map((name) => readFileSync(job.outputs[name] ?? '', 'utf8'));
  const told = [job.log, job.post.log, job.summary, JSON.stringify(job.outputs), JSON.stringify(world.records()), ...texts].join('\n');
  return { job, evidence: JSON.parse(texts[0] ?? ''), told };
}

/** Whatever came of it. */
async function nothingHasHappenedElsewhere({ told }: Rehearsed): Promise<void> {
  expect(await production()).toBe(before);
  expect(told).not.toMatch(/Customer Number|customer\d+@|shop\.example/i);
  for (const secret of [database.urlOf('production'), database.urlOf('staging')])
    expect(told.replaceAll(`::add-mask::${secret}`, '')).not.toContain(secret);
  expect(processesAbout(temp())).toEqual([]);
  expect(readdirSync(temp())).toEqual(['rehearsal-reports']);
}

const codesOf = ({ evidence }: Rehearsed): readonly string[] => evidence.reasons.map(({ code }) => code);

it('the next release passes with nothing to say against it, on all that production has, its customers masked', {
  timeout: 4 * MINUTES,
}, async () => {
  const rehearsed = await rehearse(UMBRELLAS);
  const { job, evidence } = rehearsed;
  expect(job.exitCode, job.log).toBe(0);
  expect(evidence.reasons).toEqual([]);
  expect(job.outputs['rehearsal']).toBe('pass');
  expect(evidence.phases.map(({ name, outcome, because }) => [name, outcome, because])).toEqual(PHASES.map((name) => [name, 'done', null]));
  expect(evidence.masking).toMatchObject({ columns: { mask: 2, null: 0 }, rows: CUSTOMERS });
  expect(job.log).toContain(`orders: ${ORDERS} rows`);
  expect(evidence.phases.find(({ name }) => name === 'verify')?.checks).toMatchObject({
    rowChanges: [
      { table: 'public.products', before: 4, after: 5, explained: true },
      { table: 'public.schema_migrations', before: 2, after: 3, explained: true },
    ],
  });
  expect(job.log).toContain('It sells 5 products');
  expect(world.records().at(-1)).toMatchObject({ environment: 'staging', task: 'promote:rehearsal', outcome: 'success' });
  await nothingHasHappenedElsewhere(rehearsed);
});

it('a release that would close the shop fails, with the lock, what it would have done to readers and writers, and the fix', {
  timeout: 4 * MINUTES,
}, async () => {
  const rehearsed = await rehearse(TOTALS);
  const { job, evidence } = rehearsed;
  expect(job).toMatchObject({ exitCode: 1, outputs: { rehearsal: 'fail' } });
  expect(codesOf(rehearsed)).toContain('lock_held');
  const held = evidence.reasons.find(({ code }) => code === 'lock_held');
  expect(held?.because).toMatch(
    /ALTER TABLE orders ADD COLUMN total_cents int.*AccessExclusiveLock on public\.orders.*stops reads and writes/,
  );
  expect(held?.fix).toMatch(/batches/);
  // Whoever came to the table at that time waited for as long as the lock was held there.
  const beside = evidence.phases.find(({ name }) => name === 'load');
  const lock = beside?.observation?.locks.find(({ relation, blocks }) => relation === 'public.orders' && blocks === 'reads and writes');
  for (const kind of ['reads', 'writes'] as const)
    expect(beside?.load?.during[kind].longest).toBeGreaterThan(0.8 * (lock?.held.atLeast ?? Number.POSITIVE_INFINITY));
  expect(world.records().at(-1)).toMatchObject({ environment: 'staging', task: 'promote:rehearsal', outcome: 'failure' });
  await nothingHasHappenedElsewhere(rehearsed);
});

it('a migration that only runs on empty tables fails, and what it said is told', { timeout: 4 * MINUTES }, async () => {
  const rehearsed = await rehearse(BROKEN_MIGRATION);
  expect(rehearsed.job).toMatchObject({ exitCode: 1, outputs: { rehearsal: 'fail' } });
  expect(codesOf(rehearsed)).toContain('migration_failed');
  expect(rehearsed.job.log).toContain('column "voucher" of relation "orders" contains null values');
  await nothingHasHappenedElsewhere(rehearsed);
});
