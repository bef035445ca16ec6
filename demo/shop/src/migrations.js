import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * @typedef {{ name: string, sql: string }} Migration
 */

/** The migrations of a folder in their order. @param {string} folder @returns {Migration[]} */
export function migrationsIn(folder) {
  const names = readdirSync(folder)
    .filter((name) => name.endsWith('.sql'))
    .sort();
  return names.map((name) => ({ name, sql: readFileSync(join(folder, name), 'utf8') }));
}

/** @param {import('./catalogue.js').Database} database @returns {Promise<string[]>} */
export async function appliedMigrations(database) {
  const { rows: known } = await database.query("SELECT to_regclass('public.schema_migrations') IS NOT NULL AS there");
  if (!known[0]?.there) return [];
  const { rows } = await database.query('SELECT name FROM schema_migrations ORDER BY name');
  return rows.map(({ name }) => name);
}

/**
 * Runs what has not been run yet, each migration with its entry in one transaction.
 * @param {import('./catalogue.js').Database} database
 * @param {readonly Migration[]} migrations
 * @param {(line: string) => void} log
 * @returns {Promise<string[]>} what was run
 */
export async function migrate(database, migrations, log) {
  await database.query(
    'CREATE TABLE IF NOT EXISTS schema_migrations (name text PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now())',
  );
  const applied = new Set(await appliedMigrations(database));
  const ran = [];
  for (const { name, sql } of migrations) {
    if (applied.has(name)) continue;
    const started = performance.now();
    await database.query('BEGIN');
    try {
      // Whoever uses the table is not kept waiting for long: the migration gives up instead, and is run again.
      await database.query("SET LOCAL lock_timeout = '5s'");
      await database.query(sql);
      await database.query('INSERT INTO schema_migrations (name) VALUES ($1)', [name]);
      await database.query('COMMIT');
    } catch (error) {
      await database.query('ROLLBACK');
      throw new Error(`${name}: ${error instanceof Error ? error.message : String(error)}`);
    }
    log(`${name}: ${Math.round(performance.now() - started)} ms`);
    ran.push(name);
  }
  return ran;
}
