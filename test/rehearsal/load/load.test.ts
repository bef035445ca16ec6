import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { LoadOptions, RunningLoad } from '../../../src/rehearsal/database.ts';
import type { LoadReport } from '../../../src/rehearsal/observed.ts';
import { type Connection, connect, connected } from '../../../src/rehearsal/postgres/connection.ts';
import { LOAD_NAME, startLoad as start } from '../../../src/rehearsal/postgres/load/load.ts';
import { EveryName } from '../postgres/servers.ts';
import { type OwnServer, startOwnServer } from './own-server.ts';

const startLoad = (target: Connection, options: LoadOptions): Promise<RunningLoad> => start(target, options, new EveryName());

const SHOP = `
  CREATE TABLE customers (id int PRIMARY KEY, name text NOT NULL, email text);
  CREATE TABLE orders (id bigint PRIMARY KEY, customer_id int NOT NULL REFERENCES customers, quantity int NOT NULL);
  INSERT INTO customers SELECT n, 'Customer ' || n, n || '@shop.example' FROM generate_series(1, 300) n;
  INSERT INTO orders SELECT n, 1 + n % 300, 1 + n % 3 FROM generate_series(1, 3000) n;`;

const CHECKSUM = `SELECT (SELECT md5(string_agg(c::text, ',' ORDER BY id)) FROM customers c) AS customers,
  (SELECT md5(string_agg(o::text, ',' ORDER BY id)) FROM orders o) AS orders`;

let server: OwnServer;
let target: Connection;
/** What migrates. */
let client: pg.Client;

/** Runs `migrate` beside the load. */
async function beside(
  migrate: (client: pg.Client) => Promise<unknown>,
  options: Partial<LoadOptions> = {},
  settle = 0,
): Promise<LoadReport> {
  const load = await startLoad(target, {
    tables: ['public.customers', 'public.orders'],
    script: null,
    baseline: 150,
    signal: new AbortController().signal,
    ...options,
  });
  try {
    load.begin();
    await migrate(client);
    await sleep(settle);
  } finally {
    await client.query('ROLLBACK');
  }
  return load.end();
}

/** How long `holding` had to wait for its lock: the long reader may have held it off. */
let waited = 0;

/** Holds a lock for 300 ms. */
const holding = (lock: string) => async (client: pg.Client) => {
  const began = performance.now();
  await client.query(`BEGIN; LOCK TABLE orders IN ${lock} MODE`);
  waited = performance.now() - began;
  await sleep(300);
  await client.query('COMMIT');
};

/** A server that is busy takes a moment to see that somebody hung up. */
const GONE = { timeout: 5000 };

async function connectionsLeft(): Promise<number> {
  const { rows } = await client.query<{ left: number }>(
    'SELECT count(*)::int AS left FROM pg_stat_activity WHERE application_name LIKE $1 AND datname = current_database()',
    [`${LOAD_NAME}%`],
  );
  return rows[0]?.left ?? -1;
}

