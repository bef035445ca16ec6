import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { closeWorld } from '../rehearsing.ts';
import {
  expectFail,
  expectPass,
  expectRewriteOfGoods,
  GOODS,
  INSTALLING,
  installed,
  LARGER,
  lines,
  NAMES,
  PATIENCE,
  PATIENTLY,
  PRICES,
  rehearseWith,
  statementWith,
  type ToolCommands,
} from './real-tools.ts';

afterEach(closeWorld);
vi.setConfig({ testTimeout: PATIENCE });

describe('goose, which speaks with pgx,', () => {
  let bin = '';
  beforeAll(async () => {
    bin = await installed('goose');
  }, INSTALLING);

  const file = (up: readonly string[], down: readonly string[], note: string = ''): string =>
    `${note}-- +goose Up\n${lines(...up)}-- +goose Down\n${lines(...down)}`;

  function goose(second: string, query: string = ''): ToolCommands {
    const run = (command: string): string => `${bin}/goose -dir migrations postgres "$DATABASE_URL${query}" ${command}`;
    return {
      files: { 'migrations/00001_goods.sql': file([GOODS.up, GOODS.fill], [GOODS.down]), 'migrations/00002_second.sql': second },
      snapshot: run('up-to 1'),
      migrate: run('up'),
      rollback: run('down-to 1'),
    };
  }

  it('passes over TLS with a timeout in the migration, and is seen statement by statement', async () => {
    const rehearsed = await rehearseWith(goose(file([PATIENTLY, ...PRICES.up], PRICES.down), '?sslmode=require'));
    expectPass(rehearsed);
    expect(statementWith(rehearsed, /^ALTER TABLE goods ADD COLUMN price/).lockTimeout).toBe(2000);
    statementWith(rehearsed, /^CREATE TABLE suppliers/);
    statementWith(rehearsed, /^INSERT INTO goose_db_version/);
  });

  it('fails for a table that is written anew, and for waiting without end', async () => {
    await expectRewriteOfGoods(goose(file(LARGER.up, LARGER.down)));
  });

  it('passes on a database that it has not seen before, with an index that may be there already', async () => {
    const run = (command: string): string =>
      `${bin}/goose -dir migrations postgres "$DATABASE_URL?options=-c%20lock_timeout%3D2s" ${command}`;
    const rehearsed = await rehearseWith({
      files: { 'migrations/00001_names.sql': file(NAMES.up, NAMES.down, '-- +goose NO TRANSACTION\n') },
      snapshot: 'node sql.cjs goods.sql',
      migrate: run('up'),
      rollback: run('reset'),
    });
    expectPass(rehearsed);
    statementWith(rehearsed, /^CREATE TABLE goose_db_version/);
    const { kind, lockTimeout } = statementWith(rehearsed, /^CREATE INDEX CONCURRENTLY/);
    expect([kind, lockTimeout]).toEqual(['CREATE INDEX CONCURRENTLY', 2000]);
  });
});

describe('golang-migrate, which speaks with lib/pq,', () => {
  let bin = '';
  beforeAll(async () => {
    bin = await installed('migrate');
  }, INSTALLING);

  function golangMigrate(up: readonly string[], down: readonly string[], query: string = ''): ToolCommands {
    const run = (command: string): string => `${bin}/migrate -path migrations -database "$DATABASE_URL${query}" ${command}`;
    return {
      files: {
        'migrations/000001_goods.up.sql': lines(GOODS.up, GOODS.fill),
        'migrations/000001_goods.down.sql': lines(GOODS.down),
        'migrations/000002_second.up.sql': lines(...up),
        'migrations/000002_second.down.sql': lines(...down),
      },
      snapshot: run('goto 1'),
      migrate: run('up'),
      rollback: run('goto 1'),
    };
  }

  it('stays marked as dirty when it is killed, as it would in production; the rest holds over TLS', async () => {
    const rehearsed = await rehearseWith(golangMigrate([PATIENTLY, ...PRICES.up], PRICES.down, '?sslmode=require'));
    expectFail(rehearsed, ['interrupted_stuck']);
    expect(rehearsed.job.log).toContain('Dirty database version 2');
    expect(statementWith(rehearsed, /^ALTER TABLE goods ADD COLUMN price/).lockTimeout).toBe(2000);
    statementWith(rehearsed, /^CREATE TABLE suppliers/);
    statementWith(rehearsed, /^INSERT INTO public\.schema_migrations/);
  });

  it('fails for a table that is written anew, and for waiting without end', async () => {
    await expectRewriteOfGoods({ ...golangMigrate(LARGER.up, LARGER.down), limits: 'interrupted: ignore' });
  });

  it('passes with a timeout of its connection where a migration that was killed is mended first', async () => {
    const commands = golangMigrate(PRICES.up, PRICES.down, '?options=-c%20lock_timeout%3D2s');
    const version = commands.migrate.replace(/ up$/, ' version');
    // What it ran was one transaction, so what was killed has done nothing.
    const mend = `case "$(${version} 2>&1)" in *dirty*) ${commands.migrate.replace(/ up$/, ' force 1')};; esac`;
    const rehearsed = await rehearseWith({ ...commands, migrate: `${mend}; ${commands.migrate}` });
    expectPass(rehearsed);
    expect(statementWith(rehearsed, /^ALTER TABLE goods ADD COLUMN price/).lockTimeout).toBe(2000);
  });
});
