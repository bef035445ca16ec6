import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { closeWorld, recorded } from '../rehearsing.ts';
import { INSTALLING, installed, PATIENCE, rehearseWith, type ToolCommands } from './real-tools.ts';

let bin = '';
beforeAll(async () => {
  bin = await installed('alembic');
}, INSTALLING);
afterEach(closeWorld);
vi.setConfig({ testTimeout: PATIENCE });

/**
 * SQLAlchemy's address of the file that DATABASE_URL names; Python opens it with the SQLite that it brings. Left to itself, Python begins no
 * transaction before a change of the schema, and what is killed behind one stays half done.
 */
const ENVIRONMENT = `import os
from alembic import context
from sqlalchemy import create_engine, event, pool
from urllib.parse import unquote, urlsplit

engine = create_engine("sqlite:///" + unquote(urlsplit(os.environ["DATABASE_URL"]).path), poolclass=pool.NullPool)


@event.listens_for(engine, "connect")
def leave_transactions_alone(connection, _):
    connection.isolation_level = None


@event.listens_for(engine, "begin")
def begin(connection):
    connection.exec_driver_sql("BEGIN")


with engine.connect() as connection:
    context.configure(connection=connection, render_as_batch=True, transactional_ddl=True)
    with context.begin_transaction():
        context.run_migrations()
`;

const FIRST = `from alembic import op

revision = "one"
down_revision = None


def upgrade():
    op.execute("CREATE TABLE goods (id integer PRIMARY KEY, name text NOT NULL, stock integer NOT NULL)")
    op.execute("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) INSERT INTO goods SELECT i, 'goods ' || i, i % 7 FROM n")


def downgrade():
    op.execute("DROP TABLE goods")
`;

function second(up: string, down: string): string {
  return `from alembic import op
import sqlalchemy as sa

revision = "two"
down_revision = "one"


def upgrade():
    ${up}


def downgrade():
    ${down}
`;
}

function alembic(up: string, down: string): ToolCommands {
  return {
    database: 'sqlite',
    files: {
      'alembic.ini': '[alembic]\nscript_location = migrations\n',
      'migrations/env.py': ENVIRONMENT,
      'migrations/versions/one_goods.py': FIRST,
      'migrations/versions/two_second.py': second(up, down),
    },
    snapshot: `${bin}/alembic upgrade one`,
    migrate: `${bin}/alembic upgrade head`,
    rollback: `${bin}/alembic downgrade -1`,
  };
}

const ADD = 'op.add_column("goods", sa.Column("price", sa.Integer, nullable=False, server_default="0"))';
const TAKE_BACK = `with op.batch_alter_table("goods") as goods:
        goods.drop_column("price")`;

describe('Alembic on SQLite', () => {
  it('goes through the whole cycle, and says what nobody can see there', async () => {
    const { job, verdict, reasons, told, phase } = await rehearseWith(alembic(ADD, TAKE_BACK));
    expect([verdict, reasons], told).toEqual(['warn', ['not_observed']]);
    expect(job.exitCode, told).toBe(0);
    for (const name of ['up', 'down', 'equal', 'up-again', 'rerun'] as const)
      expect([name, phase(name).outcome], told).toEqual([name, 'done']);
    expect(recorded()).toMatchObject([{ outcome: 'success', rehearsal: { verdict: 'warn' } }]);
  });

  it('fails for a way back that leaves the column', async () => {
    const { job, verdict, reasons, told } = await rehearseWith(alembic(ADD, 'pass'));
    expect([verdict, reasons.includes('rollback_incomplete')], told).toEqual(['fail', true]);
    expect(job.exitCode, told).toBe(1);
    expect(recorded()).toMatchObject([{ outcome: 'failure', rehearsal: { verdict: 'fail' } }]);
  });
});
