import { createReadStream, existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline, Transform } from 'node:stream';
import { createGunzip } from 'node:zlib';
import type pg from 'pg';
import { RehearsalImpossible } from '../database.ts';
import { quoted } from '../identifier.ts';
import type { KnownNames } from '../known-names.ts';
import { type Connection, connected } from './connection.ts';
import { failureOf } from './failure.ts';
import { CopySink, type Loading, runPlainDump } from './plain-restore.ts';

/** A table's rows. */
const ROWS = /^(?:([^.]+)\.)?([^.]+)\.(csv|tsv|copy|txt)(\.gz)?$/;

/** How binary COPY begins: https://www.postgresql.org/docs/current/sql-copy.html#SQL-COPY-FILE-FORMATS */
const BINARY = Buffer.from('PGCOPY\n\u00ff\r\n\0', 'latin1');

interface RowsFile {
  readonly path: string;
  /** For messages: files are named after tables, and a table may be named after a value. */
  readonly name: string;
  readonly schema: string;
  readonly table: string;
  readonly format: 'csv' | 'text';
  readonly zipped: boolean;
  readonly bytes: number;
}

/** Whether a folder has a schema, and rows for tables. */
export function isCopyFolder(folder: string): boolean {
  return schemaFiles(folder).length > 0;
}

/**
 * Makes the schema and loads every table, in any order: foreign keys are made again afterwards, which checks them, and triggers do not
 * fire. Sequences of columns go on behind the largest value.
 * @throws Error with the file and the condition
 */
export async function loadCopyFolder(folder: string, connection: Connection, { names, signal, progress }: Loading): Promise<void> {
  const files = rowsFiles(folder, names);
  const total = Math.max(
    1,
    files.reduce((sum, { bytes }) => sum + bytes, 0),
  );
  for (const [index, name] of schemaFiles(folder).entries())
    await named(name === 'schema.sql' ? name : `file ${index + 1} of the folder schema`, () =>
      runPlainDump(join(folder, name), connection, { signal, progress: () => undefined }),
    );
  const load = async (client: pg.Client): Promise<void> => {
    await client.query("SELECT pg_catalog.set_config('search_path', '', false)");
    const again = await setAside(client);
    let done = 0;
    for (const file of files) {
      await loadRows(client, file);
      done += file.bytes;
      progress(done / total);
    }
    for (const sql of again) await named('foreign keys and triggers', () => client.query(sql));
    await advanceSequences(client);
  };
  await connected(connection, load, signal);
}

function schemaFiles(folder: string): string[] {
  if (existsSync(join(folder, 'schema.sql'))) return ['schema.sql'];
  const inside = join(folder, 'schema');
  if (!existsSync(inside) || !statSync(inside).isDirectory()) return [];
  return readdirSync(inside)
    .filter((name) => name.endsWith('.sql'))
    .sort()
    .map((name) => join('schema', name));
}

/** The largest last: what fails, fails early. */
function rowsFiles(folder: string, known: KnownNames): RowsFile[] {
  const files = readdirSync(folder).filter((name) => name !== 'schema.sql' && statSync(join(folder, name)).isFile());
  const names = files.toSorted();
  const read = files.map((name) => {
    const [, schema = 'public', table = '', ending = '', zipped] = ROWS.exec(name) ?? [];
    if (table === '') {
      throw new RehearsalImpossible(
        'snapshot_unreadable',
        `The snapshot is a folder of COPY files, and one in it (number ${names.indexOf(name) + 1} by name) is named for no table: expected <schema>.<table>.csv, .tsv or .copy, or one of those with .gz.`,
      );
    }
    const path = join(folder, name);
    const format: RowsFile['format'] = ending === 'csv' ? 'csv' : 'text';
    const told = known.has(`${schema}.${table}`) ? name : `file ${names.indexOf(name) + 1} of the folder, by name`;
    return { path, name: told, schema, table, format, zipped: zipped !== undefined, bytes: statSync(path).size };
  });
  return read.sort((one, other) => one.bytes - other.bytes);
}

