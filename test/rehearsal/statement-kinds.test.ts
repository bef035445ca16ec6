import { describe, expect, it } from 'vitest';
import { isActing, middleOf } from '../../src/rehearsal/statement-kinds.ts';
import { statement } from './verdict/facts.ts';

describe('a statement that changes something', () => {
  it.each([
    ['ALTER TABLE', 'ALTER TABLE goods ADD COLUMN price int'],
    ['CREATE TABLE', 'CREATE TABLE IF NOT EXISTS migrations_of_birds (id int)'],
    ['INSERT', 'INSERT INTO goods SELECT * FROM schema_migrations'],
    ['UPDATE', '-- of schema_migrations\n/* UPDATE schema_migrations */ UPDATE goods SET price = 1'],
    ['TRUNCATE', 'TRUNCATE goods, schema_migrations'],
    ['DO', 'DO $$ BEGIN END $$'],
    ['CREATE INDEX CONCURRENTLY', 'CREATE INDEX CONCURRENTLY ON goods (name)'],
  ])('is this %s', (kind, text) => {
    expect(isActing({ kind, text })).toBe(true);
  });

  it.each([
    ['SELECT', 'SELECT 1'],
    ['', ';'],
    ['SET', "SET lock_timeout = '2s'"],
    ['INSERT', 'insert into "knex_migrations" ("batch") values ($1)'],
    ['INSERT', 'INSERT INTO "public"."schema_migrations" (version, dirty) VALUES ($1, $2)'],
    ['UPDATE', '/* tool */\n  UPDATE alembic_version SET version_num=$1'],
    ['DELETE', 'DELETE FROM public.goose_db_version WHERE version_id=$1'],
    ['TRUNCATE', 'TRUNCATE "public"."schema_migrations"'],
    ['CREATE TABLE', 'CREATE TABLE IF NOT EXISTS "public"."flyway_schema_history" (installed_rank int)'],
  ])('is not this %s, which asks, prepares or keeps a tool’s book: %s', (kind, text) => {
    expect(isActing({ kind, text })).toBe(false);
  });

  it('is looked for without end in no text', () => {
    const text = `${'/* a */ '.repeat(5000)}-- b`;
    expect(isActing({ kind: 'ALTER TABLE', text })).toBe(true);
  });
});

describe('the middle of a migration', () => {
  it('is that of what it does itself, between what its tool writes down', () => {
    const texts = [
      'TRUNCATE schema_migrations',
      'INSERT INTO schema_migrations VALUES (2, true)',
      'CREATE TABLE a (id int)',
      'CREATE TABLE b (id int)',
      'CREATE TABLE c (id int)',
      'CREATE TABLE d (id int)',
      'INSERT INTO schema_migrations VALUES (2, false)',
    ];
    const statements = texts.map((text, index) => statement(index + 1, text));
    expect(middleOf({ statements, writers: [3, 4, 5, 6] })).toEqual({ statement: 2, of: 4, kinds: new Set() });
  });

  it('is nowhere when its tool finds nothing to do', () => {
    const statements = [statement(1, 'CREATE TABLE IF NOT EXISTS schema_migrations (version bigint)'), statement(2, 'SELECT 1')];
    expect(middleOf({ statements, writers: [] })).toBeNull();
  });

  it('is found among functions that were seen to write, past what only asks', () => {
    const texts = ['SELECT version FROM schema_migrations', 'SELECT add_prices()', 'SELECT 1', 'SELECT drop_costs()'];
    const statements = texts.map((text, index) => ({ ...statement(index + 1, text), kind: 'SELECT' }));
    expect(middleOf({ statements, writers: [2, 4] })).toEqual({ statement: 2, of: 4, kinds: new Set(['SELECT']) });
  });
});
