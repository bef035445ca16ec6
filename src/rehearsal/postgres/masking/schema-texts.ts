import type pg from 'pg';
import type { KnownNames } from '../../known-names.ts';
import { type Catalog, OWN_RELATION } from './catalog.ts';

/** A text of the schema itself. */
export interface SchemaText {
  /** For people: `the definition of view public.people`. */
  readonly label: string;
  readonly text: string;
  /** What the server keeps of a column's values: the most frequent ones, and a histogram. */
  readonly statistics: boolean;
}

const OURS = `n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\\_%'`;

/**
 * Comments, defaults, constraints, definitions, function bodies, labels of enums, options: people write values into all of them. Options of a
 * user mapping are NULL for who may not read them. Before version 15 publications have no row filter: there its name means the NULL beside it.
 */
const TEXTS = `
SELECT 'the comment on ' || i.type || ' %' AS what, ARRAY[i.identity] AS names, d.description AS text FROM pg_description d
  CROSS JOIN LATERAL pg_identify_object(d.classoid, d.objoid, d.objsubid) i
  WHERE d.objoid >= 16384 AND NOT EXISTS (SELECT FROM pg_depend x WHERE x.classid = d.classoid AND x.objid = d.objoid AND x.deptype = 'e') AND d.classoid <> 'pg_extension'::regclass
UNION ALL
SELECT 'the default of %' AS what, ARRAY[n.nspname || '.' || c.relname || '.' || a.attname] AS names, pg_get_expr(d.adbin, d.adrelid)
  FROM pg_attrdef d JOIN pg_class c ON c.oid = d.adrelid JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = d.adnum WHERE ${OWN_RELATION}
UNION ALL
SELECT 'the constraint % of %' AS what, ARRAY[k.conname::text, coalesce(nullif(k.conrelid, 0)::regclass::text, format_type(k.contypid, NULL))] AS names, pg_get_constraintdef(k.oid)
  FROM pg_constraint k JOIN pg_namespace n ON n.oid = k.connamespace WHERE k.contype IN ('c', 'x') AND ${OURS}
UNION ALL
SELECT 'the definition of view %' AS what, ARRAY[n.nspname || '.' || c.relname] AS names, pg_get_viewdef(c.oid) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('v', 'm') AND ${OWN_RELATION}
UNION ALL
SELECT 'the body of function %' AS what, ARRAY[n.nspname || '.' || p.proname] AS names, coalesce(pg_get_function_sqlbody(p.oid), p.prosrc) FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
  WHERE ${OURS} AND NOT EXISTS (SELECT FROM pg_depend x WHERE x.classid = 'pg_proc'::regclass AND x.objid = p.oid AND x.deptype = 'e')
UNION ALL
SELECT 'the defaults and settings of function %' AS what, ARRAY[n.nspname || '.' || p.proname] AS names, concat_ws(' | ', pg_get_expr(p.proargdefaults, 0), array_to_string(p.proconfig, ' | '))
  FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
  WHERE ${OURS} AND NOT EXISTS (SELECT FROM pg_depend x WHERE x.classid = 'pg_proc'::regclass AND x.objid = p.oid AND x.deptype = 'e')
UNION ALL
SELECT 'the default of domain %' AS what, ARRAY[n.nspname || '.' || t.typname] AS names, t.typdefault FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace WHERE t.typtype = 'd' AND ${OURS}
UNION ALL
SELECT 'the labels of enum %' AS what, ARRAY[n.nspname || '.' || t.typname] AS names, string_agg(e.enumlabel, ' | ') FROM pg_enum e JOIN pg_type t ON t.oid = e.enumtypid JOIN pg_namespace n ON n.oid = t.typnamespace
  WHERE ${OURS} GROUP BY 1, 2
UNION ALL
SELECT 'the definition of index %' AS what, ARRAY[n.nspname || '.' || c.relname] AS names, pg_get_indexdef(c.oid) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE (i.indpred IS NOT NULL OR i.indexprs IS NOT NULL) AND ${OWN_RELATION}
UNION ALL
SELECT 'the bounds of partition % of %' AS what, ARRAY[n.nspname || '.' || c.relname, (SELECT h.inhparent::regclass::text FROM pg_inherits h WHERE h.inhrelid = c.oid)] AS names, pg_get_expr(c.relpartbound, c.oid) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relispartition AND c.relkind <> 'i' AND ${OWN_RELATION}
UNION ALL
SELECT 'the policy % on %' AS what, ARRAY[p.polname::text, p.polrelid::regclass::text] AS names, concat_ws(' ', pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid)) FROM pg_policy p
UNION ALL
SELECT 'the trigger % on %' AS what, ARRAY[g.tgname::text, g.tgrelid::regclass::text] AS names, pg_get_triggerdef(g.oid) FROM pg_trigger g WHERE NOT g.tgisinternal
UNION ALL
SELECT 'the rule % on %' AS what, ARRAY[r.rulename::text, r.ev_class::regclass::text] AS names, pg_get_ruledef(r.oid) FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE r.rulename <> '_RETURN' AND ${OWN_RELATION}
UNION ALL
SELECT 'the options of foreign-data wrapper %' AS what, ARRAY[w.fdwname::text] AS names, array_to_string(w.fdwoptions, ' | ') FROM pg_foreign_data_wrapper w
UNION ALL
SELECT 'the options of server %' AS what, ARRAY[s.srvname::text] AS names, concat_ws(' | ', s.srvtype, s.srvversion, array_to_string(s.srvoptions, ' | ')) FROM pg_foreign_server s
UNION ALL
SELECT 'the options of foreign table %' AS what, ARRAY[f.ftrelid::regclass::text] AS names, array_to_string(f.ftoptions, ' | ') FROM pg_foreign_table f
UNION ALL
SELECT 'the options of user mapping % for server %' AS what, ARRAY[u.usename::text, u.srvname::text] AS names, array_to_string(u.umoptions, ' | ') FROM pg_user_mappings u
UNION ALL
SELECT 'the row filter of publication % for %' AS what, ARRAY[p.pubname::text, r.prrelid::regclass::text] AS names, r.filter
  FROM (SELECT NULL::pg_node_tree AS prqual) before_15
  CROSS JOIN LATERAL (SELECT prpubid, prrelid, pg_get_expr(prqual, prrelid) AS filter FROM pg_publication_rel) r JOIN pg_publication p ON p.oid = r.prpubid`;

