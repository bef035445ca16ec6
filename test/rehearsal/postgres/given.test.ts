import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generate } from 'selfsigned';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { EngineOptions, RehearsalServer } from '../../../src/rehearsal/database.ts';
import { postgres } from '../../../src/rehearsal/postgres/engine.ts';
import { commentOf, isAbandoned, ownership } from '../../../src/rehearsal/postgres/own-databases.ts';
import { checksum, endAll, MAJORS, newFolder, optionsFor, privateServer, type Rehearsing, sql } from './servers.ts';

/** A server of somebody's, with a database that is none of ours, and roles. */
let given: Rehearsing;
let url = '';
let shop = '';
let sum = '';
const started: RehearsalServer[] = [];
const children: ChildProcess[] = [];

const at = (user: string, database: string): string => {
  const { host, port } = given.host.admin;
  return `postgresql://${user}:word@${host}:${port}/${database}`;
};

async function start(serverUrl: string, more: Partial<EngineOptions> = {}): Promise<RehearsalServer> {
  const server = await postgres.start(optionsFor(newFolder(), { serverUrl, ...more }));
  started.push(server);
  return server;
}

const databases = async (): Promise<unknown[]> =>
  (await sql(shop, 'SELECT datname FROM pg_database ORDER BY 1')).map(({ datname }) => datname);
const OTHERS = ['postgres', 'promote_rehearsal_deadbeef_mine', 'promote_rehearsal_own', 'rehearsal', 'shop', 'template0', 'template1'];

afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  for (const server of started.splice(0)) await server.stop();
});

describe.each(MAJORS)('a given server, PostgreSQL %i', (major) => {
  beforeAll(async () => {
    given = await privateServer(major);
    const { url: admin } = given.server.source;
    // Unlike a server of our own it has no TLS, until a test gives it some.
    await sql(admin, 'ALTER SYSTEM SET ssl = off', 'SELECT pg_reload_conf()');
    for (const role of ['rehearser CREATEDB', 'reader']) await sql(admin, `CREATE ROLE ${role} LOGIN PASSWORD 'word'`);
    // Somebody else's that merely look like ours: by name without a comment, by comment without the name.
    for (const name of ['shop', 'promote_rehearsal_deadbeef_mine', 'promote_rehearsal_own'])
      await sql(admin, `CREATE DATABASE ${name} OWNER rehearser`);
    await sql(admin, `COMMENT ON DATABASE promote_rehearsal_own IS '${commentOf({ ...ownership({}), pid: 999_999_999 })}'`);
    shop = at('rehearser', 'shop');
    url = at('rehearser', 'shop?application_name=rehearsing');
    await sql(shop, 'CREATE TABLE goods (id serial, name text)', "INSERT INTO goods (name) VALUES ('tea'), ('cups')");
    sum = await checksum(shop);
  });
  afterAll(endAll);

  const untouched = async (): Promise<void> => {
    expect(await databases()).toEqual(OTHERS);
    expect(await checksum(shop)).toBe(sum);
  };

  it('gets databases of the rehearsal’s own, which go with it', async () => {
    const server = await start(url, { version: major });
    expect([server.name, server.major]).toEqual([expect.stringMatching(`PostgreSQL ${major}.`), major]);
    expect(server.source.url).toMatch(/\/promote_rehearsal_[0-9a-f]{8}_source\?application_name=rehearsing$/);
    await sql(server.source.url, 'CREATE TABLE t (id int)', 'INSERT INTO t VALUES (1)');
    expect(await server.takeStock()).toMatchObject({ tables: 1, rows: true });
    await server.freeze();
    const copy = await server.copy('up');
    expect(copy.access.variables).toMatchObject({
      PGUSER: 'rehearser',
      // It has no TLS, and tools built on "pg" take "prefer" for a demand.
      PGSSLMODE: 'disable',
      PGDATABASE: expect.stringMatching(/^promote_rehearsal_[0-9a-f]{8}_up_1$/),
    });
    expect(await copy.countRows()).toEqual(new Map([['public.t', 1]]));
    expect(await databases()).toHaveLength(OTHERS.length + 2);
    await server.stop();
    await untouched();
  });

  it('has nothing left of a rehearsal that was killed once the next one begins', async () => {
    const alive = await start(url);
    const child = spawn(process.execPath, [join(import.meta.dirname, 'killed-rehearsal.ts'), given.folder, url], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    children.push(child);
    await once(child.stdout as NonNullable<typeof child.stdout>, 'data');
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(await databases()).toHaveLength(OTHERS.length + 3);
    // The server notices within moments that the connection of the guard is gone.
    const logged: string[] = [];
    for (let tries = 0; logged.length === 0 && tries < 50; tries += 1) {
      const next = await start(url, { log: (line) => void logged.push(line) });
      await next.stop();
    }
    expect(logged).toEqual([
      expect.stringMatching(/Removing the database promote_rehearsal_/),
      expect.stringMatching(/Removing the database promote_rehearsal_/),
    ]);
    // The one that is alive keeps its own.
    expect(await databases()).toHaveLength(OTHERS.length + 1);
    await alive.stop();
    await untouched();
  });

  it('is refused where it cannot be used', async () => {
    const refused = async (address: string, code: string, message: RegExp, more: Partial<EngineOptions> = {}): Promise<void> => {
      await expect(start(address, more)).rejects.toThrow(expect.objectContaining({ code, message: expect.stringMatching(message) }));
    };
    await refused(at('reader', 'shop'), 'server_missing', /The role "reader" may not make databases .* ALTER ROLE "reader" CREATEDB/);
    await refused(url, 'server_version', /is PostgreSQL 1\d\.\d+, and the pipeline file asks for 14/, { version: 14 });
    await refused(url.replace(':word@', ':wrong@'), 'server_missing', /could not be reached: the password is not accepted/);
    await refused('postgresql://u:word@127.0.0.1:1/x', 'server_missing', /could not be reached: (?!.*word).*ECONNREFUSED/);
    await refused(`${shop}?sslmode=require`, 'server_missing', /does not support SSL/);
    await untouched();
  });

  it('keeps a dump from reaching other databases', async () => {
    const server = await start(url);
    const dump = join(given.folder, 'reaching.sql');
    writeFileSync(dump, `CREATE TABLE t (id int);\n\\connect shop\nDROP TABLE goods;\n`);
    await expect(server.restore(dump)).rejects.toThrow(/a command to psql/);
    writeFileSync(dump, 'DROP DATABASE shop;\n');
    await expect(server.restore(dump)).rejects.toThrow(/reaches beyond the database/);
    await server.stop();
    await untouched();
  });

  it('is reached by TLS as its URL says', async () => {
    const certificate = await generate([{ name: 'commonName', value: 'db.shop.example' }], {
      keySize: 2048,
      extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: 'db.shop.example' }] }],
    });
    const [row] = await sql(given.server.source.url, 'SHOW data_directory');
    const data = String(row?.['data_directory']);
    const { uid, gid } = statSync(data);
    for (const [name, text] of [
      ['server.crt', certificate.cert],
      ['server.key', certificate.private],
    ] as const) {
      writeFileSync(join(data, name), text, { mode: 0o600 });
      chownSync(join(data, name), uid, gid);
    }
    await sql(given.server.source.url, 'ALTER SYSTEM SET ssl = on', 'SELECT pg_reload_conf()');
    const root = join(given.folder, 'root.crt');
    writeFileSync(root, certificate.cert);
    const secured = async (parameters: string): Promise<boolean> => {
      const server = await start(`${shop}${parameters}`);
      const [seen] = await sql(
        shop,
        "SELECT bool_and(ssl) AS ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE application_name = 'promote guard'",
      );
      await server.stop();
      return seen?.['ssl'] === true;
    };
    expect(await secured('?sslmode=require')).toBe(true);
    expect(await secured('')).toBe(true);
    expect(await secured('?sslmode=disable')).toBe(false);
    // The certificate is of the authority that is named, and of another host.
    const authority = `sslrootcert=${encodeURIComponent(root)}`;
    expect(await secured(`?sslmode=verify-ca&${authority}`)).toBe(true);
    await expect(secured(`?sslmode=verify-full&${authority}`)).rejects.toThrow(
      /could not be reached: .*does not match certificate's altnames/,
    );
    await sql(given.server.source.url, 'ALTER SYSTEM RESET ssl', 'SELECT pg_reload_conf()');
    await untouched();
  });
});

