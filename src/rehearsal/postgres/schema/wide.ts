import { comment, labelled, lines, noMember, options, owner, rights, type SchemaQuery } from './parts.ts';

/** What belongs to the database as a whole and lies in no schema. */

const EXTENSIONS: SchemaQuery =
  () => `SELECT 'extension ' || x.extname AS key, ${lines(labelled('version', 'x.extversion'), labelled('schema', 'n.nspname'))} AS definition
  FROM pg_extension x JOIN pg_namespace n ON n.oid = x.extnamespace`;

const PUBLICATIONS: SchemaQuery = (major) => `SELECT 'publication ' || p.pubname AS key,
    ${lines(
      "(to_jsonb(p) - '{oid,pubname,pubowner}'::text[])::text",
      major >= 15
        ? "(SELECT string_agg('table ' || r.prrelid::regclass || coalesce(' (' || (SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) FROM pg_attribute a WHERE a.attrelid = r.prrelid AND a.attnum = ANY (r.prattrs)) || ')', '') || coalesce(' where ' || pg_get_expr(r.prqual, r.prrelid), ''), E'\\n' ORDER BY r.prrelid::regclass::text) FROM pg_publication_rel r WHERE r.prpubid = p.oid)"
        : "(SELECT string_agg('table ' || r.prrelid::regclass, E'\\n' ORDER BY r.prrelid::regclass::text) FROM pg_publication_rel r WHERE r.prpubid = p.oid)",
      ...(major >= 15
        ? [
            "(SELECT string_agg('schema ' || s.pnnspid::regnamespace, E'\\n' ORDER BY s.pnnspid::regnamespace::text) FROM pg_publication_namespace s WHERE s.pnpubid = p.oid)",
          ]
        : []),
      owner('p.pubowner'),
      comment('pg_publication', 'p.oid'),
    )} AS definition
  FROM pg_publication p`;

/** How a subscription connects only a superuser may read, and it may hold a password. */
const SUBSCRIPTIONS: SchemaQuery = () => `SELECT 'subscription ' || s.subname AS key,
    ${lines("concat_ws(' ', CASE WHEN s.subenabled THEN 'enabled' ELSE 'disabled' END, 'to', array_to_string(s.subpublications, ', '))", owner('s.subowner'))} AS definition
  FROM pg_subscription s WHERE s.subdbid = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())`;

const EVENT_TRIGGERS: SchemaQuery = () => `SELECT 'event trigger ' || t.evtname AS key,
    ${lines(
      "concat_ws(' ', 'on', t.evtevent, 'runs', t.evtfoid::regproc, 'for ' || array_to_string(t.evttags, ', '), CASE t.evtenabled WHEN 'D' THEN 'disabled' WHEN 'R' THEN 'enabled on replicas' WHEN 'A' THEN 'enabled always' END)",
      owner('t.evtowner'),
      comment('pg_event_trigger', 't.oid'),
    )} AS definition
  FROM pg_event_trigger t WHERE ${noMember('pg_event_trigger', 't.oid')}`;

const DEFAULT_RIGHTS: SchemaQuery =
  () => `SELECT concat('default rights of ', pg_get_userbyid(d.defaclrole), coalesce(' in schema ' || n.nspname, ''), ' on ', CASE d.defaclobjtype WHEN 'r' THEN 'tables' WHEN 'S' THEN 'sequences' WHEN 'f' THEN 'functions' WHEN 'T' THEN 'types' WHEN 'n' THEN 'schemas' ELSE d.defaclobjtype::text END) AS key,
    ${rights('d.defaclacl', null, 'd.defaclrole')} AS definition
  FROM pg_default_acl d LEFT JOIN pg_namespace n ON n.oid = d.defaclnamespace`;

const LANGUAGES: SchemaQuery = () => `SELECT 'language ' || l.lanname AS key,
    ${lines(owner('l.lanowner'), rights('l.lanacl', 'l', 'l.lanowner'), comment('pg_language', 'l.oid'))} AS definition
  FROM pg_language l WHERE l.lanispl AND ${noMember('pg_language', 'l.oid')}`;

/** Options of user mappings hold passwords, and only their owners may read them. */
const FOREIGN: SchemaQuery = () => `SELECT 'foreign data wrapper ' || w.fdwname AS key,
    ${lines("concat_ws(' ', 'handler ' || NULLIF(w.fdwhandler, 0)::regproc, 'validator ' || NULLIF(w.fdwvalidator, 0)::regproc)", options('w.fdwoptions'), owner('w.fdwowner'), rights('w.fdwacl', 'F', 'w.fdwowner'))} AS definition
  FROM pg_foreign_data_wrapper w WHERE ${noMember('pg_foreign_data_wrapper', 'w.oid')}
  UNION ALL
  SELECT 'server ' || s.srvname, ${lines(labelled('type', 's.srvtype'), labelled('version', 's.srvversion'), options('s.srvoptions'), owner('s.srvowner'), rights('s.srvacl', 'S', 's.srvowner'))}
  FROM pg_foreign_server s WHERE ${noMember('pg_foreign_server', 's.oid')}
  UNION ALL
  SELECT 'user mapping for ' || m.usename || ' on ' || m.srvname, '' FROM pg_user_mappings m`;

/** Settings that hold in this database, for everybody or for one role. */
const SETTINGS: SchemaQuery = () => `SELECT 'settings' || coalesce(' of ' || r.rolname, '') AS key,
    (SELECT string_agg(o, E'\\n' ORDER BY o) FROM unnest(s.setconfig) o) AS definition
  FROM pg_db_role_setting s LEFT JOIN pg_roles r ON r.oid = s.setrole
  WHERE s.setdatabase = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())`;

export const WIDE: readonly SchemaQuery[] = [
  EXTENSIONS,
  PUBLICATIONS,
  SUBSCRIPTIONS,
  EVENT_TRIGGERS,
  DEFAULT_RIGHTS,
  LANGUAGES,
  FOREIGN,
  SETTINGS,
];
