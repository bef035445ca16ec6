import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DatabaseCopy } from '../../../src/rehearsal/database.ts';
import { readLimits } from '../../../src/rehearsal/limits.ts';
import { judge } from '../../../src/rehearsal/verdict.ts';
import { facts, phase } from '../verdict/facts.ts';
import { checksum, endAll, MAJORS, privateServer, type Rehearsing, rehearseOn, sql } from './servers.ts';

const SHOP = `
  CREATE TABLE orders (id serial PRIMARY KEY, customer int NOT NULL, note text);
  CREATE TABLE "Odd ""names" (id int);
  CREATE TABLE parts (id int, at date) PARTITION BY RANGE (at);
  CREATE TABLE parts_2026 PARTITION OF parts FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
  CREATE TABLE base (id int);
  CREATE TABLE heir () INHERITS (base);
  INSERT INTO orders (customer, note) SELECT n, repeat('x', 100) FROM generate_series(1, 3000) n;
  INSERT INTO parts SELECT n, '2026-06-01' FROM generate_series(1, 40) n;
  INSERT INTO base VALUES (1); INSERT INTO heir VALUES (2), (3);
`;

describe.each(MAJORS)('copies on PostgreSQL %i', (major) => {
  let one: Rehearsing;
  let sum = '';
  let copy: DatabaseCopy;
  beforeAll(async () => {
    one = await privateServer(major);
    await sql(one.server.source.url, SHOP);
    sum = await checksum(one.server.source.url);
    await one.server.freeze();
    copy = await one.server.copy('up');
  });
  afterAll(endAll);

  it('are made by the fastest way, and say so', () => {
    expect(copy.copied).toEqual({
      how: major === 18 ? 'FILE_COPY with file_copy_method=clone' : 'FILE_COPY',
      seconds: expect.any(Number),
      bytes: expect.any(Number),
    });
    expect(copy.copied.bytes).toBeGreaterThan(1_000_000);
  });

  it('are independent of each other and of the source', async () => {
    const other = await one.server.copy('load');
    await sql(copy.access.url, 'DELETE FROM parts', 'ALTER TABLE base ADD COLUMN x int', "SELECT nextval('orders_id_seq')");
    expect(await checksum(other.access.url)).toBe(sum);
    expect(await checksum(copy.access.url)).not.toBe(sum);
    await other.drop();
    const third = await one.server.copy('interrupted');
    expect(await checksum(third.access.url)).toBe(sum);
    await third.drop();
    await third.drop();
    await expect(sql(third.access.url, 'SELECT 1')).rejects.toThrow('does not exist');
    // Nobody gets into the source any more, so it is as it was.
    await expect(sql(one.server.source.url, 'SELECT 1')).rejects.toThrow(/not currently accepting connections/);
  });

  it('count every row once', async () => {
    const fresh = await one.server.copy('count');
    expect(Object.fromEntries(await fresh.countRows())).toEqual({
      'public.orders': 3000,
      'public.Odd "names': 0,
      'public.parts': 40,
      'public.base': 1,
      'public.heir': 2,
    });
    await fresh.drop();
  });

  it('tell whether their rows hold something else, in whatever order, and a partition with its table', async () => {
    const fresh = await one.server.copy('print');
    const [{ part } = { part: '' }] = await sql(fresh.access.url, 'SELECT tableoid::regclass::text AS part FROM parts LIMIT 1');
    const tables = ['public.orders', `public.${part}`, 'public.gone'];
    const before = await fresh.fingerprintRows(tables);
    expect([...before.keys()].sort()).toEqual(['public.orders', 'public.parts']);
    await sql(
      fresh.access.url,
      'CREATE TABLE again AS SELECT * FROM orders ORDER BY id DESC',
      'TRUNCATE orders',
      'INSERT INTO orders SELECT * FROM again',
    );
    expect(await fresh.fingerprintRows(tables)).toEqual(before);
    await sql(fresh.access.url, 'UPDATE orders SET id = -id WHERE id = 7');
    const after = await fresh.fingerprintRows(tables);
    expect(after.get('public.orders')).not.toBe(before.get('public.orders'));
    expect(after.get('public.parts')).toBe(before.get('public.parts'));
    await fresh.drop();
  });

  it('are queried without being changed', async () => {
    expect(await copy.query('SELECT count(*)::int AS many FROM orders')).toEqual([{ many: 3000 }]);
    await expect(copy.query('DELETE FROM orders')).rejects.toThrow('the database takes no writes');
    await expect(copy.query('COMMIT; DELETE FROM orders')).rejects.toThrow('there are several statements where one is allowed');
    await expect(copy.query("SELECT set_config('transaction_read_only', 'off', false)")).rejects.toThrow();
    await expect(copy.query('SELECT nowhere')).rejects.toThrow(
      /^a column is missing \(undefined_column\), at character 8: nowhere \(SQLSTATE 42703\)$/,
    );
    expect(await copy.query('SELECT count(*)::int AS many FROM orders')).toEqual([{ many: 3000 }]);
  });

  it.each([
    ['a value of another type', `SELECT note::int FROM (SELECT 'mona@example.com' AS note) t`],
    ['one of several lines', `SELECT note::int FROM (SELECT E'line one\\nmona' || id AS note FROM orders) t`],
    ['one with quotes', `SELECT (note || id)::date FROM (SELECT id, 'say "mona" ' AS note FROM orders) t`],
    ['a long one', `SELECT (note || id)::json FROM (SELECT id, 'mona' || repeat('a', 400) AS note FROM orders) t`],
    ['a file of the server', `SELECT 'mona' || pg_read_file('PG_VERSION'), pg_read_file('postmaster.opts')::int`],
    ['what a function says', `SELECT json_object(ARRAY['mona', id::text, 'more']) FROM orders`],
  ])('tell of a query that fails what it means, and never %s', async (_, query) => {
    const error = await copy.query(query).then(String, (thrown: Error) => thrown);
    expect(error).toBeInstanceOf(Error);
    expect((error as Error).message).toMatch(/\(SQLSTATE \w{5}\)$/);
    expect((error as Error).message).not.toMatch(/mona|line|aaa|postgres\b/);
    expect((error as Error).cause).toBeUndefined();
  });

  it('tell what a migration left unfinished', async () => {
    expect(await copy.leftovers()).toEqual([]);
    await sql(
      copy.access.url,
      'ALTER TABLE orders ADD CONSTRAINT few CHECK (customer < 5) NOT VALID',
      'CREATE TABLE twice AS SELECT 1 AS id UNION ALL SELECT 1',
    );
    await sql(copy.access.url, 'CREATE UNIQUE INDEX CONCURRENTLY broken ON twice (id)').catch(() => undefined);
    await sql(copy.access.url, 'CREATE DOMAIN small AS int', 'ALTER DOMAIN small ADD CONSTRAINT tiny CHECK (VALUE < 3) NOT VALID');
    expect(await copy.leftovers()).toEqual([
      { kind: 'invalid-index', name: 'public.broken on public.twice', sql: { name: 'public.broken', on: 'TABLE public.twice' } },
      { kind: 'unvalidated-constraint', name: 'public.few on public.orders', sql: { name: 'few', on: 'TABLE public.orders' } },
      { kind: 'unvalidated-constraint', name: 'public.tiny on small', sql: { name: 'tiny', on: 'DOMAIN public.small' } },
    ]);
    if (major === 18) {
      await sql(copy.access.url, 'ALTER TABLE twice ADD CONSTRAINT loose CHECK (id > 5) NOT ENFORCED');
      expect(await copy.leftovers()).toHaveLength(3);
    }
  });

  it('tell with it the SQL that mends it, whatever names it has', async () => {
    const fresh = await one.server.copy('odd');
    await sql(
      fresh.access.url,
      'CREATE SCHEMA "Odd Schema"',
      'CREATE TABLE "Odd Schema"."My.Table" AS SELECT 1 AS "Id" UNION ALL SELECT 1',
      'ALTER TABLE "Odd Schema"."My.Table" ADD CONSTRAINT "ck.1 on x" CHECK ("Id" > 0) NOT VALID',
      'CREATE DOMAIN "Small" AS int',
      'ALTER DOMAIN "Small" ADD CONSTRAINT "Tiny" CHECK (VALUE < 3) NOT VALID',
    );
    await sql(fresh.access.url, 'CREATE UNIQUE INDEX CONCURRENTLY "My.Idx" ON "Odd Schema"."My.Table" ("Id")').catch(() => undefined);
    const left = await fresh.leftovers();
    expect(left).toHaveLength(3);
    const { reasons } = judge(facts([phase('up', { leftovers: left })]), readLimits({}));
    const advised = reasons.map(({ fix }) => /`([^`]+)`/.exec(fix)?.[1] ?? '');
    for (const mending of advised) await sql(fresh.access.url, mending);
    expect(await fresh.leftovers()).toEqual([]);
    await fresh.drop();
  });

  it('leave no role to the next one', async () => {
    await copy.drop();
    const first = await one.server.copy('up');
    await sql(first.access.url, 'CREATE ROLE app LOGIN', 'GRANT SELECT ON orders TO app');
    await first.drop();
    const second = await one.server.copy('up');
    await sql(second.access.url, 'CREATE ROLE app LOGIN');
    await second.drop();
  });

  it('are not made where the disk has no room', async () => {
    const full = await rehearseOn(major, { free: () => 130_000_000 });
    await sql(full.server.source.url, SHOP);
    await full.server.freeze();
    await expect(full.server.copy('up')).rejects.toThrow(
      expect.objectContaining({ code: 'disk', message: expect.stringMatching(/A copy of the database takes .* 130 MB are free/) }),
    );
  });
});
