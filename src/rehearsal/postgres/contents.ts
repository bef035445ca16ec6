import { availableParallelism } from 'node:os';
import type pg from 'pg';
import type { Contents, Leftover } from '../database.ts';
import type { KnownNames } from '../known-names.ts';
import { type Connection, connected } from './connection.ts';
import { sizeOf } from './databases.ts';

/** How many tables are counted at a time. */
const COUNTERS = Math.min(4, availableParallelism());

interface Table {
  /** As people write it: `public.orders`. */
  readonly name: string;
  /** As SQL takes it, with `ONLY` where tables that inherit from it are counted by themselves. */
  readonly sql: string;
}

/** Ordinary and partitioned tables that no part of the server brought along; a partition counts with its table. The largest first. */
const TABLES = `SELECT n.nspname || '.' || c.relname AS name,
    CASE c.relkind WHEN 'r' THEN 'ONLY ' ELSE '' END || format('%I.%I', n.nspname, c.relname) AS sql
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relpersistence <> 't'
    AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\\_%'
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
  ORDER BY c.relkind = 'p' DESC, pg_catalog.pg_relation_size(c.oid) DESC`;

/** Gathers statistics, counts the tables, and looks for one row in the tables themselves. */
export function takeStock(connection: Connection, signal: AbortSignal): Promise<Contents> {
  const look = async (client: pg.Client): Promise<Contents> => {
    await client.query('ANALYZE');
    const { rows: tables } = await client.query<Table>(TABLES);
    const bytes = await sizeOf(client, connection.database);
    for (const { sql } of tables) {
      const { rows } = await client.query<{ filled: boolean }>(`SELECT EXISTS (SELECT FROM ${sql}) AS filled`);
      if (rows[0]?.filled === true) return { tables: tables.length, rows: true, bytes };
    }
    return { tables: tables.length, rows: false, bytes };
  };
  return connected(connection, look, signal);
}

/** Exact numbers of rows, by `schema.table`. */
export async function countRows(connection: Connection, signal: AbortSignal): Promise<ReadonlyMap<string, number>> {
  const tables = await connected(connection, async (client) => (await client.query<Table>(TABLES)).rows);
  const counts = new Map(tables.map(({ name }) => [name, 0]));
  const waiting = [...tables];
  const count = async (client: pg.Client): Promise<void> => {
    for (let table = waiting.shift(); table !== undefined; table = waiting.shift()) {
      const { rows } = await client.query<{ count: string }>(`SELECT count(*) AS count FROM ${table.sql}`);
      counts.set(table.name, Number(rows[0]?.count ?? 0));
    }
  };
  await Promise.all(Array.from({ length: Math.min(COUNTERS, tables.length) }, () => connected(connection, count, signal)));
  return counts;
}

/** Of the tables named, those that are there; a partition stands for its table. */
const NAMED = `SELECT name, sql FROM (${TABLES}) all_tables WHERE name = ANY ($1) OR EXISTS (
    SELECT FROM pg_catalog.pg_partition_tree(regexp_replace(sql, '^ONLY ', '')::regclass) p
      JOIN pg_catalog.pg_class c ON c.oid = p.relid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname || '.' || c.relname = ANY ($1))`;

/** What the rows of some tables hold, by `schema.table`: the sum of their hashes, so that their order does not matter. */
export async function fingerprintRows(
  connection: Connection,
  tables: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  return connected(
    connection,
    async (client) => {
      const { rows: named } = await client.query<Table>(NAMED, [tables]);
      const prints = new Map<string, string>();
      for (const { name, sql } of named) {
        const { rows } = await client.query<{ print: string }>(
          `SELECT count(*) || '/' || coalesce(sum(pg_catalog.hashtextextended(of_table::text, 0)), 0) AS print FROM ${sql} AS of_table`,
        );
        prints.set(name, rows[0]?.print ?? '');
      }
      return prints;
    },
    signal,
  );
}

/**
 * A constraint that is not enforced (PostgreSQL 18) was never meant to be validated; older servers have no such column, hence the detour
 * by JSON. What hangs on a parent is told once, with the parent.
 */
const LEFTOVERS = `SELECT 'invalid-index' AS kind, n.nspname || '.' || i.relname AS name, tn.nspname || '.' || t.relname AS of,
    json_build_object('name', format('%I.%I', n.nspname, i.relname), 'on', format('TABLE %I.%I', tn.nspname, t.relname)) AS sql
  FROM pg_catalog.pg_index x JOIN pg_catalog.pg_class i ON i.oid = x.indexrelid JOIN pg_catalog.pg_namespace n ON n.oid = i.relnamespace
    JOIN pg_catalog.pg_class t ON t.oid = x.indrelid JOIN pg_catalog.pg_namespace tn ON tn.oid = t.relnamespace
  WHERE NOT (x.indisvalid AND x.indisready AND x.indislive) AND n.nspname <> 'pg_toast'
  UNION ALL
  SELECT 'unvalidated-constraint', n.nspname || '.' || c.conname, coalesce(tn.nspname || '.' || t.relname, pg_catalog.format_type(d.oid, NULL)),
    json_build_object('name', format('%I', c.conname), 'on',
      CASE WHEN t.oid IS NULL THEN format('DOMAIN %I.%I', dn.nspname, d.typname) ELSE format('TABLE %I.%I', tn.nspname, t.relname) END)
  FROM pg_catalog.pg_constraint c JOIN pg_catalog.pg_namespace n ON n.oid = c.connamespace
    LEFT JOIN pg_catalog.pg_class t ON t.oid = c.conrelid LEFT JOIN pg_catalog.pg_namespace tn ON tn.oid = t.relnamespace
    LEFT JOIN pg_catalog.pg_type d ON d.oid = c.contypid LEFT JOIN pg_catalog.pg_namespace dn ON dn.oid = d.typnamespace
  WHERE NOT c.convalidated AND c.conparentid = 0 AND (to_jsonb(c) ->> 'conenforced') IS DISTINCT FROM 'false'
  ORDER BY 1, 2`;

interface Found extends Leftover {
  /** The table or domain that it is on. */
  readonly of: string;
}

/** Invalid indexes, and constraints that were never validated. */
export async function leftovers(connection: Connection, names: KnownNames): Promise<readonly Leftover[]> {
  const { rows } = await connected(connection, (client) => client.query<Found>(LEFTOVERS));
  return rows.map(({ kind, name, of, sql }) => ({
    kind,
    name: names.on(kind === 'invalid-index' ? 'index' : 'constraint', name, of),
    // What would mend it has its name in it.
    sql: names.has(name) && names.has(of) ? sql : null,
  }));
}
