import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SchemaDescription } from '../../../src/rehearsal/database.ts';
import { withProgress } from '../../../src/rehearsal/postgres/progress.ts';
import { restoreAsText } from '../../../src/rehearsal/postgres/restore.ts';
import { checksum, clientProgram, EveryName, endAll, MAJORS, type Rehearsing, rehearseOn, sql } from './servers.ts';

/** Two tables that refer to each other, a trigger that may not fire, quotes, tabs and line ends in the data. */
const SHOP = `
  CREATE TABLE customers (id serial PRIMARY KEY, email text UNIQUE NOT NULL, favourite int, told int NOT NULL DEFAULT 0);
  CREATE TABLE orders (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, customer int NOT NULL REFERENCES customers, note text, double int GENERATED ALWAYS AS (customer * 2) STORED);
  ALTER TABLE customers ADD CONSTRAINT favours FOREIGN KEY (favourite) REFERENCES orders DEFERRABLE;
  COMMENT ON CONSTRAINT favours ON customers IS 'may be none';
  CREATE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.told := NEW.told + 1; RETURN NEW; END $$;
  CREATE TRIGGER telling BEFORE INSERT ON customers FOR EACH ROW EXECUTE FUNCTION tell();
`;
const ROWS = `
  INSERT INTO customers (email) SELECT 'customer' || n || '@shop.example' FROM generate_series(1, 50) n;
  INSERT INTO orders (customer, note) SELECT 1 + n % 50, E'a\\tb\\n"c", \\\\ ü' || n FROM generate_series(1, 200) n;
  UPDATE customers SET favourite = id * 2;
`;

/** The database that dumps are made of: on 15, which this project's clients can dump everywhere. */
let made: Rehearsing;
let sum = '';
let schema: SchemaDescription;
const dumps: Record<string, string> = {};

async function describeSource({ server }: Rehearsing): Promise<SchemaDescription> {
  await server.freeze();
  const copy = await server.copy('described');
  const described = await copy.describeSchema();
  await copy.drop();
  return described;
}

beforeAll(async () => {
  made = await rehearseOn(15);
  const { url, variables } = made.server.source;
  await sql(url, SHOP, ROWS);
  sum = await checksum(url);
  for (const format of ['custom', 'directory', 'tar', 'plain']) {
    dumps[format] = join(made.folder, `dump-${format}`);
    execFileSync(clientProgram('pg_dump', 15), [`--format=${format}`, `--file=${dumps[format]}`], {
      env: { ...process.env, ...variables },
    });
  }
  dumps['copy'] = await copyFolder();
  schema = await describeSource(made);
});
afterAll(endAll);

/** A folder of COPY files in all of their forms. */
async function copyFolder(): Promise<string> {
  const { url } = made.server.source;
  const folder = join(made.folder, 'copied');
  mkdirSync(join(folder, 'schema'), { recursive: true });
  writeFileSync(join(folder, 'schema', '1.sql'), SHOP);
  const csv = (rows: Record<string, unknown>[]): string =>
    rows
      .map((row) =>
        Object.values(row)
          .map((value) => (value === null ? '' : `"${String(value).replaceAll('"', '""')}"`))
          .join(','),
      )
      .join('\n');
  const orders = await sql(url, 'SELECT note, id, customer FROM orders ORDER BY id');
  writeFileSync(join(folder, 'public.orders.csv'), `note,"id",customer\n${csv(orders)}\n`);
  const customers = await sql(url, "SELECT format(E'%s\\t%s\\t%s\\t%s', id, email, favourite, told) AS line FROM customers ORDER BY id");
  writeFileSync(join(folder, 'public.customers.tsv.gz'), gzipSync(`${customers.map(({ line }) => line).join('\n')}\n`));
  return folder;
}

describe('a dump on a server of its own version', () => {
  it.each(['custom', 'directory', 'tar', 'plain', 'copy'])('is restored whole: %s', async (format) => {
    const one = await rehearseOn(15);
    const restored = await one.server.restore(dumps[format] ?? '');
    expect(restored).toEqual({
      format: expect.stringContaining(format === 'copy' ? 'COPY' : format),
      major: format === 'copy' ? null : 15,
    });
    expect(await checksum(one.server.source.url)).toBe(sum);
    expect(await one.server.takeStock()).toMatchObject({ tables: 2, rows: true });
    expect([...(await describeSource(one))]).toEqual([...schema]);
    await one.server.stop();
  });
});