describe('a database that looks like a rehearsal’s', () => {
  const now = Date.parse('2026-11-23T12:00:00Z');
  const hours = (count: number): Date => new Date(now - count * 3_600_000);
  const mine = ownership({});
  const gone = { ...mine, pid: 999_999_999 };
  const foreign = { ...mine, machine: 'elsewhere:000000000000' };
  const candidate = { name: 'promote_rehearsal_00c0ffee_up_1', comment: commentOf(gone, hours(1)), locked: false, visited: false };

  it.each<[string, boolean, Partial<Parameters<typeof isAbandoned>[0]>]>([
    ['goes when its process is gone', true, {}],
    ['stays while its process lives', false, { comment: commentOf(mine, hours(1)) }],
    ['goes when its number belongs to another process', true, { comment: commentOf({ ...mine, begun: '1' }, hours(1)) }],
    ['stays while its maker’s lock is held', false, { locked: true }],
    ['stays while it is locked, however old', false, { locked: true, comment: commentOf(gone, hours(30)) }],
    ['goes when another machine made it and nobody is connected', true, { comment: commentOf(foreign, hours(1)) }],
    ['stays when another machine made it and somebody is connected', false, { comment: commentOf(foreign, hours(1)), visited: true }],
    ['goes when it is older than a day', true, { comment: commentOf(foreign, hours(25)), visited: true }],
    ['stays without a comment', false, { comment: null }],
    ['stays with somebody else’s comment', false, { comment: 'Made by hand' }],
    ['stays under another name', false, { name: 'promote_rehearsal_own' }],
  ])('%s', (_what, abandoned, differing) => {
    expect(isAbandoned({ ...candidate, ...differing }, now, new Set())).toBe(abandoned);
  });

  it('goes without a comment when its rehearsal is known to be gone', () => {
    expect(isAbandoned({ ...candidate, comment: null }, now, new Set(['00c0ffee']))).toBe(true);
  });
});
