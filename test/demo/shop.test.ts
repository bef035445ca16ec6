import { execFile } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { type LocalDatabase, startLocalDatabase } from '../../demo/local-database.ts';
import { runningShops, stopShops } from '../../demo/running-shop.ts';
import { BROKEN_MIGRATION, commitChange, createShopRepository, HOTFIX, UMBRELLAS } from '../../demo/shop-repository.ts';
import type { SampleRepository } from '../../sandbox/github/sample-repository.ts';
import { loadPipeline } from '../../src/pipeline/load.ts';
import { isAlive } from '../../src/rehearsal/processes.ts';

const TOOLS = join(import.meta.dirname, '../../node_modules');

let folder = '';
let home = '';
let repository: SampleRepository;
let database: LocalDatabase;
let port = 0;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'promote-shop-'));
  chmodSync(folder, 0o755);
  home = join(folder, 'home');
  repository = createShopRepository(join(folder, 'repository'));
  database = await startLocalDatabase({ folder, environments: ['dev', 'staging', 'production'] });
  port = await freePort();
});

afterAll(async () => {
  await stopShops(home);
  await database.stop();
  rmSync(folder, { recursive: true, force: true });
});

interface Ended {
  readonly code: number;
  readonly log: string;
}

function run(checkout: string, command: string, variables: Record<string, string> = {}): Promise<Ended> {
  const env = { PATH: process.env['PATH'], HOME: folder, SHOP_TOOLS: TOOLS, SHOP_HOME: home, SHOP_PORT_DEV: String(port), ...variables };
  return new Promise((resolve) => {
    execFile('bash', ['-eo', 'pipefail', '-c', command], { cwd: checkout, env }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), log: stdout + stderr });
    });
  });
}

/** A checkout of a commit with what was built from it. */
async function built(sha: string): Promise<string> {
  const checkout = join(folder, sha.slice(0, 12));
  repository.exportTo(sha, checkout);
  const build = await run(checkout, 'npm run build', { GITHUB_SHA: sha });
  expect(build.code, build.log).toBe(0);
  return checkout;
}

function promotion(sha: string, version: string, environment = 'dev'): Record<string, string> {
  return {
    PROMOTE_ENVIRONMENT: environment,
    PROMOTE_SHA: sha,
    PROMOTE_VERSION: version,
    DATABASE_URL: database.urlOf(environment),
  };
}

async function visit(path = '/'): Promise<string> {
  return (await fetch(`http://127.0.0.1:${port}${path}`)).text();
}

