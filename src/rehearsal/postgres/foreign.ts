/** What somebody gave for a dump and that is none of PostgreSQL's, told by how it begins, with what to do. */

type Start = (bytes: Buffer, text: string) => boolean;

const magic =
  (...bytes: readonly number[]): Start =>
  (start) =>
    start.subarray(0, bytes.length).equals(Buffer.from(bytes));
const word =
  (text: string): Start =>
  (start) =>
    start.subarray(0, text.length).toString('latin1') === text;
const matches =
  (pattern: RegExp): Start =>
  (_start, text) =>
    pattern.test(text);

const COMPRESSED = 'decompress it in the snapshot command';
const ENCRYPTED = 'decrypt it in the snapshot command';
const OTHER_KIND = 'and this rehearsal runs on PostgreSQL';

const FOREIGN: readonly (readonly [string, Start])[] = [
  [`compressed with gzip; ${COMPRESSED} ("gunzip")`, magic(0x1f, 0x8b)],
  [`compressed with zstd; ${COMPRESSED} ("unzstd")`, magic(0x28, 0xb5, 0x2f, 0xfd)],
  [`compressed with xz; ${COMPRESSED} ("unxz")`, magic(0xfd, 0x37, 0x7a, 0x58, 0x5a)],
  [`compressed with bzip2; ${COMPRESSED} ("bunzip2")`, word('BZh')],
  [`compressed with lz4; ${COMPRESSED} ("unlz4")`, magic(0x04, 0x22, 0x4d, 0x18)],
  ['a zip file; unpack it in the snapshot command', magic(0x50, 0x4b, 0x03, 0x04)],
  ['a 7-Zip file; unpack it in the snapshot command', magic(0x37, 0x7a, 0xbc, 0xaf)],
  [`encrypted with OpenSSL; ${ENCRYPTED} ("openssl enc -d")`, word('Salted__')],
  [`encrypted with OpenSSL; ${ENCRYPTED} ("openssl enc -d -a")`, word('U2FsdGVkX1')],
  [`encrypted with GnuPG; ${ENCRYPTED} ("gpg --decrypt")`, word('-----BEGIN PGP MESSAGE-----')],
  // Packets that begin an encrypted message: a session key for a public key (tag 1), for a passphrase (tag 3), in the old and new format.
  [
    `encrypted with GnuPG; ${ENCRYPTED} ("gpg --decrypt")`,
    (start) => [0x84, 0x85, 0x86, 0x8c, 0xc1, 0xc3].includes(start[0] ?? 0) && [1, 2, 3, 4, 13, 14, 93, 94].includes(start[1] ?? 0),
  ],
  [`encrypted with age; ${ENCRYPTED} ("age --decrypt")`, word('age-encryption.org/')],
  [`encrypted with age; ${ENCRYPTED} ("age --decrypt")`, word('-----BEGIN AGE ENCRYPTED FILE-----')],
  [`a database of SQLite, ${OTHER_KIND}`, word('SQLite format 3')],
  [`a dump of SQLite, ${OTHER_KIND}`, matches(/^PRAGMA foreign_keys=/)],
  [
    `a dump of MySQL or MariaDB, ${OTHER_KIND}`,
    matches(/^(\/\*M?!999999.*\n)?-- (MySQL|MariaDB) dump |^\/\*!\d{5} SET |\bENGINE=InnoDB\b/),
  ],
  [`a backup of MySQL or MariaDB, ${OTHER_KIND}`, word('XBSTCK01')],
  [`a backup of SQL Server, ${OTHER_KIND}`, word('TAPE')],
  [
    `a script of SQL Server, ${OTHER_KIND}`,
    matches(/^(USE \[|SET ANSI_NULLS|SET QUOTED_IDENTIFIER|\/\*+ Object:)[^\n]*\r?\n(.*\n){0,40}?GO\r?\n/im),
  ],
  ['the dump of a whole cluster by "pg_dumpall"; dump the one database with "pg_dump"', matches(/^-- PostgreSQL database cluster dump$/m)],
  ['text in UTF-16; a dump of PostgreSQL is none, and a script of SQL Server often is', magic(0xff, 0xfe)],
];

/**
 * What a file is that is no dump of PostgreSQL.
 * @param start its first few thousand bytes
 * @returns for people, to follow "is"; `null` when nothing speaks against SQL text
 */
export function foreignKind(start: Buffer): string | null {
  const text = start.toString('latin1').trimStart();
  const found = FOREIGN.find(([, begins]) => begins(start, text));
  if (found !== undefined) return found[0];
  return start.includes(0) || isNoText(start) ? 'neither SQL text nor a dump of pg_dump; is it encrypted?' : null;
}

/** SQL is text in some encoding: control characters other than line ends and tabs are not in it. */
function isNoText(start: Buffer): boolean {
  const controls = start.filter((byte) => byte < 9 || (byte > 13 && byte < 32)).length;
  return controls > start.length / 50;
}
