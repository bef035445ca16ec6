import type pg from 'pg';
import { isBookkeeping } from '../../bookkeeping.ts';
import type { KnownNames } from '../../known-names.ts';
import { meaningOf, sqlstateOf } from '../sqlstates.ts';

/** A table that the load works on. */
export interface LoadTable {
  /** As the caller calls it: `public.orders`. */
  readonly name: string;
  /** Reads one row by its key. */
  readonly read: string;
  /** Sets a column of one row to itself; `null`: the table is only read. */
  readonly write: string | null;
  /** Keys of rows that were there before the migration. Each is the parameters of `read` and `write`. */
  readonly keys: readonly (readonly string[])[];
  /** Whether it shares its rows with another table of the load: a partition beside its table. */
  readonly part: boolean;
}

export interface TablesOfLoad {
  readonly tables: readonly LoadTable[];
  /** What cannot be read or written, one sentence each. */
  readonly blind: readonly string[];
}

interface Found {
  readonly oid: string;
  readonly name: string;
  readonly quoted: string;
  readonly relkind: string;
  readonly estimate: number;
  readonly part: boolean;
}

interface Column {
  readonly name: string;
  readonly key: boolean;
  readonly readable: boolean;
  readonly updatable: boolean;
  readonly wide: boolean;
}

const KEYS = 500;
/** As many rows are looked at to choose the keys from. */
const SAMPLE = 20_000;

const TABLES = `SELECT c.oid::int8 AS oid, given.name, format('%I.%I', n.nspname, c.relname) AS quoted, c.relkind,
    c.reltuples AS estimate,
    EXISTS (SELECT FROM pg_catalog.pg_inherits h WHERE h.inhrelid = c.oid) AS part
  FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  JOIN unnest($1::text[]) AS given (name) ON given.name IN (n.nspname || '.' || c.relname, format('%I.%I', n.nspname, c.relname))
  WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')
  ORDER BY n.nspname, c.relname`;

/** The primary key, else the smallest unique index on columns that are never null. */
const KEY = `SELECT ARRAY(
      SELECT k.attnum FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS k (attnum, place) WHERE k.place <= i.indnkeyatts ORDER BY k.place
    )::int[] AS columns
  FROM pg_catalog.pg_index i
  WHERE i.indrelid = $1 AND i.indisunique AND i.indisvalid AND i.indimmediate AND i.indpred IS NULL AND i.indexprs IS NULL
    AND NOT EXISTS (
      SELECT FROM pg_catalog.pg_attribute a
      WHERE a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey::int2[]) AND NOT a.attnotnull
    )
  ORDER BY i.indisprimary DESC, i.indnkeyatts, i.indexrelid
  LIMIT 1`;

/** The best to write first: no key, in no index, narrow. What is wide on average is not fetched: the load must not be about bytes. */
const COLUMNS = `SELECT quote_ident(a.attname) AS name, a.attnum = ANY ($2::int2[]) AS key,
    has_column_privilege(a.attrelid, a.attnum, 'SELECT') AS readable,
    has_column_privilege(a.attrelid, a.attnum, 'UPDATE') AND a.attgenerated = '' AND a.attidentity <> 'a' AS updatable,
    coalesce((SELECT max(s.avg_width) FROM pg_catalog.pg_stats s
      WHERE s.schemaname = n.nspname AND s.tablename = c.relname AND s.attname = a.attname), 0) > 1000 AS wide
  FROM pg_catalog.pg_attribute a
  JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE a.attrelid = $1 AND a.attnum > 0 AND NOT a.attisdropped
  ORDER BY key,
    EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indrelid = a.attrelid AND a.attnum = ANY (i.indkey::int2[])),
    a.attlen < 0, wide, a.attnum`;

/**
 * Finds out how the rows of the tables are reached, and tries it once. Names of what does not exist yet are left out, and so are the
 * tables of migration tools. What `pg` throws about the catalogue is passed on.
 */