it('an archive is restored as text where pg_restore is too new for the server', async () => {
  const one = await rehearseOn(15);
  const { server, host, folder, cancel } = one;
  const restore = {
    host,
    database: host.databaseName('source'),
    access: server.source,
    env: process.env,
    log: () => undefined,
    signal: cancel.signal,
    names: new EveryName(),
    version: null,
  };
  const program = { path: clientProgram('pg_restore', 15), major: 17 };
  expect(await restoreAsText(program, dumps['directory'] ?? '', 'directory', restore)).toBeNull();
  expect(await checksum(server.source.url)).toBe(sum);
  await expect(restoreAsText(program, dumps['directory'] ?? '', 'directory', restore)).rejects.toThrow(/there already .*42723/);
  expect(await restoreAsText(program, folder, 'directory', restore)).toMatch(/toc\.dat/);
});

it('a long restore says how far it is', async () => {
  const { host, logged } = await rehearseOn(15);
  const log = (line: string): void => void logged.push(line);
  const told = { what: 'Restoring', host, database: host.databaseName('source'), log, every: 20 };
  const some = async (): Promise<void> => {
    while (logged.length === 0) await sleep(5);
  };
  await withProgress({ ...told, share: () => 0.42 }, some);
  expect(logged[0]).toMatch(/^Restoring for \d+ s: the database has \d\.\d MB, about 42 %\.$/);
  logged.length = 0;
  await withProgress({ ...told, expected: 1_000_000_000 }, some);
  expect(logged[0]).toMatch(/about 0 %\.$/);
});

describe('what cannot be restored', () => {
  const refused = async (one: Rehearsing, dump: string, code: string, message: RegExp): Promise<void> => {
    await expect(one.server.restore(dump)).rejects.toThrow(expect.objectContaining({ code, message: expect.stringMatching(message) }));
  };
  const written = (name: string, content: string | Buffer): string => {
    const path = join(made.folder, name);
    writeFileSync(path, content);
    return path;
  };
  let one: Rehearsing;
  beforeAll(async () => {
    one = await rehearseOn(15);
  });

  it('is a dump that was cut off', async () => {
    const cut = (format: string, keep: number): string => {
      const whole = readFileSync(dumps[format] ?? '');
      return written(`cut-${format}`, whole.subarray(0, Math.floor(whole.length * keep)));
    };
    await refused(one, cut('plain', 0.7), 'snapshot_unreadable', /truncated/);
    await refused(one, cut('custom', 0.7), 'snapshot_unreadable', /It seems to be truncated/);
    await refused(one, cut('tar', 0.5), 'snapshot_unreadable', /a tar dump that is truncated/);
  });

  it('is SQL that fails, told with its line and without the data', async () => {
    const failing = written('failing.sql', 'CREATE TABLE a (id int);\n\nCOPY a FROM stdin;\n1\nsecret\n\\.\n');
    await refused(one, failing, 'snapshot_unreadable', /line 3: a value does not fit .* \(SQLSTATE 22P02\), line 2 of its data$/);
    const quoting = {
      json: 'CREATE TABLE quoting (told json);\nCOPY quoting FROM stdin;\n{secret\n\\.\n',
      lines: "CREATE TABLE quotes (id int);\nINSERT INTO quotes VALUES (CAST(E'1\\nsecret' || now() AS int));",
      syntax: 'SELECT 1;\nsecret value;',
      raised: "DO $$ BEGIN RAISE 'secret'; END $$;",
    };
    for (const [name, text] of Object.entries(quoting)) {
      const error = await one.server.restore(written(`${name}.sql`, text)).then(String, (thrown: Error) => thrown.message);
      expect(error).toMatch(/line \d: .*\(SQLSTATE \w{5}\)/);
      expect(error).not.toContain('secret');
    }
    await refused(
      one,
      written('missing.sql', 'SELECT 1;\nSELECT * FROM nowhere;'),
      'snapshot_unreadable',
      /line 2: a table is missing \(undefined_table\) \(SQLSTATE 42P01\)$/,
    );
  });

  it('reaches beyond the database', async () => {
    await refused(
      one,
      written('connect.sql', 'SELECT 1;\n\\connect other\n'),
      'snapshot_unreadable',
      /line 2: "\\connect" is a command to psql/,
    );
    await refused(one, written('create.sql', 'CREATE DATABASE shop;\n'), 'snapshot_unreadable', /dump without "--create"/);
    await refused(one, written('latin.sql', "SET client_encoding = 'LATIN1';\n"), 'snapshot_unreadable', /--encoding=UTF8/);
  });

  it('needs an extension that is not there', async () => {
    await refused(one, written('extension.sql', 'CREATE EXTENSION postgis;\n'), 'unsupported', /needs the extension "postgis"/);
  });

  it('is a folder with rows for no table, or that break a foreign key', async () => {
    const folder = join(made.folder, 'broken');
    mkdirSync(folder);
    writeFileSync(join(folder, 'schema.sql'), 'CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE c (p int REFERENCES p);');
    writeFileSync(join(folder, 'public.c.csv'), 'p\n7\n');
    await refused(one, folder, 'snapshot_unreadable', /foreign keys and triggers: .*\(foreign_key_violation\) \(SQLSTATE 23503\)/);
    writeFileSync(join(folder, 'public.d.csv'), '1\n');
    await sql(one.server.source.url, 'DROP TABLE c, p');
    await refused(one, folder, 'snapshot_unreadable', /public\.d\.csv: the schema has no table/);
  });

  it('does not fit on the disk', async () => {
    const full = await rehearseOn(15, { free: () => 100_000_000 });
    await refused(full, dumps['custom'] ?? '', 'disk', /Restoring the snapshot takes .* of disk or more, and 100 MB are free/);
  });

  it('comes from another major version, unless the pipeline file names the server’s', async () => {
    const newer = await rehearseOn(18);
    await refused(
      newer,
      dumps['custom'] ?? '',
      'server_version',
      /comes from PostgreSQL 15, and this server is 18\.\d+.*postgresql-15.*"version: 18"/,
    );
    const named = await rehearseOn(18, {}, { version: 18 });
    expect(await named.server.restore(dumps['plain'] ?? '')).toMatchObject({ major: 15 });
    expect(await checksum(named.server.source.url)).toBe(sum);
  });

  it('is an archive without pg_restore', async () => {
    const alone = await rehearseOn(15, { packages: '/nowhere' }, { env: { PATH: '/nowhere' } });
    await refused(
      alone,
      dumps['custom'] ?? '',
      'server_missing',
      /"pg_restore" 15 or newer restores, and there is none .*postgresql-client-15/,
    );
    expect(await alone.server.restore(dumps['plain'] ?? '')).toMatchObject({ format: 'a plain dump' });
  });

  it('is ended when the job is cancelled', async () => {
    const cancelled = await rehearseOn(15);
    const restoring = cancelled.server.restore(written('slow.sql', 'SELECT pg_sleep(50);\n'));
    setTimeout(() => cancelled.cancel.abort(new Error('cancelled by the test')), 100);
    await expect(restoring).rejects.toThrow('cancelled by the test');
    const [row] = await sql(
      made.server.source.url.replace(/[^/]*$/, 'postgres'),
      "SELECT count(*)::int AS running FROM pg_stat_activity WHERE query LIKE '%pg_sleep(50)%' AND state = 'active' AND pid <> pg_backend_pid()",
    );
    expect(row).toEqual({ running: 0 });
  });
});

