import { MAIL, NUMBER, SMALL, WORD } from './kinds.ts';

/** Kinds of errors and names of SQLite: a schema with a canary, and a statement on it that fails. */
export interface SqliteKind {
  readonly schema?: string;
  readonly sql: string;
  /** Why SQLite's words hold no canary. */
  readonly silent?: string;
}

export const SQLITE_KINDS: Readonly<Record<string, SqliteKind>> = {
  'SQLite: RAISE in a trigger': {
    schema: `CREATE TABLE t (v); CREATE TRIGGER r BEFORE INSERT ON t BEGIN SELECT RAISE(ABORT, '${MAIL}'); END`,
    sql: 'INSERT INTO t VALUES (1)',
  },
  'SQLite: a unique column named like data': { schema: `CREATE TABLE t ("${WORD}" UNIQUE)`, sql: 'INSERT INTO t VALUES (1), (1)' },
  'SQLite: a table named like data': {
    schema: `CREATE TABLE t (v); CREATE TABLE "t_${WORD}" (v UNIQUE); CREATE TRIGGER r AFTER INSERT ON t BEGIN INSERT INTO "t_${WORD}" VALUES (NEW.v); END`,
    sql: 'INSERT INTO t VALUES (1), (1)',
  },
  'SQLite: a CHECK with a value': { schema: `CREATE TABLE t (v CHECK (v <> '${MAIL}'))`, sql: `INSERT INTO t VALUES ('${MAIL}')` },
  'SQLite: a CHECK with a number': { schema: `CREATE TABLE t (v CHECK (v <> ${NUMBER}))`, sql: `INSERT INTO t VALUES (${NUMBER})` },
  'SQLite: a CHECK named like data': {
    schema: `CREATE TABLE t (v CONSTRAINT "${WORD}" CHECK (v > 0))`,
    sql: 'INSERT INTO t VALUES (-1)',
  },
  'SQLite: NOT NULL': { schema: `CREATE TABLE t ("${WORD}" NOT NULL)`, sql: 'INSERT INTO t VALUES (NULL)' },
  'SQLite: a table that is missing': { sql: `SELECT * FROM "${WORD}"` },
  'SQLite: a column that is missing': { schema: 'CREATE TABLE t (v)', sql: `SELECT t."${WORD}" FROM t` },
  'SQLite: a function that is missing': { sql: `SELECT ${WORD}(1)` },
  'SQLite: a JSON path': { sql: `SELECT json_extract('{}', '${WORD}')` },
  'SQLite: malformed JSON': { sql: `SELECT json('{${WORD}')`, silent: 'it tells no value' },
  'SQLite: an overflow': { sql: `SELECT abs(-9223372036854775807 - 1) + ${SMALL}`, silent: 'it tells no value' },
  'SQLite: an unknown collation': { schema: 'CREATE TABLE t (v)', sql: `SELECT * FROM t ORDER BY v COLLATE "${WORD}"` },
  'SQLite: a syntax error': { sql: `SELECT 1 FROM '${MAIL}' ${WORD} ${WORD}` },
  'SQLite: a token that never ends': { sql: `SELECT '${MAIL}` },
  'SQLite: a table that is there already': { schema: `CREATE TABLE "${WORD}" (v)`, sql: `CREATE TABLE "${WORD}" (v)` },
  'SQLite: too many values': { schema: `CREATE TABLE "${WORD}" (v)`, sql: `INSERT INTO "${WORD}" VALUES (1, 2)` },
  'SQLite: a default that is no constant': { sql: `CREATE TABLE t (v DEFAULT ("${WORD}"))` },
};
