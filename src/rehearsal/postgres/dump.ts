import { closeSync, existsSync, fstatSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { RehearsalImpossible } from '../database.ts';
import { readArchiveHeader } from './archive-header.ts';
import { isCopyFolder } from './copy-folder.ts';
import { foreignKind } from './foreign.ts';
import { majorOf } from './host.ts';

/** What `pg_dump --format` wrote, or a folder with a schema and a file of `COPY` for each table. */
export type DumpFormat = 'plain' | 'custom' | 'directory' | 'tar' | 'copy';

/** What a dump says of itself. */
export interface DumpOrigin {
  /** Major version of the server that was dumped; `null` where it does not tell. */
  readonly server: number | null;
  /** Major version of pg_dump. */
  readonly program: number | null;
}

const UNKNOWN: DumpOrigin = { server: null, program: null };

/** How a file of tar says that it is one, 257 bytes in. */
const TAR = 'ustar';
const TAR_BLOCK = 512;

/**
 * The format of a dump, by how it begins.
 * @throws RehearsalImpossible for what is no dump of PostgreSQL, or only a part of one
 */
export function dumpFormat(path: string): DumpFormat {
  if (statSync(path).isDirectory()) return folderFormat(path);
  const start = firstBytes(path, 8192);
  if (start.length === 0) throw unreadable('an empty file');
  if (readArchiveHeader(start) !== null) return 'custom';
  if (start.subarray(257, 257 + TAR.length).toString('latin1') === TAR) return tarFormat(path, start);
  const foreign = foreignKind(start);
  if (foreign !== null) throw unreadable(foreign);
  refuseTruncated(path, start.toString('latin1'));
  return 'plain';
}

/** Which versions a dump was made with. */
export function dumpOrigin(path: string, format: DumpFormat): DumpOrigin {
  if (format === 'copy') return UNKNOWN;
  const start = firstBytes(format === 'directory' ? join(path, 'toc.dat') : path, 8192);
  if (format === 'plain') {
    const [, server] = /^-- Dumped from database version (\d+)/m.exec(start.toString('latin1')) ?? [];
    const [, program] = /^-- Dumped by pg_dump version (\d+)/m.exec(start.toString('latin1')) ?? [];
    return { server: server === undefined ? null : Number(server), program: program === undefined ? null : Number(program) };
  }
  const header = readArchiveHeader(format === 'tar' ? start.subarray(TAR_BLOCK) : start);
  if (header === null) return UNKNOWN;
  const major = (version: string | null): number | null => (version === null ? null : majorOf(version) || null);
  return { server: major(header.server), program: major(header.program) };
}

function folderFormat(path: string): DumpFormat {
  if (existsSync(join(path, 'toc.dat'))) return 'directory';
  if (isCopyFolder(path)) return 'copy';
  if (existsSync(join(path, 'PG_VERSION')) || existsSync(join(path, 'backup_label')))
    throw unreadable('a copy of a server\'s own files ("pg_basebackup"), which holds every database; make a dump with "pg_dump"');
  const files = readdirSync(path).length;
  throw unreadable(
    `a folder that is neither a dump of "pg_dump --format=directory" (it has no file toc.dat) nor one with a schema.sql and a file <schema>.<table>.csv, .tsv or .copy for each table. It has ${files === 1 ? '1 file' : `${files} files`}`,
  );
}

function tarFormat(path: string, start: Buffer): DumpFormat {
  const first = start.subarray(0, 100).toString('latin1').split('\0')[0] ?? '';
  // Two empty blocks end every archive; pg_restore would load half a row without noticing.
  const whole = lastBytes(path, 2 * TAR_BLOCK).every((byte) => byte === 0);
  if (first === 'toc.dat' && whole) return 'tar';
  if (first === 'toc.dat') throw unreadable('a tar dump that is truncated: it has no end. Make and transfer it again');
  throw unreadable(
    `a tar archive that is no dump of "pg_dump --format=tar": it does not begin with the file toc.dat. Unpack it in the snapshot command`,
  );
}

/** pg_dump ends what it writes with a line of its own; without it a part is missing, maybe in the middle of a table. */
function refuseTruncated(path: string, start: string): void {
  if (!/^-- PostgreSQL database dump\s*$/m.test(start)) return;
  if (lastBytes(path, 4096).toString('latin1').includes('-- PostgreSQL database dump complete')) return;
  throw unreadable(
    'a plain dump that is truncated: its last line "PostgreSQL database dump complete" is missing. Make and transfer it again',
  );
}

export function unreadable(what: string): RehearsalImpossible {
  return new RehearsalImpossible('snapshot_unreadable', `The snapshot is ${what}.`);
}

function firstBytes(path: string, count: number): Buffer {
  return bytesOf(path, count, () => 0);
}

function lastBytes(path: string, count: number): Buffer {
  return bytesOf(path, count, (length) => Math.max(0, length - count));
}

function bytesOf(path: string, count: number, from: (length: number) => number): Buffer {
  const file = openSync(path, 'r');
  try {
    const buffer = Buffer.alloc(count);
    return buffer.subarray(0, readSync(file, buffer, 0, count, from(fstatSync(file).size)));
  } finally {
    closeSync(file);
  }
}
