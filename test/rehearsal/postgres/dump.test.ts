import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readArchiveHeader } from '../../../src/rehearsal/postgres/archive-header.ts';
import { diagnosisOf } from '../../../src/rehearsal/postgres/client-messages.ts';
import { dumpFormat, dumpOrigin } from '../../../src/rehearsal/postgres/dump.ts';
import { PlainDumpReader } from '../../../src/rehearsal/postgres/plain-dump.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'promote-dump-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, content: string | Buffer): string {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
}

function directory(name: string, ...files: string[]): string {
  mkdirSync(join(folder, name));
  for (const one of files) file(join(name, one), one);
  return join(folder, name);
}

function tarOf(member: string): Buffer {
  const tar = Buffer.alloc(2048);
  tar.write(member, 0, 'latin1');
  tar.write('ustar', 257, 'latin1');
  return tar;
}

/** As pg_dump begins an archive of version 1.15. */
function archive(server: string, program: string): Buffer {
  const int = (value: number): Buffer => Buffer.from([value < 0 ? 1 : 0, ...new Uint8Array(new Int32Array([Math.abs(value)]).buffer)]);
  const text = (value: string): Buffer => Buffer.concat([int(value.length), Buffer.from(value)]);
  const when = [1, 2, 3, 4, 5, 126, 0].map(int);
  return Buffer.concat([Buffer.from('PGDMP'), Buffer.from([1, 15, 0, 4, 8, 1, 1]), ...when, text('shop'), text(server), text(program)]);
}

const COMPLETE =
  '--\n-- PostgreSQL database dump\n--\n\n-- Dumped from database version 16.4 (Debian)\n-- Dumped by pg_dump version 17.2\n\nSELECT 1;\n--\n-- PostgreSQL database dump complete\n--\n';

describe('a dump', () => {
  it('is told by what it begins with', () => {
    expect(dumpFormat(file('a', COMPLETE))).toBe('plain');
    expect(dumpFormat(file('b', archive('18.4', '18.4')))).toBe('custom');
    expect(dumpFormat(directory('c', 'toc.dat', '3000.dat.gz'))).toBe('directory');
    expect(dumpFormat(file('d', tarOf('toc.dat')))).toBe('tar');
    expect(dumpFormat(directory('e', 'schema.sql', 'public.goods.csv'))).toBe('copy');
    expect(dumpFormat(file('f', 'CREATE TABLE goods (id int);'))).toBe('plain');
  });

  it('tells the versions that it was made with', () => {
    expect(dumpOrigin(file('a', COMPLETE), 'plain')).toEqual({ server: 16, program: 17 });
    expect(dumpOrigin(file('b', archive('15.18 (Debian 15.18-0)', '18.4')), 'custom')).toEqual({ server: 15, program: 18 });
    expect(dumpOrigin(file('c', 'CREATE TABLE goods (id int);'), 'plain')).toEqual({ server: null, program: null });
    expect(readArchiveHeader(archive('15.18', '18.4').subarray(0, 60))).toEqual({ server: null, program: null });
  });

  it.each<[string, Buffer | string, RegExp]>([
    ['an empty file', '', /is an empty file/],
    ['one compressed with gzip', Buffer.from([0x1f, 0x8b, 8, 0]), /compressed with gzip; decompress it/],
    ['one compressed with zstd', Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 4]), /compressed with zstd/],
    ['one compressed with xz', Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0]), /compressed with xz/],
    ['a zip file', Buffer.from([0x50, 0x4b, 3, 4]), /a zip file; unpack it/],
    ['one encrypted with GnuPG', Buffer.from([0x85, 1, 0x0c, 3]), /encrypted with GnuPG; decrypt it/],
    ['one encrypted with a passphrase', Buffer.from([0x8c, 0x0d, 4, 9]), /encrypted with GnuPG/],
    ['one encrypted with GnuPG, as text', '-----BEGIN PGP MESSAGE-----\n\nhQ', /encrypted with GnuPG/],
    ['one encrypted with age', 'age-encryption.org/v1\n-> X25519 a', /encrypted with age/],
    ['one encrypted with OpenSSL', Buffer.concat([Buffer.from('Salted__'), Buffer.from([1, 200, 3, 4])]), /encrypted with OpenSSL/],
    ['one encrypted in an unknown way', Buffer.from(Array.from({ length: 200 }, (_, at) => (at * 151) % 255 || 1)), /is it encrypted\?/],
    ['a database of SQLite', 'SQLite format 3\0', /a database of SQLite, and this rehearsal runs on PostgreSQL/],
    ['a dump of SQLite', 'PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;', /a dump of SQLite/],
    ['a dump of MySQL', '-- MySQL dump 10.13  Distrib 8.4.2, for Linux (x86_64)\n', /a dump of MySQL or MariaDB/],
    ['a dump of MariaDB', '/*M!999999\\- enable the sandbox mode */ \n-- MariaDB dump 10.19\n', /a dump of MySQL or MariaDB/],
    ['a backup of SQL Server', Buffer.from('TAPE\0\0\u0003\0'), /a backup of SQL Server/],
    ['a script of SQL Server', 'USE [shop]\r\nGO\r\nSET ANSI_NULLS ON\r\nGO\r\n', /a script of SQL Server/],
    ['a dump of a whole cluster', '--\n-- PostgreSQL database cluster dump\n--\n', /pg_dumpall/],
    ['a plain dump that was cut off', COMPLETE.slice(0, -20), /truncated: its last line .* is missing/],
    ['a tar dump that was cut off', tarOf('toc.dat').fill('x', 900), /a tar dump that is truncated/],
    ['another tar archive', tarOf('base/1/1234'), /a tar archive that is no dump .* does not begin with the file toc\.dat/],
  ])('is not %s', (_name, content, message) => {
    expect(() => dumpFormat(file('dump', content))).toThrow(
      expect.objectContaining({ code: 'snapshot_unreadable', message: expect.stringMatching(message) }),
    );
  });

  it('is not any folder', () => {
    expect(() => dumpFormat(directory('any', 'notes.txt'))).toThrow(/no file toc\.dat.*It has 1 file/);
    expect(() => dumpFormat(directory('base', 'PG_VERSION'))).toThrow(/pg_basebackup/);
  });
});

