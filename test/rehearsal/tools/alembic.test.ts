import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { closeWorld } from '../rehearsing.ts';
import {
  expectPass,
  expectRewriteOfGoods,
  GOODS,
  INSTALLING,
  installed,
  LARGER,
  NAMES,
  PATIENCE,
  PRICES,
  rehearseWith,
  statementWith,
  type ToolCommands,
} from './real-tools.ts';

let bin = '';
beforeAll(async () => {
  bin = await installed('alembic');
}, INSTALLING);
afterEach(closeWorld);
vi.setConfig({ testTimeout: PATIENCE });

/** @param connect further arguments of `create_engine` */
const environment = (driver: string, connect: string): string => `import os
from alembic import context
from sqlalchemy import create_engine, pool

url = os.environ["DATABASE_URL"].replace("postgresql:", "postgresql+${driver}:", 1)
engine = create_engine(url, poolclass=pool.NullPool${connect})
with engine.connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
`;

/** How connections wait for two seconds at most; libpq, and so both drivers, send it when they connect. */
const PATIENT = ', connect_args={"options": "-c lock_timeout=2s"}';

function revision(id: string, before: string | null, up: readonly string[], down: readonly string[]): string {
  return `from alembic import op

revision = "${id}"
down_revision = ${before === null ? 'None' : `"${before}"`}


def upgrade():
${up.map((line) => `    ${line}\n`).join('')}

def downgrade():
${down.map((line) => `    ${line}\n`).join('')}`;
}

const executed = (statements: readonly string[]): string[] => statements.map((sql) => `op.execute(${JSON.stringify(sql)})`);

interface Release {
  readonly up: readonly string[];
  readonly down: readonly string[];
  readonly driver?: string;
  readonly connect?: string;
}

function alembic({ up, down, driver = 'psycopg', connect = PATIENT }: Release): ToolCommands {
  return {
    files: {
      'alembic.ini': '[alembic]\nscript_location = migrations\n',
      'migrations/env.py': environment(driver, connect),
      'migrations/versions/one_goods.py': revision('one', null, executed([GOODS.up, GOODS.fill]), executed([GOODS.down])),
      'migrations/versions/two_second.py': revision('two', 'one', up, down),
    },
    snapshot: `${bin}/alembic upgrade one`,
    migrate: `${bin}/alembic upgrade head`,
    rollback: `${bin}/alembic downgrade -1`,
  };
}

describe('Alembic', () => {
  it('passes with psycopg 3 and a timeout of its connections, and is seen statement by statement', async () => {
    const up = [
      'import sqlalchemy as sa',
      'op.add_column("goods", sa.Column("price", sa.Integer, nullable=False, server_default="0"))',
      'op.create_table("suppliers", sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.Text))',
    ];
    const rehearsed = await rehearseWith(alembic({ up, down: ['op.drop_table("suppliers")', 'op.drop_column("goods", "price")'] }));
    expectPass(rehearsed);
    expect(statementWith(rehearsed, /^ALTER TABLE goods ADD COLUMN price/).lockTimeout).toBe(2000);
    statementWith(rehearsed, /^CREATE TABLE suppliers/);
    statementWith(rehearsed, /^UPDATE alembic_version/);
  });

  it('passes with psycopg2 over TLS and an index that may be there already, and goes back to where it came from', async () => {
    const apart = (statements: readonly string[]): string[] => [
      'with op.get_context().autocommit_block():',
      ...executed(statements).map((line) => `    ${line}`),
    ];
    const connect = ', connect_args={"sslmode": "require", "options": "-c lock_timeout=2s"}';
    const up = [...executed(PRICES.up.map((sql) => sql.replace(/(?<=ADD COLUMN|CREATE TABLE)/, ' IF NOT EXISTS'))), ...apart(NAMES.up)];
    const commands = alembic({ up, down: [...apart(NAMES.down), ...executed(PRICES.down)], driver: 'psycopg2', connect });
    const file = '"$RUNNER_TEMP/revision"';
    const rehearsed = await rehearseWith({
      ...commands,
      migrate: `test -s ${file} || ${bin}/alembic current | cut -d ' ' -f 1 > ${file}; ${commands.migrate}`,
      rollback: `${bin}/alembic downgrade "$(cat ${file})"`,
    });
    expectPass(rehearsed);
    expect(statementWith(rehearsed, /^ALTER TABLE goods ADD COLUMN IF NOT EXISTS price/).lockTimeout).toBe(2000);
    expect(statementWith(rehearsed, /^CREATE INDEX CONCURRENTLY/).kind).toBe('CREATE INDEX CONCURRENTLY');
  });

  it('fails for a table that is written anew, and for waiting without end', async () => {
    const up = ['import sqlalchemy as sa', 'op.alter_column("goods", "stock", type_=sa.BigInteger)'];
    await expectRewriteOfGoods(alembic({ up, down: executed(LARGER.down), connect: '' }));
  });
});
