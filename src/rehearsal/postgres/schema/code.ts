import { comment, labelled, lines, noMember, owner, ownSchema, rights, type SchemaQuery } from './parts.ts';

/** Functions, procedures, window functions. */
const ROUTINES: SchemaQuery =
  () => `SELECT CASE p.prokind WHEN 'p' THEN 'procedure ' ELSE 'function ' END || n.nspname || '.' || p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')' AS key,
    ${lines('pg_get_functiondef(p.oid)', owner('p.proowner'), rights('p.proacl', 'f', 'p.proowner'), comment('pg_proc', 'p.oid'))} AS definition
  FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
  WHERE p.prokind <> 'a' AND ${ownSchema('n.nspname')} AND ${noMember('pg_proc', 'p.oid')}
    AND NOT EXISTS (SELECT FROM pg_depend i WHERE i.classid = 'pg_proc'::regclass AND i.objid = p.oid AND i.deptype = 'i')`;

const AGGREGATES: SchemaQuery =
  () => `SELECT 'aggregate ' || n.nspname || '.' || p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')' AS key,
    ${lines(
      "concat_ws(' ', 'state', format_type(a.aggtranstype, NULL), 'by', a.aggtransfn::regproc, 'final ' || NULLIF(a.aggfinalfn::oid, 0)::regproc, 'combine ' || NULLIF(a.aggcombinefn::oid, 0)::regproc, 'moving ' || NULLIF(a.aggmtransfn::oid, 0)::regproc, a.aggkind, p.proparallel)",
      labelled('initially', 'quote_literal(a.agginitval)'),
      owner('p.proowner'),
      rights('p.proacl', 'f', 'p.proowner'),
      comment('pg_proc', 'p.oid'),
    )} AS definition
  FROM pg_proc p JOIN pg_aggregate a ON a.aggfnoid = p.oid JOIN pg_namespace n ON n.oid = p.pronamespace
  WHERE ${ownSchema('n.nspname')} AND ${noMember('pg_proc', 'p.oid')}`;

const OPERATORS: SchemaQuery = () => `SELECT 'operator ' || o.oid::regoperator AS key,
    ${lines(
      "concat_ws(' ', 'returns', format_type(o.oprresult, NULL), 'by', o.oprcode::regproc, 'commutator ' || NULLIF(o.oprcom, 0)::regoperator, 'negator ' || NULLIF(o.oprnegate, 0)::regoperator, 'restrict ' || NULLIF(o.oprrest::oid, 0)::regproc, 'join ' || NULLIF(o.oprjoin::oid, 0)::regproc, CASE WHEN o.oprcanmerge THEN 'merges' END, CASE WHEN o.oprcanhash THEN 'hashes' END)",
      owner('o.oprowner'),
      comment('pg_operator', 'o.oid'),
    )} AS definition
  FROM pg_operator o JOIN pg_namespace n ON n.oid = o.oprnamespace WHERE ${ownSchema('n.nspname')} AND ${noMember('pg_operator', 'o.oid')}`;

const OPERATOR_CLASSES: SchemaQuery = () => `SELECT 'operator class ' || n.nspname || '.' || o.opcname || ' by ' || m.amname AS key,
    ${lines(
      "concat_ws(' ', 'for', format_type(o.opcintype, NULL), 'in family', f.opfname, CASE WHEN o.opcdefault THEN 'default' END, 'stored as ' || format_type(NULLIF(o.opckeytype, 0), NULL))",
      "(SELECT string_agg('operator ' || x.amopstrategy || ' ' || x.amopopr::regoperator, E'\\n' ORDER BY x.amopstrategy, x.amopopr::regoperator::text) FROM pg_amop x WHERE x.amopfamily = o.opcfamily AND x.amoplefttype = o.opcintype)",
      "(SELECT string_agg('function ' || x.amprocnum || ' ' || x.amproc::regprocedure, E'\\n' ORDER BY x.amprocnum, x.amproc::regprocedure::text) FROM pg_amproc x WHERE x.amprocfamily = o.opcfamily AND x.amproclefttype = o.opcintype)",
      owner('o.opcowner'),
    )} AS definition
  FROM pg_opclass o JOIN pg_namespace n ON n.oid = o.opcnamespace JOIN pg_am m ON m.oid = o.opcmethod JOIN pg_opfamily f ON f.oid = o.opcfamily
  WHERE ${ownSchema('n.nspname')} AND ${noMember('pg_opclass', 'o.oid')}`;

/** Casts have no schema: those that the server brought have the numbers of its beginning. */
const CASTS: SchemaQuery = () => `SELECT 'cast ' || format_type(k.castsource, NULL) || ' to ' || format_type(k.casttarget, NULL) AS key,
    ${lines(
      "concat_ws(' ', CASE k.castmethod WHEN 'f' THEN 'by ' || k.castfunc::regprocedure WHEN 'i' THEN 'by text' ELSE 'as it is' END, CASE k.castcontext WHEN 'i' THEN 'implicit' WHEN 'a' THEN 'in assignments' ELSE 'explicit' END)",
      comment('pg_cast', 'k.oid'),
    )} AS definition
  FROM pg_cast k WHERE k.oid >= 16384 AND ${noMember('pg_cast', 'k.oid')}`;

const TEXT_SEARCH: SchemaQuery = () => `SELECT 'text search configuration ' || n.nspname || '.' || g.cfgname AS key,
    ${lines(
      "'parser ' || (SELECT r.prsname FROM pg_ts_parser r WHERE r.oid = g.cfgparser)",
      "(SELECT string_agg('token ' || m.maptokentype || ' ' || m.mapseqno || ' by ' || m.mapdict::regdictionary, E'\\n' ORDER BY m.maptokentype, m.mapseqno) FROM pg_ts_config_map m WHERE m.mapcfg = g.oid)",
      owner('g.cfgowner'),
      comment('pg_ts_config', 'g.oid'),
    )} AS definition
  FROM pg_ts_config g JOIN pg_namespace n ON n.oid = g.cfgnamespace WHERE ${ownSchema('n.nspname')} AND ${noMember('pg_ts_config', 'g.oid')}
  UNION ALL
  SELECT 'text search dictionary ' || n.nspname || '.' || y.dictname,
    ${lines("'template ' || (SELECT p.tmplname FROM pg_ts_template p WHERE p.oid = y.dicttemplate)", labelled('options', 'y.dictinitoption'), owner('y.dictowner'), comment('pg_ts_dict', 'y.oid'))}
  FROM pg_ts_dict y JOIN pg_namespace n ON n.oid = y.dictnamespace WHERE ${ownSchema('n.nspname')} AND ${noMember('pg_ts_dict', 'y.oid')}`;

export const CODE: readonly SchemaQuery[] = [ROUTINES, AGGREGATES, OPERATORS, OPERATOR_CLASSES, CASTS, TEXT_SEARCH];
