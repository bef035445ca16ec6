import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DatabaseCopy, LoadOptions, RehearsalServer } from '../../../src/rehearsal/database.ts';
import type { LoadReport } from '../../../src/rehearsal/observed.ts';
import { database, migrate, newFolder, removeFolder, SHOP, startServer } from './files.ts';

let folder: string;
let server: RehearsalServer;

beforeEach(async () => {
  folder = newFolder();
  ({ server } = await startServer(folder));
});
afterEach(async () => {
  await server.stop();
  removeFolder(folder);
});

const pathOf = ({ access }: Pick<DatabaseCopy, 'access'>): string => access.variables['SQLITE_PATH'] ?? '';

async function shop(mode: 'DELETE' | 'WAL', ...more: readonly string[]): Promise<DatabaseCopy> {
  await server.restore(database(`${folder}/shop.db`, `PRAGMA journal_mode = ${mode}`, SHOP, ...more));
  await server.freeze();
  return server.copy('up');
}

describe('observing', () => {
  it.each(['DELETE', 'WAL'] as const)('tells which transactions write, for how long, and what they touch (%s)', async (mode) => {
    const copy = await shop(mode);
    const observer = await copy.observe();
    expect(observer.access).toEqual(copy.access);
    await migrate(
      pathOf(observer),
      'BEGIN IMMEDIATE; ALTER TABLE orders ADD COLUMN price INT',
      200,
      'COMMIT',
      60,
      'BEGIN IMMEDIATE; UPDATE orders SET price = 7',
      100,
      'ROLLBACK',
      60,
    );
    const seen = await observer.end();
    expect(seen.transactions.map(({ ended }) => ended)).toEqual(['commit', 'rollback']);
    expect(seen.transactions[0]?.seconds).toBeGreaterThan(0.15);
    expect(seen.transactions[0]?.seconds).toBeLessThan(1);
    expect(seen.statements.map(({ kind, transaction }) => [kind, transaction])).toEqual([
      ['TRANSACTION', 1],
      ['TRANSACTION', 2],
    ]);
    const [first] = seen.locks;
    expect(first).toMatchObject({ relation: 'main', statement: 1, blocks: 'writes', mode: mode === 'WAL' ? 'WAL write' : 'RESERVED' });
    expect(first?.held.atLeast).toBeLessThanOrEqual(first?.held.atMost ?? 0);
    expect(first?.held.atMost).toBeGreaterThanOrEqual(200);
    expect(seen.touched).toEqual(['main.orders']);
    expect(seen.blind).toEqual([expect.stringContaining('statements are not seen one by one')]);
    expect(seen.disk.peak).toBeGreaterThanOrEqual(seen.disk.before);
    expect(await observer.end()).toBe(seen);
  });

  it('tells which tables are made anew, and how much disk that takes meanwhile', async () => {
    const copy = await shop('DELETE');
    const observer = await copy.observe();
    await migrate(
      pathOf(observer),
      `BEGIN IMMEDIATE; CREATE TABLE new (id INTEGER PRIMARY KEY, customer_id INT, quantity TEXT, note TEXT); INSERT INTO new SELECT * FROM orders;
       DROP TABLE orders; ALTER TABLE new RENAME TO orders`,
      50,
      'COMMIT',
    );
    const { rewrites, touched, disk } = await observer.end();
    expect(rewrites).toEqual([{ relation: 'main.orders', root: null, bytes: expect.any(Number), statement: null }]);
    expect(rewrites[0]?.bytes).toBeGreaterThan(50_000);
    expect(touched).toEqual(['main.orders']);
    expect(disk.peak).toBeGreaterThan(disk.before);
  });

  it('of nothing tells nothing, and a lock that keeps readers out is told as such', async () => {
    const copy = await shop('DELETE');
    const quiet = await copy.observe();
    await migrate(pathOf(copy), 'SELECT count(*) FROM orders');
    expect(await quiet.end()).toMatchObject({ statements: [], transactions: [], locks: [], touched: [], rewrites: [] });
    const observer = await copy.observe();
    await migrate(pathOf(copy), 'BEGIN EXCLUSIVE', 120, 'COMMIT');
    const { locks } = await observer.end();
    expect(locks).toContainEqual(expect.objectContaining({ mode: 'EXCLUSIVE', blocks: 'reads and writes', statement: 1 }));
  });

  it('tells when a transaction has begun, so that the migration can be killed in it', async () => {
    const copy = await shop('DELETE');
    let reached = 0;
    const at: number[] = [];
    const began = performance.now();
    const stopAfter = {
      statements: 2,
      kinds: new Set<string>(),
      reached: () => {
        reached += 1;
        at.push(performance.now() - began);
      },
    };
    const observer = await copy.observe({ stopAfter });
    await migrate(pathOf(observer), 'BEGIN IMMEDIATE', 60, 'COMMIT', 60, 'BEGIN IMMEDIATE', 200, 'COMMIT');
    const ended = performance.now() - began;
    await observer.end();
    expect(reached).toBe(1);
    expect(ended - (at[0] ?? ended)).toBeGreaterThan(150);
  });
});

