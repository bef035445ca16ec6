import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * `003_stock.sql` is a migration, `003_stock.down.sql` its way back.
 * @typedef {{ name: string, sql: string, back: string | null }} Migration
 */

const BACK = '.down.sql';

/** The migrations of a folder in their order. @param {string} folder @returns {Migration[]} */
export function migrationsIn(folder) {
  const names = readdirSync(folder)
    .filter((name) => name.endsWith('.sql') && !name.endsWith(BACK))
    .sort();
  return names.map((name) => {
    const back = join(folder, name.replace(/\.sql$/, BACK));
    return { name, sql: readFileSync(join(folder, name), 'utf8'), back: existsSync(back) ? readFileSync(back, 'utf8') : null };
  });
}

/** @param {import('./catalogue.js').Database} database @returns {Promise<{ name: string, release: string }[]>} */
export async function appliedMigrations(database) {
  const { rows: known } = await database.query("SELECT to_regclass('public.schema_migrations') IS NOT NULL AS there");
  if (!known[0]?.there) return [];
  const { rows } = await database.query('SELECT name, release FROM schema_migrations ORDER BY name');
  return rows;
}

/** Where the database remembers what was run, and which release brought it. */
export const REMEMBERED =
  'CREATE TABLE IF NOT EXISTS schema_migrations (name text PRIMARY KEY, release text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())';

/**
 * Runs what has not been run yet, each migration with its entry in one transaction.
 * @param {import('./catalogue.js').Database} database
 * @param {readonly Migration[]} migrations
 * @param {{ release: string, log: (line: string) => void }} options
 * @returns {Promise<string[]>} what was run
 */
export async function migrate(database, migrations, { release, log }) {
  await database.query(REMEMBERED);
  const applied = new Set((await appliedMigrations(database)).map(({ name }) => name));
  const ran = [];
  for (const { name, sql } of migrations) {
    if (applied.has(name)) continue;
    const remember = ['INSERT INTO schema_migrations (name, release) VALUES ($1, $2)', [name, release]];
    log(`${name}: ${await inTransaction(database, name, sql, remember)} ms`);
    ran.push(name);
  }
  return ran;
}

/**
 * Takes back what a release has brought, the last first.
 * @param {import('./catalogue.js').Database} database
 * @param {readonly Migration[]} migrations
 * @param {{ release: string, log: (line: string) => void }} options
 * @returns {Promise<string[]>} what was taken back
 */
export async function goBack(database, migrations, { release, log }) {
  const brought = (await appliedMigrations(database)).filter((one) => one.release === release).reverse();
  for (const { name } of brought) {
    const back = migrations.find((one) => one.name === name)?.back ?? null;
    if (back === null) throw new Error(`${name} has no way back: there is no ${name.replace(/\.sql$/, BACK)}`);
    const forget = ['DELETE FROM schema_migrations WHERE name = $1', [name]];
    log(`${name}: taken back in ${await inTransaction(database, name, back, forget)} ms`);
  }
  return brought.map(({ name }) => name);
}

/** @returns {Promise<number>} milliseconds */
async function inTransaction(database, name, sql, [note, values]) {
  const started = performance.now();
  await database.query('BEGIN');
  try {
    // Whoever uses the table is not kept waiting for long: the migration gives up instead, and is run again.
    await database.query("SET LOCAL lock_timeout = '5s'");
    await database.query(sql);
    await database.query(note, values);
    await database.query('COMMIT');
  } catch (error) {
    await database.query('ROLLBACK');
    throw new Error(`${name}: ${error instanceof Error ? error.message : String(error)}`);
  }
  return Math.round(performance.now() - started);
}
