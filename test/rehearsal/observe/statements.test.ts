import { connect as connectSocket } from 'node:net';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LockTrace, Observation } from '../../../src/rehearsal/observed.ts';
import { connected } from '../../../src/rehearsal/postgres/connection.ts';
import { observe } from '../../../src/rehearsal/postgres/observe/observer.ts';
import { migrated, type ObservedServer, observed, startObservedServer, withClient } from './observed-server.ts';

const SCHEMA = `
  CREATE TABLE customers (id bigint PRIMARY KEY, email text);
  CREATE TABLE orders (id bigint PRIMARY KEY, customer bigint, note text);
  INSERT INTO customers SELECT n, 'c' || n FROM generate_series(1, 1000) n;
  INSERT INTO orders SELECT n, n, 'note ' || n FROM generate_series(1, 1000) n`;

const EXCLUSIVE = 'AccessExclusiveLock';

/** Statement, mode and relation of every lock. */
function locksOf({ locks }: Observation): readonly (readonly [number | null, string, string])[] {
  return locks.map(({ statement, mode, relation }) => [statement, mode, relation] as const);
}

function lockOn({ locks }: Observation, relation: string): LockTrace {
  const found = locks.find((lock) => lock.relation === relation);
  if (found === undefined) throw new Error(`No lock on ${relation} was seen.`);
  return found;
}

