import { readFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RehearsalServer } from '../../../src/rehearsal/database.ts';
import type { ColumnRule, MaskingRules, MaskKind } from '../../../src/rehearsal/masking/rules.ts';
import { maskOf } from '../../../src/rehearsal/sqlite/masks.ts';
import { database, newFolder, removeFolder, SHOP, startServer } from './files.ts';

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

const KEY = new Uint8Array(32).fill(7);

type Written = 'keep' | 'null' | 'reviewed' | MaskKind | `${MaskKind}@${string}`;

/** As the masking file would say it: each column keep, null, or the kind of mask and its domain. */
function rules(tables: Readonly<Record<string, Readonly<Record<string, Written>>>>): MaskingRules {
  let line = 2;
  const read = (written: Written): ColumnRule => {
    line += 1;
    if (written === 'null') return { rule: 'null', line };
    if (written === 'keep' || written === 'reviewed') return { rule: 'keep', reviewed: written === 'reviewed', line } as ColumnRule;
    const [as = 'auto', domain = null] = written.split('@') as [MaskKind, string?];
    return { rule: 'mask', as, domain, line };
  };
  const entries = Object.entries(tables).map(
    ([table, columns]) => [table, new Map(Object.entries(columns).map(([column, written]) => [column, read(written)]))] as const,
  );
  return { path: '.github/masking.yml', tables: new Map(entries), key: KEY, file: 'sha256:ab' } as unknown as MaskingRules;
}

const KEPT = { 'main.orders': { '*': 'keep' } } as const;

async function source(...sql: readonly string[]): Promise<string> {
  await server.restore(database(`${folder}/shop.db`, SHOP, ...sql));
  return server.source.variables['SQLITE_PATH'] ?? '';
}

function ask(path: string, sql: string): readonly Record<string, unknown>[] {
  const opened = new DatabaseSync(path, { readOnly: true });
  try {
    return opened.prepare(sql).all();
  } finally {
    opened.close();
  }
}

