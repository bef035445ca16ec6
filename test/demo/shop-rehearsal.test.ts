import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type LocalDatabase, postgresPrograms, startLocalDatabase } from '../../demo/local-database.ts';
import { BROKEN_MIGRATION, commitChange, createShopRepository, type ShopChange, UMBRELLAS } from '../../demo/shop-repository.ts';
import { startSandbox } from '../../sandbox/github/index.ts';
import { type JobResult, World } from '../acceptance/world.ts';

let world: World;
let database: LocalDatabase;

beforeEach(async () => {
  const folder = mkdtempSync(join(tmpdir(), 'promote-shop-'));
  chmodSync(folder, 0o755);
  const repository = createShopRepository(join(folder, 'repository'));
  const sandbox = await startSandbox({ repositoryPath: repository.path });
  for (const environment of ['dev', 'uat', 'staging', 'production']) sandbox.given.environment(environment);
  sandbox.given.user('octocat', { role: 'write' });
  world = new World(folder, repository, sandbox);
  database = await startLocalDatabase({ folder, environments: ['staging', 'production'] });
  Object.assign(world.variables, { PROMOTE_POSTGRES_BIN: postgresPrograms(), PROMOTE_ENV: database.secret });
});

afterEach(async () => {
  await database.stop();
  await world.close();
});

/** A hotfix with a change of the shop: straight to staging. What is built from it stands in for the artifact in its checkout. */
function rehearse(change: ShopChange): Promise<JobResult> {
  const branch = 'hotfix/today';
  const before = commitChange(world.repository, change, branch);
  const checkout = join(world.folder, 'built');
  world.repository.exportTo(before, checkout);
  const tools = join(import.meta.dirname, '../../node_modules');
  execFileSync('node', ['scripts/build.js'], { cwd: checkout, env: { PATH: process.env['PATH'], SHOP_TOOLS: tools, GITHUB_SHA: before } });
  const dist = join(checkout, 'dist');
  const names = readdirSync(dist, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  const files = Object.fromEntries(names.map((name) => [`dist${name.slice(dist.length)}`, readFileSync(name, 'utf8')]));
  const run = world.push(branch, 'What was built', files);
  return run.job({ command: 'rehearse', environment: 'staging', 'artifact-digest': world.artifactOf(run.sha) });
}

it('the next release of the shop passes its rehearsal on production’s masked data, and production stays as it was', async () => {
  const job = await rehearse(UMBRELLAS);
  expect(job.exitCode, job.log).toBe(0);
  expect(job.log).toContain('customers: 2000 rows, masked');
  expect(job.log).toMatch(/^003_stock\.sql: \d+ ms$/m);
  expect(job.outputs['rehearsal']).toBe('pass');
  expect(world.records()).toMatchObject([{ environment: 'staging', task: 'promote:rehearsal', outcome: 'success' }]);
  for (const secret of [database.urlOf('production'), database.urlOf('staging')]) {
    expect(job.log).toContain(`::add-mask::${secret}`);
    expect(job.log.replaceAll(`::add-mask::${secret}`, '')).not.toContain(secret);
  }
  const client = new pg.Client({ connectionString: database.urlOf('production') });
  await client.connect();
  const { rows } = await client.query(
    'SELECT (SELECT count(*)::int FROM schema_migrations) AS migrations, count(*)::int AS products FROM products',
  );
  await client.end();
  expect(rows).toEqual([{ migrations: 2, products: 4 }]);
});

it('a migration that only runs on empty tables fails its rehearsal', async () => {
  const job = await rehearse(BROKEN_MIGRATION);
  expect(job).toMatchObject({ exitCode: 1, outputs: { rehearsal: 'fail' } });
  expect(job.log).toContain('column "voucher" of relation "orders" contains null values');
  expect(world.records()).toMatchObject([{ environment: 'staging', task: 'promote:rehearsal', outcome: 'failure' }]);
});
