import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RehearsalImpossible } from '../../../src/rehearsal/database.ts';
import { mask, startWorld, value, type World } from './world.ts';

const PEOPLE = `CREATE TABLE people (id int PRIMARY KEY, name text, email text, phone text, note text);
  INSERT INTO people SELECT n, 'Mona Octocat the ' || n || 'th', 'mona' || n || '@octo-org.com', '+49 (151) 2345-' || 1000 + n, 'likes "tea"' || chr(10) || 'and cups no ' || n FROM generate_series(1, 20) n;`;
const RULES = '  public.people: { id: keep, name: { mask: name }, email: mask, phone: mask, note: mask }';

let world: World;
beforeAll(async () => {
  world = await startWorld(18);
});
afterAll(() => world.stop());

/** The message of the leak that is found, which must hold no value. */
async function leak(sql: string, rules: string): Promise<string> {
  const target = await world.database(`${PEOPLE}${sql}`);
  const error = await mask(target, `${RULES}\n${rules}`).then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof RehearsalImpossible)) throw error ?? new Error('no leak was found');
  expect(error.code).toBe('leak');
  expect(error.message).not.toMatch(/octo|mona|2345|tea/i);
  return error.message;
}

describe('a value of a masked column is found', () => {
  it.each<[string, string, string, RegExp]>([
    [
      'as a whole, in other case',
      "CREATE TABLE t (c text); INSERT INTO t VALUES ('MONA OCTOCAT THE 3TH')",
      'c: keep',
      /public\.t\.c: 1 × a value of public\.people\.name/,
    ],
    [
      'inside a longer text',
      "CREATE TABLE t (c varchar(90)); INSERT INTO t VALUES ('called Mona Octocat, the 3th; no answer')",
      'c: keep',
      /public\.t\.c: 1 × a value of public\.people\.name/,
    ],
    [
      'as an e-mail address in a log line',
      "CREATE TABLE t (c text); INSERT INTO t VALUES ('to=<mona7@octo-org.com>, sent')",
      'c: keep',
      /a value of public\.people\.email/,
    ],
    [
      'as a phone number that is written otherwise',
      "CREATE TABLE t (c text); INSERT INTO t VALUES ('tel 49-151-23451007!')",
      'c: keep',
      /public\.t\.c: 1 × a value of public\.people\.phone/,
    ],
    [
      'in jsonb, behind an escape',
      `CREATE TABLE t (c jsonb); INSERT INTO t VALUES ('{"a": [{"b": "x\\nMona Octocat the 3th"}]}')`,
      'c: keep',
      /public\.t\.c: 1 × a value of public\.people\.name/,
    ],
    [
      'in json, written with escapes',
      `CREATE TABLE t (c json); INSERT INTO t VALUES ('{"a": "M\\u006fna Octocat the 3th"}')`,
      'c: keep',
      /public\.t\.c: 1 × a value of public\.people\.name/,
    ],
    [
      'as a key in masked json',
      `CREATE TABLE t (c jsonb); INSERT INTO t VALUES ('{"mona3@octo-org.com": 1}')`,
      'c: mask',
      /public\.t\.c: .*a value of public\.people\.email/,
    ],
    [
      'in an array',
      "CREATE TABLE t (c text[]); INSERT INTO t VALUES (ARRAY['x', 'Mona Octocat the 3th'])",
      'c: keep',
      /public\.t\.c: 1 × a value of public\.people\.name/,
    ],
    [
      'in a composite',
      "CREATE TYPE pair AS (a int, b text); CREATE TABLE t (c pair); INSERT INTO t VALUES (ROW(1, 'Mona Octocat the 3th'))",
      'c: keep',
      /public\.t\.c: 1 × a value of public\.people\.name/,
    ],
    [
      'in bytes',
      "CREATE TABLE t (c bytea); INSERT INTO t VALUES (convert_to('x Mona Octocat the 3th', 'UTF8'))",
      'c: keep',
      /public\.t\.c: 1 × a value of public\.people\.name/,
    ],
    [
      'in xml',
      "CREATE TABLE t (c xml); INSERT INTO t VALUES ('<a>Mona Octocat the 3th</a>')",
      'c: keep',
      /public\.t\.c: 1 × a value of public\.people\.name/,
    ],
    [
      'over two lines',
      `CREATE TABLE t (c text); INSERT INTO t SELECT note FROM people WHERE id = 3`,
      'c: keep',
      /public\.t\.c: 1 × a value of public\.people\.note/,
    ],
    [
      'in a partition',
      "CREATE TABLE t (c text) PARTITION BY HASH (c); CREATE TABLE t1 PARTITION OF t FOR VALUES WITH (MODULUS 1, REMAINDER 0); INSERT INTO t VALUES ('Mona Octocat the 3th')",
      'c: keep',
      /public\.t\.c: 1 × a value of public\.people\.name/,
    ],
    [
      'in a default',
      "CREATE TABLE t (c text DEFAULT 'Mona Octocat the 3th')",
      'c: keep',
      /the default of public\.t\.c: 1 × a value of public\.people\.name/,
    ],
    [
      'in a check constraint',
      "CREATE TABLE t (c text CONSTRAINT her CHECK (c <> 'Mona Octocat the 3th'))",
      'c: keep',
      /the constraint her of public\.t: 1 × a value of public\.people\.name/,
    ],
    [
      'in a comment',
      "CREATE TABLE t (c text); COMMENT ON COLUMN t.c IS 'as Mona Octocat, the 3th, said'",
      'c: keep',
      /the comment on table column public\.t\.c: 1 × a value of public\.people\.name/,
    ],
    [
      'in a view',
      "CREATE TABLE t (c text); CREATE VIEW v AS SELECT FROM people WHERE name = 'Mona Octocat the 3th'",
      'c: keep',
      /the definition of view public\.v: 1 × a value of public\.people\.name/,
    ],
    [
      'in a function',
      "CREATE TABLE t (c text); CREATE FUNCTION f() RETURNS text LANGUAGE sql AS $$ SELECT 'Mona Octocat the 3th'::text $$",
      'c: keep',
      /the body of function public\.f: 1 × a value of public\.people\.name/,
    ],
    [
      'in the default of an argument',
      "CREATE TABLE t (c text); CREATE FUNCTION f(who text DEFAULT 'Mona Octocat the 3th') RETURNS text LANGUAGE sql AS 'SELECT who'",
      'c: keep',
      /the defaults and settings of function public\.f: 1 × a value of public\.people\.name/,
    ],
    [
      'in the default of a domain',
      "CREATE DOMAIN d AS text DEFAULT 'Mona Octocat the 3th'; CREATE TABLE t (c d)",
      'c: keep',
      /the default of domain public\.d: 1 × a value of public\.people\.name/,
    ],
    [
      'in a label of an enum',
      "CREATE TYPE e AS ENUM ('Mona Octocat the 3th'); CREATE TABLE t (c e)",
      'c: keep',
      /the labels of enum public\.e: 1 × a value of public\.people\.name/,
    ],
    [
      'in the predicate of an index',
      "CREATE TABLE t (c text); CREATE INDEX i ON t (c) WHERE c = 'Mona Octocat the 3th'",
      'c: keep',
      /the definition of index public\.i: 1 × a value of public\.people\.name/,
    ],
    [
      'in a policy',
      "CREATE TABLE t (c text); CREATE POLICY p ON t USING (c = 'Mona Octocat the 3th')",
      'c: keep',
      /the policy p on public\.t: 1 × a value of public\.people\.name/,
    ],
    [
      'in the condition of a trigger',
      "CREATE TABLE t (c text); CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'; CREATE TRIGGER g AFTER INSERT ON t FOR EACH ROW WHEN (NEW.c = 'Mona Octocat the 3th') EXECUTE FUNCTION f()",
      'c: keep',
      /the trigger g on public\.t: 1 × a value of public\.people\.name/,
    ],
    [
      'in an option of a foreign server',
      "CREATE TABLE t (c text); CREATE FOREIGN DATA WRAPPER w OPTIONS (kind 'none'); CREATE SERVER s FOREIGN DATA WRAPPER w OPTIONS (owner 'Mona Octocat the 3th')",
      'c: keep',
      /the options of server s: 1 × a value of public\.people\.name/,
    ],
    [
      'in an option of a user mapping',
      "CREATE TABLE t (c text); CREATE FOREIGN DATA WRAPPER w; CREATE SERVER s FOREIGN DATA WRAPPER w; CREATE USER MAPPING FOR PUBLIC SERVER s OPTIONS (owner 'Mona Octocat the 3th')",
      'c: keep',
      /the options of user mapping public for server s: 1 × a value of public\.people\.name/,
    ],
    [
      "in an option of an extension's foreign table",
      "CREATE TABLE t (c text); CREATE FOREIGN DATA WRAPPER w; CREATE SERVER s FOREIGN DATA WRAPPER w; CREATE FOREIGN TABLE f (c text) SERVER s OPTIONS (owner 'Mona Octocat the 3th'); ALTER EXTENSION plpgsql ADD FOREIGN TABLE f",
      'c: keep',
      /the options of foreign table (?:public\.)?f: 1 × a value of public\.people\.name/,
    ],
    [
      'in the row filter of a publication',
      "CREATE TABLE t (c text); CREATE PUBLICATION p FOR TABLE t WHERE (c = 'Mona Octocat the 3th')",
      'c: keep',
      /the row filter of publication p for (?:public\.)?t: 1 × a value of public\.people\.name/,
    ],
    [
      'in a generated column',
      "CREATE TABLE t (a int, c text, g text GENERATED ALWAYS AS ('Mona ' || c) STORED); INSERT INTO t VALUES (1, 'Octocat the 3th')",
      'a: keep\n    c: keep',
      /public\.t\.g: 1 × a value of public\.people\.name/,
    ],
    [
      'in a materialized view',
      "CREATE TABLE t (c text); INSERT INTO t VALUES ('Octocat the 3th'); CREATE MATERIALIZED VIEW m AS SELECT 'Mona ' || c AS n FROM t",
      'c: keep',
      /public\.m\.n: 1 × a value of public\.people\.name/,
    ],
    [
      'although it became null where it was',
      "CREATE TABLE t (c text, d text); INSERT INTO t VALUES ('secret remark here', 'a secret remark here!')",
      'c: null\n    d: keep',
      /public\.t\.d: 1 × a value of public\.t\.c/,
    ],
  ])('%s', async (_where, sql, rule, message) => {
    expect(await leak(sql, `  public.t:\n    ${rule}`)).toMatch(message);
  });
});