/** What a plain dump is taken apart into, read in pieces of so many bytes. */
async function parts(text: string, piece: number): Promise<string[]> {
  const said: string[] = [];
  const reader = new PlainDumpReader({
    statement: async (sql, line) => void said.push(`${line} ${sql}`),
    copyBegins: async (sql, line) => void said.push(`${line} ${sql}`, ''),
    copyRows: async (rows) => void said.push((said.pop() ?? '') + rows.toString('utf8')),
    copyEnds: async () => void said.push('ended'),
    meta: async (command, line) => void said.push(`${line} ${command}`),
  });
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += piece) await reader.take(bytes.subarray(at, at + piece));
  await reader.end();
  return said;
}

describe('a plain dump', () => {
  const text = `-- a; comment
\\restrict abc
SELECT ';', E'\\';', "a;b", $$;$$, $x$ $$;$$ $x$; SELECT 2; /* ; /* ; */ ; */
CREATE RULE r AS ON DELETE TO t DO (SELECT 1; SELECT 2);
CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT CASE WHEN true THEN 2 END; END;
BEGIN; COMMIT;
COPY public.t (id, "from stdin") FROM stdin;
1\tü;
\\N\t'\\\\.
\\.

COPY public.empty FROM stdin;
\\.
INSERT INTO t VALUES ('
;
it''s');
SELECT 3`;
  const expected = [
    '2 \\restrict abc',
    `3 SELECT ';', E'\\';', "a;b", $$;$$, $x$ $$;$$ $x$;`,
    '3 SELECT 2;',
    '4 CREATE RULE r AS ON DELETE TO t DO (SELECT 1; SELECT 2);',
    '5 CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT CASE WHEN true THEN 2 END; END;',
    '6 BEGIN;',
    '6 COMMIT;',
    '7 COPY public.t (id, "from stdin") FROM stdin;',
    "1\tü;\n\\N\t'\\\\.\n",
    'ended',
    '12 COPY public.empty FROM stdin;',
    '',
    'ended',
    "14 INSERT INTO t VALUES ('\n;\nit''s');",
    '17 SELECT 3',
  ];

  it.each([1, 2, 3, 7, 64, 100_000])('is taken apart as psql does, %i bytes at a time', async (piece) => {
    expect(await parts(text, piece)).toEqual(expected);
  });

  it('may not end in the middle', async () => {
    await expect(parts('COPY t FROM stdin;\n1\n', 5)).rejects.toThrow('COPY data ended');
    await expect(parts("SELECT 1;\nSELECT 'a", 5)).rejects.toThrow('line 2: the statement that begins here does not end');
  });
});

it.each([
  [
    `pg_restore: while PROCESSING TOC:
pg_restore: from TOC entry 3345; 0 16390 TABLE DATA mona_2026 postgres
pg_restore: error: COPY failed for table "mona_2026": ERROR:  function lower(mona) does not exist
QUERY:  SELECT mona
CONTEXT:  PL/pgSQL function public.f(text) line 1
COPY mona_2026, line 3: "3\tmona@shop.example"`,
    'a function or operator is missing for these types (undefined_function) (SQLSTATE 42883), at entry 3345 of the archive (TABLE DATA)',
  ],
  [
    'pg_restore: error: could not execute query: ERROR:  duplicate key value violates unique constraint "mona"\nDETAIL:  Key (email)=(mona@shop.example) already exists.\nCONTEXT:  COPY customers, line 3: "3\tmona@shop.example"',
    'a value that must be unique is there already (unique_violation) (SQLSTATE 23505)',
  ],
  ['pg_restore: error: could not execute query: ERROR:  mona says no', 'the server refused a statement'],
  ['pg_restore: error: unsupported version (1.99) in file header', 'it does not know the version of the archive'],
  ['pg_dump: error: mona', 'for a reason that is not shown, because it may hold values of the data'],
  ['it ended with code 3', 'it ended with code 3'],
])('what a client program says of a failure is told without a word of its own: %#', (said, told) => {
  expect(diagnosisOf(said)).toBe(told);
});
