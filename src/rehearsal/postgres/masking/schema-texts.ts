import type pg from 'pg';
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
SELECT 'the comment on ' || pg_describe_object(d.classoid, d.objoid, d.objsubid) AS label, d.description AS text FROM pg_description d
  JOIN LATERAL (SELECT pg_identify_object(d.classoid, d.objoid, d.objsubid) AS o) i ON true
  WHERE d.objoid >= 16384 AND NOT EXISTS (SELECT FROM pg_depend x WHERE x.classid = d.classoid AND x.objid = d.objoid AND x.deptype = 'e') AND d.classoid <> 'pg_extension'::regclass
UNION ALL
SELECT format('the default of %s.%s.%s', n.nspname, c.relname, a.attname), pg_get_expr(d.adbin, d.adrelid)
  FROM pg_attrdef d JOIN pg_class c ON c.oid = d.adrelid JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = d.adnum WHERE ${OWN_RELATION}
UNION ALL
SELECT format('the constraint %s of %s', k.conname, coalesce(nullif(k.conrelid, 0)::regclass::text, format_type(k.contypid, NULL))), pg_get_constraintdef(k.oid)
  FROM pg_constraint k JOIN pg_namespace n ON n.oid = k.connamespace WHERE k.contype IN ('c', 'x') AND ${OURS}
UNION ALL
SELECT format('the definition of view %s.%s', n.nspname, c.relname), pg_get_viewdef(c.oid) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('v', 'm') AND ${OWN_RELATION}
UNION ALL
SELECT format('the body of function %s.%s', n.nspname, p.proname), coalesce(pg_get_function_sqlbody(p.oid), p.prosrc) FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
  WHERE ${OURS} AND NOT EXISTS (SELECT FROM pg_depend x WHERE x.classid = 'pg_proc'::regclass AND x.objid = p.oid AND x.deptype = 'e')
UNION ALL
SELECT format('the defaults and settings of function %s.%s', n.nspname, p.proname), concat_ws(' | ', pg_get_expr(p.proargdefaults, 0), array_to_string(p.proconfig, ' | '))
  FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
  WHERE ${OURS} AND NOT EXISTS (SELECT FROM pg_depend x WHERE x.classid = 'pg_proc'::regclass AND x.objid = p.oid AND x.deptype = 'e')
UNION ALL
SELECT format('the default of domain %s.%s', n.nspname, t.typname), t.typdefault FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace WHERE t.typtype = 'd' AND ${OURS}
UNION ALL
SELECT format('the labels of enum %s.%s', n.nspname, t.typname), string_agg(e.enumlabel, ' | ') FROM pg_enum e JOIN pg_type t ON t.oid = e.enumtypid JOIN pg_namespace n ON n.oid = t.typnamespace
  WHERE ${OURS} GROUP BY 1
UNION ALL
SELECT format('the definition of index %s.%s', n.nspname, c.relname), pg_get_indexdef(c.oid) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE (i.indpred IS NOT NULL OR i.indexprs IS NOT NULL) AND ${OWN_RELATION}
UNION ALL
SELECT format('the bounds of partition %s.%s', n.nspname, c.relname), pg_get_expr(c.relpartbound, c.oid) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relispartition AND c.relkind <> 'i' AND ${OWN_RELATION}
UNION ALL
SELECT format('the policy %s on %s', p.polname, p.polrelid::regclass), concat_ws(' ', pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid)) FROM pg_policy p
UNION ALL
SELECT format('the trigger %s on %s', g.tgname, g.tgrelid::regclass), pg_get_triggerdef(g.oid) FROM pg_trigger g WHERE NOT g.tgisinternal
UNION ALL
SELECT format('the rule %s on %s', r.rulename, r.ev_class::regclass), pg_get_ruledef(r.oid) FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE r.rulename <> '_RETURN' AND ${OWN_RELATION}
UNION ALL
SELECT format('the options of foreign-data wrapper %s', w.fdwname), array_to_string(w.fdwoptions, ' | ') FROM pg_foreign_data_wrapper w
UNION ALL
SELECT format('the options of server %s', s.srvname), concat_ws(' | ', s.srvtype, s.srvversion, array_to_string(s.srvoptions, ' | ')) FROM pg_foreign_server s
UNION ALL
SELECT format('the options of foreign table %s', f.ftrelid::regclass), array_to_string(f.ftoptions, ' | ') FROM pg_foreign_table f
UNION ALL
SELECT format('the options of user mapping %s for server %s', u.usename, u.srvname), array_to_string(u.umoptions, ' | ') FROM pg_user_mappings u
UNION ALL
SELECT format('the row filter of publication %s for %s', p.pubname, r.prrelid::regclass), r.filter
  FROM (SELECT NULL::pg_node_tree AS prqual) before_15
  CROSS JOIN LATERAL (SELECT prpubid, prrelid, pg_get_expr(prqual, prrelid) AS filter FROM pg_publication_rel) r JOIN pg_publication p ON p.oid = r.prpubid`;

const STATISTICS = `SELECT s.schemaname || '.' || s.tablename || '.' || s.attname AS label,
    concat_ws(' ', s.most_common_vals::text, s.histogram_bounds::text, s.most_common_elems::text) AS text
  FROM pg_stats s WHERE s.schemaname NOT IN ('pg_catalog', 'information_schema')`;

/**
 * Texts of the schema, and statistics.
 * @param sensitive columns whose statistics count: those of the others say no more than the columns themselves
 */
export async function schemaTexts(client: pg.Client, sensitive: ReadonlySet<string>, catalog: Catalog): Promise<readonly SchemaText[]> {
  const views = new Set(catalog.views.flatMap(({ columns }) => columns.map(({ label }) => label)));
  const { rows: texts } = await client.query<{ label: string; text: string | null }>(TEXTS);
  const { rows: statistics } = await client.query<{ label: string; text: string | null }>(STATISTICS);
  return [
    ...texts.map(({ label, text }) => ({ label, text: text ?? '', statistics: false })),
    ...statistics
      .filter(({ label }) => sensitive.has(label) || views.has(label))
      .map(({ label, text }) => ({ label: `the statistics of ${label}`, text: text ?? '', statistics: true })),
  ];
}