describe.each(MAJORS)('a running database of version %i', (major) => {
  it('is copied, or refused where pg_dump is missing; either way it is only read', async () => {
    const production = await rehearseOn(major);
    const { url } = production.server.source;
    await sql(url, SHOP, ROWS);
    const before = await checksum(url);
    const one = await rehearseOn(major, major === 18 ? { packages: '/nowhere' } : {}, major === 18 ? { env: { PATH: '/nowhere' } } : {});
    if (major === 18) {
      await expect(one.server.copyFrom(url)).rejects.toThrow(/PostgreSQL 18, which "pg_dump" 18 or newer copies, and there is none/);
    } else {
      expect(await one.server.copyFrom(url)).toEqual({ format: 'a copy of the running database', major: 15 });
      expect(await checksum(one.server.source.url)).toBe(before);
    }
    expect(await checksum(url)).toBe(before);
  });
});

it('a running database of another version, or none, is refused', async () => {
  const [one, production] = [await rehearseOn(18), await rehearseOn(15)];
  await expect(one.server.copyFrom(production.server.source.url)).rejects.toThrow(/The running database comes from PostgreSQL 15/);
  await expect(one.server.copyFrom('postgresql://u:geheim@127.0.0.1:1/shop')).rejects.toThrow(
    /could not be reached: (?!.*geheim).*ECONNREFUSED/,
  );
  await expect(one.server.copyFrom('mysql://u:geheim@127.0.0.1/shop')).rejects.toThrow(/no URL that begins with "postgresql:\/\/"/);
});
