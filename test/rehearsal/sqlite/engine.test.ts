import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { differencesBetween } from '../../../src/rehearsal/comparison.ts';
import type { DatabaseCopy, RehearsalServer } from '../../../src/rehearsal/database.ts';
import { engineFor } from '../../../src/rehearsal/engine.ts';
import { KnownNames } from '../../../src/rehearsal/known-names.ts';
import { pathOf } from '../../../src/rehearsal/sqlite/snapshot.ts';
import { EveryName } from '../postgres/servers.ts';
import { checksum, database, migrate, newFolder, removeFolder, SHOP, startServer } from './files.ts';

let folder: string;
let made = 0;
let server: RehearsalServer;

beforeEach(async () => {
  folder = newFolder();
  const names = new KnownNames();
  names.spellSql(SHOP);
  ({ server } = await startServer(folder, names));
});
afterEach(async () => {
  await server.stop();
  removeFolder(folder);
});

const file = (name: string): string => join(folder, name);

function write(name: string, content: string | Buffer): string {
  writeFileSync(file(name), content);
  return file(name);
}

/** A copy of the shop. */
async function shop(...more: readonly string[]): Promise<DatabaseCopy> {
  made += 1;
  await server.restore(database(file(`shop-${made}.db`), SHOP, ...more));
  await server.freeze();
  return server.copy('up');
}

describe('the snapshot', () => {
  it('is a database file, in either journal mode, and stays as it was', async () => {
    for (const mode of ['DELETE', 'WAL']) {
      const dump = database(file(`${mode}.db`), `PRAGMA journal_mode = ${mode}`, SHOP);
      const before = checksum(dump);
      const own = await startServer(folder);
      expect(await own.server.restore(dump)).toEqual({ format: 'a database file', major: null });
      expect(await own.server.takeStock()).toMatchObject({ tables: 2, rows: true });
      await own.server.freeze();
      const copy = await own.server.copy('up');
      expect(await copy.countRows()).toEqual(
        new Map([
          ['main.customers', 300],
          ['main.orders', 3000],
        ]),
      );
      await own.server.stop();
      expect(checksum(dump)).toBe(before);
    }
  });

  it('is a database file with what only its log has', async () => {
    const dump = file('busy.db');
    const application = new DatabaseSync(dump);
    application.exec(`PRAGMA journal_mode = WAL; ${SHOP}`);
    expect(await server.restore(dump)).toMatchObject({ format: 'a database file with its wal' });
    application.close();
    expect(await server.takeStock()).toMatchObject({ tables: 2, rows: true });
  });

  it('is the text that the shell dumps', async () => {
    const made = database(file('shop.db'), SHOP);
    const text = execFileSync(process.execPath, [
      '--no-warnings',
      '-e',
      `const { DatabaseSync } = require('node:sqlite'); const d = new DatabaseSync(process.argv[1]);
       const lines = ['PRAGMA foreign_keys=OFF;', 'BEGIN TRANSACTION;'];
       for (const { sql } of d.prepare("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL").all()) lines.push(sql + ';');
       for (const r of d.prepare('SELECT * FROM customers').all()) lines.push("INSERT INTO customers VALUES(" + r.id + ",'" + r.name + "','" + r.email + "');");
       console.log([...lines, 'COMMIT;'].join('\\n'));`,
      made,
    ]);
    expect(await server.restore(write('dump.sql', text))).toEqual({ format: 'a dump as SQL text', major: null });
    expect(await server.takeStock()).toMatchObject({ tables: 2, rows: true });
    const cut = await startServer(folder);
    await expect(cut.server.restore(write('cut.sql', text.subarray(0, text.lastIndexOf('COMMIT'))))).rejects.toMatchObject({
      code: 'snapshot_unreadable',
      message: expect.stringContaining('truncated'),
    });
  });

  it('is a backup of a database that is in use, which is only read', async () => {
    const path = file('production.db');
    const application = new DatabaseSync(path);
    application.exec(`PRAGMA journal_mode = WAL; ${SHOP}`);
    const before = checksum(path);
    expect(await server.copyFrom(`file:${path}`)).toMatchObject({ format: 'a backup of a database in use' });
    expect(checksum(path)).toBe(before);
    application.close();
    expect(await server.takeStock()).toMatchObject({ tables: 2, rows: true });
    await expect(server.copyFrom('file:/nowhere/at-all.db')).rejects.toMatchObject({ code: 'snapshot_failed' });
  });

  it.each<[string, () => string, RegExp]>([
    ['compressed', () => write('a', gzipSync('SQLite format 3')), /compressed with gzip; decompress/],
    ['of pg_dump', () => write('a', 'PGDMP\x01\x0f'), /a dump of PostgreSQL/],
    ['of pg_dump as text', () => write('a', '--\n-- PostgreSQL database dump\n--\n'), /a dump of PostgreSQL/],
    ['of MySQL', () => write('a', '-- MySQL dump 10.13  Distrib 8.4\n'), /a dump of MySQL or MariaDB/],
    ['encrypted', () => write('a', createRandom()), /is it encrypted/],
    ['empty', () => write('a', ''), /is empty/],
    ['a folder', () => mkdirSync(file('b/c'), { recursive: true }) ?? '', /a folder; leave the database file itself/],
    ['no SQL', () => write('a', "INSERT INTO secrets VALUES ('hunter2'); hello"), /cannot be run: no such table\. Expected/],
  ])('that is %s is refused', async (_what, dump, says) => {
    await expect(server.restore(dump())).rejects.toMatchObject({ code: 'snapshot_unreadable', message: expect.stringMatching(says) });
  });

  it('that is truncated or damaged is refused', async () => {
    const dump = database(file('cut.db'), SHOP);
    truncateSync(dump, 20_480);
    await expect(server.restore(dump)).rejects.toMatchObject({
      code: 'snapshot_unreadable',
      message: expect.stringContaining('truncated'),
    });
    const damaged = database(file('damaged.db'), SHOP);
    const bytes = readFileSync(damaged);
    bytes.fill(0x5a, 8192, 16_384);
    writeFileSync(damaged, bytes);
    await expect(server.restore(damaged)).rejects.toMatchObject({
      code: 'snapshot_unreadable',
      message: expect.stringContaining('damaged'),
    });
  });

  function createRandom(): Buffer {
    return Buffer.from(Array.from({ length: 4096 }, (_, index) => (index * 7919 + 13 * (index >> 3)) % 256));
  }
});

