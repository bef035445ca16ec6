/** What a statement is by its first words, without a parser: cheap enough for every statement while it passes. */

/** Space and comments; nested comments are read as far as their first end. */
const GAP = /(?:\s|--[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/)*/y;
const WORD = /[A-Za-z_][A-Za-z_0-9]*/y;
const MOST_WORDS = 8;

/** The first words of a statement, upper case, up to the first thing that is no word. */
export function firstWords(text: string): readonly string[] {
  const words: string[] = [];
  let offset = 0;
  while (words.length < MOST_WORDS) {
    GAP.lastIndex = offset;
    offset += GAP.exec(text)?.[0].length ?? 0;
    WORD.lastIndex = offset;
    const word = WORD.exec(text)?.[0];
    if (word === undefined) break;
    words.push(word.toUpperCase());
    offset += word.length;
  }
  return words;
}

/** Words between CREATE, ALTER or DROP and what is created that say how, not what. */
const HOW = [
  'OR',
  'REPLACE',
  'TEMP',
  'TEMPORARY',
  'LOCAL',
  'GLOBAL',
  'UNLOGGED',
  'UNIQUE',
  'RECURSIVE',
  'TRUSTED',
  'PROCEDURAL',
  'CONSTRAINT',
];
/** Things that take more than one word. */
const PAIRS = [
  'MATERIALIZED VIEW',
  'FOREIGN TABLE',
  'FOREIGN DATA WRAPPER',
  'EVENT TRIGGER',
  'ACCESS METHOD',
  'DEFAULT PRIVILEGES',
  'LARGE OBJECT',
  'OPERATOR CLASS',
  'OPERATOR FAMILY',
  'TEXT SEARCH CONFIGURATION',
  'TEXT SEARCH DICTIONARY',
  'TEXT SEARCH PARSER',
  'TEXT SEARCH TEMPLATE',
  'USER MAPPING',
];

/** Kinds of statements whose first word does not say enough, by that word. */
const SPECIAL: Readonly<Record<string, (words: readonly string[], text: string, tag: string | null) => string>> = {
  CREATE: definition,
  ALTER: definition,
  DROP: definition,
  WITH: (_words, _text, tag) => /^[A-Z]+/.exec(tag ?? '')?.[0] ?? 'WITH',
  REINDEX: (words) => `REINDEX${concurrently(words)}`,
  REFRESH: (words) => `REFRESH MATERIALIZED VIEW${concurrently(words)}`,
  VACUUM: (words, text) => (words[1] === 'FULL' || /^[^;]*?VACUUM\s*\([^)]*\bFULL\b/i.test(text) ? 'VACUUM FULL' : 'VACUUM'),
  START: () => 'BEGIN',
  ABORT: () => 'ROLLBACK',
  END: () => 'COMMIT',
  ROLLBACK: (words) => (words.includes('TO') ? 'ROLLBACK TO' : `ROLLBACK${only('PREPARED', words[1])}`),
  COMMIT: (words) => `COMMIT${only('PREPARED', words[1])}`,
  PREPARE: (words) => `PREPARE${only('TRANSACTION', words[1])}`,
  SET: (words) => `SET${only('CONSTRAINTS', words[1])}`,
  SECURITY: (words) => words.slice(0, 2).join(' '),
  IMPORT: (words) => words.slice(0, 3).join(' '),
  REASSIGN: (words) => words.slice(0, 2).join(' '),
};

/**
 * @param tag what the server calls it once it is done; tells what a statement that begins with WITH is
 * @returns such as `ALTER TABLE`, `CREATE INDEX CONCURRENTLY`, `UPDATE`; empty when there is no word at all
 */
export function kindOf(text: string, tag: string | null = null): string {
  const words = firstWords(text);
  const [verb = ''] = words;
  return SPECIAL[verb]?.(words, text, tag) ?? verb;
}

function concurrently(words: readonly string[]): string {
  return words.includes('CONCURRENTLY') ? ' CONCURRENTLY' : '';
}

function only(word: string, found: string | undefined): string {
  return found === word ? ` ${word}` : '';
}

function definition(words: readonly string[]): string {
  const [verb = '', ...others] = words;
  const rest = others.slice(others.findIndex((word) => !HOW.includes(word)));
  const what = PAIRS.find((pair) => rest.join(' ').startsWith(pair)) ?? rest[0] ?? '';
  return `${verb} ${what}${what === 'INDEX' && rest[1] === 'CONCURRENTLY' ? ' CONCURRENTLY' : ''}`.trim();
}

const LOCKLESS = new Set([
  '',
  'BEGIN',
  'CHECKPOINT',
  'COMMIT',
  'DEALLOCATE',
  'DISCARD',
  'LISTEN',
  'NOTIFY',
  'PREPARE',
  'RELEASE',
  'RESET',
  'SAVEPOINT',
  'SET',
  'SHOW',
  'UNLISTEN',
  'VALUES',
]);

/** Kinds that only make what nobody has yet. */
const NEW = ['CREATE TABLE', 'CREATE SCHEMA', 'CREATE SEQUENCE', 'CREATE TYPE', 'CREATE DOMAIN', 'CREATE FUNCTION', 'CREATE PROCEDURE'];
/** How a new table takes hold of one that is there. */
const TIED = /\b(?:references|inherits|partition)\b/i;

/** Whether a statement can take locks on tables that are there. `ROLLBACK` can only give them back. */
export function mayLock(kind: string, text: string): boolean {
  return !LOCKLESS.has(kind) && kind !== 'ROLLBACK' && !(NEW.includes(kind) && !TIED.test(text));
}

/** Whether statements of a kind may commit while they run: what they locked is gone when they are done. */
export function isOpaque(kind: string): boolean {
  return isProcedural(kind) || kind.endsWith(' CONCURRENTLY') || ['VACUUM', 'VACUUM FULL', 'CLUSTER', 'REINDEX'].includes(kind);
}

/** Whether statements of a kind run what somebody wrote, which may lock and commit at any time. */
export function isProcedural(kind: string): boolean {
  return kind === 'DO' || kind === 'CALL';
}

/** Whether statements of a kind work on rows: repeated in a transaction they lock nothing that they did not lock before, and no file goes when they end. */
export function worksOnRows(kind: string): boolean {
  return ['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'MERGE', 'WITH', 'COPY'].includes(kind);
}

/**
 * Whether a statement that stands alone may be sent through the extended protocol instead: the server does the same, and its locks can be
 * read before it commits.
 */
export function mayBeExtended(kind: string, text: string): boolean {
  return mayLock(kind, text) && !['COPY', 'FETCH', 'MOVE', 'CLOSE', 'DECLARE', 'EXECUTE', 'TABLE'].includes(kind) && !/\$\d/.test(text);
}
