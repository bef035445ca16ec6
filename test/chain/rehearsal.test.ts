import { afterEach, describe, expect, it } from 'vitest';
import { GOODS, POSTGRES_BIN, SQL_PROGRAM } from '../rehearsal/database-commands.ts';
import { openShop, type Shop } from './shop.ts';

let shop: Shop;
afterEach(() => shop.close());

const REHEARSING = `version: 1
build: { run: bash scripts/build.sh, artifact: dist }
environments:
  staging:
    role: staging
    rehearsal: { database: postgres, snapshot: { run: node sql.cjs snapshot.sql, max-age: 7d }, migrate: node sql.cjs migration.sql }
    deploy: { run: bash scripts/deploy.sh }
  production:
    role: production
    gate: { approvals: 1, by: [octo-org/release] }
    deploy: { run: bash scripts/deploy.sh }
routes: [{ name: mainline, branches: [main], path: [staging, production] }]
`;
const STAGING = 'Stage 1 (staging) / Deploy to staging';

function openRehearsingShop(): Promise<Shop> {
  return openShop({
    pipeline: REHEARSING,
    files: { 'sql.cjs': SQL_PROGRAM, 'snapshot.sql': GOODS, 'migration.sql': 'ALTER TABLE goods ADD COLUMN price int NOT NULL DEFAULT 7;' },
    machine: { PROMOTE_POSTGRES_BIN: POSTGRES_BIN },
  });
}

describe('a migration on its way to production', () => {
  it('is rehearsed on a real PostgreSQL with the snapshot in it, and that evidence opens production', async () => {
    shop = await openRehearsingShop();
    const run = await shop.push('main', 'with a price');
    expect(shop.log(run, STAGING)).toMatch(/migrat/i);
    const rehearsal = shop.sandbox.state.deployments.find(({ task }) => task === 'promote:rehearsal');
    expect(rehearsal).toMatchObject({ environment: 'staging', payload: { rehearsal: { verdict: 'pass' } } });
    await shop.approve(run, 'production', 'mona');
    expect(shop.run(run).conclusion).toBe('success');
    expect(shop.live('production')?.message).toBe('with a price');
  });

  it('that fails there is deployed nowhere', async () => {
    shop = await openRehearsingShop();
    const run = await shop.push('main', 'broken', { files: { 'migration.sql': 'ALTER TABLE no_such_table ADD COLUMN price int;' } });
    expect(shop.run(run)).toMatchObject({ conclusion: 'failure', jobs: { [STAGING]: 'failure', 'Stage 2': 'skipped' } });
    expect(shop.log(run, STAGING)).toContain('no_such_table');
    expect(shop.history()).toEqual([]);
  });
});