describe('addresses', () => {
  it.each([
    ['file:/data/shop.db', '/data/shop.db'],
    ['file:///data/a%20shop.db?mode=ro', '/data/a shop.db'],
    ['sqlite:////data/shop.db', '/data/shop.db'],
    ['sqlite3:/data/shop.db', '/data/shop.db'],
    ['sqlite+aiosqlite:////data/shop.db', '/data/shop.db'],
    ['/data/shop.db', '/data/shop.db'],
  ])('%s', (url, path) => expect(pathOf(url)).toBe(path));

  it('of a copy reach it in every form', async () => {
    const { access } = await shop();
    const { DATABASE_PATH: path = '', SQLITE_PATH, SQLALCHEMY_DATABASE_URI = '' } = access.variables;
    expect(SQLITE_PATH).toBe(path);
    expect([pathOf(access.url), pathOf(SQLALCHEMY_DATABASE_URI)]).toEqual([path, path]);
    const opened = new DatabaseSync(new URL(access.url));
    expect(opened.prepare('SELECT count(*) AS rows FROM orders').get()).toEqual({ rows: 3000 });
    opened.close();
  });
});

describe('copies', () => {
  it('tell whether their rows hold something else, in whatever order', async () => {
    const one = await shop();
    const tables = ['main.orders', 'main.gone'];
    const before = await one.fingerprintRows(tables);
    expect([...before.keys()]).toEqual(['main.orders']);
    const path = one.access.variables['SQLITE_PATH'] ?? '';
    await migrate(
      path,
      'CREATE TABLE again AS SELECT * FROM orders ORDER BY id DESC',
      'DELETE FROM orders',
      'INSERT INTO orders SELECT * FROM again',
    );
    expect(await one.fingerprintRows(tables)).toEqual(before);
    await migrate(path, 'UPDATE orders SET id = -id WHERE id = 7');
    expect(await one.fingerprintRows(tables)).not.toEqual(before);
    await one.drop();
    await server.stop();
  });

  it('are apart from each other and from the source, and leave nothing', async () => {
    const one = await shop();
    const other = await server.copy('load');
    expect(one.copied).toMatchObject({ how: expect.stringMatching(/^a (copy|clone) of the file/), bytes: expect.any(Number) });
    await migrate(one.access.variables['SQLITE_PATH'] ?? '', 'DELETE FROM orders');
    expect((await one.countRows()).get('main.orders')).toBe(0);
    expect((await other.countRows()).get('main.orders')).toBe(3000);
    await one.drop();
    await other.drop();
    await server.stop();
    expect(readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => /copy|up|load|source/.test(name))).toEqual([]);
  });

  it('are asked without being written to', async () => {
    const copy = await shop();
    expect(await copy.query('SELECT id, quantity FROM orders WHERE id = 5')).toEqual([{ id: 5n, quantity: 3n }]);
    await expect(copy.query('DELETE FROM orders')).rejects.toThrow('attempt to write a readonly database');
  });

  it('tell of a query that fails what it means and what is missing, and no value', async () => {
    const copy = await shop("CREATE VIRTUAL TABLE texts USING fts5(body); INSERT INTO texts VALUES ('x')");
    await expect(copy.query('SELECT total FROM orders')).rejects.toThrow(/^no such column: total$/);
    await expect(copy.query('SELECT 1 FROM main.nowhere')).rejects.toThrow(/^no such table: main.nowhere$/);
    await expect(copy.query("SELECT 'mona@example.com FROM orders")).rejects.toThrow(/^unrecognized token$/);
    await expect(copy.query("SELECT json_extract('{}', 'mona' || id) FROM orders")).rejects.toThrow(/^SQL logic error$/);
    await expect(copy.query("SELECT 1 FROM orders JOIN texts ON texts MATCH 'mona' || id || ':x'")).rejects.toThrow(/^no such column$/);
  });

  it('tell which references a migration broke, not those that were broken before', async () => {
    const copy = await shop('INSERT INTO orders VALUES (9001, 7777, 1, NULL)');
    expect(await copy.leftovers()).toEqual([]);
    await migrate(copy.access.variables['SQLITE_PATH'] ?? '', 'DELETE FROM customers WHERE id = 1');
    expect(await copy.leftovers()).toEqual([
      { kind: 'unvalidated-constraint', name: 'foreign key on main.orders to main.customers, broken by 11 rows', sql: null },
    ]);
  });
});