describe('masking a file', () => {
  it('replaces what is masked, keeps what is kept, and leaves none of it in the bytes', async () => {
    const path = await source();
    expect(readFileSync(path).includes('person17@shop-mail.org')).toBe(true);
    const report = await server.mask(rules({ 'main.customers': { id: 'keep', name: 'auto', email: 'auto' }, ...KEPT }));
    expect(report).toMatchObject({ columns: { keep: 5, mask: 2, null: 0 }, rows: 300, pending: [] });
    expect(report.scan.canaries).toBeGreaterThan(5);
    // The e-mail addresses and names; a short name is found everywhere by chance.
    expect(report.scan.values).toBe(600);
    expect(report.scan.columns).toBe(7);
    const customers = ask(path, 'SELECT * FROM customers ORDER BY id');
    expect(customers.map(({ id }) => id)).toEqual(Array.from({ length: 300 }, (_, index) => index + 1));
    expect(new Set(customers.map(({ email }) => email)).size).toBe(300);
    for (const { name, email } of customers) {
      expect(email).toMatch(/^[a-p]{20}@example\.com$/);
      expect(name).toMatch(/^[A-Z][a-z]+ [A-Z][a-z]+$/);
    }
    expect(readFileSync(path).includes('shop-mail.org')).toBe(false);
  });

  it('keeps rows together along foreign keys, and in domains of their own name', async () => {
    const path = await source('CREATE TABLE letters (mail TEXT)', 'INSERT INTO letters SELECT email FROM customers WHERE id < 50');
    const masks = {
      'main.customers': { id: 'number', name: 'null', email: 'email@mail' },
      'main.orders': { '*': 'keep', customer_id: 'auto' },
      'main.letters': { mail: 'email@mail' },
    } as const;
    await expect(server.mask(rules(masks))).rejects.toMatchObject({
      code: 'masking_invalid',
      message: expect.stringContaining('cannot become null'),
    });
    await server.mask(rules({ ...masks, 'main.customers': { ...masks['main.customers'], name: 'name' } }));
    expect(ask(path, 'PRAGMA foreign_key_check')).toEqual([]);
    expect(ask(path, 'SELECT count(*) AS n FROM orders JOIN customers ON customers.id = customer_id')).toEqual([{ n: 3000 }]);
    expect(ask(path, 'SELECT min(id) > 1000 AS far FROM customers')).toEqual([{ far: 1 }]);
    expect(ask(path, 'SELECT count(*) AS n FROM letters JOIN customers ON email = mail')).toEqual([{ n: 49 }]);
  });

  it('finds values in other columns and in JSON, and destroys the copy', async () => {
    const path = await source("UPDATE orders SET note = json_object('to', 'Person17@SHOP-mail.org') WHERE id = 40");
    await expect(server.mask(rules({ 'main.customers': { '*': 'keep', email: 'email' }, ...KEPT }))).rejects.toMatchObject({
      code: 'leak',
      message: expect.stringMatching(/^After masking, main\.orders\.note holds .*a value of main\.customers\.email/),
    });
    expect(ask(path, 'SELECT count(*) AS n FROM sqlite_schema')).toEqual([{ n: 0 }]);
    expect(readFileSync(path).toString('latin1').toLowerCase()).not.toContain('shop-mail.org');
  });

  it('lets a column that a person has reviewed hold them', async () => {
    await source("UPDATE orders SET note = 'for Customer Person17, call +49 151 23456789' WHERE id = 40");
    const masks = { 'main.customers': { '*': 'keep', name: 'name', email: 'email' } } as const;
    const report = await server.mask(rules({ ...masks, 'main.orders': { '*': 'keep', note: 'reviewed' } }));
    expect(report.rows).toBe(300);
    const strict = await startServer(folder);
    await strict.server.restore(database(`${folder}/strict.db`, SHOP, "UPDATE orders SET note = 'call +49 151 23456789' WHERE id = 40"));
    await expect(strict.server.mask(rules({ ...masks, ...KEPT }))).rejects.toMatchObject({
      code: 'leak',
      message: expect.stringContaining('main.orders.note holds 1 × what looks like a phone number'),
    });
  });

  it('does not fire triggers, which would copy what is replaced, and keeps them', async () => {
    const path = await source(
      'CREATE TABLE audit (was TEXT)',
      'CREATE TRIGGER remember AFTER UPDATE ON customers BEGIN INSERT INTO audit VALUES (old.email); END',
    );
    await server.mask(rules({ 'main.customers': { '*': 'keep', email: 'email' }, ...KEPT, 'main.audit': { was: 'keep' } }));
    expect(ask(path, 'SELECT count(*) AS n FROM audit')).toEqual([{ n: 0 }]);
    expect(ask(path, "SELECT name FROM sqlite_schema WHERE type = 'trigger'")).toEqual([{ name: 'remember' }]);
  });

  it('refuses columns that nobody declared with what to paste, and tells what is still to come', async () => {
    await source();
    await expect(server.mask(rules({ 'main.customers': { id: 'keep' }, ...KEPT }))).rejects.toMatchObject({
      code: 'masking_incomplete',
      message: expect.stringMatching(/2 columns are declared[\s\S]+ {2}main\.customers:\n {4}name: mask # TEXT\n {4}email: mask # TEXT/),
    });
    const { pending } = await server.mask(rules({ 'main.customers': { '*': 'reviewed', phone: 'phone' }, ...KEPT }));
    expect(pending).toEqual([{ schema: 'main', table: 'customers', column: 'phone' }]);
  });

  it('refuses what contradicts itself or cannot be masked', async () => {
    await source();
    const split = rules({ 'main.customers': { '*': 'keep', id: 'number' }, ...KEPT });
    await expect(server.mask(split)).rejects.toMatchObject({
      code: 'masking_invalid',
      message: expect.stringContaining('main.orders.customer_id is "keep" and main.customers.id is "mask"'),
    });
    const search = await startServer(folder);
    await search.server.restore(database(`${folder}/search.db`, 'CREATE VIRTUAL TABLE search USING fts5 (text)'));
    await expect(search.server.mask(rules({}))).rejects.toMatchObject({ code: 'masking_impossible' });
    const few = await startServer(folder);
    await few.server.restore(
      database(`${folder}/few.db`, "CREATE TABLE t (pin TEXT CHECK (length(pin) = 2)); INSERT INTO t VALUES ('ab')"),
    );
    await expect(few.server.mask(rules({ 'main.t': { pin: 'email' } }))).rejects.toMatchObject({
      code: 'masking_impossible',
      message: expect.stringContaining('check constraint'),
    });
  });
});

describe('masks', () => {
  const mask = (kind: MaskKind, value: Parameters<typeof maskOf>[0], unique = false) => maskOf(value, { kind, unique, key: KEY });

  it.each<[MaskKind, string, RegExp]>([
    ['text', 'a remark of somebody', /^[a-p]{20}$/],
    ['email', 'mona@octo.org', /^[a-p]{20}@example\.com$/],
    ['phone', '+49 151 2345678', /^\+999\d{12}$/],
    ['digits', 'AB-123/x', /^[A-Z]{2}-\d{3}\/[a-z]$/],
    ['date', '1987-05-04', /^1987-\d\d-\d\d$/],
    ['date', '2026-05-04T10:11:12.123Z', /^2026-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/],
    ['uuid', '7d444840-9dc0-11d1-b245-5ffdce74fad2', /^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-8[\da-f]{3}-[\da-f]{12}$/],
    ['address', '12 Long Road', /^\d+ [A-Z][a-z]+ Street$/],
    ['card', '4111 1111 1111 1111', /^9\d{15}$/],
    ['json', '{"a":["Mona",12,true,null],"mail":"m@x.org"}', /^\{"a":\["[a-p]{4}",\d{2},true,null\],"mail":"[a-p]{20}@example\.com"\}$/],
  ])('%s of a text is what it was, and always the same', (kind, value, looks) => {
    const masked = mask(kind, value);
    expect(masked).toMatch(looks);
    expect(masked).not.toBe(value);
    expect(mask(kind, value)).toBe(masked);
    expect(maskOf(value, { kind, unique: false, key: new Uint8Array(32) })).not.toBe(masked);
  });

  it('of numbers, bytes and nothing', () => {
    expect(String(mask('number', 12_345n))).toMatch(/^\d{5}$/);
    expect(mask('number', -5n)).toBeLessThan(0n);
    expect(mask('number', 0n)).toBe(0n);
    expect(mask('number', 9_223_372_036_854_775_807n)).toBeLessThanOrEqual(9_223_372_036_854_775_807n);
    expect(String(mask('number', 3.25))).toMatch(/^\d\.\d{1,2}$/);
    expect(mask('bytes', new Uint8Array(100))).toHaveLength(100);
    expect(mask('text', null)).toBeNull();
    expect(mask('text', '')).toBe('');
  });

  it('of different values are different where they must be', () => {
    for (const kind of ['text', 'name', 'address', 'number'] as const) {
      const all = Array.from({ length: 2000 }, (_, index) => mask(kind, kind === 'number' ? BigInt(index) : `v${index}`, true));
      expect(new Set(all).size).toBe(2000);
    }
  });
});
