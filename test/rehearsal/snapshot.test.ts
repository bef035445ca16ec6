import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { engineFor } from '../../src/rehearsal/engine.ts';
import { findBinaries } from '../../src/rehearsal/postgres/binaries.ts';
import { dumpFormat } from '../../src/rehearsal/postgres/dump.ts';
import { readDump, readTakenAt } from '../../src/rehearsal/snapshot.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'promote-snapshot-'));
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

describe('a dump', () => {
  it('is told by what it begins with', () => {
    expect(dumpFormat(file('a', '--\n-- PostgreSQL database dump\n--\n'))).toBe('plain');
    expect(dumpFormat(file('b', Buffer.from('PGDMP\u0001\u0010\u0000', 'latin1')))).toBe('custom');
    expect(dumpFormat(directory('c', 'toc.dat', '3000.dat.gz'))).toBe('directory');
    const tar = Buffer.alloc(1024);
    tar.write('toc.dat', 0, 'latin1');
    tar.write('ustar', 257, 'latin1');
    expect(dumpFormat(file('d', tar))).toBe('tar');
  });

  it.each<[string, Buffer | string, RegExp]>([
    ['an empty file', '', /left an empty file/],
    ['one compressed with gzip', Buffer.from([0x1f, 0x8b, 8, 0]), /compressed with gzip; decompress it/],
    ['one compressed with zstd', Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 4]), /compressed with zstd/],
    ['a database of SQLite', 'SQLite format 3\0', /a database of SQLite/],
    ['an encrypted file', Buffer.from([0x85, 1, 0, 3]), /is it encrypted\?/],
  ])('is not %s', (_name, content, message) => {
    expect(() => dumpFormat(file('dump', content))).toThrow(message);
  });

  it('is not any folder', () => {
    expect(() => dumpFormat(directory('any', 'notes.txt'))).toThrow(/no file toc\.dat/);
  });

  it('is named by its bytes, a folder’s file names among them, and as old as its youngest file', async () => {
    const [one, same, renamed] = [directory('1', 'a', 'toc.dat'), directory('2', 'a', 'toc.dat'), directory('3', 'toc.dat')];
    writeFileSync(join(renamed, 'b'), 'a');
    utimesSync(join(one, 'a'), 100.5, 100.5);
    utimesSync(join(one, 'toc.dat'), 200.0625, 200.0625);
    const [first, second, third] = [await readDump(one), await readDump(same), await readDump(renamed)];
    expect(first).toMatchObject({ id: second?.id, writtenAt: 200_062, bytes: 8 });
    expect(first?.id).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(third?.id).not.toBe(first?.id);
    expect(await readDump(join(folder, 'nothing'))).toBeNull();
  });
});

describe('the time a snapshot was taken', () => {
  it.each<[string, string]>([
    ['2026-11-02T08:00:00Z', '2026-11-02T08:00:00.000Z'],
    ['2026-11-02T09:00:00.25+01:00\n', '2026-11-02T08:00:00.250Z'],
    ['2026-11-02T03:00-0500', '2026-11-02T08:00:00.000Z'],
  ])('%j is an instant', (text, instant) => {
    expect(new Date(readTakenAt(file('at', text)) ?? 0).toISOString()).toBe(instant);
  });

  it.each(['yesterday', '', '2026-11-02', '2026-11-02T08:00:00', '1793606400', '2026-13-40T08:00:00Z'])('%j is none', (text) => {
    expect(() => readTakenAt(file('at', text))).toThrow(/expected an instant with its offset/);
  });

  it('is unknown where nothing was written', () => {
    expect(readTakenAt(join(folder, 'at'))).toBeNull();
  });
});

describe('the server’s programs', () => {
  const install = (...path: string[]): string => {
    const bin = join(folder, ...path);
    mkdirSync(bin, { recursive: true });
    for (const name of ['initdb', 'postgres']) writeFileSync(join(bin, name), '', { mode: 0o755 });
    return bin;
  };

  it('are those named, else those on PATH, else the newest installed', () => {
    const [named, path, newest] = [install('named'), install('path'), install('debian', '17', 'bin')];
    install('debian', '9.6', 'bin');
    const debian = join(folder, 'debian');
    expect(findBinaries({ PROMOTE_POSTGRES_BIN: named, PATH: path }, debian).folder).toBe(named);
    expect(findBinaries({ PATH: `/nowhere:${path}` }, debian).folder).toBe(path);
    expect(findBinaries({ PATH: '/nowhere' }, debian).folder).toBe(newest);
  });

  it('are missed with the three places they were looked for', () => {
    const search = () => findBinaries({ PATH: '/nowhere' }, join(folder, 'debian'));
    expect(search).toThrow(/PROMOTE_POSTGRES_BIN \(not set\), the folders on PATH, .*debian\/<version>\/bin/);
  });
});

it.each(['mysql', 'sqlite'] as const)('there is no rehearsal on %s yet', async (database) => {
  await expect(engineFor(database)).rejects.toThrow(`"${database}" is not supported yet`);
});
