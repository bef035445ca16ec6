import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { goBack, migrate, migrationsIn } from '../src/migrations.js';

/** Remembers what it was asked; `applied` were run before. */
function database(applied = [], fails = '') {
  const asked = [];
  return {
    asked,
    async query(text) {
      asked.push(text);
      if (fails !== '' && text === fails) throw new Error('no such table');
      if (text.includes('to_regclass')) return { rows: [{ there: true }] };
      if (text.startsWith('SELECT name')) return { rows: applied };
      return { rows: [] };
    },
  };
}

const two = [
  { name: '001_a.sql', sql: 'CREATE TABLE a ()', back: 'DROP TABLE a' },
  { name: '002_b.sql', sql: 'CREATE TABLE b ()', back: null },
];
const options = { release: 'today', log: () => undefined };

test('what was run before is not run again', async () => {
  const shop = database([{ name: '001_a.sql', release: 'yesterday' }]);
  assert.deepEqual(await migrate(shop, two, options), ['002_b.sql']);
  assert.ok(!shop.asked.includes('CREATE TABLE a ()'));
});

test('a migration that fails is undone, named, and ends the run', async () => {
  const shop = database([], 'CREATE TABLE a ()');
  await assert.rejects(migrate(shop, two, options), /001_a\.sql: no such table/);
  assert.equal(shop.asked.at(-1), 'ROLLBACK');
  assert.ok(!shop.asked.includes('CREATE TABLE b ()'));
});

test('a release takes back what it has brought, and nothing else', async () => {
  const shop = database([
    { name: '001_a.sql', release: 'today' },
    { name: '002_b.sql', release: 'yesterday' },
  ]);
  assert.deepEqual(await goBack(shop, two, options), ['001_a.sql']);
  assert.ok(shop.asked.includes('DROP TABLE a'));
});

test('what has no way back is named', async () => {
  await assert.rejects(goBack(database([{ name: '002_b.sql', release: 'today' }]), two, options), /002_b\.sql has no way back/);
});

test('the names of the migrations give their order, and no number is used twice', () => {
  const numbers = migrationsIn(join(import.meta.dirname, '../migrations')).map(({ name }) => name.slice(0, 3));
  assert.ok(numbers.length > 0);
  assert.deepEqual(numbers, [...new Set(numbers)].sort());
});
