import type pg from 'pg';
import type { KnownNames } from '../../known-names.ts';

/** A table whose rows hold data of the people: a partitioned one stands for its partitions. */
export interface Table {
  readonly oid: number;
  /** `schema.table` as it is spelled, for the masking file. */
  readonly name: string;
  /** The same for people: a name that nobody spells is not shown. */
  readonly told: string;
  /** Quoted, for SQL. */
  readonly sql: string;
  readonly partitioned: boolean;
  readonly columns: readonly Column[];
}

export interface Column {
  /** `schema.table.column`. */
  readonly label: string;
  /** The same for people: a name that nobody spells is not shown. */
  readonly told: string;
  readonly name: string;
  readonly sql: string;
  readonly number: number;
  /** The type as SQL writes it, domains as themselves. */
  readonly type: string;
  /** The same for people. */
  readonly toldType: string;
  /** Name of the type below all domains; of the elements where it is an array. */
  readonly base: string;
  readonly array: boolean;
  /** `typtype` below all domains: `b` base, `e` enum, `c` composite, `r` range, `m` multirange. */
  readonly sort: string;
  /** Type modifier, as `atttypmod` has it; -1: none. */
  readonly modifier: number;
  readonly notNull: boolean;
  readonly generated: boolean;
  /** Takes part in a primary key, a unique index or an exclusion. */
  readonly unique: boolean;
  readonly primary: boolean;
  /** Check constraints on it: name and expression. */
  readonly checks: readonly { readonly name: string; readonly definition: string; readonly alone: boolean }[];
}

/** Two columns that hold the same values: a foreign key, or the same column of a table and its heir. */
export interface Link {
  readonly from: string;
  readonly to: string;
  readonly why: 'foreign key' | 'inheritance';
}

export interface Catalog {
  readonly tables: readonly Table[];
  readonly links: readonly Link[];
  /** Materialized views, each after those that it is made from. */
  readonly views: readonly View[];
  /** Foreign tables, whose rows lie elsewhere, for people. */
  readonly foreign: readonly string[];
  readonly largeObjects: number;
}

export interface View {
  readonly oid: number;
  readonly name: string;
  readonly told: string;
  readonly sql: string;
  readonly populated: boolean;
  readonly columns: readonly Column[];
}

/** Neither the server's own, nor brought by an extension, nor somebody's temporary tables. */
export const OWN_RELATION = `n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\\_%' AND c.relpersistence <> 't'
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')`;

const COLUMNS = `
WITH RECURSIVE below AS (
  SELECT oid AS of, oid, typtype, typbasetype, typtypmod, typnotnull, typelem, typcategory FROM pg_type
  UNION ALL
  SELECT b.of, t.oid, t.typtype, t.typbasetype, CASE WHEN b.typtypmod = -1 THEN t.typtypmod ELSE b.typtypmod END, b.typnotnull OR t.typnotnull, t.typelem, t.typcategory
  FROM below b JOIN pg_type t ON t.oid = b.typbasetype WHERE b.typtype = 'd'
), uniques AS (
  SELECT i.indrelid AS rel, k AS att, i.indisprimary AS prim
  FROM pg_index i, unnest((i.indkey::int2[])[0:i.indnkeyatts - 1]) k WHERE i.indisunique OR i.indisexclusion
  UNION ALL
  SELECT i.indrelid, d.refobjsubid, false FROM pg_index i
  JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = i.indexrelid AND d.refclassid = 'pg_class'::regclass AND d.refobjid = i.indrelid
  WHERE (i.indisunique OR i.indisexclusion) AND i.indexprs IS NOT NULL
)
SELECT c.oid::int8::text AS oid, n.nspname AS schema, c.relname AS table, c.relkind AS kind, c.relispopulated AS populated,
  format('%I.%I', n.nspname, c.relname) AS table_sql, a.attname AS column, quote_ident(a.attname) AS column_sql, a.attnum AS number,
  format_type(a.atttypid, a.atttypmod) AS type,
  coalesce(en.nspname, bn.nspname) AS base_schema, coalesce(e.typname, bt.typname) AS base, e.oid IS NOT NULL AS array,
  coalesce(e.typtype, bt.typtype) AS sort, CASE WHEN a.atttypmod = -1 THEN coalesce(b.typtypmod, -1) ELSE a.atttypmod END AS modifier,
  a.attnotnull OR b.typnotnull AS not_null, a.attgenerated <> '' AS generated,
  EXISTS (SELECT FROM uniques u WHERE u.rel = c.oid AND u.att = a.attnum) AS unique,
  EXISTS (SELECT FROM uniques u WHERE u.rel = c.oid AND u.att = a.attnum AND u.prim) AS primary,
  coalesce((SELECT json_agg(json_build_object('name', k.conname, 'definition', pg_get_constraintdef(k.oid), 'alone', cardinality(k.conkey) = 1))
    FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype = 'c' AND a.attnum = ANY (k.conkey)), '[]') AS checks
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN below b ON b.of = a.atttypid AND b.typtype <> 'd'
LEFT JOIN pg_type bt ON bt.oid = b.oid LEFT JOIN pg_namespace bn ON bn.oid = bt.typnamespace
LEFT JOIN pg_type e ON e.oid = bt.typelem AND bt.typcategory = 'A' LEFT JOIN pg_namespace en ON en.oid = e.typnamespace
WHERE c.relkind IN ('r', 'p', 'm', 'f') AND NOT c.relispartition AND ${OWN_RELATION}
ORDER BY n.nspname, c.relname, a.attnum`;

