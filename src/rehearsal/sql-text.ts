/** Comment | quoted name | string, plain or escaped | string in dollars, but not the body of a function, which has strings of its own. */
const QUOTING =
  /--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|"(?:[^"]|"")*"|(?:\b[eE]'(?:[^'\\]|''|\\[\s\S])*|'(?:[^']|'')*)(?:'|$)|(?<![\p{L}\p{N}_$])\$(?!(?:function|procedure)x*\$)(?<tag>(?:[\p{L}_][\p{L}\p{N}_]*)?)\$[\s\S]*?(?:\$\k<tag>\$|$)/gu;
/** A body in a language whose strings and comments are others than SQL's. */
const FOREIGN_BODY = /(?<head>\n LANGUAGE (?!plpgsql\b|sql\b)[\s\S]*?)(?<body>(?<quote>\$(?:function|procedure)x*\$)[\s\S]*\k<quote>)/;

/** A definition without its strings, which may be data, and without comments; every line stays where it is. */
export function withoutLiterals(definition: string): string {
  const emptied = (text: string, sign: string): string => `${sign}…${text.replaceAll(/[^\n]/g, '')}${sign}`;
  return definition
    .replace(FOREIGN_BODY, (_, head: string, body: string) => head + emptied(body, '$'))
    .replaceAll(QUOTING, (token) => {
      if (token.startsWith('"')) return token;
      return /^(?:--|\/\*)/.test(token) ? emptied(token, '') : emptied(token, "'");
    });
}

/** What PostgreSQL, SQLite and a description of ours write between names. A name that is one of these words tells nothing. */
const WORDS = new Set(
  `abs access action add after age aggregate all also alter always an and any anything array array_agg array_length as asc assignments asymmetric at attach attribute authorization
  autoincrement base before begin bernoulli between bigint bigserial binary bit bool boolean both box bpchar breadth brin btree btrim by bytea cache call called canonical cardinality
  cascade cascaded case cast ceil char character character_length char_length check cidr circle citext class clock_timestamp close cluster clustered coalesce collate collation column
  combine comment commit commutator concat concat_ws concurrently configuration conflict constant constraint copy cost count create cross cstring ctid cube current current_date
  current_role current_schema current_setting current_time current_timestamp current_user cursor cycle data database date datemultirange daterange date_part date_trunc day dec decimal
  declare decode default deferrable deferred definer delete depth desc diagnostics dictionary difference disable disabled distinct do domain double drop each else elsif elseif empty enable
  enabled encode end enum error event event_trigger every except exception exclude execute exists exit explicit extension external extract false family fetch fillfactor filter final
  first first_value float float4 float8 floor following for foreach foreign format found from full function gen_random_uuid generated get gin gist global grant greatest group grouping
  handler has hash having hint hour hstore identity if ilike immediate immutable implicit in include increment index inet inherit inherited inherits initially inner inout input insert
  instead int int2 int4 int4multirange int4range int8 int8multirange int8range integer intersect interval into invalid invoker is isfinite isnull json jsonb jsonb_agg jsonb_array_elements
  jsonb_build_object jsonb_path_query jsonb_set jsonb_typeof json_build_object key keys lag language large last last_value lateral lead leading leakproof least left length level like
  limit line list local localtime localtimestamp lock log logged loop lower lpad lseg ltree ltrim macaddr macaddr8 main map mapping match matched materialized max maximum maxvalue md5
  merge min minimum minute minvalue mod money month moving name natural negator new next nextval no nobody none not notice notify notnull nothing now null nullif nulls numeric nummultirange
  numrange object of off offset oid old on only open operator option options or order ordinality others out outer over overlaps overriding owned owner parallel parser part partial
  partition passing path perform permissive pg_catalog point policy polygon position power preceding precision prepared primary print procedure procedural public publication query
  quote_ident quote_literal raise random range rank read real record recursive ref references referencing refresh regclass regproc regprocedure regexp_matches regexp_replace regrole
  regtype reindex rename repeat replace replica reset restart restrict restricted restrictive return returning returns reverse rewrite right rights role rollback rollup round row rowid
  row_count row_number rows rowtype rpad rtrim rule safe savepoint schema scroll search second security select sequence serial server session session_user set setof setval sha256 share
  show similar simple skip slice smallint smallserial snapshot some split_part sql sqlstate stable start starts_with state statement statement_timestamp statistics stored storage strict
  string_agg strpos subscription subscript substr substring sum support symmetric system table tables tablesample tablespace target template temp temporary text then ties time timeofday
  timestamp timestamptz timetz timezone tinterval to toast token to_char to_date to_json to_jsonb to_number to_timestamp to_tsquery to_tsvector trailing transaction transaction_timestamp
  transform transition trigger trim true trunc truncate trusted tsmultirange tsquery tsrange tstzmultirange tstzrange tsvector txid_current type types unbounded uncommitted union unique
  unknown unlogged unnest unsafe until update upper usage user using uuid uuid_generate_v4 uuidv7 vacuum valid validate validated value values varbit varchar variadic varying verbose version
  view views virtual void volatile was weekday when where while window with within without work wrapper write xml xid year zone
  settings rights mapping schemas functions types sequences
  plpgsql plpython3u plperl plpgsql c internal btree_gist superuser grantable what which member may with_oids`.split(/\s+/),
);

/** Whether a word belongs to the language, and names nothing of the team's. */
export function isSqlWord(word: string): boolean {
  return WORDS.has(word.toLowerCase());
}

/** A type with its length or precision, which is no value: `varchar(80)`. The group is the whole of it. */
export const TYPE_LENGTH = String.raw`\b((?:character varying|varchar|character|char|bpchar|numeric|decimal|bit varying|bit|varbit|timestamp|timestamptz|time|timetz|interval|float|vector)\s?\(\d{1,7}(?:\s?,\s?-?\d{1,4})?\))`;
