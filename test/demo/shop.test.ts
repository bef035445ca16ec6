import { execFile } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { type LocalDatabase, ORDERS, startLocalDatabase } from '../../demo/local-database.ts';
import { runningShops, stopShops } from '../../demo/running-shop.ts';
import { commitChange, createShopRepository, HOTFIX, UMBRELLAS } from '../../demo/shop-repository.ts';
import type { SampleRepository } from '../../sandbox/github/sample-repository.ts';
import { loadPipeline } from '../../src/pipeline/load.ts';
import { isAlive } from '../../src/rehearsal/processes.ts';

/** As the pipeline file has it. */
const DEPLOY = 'node dist/migrate.js && bash scripts/deploy.sh && bash scripts/smoke.sh';
const TOOLS = join(import.meta.dirname, '../../node_modules');

let folder = '';
let home = '';
let repository: SampleRepository;
let database: LocalDatabase;
let port = 0;
/** The commit with which the shop opened. */
let opening = '';

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'promote-shop-'));
  chmodSync(folder, 0o755);
  home = join(folder, 'home');
  repository = createShopRepository(join(folder, 'repository'));
  opening = repository.sha('main');
  database = await startLocalDatabase({ folder, environments: ['dev', 'uat', 'staging', 'production'] });
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
  const checkout = mkdtempSync(join(folder, sha.slice(0, 12)));
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
    const checkout = await built(opening);
    const deployed = await run(checkout, DEPLOY, promotion(opening, 'v1.0.0'));
    expect(deployed.code, deployed.log).toBe(0);
    expect(deployed.log).toContain('002_customers_and_orders.sql');
    expect(deployed.log).toContain('it runs v1.0.0');
    rmSync(checkout, { recursive: true });
    expect(await visit()).toMatch(/Green tea[\s\S]*7\.90 €[\s\S]*database at migration 2/);
    const [before] = runningShops(home);
    expect(before).toMatchObject({ environment: 'dev', port, version: 'v1.0.0' });

    const next = commitChange(repository, UMBRELLAS);
    const nextCheckout = await built(next);
    const replaced = await run(nextCheckout, DEPLOY, promotion(next, 'v1.1.0'));
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

  it('takes back what a release brought, tries the version before on what it left, and names what has no way back', async () => {
    const [old, checkout] = [await built(opening), await built(commitChange(repository, UMBRELLAS, 'umbrellas', opening))];
    const variables = { DATABASE_URL: database.urlOf('uat') };
    const columns = `SELECT string_agg(table_name || '.' || column_name, ' ' ORDER BY table_name, column_name) AS columns
      FROM information_schema.columns WHERE table_schema = 'public'`;
    const migrate = (folder: string, more = '') => run(folder, `node dist/migrate.js ${more}`, variables);

    expect(await migrate(old)).toMatchObject({ code: 0, log: expect.stringContaining('Migrations run: 2.') });
    const was = await rows(variables.DATABASE_URL, columns);
    expect(await migrate(checkout)).toMatchObject({ code: 0, log: expect.stringContaining('Migrations run: 1.') });
    expect(await migrate(checkout)).toMatchObject({ code: 0, log: expect.stringContaining('The database is up to date.') });
    expect(await rows(variables.DATABASE_URL, columns)).not.toEqual(was);
    expect(await run(old, 'node scripts/try-out.js', variables)).toMatchObject({ code: 0, log: expect.stringContaining('It sells 5') });

    expect(await migrate(checkout, 'back')).toMatchObject({ code: 0, log: expect.stringContaining('Migrations taken back: 1.') });
    expect(await rows(variables.DATABASE_URL, columns)).toEqual(was);
    expect(await migrate(checkout, 'back')).toMatchObject({ code: 0, log: expect.stringContaining('has brought nothing') });
    const hopeless = await migrate(old, 'back');
    expect(hopeless).toMatchObject({ code: 1, log: expect.stringContaining('002_customers_and_orders.sql has no way back') });

    const gone = await run(old, 'node scripts/try-out.js', { DATABASE_URL: variables.DATABASE_URL.replace(/\/[^/]*$/, '/nowhere') });
    expect(gone).toMatchObject({ code: 1, log: expect.stringContaining('/api/products answers 500') });
  });

  it('copies production’s data as it is, and nothing of a production that it does not know', async () => {
    const checkout = await built(opening);
    const snapshot = join(folder, 'snapshot');
    const variables = { PROMOTE_SNAPSHOT: snapshot, PRODUCTION_DATABASE_URL: database.urlOf('production') };
    const copied = await run(checkout, 'bash scripts/fetch-snapshot.sh', variables);
    expect(copied.code, copied.log).toBe(0);
    expect(copied.log).toContain(`orders: ${ORDERS} rows`);
    expect(readdirSync(snapshot).sort()).toEqual(
      ['schema', ...['customers', 'orders', 'products', 'schema_migrations'].map((name) => `public.${name}.csv`)].sort((a, b) =>
        a < b ? -1 : 1,
      ),
    );
    expect(readdirSync(join(snapshot, 'schema')).sort()).toEqual([
      '000_migrations.sql',
      '001_products.sql',
      '002_customers_and_orders.sql',
      '999_empty.sql',
    ]);
    const orders = readFileSync(join(snapshot, 'public.orders.csv'), 'utf8').trimEnd().split('\n');
    expect(orders[0]).toBe('id,customer_id,product_id,quantity,ordered_at');
    expect(orders).toHaveLength(ORDERS + 1);

    await rows(variables.PRODUCTION_DATABASE_URL, "INSERT INTO schema_migrations (name, release) VALUES ('009_later.sql', 'later')");
    const refused = await run(checkout, 'bash scripts/fetch-snapshot.sh', { ...variables, PROMOTE_SNAPSHOT: join(folder, 'another') });
    expect(refused).toMatchObject({ code: 1, log: expect.stringContaining('production has 009_later.sql') });
  });

  it('says in its secret which environment’s commands get which database', () => {
    const lines = database.secret.trim().split('\n');
    expect(lines.map((line) => line.split('=')[0])).toEqual([
      'dev.DATABASE_URL',
      'uat.DATABASE_URL',
      'staging.DATABASE_URL',
      'production.DATABASE_URL',
      'staging.PRODUCTION_DATABASE_URL',
    ]);
    expect(new Set(lines.map((line) => line.slice(line.indexOf('=') + 1))).size).toBe(4);
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