async function rows(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

describe('the sample shop', () => {
  it('is a repository with a history, always the same, whose pipeline file loads', () => {
    const again = createShopRepository(join(folder, 'again'));
    expect(again.sha('main')).toBe(repository.sha('main'));
    const authors = repository.git('log', '--format=%an', 'main').split('\n');
    expect(new Set(authors)).toEqual(new Set(['octocat', 'hubot', 'mona']));
    const pipeline = loadPipeline(repository.git('show', 'main:.github/promote.yml'), '.github/promote.yml');
    expect(pipeline.routes.map(({ name, path }) => [name, path.flat()])).toEqual([
      ['release', ['uat', 'staging', 'production']],
      ['mainline', ['dev', 'uat', 'staging', 'production']],
      ['hotfix', ['staging', 'production']],
      ['feature', ['dev']],
    ]);
    const { jobs } = parse(repository.git('show', 'main:.github/workflows/promote.yml'));
    expect(jobs.promote.uses).toBe('org/promote-action/.github/workflows/pipeline.yml@v1');
  });

  it('passes its own tests', async () => {
    const checkout = join(folder, 'tested');
    repository.exportTo('main', checkout);
    const tests = await run(checkout, 'npm test');
    expect(tests.code, tests.log).toBe(0);
    expect(tests.log).toMatch(/^. (pass|tests) (?!0)\d+/m);
  });

  it('is deployed, runs without its checkout, is replaced by the next release, and stays when one does not come up', async () => {
    const first = repository.sha('main');
    const checkout = await built(first);
    const deployed = await run(checkout, 'bash scripts/deploy.sh && bash scripts/smoke.sh', promotion(first, 'v1.0.0'));
    expect(deployed.code, deployed.log).toBe(0);
    expect(deployed.log).toContain('002_customers_and_orders.sql');
    expect(deployed.log).toContain('it runs v1.0.0');
    rmSync(checkout, { recursive: true });
    expect(await visit()).toMatch(/Green tea[\s\S]*7\.90 €[\s\S]*database at migration 2/);
    const [before] = runningShops(home);
    expect(before).toMatchObject({ environment: 'dev', port, version: 'v1.0.0' });

    const next = commitChange(repository, UMBRELLAS);
    const nextCheckout = await built(next);
    const replaced = await run(nextCheckout, 'bash scripts/deploy.sh && bash scripts/smoke.sh', promotion(next, 'v1.1.0'));
    expect(replaced.code, replaced.log).toBe(0);
    expect(replaced.log).toContain('(before: v1.0.0)');
    expect(await visit()).toMatch(/Rainy days ahead[\s\S]*Umbrella[\s\S]*24\.00 €[\s\S]*only 3 left/);
    expect(isAlive(before?.pid ?? 0)).toBe(false);
    // What ran before is asked for another version than the one that runs.
    expect((await run(nextCheckout, 'bash scripts/smoke.sh', promotion(next, 'v1.0.0'))).code).toBe(1);

    const broken = await run(nextCheckout, 'echo "process.exit(9)" > dist/server.js; bash scripts/deploy.sh', promotion(next, 'v1.2.0'));
    expect(broken.code, broken.log).toBe(1);
    expect(broken.log).toContain('dev runs v1.1.0 again');
    expect(JSON.parse(await visit('/health'))).toMatchObject({ version: 'v1.1.0', environment: 'dev', commit: next, migrations: 3 });
  });

  it('copies production’s data without its customers, and a migration can be tried on the copy', async () => {
    const sha = commitChange(repository, BROKEN_MIGRATION, 'voucher');
    const checkout = await built(sha);
    const variables = { DATABASE_URL: database.urlOf('staging'), PRODUCTION_DATABASE_URL: database.urlOf('production') };
    const copied = await run(checkout, 'bash scripts/fetch-snapshot.sh', variables);
    expect(copied.code, copied.log).toBe(0);
    expect(copied.log).toContain('orders: 10000 rows');
    const counts = 'SELECT (SELECT count(*)::int FROM customers) AS customers, (SELECT count(*)::int FROM orders) AS orders';
    expect(await rows(variables.DATABASE_URL, counts)).toEqual(await rows(variables.PRODUCTION_DATABASE_URL, counts));
    const known = "SELECT count(*)::int AS known FROM customers WHERE email LIKE '%shop.example' OR name LIKE '%Number%'";
    expect(await rows(variables.DATABASE_URL, known)).toEqual([{ known: 0 }]);
    expect(await rows(variables.PRODUCTION_DATABASE_URL, known)).toEqual([{ known: 2000 }]);

    const migrated = await run(checkout, 'node dist/migrate.js', variables);
    expect(migrated.code).toBe(1);
    expect(migrated.log).toMatch(
      /003_stock\.sql: \d+ ms[\s\S]*004_voucher\.sql: column "voucher" of relation "orders" contains null values/,
    );
  });

  it('says in its secret which environment’s commands get which database', () => {
    const lines = database.secret.trim().split('\n');
    expect(lines.map((line) => line.split('=')[0])).toEqual([
      'dev.DATABASE_URL',
      'staging.DATABASE_URL',
      'production.DATABASE_URL',
      'staging.PRODUCTION_DATABASE_URL',
    ]);
    expect(new Set(lines.map((line) => line.slice(line.indexOf('=') + 1))).size).toBe(3);
  });

  it('has a hotfix that changes no table', () => {
    expect(Object.keys(HOTFIX.files)).toEqual(['src/announcement.js']);
  });

  it('leaves no server and no data when its database is stopped', async () => {
    const another = await startLocalDatabase({ folder, environments: ['uat'] });
    const left = () => readdirSync(folder).filter((name) => name.startsWith('promote-rehearsal-'));
    expect(left()).toHaveLength(2);
    await another.stop();
    expect(left()).toHaveLength(1);
    await expect(rows(another.urlOf('uat'), 'SELECT 1')).rejects.toThrow(/ECONNREFUSED/);
    expect(existsSync(folder)).toBe(true);
  });
});
