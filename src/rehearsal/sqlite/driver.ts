import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { RehearsalImpossible } from '../database.ts';
import { KnownNames } from '../known-names.ts';

type Sqlite = typeof import('node:sqlite');

/** Node 24 has it built in; what runs on an older one lacks only this kind of database. */
const NEEDED = 'A rehearsal on SQLite needs Node 24, which has SQLite built in';

let loaded: Sqlite | null = null;

/**
 * SQLite as Node has it.
 * @throws RehearsalImpossible when this Node is too old
 */
export function sqliteModule(): Sqlite {
  loaded ??= withoutItsWarning(() => process.getBuiltinModule('node:sqlite') ?? null);
  if (loaded?.backup !== undefined) return loaded;
  throw new RehearsalImpossible('unsupported', `${NEEDED}; this is Node ${process.versions.node}.`);
}

/** Some versions of Node warn that their SQLite is experimental: nothing that a team's log needs. Every other warning goes through. */
function withoutItsWarning<T>(load: () => T): T {
  const { emitWarning } = process;
  process.emitWarning = ((warning: string | Error, ...rest: never[]) => {
    if (!String(warning).includes('SQLite is an experimental feature')) emitWarning.call(process, warning as string, ...rest);
  }) as typeof emitWarning;
  try {
    return load();
  } finally {
    process.emitWarning = emitWarning;
  }
}

/** Opens a database for as long as `work` needs it. What SQLite throws is passed on. */
export function withDatabase<T>(path: string, options: { readonly readOnly: boolean }, work: (database: DatabaseSync) => T): T {
  const { DatabaseSync } = sqliteModule();
  const database = new DatabaseSync(path, {
    readOnly: options.readOnly,
    enableForeignKeyConstraints: false,
    timeout: 5000,
  });
  try {
    return work(database);
  } finally {
    database.close();
  }
}

export type Row = Readonly<Record<string, unknown>>;

/** All rows of a query. Integers come as `bigint`: SQLite's have 64 bits. */
export function rowsOf(database: DatabaseSync, sql: string, ...parameters: readonly (string | number)[]): readonly Row[] {
  return exact(database.prepare(sql)).all(...parameters) as readonly Row[];
}

export function exact(statement: StatementSync): StatementSync {
  statement.setReadBigInts(true);
  return statement;
}

/** Names behind what SQLite says, with a dot between a table and its column. A constraint without a name has its text there. */
const ABOUT_NAMES =
  /^(?<what>(?:UNIQUE|NOT NULL|CHECK|FOREIGN KEY) constraint failed|no such (?:column|table|function|module))(?:: (?<names>[\w$]+(?:\.[\w$]+)*(?:, [\w$]+(?:\.[\w$]+)*)*)$)?/;

/** What Node says of a text without any statement. */
const NO_STATEMENT = /statement|SQL string/i;

/**
 * What SQLite said, without values of the data: they may stand in its messages (`bad JSON path: '…'`), so only names are passed on, where the
 * team's own texts spell them, and of anything else what its code means.
 * @param known what may be shown, beside the names that `sql` spells
 * @param sql what failed, where it is the team's own
 */
export function withoutData(error: unknown, known: KnownNames, sql = ''): string {
  const { message, errstr } = error as { message: string; errstr?: string };
  // Node's own: it quotes a number that it cannot read.
  if (errstr === undefined) return NO_STATEMENT.test(message) ? message.replace(/\.$/, '') : 'what it holds cannot be read';
  if (message.endsWith('syntax error')) return 'syntax error';
  if (message.startsWith('unrecognized token')) return 'unrecognized token';
  const { what, names = '' } = ABOUT_NAMES.exec(message)?.groups ?? {};
  if (what === undefined) return errstr;
  const own = new KnownNames();
  own.spellSql(sql);
  const isShown = (name: string): boolean => name.split('.').every((part) => known.has(part) || own.has(part));
  return names !== '' && names.split(', ').every(isShown) ? `${what}: ${names}` : what;
}

/** The error itself, unless it is SQLite's: then one that says no word of SQLite's. */
export function withoutItsWords(error: unknown): unknown {
  const { errcode } = error as { errcode?: unknown };
  return errcode === undefined ? error : new Error(`SQLite: ${withoutData(error, new KnownNames())}`);
}
