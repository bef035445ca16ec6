import { afterEach, describe, expect, it, vi } from 'vitest';
import { closeWorld } from '../rehearsing.ts';
import {
  expectPass,
  expectRewriteOfGoods,
  GOODS,
  lines,
  NPM_PACKAGES,
  PATIENCE,
  rehearseWith,
  statementWith,
  type ToolCommands,
} from './real-tools.ts';

afterEach(closeWorld);
vi.setConfig({ testTimeout: PATIENCE });

const TOOL = `${NPM_PACKAGES} node_modules/.bin/node-pg-migrate`;

function nodePgMigrate(second: string): ToolCommands {
  return {
    files: {
      'migrations/1700000000001_goods.sql': `-- Up Migration\n${lines(GOODS.up, GOODS.fill)}-- Down Migration\n${lines(GOODS.down)}`,
      'migrations/1700000000002_second.js': second,
    },
    snapshot: `${TOOL} up 1`,
    migrate: `${TOOL} up`,
    rollback: `${TOOL} down`,
  };
}

describe('node-pg-migrate', () => {
  it('passes with a timeout in the migration, and is seen statement by statement', async () => {
    const rehearsed = await rehearseWith(
      nodePgMigrate(`exports.up = (pgm) => {
  pgm.sql("SET LOCAL lock_timeout = '2s'");
  pgm.addColumns('goods', { price: { type: 'integer', notNull: true, default: 0 } });
  pgm.createTable('suppliers', { id: 'id', name: { type: 'text', notNull: true } });
};
exports.down = (pgm) => {
  pgm.dropTable('suppliers');
  pgm.dropColumns('goods', ['price']);
};
`),
    );
    expectPass(rehearsed);
    expect(statementWith(rehearsed, /^ALTER TABLE goods ADD price/).lockTimeout).toBe(2000);
    statementWith(rehearsed, /^CREATE TABLE suppliers/);
    statementWith(rehearsed, /^INSERT INTO public\.pgmigrations/);
  });

  it('fails for a table that is written anew, and for waiting without end', async () => {
    const second = `exports.up = (pgm) => pgm.alterColumn('goods', 'stock', { type: 'bigint' });
exports.down = (pgm) => pgm.alterColumn('goods', 'stock', { type: 'integer' });
`;
    await expectRewriteOfGoods(nodePgMigrate(second));
  });

  it('passes with an index that is built concurrently and may be there already', async () => {
    const second = `exports.up = (pgm) => {
  pgm.noTransaction();
  pgm.createIndex('goods', 'name', { name: 'goods_name', concurrently: true, ifNotExists: true });
};
exports.down = (pgm) => {
  pgm.noTransaction();
  pgm.dropIndex('goods', 'name', { name: 'goods_name', concurrently: true });
};
`;
    const rehearsed = await rehearseWith(nodePgMigrate(second));
    expectPass(rehearsed);
    expect(statementWith(rehearsed, /^CREATE INDEX CONCURRENTLY/).kind).toBe('CREATE INDEX CONCURRENTLY');
  });
});
