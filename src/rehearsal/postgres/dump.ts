import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { RehearsalImpossible } from '../database.ts';
import { type Binaries, findClient } from './binaries.ts';
import { type Connection, variablesOf } from './connection.ts';

/** What `pg_dump --format` wrote. */
export type DumpFormat = 'plain' | 'custom' | 'directory' | 'tar';

export interface Restore {
  readonly connection: Connection;
  readonly binaries: Binaries;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
}

/** What a file begins with that is no dump, with what to do. */
const FOREIGN: readonly (readonly [string, readonly number[]])[] = [
  ['compressed with gzip; decompress it in the snapshot command', [0x1f, 0x8b]],
  ['compressed with zstd; decompress it in the snapshot command', [0x28, 0xb5, 0x2f, 0xfd]],
  ['compressed with xz; decompress it in the snapshot command', [0xfd, 0x37, 0x7a, 0x58, 0x5a]],
  ['a zip file; unpack it in the snapshot command', [0x50, 0x4b, 0x03, 0x04]],
  ['a database of SQLite, and this rehearsal runs on PostgreSQL', [...Buffer.from('SQLite format 3')]],
];

/**
 * The format of a dump, by its first bytes.
 * @throws RehearsalImpossible for what is no dump of PostgreSQL
 */
export function dumpFormat(path: string): DumpFormat {
  if (statSync(path).isDirectory()) {
    if (existsSync(join(path, 'toc.dat'))) return 'directory';
    throw new RehearsalImpossible(
      'snapshot_unreadable',
      `The snapshot command left a folder in $PROMOTE_SNAPSHOT that is no dump of "pg_dump --format=directory": it has no file toc.dat.`,
    );
  }
  const start = firstBytes(path, 4096);
  if (start.length === 0)
    throw new RehearsalImpossible('snapshot_unreadable', 'The snapshot command left an empty file in $PROMOTE_SNAPSHOT.');
  if (start.subarray(0, 5).toString('latin1') === 'PGDMP') return 'custom';
  if (start.subarray(257, 262).toString('latin1') === 'ustar') return 'tar';
  const foreign = FOREIGN.find(([, bytes]) => start.subarray(0, bytes.length).equals(Buffer.from(bytes)));
  const why = foreign?.[0] ?? (start.includes(0) ? 'neither SQL text nor a dump of pg_dump; is it encrypted?' : null);
  if (why !== null)
    throw new RehearsalImpossible('snapshot_unreadable', `The snapshot command left a file in $PROMOTE_SNAPSHOT that is ${why}.`);
  return 'plain';
}

function firstBytes(path: string, count: number): Buffer {
  const file = openSync(path, 'r');
  try {
    const buffer = Buffer.alloc(count);
    return buffer.subarray(0, readSync(file, buffer, 0, count, 0));
  } finally {
    closeSync(file);
  }
}

/**
 * Fills the database from a dump, without the owners and rights in it: the roles they name exist in production only.
 * @throws RehearsalImpossible when the program that reads it is missing or fails, with what it said
 */
export async function restoreDump(dump: string, restore: Restore): Promise<string> {
  const format = dumpFormat(dump);
  const name = format === 'plain' ? 'psql' : 'pg_restore';
  const program = findClient(name, restore.binaries, restore.env);
  if (program === null) {
    throw new RehearsalImpossible(
      'server_missing',
      `The snapshot is a ${format} dump, which "${name}" restores, and there is no "${name}" beside the server in ${restore.binaries.folder} or on PATH. Install PostgreSQL's client ("sudo apt-get install postgresql-client"), or let the snapshot command fill the database at DATABASE_URL itself.`,
    );
  }
  const said = await run(program, parameters(format, dump), restore);
  restore.signal.throwIfAborted();
  if (said === null) return format;
  const advice = /role ".*" does not exist/.test(said)
    ? ' A plain dump brings its owners along; make it with "pg_dump --no-owner --no-privileges", or in the custom format.'
    : '';
  throw new RehearsalImpossible('snapshot_unreadable', `The snapshot, a ${format} dump, could not be restored.${advice}\n${said}`);
}

function parameters(format: DumpFormat, dump: string): string[] {
  if (format === 'plain') return ['--no-psqlrc', '--quiet', '--set=ON_ERROR_STOP=1', '--output=/dev/null', `--file=${dump}`];
  // Parallel restoring needs a file that can be read in several places at once.
  const jobs = format === 'tar' ? [] : [`--jobs=${Math.min(4, availableParallelism())}`];
  return ['--no-owner', '--no-privileges', '--exit-on-error', ...jobs, '--dbname=rehearsal', dump];
}

/** @returns `null` when it succeeded, the end of what it said otherwise */
function run(program: string, parameters: readonly string[], { connection, env, signal }: Restore): Promise<string | null> {
  return new Promise((resolve) => {
    const child = spawn(program, parameters, {
      env: { PATH: env['PATH'], HOME: '/nonexistent', ...variablesOf(connection) },
      stdio: ['ignore', 'ignore', 'pipe'],
      signal,
    });
    let said = '';
    child.stderr.on('data', (data: Buffer) => {
      said = (said + data.toString('utf8')).slice(-4000);
    });
    child.on('error', (error) => resolve(error.message));
    child.on('close', (code) => resolve(code === 0 ? null : said.trim().split('\n').slice(-8).join('\n') || `it ended with code ${code}`));
  });
}
