import { comment, labelled, lines, noMember, owner, ownSchema, rights, type SchemaQuery, when } from './parts.ts';

const ENUM = `(SELECT string_agg('value ' || quote_literal(e.enumlabel), E'\\n' ORDER BY e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = t.oid)`;

const DOMAIN = lines(
  "'domain over ' || format_type(t.typbasetype, t.typtypmod)",
  when('t.typnotnull', 'not null'),
  labelled('default', 't.typdefault'),
  "CASE WHEN t.typcollation <> b.typcollation THEN 'collate ' || (SELECT quote_ident(o.collname) FROM pg_collation o WHERE o.oid = t.typcollation) END",
  "(SELECT string_agg('constraint ' || quote_ident(k.conname) || ' ' || pg_get_constraintdef(k.oid) || CASE WHEN k.convalidated THEN '' ELSE ' (not validated)' END, E'\\n' ORDER BY k.conname) FROM pg_constraint k WHERE k.contypid = t.oid)",
);

const COMPOSITE = `(SELECT string_agg('attribute ' || quote_ident(a.attname) || ' ' || format_type(a.atttypid, a.atttypmod), E'\\n' ORDER BY a.attnum) FROM pg_attribute a WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped)`;

const RANGE = `(SELECT concat_ws(' ', 'range over', format_type(r.rngsubtype, NULL), (SELECT 'by ' || p.opcname FROM pg_opclass p WHERE p.oid = r.rngsubopc), 'canonical ' || NULLIF(r.rngcanonical::oid, 0)::regproc, 'difference ' || NULLIF(r.rngsubdiff::oid, 0)::regproc) FROM pg_range r WHERE r.rngtypid = t.oid)`;

/** Enums with their values in order, domains, composites, ranges and base types; the types that tables and arrays bring are none of them. */
const OWN_TYPES: SchemaQuery = () => `SELECT 'type ' || n.nspname || '.' || t.typname AS key,
    ${lines(
      `CASE t.typtype WHEN 'e' THEN coalesce(${ENUM}, 'no value') WHEN 'd' THEN ${DOMAIN} WHEN 'c' THEN coalesce(${COMPOSITE}, 'no attribute') WHEN 'r' THEN ${RANGE}
       WHEN 'b' THEN concat_ws(' ', 'base type', t.typinput::regproc, t.typoutput::regproc, t.typlen, t.typalign, t.typstorage) ELSE 'shell' END`,
      owner('t.typowner'),
      rights('t.typacl', 'T', 't.typowner'),
      comment('pg_type', 't.oid'),
    )} AS definition
  FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace LEFT JOIN pg_type b ON b.oid = t.typbasetype LEFT JOIN pg_class c ON c.oid = t.typrelid
  WHERE t.typtype IN ('e', 'd', 'c', 'r', 'b', 'p') AND (t.typtype <> 'c' OR c.relkind = 'c')
    AND NOT EXISTS (SELECT FROM pg_type element WHERE element.typarray = t.oid) AND ${ownSchema('n.nspname')} AND ${noMember('pg_type', 't.oid')}`;

const COLLATIONS: SchemaQuery = () => `SELECT 'collation ' || n.nspname || '.' || o.collname AS key,
    ${lines("(to_jsonb(o) - '{oid,collname,collnamespace,collowner,collversion}'::text[])::text", owner('o.collowner'), comment('pg_collation', 'o.oid'))} AS definition
  FROM pg_collation o JOIN pg_namespace n ON n.oid = o.collnamespace WHERE ${ownSchema('n.nspname')} AND ${noMember('pg_collation', 'o.oid')}`;

export const TYPES: readonly SchemaQuery[] = [OWN_TYPES, COLLATIONS];
