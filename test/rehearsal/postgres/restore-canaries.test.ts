/** Nothing of the data gets out of a restore that fails, whatever it fails with and however the dump was made. */
import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clientProgram, endAll, type Rehearsing, rehearseOn, sql } from './servers.ts';

/** What stands in the rows, in names that were made from rows, in comments, defaults and function bodies. */
const CANARIES = ['canary-7f3a@shop.example', 'canary_7f3a', '73190421'];
const [EMAIL = '', NAME = '', NUMBER = ''] = CANARIES;

/**
 * Kinds of errors: SQLSTATE, and what a function does that a CHECK of the restored table calls. `x` is the row's e-mail address, `n` its
 * number. A row of the table is what the server then quotes in CONTEXT.
 */
const KINDS: readonly (readonly [kind: string, sqlstate: string, body: string])[] = [
  ['RAISE with a value', 'P0001', "RAISE EXCEPTION 'no % here', x;"],
  ['RAISE with DETAIL and HINT', 'P0001', 'RAISE EXCEPTION USING MESSAGE = x, DETAIL = x, HINT = x;'],
  ['RAISE that pretends to be the server', 'P0001', 'RAISE EXCEPTION \'extension "%" is not available\', x;'],
  ['RAISE with names', '23505', 'RAISE unique_violation USING TABLE = x, COLUMN = x, CONSTRAINT = x, SCHEMA = x, DATATYPE = x;'],
  ['RAISE with a SQLSTATE of its own', 'CA7F3', "RAISE EXCEPTION 'own %', x USING ERRCODE = 'CA7F3';"],
  ['ASSERT', 'P0004', 'ASSERT false, x;'],
  ['NOTICE before an error', '22012', "RAISE NOTICE 'seen %', x; PERFORM n / 0;"],
  ['WARNING before an error', '22012', "RAISE WARNING 'seen %', x; PERFORM n / 0;"],
  ['INFO before an error', '22012', "RAISE INFO 'seen %', x; PERFORM n / 0;"],
  ['a text that is no integer', '22P02', 'PERFORM x::int;'],
  ['a text that is no uuid', '22P02', 'PERFORM x::uuid;'],
  ['a text that is no boolean', '22P02', 'PERFORM x::boolean;'],
  ['a text that is no date', '22007', 'PERFORM x::date;'],
  ['a date out of range', '22008', "PERFORM ('2026-13-' || n)::date;"],
  ['a text that is no interval', '22007', 'PERFORM x::interval;'],
  ['a text that is no JSON', '22P02', 'PERFORM x::json;'],
  ['a text that is no JSON path', '42601', 'PERFORM x::jsonpath;'],
  ['a text that is no array', '22P02', 'PERFORM x::int[];'],
  ['a text that is no range', '22P02', 'PERFORM x::int4range;'],
  ['a text that is no address', '22P02', 'PERFORM x::inet;'],
  ['a text that is no amount of money', '22P02', 'PERFORM x::money;'],
  ['a text that is no bit string', '22P02', 'PERFORM x::bit(8);'],
  ['a text that is no bytea', '22023', "PERFORM decode(x, 'hex');"],
  ['a text that is no base64', '22023', "PERFORM decode(x, 'base64');"],
  ['a text that is no regular expression', '2201B', "PERFORM 'a' ~ ('(' || x);"],
  ['a text that is no time zone', '22023', 'PERFORM now() AT TIME ZONE x;'],
  ['a text that is no encoding', '22023', "PERFORM convert_to('a', x);"],
  ['an unknown setting', '42704', 'PERFORM current_setting(x);'],
  ['a number out of range', '22003', 'PERFORM (n::text || n)::int;'],
  ['a number out of range of smallint', '22003', 'PERFORM n::smallint;'],
  ['a numeric overflow', '22003', 'PERFORM n::numeric(3, 1);'],
  ['a sequence out of range', '2200H', "PERFORM setval('public.few', 2), nextval('public.few');"],
  ['a text that is too long', '22001', 'INSERT INTO public.scratch (short) VALUES (x);'],
  ['a value of a domain', '23514', 'PERFORM x::public.no_mail;'],
  ['a label of an enum', '22P02', 'PERFORM x::public.mood;'],
  ['a key that is there already', '23505', 'CREATE TEMP TABLE own (key text UNIQUE); INSERT INTO pg_temp.own VALUES (x), (x);'],
  [
    'a foreign key',
    '23503',
    'CREATE TEMP TABLE parent (id text PRIMARY KEY); CREATE TEMP TABLE child (id text REFERENCES pg_temp.parent); INSERT INTO pg_temp.child VALUES (x);',
  ],
  ['a null', '23502', 'INSERT INTO public.scratch (key, needed) VALUES (x, NULL);'],
  ['a check', '23514', 'INSERT INTO public.scratch (key, small) VALUES (x, n);'],
  [
    'an exclusion',
    '23P01',
    'CREATE TEMP TABLE own (name text, span int4range, EXCLUDE USING gist (span WITH &&)); INSERT INTO pg_temp.own VALUES (x, int4range(1, n)), (x, int4range(2, n));',
  ],
  ['a generated column', '22P02', 'INSERT INTO public.generated (given) VALUES (x);'],
  ['no partition', '23514', 'INSERT INTO public.parts VALUES (x);'],
  ['a partition named after a value', '23514', `INSERT INTO public.parts_${NAME} VALUES (x);`],
  [
    'a trigger that raises',
    'P0001',
    'CREATE TEMP TABLE own (x text); CREATE TRIGGER watching BEFORE INSERT ON pg_temp.own FOR EACH ROW EXECUTE FUNCTION public.watch(); INSERT INTO pg_temp.own VALUES (x);',
  ],
  ['a query that names a value as a column', '42703', "EXECUTE 'SELECT ' || quote_ident(x);"],
  ['a query that names a value as a table', '42P01', "EXECUTE 'SELECT * FROM ' || quote_ident(x);"],
  ['a query that names a value as a function', '42883', "EXECUTE 'SELECT ' || quote_ident(x) || '()';"],
  ['a query that names a value as a type', '42704', "EXECUTE 'SELECT NULL::' || quote_ident(x);"],
  ['a query whose syntax is a value', '42601', 'EXECUTE x;'],
  [
    'a table called like a value twice',
    '42P07',
    "EXECUTE 'CREATE TABLE public.' || quote_ident(x) || '()'; EXECUTE 'CREATE TABLE public.' || quote_ident(x) || '()';",
  ],
  ['two rows where one is allowed', '21000', 'PERFORM (SELECT y FROM (VALUES (x), (x)) AS two (y));'],
  ['a statement that was cancelled', '57014', 'RAISE query_canceled USING MESSAGE = x;'],
  ['a character that the encoding lacks', '22021', "PERFORM convert_from(convert_to(x, 'UTF8') || '\\xff', 'UTF8');"],
];

