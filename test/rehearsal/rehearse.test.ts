import { afterEach, describe, expect, it } from 'vitest';
import { webhook } from '../acceptance/webhooks.ts';
import { candidate, closeWorld, leftIn, recorded, rehearse, serversIn, temp, world } from './rehearsing.ts';

afterEach(closeWorld);

describe('a rehearsal', () => {
  it('that passes is recorded with what it ran on, and opens production; nothing of it is left', async () => {
    const run = await candidate({ migrate: 'node sql.cjs migration.sql "SELECT name, price FROM goods ORDER BY id"', further: '' });
    const job = await rehearse(run, { migrations: 'sha256:aa' });
    expect(job.exitCode, job.log).toBe(0);
    expect(job.outputs).toMatchObject({ rehearsal: 'pass', record: String(world.records()[0]?.id) });
    expect(Number(job.outputs['rehearsal-seconds'])).toBeGreaterThan(0);
    expect(job.log).toContain('[{"name":"tea","price":7},{"name":"cups","price":7}]');
    expect(job.log).toMatch(/PostgreSQL 18\.\d+ is running/);
    expect(recorded()).toEqual([
      {
        outcome: 'success',
        rehearsal: {
          verdict: 'pass',
          migrations: 'sha256:aa',
          snapshot: 'filled by: node sql.cjs goods.sql',
          snapshotTakenAt: expect.closeTo(world.sandbox.clock.now(), -5),
          figures: expect.objectContaining({ seconds: Number(job.outputs['rehearsal-seconds']), readStall: expect.any(Number) }),
          reasons: [],
          server: expect.stringMatching(/^PostgreSQL 18\./),
          evidence: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
        },
        said: expect.stringMatching(/^Rehearsal of main@\w{7}: pass, migration [\d.]+ s$/),
      },
    ]);
    expect(job.summary).toContain('passed its rehearsal for **staging**');
    expect(job.summary).toContain('PostgreSQL 18');
    expect([leftIn(temp), serversIn(temp)]).toEqual([[], []]);

    expect(await run.deploy('staging')).toMatchObject({ exitCode: 0 });
    run.approve('mona', 'production');
    expect(await run.deploy('production', { migrations: 'sha256:aa' })).toMatchObject({ exitCode: 0, outputs: { proceed: 'true' } });
  });

  it('that fails is recorded as a failure with its reason, fails its step, and keeps production closed until one passes', async () => {
    const run = await candidate({
      migrate: 'node sql.cjs migration.sql; test -n "$FIXED" || node sql.cjs "ALTER TABLE shelves ADD COLUMN n int"',
    });
    const job = await rehearse(run);
    expect(job).toMatchObject({ exitCode: 1, outputs: { rehearsal: 'fail' } });
    expect(job.log).toContain('relation "shelves" does not exist');
    expect(job.outputs['explanation']).toMatch(/ended with exit code 3/);
    expect(job.summary).toContain('failed its rehearsal for **staging**');
    expect(recorded()).toMatchObject([{ outcome: 'failure', rehearsal: { verdict: 'fail' } }]);
    expect([leftIn(temp), serversIn(temp)]).toEqual([[], []]);

    expect(await run.deploy('staging')).toMatchObject({ exitCode: 0 });
    run.approve('mona', 'production');
    const closed = await run.deploy('production');
    expect(closed).toMatchObject({ exitCode: 1, outputs: { proceed: 'false' } });
    expect(closed.outputs['reasons']).toContain('rehearsal_failed');
    expect(closed.log).not.toContain('deploying');

    // Rehearsed again while it is live in staging, as the refusal asks for. What differs this time is outside the repository.
    world.variables['FIXED'] = 'yes';
    expect(await rehearse(run)).toMatchObject({ exitCode: 0, outputs: { rehearsal: 'pass' } });
    expect(await run.deploy('production')).toMatchObject({ exitCode: 0, outputs: { proceed: 'true' } });
  });

  it('tells its commands what they need, and leads every way of naming a database to the private one', async () => {
    const run = await candidate({
      snapshot:
        'test ! -e "$PROMOTE_SNAPSHOT"; echo "source $PGHOST"; node sql.cjs goods.sql; echo 2026-03-01T09:00:00+01:00 > "$PROMOTE_SNAPSHOT_TAKEN_AT"',
      migrate:
        'echo "at $PGHOST:$PGPORT for $PROMOTE_ENVIRONMENT $PROMOTE_VERSION token=$INPUT_TOKEN"; env -u DATABASE_URL node sql.cjs "SELECT count(*) FROM goods"',
      rollback: 'true',
    });
    Object.assign(world.variables, {
      PGHOST: 'replica.example.com',
      PROMOTE_ENV: 'DATABASE_URL=postgresql://production.example.com/shop',
    });
    const job = await rehearse(run);
    expect(job.exitCode, job.log).toBe(0);
    expect(job.log).toContain('source replica.example.com');
    expect(job.log).toMatch(/^at 127\.0\.0\.1:\d+ for staging main@\w{7} token=$/m);
    expect(job.log).toContain('[{"count":"2"}]');
    expect(recorded()[0]?.rehearsal?.snapshotTakenAt).toBe(Date.parse('2026-03-01T08:00:00Z'));
  });

  it('restores a plain dump, whose age is that of its file', async () => {
    const run = await candidate({ snapshot: 'cp goods.sql "$PROMOTE_SNAPSHOT"; touch -d "2 days ago" "$PROMOTE_SNAPSHOT"' });
    const job = await rehearse(run);
    expect(job.exitCode, job.log).toBe(0);
    expect(job.log).toContain('Restore the snapshot, 1 kB');
    const { snapshot, snapshotTakenAt } = recorded()[0]?.rehearsal ?? {};
    expect(snapshot).toMatch(/^sha256:[0-9a-f]{64}$/);
    const age = world.sandbox.clock.now() - (snapshotTakenAt ?? 0);
    expect(Math.abs(age - 2 * 86_400_000)).toBeLessThan(60_000);
  });

  it('masks the database’s password before anything could print it', async () => {
    const run = await candidate({ migrate: 'echo "leaks $DATABASE_URL and $PGPASSWORD"' });
    const { log, summary, outputs } = await rehearse(run);
    const leaked = /^leaks (\S+) and (\S+)$/m.exec(log);
    const [, url = 'none', password = 'none'] = leaked ?? [];
    expect(new URL(url).password).toBe(password);
    for (const secret of [url, password]) {
      expect(log.indexOf(`::add-mask::${secret}`)).toBeGreaterThanOrEqual(0);
      expect(log.indexOf(secret)).toBe(log.indexOf(`::add-mask::${secret}`) + '::add-mask::'.length);
    }
    expect(summary + JSON.stringify(outputs) + JSON.stringify(world.records())).not.toContain(password);
  });

  it('needs no snapshot where the pipeline file names none', async () => {
    const run = await candidate({
      snapshot: null,
      migrate: 'node sql.cjs "CREATE TABLE IF NOT EXISTS goods (id int)"',
      rollback: 'node sql.cjs "DROP TABLE goods"',
    });
    expect(await rehearse(run)).toMatchObject({ exitCode: 0, outputs: { rehearsal: 'pass' } });
    expect(recorded()).toMatchObject([{ rehearsal: { snapshot: 'none' } }]);
  });
});