const STATISTICS = `SELECT s.schemaname || '.' || s.tablename || '.' || s.attname AS label,
    concat_ws(' ', s.most_common_vals::text, s.histogram_bounds::text, s.most_common_elems::text) AS text
  FROM pg_stats s WHERE s.schemaname NOT IN ('pg_catalog', 'information_schema')`;

/**
 * Texts of the schema, and statistics.
 * @param sensitive columns whose statistics count: those of the others say no more than the columns themselves
 * @param known the names that may be shown
 */
export async function schemaTexts(
  client: pg.Client,
  sensitive: ReadonlySet<string>,
  catalog: Catalog,
  known: KnownNames,
): Promise<readonly SchemaText[]> {
  const views = new Set(catalog.views.flatMap(({ columns }) => columns.map(({ label }) => label)));
  const { rows: texts } = await client.query<{ what: string; names: readonly string[]; text: string | null }>(TEXTS);
  const { rows: statistics } = await client.query<{ label: string; text: string | null }>(STATISTICS);
  return [
    ...texts.map(({ what, names, text }) => ({ label: known.filled(what, names), text: text ?? '', statistics: false })),
    ...statistics
      .filter(({ label }) => sensitive.has(label) || views.has(label))
      .map(({ label, text }) => ({ label: known.filled('the statistics of %', [label]), text: text ?? '', statistics: true })),
  ];
}