describe('what looks personal is found in kept columns', () => {
  it.each<[string, string, RegExp]>([
    ['an e-mail address', 'write to hubot@octo-org.org', /public\.t\.c: 1 × what looks like an e-mail address/],
    ['a phone number', 'call +1 212 555 0123', /public\.t\.c: 1 × what looks like a phone number/],
    ['a card number', 'paid with 4111-1111-1111-1111', /public\.t\.c: 1 × what looks like a card number/],
    ['an IBAN', 'from DE89 3704 0044 0532 0130 00', /public\.t\.c: 1 × what looks like an IBAN/],
  ])('%s', async (_what, text, message) => {
    const sql = `CREATE TABLE t (c text); INSERT INTO t VALUES ('${text}');`;
    expect(await leak(sql, '  public.t: { c: keep }')).toMatch(message);
    const target = await world.database(`${PEOPLE}${sql}`);
    await mask(target, `${RULES}\n  public.t: { c: { keep: reviewed } }`);
    expect(await value(target, 'SELECT c FROM t')).toBe(text);
  });

  it('in texts of the schema, unless a person has looked', async () => {
    const sql = "CREATE TABLE t (c int); COMMENT ON TABLE t IS 'ask hubot@octo-org.org';";
    expect(await leak(sql, '  public.t: { c: keep }')).toMatch(/the comment on table public\.t: 1 × what looks like an e-mail address/);
    const target = await world.database(`${PEOPLE}${sql}`);
    await mask(target, `version: 1\nschema-texts: reviewed\ntables:\n${RULES}\n  public.t: { c: keep }\n`);
  });
});

