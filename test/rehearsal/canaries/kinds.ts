/** The canaries, and every kind of error that can carry one: what stands in production's rows must not be told by any of them. */

/** Values that stand nowhere else. Each is searched for in whatever case. */
export const WORD = 'zqxkanari93k';
export const MAIL = `${WORD}@mail.example`;
export const NUMBER = '917346028519';
export const SMALL = '93187';
export const DAY = '2971-08-29';
export const UUID = 'decade71-5eed-4bad-9c0d-zz1234567890';
const CANARIES = [WORD, NUMBER, SMALL, DAY, UUID.slice(0, 18)];

/** As a number of its own: among the digits of a time or a measurement five of them turn up by chance. */
const SMALL_NUMBER = new RegExp(`(?<![\\d.])${SMALL}(?!\\d)`);

/** The canaries that are in a text; none may be in what the product writes. */
export function canariesIn(text: string): readonly string[] {
  const lower = text.toLowerCase();
  return CANARIES.filter((canary) => (canary === SMALL ? SMALL_NUMBER.test(lower) : lower.includes(canary)));
}

/** By name: the SQLSTATE, and one statement that ends with it wherever it runs. The server's own words hold a canary, but for `silent`. */
export interface Kind {
  readonly code: string;
  readonly sql: string;
  /** Why the server's words hold no canary. */
  readonly silent?: string;
}

const block = (body: string): string => `DO $k$ ${body} $k$`;
const raised = (code: string, more = ''): string => block(`BEGIN RAISE EXCEPTION '${MAIL}' USING ERRCODE = '${code}'${more}; END`);
/** A table of the statement's own, whose rows a statement then violates. */
const table = (columns: string, statement: string): string =>
  block(`BEGIN CREATE TEMP TABLE kanari (${columns}) ON COMMIT DROP; ${statement}; END`);

