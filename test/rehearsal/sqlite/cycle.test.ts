import { type ChildProcess, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type CommandRequest, type RunningCommand, runCycle } from '../../../src/rehearsal/cycle.ts';
import type { RehearsalServer } from '../../../src/rehearsal/database.ts';
import type { RehearsalFacts } from '../../../src/rehearsal/evidence.ts';
import { readLimits } from '../../../src/rehearsal/limits.ts';
import { judge } from '../../../src/rehearsal/verdict.ts';
import { EveryName } from '../postgres/servers.ts';
import { database, newFolder, removeFolder, SHOP, startServer } from './files.ts';

/** A migration tool in few lines: each file of SQL is one transaction, and what has run is remembered. */
const TOOL = `const { DatabaseSync } = require('node:sqlite');
const database = new DatabaseSync(new URL(process.env.DATABASE_URL), { timeout: 5000, enableForeignKeyConstraints: false });
const [way, pause] = [process.argv[2], Number(process.argv[3] ?? 0)];
database.exec('CREATE TABLE IF NOT EXISTS schema_migrations (name TEXT PRIMARY KEY)');
const steps = JSON.parse(require('node:fs').readFileSync(__dirname + '/steps.json', 'utf8'));
for (const [name, up, down] of way === 'up' ? steps : steps.reverse()) {
  const done = database.prepare('SELECT 1 FROM schema_migrations WHERE name = ?').get(name) !== undefined;
  if (done === (way === 'up')) continue;
  database.exec('BEGIN IMMEDIATE; ' + (way === 'up' ? up : down));
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pause);
  if (way === 'up') database.prepare('INSERT INTO schema_migrations VALUES (?)').run(name);
  else database.prepare('DELETE FROM schema_migrations WHERE name = ?').run(name);
  database.exec('COMMIT');
}
database.close();`;

let folder: string;
let server: RehearsalServer;

beforeEach(async () => {
  folder = newFolder();
  ({ server } = await startServer(folder));
});
afterEach(async () => {
  await server.stop();
  removeFolder(folder);
});

function start({ run, access }: CommandRequest): RunningCommand {
  const began = performance.now();
  const env = { PATH: process.env['PATH'], NODE: process.execPath, DATABASE_URL: access.url, ...access.variables };
  const child: ChildProcess = spawn('/bin/sh', ['-c', `exec ${run}`], { env, cwd: folder, stdio: 'ignore' });
  let killed = false;
  const done = new Promise<Awaited<RunningCommand['done']>>((resolve) => {
    child.on('close', (code) =>
      resolve({
        ended: killed ? 'killed' : code === 0 ? 'success' : 'failure',
        exitCode: code,
        seconds: (performance.now() - began) / 1000,
      }),
    );
  });
  return {
    done,
    kill: () => {
      killed = true;
      child.kill('SIGKILL');
    },
  };
}

async function rehearsed(steps: readonly (readonly [string, string, string])[], pause = 40): Promise<RehearsalFacts> {
  writeFileSync(join(folder, 'tool.cjs'), TOOL);
  writeFileSync(join(folder, 'steps.json'), JSON.stringify(steps));
  await server.restore(database(join(folder, 'shop.db'), 'PRAGMA journal_mode = WAL', SHOP));
  await server.freeze();
  const command = (way: string): string => `"$NODE" --no-warnings tool.cjs ${way} ${pause}`;
  const phases = await runCycle({
    server,
    rules: { migrate: command('up'), rollback: command('down'), previous: null, load: { script: null } },
    checks: null,
    pendingColumns: [],
    loadScript: null,
    names: new EveryName(),
    baseline: 300,
    ports: {
      start,
      checkOutPrevious: async () => ({ because: 'no version is live' }),
      log: () => undefined,
      ended: () => undefined,
      signal: new AbortController().signal,
    },
  });
  return {
    candidate: { sha: 'a'.repeat(40), version: 'v1', digest: '' },
    environment: 'staging',
    migrations: '',
    at: 0,
    server: { name: server.name, major: server.major },
    snapshot: null,
    masking: null,
    deviations: [],
    commands: { migrate: 'up', rollback: 'down', previous: null },
    phases,
    impossible: null,
    prediction: null,
  };
}

it('a migration that does no harm goes through the whole cycle; only its statements stay unseen', async () => {
  const facts = await rehearsed([
    ['1', 'ALTER TABLE orders ADD COLUMN price INT', 'ALTER TABLE orders DROP COLUMN price'],
    ['2', 'CREATE INDEX orders_price ON orders (price)', 'DROP INDEX orders_price'],
  ]);
  const outcomes = Object.fromEntries(
    facts.phases.map(({ name, outcome, differences }) => [name, `${outcome} ${differences.join()}`.trim()]),
  );
  expect(outcomes).toEqual({
    up: 'done',
    verify: 'done',
    previous: 'skipped',
    down: 'done',
    equal: 'done',
    'up-again': 'done',
    rerun: 'done',
    load: 'done',
    interrupted: 'done',
  });
  const up = facts.phases.find(({ name }) => name === 'up')?.observation;
  expect(up?.touched).toEqual(['main.orders']);
  expect(facts.phases.find(({ name }) => name === 'interrupted')?.killedAfter?.of).toBe(up?.statements.length);
  // How fast this machine is, is none of this test's business.
  const { verdict, reasons } = judge(facts, readLimits({ statement: false }));
  expect([...new Set(reasons.map(({ code }) => code))]).toEqual(['not_observed']);
  expect(verdict).toBe('warn');
});

it('a migration that stops writers, breaks the application and lies about its way back fails with the reasons', async () => {
  const facts = await rehearsed([['1', 'ALTER TABLE customers RENAME COLUMN email TO mail', 'SELECT 1']], 1300);
  const { verdict, reasons } = judge(facts, readLimits({}));
  expect(verdict).toBe('fail');
  const codes = reasons.map(({ code }) => code);
  for (const code of ['write_stall', 'load_errors', 'rollback_incomplete'] as const) expect(codes).toContain(code);
});