describe('the schema', () => {
  const difference = async (...sql: readonly string[]) => {
    const copy = await shop();
    const before = await copy.describeSchema();
    await migrate(copy.access.variables['SQLITE_PATH'] ?? '', ...sql);
    return differencesBetween(before, await copy.describeSchema(), new EveryName());
  };

  it('is the same after there and back, however the definition is written', async () => {
    expect(await difference('ALTER TABLE orders ADD COLUMN price INT', 'ALTER TABLE orders DROP COLUMN price')).toEqual([]);
    expect(
      await difference(
        `CREATE TABLE "new" ("id" integer PRIMARY KEY, [customer_id] Integer NOT NULL /* whose */ REFERENCES "customers"(id), quantity int not null check(quantity>0), note text);
         INSERT INTO new SELECT * FROM orders; DROP TABLE orders; ALTER TABLE new RENAME TO orders; CREATE INDEX "orders_customer" ON orders(customer_id)`,
      ),
    ).toEqual([]);
  });

  it.each<[string, string, readonly string[]]>([
    ['a column', 'ALTER TABLE orders ADD COLUMN price INT DEFAULT 7', ['table main.orders: is column price INT default 7']],
    [
      'an index',
      'DROP INDEX orders_customer; CREATE UNIQUE INDEX mails ON customers (email DESC)',
      ['index main.mails is new', 'index main.orders_customer is gone'],
    ],
    ['a view', 'CREATE VIEW seen AS SELECT 1', ['view main.seen is new']],
    ['a trigger', 'CREATE TRIGGER t AFTER INSERT ON orders BEGIN SELECT 1; END', ['trigger main.t is new']],
    [
      'a check, a default, a reference and a uniqueness',
      `CREATE TABLE new (id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL REFERENCES customers (id) ON DELETE CASCADE, quantity INT NOT NULL CHECK (quantity > 1), note TEXT DEFAULT 'x' COLLATE NOCASE, UNIQUE (customer_id, id));
       DROP TABLE orders; ALTER TABLE new RENAME TO orders; CREATE INDEX orders_customer ON orders (customer_id)`,
      [
        'table main.orders: was column note TEXT',
        'table main.orders: was check ( quantity > 0 )',
        'table main.orders: was foreign key (customer_id) references customers (id) on update no action on delete no action',
        "table main.orders: is column note TEXT default '…' collate nocase",
        'table main.orders: is check ( quantity > 1 )',
        'table main.orders: is foreign key (customer_id) references customers (id) on update no action on delete cascade',
        'table main.orders: is unique (customer_id, id)',
      ],
    ],
  ])('tells of %s', async (_what, sql, lines) => {
    expect(await difference(sql)).toEqual(lines);
  });
});

describe('what it is not for', () => {
  it('is refused by name', async () => {
    await expect(engineFor('mysql')).rejects.toThrow('"database: postgres" and "database: sqlite" are');
    const engine = await engineFor('sqlite');
    const options = {
      folder,
      env: {},
      log: () => undefined,
      signal: new AbortController().signal,
      watch: () => undefined,
      names: new EveryName(),
    };
    await expect(engine.start({ ...options, serverUrl: 'mysql://x', version: null })).rejects.toMatchObject({ code: 'unsupported' });
    await expect(engine.start({ ...options, serverUrl: null, version: 2 })).rejects.toMatchObject({ code: 'server_version' });
    expect(server.name).toMatch(/^SQLite 3\.\d+\.\d+$/);
  });
});
