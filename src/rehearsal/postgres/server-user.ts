import { spawnSync } from 'node:child_process';
import { cpSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { RehearsalImpossible } from '../database.ts';
import type { Binaries } from './binaries.ts';

/** Who the server runs as where it is not the job's own user. */
export interface ServerUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** Made for running a server, or for running with no rights at all. */
const PREFERRED = ['postgres', 'nobody'];

/**
 * PostgreSQL refuses to run as root, which is who a job in a container is. Then an existing user without rights runs it: a new one would
 * have to be made.
 * @returns `null` when the job's own user will do
 * @throws RehearsalImpossible when there is nobody
 */
export function serverUser(passwd: string = '/etc/passwd'): ServerUser | null {
  if (process.getuid?.() !== 0) return null;
  const users = readFileSync(passwd, 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
    .map(([name = '', , uid, gid]) => ({ name, uid: Number(uid), gid: Number(gid) }))
    .filter(({ uid, gid }) => uid > 0 && gid > 0);
  const found = PREFERRED.map((name) => users.find((user) => user.name === name)).find((user) => user !== undefined) ?? users[0];
  if (found !== undefined) return found;
  throw new RehearsalImpossible(
    'server_missing',
    'PostgreSQL refuses to run as root, and this machine has no other user that could run it. Run the job as another user, or add one in a step before: "useradd --system postgres".',
  );
}

/** Whether the user gets to a folder, or may run a program. */
export function reaches(user: ServerUser | null, path: string): boolean {
  if (user === null) return true;
  return spawnSync('/bin/sh', ['-c', 'test -x "$1"', 'sh', path], { cwd: '/', uid: user.uid, gid: user.gid }).status === 0;
}

/**
 * The programs where the user can run them: copied into the rehearsal's folder where they lie in a home that is closed to others.
 * They find their libraries and data beside themselves, so all of the installation is copied.
 */
export function reachableBinaries(binaries: Binaries, user: ServerUser | null, folder: string): Binaries {
  if (reaches(user, join(binaries.folder, 'postgres'))) return binaries;
  const copy = join(folder, 'programs');
  cpSync(dirname(binaries.folder), copy, { recursive: true, verbatimSymlinks: true });
  return { folder: join(copy, basename(binaries.folder)) };
}
