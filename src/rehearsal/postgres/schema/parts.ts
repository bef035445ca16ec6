/** SQL for one kind of object: rows of `key` and `definition`. Servers of different major versions have different catalogs. */
export type SchemaQuery = (major: number) => string;

/** Schemas that are not the server's own. */
export function ownSchema(name: string): string {
  return `${name} NOT IN ('pg_catalog', 'information_schema') AND ${name} !~ '^pg_(toast|temp)'`;
}

/** Objects that no extension brought: it describes its own. */
export function noMember(catalog: string, oid: string): string {
  return `NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = '${catalog}'::regclass AND e.objid = ${oid} AND e.deptype = 'e')`;
}

/** Lines that are there, each on its own. */
export function lines(...parts: readonly string[]): string {
  return `concat_ws(E'\\n', ${parts.join(', ')})`;
}

/** `label value`, or nothing where there is none. */
export function labelled(label: string, value: string): string {
  return `'${label} ' || (${value})`;
}

/** `words` where the condition holds, or nothing. */
export function when(condition: string, words: string): string {
  return `CASE WHEN ${condition} THEN '${words}' END`;
}

export function comment(catalog: string, oid: string): string {
  return `'comment ' || quote_literal(obj_description(${oid}, '${catalog}'))`;
}

export function owner(role: string): string {
  return `'owner ' || pg_get_userbyid(${role})`;
}

/**
 * Who may do what, one line each, where it is not what everybody gets. Grants are told in an order of their own, not in theirs.
 * @param kind as `acldefault` takes it: https://www.postgresql.org/docs/current/functions-info.html; `null`: there is no default
 */
export function rights(acl: string, kind: string | null, role: string): string {
  const told = (list: string): string =>
    `(SELECT string_agg(concat('grant ', x.privilege_type, ' to ', CASE WHEN x.grantee = 0 THEN 'PUBLIC' ELSE pg_get_userbyid(x.grantee) END, CASE WHEN x.is_grantable THEN ' with grant option' END), E'\\n' ORDER BY CASE WHEN x.grantee = 0 THEN 'PUBLIC' ELSE pg_get_userbyid(x.grantee) END, x.privilege_type) FROM aclexplode(${list}) x)`;
  if (kind === null) return told(acl);
  return `CASE WHEN ${acl} IS NOT NULL THEN NULLIF(coalesce(${told(acl)}, 'nobody may do anything'), ${told(`acldefault('${kind}', ${role})`)}) END`;
}

/** Options such as `fillfactor=70`, in an order of their own. */
export function options(list: string): string {
  return `'options ' || (SELECT string_agg(o, ', ' ORDER BY o) FROM unnest(${list}) o)`;
}

/** What a relation is called. */
export const RELATION = "n.nspname || '.' || c.relname";