describe('the door of a rehearsal', () => {
  it('keeps out who may not enter the environment: no snapshot is fetched for a vetoed candidate', async () => {
    const run = await candidate({ snapshot: 'echo fetching; node sql.cjs goods.sql' });
    world.sandbox.given.issue({ title: `${run.sha}: breaks the shop`, labels: ['promote:veto'], author: 'hubot', labelledBy: 'mona' });
    const job = await rehearse(run);
    expect(job).toMatchObject({ exitCode: 1, outputs: { verdict: 'blocked', reason: 'vetoed' } });
    expect(job.log).not.toContain('fetching');
    const quiet = await rehearse(run, { 'when-blocked': 'continue' });
    expect(quiet).toMatchObject({ exitCode: 0, outputs: { verdict: 'blocked', proceed: 'false' } });
    expect(recorded()).toEqual([]);
  });

  it('keeps out a commit of a fork', async () => {
    const run = await candidate({ snapshot: 'echo fetching; node sql.cjs goods.sql' });
    const payload = webhook(
      'pull_request',
      { 'pull_request.head.sha': run.sha, 'pull_request.head.ref': 'main', 'pull_request.head.repo.full_name': 'mallory/shop' },
      ({ action }) => action === 'opened',
    );
    const fork = world.run({ event: 'pull_request', sha: run.sha, ref: 'refs/heads/main', payload });
    const job = await fork.job({ command: 'rehearse', environment: 'staging' });
    expect(job.exitCode, job.log).toBe(1);
    expect(job.outputs['reasons']).toContain('fork');
    expect(job.log).not.toContain('fetching');
    expect(recorded()).toEqual([]);
  });

  it('says that there is nothing to rehearse where the pipeline file asks for none', async () => {
    const run = await candidate();
    await rehearse(run);
    await run.deploy('staging');
    run.approve('mona', 'production');
    const job = await rehearse(run, { environment: 'production' });
    expect(job).toMatchObject({ exitCode: 0 });
    expect(job.log).toContain('production asks for no rehearsal');
    expect(recorded()).toHaveLength(1);
  });
});
