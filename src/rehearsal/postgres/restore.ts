import { readdirSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { type Access, RehearsalImpossible, type Restored } from '../database.ts';
import type { KnownNames } from '../known-names.ts';
import { clientsNamed, findClient, howToInstall, type Places, type Program } from './binaries.ts';
import { diagnosisOf } from './client-messages.ts';
import { runProgram } from './client-program.ts';
import { loadCopyFolder } from './copy-folder.ts';
import { assertRoom } from './disk.ts';
import { type DumpFormat, dumpFormat, dumpOrigin } from './dump.ts';
import { failureOf } from './failure.ts';
import { connectionTo, type Host } from './host.ts';
import { runPlainDump, runPlainText } from './plain-restore.ts';
import { withProgress } from './progress.ts';

export interface Restore {
  readonly host: Host;
  readonly database: string;
  readonly access: Access;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly log: (line: string) => void;
  /** The names that may be shown. */
  readonly names: KnownNames;
  readonly signal: AbortSignal;
  /** Major version that the pipeline file names. */
  readonly version: number | null;
  /** Bytes that the database will have, where that is known. */
  readonly expected?: number;
}

const IN_WORDS: Readonly<Record<DumpFormat, string>> = {
  plain: 'a plain dump',
  custom: 'a custom dump',
  directory: 'a directory dump',
  tar: 'a tar dump',
  copy: 'a folder of COPY files',
};

/**
 * Fills the database from a dump, without the owners and rights in it: the roles they name exist in production only.
 * @throws RehearsalImpossible when it is none, comes from another major version, does not fit on the disk, or what reads it is missing or
 *   fails, with why
 */
export async function restoreDump(dump: string, restore: Restore): Promise<Restored> {
  const format = dumpFormat(dump);
  const origin = dumpOrigin(dump, format);
  refuseOtherMajor(origin.server, restore, 'The snapshot');
  const bytes = bytesIn(dump);
  // What pg_dump compresses takes at least twice as much as a database.
  assertRoom(restore.host.free(), bytes * (format === 'plain' || format === 'tar' ? 1 : 2), 'Restoring the snapshot');
  await fill(dump, format, origin.program ?? 0, restore);
  restore.signal.throwIfAborted();
  return { format: IN_WORDS[format], major: origin.server };
}

/**
 * Refuses data of another major version than the server's, unless the pipeline file names the server's.
 * @param what `The snapshot`
 */
export function refuseOtherMajor(major: number | null, { host, version }: Restore, what: string): void {
  if (major === null || version !== null || major === host.major) return;
  throw new RehearsalImpossible(
    'server_version',
    `${what} comes from PostgreSQL ${major}, and this server is ${host.version}: locks, rewrites and times would not be production's. ${howToInstall(major)} If production is to move to ${host.major}, write "version: ${host.major}" under "rehearsal" in the pipeline file.`,
  );
}

async function fill(dump: string, format: DumpFormat, madeBy: number, restore: Restore): Promise<void> {
  const { host, database, log, names, signal } = restore;
  const connection = connectionTo(host, database);
  let done = 0;
  const progress = { what: 'Restoring', host, database, log, ...(restore.expected === undefined ? {} : { expected: restore.expected }) };
  const own = { ...progress, share: (): number | null => done };
  const told = (share: number): void => {
    done = share;
  };
  if (format === 'copy' || format === 'plain') {
    const load = format === 'copy' ? loadCopyFolder : runPlainDump;
    return withProgress(own, () => explained(format, signal, () => load(dump, connection, { names, signal, progress: told })));
  }
  const program = archiveReader(format, madeBy, restore);
  const restoring = needsText(program, host) ? restoreAsText : restoreArchive;
  const said = await withProgress(progress, () => explained(format, signal, () => restoring(program, dump, format, restore)));
  signal.throwIfAborted();
  if (said !== null)
    throw failed(
      format,
      said,
      `pg_restore failed: ${diagnosisOf(said)}. Run pg_restore on the dump yourself to see what it says; it is not shown here, because it may hold values of the data.`,
    );
}

/** From 17 on it sets what servers before 17 do not know, and would end at that. */
function needsText(program: Program, host: Host): boolean {
  return program.major >= 17 && host.major < 17;
}

// A subscription would draw on whatever the source draws on.
const LEAVE_OUT = ['--no-owner', '--no-privileges', '--no-subscriptions'];

/** @returns what it said when it failed */
function restoreArchive(
  { path }: Program,
  dump: string,
  format: DumpFormat,
  { access, database, env, signal }: Restore,
): Promise<string | null> {
  // Parallel restoring needs a file that can be read in several places at once.
  const jobs = format === 'tar' ? [] : [`--jobs=${Math.min(4, availableParallelism())}`];
  const parameters = [...LEAVE_OUT, '--exit-on-error', ...jobs, `--dbname=${database}`, dump];
  return runProgram({ path, parameters, variables: access.variables, env, signal });
}

/** The program writes SQL, and it is run here. */
export function restoreAsText(
  { path }: Program,
  dump: string,
  _format: DumpFormat,
  { host, database, env, signal }: Restore,
): Promise<string | null> {
  const output = (chunks: AsyncIterable<Buffer>): Promise<void> => runPlainText(chunks, connectionTo(host, database), signal);
  return runProgram({ path, parameters: [...LEAVE_OUT, '--file=-', dump], variables: {}, env, signal, output });
}

/** Where client programs are looked for. */
export function places({ host, env }: Restore): Places {
  return { server: host.binaries, env, packages: host.packages };
}

/** pg_restore reads the archives of pg_dumps that are no newer than itself. */
function archiveReader(format: DumpFormat, madeBy: number, restore: Restore): Program {
  const { host } = restore;
  const found = findClient('pg_restore', { ...places(restore), near: host.major, atLeast: madeBy });
  if (found !== null) return found;
  const others = clientsNamed('pg_restore', places(restore)).map(({ major }) => major);
  const has = others.length === 0 ? 'none' : `only of version ${others.join(' and ')}`;
  throw new RehearsalImpossible(
    'server_missing',
    `The snapshot is ${IN_WORDS[format]}${madeBy === 0 ? '' : ` made by pg_dump ${madeBy}`}, which "pg_restore"${madeBy === 0 ? '' : ` ${madeBy} or newer`} restores, and there is ${has} beside the server, on PATH or in /usr/lib/postgresql. Install PostgreSQL's client ("sudo apt-get install postgresql-client${madeBy === 0 ? '' : `-${madeBy}`}"), make a plain dump, or let the snapshot command fill the database at DATABASE_URL itself.`,
  );
}

async function explained<T>(format: DumpFormat, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof RehearsalImpossible) throw error;
    throw failed(format, serverMessageOf(error), failureOf(error));
  }
}

