import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { closeWorld } from '../rehearsing.ts';
import {
  expectFail,
  expectPass,
  expectRewriteOfGoods,
  GOODS,
  LARGER,
  lines,
  PATIENCE,
  PATIENTLY,
  PRICES,
  type Rehearsed,
  rehearseWith,
  statementWith,
  type ToolCommands,
} from './real-tools.ts';

afterEach(closeWorld);
vi.setConfig({ testTimeout: PATIENCE });

function psql(): string {
  const path = (process.env['PATH'] ?? '').split(delimiter).find((folder) => folder !== '' && existsSync(join(folder, 'psql')));
  if (path === undefined) throw new Error('These tests need "psql": sudo apt-get install postgresql-client');
  return join(path, 'psql');
}

/** Files of SQL that nobody keeps a book of must bear being run again. */
const AGAIN = PRICES.up.map((sql) => sql.replace(/(?<=ADD COLUMN|CREATE TABLE)/, ' IF NOT EXISTS'));

function plainSql(run: (file: string) => string, up: string, down: string): ToolCommands {
  return {
    files: { 'goods.sql': lines(GOODS.up, GOODS.fill), 'up.sql': up, 'down.sql': down },
    snapshot: 'node sql.cjs goods.sql',
    migrate: run('up.sql'),
    rollback: run('down.sql'),
  };
}

const byScript = (file: string): string => `node sql.cjs ${file}`;
const byPsql = (file: string): string => `${psql()} -X -q -v ON_ERROR_STOP=1 -f ${file}`;

const PROGRAMS: readonly (readonly [string, (file: string) => string])[] = [
  ['a script with pg', byScript],
  ['psql', byPsql],
  ['psql over TLS in one transaction', (file) => `${psql()} -X -q -1 -v ON_ERROR_STOP=1 -d "$DATABASE_URL?sslmode=require" -f ${file}`],
];

function expectPricesPatiently(rehearsed: Rehearsed): void {
  expectPass(rehearsed);
  expect(statementWith(rehearsed, /^ALTER TABLE goods ADD COLUMN IF NOT EXISTS price/).lockTimeout).toBe(2000);
  statementWith(rehearsed, /^CREATE TABLE IF NOT EXISTS suppliers/);
}

describe.each(PROGRAMS)('plain SQL by %s', (_name, run) => {
  it('passes when it bears being run again, and is seen statement by statement', async () => {
    expectPricesPatiently(await rehearseWith(plainSql(run, lines(PATIENTLY, ...AGAIN), lines(...PRICES.down))));
  });
});

describe('plain SQL', () => {
  it('passes with a timeout from outside', async () => {
    const commands = plainSql(byPsql, lines(...AGAIN), lines(...PRICES.down));
    expectPricesPatiently(await rehearseWith({ ...commands, migrate: `PGOPTIONS='-c lock_timeout=2s' ${commands.migrate}` }));
  });

  it('fails for a table that is written anew, and for waiting without end', async () => {
    await expectRewriteOfGoods(plainSql(byScript, lines(...LARGER.up), lines(...LARGER.down)));
  });

  it('fails when it can be run only once', async () => {
    const commands = plainSql(byPsql, lines(PATIENTLY, ...PRICES.up), '');
    const rehearsed = await rehearseWith({ ...commands, rollback: false });
    expectFail(rehearsed, ['interrupted_stuck', 'rerun_failed']);
    expect(rehearsed.job.log).toContain('column "price" of relation "goods" already exists');
  });
});