for (const major of [18, 15] as const) {
  describe(`load on PostgreSQL ${major}`, () => {
    beforeAll(async () => {
      server = await startOwnServer(major);
    });
    afterAll(() => server.stop());

    beforeEach(async () => {
      target = await server.database();
      await connected(target, (setUp) => setUp.query(SHOP));
      client = await connect(target, 'migration');
    });
    afterEach(async () => {
      await expect.poll(connectionsLeft, GONE).toBe(0);
      await client.end();
    });

    it('without a migration is quiet, changes no data and leaves no connection', async () => {
      const { rows: before } = await client.query(CHECKSUM);
      const report = await beside(() => sleep(400));
      const { rows: after } = await client.query(CHECKSUM);
      expect(after).toEqual(before);
      expect(report).toMatchObject({ errors: [], deadlocks: 0, tables: ['public.customers', 'public.orders'], blind: [] });
      for (const { reads, writes } of [report.baseline, report.during]) {
        expect(reads.count).toBeGreaterThan(2);
        expect(writes.count).toBeGreaterThan(2);
        expect(Math.max(reads.p50, writes.p50)).toBeLessThan(100);
      }
      expect(report.during.reads.p50).toBeLessThanOrEqual(report.during.reads.p99);
    });

    it('sees an ACCESS EXCLUSIVE lock of 300 ms stall reads and writes, and whose', async () => {
      const { during, stalls } = await beside(holding('ACCESS EXCLUSIVE'), { tables: ['public.orders'] });
      // Who waits behind it waits as well while it waits for the long reader.
      for (const { longest } of [during.reads, during.writes]) {
        expect(longest).toBeGreaterThanOrEqual(280);
        expect(longest - waited).toBeLessThan(900);
      }
      expect(new Set(stalls.map(({ kind, relation }) => `${kind} ${relation}`))).toEqual(
        new Set(['read public.orders', 'write public.orders']),
      );
      // All of them wait at once, for most of the time: so does an application.
      expect(during.writes.p99).toBeGreaterThan(200);
    });

    it('sees a SHARE lock stall writes only', async () => {
      const { during, stalls } = await beside(holding('SHARE'), { tables: ['public.orders'] });
      expect(during.writes.longest).toBeGreaterThanOrEqual(280);
      expect(during.writes.longest).toBeLessThan(900);
      expect(during.reads.longest).toBeLessThan(280);
      expect(stalls.filter(({ lasted }) => lasted > 200).map(({ kind }) => kind)).toContain('write');
    });

    it('has reads and writes fail on a column that is dropped, also while it goes on', async () => {
      const { errors, deadlocks } = await beside((it) => it.query('ALTER TABLE customers DROP COLUMN name'), {}, 150);
      expect(errors).toEqual([{ code: '42703', meaning: 'a column is missing (undefined_column)', count: expect.any(Number) }]);
      expect(errors[0]?.count).toBeGreaterThan(1);
      expect(deadlocks).toBe(0);
    });

    it('has them fail on a table that is renamed, and on a type that prepared statements do not fit', async () => {
      const renamed = await beside((it) => it.query('ALTER TABLE customers RENAME TO clients'), {}, 150);
      expect(renamed.errors.map(({ code }) => code)).toEqual(['42P01']);
      const retyped = await beside((it) => it.query('ALTER TABLE orders ALTER quantity TYPE bigint'), { tables: ['public.orders'] }, 150);
      expect(retyped.errors.map(({ code }) => code)).toEqual(['0A000']);
    });

    it('has nothing fail on a column that is added', async () => {
      const { errors } = await beside((it) => it.query('ALTER TABLE orders ADD COLUMN note text'), {}, 100);
      expect(errors).toEqual([]);
    });

    it('runs into a deadlock with a migration that locks tables in the other order', async () => {
      let failed = '';
      const { deadlocks, errors } = await beside(async (it) => {
        try {
          await it.query('BEGIN; ALTER TABLE orders ADD COLUMN note text');
          await it.query('ALTER TABLE customers ADD COLUMN note text');
          await it.query('COMMIT');
        } catch (error) {
          failed = (error as pg.DatabaseError).code ?? '';
        }
      });
      // The server chooses who is ended.
      const met = deadlocks + (failed === '40P01' ? 1 : 0);
      expect(met).toBeGreaterThan(0);
      expect(errors.filter(({ code }) => code === '40P01').reduce((sum, { count }) => sum + count, 0)).toBe(deadlocks);
    });
  });
}

