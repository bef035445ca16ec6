import type { Contents } from '../database.ts';
import { type Connection, connected } from './connection.ts';

/** Ordinary and partitioned tables that no part of the server brought along; a partition counts with its table. */
const TABLES = `SELECT format('%I.%I', n.nspname, c.relname) AS name
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relpersistence <> 't'
    AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\\_%'
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
  ORDER BY pg_catalog.pg_relation_size(c.oid) DESC`;

/** Gathers statistics, counts the tables, and looks for one row in the tables themselves. */
export function takeStock(connection: Connection): Promise<Contents> {
  return connected(connection, async (client) => {
    await client.query('ANALYZE');
    const { rows: tables } = await client.query<{ name: string }>(TABLES);
    for (const { name } of tables) {
      const { rows } = await client.query<{ filled: boolean }>(`SELECT EXISTS (SELECT FROM ${name}) AS filled`);
      if (rows[0]?.filled === true) return { tables: tables.length, rows: true };
    }
    return { tables: tables.length, rows: false };
  });
}
