/**
 * Copies production's data as it is into a folder, PROMOTE_SNAPSHOT: in `schema/` the migrations that production has, beside it the rows of
 * each table. Whoever restores it masks it.
 */
import { createWriteStream, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import pg from 'pg';
import { to } from 'pg-copy-streams';
import { appliedMigrations, migrationsIn, REMEMBERED } from './migrations.js';

const TABLES = ['products', 'customers', 'orders', 'schema_migrations'];

const folder = process.env.PROMOTE_SNAPSHOT;
const production = new pg.Client({ connectionString: process.env.PRODUCTION_DATABASE_URL });

async function writeSchema() {
  const known = new Map(migrationsIn(join(import.meta.dirname, 'migrations')).map(({ name, sql }) => [name, sql]));
  const files = new Map([['000_migrations.sql', `${REMEMBERED};\n`]]);
  for (const { name } of await appliedMigrations(production)) {
    if (!known.has(name)) throw new Error(`production has ${name}, and this version does not know it`);
    files.set(name, known.get(name));
  }
  // What migrations put into tables is among production's rows.
  files.set('999_empty.sql', `TRUNCATE ${TABLES.join(', ')};\n`);
  for (const [name, sql] of files) writeFileSync(join(folder, 'schema', name), sql);
}

async function writeRows(table) {
  const rows = production.query(to(`COPY ${table} TO STDOUT (FORMAT csv, HEADER)`));
  await pipeline(rows, createWriteStream(join(folder, `public.${table}.csv`)));
  console.log(`${table}: ${rows.rowCount} rows`);
}

try {
  mkdirSync(join(folder, 'schema'), { recursive: true });
  await production.connect();
  // One moment of production, whatever happens there meanwhile; and nothing can be changed there by mistake.
  await production.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
  await writeSchema();
  for (const table of TABLES) await writeRows(table);
} catch (error) {
  console.error(`The snapshot failed: ${error.message}`);
  process.exitCode = 1;
} finally {
  await production.end().catch(() => undefined);
}
