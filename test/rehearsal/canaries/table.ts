/** The table: every kind of error and every kind of name against every path by which text can reach what the product writes. */
import { KINDS } from './kinds.ts';
import { NAMES } from './names.ts';
import { SQLITE_KINDS } from './sqlite-kinds.ts';

export const FAMILIES = { error: Object.keys(KINDS), name: Object.keys(NAMES), sqlite: Object.keys(SQLITE_KINDS) } as const;
export type Family = keyof typeof FAMILIES;

/** A cell that is empty says why; one that is not is run by the test of its path. */
export type Cells = true | string;

export interface Path {
  readonly error: Cells;
  readonly name: Cells;
  readonly sqlite: Cells;
  /** Kinds of a family that is run which do not get there. */
  readonly except?: Readonly<Record<string, string>>;
}

const NO_ERROR = 'nothing of the database is run there that could fail with a message; what has a name is told';
const OWN_COMMAND =
  'a command of the repository fails there: its exit code alone is told, and what it prints is its own; the rehearsal asks nothing there that runs functions of the database';
const NOT_SQLITE = 'SQLite has no such path';
const NO_POSTGRES = 'it is SQLite: the errors of a server do not come up';
const NO_NAME = 'a failure is told by its condition; the names that an error brings are those of the kinds of errors';

/** Every so many kinds, which show that a path is one with another that has all of them: each takes a program or two to start. */
const every = (step: number, first: number, why: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.keys(KINDS)
      .filter((_, index) => index % step !== first)
      .map((kind) => [kind, why]),
  );
const AS_A_CUSTOM_DUMP = 'pg_restore meets the same row and says of it what it says with a custom dump, which has every kind: see there';
const AS_A_DIRECTORY = 'pg_dump makes a folder, which is restored by the same code as a directory dump: see there';

/** By name; each is a test of the same name. */
export const PATHS = {
  'restoring a plain dump': { error: true, name: NO_NAME, sqlite: NOT_SQLITE },
  'a statement of a plain dump': { error: true, name: NO_NAME, sqlite: NOT_SQLITE },
  'restoring a custom dump': { error: true, name: NO_NAME, sqlite: NOT_SQLITE },
  'restoring a directory dump': { error: true, except: every(3, 0, AS_A_CUSTOM_DUMP), name: NO_NAME, sqlite: NOT_SQLITE },
  'restoring a tar dump': { error: true, except: every(3, 1, AS_A_CUSTOM_DUMP), name: NO_NAME, sqlite: NOT_SQLITE },
  'restoring a folder of COPY files': { error: true, name: NO_NAME, sqlite: NOT_SQLITE },
  'copying a running database': { error: true, except: every(8, 0, AS_A_DIRECTORY), name: NO_NAME, sqlite: NOT_SQLITE },
  'taking stock': { error: true, name: 'only numbers are told', sqlite: NOT_SQLITE },
  freezing: { error: true, name: 'nothing is told of what it does', sqlite: NOT_SQLITE },
  masking: { error: true, name: 'see what is looked for after masking, and what is undeclared', sqlite: NOT_SQLITE },
  'columns that are undeclared': {
    error: NO_ERROR,
    name: true,
    sqlite: NOT_SQLITE,
  },
  'looking for leaks': { error: NO_ERROR, name: true, sqlite: NOT_SQLITE },
  'a check': { error: true, name: NO_NAME, sqlite: NOT_SQLITE },
  'the script of the load': { error: true, name: NO_NAME, sqlite: NOT_SQLITE },
  'the generated load': { error: true, name: 'its tables are those that were locked: see the phase of the load', sqlite: NOT_SQLITE },
  'observing statements': { error: true, name: 'see what a phase shows', sqlite: NOT_SQLITE },
  'the phase up': { error: 'see observing statements', name: true, sqlite: NOT_SQLITE },
  'the phase verify': { error: 'see a check', name: true, sqlite: NOT_SQLITE },
  'the phase previous': { error: OWN_COMMAND, name: OWN_COMMAND, sqlite: OWN_COMMAND },
  'the phase down': { error: OWN_COMMAND, name: 'what it leaves is told by the phase equal', sqlite: OWN_COMMAND },
  'the phase equal': { error: NO_ERROR, name: true, sqlite: 'see differences of SQLite' },
  'the phase up-again': { error: OWN_COMMAND, name: true, sqlite: OWN_COMMAND },
  'the phase rerun': { error: OWN_COMMAND, name: true, sqlite: OWN_COMMAND },
  'the phase load': { error: 'errors of the load are counted by SQLSTATE: see the generated load', name: true, sqlite: NOT_SQLITE },
  'the phase interrupted': { error: OWN_COMMAND, name: true, sqlite: OWN_COMMAND },
  'summary, report, JSON and explanation': {
    error: 'they show what the phases found, and why it could not take place',
    name: true,
    sqlite: NOT_SQLITE,
  },
  'restoring into SQLite': { error: NO_POSTGRES, name: NO_NAME, sqlite: true },
  'masking in SQLite': { error: NO_POSTGRES, name: 'names of SQLite are among its own kinds', sqlite: true },
  'a check in SQLite': { error: NO_POSTGRES, name: NO_NAME, sqlite: true },
  'the script of the load in SQLite': { error: NO_POSTGRES, name: NO_NAME, sqlite: true },
  'differences of SQLite': { error: NO_POSTGRES, name: 'SQLite has tables, columns, indexes, triggers and views alone', sqlite: true },
} as const satisfies Readonly<Record<string, Path>>;
export type PathName = keyof typeof PATHS;

/** What is not in the table, and why: it holds no text of anybody else's. */
export const NO_PATHS = {
  'titles of groups': 'they are ours, with sizes and the paths of the pipeline file',
  outputs: 'the verdict, codes of reasons, seconds, paths of files; "explanation" is the text above',
  'deployment records and their descriptions': 'the verdict, codes of reasons, figures, digests, and the name of the server',
  'notices and annotations': 'the sentence of the verdict, and the text above',
} as const;

export function cellsOf(path: PathName): readonly { readonly kind: string; readonly runs: boolean; readonly why: string | null }[] {
  const entry: Path = PATHS[path];
  return (Object.keys(FAMILIES) as Family[]).flatMap((family) =>
    FAMILIES[family].map((kind) => {
      const why = entry.except?.[kind] ?? (entry[family] === true ? null : String(entry[family]));
      return { kind, runs: why === null, why };
    }),
  );
}