export const KINDS: Readonly<Record<string, Kind>> = {
  'RAISE with a value': { code: 'P0001', sql: raised('P0001') },
  'RAISE with DETAIL': { code: 'P0001', sql: raised('P0001', `, DETAIL = '${WORD}'`) },
  'RAISE with HINT': { code: 'P0001', sql: raised('P0001', `, HINT = '${NUMBER}'`) },
  'RAISE on several lines': { code: 'P0001', sql: block(`BEGIN RAISE EXCEPTION E'one\\n${MAIL}\\nDETAIL:  ${WORD}\\nERROR: ${DAY}'; END`) },
  'RAISE that looks like another error': {
    code: '23505',
    sql: raised('23505', `, DETAIL = 'Key (${MAIL})=(${WORD}) already exists.'`),
  },
  'RAISE that names what is not there': {
    code: '23514',
    sql: raised('23514', `, SCHEMA = '${WORD}', TABLE = '${WORD}', COLUMN = '${WORD}', CONSTRAINT = '${WORD}', DATATYPE = '${WORD}'`),
  },
  'RAISE with a code of its own': { code: 'ZQ001', sql: raised('ZQ001') },
  'NOTICE, WARNING, INFO and LOG before the error': {
    code: '22012',
    sql: block(
      `BEGIN RAISE NOTICE '${MAIL}'; RAISE WARNING '${WORD}'; RAISE INFO '${NUMBER}'; RAISE LOG '${DAY}'; PERFORM ${SMALL} / 0; END`,
    ),
  },
  assert: { code: 'P0004', sql: block(`BEGIN ASSERT false, '${MAIL}'; END`) },
  'dynamic SQL, whose text is the CONTEXT': { code: '22012', sql: block(`BEGIN EXECUTE 'SELECT ${NUMBER} / 0 AS ${WORD}'; END`) },
  'a unique violation': { code: '23505', sql: table('v text UNIQUE', `INSERT INTO kanari VALUES ('${MAIL}'), ('${MAIL}')`) },
  'a unique index on an expression': {
    code: '23505',
    sql: table('v text', `CREATE UNIQUE INDEX ON kanari (upper(v)); INSERT INTO kanari VALUES ('${WORD}'), ('${WORD}')`),
  },
  'a foreign key without its partner': {
    code: '23503',
    sql: table('v text PRIMARY KEY, w text REFERENCES kanari', `INSERT INTO kanari VALUES ('one', '${MAIL}')`),
  },
  'NOT NULL': { code: '23502', sql: table('v text, w int NOT NULL', `INSERT INTO kanari VALUES ('${MAIL}', NULL)`) },
  CHECK: { code: '23514', sql: table("v text CHECK (v = 'no')", `INSERT INTO kanari VALUES ('${MAIL}')`) },
  'CHECK that is named like data': {
    code: '23514',
    sql: table(`v int CONSTRAINT "${WORD}" CHECK (v < 0)`, `INSERT INTO kanari VALUES (${SMALL})`),
  },
  exclusion: {
    code: '23P01',
    sql: table('v int4range, EXCLUDE USING gist (v WITH &&)', `INSERT INTO kanari VALUES ('[1,${SMALL}]'), ('[2,${SMALL}]')`),
  },
  'a partition that is missing': {
    code: '23514',
    sql: block(`BEGIN CREATE TEMP TABLE kanari (v text) PARTITION BY LIST (v) ON COMMIT DROP; INSERT INTO kanari VALUES ('${MAIL}'); END`),
  },
  'a partition that is named like data': {
    code: '23502',
    sql: block(
      `BEGIN CREATE TEMP TABLE kanari (v text, w int NOT NULL) PARTITION BY LIST (v) ON COMMIT DROP; CREATE TEMP TABLE "kanari_${WORD}" PARTITION OF kanari DEFAULT ON COMMIT DROP; INSERT INTO kanari VALUES ('a', NULL); END`,
    ),
  },
  'a domain': {
    code: '23514',
    sql: block(
      `BEGIN CREATE DOMAIN pg_temp.kanari AS text CONSTRAINT "${WORD}" CHECK (VALUE = 'no'); PERFORM '${MAIL}'::pg_temp.kanari; END`,
    ),
  },
  'a label that an enum lacks': {
    code: '22P02',
    sql: block(`BEGIN CREATE TYPE pg_temp.kanari AS ENUM ('a'); PERFORM '${MAIL}'::pg_temp.kanari; END`),
  },
  'a generated column': {
    code: '22P02',
    sql: table('v text, w int GENERATED ALWAYS AS (v::int) STORED', `INSERT INTO kanari VALUES ('${MAIL}')`),
  },
  'a trigger that raises': {
    code: 'P0001',
    sql: table(
      'v text',
      `CREATE FUNCTION pg_temp.kanari() RETURNS trigger LANGUAGE plpgsql AS $t$ BEGIN RAISE EXCEPTION 'no %', NEW.v; END $t$; CREATE TRIGGER t BEFORE INSERT ON kanari FOR EACH ROW EXECUTE FUNCTION pg_temp.kanari(); INSERT INTO kanari VALUES ('${MAIL}')`,
    ),
  },
  'a text too long': { code: '22001', sql: table('v varchar(3)', `INSERT INTO kanari VALUES ('${MAIL}')`) },
  'text as an integer': { code: '22P02', sql: `SELECT '${MAIL}'::int` },
  'text as a boolean': { code: '22P02', sql: `SELECT '${WORD}'::boolean` },
  'text as an uuid': { code: '22P02', sql: `SELECT '${UUID}'::uuid` },
  'text as a number': { code: '22P02', sql: `SELECT '${WORD}'::numeric` },
  'text as a date': { code: '22007', sql: `SELECT '${WORD}'::date` },
  'a date out of range': { code: '22008', sql: `SELECT '2971-02-39'::date`, silent: 'no canary is a date that is none' },
  'text as an instant': { code: '22007', sql: `SELECT '${WORD}'::timestamptz` },
  'text as an interval': { code: '22007', sql: `SELECT '${WORD}'::interval` },
  'text as an address': { code: '22P02', sql: `SELECT '${WORD}'::inet` },
  'text as bits': { code: '22P02', sql: `SELECT '${WORD}'::bit(8)`, silent: 'it tells the first sign only' },
  'text as money': { code: '22P02', sql: `SELECT '${WORD}'::money` },
  'text as a range': { code: '22P02', sql: `SELECT '${WORD}'::int4range` },
  'a range the wrong way round': { code: '22000', sql: `SELECT '[${SMALL},1]'::int4range`, silent: 'it tells no bound' },
  'text as a point': { code: '22P02', sql: `SELECT '${WORD}'::point` },
  'text as bytes': { code: '22023', sql: `SELECT '\\x${WORD}'::bytea`, silent: 'it tells one sign' },
  'JSON that is none': { code: '22P02', sql: `SELECT '{"a": ${WORD}}'::jsonb` },
  'XML that is none': { code: '2200M', sql: `SELECT xmlparse(document '<a>${WORD}</b>')` },
  'a JSON path that is none': { code: '42601', sql: `SELECT '$.a ${WORD}'::jsonpath`, silent: 'it tells the place only' },
  'an array that is none': { code: '22P02', sql: `SELECT '{${WORD}'::text[]` },
  'an array out of shape': { code: '2202E', sql: `SELECT ARRAY[[1, ${SMALL}], [2]]`, silent: 'it tells no element' },
  'a subscript out of range': {
    code: '54000',
    sql: block(`DECLARE a int[] := '{1}'; BEGIN a[2147483000] := ${SMALL}; END`),
    silent: 'it tells no element',
  },
  'a number too large': { code: '22003', sql: `SELECT '${NUMBER}'::text::int` },
  'a number too large for a column': { code: '22003', sql: `SELECT ${NUMBER}::numeric(6,2)`, silent: 'it tells the precision only' },
  'division by zero': {
    code: '22012',
    sql: block(`DECLARE v int := ${SMALL}; BEGIN v := v / 0; END`),
    silent: 'it tells the expression only',
  },
  'an unknown encoding': { code: '22023', sql: `SELECT convert_from('a', '${WORD}')` },
  'bytes in no encoding': {
    code: '22021',
    sql: `SELECT convert_from('\\x${Buffer.from(WORD).toString('hex')}ff'::bytea, 'UTF8')`,
    silent: 'it tells the byte',
  },
  'a pattern that is none': { code: '2201B', sql: `SELECT 'a' ~ '${WORD}('`, silent: 'it tells no pattern' },
  'a number in another format': { code: '22P02', sql: `SELECT to_number('${WORD}', '999')`, silent: 'it tells a part of it' },
  'a date in another format': { code: '22007', sql: `SELECT to_date('${WORD}', 'YYYY')`, silent: 'it tells a part of it' },
  'a right that is missing': {
    code: '42501',
    sql: block(
      `BEGIN GRANT USAGE ON SCHEMA public TO pg_monitor; CREATE TABLE public."${WORD}" (v int); SET LOCAL ROLE pg_monitor; PERFORM * FROM public."${WORD}"; END`,
    ),
  },
  'a row level policy': {
    code: '42501',
    sql: table(
      'v text',
      `ALTER TABLE kanari ENABLE ROW LEVEL SECURITY; GRANT ALL ON kanari TO PUBLIC; CREATE POLICY "${WORD}" ON kanari AS RESTRICTIVE USING (true) WITH CHECK (v <> '${MAIL}'); CREATE POLICY p ON kanari USING (true); EXECUTE 'SET LOCAL ROLE pg_monitor'; INSERT INTO kanari VALUES ('${MAIL}')`,
    ),
  },
  'a table that is missing': { code: '42P01', sql: `SELECT * FROM "${WORD}"` },
  'a column that is missing': { code: '42703', sql: `SELECT "${MAIL}"` },
  'a function that is missing': { code: '42883', sql: `SELECT "${WORD}"(${SMALL})` },
  'a type that is missing': { code: '42704', sql: `SELECT NULL::"${WORD}"` },
  'a role that is missing': { code: '22023', sql: block(`BEGIN PERFORM set_config('role', '${WORD}', true); END`) },
  'a schema that is missing': { code: '3F000', sql: `CREATE TABLE "${WORD}".t (v int)` },
  'an extension that is missing': {
    code: '0A000',
    sql: block(`BEGIN RAISE NOTICE '${MAIL}'; CREATE EXTENSION kanari; END`),
    silent: 'which extensions a database needs is no data, and has to be told for somebody to install it',
  },
  'an object that is there already': {
    code: '42P07',
    sql: block(`BEGIN CREATE TEMP TABLE "${WORD}" (v int) ON COMMIT DROP; CREATE TEMP TABLE "${WORD}" (v int); END`),
  },
  'a cursor that is missing': { code: '34000', sql: block(`DECLARE c refcursor := '${WORD}'; v int; BEGIN FETCH c INTO v; END`) },
  'a cursor that is open already': {
    code: '42P03',
    sql: block(`DECLARE c refcursor := '${WORD}'; BEGIN OPEN c FOR SELECT 1; OPEN c FOR SELECT 1; END`),
  },
  'a syntax error beside a value': { code: '42601', sql: block(`BEGIN EXECUTE 'SELECT 1 FROM ''${MAIL}'''; END`) },
  'a quote that never ends': { code: '42601', sql: block(`BEGIN EXECUTE 'SELECT ''${MAIL}'; END`) },
  'a name too long': {
    code: '42P01',
    sql: block(`BEGIN EXECUTE 'SELECT * FROM "${WORD.repeat(8)}"'; END`),
  },
  'a parameter of the server': { code: '22023', sql: block(`BEGIN PERFORM set_config('work_mem', '${WORD}', true); END`) },
  'several rows where one may be': {
    code: '21000',
    sql: block(`BEGIN EXECUTE 'SELECT (SELECT v FROM (VALUES (''${MAIL}''), (''b'')) t (v))'; END`),
  },
  'a statement too deep': {
    code: '54001',
    sql: block(
      `BEGIN CREATE FUNCTION pg_temp.kanari(v text) RETURNS text LANGUAGE plpgsql AS $t$ BEGIN RETURN pg_temp.kanari('${WORD}'); END $t$; PERFORM pg_temp.kanari('${MAIL}'); END`,
    ),
  },
  'text as a time zone': { code: '22023', sql: block(`BEGIN PERFORM set_config('timezone', '1${WORD}', true); END`) },
  'text as base64': { code: '22023', sql: `SELECT decode('${WORD}!', 'base64')`, silent: 'it tells one sign' },
  'an unknown setting': { code: '42704', sql: `SELECT current_setting('${WORD}')` },
  'a sequence at its end': {
    code: '2200H',
    sql: block(`BEGIN CREATE TEMP SEQUENCE "${WORD}" MAXVALUE 2; PERFORM nextval('pg_temp."${WORD}"') FROM generate_series(1, 3); END`),
  },
  'a server that pretends to be lost': { code: '57P01', sql: raised('57P01') },
  'RAISE that pretends to lack an extension': {
    code: 'P0001',
    sql: block(`BEGIN RAISE EXCEPTION 'extension "${WORD}" is not available'; END`),
  },
  'RAISE that pretends to be a row of COPY': {
    code: '22P02',
    sql: block(`BEGIN RAISE EXCEPTION E'x\\nCONTEXT:  COPY ${WORD}, line ${NUMBER}' USING ERRCODE = '22P02'; END`),
  },
  'a lock that is not had in time': { code: '55P03', sql: raised('55P03') },
  'a statement that takes too long': { code: '57014', sql: raised('57014') },
  'a serialization failure': { code: '40001', sql: raised('40001', `, DETAIL = 'Reason code: ${WORD}.'`) },
  'a deadlock': { code: '40P01', sql: raised('40P01', `, DETAIL = 'Process 1: UPDATE t SET v = ''${MAIL}'''`) },
};

