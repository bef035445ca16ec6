import { afterEach, describe, expect, it } from 'vitest';
import { BACK, GOODS, MIGRATION, POSTGRES_BIN, SQL_PROGRAM } from '../rehearsal/database-commands.ts';
import { openShop, type Shop } from './shop.ts';

let shop: Shop;
afterEach(() => shop.close());

const REHEARSING = `version: 1
build: { run: bash scripts/build.sh, artifact: dist }
environments:
  staging:
    role: staging
    rehearsal:
      database: postgres
      snapshot: { run: node sql.cjs snapshot.sql, max-age: 7d }
      migrate: node sql.cjs migration.sql
      rollback: node sql.cjs back.sql
      migrations: migration.sql
      load: false
    deploy: { run: bash scripts/deploy.sh }
  production:
    role: production
    gate: { approvals: 1, by: [octo-org/release] }
    deploy: { run: bash scripts/deploy.sh }
routes: [{ name: mainline, branches: [main], tags: ['v*'], path: [staging, production] }]
`;
const STAGING = 'Stage 1 (staging) / Deploy to staging';

/** A rehearsal by hand, and one in jobs of one's own that check out what they were started on. */
const REHEARSE = `name: Rehearse by hand
on: { workflow_dispatch: { inputs: { ref: { type: string } } } }
permissions: {}
jobs:
  promote:
    uses: org/promote-action/.github/workflows/rehearse.yml@v1
    permissions: { actions: read, checks: read, contents: read, deployments: write, id-token: write, issues: read, pull-requests: read }
    with: { environment: staging, ref: '\${{ inputs.ref }}' }
  own:
    runs-on: ubuntu-latest
    permissions: { actions: read, checks: read, contents: read, deployments: write, issues: read, pull-requests: read }
    steps:
      - uses: actions/checkout@v7
      - uses: org/promote-action@v1
        with: { command: rehearse, environment: staging, ref: '\${{ inputs.ref }}' }
`;

function openRehearsingShop(pipeline = REHEARSING): Promise<Shop> {
  return openShop({
    pipeline,
    files: {
      '.github/workflows/rehearse.yml': REHEARSE,
      'sql.cjs': SQL_PROGRAM,
      'snapshot.sql': GOODS,
      'migration.sql': MIGRATION,
      'back.sql': BACK,
    },
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

describe('a rehearsal by hand', () => {
  async function rehearse(ref: string): Promise<number> {
    const run = await shop.runner.dispatch('rehearse.yml', { ref: 'main', actor: 'octocat', inputs: { ref } });
    await shop.runner.settled();
    return run;
  }
  const rehearsals = () => shop.sandbox.state.deployments.filter(({ task }) => task === 'promote:rehearsal');

  it('runs the migrations of the commit that is asked for, and of no other', async () => {
    shop = await openRehearsingShop();
    await shop.push('main', 'with a price');
    shop.repository.tag('v1', 'main');
    const tagged = shop.repository.sha('main');
    shop.repository.commit('main', { 'migration.sql': 'ALTER TABLE no_such_table ADD COLUMN price int;' }, 'broken', 'octocat');

    const run = await rehearse('refs/tags/v1');
    expect(shop.run(run).jobs).toMatchObject({ 'Rehearse for staging': 'success', own: 'failure' });
    expect(shop.log(run, 'own')).toContain(
      `The candidate is v1 (${tagged.slice(0, 8)}), and commit ${shop.repository.sha('main').slice(0, 8)} is checked out`,
    );
    expect(rehearsals().map(({ sha, payload }) => [sha, payload])).toEqual([
      [tagged, expect.objectContaining({ candidate: expect.objectContaining({ ref: 'refs/heads/main' }) })],
      [tagged, expect.objectContaining({ candidate: expect.objectContaining({ ref: 'refs/tags/v1', version: 'v1' }) })],
    ]);
  });

  it('asks the reviewers of its environment first', async () => {
    const GATED = REHEARSING.replace('role: staging\n', 'role: staging\n    gate: { approvals: 1, by: [octo-org/qa] }\n');
    shop = await openRehearsingShop(GATED);
    shop.sandbox.given.environment('staging', { reviewers: ['octo-org/qa'] });
    const promoted = await shop.push('main', 'with a price');
    await shop.approve(promoted, 'staging', 'mona');
    const run = await rehearse('refs/heads/main');
    expect(shop.run(run).jobs).toMatchObject({ 'Rehearse for staging': 'waiting' });
    // The promotion's, and the one in the jobs of their own, which guard themselves.
    expect(rehearsals()).toHaveLength(2);
    await shop.approve(run, 'staging', 'mona');
    expect(shop.run(run).jobs).toMatchObject({ 'Rehearse for staging': 'success' });
    expect(rehearsals()).toHaveLength(3);
  });
});