async function beside(copy: DatabaseCopy, migration: () => Promise<unknown>, options: Partial<LoadOptions> = {}): Promise<LoadReport> {
  const load = await copy.load({
    tables: ['main.customers', 'main.orders'],
    script: null,
    baseline: 600,
    signal: new AbortController().signal,
    ...options,
  });
  try {
    load.begin();
    await migration();
  } finally {
    await load.end();
  }
  return load.end();
}

describe('load', () => {
  it.each(['DELETE', 'WAL'] as const)('without a migration is quiet and changes no data (%s)', async (mode) => {
    const copy = await shop(mode);
    const sum = 'SELECT sum(id * quantity) AS a, sum(customer_id) AS b, count(note) AS c FROM orders';
    const before = await copy.query(sum);
    const report = await beside(copy, () => sleep(1200));
    expect(await copy.query(sum)).toEqual(before);
    expect(report).toMatchObject({ errors: [], deadlocks: 0, tables: ['main.customers', 'main.orders'], blind: [] });
    for (const { reads, writes } of [report.baseline, report.during]) {
      expect(reads.count).toBeGreaterThan(2);
      expect(writes.count).toBeGreaterThan(2);
    }
  });

  it('without a log stalls readers and writers while somebody has the file for himself', async () => {
    const copy = await shop('DELETE');
    const { during } = await beside(copy, () => migrate(pathOf(copy), 'BEGIN EXCLUSIVE', 300, 'COMMIT'));
    for (const { longest } of [during.reads, during.writes]) {
      expect(longest).toBeGreaterThan(280);
      expect(longest).toBeLessThan(900);
    }
  });

  it('with a log stalls writers only', async () => {
    const copy = await shop('WAL');
    const { during, errors } = await beside(copy, () => migrate(pathOf(copy), 'BEGIN EXCLUSIVE', 300, 'COMMIT'));
    expect(during.writes.longest).toBeGreaterThan(280);
    expect(during.reads.longest).toBeLessThan(200);
    expect(errors).toEqual([]);
  });

  it('fails on what is dropped or renamed', async () => {
    const copy = await shop('WAL');
    const dropped = await beside(copy, async () => {
      await migrate(pathOf(copy), 'ALTER TABLE orders DROP COLUMN note');
      await sleep(150);
    });
    expect(dropped.errors).toEqual([{ code: '42703', meaning: 'a column is missing', count: expect.any(Number) }]);
    const renamed = await beside(copy, async () => {
      await migrate(pathOf(copy), 'ALTER TABLE orders RENAME TO purchases');
      await sleep(150);
    });
    expect(renamed.errors.map(({ code }) => code)).toEqual(['42P01']);
  });

  it('repeats the script of the team, and refuses one that fails by itself', async () => {
    const copy = await shop('DELETE');
    const script = 'UPDATE orders SET note = note WHERE id = 3';
    const { stalls } = await beside(copy, () => migrate(pathOf(copy), 'BEGIN IMMEDIATE', 300, 'COMMIT'), { tables: [], script });
    expect(stalls[0]).toMatchObject({ relation: 'the script', kind: 'write' });
    await expect(beside(copy, async () => undefined, { script: 'SELECT nothing' })).rejects.toMatchObject({ code: 'checks_invalid' });
    await expect(beside(copy, async () => undefined, { script: 'BEGIN' })).rejects.toMatchObject({ code: 'checks_invalid' });
  });

  it('is left out of what is observed, and ends when the job is cancelled', async () => {
    const copy = await shop('WAL');
    const cancel = new AbortController();
    const load = await copy.load({ tables: ['main.orders'], script: null, baseline: 50, signal: cancel.signal });
    load.begin();
    const observer = await copy.observe();
    await sleep(100);
    expect(await observer.end()).toMatchObject({ transactions: [], locks: [] });
    cancel.abort();
    expect(await load.end()).toMatchObject({ errors: [] });
    const early = copy.load({ tables: ['main.orders'], script: null, baseline: 10_000, signal: AbortSignal.timeout(100) });
    await expect(early).rejects.toThrow();
  });
});
