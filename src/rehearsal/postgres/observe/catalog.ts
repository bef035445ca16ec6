import type pg from 'pg';
import { FIRST_NORMAL_OID } from './server-view.ts';

/** A relation as it was when observation began. */
export interface Relation {
  readonly oid: number;
  /** `public.orders`. */
  readonly name: string;
  readonly schema: string;
  readonly table: string;
  /** `pg_class.relkind`. */
  readonly kind: string;
  /** Of an index, its table; 0 otherwise. */
  readonly of: number;
  /** Of a partition, the partitioned table at the top; 0 otherwise. */
  readonly root: number;
  readonly file: number;
  /** Bytes of a table with its long values and without its indexes; 0 of other relations. */
  readonly bytes: number;
}

const RELATIONS = `SELECT c.oid::int8 AS oid, n.nspname AS schema, c.relname AS "table", c.relkind::text AS kind,
    coalesce(i.indrelid, 0)::int8 AS of, CASE WHEN c.relispartition THEN pg_catalog.pg_partition_root(c.oid)::oid::int8 ELSE 0 END AS root, c.relfilenode::int8 AS file,
    CASE WHEN c.relkind IN ('r', 'm') THEN pg_catalog.pg_table_size(c.oid) ELSE 0 END AS bytes
  FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_catalog.pg_index i ON i.indexrelid = c.oid
  WHERE c.oid >= ${FIRST_NORMAL_OID} AND c.relkind <> 't' AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')`;

/** Relations that are there, none of the system's, by OID. */
export async function readRelations(client: pg.Client): Promise<ReadonlyMap<number, Relation>> {
  const { rows } = await client.query<Record<'oid' | 'schema' | 'table' | 'kind' | 'of' | 'root' | 'file' | 'bytes', string>>(RELATIONS);
  return new Map(
    rows.map(({ oid, schema, table, kind, of, root, file, bytes }) => [
      Number(oid),
      {
        oid: Number(oid),
        name: `${schema}.${table}`,
        schema,
        table,
        kind,
        of: Number(of),
        root: Number(root),
        file: Number(file),
        bytes: Number(bytes),
      },
    ]),
  );
}

/** Where tables and materialized views keep their rows now, by OID. */
export async function readFiles(client: pg.Client): Promise<ReadonlyMap<number, number>> {
  const { rows } = await client.query<{ oid: string; file: string }>(
    `SELECT oid::int8 AS oid, relfilenode::int8 AS file FROM pg_catalog.pg_class WHERE oid >= ${FIRST_NORMAL_OID} AND relkind IN ('r', 'm')`,
  );
  return new Map(rows.map(({ oid, file }) => [Number(oid), Number(file)]));
}
