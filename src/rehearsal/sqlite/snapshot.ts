import { closeSync, constants, existsSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { RehearsalImpossible, type Restored } from '../database.ts';
import type { KnownNames } from '../known-names.ts';
import { rowsOf, sqliteModule, withDatabase, withoutData } from './driver.ts';

const HEADER = 'SQLite format 3\0';
/** More text than that Node cannot hold in one piece. */
const LONGEST_TEXT = 400 * 2 ** 20;

/** What somebody gives for a database of SQLite and that is none, by how it begins; to follow "is". */
const FOREIGN: readonly (readonly [string, RegExp])[] = [
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the bytes that these files begin with
  ['compressed with gzip; decompress it in the snapshot command ("gunzip")', /^\x1f\x8b/],
  ['compressed with zstd; decompress it in the snapshot command ("unzstd")', /^\x28\xb5\x2f\xfd/],
  ['compressed with xz; decompress it in the snapshot command ("unxz")', /^\xfd7zXZ/],
  ['compressed with bzip2; decompress it in the snapshot command ("bunzip2")', /^BZh/],
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the bytes that these files begin with
  ['a zip file; unpack it in the snapshot command', /^PK\x03\x04/],
  ['encrypted; decrypt it in the snapshot command', /^(?:Salted__|-----BEGIN PGP MESSAGE-----|age-encryption\.org\/|-----BEGIN AGE)/],
  ['a dump of PostgreSQL, and this rehearsal runs on SQLite', /^PGDMP|^-- PostgreSQL database|^--\s*\n-- PostgreSQL database/],
  ['a dump of MySQL or MariaDB, and this rehearsal runs on SQLite', /^(?:\/\*M?!999999.*\n)?-- (?:MySQL|MariaDB) dump |^\/\*!\d{5} SET /],
];

/**
 * Makes the source from what the snapshot command left: a database file, with the log beside it if there is one, or the text of `.dump`.
 * @throws RehearsalImpossible `snapshot_unreadable`
 */
export async function restoreInto(source: string, dump: string, names: KnownNames): Promise<Restored> {
  if (statSync(dump).isDirectory())
    throw unreadable('a folder; leave the database file itself, or the text that "sqlite3 file .dump" writes');
  const start = firstBytes(dump, 4096);
  if (start.length === 0) throw unreadable('empty');
  if (start.subarray(0, HEADER.length).toString('latin1') === HEADER) return restoreFile(source, dump, start, names);
  const text = start.toString('latin1').trimStart();
  const foreign = FOREIGN.find(([, begins]) => begins.test(text));
  if (foreign !== undefined) throw unreadable(foreign[0]);
  if (start.includes(0) || start.filter((byte) => byte < 9 || (byte > 13 && byte < 32)).length > start.length / 50)
    throw unreadable('neither a database of SQLite nor SQL text; is it encrypted, as SQLCipher does?');
  return restoreText(source, dump, names);
}

const unreadable = (what: string): RehearsalImpossible =>
  new RehearsalImpossible('snapshot_unreadable', `The snapshot is ${what}. Expected is a database file of SQLite, or a dump as SQL text.`);

async function restoreFile(source: string, dump: string, start: Buffer, names: KnownNames): Promise<Restored> {
  // https://www.sqlite.org/fileformat2.html: page size at byte 16, number of pages at 28, which counts when both change counters agree.
  const pageSize = start.readUInt16BE(16) === 1 ? 65_536 : start.readUInt16BE(16);
  const bytes = pageSize * start.readUInt32BE(28);
  const { size } = statSync(dump);
  const sidecars = ['-wal', '-journal'].filter((ending) => existsSync(dump + ending));
  if (start.readUInt32BE(24) === start.readUInt32BE(92) && size < bytes && sidecars.length === 0)
    throw unreadable(`truncated: it has ${size} bytes of ${bytes}`);
  for (const ending of ['', ...sidecars]) await copyFile(dump + ending, source + ending, constants.COPYFILE_FICLONE);
  const problem = problemOf(source, names);
  if (problem !== null) throw unreadable(`damaged: ${problem}`);
  return { format: sidecars.length === 0 ? 'a database file' : `a database file with its ${sidecars.join(' and ').slice(1)}`, major: null };
}

/** Reads all of it once; takes in what the log beside it holds. */
function problemOf(path: string, names: KnownNames): string | null {
  try {
    return withDatabase(path, { readOnly: false }, (database) => {
      const [first] = rowsOf(database, 'PRAGMA integrity_check(1)');
      const said = String(Object.values(first ?? {})[0]);
      return said === 'ok' ? null : damageIn(said);
    });
  } catch (error) {
    return withoutData(error, names);
  }
}

/** What SQLite's check says names tables and indexes, and quotes the text of a CHECK. */
function damageIn(said: string): string {
  if (/missing from index|wrong # of entries in index|non-unique entry/.test(said)) return 'an index does not fit its table';
  if (/^(?:NULL|TEXT|NUMERIC|non-\w+) value in|CHECK constraint failed/.test(said)) return 'a value is not what its column allows';
  return 'its pages contradict each other';
}

function restoreText(source: string, dump: string, names: KnownNames): Restored {
  if (statSync(dump).size > LONGEST_TEXT)
    throw unreadable('SQL text of more than 400 MB; leave the database file itself ("sqlite3 file .backup")');
  const text = readFileSync(dump, 'utf8');
  if (/ROLLBACK; -- due to errors\s*$/.test(text.slice(-200))) throw unreadable('a dump that failed: it ends with ROLLBACK due to errors');
  const said = withDatabase(source, { readOnly: false }, (database) => {
    try {
      database.exec(text);
      return database.isTransaction ? 'it ends in the middle of a transaction, so it is truncated' : null;
    } catch (error) {
      return withoutData(error, names);
    }
  });
  if (said !== null) throw unreadable(`SQL text that cannot be run: ${said}`);
  return { format: 'a dump as SQL text', major: null };
}

/**
 * Makes the source from a database that is in use, without keeping anybody from writing to it for long.
 * @throws RehearsalImpossible `snapshot_failed`
 */
export async function copyRunning(source: string, url: string, names: KnownNames): Promise<Restored> {
  const path = pathOf(url);
  if (!existsSync(path)) throw new RehearsalImpossible('snapshot_failed', 'There is no file at the URL that the snapshot is to come from.');
  const { DatabaseSync, backup } = sqliteModule();
  try {
    const database = new DatabaseSync(path, { readOnly: true, timeout: 5000 });
    try {
      await backup(database, source);
    } finally {
      database.close();
    }
  } catch (error) {
    throw new RehearsalImpossible(
      'snapshot_failed',
      `The database that the snapshot is to come from cannot be read: ${withoutData(error, names)}.`,
    );
  }
  return { format: 'a backup of a database in use', major: null };
}

/** Path of a database by whatever tools call its address: `file:/a`, `file:///a`, `sqlite:////a`, `sqlite3:/a` or `/a`. */
export function pathOf(url: string): string {
  if (url.startsWith('file:///')) return fileURLToPath(url.split('?')[0] ?? url);
  const scheme = /^(?:file|sqlite3?|sqlite\+\w+|jdbc:sqlite):/i.exec(url)?.[0];
  if (scheme === undefined) return url;
  const path = decodeURIComponent((url.slice(scheme.length).split('?')[0] ?? '').replace(/^\/{2,}/, '/'));
  return path;
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
