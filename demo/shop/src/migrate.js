/** `node migrate.js` brings the database to where this release needs it; `node migrate.js back` takes back what this release brought. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { goBack, migrate, migrationsIn } from './migrations.js';

const database = new pg.Client({ connectionString: process.env.DATABASE_URL });
const { commit } = JSON.parse(readFileSync(join(import.meta.dirname, 'build.json'), 'utf8'));
const options = { release: commit, log: console.log };
try {
  await database.connect();
  const migrations = migrationsIn(join(import.meta.dirname, 'migrations'));
  if (process.argv[2] === 'back') {
    const back = await goBack(database, migrations, options);
    console.log(back.length === 0 ? 'This release has brought nothing.' : `Migrations taken back: ${back.length}.`);
  } else {
    const ran = await migrate(database, migrations, options);
    console.log(ran.length === 0 ? 'The database is up to date.' : `Migrations run: ${ran.length}.`);
  }
} catch (error) {
  console.error(`The migration failed: ${error.message}`);
  process.exitCode = 1;
} finally {
  await database.end().catch(() => undefined);
}