/** What is behind what the server or the program said, with what to do. */
const ADVICE: readonly (readonly [RegExp, (match: RegExpExecArray) => RehearsalImpossible | string])[] = [
  [
    /extension "([^"]+)" is not available|extension control file "[^"]*\/([^"/]+)\.control"|could not access file "(?:\$libdir\/)?([^"]+)"/,
    ([, one, two, three]) =>
      new RehearsalImpossible(
        'unsupported',
        `The snapshot needs ${extensionNamed(one ?? two ?? three ?? '')}, which this server does not have. Install it for this server (a package such as postgresql-<version>-<extension>), or rehearse on a server that has it ("server" in the pipeline file).`,
      ),
  ],
  [
    /No space left on device/,
    () => new RehearsalImpossible('disk', 'The disk was full before the snapshot was restored. Free some, or take a smaller snapshot.'),
  ],
  [
    /unexpected end of file|end of file$|could not read from input file|corrupt tar header|could not open input file|could not uncompress data|incomplete tar header|did not find magic string|COPY data ended/im,
    () => ' It seems to be truncated; make and transfer it again.',
  ],
  [/unsupported version \(/, () => ' It was made by a newer pg_dump than the pg_restore here; install that version of the client.'],
  [
    /role "[^"]*" does not exist/,
    () =>
      ' A plain dump brings its owners along; make it with "pg_dump --no-owner --no-privileges", or in the custom format. Policies name roles too: leave them out, or rehearse on a server that has the roles.',
  ],
];

/**
 * @param raw what the server or the program said: read, never shown
 * @param told the same in our own words
 */
function failed(format: DumpFormat, raw: string, told: string): RehearsalImpossible {
  for (const [pattern, advise] of ADVICE) {
    const match = pattern.exec(raw);
    if (match === null) continue;
    const advice = advise(match);
    return typeof advice === 'string' ? couldNot(format, advice, told) : advice;
  }
  return couldNot(format, '', told);
}

/** Behind every error of our own stands the server's, if it was the server's. What a function raises may say anything. */
function serverMessageOf(error: unknown): string {
  const { message, cause } = error as Error;
  if ((error as { code?: unknown }).code === 'P0001') return '';
  return cause instanceof Error ? serverMessageOf(cause) : message;
}

/** Extensions that snapshots need most; the name of any other may have been made up by the data. */
const EXTENSIONS =
  /^(?:postgis(?:_\w+)?|pgcrypto|citext|hstore|ltree|pg_trgm|uuid-ossp|unaccent|btree_gin|btree_gist|intarray|vector|timescaledb|pg_stat_statements|pg_partman|pg_cron|pgaudit|cube|earthdistance|fuzzystrmatch|tablefunc|dblink|postgres_fdw|file_fdw|plpython3u|plv8|rum|hll|pgmq|pg_repack|pgrouting|address_standardizer|ip4r|semver|age|anon|pg_net|pgjwt|wal2json|hypopg|pg_hint_plan|orafce|citus)$/;

function extensionNamed(name: string): string {
  return EXTENSIONS.test(name) ? `the extension "${name}"` : 'an extension';
}

function couldNot(format: DumpFormat, advice: string, said: string): RehearsalImpossible {
  return new RehearsalImpossible('snapshot_unreadable', `The snapshot, ${IN_WORDS[format]}, could not be restored.${advice}\n${said}`);
}

function bytesIn(path: string): number {
  if (!statSync(path).isDirectory()) return statSync(path).size;
  const names = readdirSync(path, { recursive: true, encoding: 'utf8' });
  return names.reduce((sum, name) => sum + statSync(join(path, name)).size, 0);
}