const LINKS = `
SELECT format('%s.%s.%s', fn.nspname, f.relname, fa.attname) AS from, format('%s.%s.%s', tn.nspname, t.relname, ta.attname) AS to, 'foreign key' AS why
FROM pg_constraint k
CROSS JOIN LATERAL unnest(k.conkey, k.confkey) AS pair (here, there)
JOIN pg_class f ON f.oid = k.conrelid JOIN pg_namespace fn ON fn.oid = f.relnamespace
JOIN pg_class t ON t.oid = k.confrelid JOIN pg_namespace tn ON tn.oid = t.relnamespace
JOIN pg_attribute fa ON fa.attrelid = f.oid AND fa.attnum = pair.here
JOIN pg_attribute ta ON ta.attrelid = t.oid AND ta.attnum = pair.there
WHERE k.contype = 'f'
UNION ALL
SELECT format('%s.%s.%s', fn.nspname, f.relname, fa.attname), format('%s.%s.%s', tn.nspname, t.relname, ta.attname), 'inheritance'
FROM pg_inherits i
JOIN pg_class f ON f.oid = i.inhrelid AND f.relkind IN ('r', 'p') JOIN pg_namespace fn ON fn.oid = f.relnamespace
JOIN pg_class t ON t.oid = i.inhparent JOIN pg_namespace tn ON tn.oid = t.relnamespace
JOIN pg_attribute fa ON fa.attrelid = f.oid AND fa.attnum > 0 JOIN pg_attribute ta ON ta.attrelid = t.oid AND ta.attname = fa.attname`;

interface ColumnRow {
  oid: string;
  schema: string;
  table: string;
  kind: string;
  populated: boolean;
  table_sql: string;
  column: string | null;
  column_sql: string;
  number: number;
  type: string;
  base_schema: string;
  base: string;
  array: boolean;
  sort: string;
  modifier: number;
  not_null: boolean;
  generated: boolean;
  unique: boolean;
  primary: boolean;
  checks: { name: string; definition: string; alone: boolean }[];
}

const KINDS: Readonly<Record<string, string>> = { m: 'materialized view', f: 'foreign table' };

/** Everything of the schema that masking goes by. */
export async function readCatalog(client: pg.Client, names: KnownNames): Promise<Catalog> {
  const { rows } = await client.query<ColumnRow>(COLUMNS);
  const relations = new Map<string, Table & View & { readonly kind: string; columns: Column[] }>();
  for (const row of rows) {
    const name = `${row.schema}.${row.table}`;
    const known = relations.get(name);
    const { kind, populated } = row;
    const told = names.has(name) ? name : names.unnamed(KINDS[kind] ?? 'table', name, null);
    const relation = known ?? {
      oid: Number(row.oid),
      name,
      told,
      sql: row.table_sql,
      partitioned: kind === 'p',
      kind,
      populated,
      columns: [],
    };
    if (known === undefined) relations.set(name, relation);
    if (row.column !== null) relation.columns.push(columnOf(row, name, row.column, names));
  }
  const { rows: links } = await client.query<Link>(LINKS);
  const { rows: order } = await client.query<{ oid: string }>(VIEW_ORDER);
  const { rows: large } = await client.query<{ count: string }>('SELECT count(*) FROM pg_largeobject_metadata');
  const all = [...relations.values()];
  const place = new Map(order.map(({ oid }, index) => [Number(oid), index]));
  return {
    tables: all.filter(({ kind }) => kind === 'r' || kind === 'p'),
    links,
    views: all.filter(({ kind }) => kind === 'm').toSorted((one, other) => (place.get(one.oid) ?? 0) - (place.get(other.oid) ?? 0)),
    foreign: all.filter(({ kind }) => kind === 'f').map(({ told }) => told),
    largeObjects: Number(large[0]?.count),
  };
}

/** A view is made from whatever its rule depends on, through other views too. */
const VIEW_ORDER = `WITH RECURSIVE uses AS (
  SELECT r.ev_class AS view, d.refobjid AS used FROM pg_rewrite r JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid
  WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid <> r.ev_class
), deep AS (SELECT view, used, 1 AS depth FROM uses UNION SELECT d.view, u.used, d.depth + 1 FROM deep d JOIN uses u ON u.view = d.used WHERE d.depth < 100)
SELECT c.oid::int8::text AS oid FROM pg_class c LEFT JOIN deep d ON d.view = c.oid WHERE c.relkind = 'm' GROUP BY c.oid ORDER BY max(d.depth), c.oid`;

function columnOf(row: ColumnRow, table: string, name: string, names: KnownNames): Column {
  return {
    label: `${table}.${name}`,
    told: names.column(table, name),
    name,
    sql: row.column_sql,
    number: row.number,
    type: row.type,
    toldType: names.definition(row.type),
    base: row.base_schema === 'pg_catalog' || row.base === 'citext' || row.base === 'hstore' ? row.base : `${row.base_schema}.${row.base}`,
    array: row.array,
    sort: row.sort,
    modifier: row.modifier,
    notNull: row.not_null,
    generated: row.generated,
    unique: row.unique,
    primary: row.primary,
    checks: row.checks,
  };
}
