import { afterEach, describe, expect, it, vi } from 'vitest';
import { closeWorld } from '../rehearsing.ts';
import {
  expectFail,
  expectPass,
  expectRewriteOfGoods,
  GOODS,
  LARGER,
  NAMES,
  NPM_PACKAGES,
  PATIENCE,
  PRICES,
  rehearseWith,
  statementWith,
  type ToolCommands,
} from './real-tools.ts';

afterEach(closeWorld);
vi.setConfig({ testTimeout: PATIENCE });

const KNEX = `${NPM_PACKAGES} node_modules/.bin/knex`;

/** Whatever connection knex opens waits for two seconds at most. */
const PATIENT_POOL = `pool: { afterCreate: (connection, done) => connection.query("SET lock_timeout = '2s'", done) },`;

function migration(up: readonly string[], down: readonly string[], transaction: boolean = true): string {
  const way = (name: string, statements: readonly string[]): string =>
    `exports.${name} = async (knex) => { ${statements.map((sql) => `await knex.raw(${JSON.stringify(sql)});`).join(' ')} };\n`;
  return `${way('up', up)}${way('down', down)}exports.config = { transaction: ${transaction} };\n`;
}

function knex(second: string, pool: string = PATIENT_POOL): ToolCommands {
  return {
    files: {
      'knexfile.js': `module.exports = { client: 'pg', connection: process.env.DATABASE_URL, ${pool} };\n`,
      'migrations/001_goods.js': migration([GOODS.up, GOODS.fill], [GOODS.down]),
      'migrations/002_second.js': second,
    },
    snapshot: `${KNEX} migrate:up 001_goods.js`,
    migrate: `${KNEX} migrate:latest`,
    rollback: `${KNEX} migrate:rollback`,
  };
}

describe('knex', () => {
  it('passes with a timeout in its pool, and is seen statement by statement', async () => {
    const rehearsed = await rehearseWith(knex(migration(PRICES.up, PRICES.down)));
    expectPass(rehearsed);
    expect(statementWith(rehearsed, /^ALTER TABLE goods ADD COLUMN price/).lockTimeout).toBe(2000);
    statementWith(rehearsed, /^CREATE TABLE suppliers/);
    statementWith(rehearsed, /^insert into knex_migrations /);
  });

  it('fails for a table that is written anew, and for waiting without end', async () => {
    const second = `exports.up = (knex) => knex.schema.alterTable('goods', (table) => table.bigInteger('stock').notNullable().alter({ alterNullable: false }));
exports.down = (knex) => knex.raw(${JSON.stringify(LARGER.down[0])});
`;
    await expectRewriteOfGoods(knex(second, ''));
  });

  it('stays locked when it is killed outside of a transaction, as it would in production', async () => {
    const rehearsed = await rehearseWith({ ...knex(migration(NAMES.up, NAMES.down, false)), rollback: false });
    expectFail(rehearsed, ['interrupted_stuck']);
    expect(rehearsed.job.log).toContain('Migration table is already locked');
  });

  it('passes when it takes its lock away first', async () => {
    const commands = knex(migration(NAMES.up, NAMES.down, false));
    const rehearsed = await rehearseWith({ ...commands, migrate: `${KNEX} migrate:unlock; node_modules/.bin/knex migrate:latest` });
    expectPass(rehearsed);
    expect(statementWith(rehearsed, /^CREATE INDEX CONCURRENTLY/).kind).toBe('CREATE INDEX CONCURRENTLY');
  });
});
