import { describe, expect, it } from 'vitest';
import { adviceFor, breaksEarlierVersion, buildsIndexConcurrently } from '../../../src/rehearsal/verdict/advice.ts';

describe('what to write instead of', () => {
  it.each([
    ['CREATE INDEX a ON public.t (b)', ['CREATE INDEX CONCURRENTLY a ON public.t (b);']],
    ['create unique index if not exists a on t (b);', ['create unique index CONCURRENTLY if not exists a on t (b);']],
    ['/* migration 7 */ CREATE INDEX ON t (b)', ['CREATE INDEX CONCURRENTLY ON t (b);']],
    ['DROP INDEX IF EXISTS a', ['DROP INDEX CONCURRENTLY IF EXISTS a;']],
    ['REINDEX TABLE t', ['REINDEX TABLE CONCURRENTLY t;']],
    ['REFRESH MATERIALIZED VIEW public.sums', ['REFRESH MATERIALIZED VIEW CONCURRENTLY public.sums;']],
    ['VACUUM (FULL, ANALYZE) t', ['pg_repack']],
    ['VACUUM FULL', ['pg_repack']],
    ['CLUSTER t USING t_pkey', ['pg_repack']],
    [
      'ALTER TABLE public.visits ADD CONSTRAINT visitor FOREIGN KEY (c) REFERENCES customers (id)',
      ['FOREIGN KEY (c) REFERENCES customers (id) NOT VALID;', 'ALTER TABLE public.visits VALIDATE CONSTRAINT visitor;'],
    ],
    [
      'ALTER TABLE t ADD CHECK (a > $1)',
      ['ALTER TABLE t ADD CONSTRAINT t_check CHECK (a > $1) NOT VALID;', 'ALTER TABLE t VALIDATE CONSTRAINT t_check;'],
    ],
    ['ALTER TABLE t ADD COLUMN c int REFERENCES u (id)', ['ADD CONSTRAINT t_c_fkey FOREIGN KEY (c) REFERENCES … NOT VALID;']],
    [
      'ALTER TABLE ONLY "My Shop"."Orders" ADD UNIQUE (a, "B")',
      ['CREATE UNIQUE INDEX CONCURRENTLY Orders_a_B_key ON "My Shop"."Orders" (a, "B");', 'UNIQUE USING INDEX Orders_a_B_key;'],
    ],
    [
      'ALTER TABLE t ADD CONSTRAINT k PRIMARY KEY (id)',
      ['CREATE UNIQUE INDEX CONCURRENTLY k ON t (id);', 'ADD CONSTRAINT k PRIMARY KEY USING INDEX k;'],
    ],
    [
      'ALTER TABLE t ALTER COLUMN c SET NOT NULL',
      [
        'ADD CONSTRAINT t_c_not_null CHECK (c IS NOT NULL) NOT VALID;',
        'VALIDATE CONSTRAINT t_c_not_null;',
        'ALTER COLUMN c SET NOT NULL;',
        'DROP CONSTRAINT t_c_not_null;',
      ],
    ],
    ['ALTER TABLE t ALTER c TYPE numeric(14, 2) USING c::numeric', ['ALTER TABLE t ADD COLUMN c_new numeric(14, 2);']],
    ['ALTER TABLE t ALTER c TYPE varchar(?) USING c || ?', ['`ALTER TABLE t ADD COLUMN c_new varchar(…);`']],
    ['ALTER TABLE t ALTER c TYPE timestamp (?) with time zone', ['`ALTER TABLE t ADD COLUMN c_new timestamp (…) with time zone;`']],
    ['ALTER TABLE t ALTER c TYPE numeric(?, ?)[]', ['`ALTER TABLE t ADD COLUMN c_new numeric(…)[];`']],
    ['ALTER TABLE t ALTER "my col" TYPE bigint', ['`ALTER TABLE t ADD COLUMN my_col_new bigint;`']],
    ['ALTER TABLE t ALTER COLUMN c SET DATA TYPE bigint', ['ALTER TABLE t ADD COLUMN c_new bigint;']],
    ['ALTER TABLE t ADD COLUMN c uuid DEFAULT gen_random_uuid()', ['ALTER TABLE t ALTER COLUMN c SET DEFAULT …;']],
    ['ALTER TABLE t ADD COLUMN c int GENERATED ALWAYS AS (a * b) STORED', ['ordinary column']],
    ['ALTER TABLE t RENAME COLUMN a TO b', ['add b beside a in t', 'ALTER TABLE t DROP COLUMN a;']],
    ['ALTER TABLE t RENAME a TO b', ['add b beside a in t']],
    ['ALTER TABLE t RENAME TO u', ['CREATE VIEW t AS SELECT * FROM u;']],
    ['ALTER TABLE t DROP COLUMN IF EXISTS c', ['stop using c of t']],
    ['ALTER TABLE t ATTACH PARTITION p FOR VALUES IN ($1)', ['ALTER TABLE p ADD CONSTRAINT p_bounds CHECK (…) NOT VALID;']],
    ['ALTER TABLE t DETACH PARTITION p', ['ALTER TABLE t DETACH PARTITION p CONCURRENTLY;']],
    ['ALTER TABLE t SET UNLOGGED', ['pg_repack']],
    ['TRUNCATE t', ['stop using the table']],
    ['DROP TABLE t', ['stop using the table']],
    ['LOCK TABLE t IN EXCLUSIVE MODE', ['explicit lock of t']],
    ['UPDATE t SET a = $1', ['UPDATE t SET … WHERE id IN (SELECT id FROM t WHERE … ORDER BY id LIMIT 1000);']],
    ['DELETE FROM t WHERE a = $1', ['DELETE FROM t WHERE id IN']],
    ['INSERT INTO t SELECT * FROM u', ['ON CONFLICT DO NOTHING']],
    ['ALTER TABLE t VALIDATE CONSTRAINT c', ['leave it in a migration of its own']],
  ])('%s', (statement, parts) => {
    const said = adviceFor(statement);
    for (const part of parts) expect(said).toContain(part);
    expect((said?.split('`').length ?? 0) % 2).toBe(1);
  });

  it.each([
    'CREATE INDEX CONCURRENTLY a ON t (b)',
    'ALTER TABLE t ADD CONSTRAINT c CHECK (a) NOT VALID',
    'ALTER TABLE t ADD COLUMN c int',
    'ALTER TABLE t DROP CONSTRAINT c',
    'ALTER TABLE t ALTER COLUMN c DROP NOT NULL',
    'ALTER TABLE t RENAME CONSTRAINT a TO b',
    'INSERT INTO t VALUES ($1)',
    'SELECT pg_sleep($1)',
    'BEGIN',
    '',
  ])('nothing is said about %s', (statement) => {
    expect(adviceFor(statement)).toBeNull();
  });

  it('reads long and odd statements to an end', () => {
    const odd = [
      `ALTER TABLE t ${'ADD CONSTRAINT '.repeat(5000)}`,
      `UPDATE ${'"'.repeat(50_000)}`,
      `WITH ${'a AS (SELECT 1), '.repeat(5000)}`,
      '/*'.repeat(50_000),
    ];
    for (const text of odd) expect(adviceFor(text)?.length ?? 0).toBeLessThan(5000);
  });
});

it.each([
  ['CREATE INDEX CONCURRENTLY a ON t (b)', true],
  ['create unique index concurrently a on t (b)', true],
  ['REINDEX INDEX CONCURRENTLY a', true],
  ['REINDEX (VERBOSE) TABLE CONCURRENTLY a', true],
  ['CREATE INDEX a ON t (b)', false],
  ['DROP INDEX CONCURRENTLY a', false],
])('%s builds an index beside readers and writers: %s', (text, expected) => {
  expect(buildsIndexConcurrently({ text, kind: text.split(' ').slice(0, 2).join(' ') })).toBe(expected);
});

it('what takes something away is suspected first when an earlier version breaks', () => {
  const texts = [
    'CREATE TABLE a (b int)',
    'ALTER TABLE a ADD CONSTRAINT c CHECK (b > $1)',
    'ALTER TABLE a DROP CONSTRAINT d',
    'ALTER TABLE a DROP COLUMN b',
    'UPDATE a SET b = $1',
  ];
  expect(breaksEarlierVersion(texts.map((text) => ({ text }))).map(({ text }) => text)).toEqual([texts[3], texts[1]]);
});
