/** Copies production's data into the database at DATABASE_URL: its schema as far as production has it, its rows, and customers nobody knows. */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import pg from 'pg';
import { masked } from './masking.js';
import { appliedMigrations, migrate, migrationsIn } from './migrations.js';

/** In an order in which each refers only to those before it. */
const TABLES = ['products', 'customers', 'orders'];
const ROWS_AT_ONCE = 1000;

const source = new pg.Client({ connectionString: process.env.PRODUCTION_DATABASE_URL });
const target = new pg.Client({ connectionString: process.env.DATABASE_URL });
const key = randomUUID();

async function copy(table) {
  const { rows: columns } = await source.query(
    'SELECT column_name AS name FROM information_schema.columns WHERE table_name = $1 AND table_schema = $2 ORDER BY ordinal_position',
    [table, 'public'],
  );
  const names = columns.map(({ name }) => `"${name}"`).join(', ');
  await target.query(`TRUNCATE ${table} CASCADE`);
  let copied = 0;
  for (let last = 0; ; ) {
    const { rows } = await source.query(`SELECT * FROM ${table} WHERE id > $1 ORDER BY id LIMIT ${ROWS_AT_ONCE}`, [last]);
    if (rows.length === 0) break;
    const kept = table === 'customers' ? rows.map((row) => masked(row, key)) : rows;
    await target.query(
      `INSERT INTO ${table} (${names}) OVERRIDING SYSTEM VALUE SELECT ${names} FROM jsonb_populate_recordset(NULL::${table}, $1)`,
      [JSON.stringify(kept)],
    );
    copied += rows.length;
    last = rows.at(-1).id;
  }
  // What is added next gets a number of its own.
  await target.query(`SELECT setval(pg_get_serial_sequence($1, 'id'), max(id)) FROM ${table} HAVING max(id) IS NOT NULL`, [table]);
  console.log(`${table}: ${copied} rows${table === 'customers' ? ', masked' : ''}`);
}

try {
  await Promise.all([source.connect(), target.connect()]);
  // One moment of production, whatever happens there meanwhile; and nothing can be changed there by mistake.
  await source.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
  const there = new Set(await appliedMigrations(source));
  const known = migrationsIn(join(import.meta.dirname, 'migrations')).filter(({ name }) => there.has(name));
  await migrate(target, known, () => undefined);
  for (const table of TABLES) await copy(table);
} catch (error) {
  console.error(`The snapshot failed: ${error.message}`);
  process.exitCode = 1;
} finally {
  await Promise.allSettled([source.end(), target.end()]);
}