export async function tablesOfLoad(client: pg.Client, names: readonly string[], known: KnownNames): Promise<TablesOfLoad> {
  const blind: string[] = [];
  const tables: LoadTable[] = [];
  const { rows } = await client.query<Found>(TABLES, [names]);
  for (const found of rows) {
    // No application reads or writes it, and the tool itself locks it for as long as it works.
    if (isBookkeeping(found.name)) continue;
    const told = known.relation(found.name);
    const table = await prepare(client, found, told);
    if (typeof table === 'string') {
      blind.push(table);
      continue;
    }
    if (table.write === null) {
      const why = table.keys[0]?.length === 0 ? 'no key to find a row by, or no row' : 'no column that may be set';
      blind.push(`${told} is only read by the load: it has ${why}.`);
    }
    const usable = await tried(client, table, told, blind);
    if (usable !== null) tables.push(usable);
  }
  return { tables, blind };
}

/** @returns a sentence when it cannot be reached */
async function prepare(client: pg.Client, found: Found, told: string): Promise<LoadTable | string> {
  const { name, quoted, oid, relkind } = found;
  if (relkind !== 'r' && relkind !== 'p') return `${told} is no table, so the load leaves it alone.`;
  const key = (await client.query<{ columns: number[] }>(KEY, [oid])).rows[0]?.columns;
  const { rows: columns } = await client.query<Column>(COLUMNS, [oid, key ?? []]);
  const readable = columns.filter((column) => column.readable);
  if (readable.length === 0) return `${told} is not part of the load: this login may read none of its columns.`;
  const selected = readable.map((column) => (column.wide ? `${column.name} IS NULL` : column.name)).join(', ');
  const anyRow = { name, read: `SELECT ${selected} FROM ${quoted} LIMIT 1`, write: null, keys: [[]], part: found.part };
  if (key === undefined) return anyRow;
  const keyColumns = columns.filter((column) => column.key).map((column) => column.name);
  const keys = await sample(client, found, keyColumns);
  if (typeof keys === 'string') return unfit(told, keys);
  if (keys.length === 0) return anyRow;
  const where = keyColumns.map((column, index) => `${column} = $${index + 1}`).join(' AND ');
  const column = columns.find((candidate) => candidate.updatable)?.name;
  return {
    name,
    read: `SELECT ${selected} FROM ${quoted} WHERE ${where}`,
    write: column === undefined ? null : `UPDATE ${quoted} SET ${column} = ${column} WHERE ${where}`,
    keys,
    part: found.part,
  };
}

/** @returns a code when it cannot be read */
async function sample(client: pg.Client, found: Found, columns: readonly string[]): Promise<string[][] | string> {
  // Of a large table whole pages are chosen; one that was never analysed gives its first rows.
  const share = found.estimate > 2 * SAMPLE ? ` TABLESAMPLE SYSTEM (${Math.max(0.0001, (100 * SAMPLE) / found.estimate).toFixed(4)})` : '';
  const texts = columns.map((column) => `${column}::text`).join(', ');
  const choose = async (from: string): Promise<string[][]> => {
    const text = `SELECT * FROM (SELECT ${texts} FROM ${found.quoted}${from} LIMIT ${SAMPLE}) AS rows ORDER BY random() LIMIT ${KEYS}`;
    return (await client.query<string[]>({ text, rowMode: 'array' })).rows;
  };
  return answerOf(async () => {
    const chosen = await choose(share);
    return chosen.length > 0 || share === '' ? chosen : choose('');
  });
}

async function answerOf<T>(ask: () => Promise<T>): Promise<T | string> {
  try {
    return await ask();
  } catch (error) {
    return sqlstateOf(error);
  }
}

function unfit(name: string, why: string): string {
  return `${name} is not part of the load: without any migration reading it fails with ${why}, ${meaningOf(why)}.`;
}

/** What fails already without a migration says nothing about it. Tells in `blind` what is left out. */
async function tried(client: pg.Client, table: LoadTable, told: string, blind: string[]): Promise<LoadTable | null> {
  const [key] = table.keys;
  const read = await answerOf(async () => client.query(table.read, [...(key ?? [])]));
  if (typeof read === 'string') {
    blind.push(unfit(told, read));
    return null;
  }
  const { write } = table;
  if (write === null) return table;
  const written = await answerOf(async () => client.query(write, [...(key ?? [])]));
  if (typeof written !== 'string') return table;
  blind.push(`${told} is only read by the load: without any migration a write fails with ${written}, ${meaningOf(written)}.`);
  return { ...table, write: null };
}
