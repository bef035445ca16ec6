import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RehearsalImpossible } from '../../../src/rehearsal/database.ts';
import { type Connection, connected } from '../../../src/rehearsal/postgres/connection.ts';
import { describeSchema } from '../../../src/rehearsal/postgres/schema/describe.ts';
import { KEY, mask, rows, startWorld, value, type World } from './world.ts';

const NOW = new AbortController().signal;

async function refusal(work: Promise<unknown>): Promise<RehearsalImpossible> {
  const error = await work.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (error instanceof RehearsalImpossible) return error;
  throw error ?? new Error('was not refused');
}

describe.each([18, 15] as const)('masking on PostgreSQL %i', (major) => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld(major);
  });
  afterAll(() => world.stop());
  const database = (sql: string): Promise<Connection> => world.database(sql);

  it('keeps the types’ shapes and says what it did', async () => {
    const target = await database(`
      CREATE DOMAIN handle AS varchar(12) CHECK (VALUE <> '');
      CREATE TABLE people (
        id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, full_name text NOT NULL, first_name text, email varchar(40) UNIQUE, phone text, tax char(11), card text,
        street text, born date, seen timestamptz, small int2, n int, big int8, price numeric(6,2), rate float8, token uuid, data jsonb, raw json, bytes bytea, ip inet,
        tags text[], refs text[], nick handle, bio text, flag boolean DEFAULT true);
      INSERT INTO people (full_name, first_name, email, phone, tax, card, street, born, seen, small, n, big, price, rate, token, data, raw, bytes, ip, tags, refs, nick, bio) VALUES
        ('Mona Lisa Octocat', 'Mona', 'mona@octo-org.com', '+49 151 2345678', '123-45-6789', '4111 1111 1111 1111', 'Main Street 12', '1980-02-03', '2020-05-06 07:08:09+00',
         77, -4321, 9876543210, 123.45, 0.5, '11111111-2222-3333-4444-555555555555', '{"name": "Mona Octocat", "n": 42, "list": ["mona@octo-org.com", 1.5, true, null]}',
         '{"b":"Mona Octocat","a":""}', '\\x4d6f6e61204f63746f636174', '192.168.1.100', ARRAY['Mona the cat', NULL, ''], ARRAY['MO-12 34', NULL, '5678'], 'monalisa', 'Mona writes about art'),
        ('Hubot', NULL, NULL, '', NULL, NULL, NULL, 'infinity', NULL, 0, 0, NULL, 'NaN', 'Infinity', NULL, 'null', NULL, '', NULL, '{}', '{}', NULL, '');`);
    const report = await mask(
      target,
      `  public.people:
    "*": mask
    id: keep
    flag: keep
    card: { mask: card }
    refs: { mask: digits }
    bio: null`,
    );
    expect(report).toMatchObject({ rows: 2, columns: { keep: 2, mask: 22, null: 1 }, pending: [] });
    expect(report.scan.values).toBeGreaterThan(10);
    expect(report.scan.canaries).toBeGreaterThan(15);
    const [mona, hubot] = await rows<Record<string, unknown>>(
      target,
      'SELECT *, born::text AS born, seen::text AS seen, raw::text AS raw FROM people ORDER BY id',
    );
    expect(mona).toMatchObject({
      id: 1,
      full_name: expect.stringMatching(/^[A-Z][a-z]{5,7} [A-Z][a-z]{7}$/),
      first_name: expect.stringMatching(/^[A-Z][a-z]{7}$/),
      email: expect.stringMatching(/^[a-p][0-9a-f]{19}@example\.com$/),
      phone: expect.stringMatching(/^\+999\d{12}$/),
      tax: expect.stringMatching(/^\d{3}-\d\d-\d{4}$/),
      card: expect.stringMatching(/^9\d{15}$/),
      street: expect.stringMatching(/^\d{1,3} [A-Z][a-z]{7} Street$/),
      born: expect.stringMatching(/^1980-/),
      seen: expect.stringMatching(/^2020-/),
      token: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/),
      price: expect.stringMatching(/^\d{3}\.\d\d$/),
      ip: expect.stringMatching(/^198\.1[89]\./),
      nick: expect.stringMatching(/^[a-p][0-9a-f]{7}$/),
      data: {
        name: expect.stringMatching(/^[a-p][0-9a-f]{11}$/),
        n: expect.any(Number),
        list: [expect.stringMatching(/@example\.com$/), expect.any(Number), true, null],
      },
      raw: expect.stringMatching(/"a": ""/),
      tags: [expect.stringMatching(/^[a-p][0-9a-f]{11}$/), null, ''],
      refs: [expect.stringMatching(/^[A-Z]{2}-\d\d \d\d$/), null, expect.stringMatching(/^\d{4}$/)],
      bio: null,
      flag: true,
    });
    expect(String(mona?.['small'])).toMatch(/^[1-9]\d$/);
    expect(String(mona?.['n'])).toMatch(/^-[1-9]\d{3}$/);
    expect(String(mona?.['big'])).toMatch(/^[1-9]\d{9}$/);
    expect(mona?.['bytes']).toHaveLength(12);
    expect(luhn(String(mona?.['card']))).toBe(0);
    expect(hubot).toMatchObject({
      first_name: null,
      email: null,
      phone: '',
      born: 'infinity',
      small: 0,
      n: 0,
      price: 'NaN',
      rate: Number.POSITIVE_INFINITY,
      data: null,
      tags: [],
      bio: null,
    });
  });

  it('keeps rows that belong together together: across foreign keys, transitive, to itself, composite', async () => {
    const target = await database(`
      CREATE TABLE users (login text PRIMARY KEY, boss text REFERENCES users);
      CREATE TABLE accounts (login varchar(30) PRIMARY KEY REFERENCES users, region text, number int, UNIQUE (region, number));
      CREATE TABLE orders (id int PRIMARY KEY, login text REFERENCES accounts (login) ON DELETE CASCADE DEFERRABLE, region text, number int,
        FOREIGN KEY (region, number) REFERENCES accounts (region, number) MATCH FULL);
      COMMENT ON CONSTRAINT orders_login_fkey ON orders IS 'who ordered';
      INSERT INTO users SELECT 'user number ' || n, CASE WHEN n > 1 THEN 'user number ' || n / 2 END FROM generate_series(1, 300) n;
      INSERT INTO accounts SELECT 'user number ' || n, 'region number ' || n % 7, n FROM generate_series(1, 300, 2) n;
      INSERT INTO orders SELECT n, login, CASE WHEN n % 3 > 0 THEN region END, CASE WHEN n % 3 > 0 THEN number END
        FROM generate_series(1, 900) n LEFT JOIN accounts ON login = 'user number ' || n % 300;
      UPDATE orders SET region = NULL, number = NULL WHERE login IS NULL;`);
    const joins = `SELECT (SELECT count(*) FROM users u JOIN users b ON b.login = u.boss) AS self, (SELECT count(*) FROM orders o JOIN accounts a USING (region, number)) AS composite,
      (SELECT count(*) FROM orders o JOIN accounts a USING (login) JOIN users u USING (login)) AS transitive, (SELECT count(DISTINCT login) FROM orders) AS logins`;
    const before = await rows(target, joins);
    const schema = await describeSchema(target, NOW);
    await mask(
      target,
      `  public.users:
    login: mask
    boss: mask
  public.accounts:
    "*": mask
  public.orders:
    id: keep
    login: mask
    region: mask
    number: mask`,
    );
    expect(await rows(target, joins)).toEqual(before);
    expect(await describeSchema(target, NOW)).toEqual(schema);
    expect(await value(target, "SELECT count(*)::int FROM users WHERE login LIKE 'user%'")).toBe(0);
    expect(await value(target, 'SELECT max(length(login)) <= 30 FROM users')).toBe(true);
  });

  it('leaves the schema as it was, whatever it has, and fires nothing', async () => {
    const target = await database(`
      CREATE SCHEMA "Odd Names";
      CREATE TYPE "Odd Names".mood AS ENUM ('sad', 'ok');
      CREATE TABLE "Odd Names"."Ta ble" (
        "I d" int GENERATED BY DEFAULT AS IDENTITY (START 100) PRIMARY KEY, "E""Mail" text NOT NULL, lower_mail text GENERATED ALWAYS AS (lower("E""Mail")) STORED,
        mood "Odd Names".mood, gone int, during int4range, EXCLUDE USING gist (during WITH &&), CHECK (length("E""Mail") > 3));
      ALTER TABLE "Odd Names"."Ta ble" DROP COLUMN gone;
      CREATE UNIQUE INDEX "by lower" ON "Odd Names"."Ta ble" (lower("E""Mail")) WHERE "I d" > 0;
      CREATE STATISTICS odd ON "E""Mail", mood FROM "Odd Names"."Ta ble";
      ALTER TABLE "Odd Names"."Ta ble" ALTER COLUMN "E""Mail" SET STATISTICS 0;
      INSERT INTO "Odd Names"."Ta ble" ("E""Mail", mood, during) SELECT 'Person' || n || '@octo-org.com', 'ok', int4range(n, n + 1) FROM generate_series(1, 200) n;
      CREATE VIEW people AS SELECT "I d", "E""Mail" FROM "Odd Names"."Ta ble" GROUP BY "I d";
      CREATE MATERIALIZED VIEW copies AS SELECT * FROM people;
      CREATE MATERIALIZED VIEW copies_of_copies AS SELECT "E""Mail" AS m FROM copies;
      CREATE UNIQUE INDEX ON copies ("I d");
      CREATE MATERIALIZED VIEW never AS SELECT * FROM people WITH NO DATA;
      CREATE TABLE fired (what text);
      CREATE FUNCTION fire() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.fired VALUES (TG_OP); RETURN NULL; END $$;
      CREATE TRIGGER always AFTER INSERT OR UPDATE OR DELETE ON "Odd Names"."Ta ble" FOR EACH ROW EXECUTE FUNCTION fire();
      CREATE TRIGGER cut AFTER TRUNCATE ON "Odd Names"."Ta ble" EXECUTE FUNCTION fire();
      ALTER TABLE "Odd Names"."Ta ble" ENABLE ALWAYS TRIGGER always, DISABLE TRIGGER cut;
      CREATE RULE noted AS ON INSERT TO "Odd Names"."Ta ble" DO ALSO INSERT INTO fired VALUES ('rule');
      CREATE TABLE parted (k int, email text, PRIMARY KEY (k, email)) PARTITION BY RANGE (k);
      CREATE TABLE parted_1 PARTITION OF parted FOR VALUES FROM (0) TO (10);
      CREATE TABLE parted_2 PARTITION OF parted FOR VALUES FROM (10) TO (1000) PARTITION BY HASH (email);
      CREATE TABLE parted_2_1 PARTITION OF parted_2 FOR VALUES WITH (MODULUS 2, REMAINDER 0);
      CREATE TABLE parted_2_2 PARTITION OF parted_2 FOR VALUES WITH (MODULUS 2, REMAINDER 1);
      INSERT INTO parted SELECT n, 'part' || n || '@octo-org.com' FROM generate_series(1, 100) n;
      CREATE TABLE old (note text); CREATE TABLE older (more text) INHERITS (old);
      INSERT INTO old VALUES ('a note on Mona'); INSERT INTO older VALUES ('a note on Mona', 'more about Mona');
      ANALYZE;`);
    const sequence = await value(target, 'SELECT last_value FROM "Odd Names"."Ta ble_I d_seq"');
    const schema = await describeSchema(target, NOW);
    const oids = (): Promise<unknown> =>
      rows(target, "SELECT oid, relname FROM pg_class WHERE oid >= 16384 AND relnamespace::regnamespace::text <> 'pg_toast' ORDER BY oid");
    const before = await oids();
    const report = await mask(
      target,
      `  "Odd Names.Ta ble":
    "I d": keep
    'E"Mail': { mask: email }
    mood: keep
    during: keep
  public.fired: { what: keep }
  public.parted: { k: keep, email: mask }
  public.old: { note: mask }
  public.older: { note: mask, more: mask }`,
    );
    expect(report.rows).toBe(302);
    expect(await describeSchema(target, NOW)).toEqual(schema);
    expect(await oids()).toEqual(before);
    expect(await value(target, 'SELECT last_value FROM "Odd Names"."Ta ble_I d_seq"')).toBe(sequence);
    expect(await value(target, 'SELECT count(*)::int FROM fired')).toBe(0);
    expect(
      await rows(target, "SELECT count(*)::int AS all, count(DISTINCT m)::int AS masks FROM copies_of_copies WHERE m LIKE '%@example.com'"),
    ).toEqual([{ all: 200, masks: 200 }]);
    expect(await value(target, 'SELECT count(*)::int FROM "Odd Names"."Ta ble" WHERE lower_mail <> lower("E""Mail")')).toBe(0);
    expect(await value(target, "SELECT count(*)::int FROM parted WHERE email LIKE '%@example.com'")).toBe(100);
    expect(await value(target, 'SELECT count(DISTINCT note)::int FROM old')).toBe(1);
    expect(await value(target, 'SELECT bool_and(indisvalid AND indisready) FROM pg_index')).toBe(true);
    expect(
      await value(
        target,
        "SELECT count(*)::int FROM pg_stats WHERE schemaname !~ '^pg_' AND (most_common_vals::text ~ 'octo-org' OR histogram_bounds::text ~ 'octo-org')",
      ),
    ).toBe(0);
    expect(await value(target, "SELECT count(*)::int FROM pg_namespace WHERE nspname ~ 'promote'")).toBe(0);
  });

  it('gives the same masks for one key, others for another, and the same in one domain', async () => {
    const sql = `CREATE TABLE a (id int PRIMARY KEY, phone text, tel varchar(14)); INSERT INTO a SELECT n, '+49 151 ' || 10000 + n, '+49 151 ' || 10000 + n FROM generate_series(1, 50) n;`;
    const rules = '  public.a: { id: keep, phone: { mask: phone, domain: phone }, tel: { mask: phone, domain: phone } }';
    const masked = async (key: Uint8Array): Promise<unknown[]> => {
      const target = await database(sql);
      await mask(target, rules, key);
      return rows(target, 'SELECT * FROM a ORDER BY id');
    };
    const [first, again, other] = [await masked(KEY), await masked(KEY), await masked(Buffer.from('another'))];
    expect(again).toEqual(first);
    const phones = (of: unknown[]): unknown[] => of.map((row) => (row as { phone: string }).phone);
    expect(phones(other).filter((phone) => phones(first).includes(phone))).toEqual([]);
    for (const row of first as { phone: string; tel: string }[]) expect(row.tel).toBe(row.phone);
  });

  it('keeps unique values unique where masks are few, by resolving collisions', async () => {
    const target = await database(`
      CREATE TABLE codes (code char(3) PRIMARY KEY, n int2 UNIQUE, rating int UNIQUE CHECK (rating BETWEEN 1 AND 400));
      INSERT INTO codes SELECT chr(65 + n / 20) || chr(65 + n % 20) || 'x', n, 1 + n FROM generate_series(0, 349) n;
      CREATE TABLE uses (code char(3) REFERENCES codes, n int2 REFERENCES codes (n)); INSERT INTO uses SELECT code, n FROM codes;`);
    const rules = '  public.codes: { code: mask, n: mask, rating: mask }\n  public.uses: { code: mask, n: mask }';
    await mask(target, rules);
    expect(
      await rows(
        target,
        'SELECT count(DISTINCT code)::int AS codes, count(DISTINCT n)::int AS n, count(DISTINCT rating)::int AS ratings, bool_and(rating BETWEEN 1 AND 400) AS inside FROM codes',
      ),
    ).toEqual([{ codes: 350, n: 350, ratings: 350, inside: true }]);
    expect(await value(target, 'SELECT count(*)::int FROM uses JOIN codes USING (code, n)')).toBe(350);
  });

  it('refuses before it writes where there are fewer masks than values', async () => {
    const target = await database(
      `CREATE TABLE few (c varchar(1) PRIMARY KEY); INSERT INTO few SELECT chr(96 + n) FROM generate_series(1, 20) n;`,
    );
    const { code, message } = await refusal(mask(target, '  public.few: { c: mask }'));
    expect(code).toBe('masking_impossible');
    expect(message).toMatch(/public\.few\.c: \d+ values would get the mask of another one/);
    expect(await value(target, "SELECT string_agg(c, '' ORDER BY c) FROM few")).toBe('abcdefghijklmnopqrst');
  });

  it.each<[string, string, string, RegExp]>([
    [
      'a check that masks cannot satisfy',
      "CREATE TABLE t (c text CONSTRAINT greeting CHECK (c LIKE 'Dear %')); INSERT INTO t VALUES ('Dear Mona Octocat')",
      'mask',
      /writing public\.t: .*SQLSTATE 23514/,
    ],
    [
      'an e-mail address in too short a column',
      "CREATE TABLE t (c varchar(10)); INSERT INTO t VALUES ('a@b.de')",
      '{ mask: email }',
      /public\.t\.c cannot be masked as email: an e-mail address needs 16 characters, and there are 10/,
    ],
    [
      'arrays of arrays',
      "CREATE TABLE t (c text[]); INSERT INTO t VALUES (ARRAY[['Mona'], ['Lisa']])",
      'mask',
      /public\.t\.c holds arrays of arrays/,
    ],
    [
      'a partition that takes no mask',
      "CREATE TABLE t (c text) PARTITION BY LIST (c); CREATE TABLE t1 PARTITION OF t FOR VALUES IN ('Mona Octocat'); INSERT INTO t VALUES ('Mona Octocat')",
      'mask',
      /no partition takes it \(SQLSTATE 23514/,
    ],
  ])('refuses %s, without naming a value', async (_what, sql, rule, message) => {
    const error = await refusal(mask(await database(sql), `  public.t: { c: ${rule} }`));
    expect(error.code).toBe('masking_impossible');
    expect(error.message).toMatch(message);
    expect(error.message).not.toMatch(/Mona|Octocat|a@b/);
  });

  it.each<[string, string, string, RegExp]>([
    [
      'NULL where it is not allowed',
      'CREATE TABLE t (c text NOT NULL)',
      'c: null',
      /masking\.yml:4: public\.t\.c is NOT NULL, so it cannot become null\. Fix: write "mask"/,
    ],
    [
      'a kind that the type cannot be',
      'CREATE TABLE t (c int)',
      'c: { mask: email }',
      /is of the type integer, which cannot be masked as email\. Fix: Write mask/,
    ],
    [
      'a type that cannot be masked',
      "CREATE TYPE m AS ENUM ('a'); CREATE TABLE t (c m)",
      'c: mask',
      /is of the type public\.m, whose values cannot be masked\. Fix: write "keep" or "null"/,
    ],
    [
      'a generated column',
      'CREATE TABLE t (a int, c int GENERATED ALWAYS AS (a + 1) STORED)',
      'a: keep\n    c: mask',
      /public\.t\.c is generated/,
    ],
    [
      'two ends of a foreign key',
      'CREATE TABLE t (a text PRIMARY KEY, c text REFERENCES t)',
      'a: keep\n    c: mask',
      /public\.t\.c is "mask" and public\.t\.a is "keep" \(line 4\), but a foreign key connects them/,
    ],
    [
      'two kinds in one domain',
      'CREATE TABLE t (a text, c text)',
      'a: { mask: phone, domain: x }\n    c: { mask: email, domain: x }',
      /are masked as phone and email/,
    ],
    [
      'two types in one domain',
      'CREATE TABLE t (a text, c int)',
      'a: { mask: digits, domain: x }\n    c: { mask: digits, domain: x }',
      /cannot be masked as digits|types that are masked differently/,
    ],
  ])('contradicts %s', async (_what, sql, rule, message) => {
    const error = await refusal(mask(await database(sql), `  public.t:\n    ${rule}`));
    expect(error.code).toBe('masking_invalid');
    expect(error.message).toMatch(message);
  });

  it('proposes a rule for every column that nobody declared, and takes what it proposed', async () => {
    const target = await database(`
      CREATE TYPE mood AS ENUM ('sad');
      CREATE TABLE people (id int PRIMARY KEY, email text UNIQUE, "Full Name" text, "null" text, mood mood, code varchar(3), at timestamptz DEFAULT now(), doc jsonb, size numrange, words tsvector,
        state text CHECK (state IN ('new', 'old')), twice int GENERATED ALWAYS AS (id * 2) STORED);
      CREATE TABLE orders (id int PRIMARY KEY, person text REFERENCES people (email), note text);
      INSERT INTO people (id, email, "Full Name", doc, state) VALUES (1, 'mona@octo-org.com', 'Mona Octocat', '{"a": "Mona Octocat"}', 'new');
      INSERT INTO orders VALUES (1, 'mona@octo-org.com', 'for Mona Octocat');`);
    const file = 'version: 1\ntables:\n  public.people:\n    id: keep\n    email: mask\n';
    const { code, message } = await refusal(mask(target, file));
    expect(code).toBe('masking_incomplete');
    expect(message).toMatch(/^12 columns are declared neither keep, mask nor null in \.github\/masking\.yml\./);
    expect(message).toMatch(
      /Paste this below "tables:", and check every line:\n\n {2}public\.orders:\n {4}id: keep # integer, a key\n {4}person: mask # text, a foreign key connects it with a masked column/,
    );
    expect(message).toMatch(/Paste this to the columns of public\.people \(line 4\), and check every line:/);
    expect(message).toMatch(
      /"Full Name": mask # text, looks like a name\n {4}"null": mask # text, may hold anything\n {4}mood: keep # public\.mood, an enum/,
    );
    expect(message).not.toMatch(/mona|octo/i);
    const [, fresh = '', known = ''] = /check every line:\n\n([\s\S]*?)\n\nPaste[^\n]*\n\n([\s\S]*)$/.exec(message) ?? [];
    const report = await mask(target, `${file}${known}\n${fresh}\n`);
    expect(report.columns).toEqual({ keep: expect.any(Number), mask: expect.any(Number), null: 1 });
    expect(await value(target, 'SELECT count(*)::int FROM orders JOIN people ON person = email')).toBe(1);
  });

  it('proposes for partitions and heirs what the column says, and for all ends of a foreign key the mask that one of them needs', async () => {
    const target = await database(`
      CREATE TABLE visits (at date NOT NULL, email text, note text, amount int) PARTITION BY RANGE (at); CREATE TABLE visits_all PARTITION OF visits DEFAULT;
      CREATE TABLE people (id uuid PRIMARY KEY, code text, email text UNIQUE, user_name text); CREATE TABLE staff (badge int) INHERITS (people);
      CREATE TABLE letters (id int PRIMARY KEY, sent_to text REFERENCES people (email), visit int); CREATE TABLE copies (letter int REFERENCES letters);
      INSERT INTO visits VALUES ('2026-01-01', 'mona@octo-org.com', 'Mona Octocat came', 3);
      INSERT INTO people VALUES ('11111111-2222-3333-4444-555555555555', 'code of Mona', 'mona@octo-org.com', 'monalisa'); INSERT INTO letters VALUES (1, 'mona@octo-org.com', 3); INSERT INTO copies VALUES (1);
      INSERT INTO staff VALUES ('11111111-2222-3333-4444-555555555556', 'code of Hubot', 'hubot@octo-org.com', 'hubot the robot', 7);`);
    const { message } = await refusal(mask(target, 'version: 1\ntables: {}\n'));
    const block = message.split('check every line:\n\n')[1] ?? '';
    expect(block.split('\n')).toEqual([
      '  public.copies:',
      '    letter: keep # integer, a foreign key connects it with others',
      '  public.letters:',
      '    id: keep # integer, a foreign key connects it with others',
      '    sent_to: mask # text, a foreign key connects it with a column that looks like an e-mail address',
      '    visit: keep # integer',
      '  public.people:',
      '    id: keep # uuid, a key',
      '    code: mask # text, may hold anything',
      '    email: mask # text, looks like an e-mail address',
      '    user_name: mask # text, looks like a name',
      '  public.staff:',
      '    id: keep # uuid, a key',
      '    code: mask # text, may hold anything',
      '    email: mask # text, looks like an e-mail address',
      '    user_name: mask # text, looks like a name',
      '    badge: keep # integer',
      '  public.visits:',
      '    at: keep # date',
      '    email: mask # text, looks like an e-mail address',
      '    note: mask # text, may hold anything',
      '    amount: keep # integer',
    ]);
    const known = await refusal(mask(target, '  public.people: { id: keep, code: keep, email: mask, user_name: mask }'));
    expect(known.message).toMatch(
      / {4}code: keep # text, inheritance connects it with a kept column\n {4}email: mask # text, inheritance and a/,
    );
    await mask(target, `version: 1\ntables:\n${block}\n`);
    expect(await value(target, 'SELECT count(*)::int FROM letters JOIN people ON sent_to = email')).toBe(1);
  });

  it('tells what the file names and the data lacks, and what it says of all others', async () => {
    const log: string[] = [];
    const target = await database('CREATE TABLE t (id int, note int)');
    const report = await mask(target, '  public.t: { id: keep, notte: mask, "*": keep }\n  public.later: { x: keep }', KEY, log);
    expect(report.pending).toEqual([
      { schema: 'public', table: 't', column: 'notte' },
      { schema: 'public', table: 'later', column: 'x' },
    ]);
    expect(log.join('\n')).toMatch(
      /public\.t: keep for every column that is not named: note\n.*masking\.yml:3: the data has no public\.t\.notte: a migration must bring it, or did you mean "note"\?/,
    );
  });

  it('asks what becomes of large objects, and drops them', async () => {
    const target = await database("SELECT lo_from_bytea(0, 'Mona Octocat is in here'); CREATE TABLE t (id int)");
    const rules = 'version: 1\ntables:\n  public.t: { id: keep }\n';
    expect(await refusal(mask(target, rules))).toMatchObject({
      code: 'masking_incomplete',
      message: expect.stringMatching(/The data has 1 large objects.*\n\nlarge-objects: drop/),
    });
    await connected(target, (client) => client.query("CREATE TABLE u (c text); INSERT INTO u VALUES ('Mona Octocat')"));
    expect(await refusal(mask(target, `${rules}  public.u: { c: mask }\nlarge-objects: keep\n`))).toMatchObject({
      code: 'leak',
      message: expect.stringMatching(/large objects: 1 × a value of public\.u\.c/),
    });
    await mask(target, `${rules}  public.u: { c: mask }\nlarge-objects: drop\n`);
    expect(await value(target, 'SELECT count(*)::int FROM pg_largeobject')).toBe(0);
  });

  it('works for a role that merely owns the database', async () => {
    const admin = await database("CREATE ROLE shopkeeper LOGIN PASSWORD 'x'; CREATE EXTENSION IF NOT EXISTS plpgsql");
    await connected(admin, (client) =>
      client.query(`ALTER DATABASE ${admin.database} OWNER TO shopkeeper; ALTER SCHEMA public OWNER TO shopkeeper`),
    );
    const target = { ...admin, user: 'shopkeeper', password: 'x' };
    await connected(target, (client) =>
      client.query(`CREATE TABLE a (email text PRIMARY KEY); CREATE TABLE b (email text REFERENCES a, note text);
        INSERT INTO a SELECT 'mona' || n || '@octo-org.com' FROM generate_series(1, 100) n; INSERT INTO b SELECT email, 'by ' || email FROM a;
        CREATE FUNCTION never() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'fired'; END $$;
        CREATE TRIGGER never BEFORE INSERT ON a FOR EACH ROW EXECUTE FUNCTION never(); ALTER TABLE a ENABLE ROW LEVEL SECURITY; ANALYZE;`),
    );
    const schema = await describeSchema(admin, NOW);
    await mask(target, '  public.a: { email: mask }\n  public.b: { email: mask, note: mask }');
    expect(await value(target, "SELECT count(*)::int FROM a JOIN b USING (email) WHERE email LIKE '%@example.com'")).toBe(100);
    expect(await describeSchema(admin, NOW)).toEqual(schema);
    await connected(target, (client) => client.query('ALTER TABLE a FORCE ROW LEVEL SECURITY'));
    expect(await refusal(mask(target, '  public.a: { email: mask }\n  public.b: { email: mask, note: mask }'))).toMatchObject({
      code: 'masking_impossible',
    });
  });

  it('leaves no key in what the server shows of statements', async () => {
    const target = await database("CREATE TABLE t (c text); INSERT INTO t SELECT 'note number ' || n FROM generate_series(1, 2000) n");
    const seen: string[] = [];
    await connected(target, async (client) => {
      const running = mask(target, '  public.t: { c: mask }');
      let done = false;
      void running.finally(() => {
        done = true;
      });
      while (!done) {
        const { rows: found } = await client.query<{ query: string }>(
          'SELECT query FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
        );
        seen.push(...found.map(({ query }) => query));
      }
      await running;
    });
    expect(seen.join('\n')).not.toMatch(/[0-9a-f]{60}/);
  });
});

/** Sum of all digits, every second one doubled, modulo ten: 0 for a card number. */
function luhn(card: string): number {
  const digits = [...card].toReversed().map(Number);
  return digits.reduce((sum, digit, place) => sum + (place % 2 === 0 ? digit : digit > 4 ? 2 * digit - 9 : 2 * digit), 0) % 10;
}