/** The function does its mischief in a restore alone, where the search path is empty and `promote` restores. */
function schemaFor(body: string): string {
  return `
    DROP SCHEMA public CASCADE; CREATE SCHEMA public;
    CREATE DOMAIN no_mail AS text CONSTRAINT is_${NAME} CHECK (VALUE NOT LIKE '%@%');
    CREATE TYPE mood AS ENUM ('${NAME}_label', 'fine');
    CREATE SEQUENCE few MAXVALUE 2;
    CREATE TABLE parents (id text PRIMARY KEY);
    CREATE TABLE scratch (key text CONSTRAINT key_${NAME} UNIQUE, short varchar(3), parent text REFERENCES parents, needed int NOT NULL DEFAULT ${NUMBER},
      small int CONSTRAINT small_${NAME} CHECK (small < 10), span int4range, EXCLUDE USING gist (span WITH &&));
    CREATE TABLE generated (given text, made int GENERATED ALWAYS AS (given::int) STORED);
    CREATE TABLE parts (x text) PARTITION BY LIST (x);
    CREATE TABLE parts_${NAME} PARTITION OF parts FOR VALUES IN ('${NAME}');
    CREATE TABLE watched (x text);
    CREATE FUNCTION watch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'watched % of ${EMAIL}', NEW.x; END $$;
    CREATE TRIGGER watching BEFORE INSERT ON watched FOR EACH ROW EXECUTE FUNCTION watch();
    CREATE FUNCTION mischief(x text, n int) RETURNS boolean LANGUAGE plpgsql AS $f$ BEGIN
      IF current_setting('search_path') <> '' THEN RETURN true; END IF; -- ${EMAIL}
      ${body}
      RETURN true;
    END $f$;
    CREATE TABLE customers_${NAME} (email text DEFAULT '${EMAIL}', number int DEFAULT ${NUMBER}, CHECK (mischief(email, number)));
    COMMENT ON TABLE customers_${NAME} IS '${EMAIL}';
    INSERT INTO customers_${NAME} VALUES ('${EMAIL}', ${NUMBER});`;
}

let made: Rehearsing;
let restored: Rehearsing;
beforeAll(async () => {
  made = await rehearseOn(15);
  restored = await rehearseOn(15);
});
afterAll(endAll);

function dumpAs(format: string): string {
  const dump = join(made.folder, format);
  rmSync(dump, { recursive: true, force: true });
  execFileSync(clientProgram('pg_dump', 15), [`--format=${format}`, `--file=${dump}`], {
    env: { ...process.env, ...made.server.source.variables },
  });
  return dump;
}

describe.each(KINDS)('%s', (_, sqlstate, body) => {
  it('is told by its condition, without a value', async () => {
    await sql(made.server.source.url, schemaFor(body));
    for (const format of ['plain', 'custom', 'directory', 'tar']) {
      await sql(restored.server.source.url, 'DROP SCHEMA public CASCADE; CREATE SCHEMA public');
      const error = await restored.server.restore(dumpAs(format)).then(
        () => null,
        (thrown: Error) => thrown,
      );
      expect(error, `${format} did not fail`).not.toBeNull();
      expect(error?.message).toContain(`The snapshot`);
      // Of an archive the program gives no SQLSTATE; it met the same rows.
      if (format === 'plain') expect(error?.message).toContain(`(SQLSTATE ${sqlstate})`);
      const written = [error?.message, ...restored.logged].join('\n');
      for (const canary of CANARIES) expect(written).not.toContain(canary);
    }
  });
});
