import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import pg from 'pg';
import { readProducts } from './catalogue.js';
import { appliedMigrations } from './migrations.js';
import { page } from './page.js';

const { DATABASE_URL, SHOP_ENVIRONMENT = 'dev', SHOP_VERSION = 'unreleased', SHOP_PORT = '0' } = process.env;
const { commit } = JSON.parse(readFileSync(join(import.meta.dirname, 'build.json'), 'utf8'));
const database = new pg.Pool({ connectionString: DATABASE_URL, max: 5 });
// A database that restarts is asked again with the next request.
database.on('error', (error) => console.error(error.message));

const release = { environment: SHOP_ENVIRONMENT, version: SHOP_VERSION, commit };

/** @type {Record<string, () => Promise<{ type: string, body: string }>>} */
const pages = {
  '/': async () => ({ type: 'text/html', body: page({ ...release, migrations: await migrated() }, await readProducts(database)) }),
  '/api/products': async () => ({ type: 'application/json', body: JSON.stringify(await readProducts(database)) }),
  '/health': async () => ({ type: 'application/json', body: JSON.stringify({ ...release, migrations: await migrated() }) }),
};

async function migrated() {
  return (await appliedMigrations(database)).length;
}

const server = createServer(async (request, response) => {
  const show = pages[new URL(request.url ?? '/', 'http://shop').pathname];
  try {
    const shown = await show?.();
    response.writeHead(shown === undefined ? 404 : 200, { 'content-type': `${shown?.type ?? 'text/plain'}; charset=utf-8` });
    response.end(shown?.body ?? 'There is nothing here.\n');
  } catch (error) {
    console.error(error);
    response.writeHead(500, { 'content-type': 'text/plain' }).end('The shop is closed for a moment.\n');
  }
});

server.listen(Number(SHOP_PORT), '127.0.0.1', () => console.log(`${SHOP_ENVIRONMENT} ${SHOP_VERSION} listens on ${server.address().port}`));
process.on('SIGTERM', () => {
  server.close(() => database.end().finally(() => process.exit(0)));
  server.closeIdleConnections();
});
