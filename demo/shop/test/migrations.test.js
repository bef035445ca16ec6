import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { migrate, migrationsIn } from '../src/migrations.js';

/** Remembers what it was asked; `applied` were run before. */
function database(applied = [], fails = '') {
  const asked = [];
  return {
    asked,
    async query(text) {
      asked.push(text);
      if (fails !== '' && text === fails) throw new Error('no such table');
      if (text.includes('to_regclass')) return { rows: [{ there: true }] };
      if (text.startsWith('SELECT name')) return { rows: applied.map((name) => ({ name })) };
      return { rows: [] };
    },
  };
}

const two = [
  { name: '001_a.sql', sql: 'CREATE TABLE a ()' },
  { name: '002_b.sql', sql: 'CREATE TABLE b ()' },
];

test('what was run before is not run again', async () => {
  const shop = database(['001_a.sql']);
  assert.deepEqual(await migrate(shop, two, () => undefined), ['002_b.sql']);
  assert.ok(!shop.asked.includes('CREATE TABLE a ()'));
});

test('a migration that fails is undone, named, and ends the run', async () => {
  const shop = database([], 'CREATE TABLE a ()');
  await assert.rejects(
    migrate(shop, two, () => undefined),
    /001_a\.sql: no such table/,
  );
  assert.equal(shop.asked.at(-1), 'ROLLBACK');
  assert.ok(!shop.asked.includes('CREATE TABLE b ()'));
});

test('the names of the migrations give their order, and no number is used twice', () => {
  const numbers = migrationsIn(join(import.meta.dirname, '../migrations')).map(({ name }) => name.slice(0, 3));
  assert.ok(numbers.length > 0);
  assert.deepEqual(numbers, [...new Set(numbers)].sort());
});