describe.each([18, 15] as const)('PostgreSQL %i: every statement with its locks', (major) => {
  let server: ObservedServer;
  beforeAll(async () => {
    server = await startObservedServer(major);
  });
  afterAll(() => server.stop());

  it('tells which statement of a transaction took which lock, and that it was held to the end', async () => {
    const target = await server.database(SCHEMA);
    const seen = await migrated(target, [
      'BEGIN',
      'ALTER TABLE customers ADD COLUMN age int DEFAULT 5',
      'SELECT count(*) FROM orders',
      'CREATE INDEX by_customer ON orders (customer)',
      'SELECT pg_sleep(0.05)',
      'COMMIT',
    ]);
    expect(seen.statements.map(({ kind }) => kind)).toEqual(['BEGIN', 'ALTER TABLE', 'SELECT', 'CREATE INDEX', 'SELECT', 'COMMIT']);
    expect(locksOf(seen)).toEqual([
      [2, EXCLUSIVE, 'public.customers'],
      [4, 'ShareLock', 'public.orders'],
    ]);
    expect(seen.transactions).toMatchObject([{ number: 1, block: true, ended: 'commit' }]);
    const [, alter] = seen.statements;
    const { held, from, blocks } = lockOn(seen, 'public.customers');
    expect(blocks).toBe('reads and writes');
    expect(lockOn(seen, 'public.orders').blocks).toBe('writes');
    expect(held.atLeast).toBeGreaterThan(50);
    expect(held.atMost - held.atLeast).toBeLessThan((alter?.seconds ?? 0) * 1000 + 50);
    expect(from).toBeGreaterThanOrEqual(alter?.began ?? Number.NaN);
    expect(seen.touched).toEqual(['public.customers', 'public.orders']);
    expect(seen.blind).toEqual([]);
  });

  it('sees the locks of a statement outside of any transaction, though they are gone when its client hears of it', async () => {
    const target = await server.database(SCHEMA);
    const seen = await migrated(
      target,
      ['ALTER TABLE customers ADD COLUMN age int', "UPDATE orders SET note = 'x' WHERE id = 1", 'LOCK TABLE orders'].slice(0, 2),
    );
    expect(locksOf(seen)).toEqual([[1, EXCLUSIVE, 'public.customers']]);
    expect(seen.transactions.map(({ block, ended }) => [block, ended])).toEqual([
      [false, 'commit'],
      [false, 'commit'],
    ]);
    expect(seen.statements[1]).toMatchObject({ kind: 'UPDATE', rows: 1, error: null, transaction: 2 });
    expect(seen.touched).toEqual(['public.customers', 'public.orders']);
  });

  it('sees the locks of an index that is built concurrently', async () => {
    const target = await server.database(`${SCHEMA}; INSERT INTO orders SELECT n, n, 'y' FROM generate_series(2000, 60000) n`);
    const seen = await migrated(target, ['CREATE INDEX CONCURRENTLY by_note ON orders (note)']);
    expect(seen.statements).toMatchObject([{ kind: 'CREATE INDEX CONCURRENTLY', error: null }]);
    expect(lockOn(seen, 'public.orders')).toMatchObject({ statement: 1, mode: 'ShareUpdateExclusiveLock', blocks: 'schema changes' });
    await connected(target, async (client) => {
      const { rows } = await client.query("SELECT indisvalid FROM pg_index WHERE indexrelid = 'by_note'::regclass");
      expect(rows).toEqual([{ indisvalid: true }]);
    });
  });

  it('takes a text with several statements apart, and does with them what the server would', async () => {
    const target = await server.database(SCHEMA);
    const seen = await migrated(target, [
      'CREATE TABLE notes (id int); ALTER TABLE customers ADD COLUMN x text; -- a comment; with a semicolon\n DO $$ BEGIN ALTER TABLE orders ADD COLUMN y int; END $$;',
      'BEGIN; INSERT INTO notes VALUES (1); COMMIT; INSERT INTO notes VALUES (2)',
    ]);
    expect(seen.statements.map(({ kind, transaction }) => [kind, transaction])).toEqual([
      ['CREATE TABLE', 1],
      ['ALTER TABLE', 1],
      ['DO', 1],
      ['BEGIN', 2],
      ['INSERT', 2],
      ['COMMIT', 2],
      ['INSERT', 3],
    ]);
    expect(locksOf(seen)).toEqual([
      [2, EXCLUSIVE, 'public.customers'],
      [3, EXCLUSIVE, 'public.orders'],
    ]);
    expect(seen.transactions.map(({ ended }) => ended)).toEqual(['commit', 'commit', 'commit']);
  });

  it('leaves out empty statements, with which drivers ask whether the server is there', async () => {
    const target = await server.database(SCHEMA);
    const seen = await migrated(target, [';', '-- ping', 'ALTER TABLE customers ADD COLUMN age int']);
    expect(seen.statements.map(({ kind, transaction }) => [kind, transaction])).toEqual([['ALTER TABLE', 1]]);
    expect(locksOf(seen)).toEqual([[1, EXCLUSIVE, 'public.customers']]);
  });

  it('leaves nothing of a text whose last statement fails, and points to where it does', async () => {
    const target = await server.database(SCHEMA);
    const text = "CREATE TABLE ö (id int); INSERT INTO ö VALUES (1); SELECT 'ä', nobody FROM ö; DROP TABLE orders";
    let failure: unknown = null;
    const seen = await observed(target, (url) =>
      withClient(url, async (client) => {
        failure = await client.query(text).catch((error: unknown) => error);
        expect((await client.query("SELECT to_regclass('ö') AS made, to_regclass('orders')::text AS left")).rows).toEqual([
          { made: null, left: 'orders' },
        ]);
      }),
    );
    const direct = await connected(target, (client) => client.query(text).catch((error: unknown) => error));
    expect(failure).toMatchObject({ code: '42703', position: String(text.indexOf('nobody') + 1) });
    expect(direct).toMatchObject({ code: '42703', position: String(text.indexOf('nobody') + 1) });
    expect(seen.statements.slice(0, 3).map(({ error }) => error)).toEqual([null, null, '42703']);
    expect(seen.transactions[0]).toMatchObject({ ended: 'rollback' });
  });

  it.each([
    'VACUUM; SELECT 1',
    'SELECT 1; VACUUM',
    'CREATE INDEX CONCURRENTLY a ON orders (id); SELECT 1',
    'SAVEPOINT s; SELECT 1',
    'SELECT 1; ROLLBACK; SELECT 2',
    'SET LOCAL lock_timeout = 5; LOCK TABLE orders; SELECT 1',
    'LOCK TABLE orders',
    'CREATE TABLE later (id int REFERENCES orders DEFERRABLE INITIALLY DEFERRED); INSERT INTO later VALUES (-1); SELECT 1',
    'SELEKT 1; SELECT 2',
    'SELECT 1; SELECT 2 +; SELECT 3',
    'SELECT $1::int',
    'BEGIN; SELECT 1/0; COMMIT',
    '',
    ';',
    'SELECT 1;;',
    'TABLE customers LIMIT 1',
    'COPY customers TO STDOUT; SELECT 1',
    'BEGIN; DECLARE c CURSOR FOR SELECT 1 AS a; FETCH c; COMMIT',
  ])('answers %s as the server does', async (text) => {
    const target = await server.database(SCHEMA);
    const outcome = (config: string | pg.ClientConfig): Promise<unknown> =>
      withClient(config, async (client) => {
        const copies = text.startsWith('COPY');
        const told = await client.query(text).then(
          (result: unknown) => [result].flat().map((one) => [(one as pg.QueryResult).command, (one as pg.QueryResult).rows]),
          (error: pg.DatabaseError) => [error.code, error.position],
        );
        if (copies) return told;
        const { rows } = await client
          .query('SELECT pg_current_xact_id_if_assigned() IS NULL AS idle')
          .catch(({ code }: pg.DatabaseError) => ({ rows: [code] }));
        return { told, rows };
      });
    const direct = await outcome({ ...target });
    let through: unknown = null;
    await observed(target, async (url) => {
      through = await outcome(url);
    });
    expect(through).toEqual(direct);
  });

  it('knows prepared statements by their text, and what each took', async () => {
    const target = await server.database(SCHEMA);
    const seen = await observed(target, (url) =>
      withClient(url, async (client) => {
        await client.query('BEGIN');
        for (const id of [1, 2, 3])
          await client.query({ name: 'note', text: 'UPDATE orders SET note = $2 WHERE id = $1', values: [id, 'new'] });
        await client.query('ALTER TABLE customers ADD COLUMN z int', []);
        await client.query('COMMIT');
        await client.query('DELETE FROM customers WHERE id = $1', [1]);
      }),
    );
    expect(seen.statements.map(({ text, rows }) => [text, rows])).toEqual([
      ['BEGIN', null],
      ['UPDATE orders SET note = $2 WHERE id = $1', 1],
      ['UPDATE orders SET note = $2 WHERE id = $1', 1],
      ['UPDATE orders SET note = $2 WHERE id = $1', 1],
      ['ALTER TABLE customers ADD COLUMN z int', null],
      ['COMMIT', null],
      ['DELETE FROM customers WHERE id = $1', 1],
    ]);
    expect(locksOf(seen)).toEqual([[5, EXCLUSIVE, 'public.customers']]);
    expect(seen.touched).toEqual(['public.customers', 'public.orders']);
  });

  it('keeps the answers of a pipeline in order and its statements apart', async () => {
    const target = await server.database(SCHEMA);
    const seen = await observed(target, async (url) => {
      const client = new pg.Client({ connectionString: url, pipeline: true } as pg.ClientConfig);
      await client.connect();
      const answers = await Promise.allSettled([
        client.query('SELECT $1::int AS n', [1]),
        client.query('ALTER TABLE orders ADD COLUMN p int', []),
        client.query('SELECT nobody', []),
        client.query('UPDATE orders SET p = $1', [2]),
        client.query('SELECT $1::int AS n', [3]),
      ]);
      expect(answers.map((answer) => (answer.status === 'fulfilled' ? answer.value.rows : answer.reason.code))).toEqual([
        [{ n: 1 }],
        [],
        '42703',
        [],
        [{ n: 3 }],
      ]);
      await client.end();
    });
    expect(locksOf(seen)).toEqual([[2, EXCLUSIVE, 'public.orders']]);
    expect(seen.statements.map(({ error, rows }) => [error, rows])).toEqual([
      [null, 1],
      [null, null],
      ['42703', null],
      [null, 1000],
      [null, 1],
    ]);
    expect(seen.transactions.map(({ ended }) => ended)).toEqual(['commit', 'commit', 'rollback', 'commit', 'commit']);
  });

  it('knows which lock_timeout held when each statement began', async () => {
    const target = await server.database(SCHEMA);
    await connected(target, (client) => client.query(`ALTER ROLE ${target.user} IN DATABASE ${target.database} SET lock_timeout = '7s'`));
    const statements = [
      'SELECT 1',
      "SET lock_timeout = '2s'",
      'BEGIN',
      'SET LOCAL lock_timeout TO 300',
      'SAVEPOINT a',
      "SELECT set_config('lock_timeout', '1min', false)",
      'ROLLBACK TO a',
      'SELECT 2',
      'COMMIT',
      'SELECT 3',
      'BEGIN; SET lock_timeout = 9',
      'ROLLBACK',
      'SELECT 4',
      "DO $$ BEGIN PERFORM set_config('lock_timeout', '5', false); END $$",
      'SELECT 5',
      'RESET lock_timeout',
      'SELECT 6',
    ];
    const seen = await migrated(target, statements);
    expect(seen.statements.map(({ lockTimeout }) => lockTimeout)).toEqual([
      7000,
      7000,
      2000,
      2000,
      300,
      300,
      60_000,
      300,
      300,
      2000,
      2000,
      2000,
      9,
      2000,
      2000,
      null,
      null,
      7000,
    ]);
    const opened = await observed(target, (url) =>
      withClient({ connectionString: url, options: '-c lock_timeout=1500ms -c work_mem=8MB' }, async (client) => {
        expect((await client.query('SHOW work_mem')).rows).toEqual([{ work_mem: '8MB' }]);
      }),
    );
    expect(opened.statements).toMatchObject([{ kind: 'SHOW', lockTimeout: 1500 }]);
  });

  it('sees partitions written anew, and of which table they are', async () => {
    const target = await server.database(
      `CREATE TABLE events (id int, what text) PARTITION BY RANGE (id);
       CREATE TABLE early PARTITION OF events FOR VALUES FROM (0) TO (1000);
       CREATE TABLE late PARTITION OF events FOR VALUES FROM (1000) TO (3000) PARTITION BY RANGE (id);
       CREATE TABLE later PARTITION OF late FOR VALUES FROM (1000) TO (2000);
       CREATE TABLE alone (what text);
       INSERT INTO events SELECT n, 'x' FROM generate_series(0, 1999) n`,
    );
    const seen = await migrated(target, [
      "ALTER TABLE events ALTER COLUMN what TYPE varchar USING what || 'y'",
      "ALTER TABLE alone ALTER COLUMN what TYPE varchar USING what || 'y'",
    ]);
    expect(seen.rewrites.toSorted((one, other) => (one.relation < other.relation ? -1 : 1))).toMatchObject([
      { relation: 'public.alone', root: null, statement: 2 },
      { relation: 'public.early', root: 'public.events', statement: 1 },
      { relation: 'public.later', root: 'public.events', statement: 1 },
    ]);
  });

  it('sees a table written anew, by which statement, how much it was, and what that took', async () => {
    const target = await server.database(
      `${SCHEMA}; INSERT INTO orders SELECT n, n, repeat('y', 100) FROM generate_series(2000, 80000) n; CHECKPOINT`,
    );
    const seen = await migrated(target, [
      'ALTER TABLE orders ADD COLUMN small int DEFAULT 5',
      'ALTER TABLE orders ALTER COLUMN customer TYPE text',
      'TRUNCATE customers',
      'CREATE TABLE fresh AS SELECT 1',
      'BEGIN',
      'ALTER TABLE fresh ALTER COLUMN "?column?" TYPE text',
      'COMMIT',
    ]);
    expect(seen.rewrites).toMatchObject([{ relation: 'public.orders', statement: 2 }]);
    expect(seen.rewrites[0]?.bytes).toBeGreaterThan(8_000_000);
    expect(seen.disk.peak).toBeGreaterThan(seen.disk.after + 8_000_000);
    expect(seen.disk.after).toBeGreaterThan(0);
    expect(seen.wal).toBeGreaterThan(1_000_000);
  });

  it('counts for a kill what does something, and holds everything back from there on', async () => {
    const target = await server.database(SCHEMA);
    let told = 0;
    let reached: () => void = () => undefined;
    const stopped = new Promise<void>((resolve) => {
      reached = resolve;
    });
    const observer = await observe(target, {
      stopAfter: {
        statements: 3,
        kinds: new Set<string>(),
        reached: () => {
          told += 1;
          reached();
        },
      },
    });
    const client = new pg.Client(observer.access.url);
    client.on('error', () => undefined);
    await client.connect();
    await client.query('SELECT 1');
    await client.query('CREATE TABLE one (id int)');
    const text = 'BEGIN; CREATE TABLE two (id int); ALTER TABLE orders ADD COLUMN three int; DROP TABLE customers; COMMIT';
    const last = client.query(text).then(
      () => 'answered',
      () => 'lost',
    );
    await stopped;
    const seen = await observer.end();
    expect(await last).toBe('lost');
    expect(told).toBe(1);
    expect(seen.transactions.at(-1)).toMatchObject({ ended: 'lost' });
    await connected(target, async (direct) => {
      const { rows } = await direct.query(
        "SELECT to_regclass('one')::text AS one, to_regclass('two')::text AS two, to_regclass('customers')::text AS customers",
      );
      expect(rows).toEqual([{ one: 'one', two: null, customers: 'customers' }]);
    });
    await client.end().catch(() => undefined);
  });

  it('says that a connection was lost in the middle, and leaves nothing running or listening', async () => {
    const target = await server.database(SCHEMA);
    const observer = await observe(target, {});
    const client = new pg.Client(observer.access.url);
    client.on('error', () => undefined);
    await client.connect();
    await client.query('BEGIN');
    await client.query('LOCK TABLE orders');
    (client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
    const port = Number(new URL(observer.access.url).port);
    const seen = await observer.end();
    expect(seen.transactions).toMatchObject([{ block: true, ended: 'lost' }]);
    expect(locksOf(seen)).toEqual([[2, EXCLUSIVE, 'public.orders']]);
    await expect(
      new Promise((resolve, reject) => {
        const socket = connectSocket(port, '127.0.0.1', () => resolve('somebody listens'));
        socket.on('error', (error: NodeJS.ErrnoException) => reject(new Error(error.code)));
      }),
    ).rejects.toThrow('ECONNREFUSED');
    const { rows } = await connected({ ...target, database: 'postgres' }, (direct) =>
      direct.query('SELECT count(*)::int AS left FROM pg_stat_activity WHERE datname = $1', [target.database]),
    );
    expect(rows).toEqual([{ left: 0 }]);
  });
});
