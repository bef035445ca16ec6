import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { engineFor } from '../../src/rehearsal/engine.ts';
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

const read = (path: string) => readDump(path, new AbortController().signal);

describe('a dump', () => {
  it('is named by its bytes, a folder’s file names among them, and as old as its youngest file', async () => {
    const [one, same, renamed] = [directory('1', 'a', 'toc.dat'), directory('2', 'a', 'toc.dat'), directory('3', 'toc.dat')];
    writeFileSync(join(renamed, 'b'), 'a');
    utimesSync(join(one, 'a'), 100.5, 100.5);
    utimesSync(join(one, 'toc.dat'), 200.0625, 200.0625);
    const [first, second, third] = [await read(one), await read(same), await read(renamed)];
    expect(first).toMatchObject({ id: second?.id, writtenAt: 200_062, bytes: 8 });
    expect(first?.id).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(third?.id).not.toBe(first?.id);
    expect(await read(join(folder, 'nothing'))).toBeNull();
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

it('there is no rehearsal on mysql yet', async () => {
  await expect(engineFor('mysql')).rejects.toThrow('"mysql" is not supported yet');
});