describe('what the load works on', () => {
  beforeAll(async () => {
    server = await startOwnServer(18);
  });
  afterAll(() => server.stop());
  beforeEach(async () => {
    target = await server.database();
    await connected(target, (setUp) => setUp.query(SHOP));
    client = await connect(target, 'migration');
  });
  afterEach(async () => {
    await expect.poll(connectionsLeft, GONE).toBe(0);
    await client.end();
  });

  it('a statement that needs the table for itself waits behind the long reader, and everybody behind it', async () => {
    waited = 0;
    const { during } = await beside(async (it) => {
      // Whenever it begins, at the latest after its pause the reader is there again.
      for (let tries = 0; tries < 10 && waited < 100; tries += 1) {
        const began = performance.now();
        await it.query('ALTER TABLE orders SET (fillfactor = 90); ALTER TABLE orders ALTER quantity SET DEFAULT 1');
        waited = Math.max(waited, performance.now() - began);
        await sleep(130);
      }
    });
    expect(waited).toBeGreaterThan(100);
    expect(waited).toBeLessThan(1000);
    expect(during.reads.longest).toBeGreaterThan(90);
  });

  it('names what it cannot write or read, and reads and writes what it can', async () => {
    await client.query(`
      CREATE TABLE keyless (value text); INSERT INTO keyless VALUES ('one');
      CREATE TABLE empty (id int PRIMARY KEY, value text);
      CREATE TABLE "Odd names" (id int GENERATED ALWAYS AS IDENTITY UNIQUE, twice int GENERATED ALWAYS AS (id * 2) STORED);
      INSERT INTO "Odd names" DEFAULT VALUES;
      CREATE TABLE refused (id int PRIMARY KEY, value text); INSERT INTO refused VALUES (1, 'x');
      CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no writes'; END $$;
      CREATE TRIGGER refuse BEFORE UPDATE ON refused FOR EACH ROW EXECUTE FUNCTION refuse();
      CREATE VIEW seen AS SELECT * FROM orders;
      CREATE TABLE alembic_version (version_num text PRIMARY KEY); INSERT INTO alembic_version VALUES ('a');
      CREATE TABLE events (id int, day date, PRIMARY KEY (day, id)) PARTITION BY RANGE (day);
      CREATE TABLE events_2026 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
      INSERT INTO events SELECT n, '2026-03-01' FROM generate_series(1, 50) n;
      CREATE TABLE only_key (first int, second uuid, PRIMARY KEY (first, second)); INSERT INTO only_key VALUES (1, gen_random_uuid())`);
    const names = ['keyless', 'empty', 'Odd names', 'refused', 'seen', 'alembic_version', 'events', 'events_2026', 'only_key', 'not_yet'];
    const { blind, tables, errors, during } = await beside(() => sleep(300), { tables: names.map((name) => `public.${name}`) });
    expect(tables.toSorted()).toEqual([
      'public.Odd names',
      'public.empty',
      'public.events',
      'public.events_2026',
      'public.keyless',
      'public.only_key',
      'public.refused',
    ]);
    expect(blind.toSorted()).toEqual([
      'public.Odd names is only read by the load: it has no column that may be set.',
      'public.empty is only read by the load: it has no key to find a row by, or no row.',
      'public.keyless is only read by the load: it has no key to find a row by, or no row.',
      'public.refused is only read by the load: without any migration a write fails with P0001, a function raised an error (raise_exception).',
      'public.seen is no table, so the load leaves it alone.',
    ]);
    expect(errors).toEqual([]);
    expect(during.writes.count).toBeGreaterThan(5);
  });

  it('nothing at all is no error', async () => {
    const report = await beside(async () => undefined, { tables: ['public.not_yet'] });
    expect(report).toMatchObject({ tables: [], blind: [], errors: [], stalls: [], during: { reads: { count: 0 }, writes: { count: 0 } } });
  });

  it('repeats the script of the team, whose errors and stalls count', async () => {
    const script = 'UPDATE customers SET email = email WHERE id = 7; SELECT count(*) FROM orders WHERE customer_id = 7;';
    const stalled = await beside(holding('ACCESS EXCLUSIVE'), { tables: [], script });
    expect(stalled.during.writes.longest).toBeGreaterThan(200);
    expect(stalled.stalls[0]).toMatchObject({ kind: 'write', relation: 'the script' });
    const broken = await beside((it) => it.query('ALTER TABLE orders DROP COLUMN customer_id'), { tables: [], script }, 150);
    // Taking a column away while the script runs may bring a deadlock beside.
    expect(broken.errors.map(({ code }) => code)).toContain('42703');
  });

  it('refuses a script that fails without any migration, or never ends its transaction', async () => {
    await expect(beside(async () => undefined, { script: 'SELECT nothing FROM orders' })).rejects.toMatchObject({
      name: 'RehearsalImpossible',
      code: 'checks_invalid',
      message: expect.stringContaining('SQLSTATE 42703'),
    });
    const quoting = beside(async () => undefined, { script: 'SELECT email::int FROM customers' });
    await expect(quoting).rejects.toThrow(/: a value does not fit the type .* \(SQLSTATE 22P02\)\. Mend the script\.$/);
    await expect(quoting).rejects.not.toThrow('@');
    await expect(beside(async () => undefined, { script: 'BEGIN; SELECT 1' })).rejects.toMatchObject({
      code: 'checks_invalid',
      message: expect.stringContaining('leaves a transaction open'),
    });
  });

  it('counts what still waits at the end with its time so far, and ends it', async () => {
    const load = await startLoad(target, {
      tables: ['public.orders'],
      script: null,
      baseline: 50,
      signal: new AbortController().signal,
    });
    await client.query('BEGIN; LOCK TABLE orders IN ACCESS EXCLUSIVE MODE');
    load.begin();
    await sleep(300);
    const { during, errors } = await load.end();
    expect(during.reads.longest).toBeGreaterThan(280);
    expect(during.writes.longest).toBeGreaterThan(280);
    expect(errors).toEqual([]);
    await expect.poll(connectionsLeft, GONE).toBe(0);
    await client.query('ROLLBACK');
    expect(await load.end()).toMatchObject({ during });
  });

  it('goes on with new connections after somebody ended its own', async () => {
    const end = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE '${LOAD_NAME}%' AND datname = current_database()`;
    const { errors, during } = await beside(
      async (it) => {
        for (let times = 0; times < 4; times += 1) {
          await it.query(end);
          await sleep(120);
        }
      },
      {},
      200,
    );
    expect(errors.length).toBeGreaterThan(0);
    for (const { code } of errors) expect(['57P01', '08006']).toContain(code);
    expect(errors.reduce((sum, { count }) => sum + count, 0)).toBeLessThanOrEqual(60);
    expect(during.writes.count).toBeGreaterThan(20);
  });

  it('ends when the job is cancelled, before and after its baseline', async () => {
    const early = new AbortController();
    const starting = startLoad(target, { tables: ['public.orders'], script: null, baseline: 10_000, signal: early.signal });
    setTimeout(() => early.abort(new Error('cancelled')), 400);
    await expect(starting).rejects.toThrow('cancelled');
    await expect.poll(connectionsLeft, GONE).toBe(0);
    const late = new AbortController();
    const load = await startLoad(target, { tables: ['public.orders'], script: null, baseline: 50, signal: late.signal });
    load.begin();
    late.abort();
    expect(await load.end()).toMatchObject({ errors: [] });
  });

  it('says so when there is no getting to the database', async () => {
    const nowhere = { ...target, database: 'nowhere' };
    await expect(startLoad(nowhere, { tables: [], script: null, baseline: 0, signal: new AbortController().signal })).rejects.toMatchObject(
      { code: 'server_missing' },
    );
  });

  it('leaves two cores most of their time', async () => {
    const before = process.cpuUsage();
    const began = performance.now();
    await beside(() => sleep(1000), { baseline: 500 });
    const { user, system } = process.cpuUsage(before);
    const share = (user + system) / 1000 / (performance.now() - began);
    expect(share).toBeLessThan(0.6);
  });
});