/** A table with a canary in a column of every sort, in comments, defaults, a policy, an enum, a partition; a CHECK runs `canary.sql`. */
export const PEOPLE = `
CREATE FUNCTION public.boom(v text) RETURNS boolean LANGUAGE plpgsql AS $f$
DECLARE said text := '${WORD} ${MAIL}';
BEGIN
  IF coalesce(current_setting('canary.sql', true), '') <> '' THEN EXECUTE current_setting('canary.sql'); END IF;
  RETURN true;
END $f$;
CREATE FUNCTION public.boomed(v text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $f$ BEGIN RETURN public.boom(v); END $f$;
CREATE TYPE public.mood AS ENUM ('fine', '${WORD}');
CREATE TABLE public.people (
  id int PRIMARY KEY, word text DEFAULT '${WORD}', mail varchar(80), n bigint, small int, amount numeric, day date, at timestamptz, doc jsonb, list text[], mood public.mood,
  CONSTRAINT booming CHECK (public.boom(word)));
COMMENT ON TABLE public.people IS 'of ${MAIL}';
COMMENT ON COLUMN public.people.word IS '${WORD} and ${NUMBER}';
CREATE POLICY "${WORD}" ON public.people USING (word = '${WORD}');
CREATE TABLE public.parts (id int NOT NULL, word text) PARTITION BY LIST (word);
CREATE TABLE public."parts_${WORD}" PARTITION OF public.parts FOR VALUES IN ('${WORD}');
`;
const COLUMNS = [1, WORD, MAIL, NUMBER, SMALL, NUMBER, DAY, `${DAY} 10:00:00+00`, `{"a": "${MAIL}"}`, `{${WORD}}`, WORD];
/** Its row as COPY writes it. */
export const PERSON = COLUMNS.join('\t');
/** Its row as a statement. */
export const INSERT_PERSON = `INSERT INTO public.people VALUES (${COLUMNS.map((value) => `'${value}'`).join(', ')});`;
/** With it, gathering statistics runs `canary.sql`. */
export const INDEX_ON_BOOM = 'CREATE INDEX on_boom ON public.people (public.boomed(word))';
