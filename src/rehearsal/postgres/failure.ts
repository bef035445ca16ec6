import pg from 'pg';
import { KnownNames } from '../known-names.ts';
import { serverIsLost } from '../lost-server.ts';
import { meaningOf } from './sqlstates.ts';

/**
 * What the server says of a failure may hold values of the data, in its message too: `invalid input syntax for type integer: "…"`. So what it
 * means is said in words of our own, with the SQLSTATE; the message is never passed on. Names are passed on only where the team's own text
 * spells them: a partition, a constraint or a column may be named after a value.
 * @param spelled the SQL that failed, or what the masking file names
 */
export function withNames(error: pg.DatabaseError, meaning: string, spelled: string): string {
  const names = new KnownNames();
  names.spellSql(spelled);
  const isSpelled = (name: string | undefined): boolean => name !== undefined && name !== '' && names.has(name);
  const parts = [`SQLSTATE ${error.code}`];
  if (isSpelled(error.constraint)) parts.push(`constraint ${error.constraint}`);
  if (isSpelled(error.table)) parts.push(`table ${isSpelled(error.schema) ? `${error.schema}.` : ''}${error.table}`);
  if (isSpelled(error.column)) parts.push(`column ${error.column}`);
  return `${meaning} (${parts.join(', ')})`;
}

/** What the same condition means where it is a query of the team's that meets it, and no application. */
const OF_A_QUERY: Readonly<Record<string, string>> = {
  '0A000': 'the server does not support what it asks for',
  '22P02': 'a value does not fit the type that it is read as (invalid_text_representation)',
  '42P02': 'it has a parameter, and is given none (undefined_parameter)',
};

/**
 * Why SQL of the team's failed, without values of the data. A connection that failed has none in its message.
 * @param sql what failed, where it is one text: the word that the server stumbled over is the team's own
 * @returns to stand in a sentence, with where in the SQL the server saw it
 */
export function failureOf(error: unknown, sql: string | null = null): string {
  if (!(error instanceof pg.DatabaseError)) return withoutQuotes(error as Error);
  const code = error.code ?? '';
  if (serverIsLost(error)) return withNames(error, meaningOf(code), '');
  const word = sql === null || error.position === undefined ? null : wordAt(sql, Number(error.position));
  const at = error.position === undefined ? '' : `, at character ${error.position}${word === null ? '' : `: ${word}`}`;
  return withNames(error, `${OF_A_QUERY[code] ?? meaningOf(code)}${at}`, sql ?? '');
}

/** What JavaScript says of a value that it cannot read quotes it. */
function withoutQuotes(error: Error): string {
  return error instanceof SyntaxError || error instanceof TypeError || error instanceof RangeError
    ? `a ${error.name} in reading it`
    : error.message;
}

/** An error of the server's, or of what reads its answer, in words of ours; its code tells whether the server was lost. */
class InOwnWords extends Error {
  readonly code: string | undefined;

  constructor(message: string, code: string | undefined) {
    super(message);
    this.code = code;
  }
}

/** The error itself, unless it is the server's: then one that says no word of the server's. */
export function withoutItsWords(error: unknown): unknown {
  return error instanceof pg.DatabaseError ? new InOwnWords(failureOf(error), error.code) : error;
}

/** The name at a position, counted in characters from 1; `null` where none begins there. Strings are none: they may hold a value. */
function wordAt(sql: string, position: number): string | null {
  const rest = [...sql].slice(position - 1).join('');
  return (
    /^(?:[\p{L}_][\p{L}\p{N}_$]*|"(?:[^"]|"")+")(?:\.(?:[\p{L}_][\p{L}\p{N}_$]*|"(?:[^"]|"")+"))*(?!['\p{L}])/u.exec(rest)?.[0] ?? null
  );
}