/** Takes foreign keys away and keeps triggers from firing. @returns what makes all of it as it was */
async function setAside(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<{ before: string; after: string }>(`
    SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname) AS before,
      format('ALTER TABLE %s ADD CONSTRAINT %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid))
        || coalesce(format('; COMMENT ON CONSTRAINT %I ON %s IS %L', conname, conrelid::regclass, obj_description(oid, 'pg_constraint')), '') AS after
    FROM pg_constraint WHERE contype = 'f' AND conparentid = 0
    UNION ALL
    SELECT format('ALTER TABLE %s DISABLE TRIGGER %I', tgrelid::regclass, tgname),
      format('ALTER TABLE %s ENABLE %s TRIGGER %I', tgrelid::regclass, CASE tgenabled WHEN 'R' THEN 'REPLICA' WHEN 'A' THEN 'ALWAYS' ELSE '' END, tgname)
    FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'D' AND tgparentid = 0`);
  for (const { before } of rows) await client.query(before);
  return rows.map(({ after }) => after);
}

async function loadRows(client: pg.Client, file: RowsFile): Promise<void> {
  await named(file.name, async () => {
    const columns = await columnsOf(client, file);
    const source = createReadStream(file.path);
    const lines = firstLineWhole();
    // Whoever reads from the last one is told when one of them fails.
    pipeline(file.zipped ? [source, createGunzip(), lines] : [source, lines], () => undefined);
    let sink: CopySink | null = null;
    for await (const chunk of lines) {
      let rows = chunk as Buffer;
      if (sink === null) {
        const head = headOf(rows, file.format, columns);
        sink = new CopySink(client, copyOf(file, head), 'COPY');
        rows = rows.subarray(head.skip);
      }
      await sink.write(rows);
    }
    await sink?.end();
  });
}

interface Head {
  readonly binary: boolean;
  /** Columns that the first line names; `null`: it is a row. */
  readonly columns: readonly string[] | null;
  /** Bytes that are no rows. */
  readonly skip: number;
}

function headOf(start: Buffer, format: RowsFile['format'], columns: ReadonlySet<string>): Head {
  if (start.subarray(0, BINARY.length).equals(BINARY)) return { binary: true, columns: null, skip: 0 };
  const end = start.indexOf('\n');
  const line = start
    .subarray(0, end < 0 ? start.length : end)
    .toString('utf8')
    .replace(/^\ufeff/, '')
    .replace(/\r$/, '');
  const words = format === 'csv' ? line.split(',').map(unquoted) : line.split('\t');
  if (!words.every((word) => columns.has(word)) || new Set(words).size !== words.length) return { binary: false, columns: null, skip: 0 };
  return { binary: false, columns: words, skip: end < 0 ? start.length : end + 1 };
}

function unquoted(word: string): string {
  return /^".*"$/.test(word) ? word.slice(1, -1).replaceAll('""', '"') : word;
}

function copyOf({ schema, table, format }: RowsFile, { binary, columns }: Head): string {
  const list = columns === null ? '' : ` (${columns.map(quoted).join(', ')})`;
  return `COPY ${quoted(schema)}.${quoted(table)}${list} FROM STDIN (FORMAT ${binary ? 'binary' : format})`;
}

async function columnsOf(client: pg.Client, { schema, table }: RowsFile): Promise<ReadonlySet<string>> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT a.attname::text AS name FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname = $1 AND c.relname = $2 AND a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p')`,
    [schema, table],
  );
  if (rows.length > 0) return new Set(rows.map((row) => row.name));
  throw new Error('the schema has no table that this file could have rows for');
}

/** Sequences that columns own go on behind the largest value that is there. */
async function advanceSequences(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ sql: string }>(`
    SELECT format('SELECT setval(%L, v) FROM (SELECT %s(%I)::bigint AS v FROM %s) x WHERE v IS NOT NULL AND v BETWEEN %s AND %s',
      d.objid::regclass, CASE WHEN s.seqincrement < 0 THEN 'min' ELSE 'max' END, a.attname, d.refobjid::regclass, s.seqmin, s.seqmax) AS sql
    FROM pg_depend d JOIN pg_sequence s ON s.seqrelid = d.objid JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
    WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i') AND d.refobjsubid > 0`);
  for (const { sql } of rows) await client.query(sql);
}

/** Holds the stream back until its first line is whole. */
function firstLineWhole(): Transform {
  let held: Buffer | null = Buffer.alloc(0);
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      if (held === null) return done(null, chunk);
      held = Buffer.concat([held, chunk]);
      if (!held.includes(10) && held.length < 1_000_000) return done();
      const whole = held;
      held = null;
      return done(null, whole);
    },
    flush(done) {
      done(null, held === null || held.length === 0 ? undefined : held);
    },
  });
}

async function named<T>(name: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof RehearsalImpossible) throw error;
    throw new Error(`${name}: ${failureOf(error)}`, { cause: error });
  }
}
