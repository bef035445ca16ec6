import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadParser, type SqlParser } from '../../../src/rehearsal/postgres/observe/parser.ts';
import { redact } from '../../../src/rehearsal/postgres/observe/redaction.ts';
import { kindOf } from '../../../src/rehearsal/postgres/observe/words.ts';

let parser: SqlParser;
beforeAll(async () => {
  parser = await loadParser();
});

/** What nobody writes but as data. */
const SECRET = 'S3CR3T';

const secret = fc
  .string({ unit: fc.constantFrom('a', ' ', "'", '"', '$', '\\', '-', '*', '/', ';', '\n', 'ä', '?', '(') })
  .map((text) => SECRET + text);

/** The ways to write a text as SQL. */
const literal = fc.tuple(secret, fc.nat(7)).map(([text, way]) => {
  const quoted = `'${text.replaceAll("'", "''")}'`;
  const escaped = `E'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
  return [
    quoted,
    escaped,
    `U&'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`,
    `$tag$${text}$tag$`,
    `N${quoted}`,
    `/* ${text.replaceAll(/[*/]/g, '')} */ 1`,
    `1 -- ${text.replaceAll('\n', '')}\n`,
    `$$${text.replaceAll('$', '')}$$`,
  ][way];
});

describe('a statement as it is told', () => {
  it('holds no literal and no comment, however they are written', () => {
    fc.assert(
      fc.property(fc.array(literal, { minLength: 1, maxLength: 6 }), fc.nat(), (literals, number) => {
        const text = redact(
          parser,
          `INSERT INTO orders (a, b) VALUES (${literals.join(', ')}, 12345${number}, 1.5e${number % 100}, B'10', X'1F', $1)`,
        );
        expect(text).not.toContain('S3CR');
        expect(text).not.toMatch(/12345|1\.5e|'/);
        expect(text).toMatch(/^INSERT INTO orders \(a, b\) VALUES \( ?N?\?/);
      }),
      { numRuns: 300 },
    );
  });

  it('holds none of a text that is cut off or no SQL', () => {
    fc.assert(
      fc.property(literal, fc.nat(200), fc.boolean(), (written, cut, plain) => {
        const text = `UPDATE orders SET note = ${written} WHERE id = ${written}`;
        expect(redact(parser, text.slice(0, cut), plain && cut < 20)).not.toContain('S3CR');
        expect(redact(parser, `${text} '`, plain)).not.toContain('S3CR');
      }),
      { numRuns: 300 },
    );
  });

  it.each([
    ['select  1 ;', 'select ?'],
    ['DO $body$ BEGIN PERFORM 1; END $body$', 'DO ?'],
    ["CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$ SELECT 'x' $$", 'CREATE FUNCTION f() RETURNS int LANGUAGE sql AS ?'],
    ['UPDATE "Ünï" SET a=-5 WHERE b = $1', 'UPDATE "Ünï" SET a=-? WHERE b = $1'],
    ['-- why\nDROP TABLE a', 'DROP TABLE a'],
    ["SELECT 'abc", 'SELECT …'],
    ['', ''],
  ])('tells %s as %s', (text, told) => {
    expect(redact(parser, text)).toBe(told);
  });

  it('is at most 2000 characters', () => {
    const text = redact(parser, `SELECT ${Array.from({ length: 900 }, (_, index) => `column_${index}`).join(', ')}`);
    expect(text).toHaveLength(2000);
  });

  it('trusts no backslash where the server takes it for more than one', () => {
    expect(redact(parser, "SELECT 'a\\' S3CR3T '", false)).toBe('SELECT …');
  });

  it.each([
    ['/* a */ create unique index concurrently if not exists i on t (a)', 'CREATE INDEX CONCURRENTLY'],
    ['CREATE OR REPLACE FUNCTION f() RETURNS int', 'CREATE FUNCTION'],
    ['create temp table t ()', 'CREATE TABLE'],
    ['ALTER TABLE ONLY t ADD a int', 'ALTER TABLE'],
    ['drop materialized view v', 'DROP MATERIALIZED VIEW'],
    ['DROP INDEX CONCURRENTLY i', 'DROP INDEX CONCURRENTLY'],
    ['REINDEX (VERBOSE) TABLE t', 'REINDEX'],
    ['REINDEX TABLE CONCURRENTLY t', 'REINDEX CONCURRENTLY'],
    ['vacuum (full, analyze) t', 'VACUUM FULL'],
    ['VACUUM t', 'VACUUM'],
    ['START TRANSACTION', 'BEGIN'],
    ['end', 'COMMIT'],
    ['ROLLBACK TO SAVEPOINT a', 'ROLLBACK TO'],
    ['COMMENT ON TABLE a IS NULL', 'COMMENT'],
    ['(SELECT 1)', ''],
  ])('is of the kind that its first words say: %s', (text, kind) => {
    expect(kindOf(text)).toBe(kind);
  });

  it('is of the kind that the server says when it begins with WITH', () => {
    expect(kindOf('WITH a AS (SELECT 1) INSERT INTO t SELECT * FROM a', 'INSERT 0 1')).toBe('INSERT');
  });
});
