import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { afterEach, describe, expect, test } from 'vitest';
import { migrationsFor } from '../../src/decision/migrations.ts';
import { gatherEvidence } from '../../src/github/evidence.ts';
import { openShop, type Shop } from './shop.ts';

const shops: Shop[] = [];
afterEach(async () => {
  const opened = shops.splice(0);
  await Promise.all(opened.map((shop) => shop.close()));
  expect(opened.flatMap(({ github }) => github.violations)).toEqual([]);
});

const pipeline = (uat: string, staging = ''): string => `version: 1
environments:
  dev: { role: development }
  uat: { role: uat, rehearsal: { database: postgres, migrate: m${uat} } }
  staging: { role: staging${staging} }
  production: { role: production, gate: { approvals: 1 } }
routes:
  - { name: mainline, branches: [main], path: [uat, staging, production] }
  - { name: feature, branches: ['**'], path: [dev] }
`;
const FILES = { 'db/migrations/001.sql': 'CREATE TABLE orders ();\n', 'db/migrations/002.sql': 'SELECT 1;\n', 'db/tool.yml': 'tool: 1\n' };
const NAMED = pipeline(', migrations: [./db/migrations/, db/tool.yml]');

async function shopWith(file: string): Promise<Shop> {
  const shop = await openShop({ pipeline: file });
  shops.push(shop);
  return shop;
}

/** The identity for `uat`, and how many requests it took to gather everything. */
async function identity(shop: Shop, files: Record<string, string>, changes: Parameters<Shop['request']>[0] = {}, branch = 'main') {
  const sha = shop.git.commit(branch, files, 'A change', 'mona');
  shop.github.requests.reset();
  const candidate = shop.candidate({ sha, ref: `refs/heads/${branch}`, runHeadSha: null });
  const gathered = await gatherEvidence(shop.client, shop.request({ candidate, run: null, ...changes }));
  const environment = gathered.pipeline.environments.get('uat');
  if (environment === undefined) throw new Error('no uat');
  return { sha, gathered, requests: shop.github.requests.all.length, found: migrationsFor(gathered.evidence, environment) };
}

const revision = (shop: Shop, name: string): string =>
  execFileSync('git', ['-C', shop.git.path, 'rev-parse', name], { encoding: 'utf8' }).trim();

describe('the identity of the migrations', () => {
  test('is a digest over what Git has at the named paths, read in the one request', async () => {
    const shop = await shopWith(NAMED);
    const { found, requests, sha } = await identity(shop, FILES);
    const tree = revision(shop, `${sha}:db/migrations`);
    const tool = revision(shop, `${sha}:db/tool.yml`);
    const digest = createHash('sha256').update(`${tree} db/migrations\n${tool} db/tool.yml\n`).digest('hex');
    expect(found).toEqual({ read: true, value: `sha256:${digest}` });
    expect(requests).toBe(1);
  });

  test('changes with any of the files and with nothing else', async () => {
    const shop = await shopWith(NAMED);
    const first = await identity(shop, FILES);
    const elsewhere = await identity(shop, { 'cart.js': 'export const cart = [1];\n' });
    const more = await identity(shop, { 'db/migrations/003.sql': 'SELECT 2;\n' });
    const tool = await identity(shop, { 'db/tool.yml': 'tool: 2\n' });
    expect(elsewhere.found).toEqual(first.found);
    expect(new Set([first, more, tool].map(({ found }) => JSON.stringify(found))).size).toBe(3);
  });

  test('is each environment’s own', async () => {
    const shop = await shopWith(
      pipeline(', migrations: db/migrations', ', rehearsal: { database: postgres, migrate: m, migrations: db/tool.yml }'),
    );
    const { gathered } = await identity(shop, FILES);
    const of = (name: string) => JSON.stringify(gathered.evidence.environments.get(name)?.migrations);
    expect(of('uat')).toContain('sha256:');
    expect(of('staging')).toContain('sha256:');
    expect(of('uat')).not.toBe(of('staging'));
    expect(gathered.evidence.environments.get('production')).not.toHaveProperty('migrations');
  });

  test('of a path that the commit lacks is unread', async () => {
    const shop = await shopWith(NAMED);
    const { found, sha } = await identity(shop, { 'db/tool.yml': 'tool: 1\n' });
    expect(found).toEqual({ read: false, why: `db/migrations is not in commit ${sha.slice(0, 7)}` });
  });

  test('is not asked for where no path is named, where the path has no such environment, and where the job was told', async () => {
    const unnamed = await shopWith(pipeline(''));
    expect(await identity(unnamed, FILES)).toMatchObject({ found: null, requests: 1 });
    const shop = await shopWith(NAMED);
    const asked = () => JSON.stringify(shop.github.requests.all.map(({ body }) => body));
    await identity(shop, FILES, {}, 'feature/x');
    expect(asked()).not.toContain('db/migrations');
    expect(await identity(shop, FILES, { migrations: 'sha256:told' })).toMatchObject({ found: { read: true, value: 'sha256:told' } });
    expect(asked()).not.toContain('db/migrations');
  });

  test('comes from the trusted file’s paths, in a second request where the checkout has others', async () => {
    const shop = await shopWith(NAMED);
    const hinted = await identity(shop, FILES, { environmentsHint: pipeline(', migrations: cart.js') });
    const plain = await identity(shop, {});
    expect(hinted).toMatchObject({ found: { read: true }, requests: 2 });
    expect(hinted.found).toEqual(plain.found);
  });
});