it('an e-mail address of a masked column is a leak even where a person has looked', async () => {
  const sql = "CREATE TABLE t (c text); INSERT INTO t VALUES ('Mona Octocat the 3th'), ('mona3@octo-org.com')";
  expect(await leak(sql, '  public.t: { c: { keep: reviewed } }')).toMatch(/public\.t\.c: \d × a value of public\.people\.email\nMask/);
});

it('masks of every kind look like nothing personal, and short values are not looked for', async () => {
  const kinds = ['text', 'name', 'email', 'phone', 'digits', 'uuid', 'address', 'card'];
  const target = await world.database(`
    CREATE TABLE many (${kinds.map((kind) => `${kind} text`).join(', ')}, doc jsonb, tags text[]);
    INSERT INTO many SELECT ${kinds.map((kind) => `'${kind} ' || n || ' 4111111111111111'`).join(', ')}, jsonb_build_object('a', '+49 151 ' || 2000000 + n, 'n', 4111111111111111 + n), ARRAY['tag number ' || n] FROM generate_series(1, 3000) n;
    CREATE TABLE kept (answer text); INSERT INTO kept VALUES ('yes'), ('no'), ('a b c d'), ('4711');
    CREATE TABLE short (answer text); INSERT INTO short VALUES ('yes'), ('no'), ('a b c d'), ('4711')`);
  const report = await mask(
    target,
    `  public.many:\n${kinds.map((kind) => `    ${kind}: { mask: ${kind} }`).join('\n')}\n    doc: mask\n    tags: mask\n  public.kept: { answer: keep }\n  public.short: { answer: mask }`,
  );
  expect(report.scan.values).toBeGreaterThan(30_000);
});

it('masks of digits may be other values by chance, and so may copies of them', async () => {
  const target = await world.database(`
    CREATE TABLE t (code text, number text, codes text[], bare text GENERATED ALWAYS AS (lower(code)) STORED);
    INSERT INTO t SELECT 'K' || 1000000 + n * 77, 4000000000 + n * 7, ARRAY['K' || 1000000 + n * 77] FROM generate_series(1, 25000) n;
    CREATE MATERIALIZED VIEW v AS SELECT code, number FROM t; ANALYZE`);
  const rules = '  public.t: { code: { mask: digits }, number: { mask: digits }, codes: { mask: digits } }';
  await mask(target, rules);
  expect(
    await value(target, "SELECT count(*)::int FROM t WHERE code IN (SELECT 'K' || 1000000 + n * 77 FROM generate_series(1, 25000) n)"),
  ).toBeGreaterThan(0);
});
