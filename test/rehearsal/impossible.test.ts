import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { type Commands, candidate, closeWorld, leftIn, recorded, rehearse, serversIn, temp, world } from './rehearsing.ts';

afterEach(closeWorld);

describe('a rehearsal that cannot take place records nothing, and says why', () => {
  it.each<[string, Commands, RegExp]>([
    ['an empty database', { snapshot: 'true' }, /The database has no table/],
    ['tables without a row', { snapshot: 'node sql.cjs "CREATE TABLE goods (id int)"' }, /The database has 1 tables? and not one row/],
    [
      'a snapshot command that fails',
      { snapshot: 'echo "no route to replica"; exit 7' },
      /could not be fetched: its command ended with exit code 7/,
    ],
    ['a dump that is encrypted', { snapshot: 'echo "Salted__and more" > "$PROMOTE_SNAPSHOT"' }, /encrypted with OpenSSL; decrypt it/],
    [
      'a snapshot that is too old',
      { snapshot: 'node sql.cjs goods.sql; echo 2026-02-01T00:00:00Z > "$PROMOTE_SNAPSHOT_TAKEN_AT"' },
      /taken at 2026-02-01T00:00:00.000Z.*none older than 168 h/,
    ],
    ['MySQL', { database: 'mysql' }, /"mysql" is not supported yet/],
  ])('%s', async (_name, commands, because) => {
    const run = await candidate({ ...commands, migrate: 'echo migrating' });
    // Without clients, whatever this machine has.
    world.variables['PATH'] = onlyTools(world.folder);
    const job = await rehearse(run);
    expect(job.exitCode).toBe(1);
    expect(job.outputs['explanation']).toMatch(because);
    expect(job.summary).toContain('could not be rehearsed for **staging**, and nothing is recorded');
    expect(job.outputs['rehearsal']).toBeUndefined();
    expect(job.log).not.toMatch(/^migrating/m);
    expect(recorded()).toEqual([]);
    expect([leftIn(temp), serversIn(temp)]).toEqual([[], []]);
  });

  it('no PostgreSQL where the variable says that there is one', async () => {
    const run = await candidate();
    const empty = join(world.folder, 'empty');
    mkdirSync(empty);
    world.variables['PROMOTE_POSTGRES_BIN'] = empty;
    const job = await rehearse(run);
    expect(job).toMatchObject({ exitCode: 1, outputs: { explanation: expect.stringContaining(`PROMOTE_POSTGRES_BIN is "${empty}"`) } });
    expect(recorded()).toEqual([]);
  });

  it('a server that does not start, with what its log says', async () => {
    const run = await candidate();
    const broken = join(temp, 'broken');
    mkdirSync(broken);
    writeFileSync(join(broken, 'initdb'), '#!/bin/sh\nexit 0\n', { mode: 0o755 });
    writeFileSync(join(broken, 'postgres'), '#!/bin/sh\necho "FATAL: no memory to be had"; exit 1\n', { mode: 0o755 });
    world.variables['PROMOTE_POSTGRES_BIN'] = broken;
    const job = await rehearse(run);
    expect(job.outputs['explanation']).toContain('FATAL: no memory to be had');
    expect(job.exitCode).toBe(1);
    expect(leftIn(temp)).toEqual([]);
  });
});

/** A PATH with node and the shell's tools, and no PostgreSQL. */
function onlyTools(folder: string): string {
  const bin = join(folder, 'tools');
  mkdirSync(bin, { recursive: true });
  for (const tool of ['node', 'bash', 'sh', 'cp', 'touch', 'gzip', 'mkdir', 'env', 'ps', 'rm', 'sleep', 'cat']) {
    const found = (process.env['PATH'] ?? '')
      .split(':')
      .map((path) => join(path, tool))
      .find((path) => isThere(path));
    if (found !== undefined) symlinkSync(found, join(bin, tool));
  }
  return bin;
}

function isThere(path: string): boolean {
  try {
    return readFileSync(path).length > 0;
  } catch {
    return false;
  }
}
