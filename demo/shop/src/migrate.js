import { join } from 'node:path';
import pg from 'pg';
import { migrate, migrationsIn } from './migrations.js';

const database = new pg.Client({ connectionString: process.env.DATABASE_URL });
try {
  await database.connect();
  const ran = await migrate(database, migrationsIn(join(import.meta.dirname, 'migrations')), console.log);
  console.log(ran.length === 0 ? 'The database is up to date.' : `${ran.length} migrations were run.`);
} catch (error) {
  console.error(`The migration failed: ${error.message}`);
  process.exitCode = 1;
} finally {
  await database.end().catch(() => undefined);
}
