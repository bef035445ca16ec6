import { tmpdir } from 'node:os';
import Table from 'cli-table3';
import { postgresPrograms } from '../demo/local-database.ts';
import { KnownNames } from '../src/rehearsal/known-names.ts';
import { readMaskingRules } from '../src/rehearsal/masking/read.ts';
import type { MaskingReport } from '../src/rehearsal/masking/rules.ts';
import { type Connection, connected } from '../src/rehearsal/postgres/connection.ts';
import { maskDatabase } from '../src/rehearsal/postgres/masking/mask.ts';
import { startServer } from '../src/rehearsal/postgres/server.ts';
import { reachableBinaries, reaches, serverUser } from '../src/rehearsal/postgres/server-user.ts';
import { endProcess } from '../src/rehearsal/processes.ts';
import { openWorkspace } from '../src/rehearsal/workspace.ts';
import type { Target } from './target.ts';

/** Fewer with `PROMOTE_BENCH_ROWS=1000000`; the largest takes some minutes. */
const SIZES = [1_000_000, 3_000_000, 10_000_000];
/** Masked is more than computed: the table is written twice and its three indexes are built. */
const MOST_TIMES_CTAS = 4;
/** Building an index takes a little more than in proportion. */
const MOST_GROWTH = 1.3;

const RULES = `version: 1
tables:
  public.customers: { id: keep, name: { mask: name }, email: mask, phone: mask, status: keep, since: keep }
`;

interface Measured {
  readonly rows: number;
  readonly ctas: number;
  readonly report: MaskingReport;
}

/** Rows masked in a second, three HMAC columns each, against one CREATE TABLE AS that only computes the same HMACs. */
export async function masking(): Promise<readonly Target[]> {
  const most = Number(process.env['PROMOTE_BENCH_ROWS'] ?? Math.max(...SIZES));
  const table = new Table({
    head: ['rows', 'one CTAS s', 'masking s', 'rows/s', '× CTAS', 'scan s', 'rows/s'],
    style: { head: [], border: [] },
  });
  const measured: Measured[] = [];
  await withServer(async (server) => {
    for (const rows of SIZES.filter((size) => size <= most)) {
      const one = await measure(server, rows);
      measured.push(one);
      const { seconds, scan } = one.report;
      table.push([
        rows.toLocaleString('en'),
        one.ctas.toFixed(1),
        seconds.toFixed(1),
        perSecond(rows, seconds),
        (seconds / one.ctas).toFixed(1),
        scan.seconds.toFixed(1),
        perSecond(rows, scan.seconds),
      ]);
    }
  });
  console.log(table.toString());
  const [first, last] = [measured[0], measured.at(-1)];
  if (first === undefined || last === undefined) throw new Error(`PROMOTE_BENCH_ROWS must be at least ${SIZES[0]}`);
  const times = last.report.seconds / last.ctas;
  const growth = last.report.seconds / last.rows / (first.report.seconds / first.rows);
  return [
    {
      what: `masking ${last.rows.toLocaleString('en')} rows against one CTAS`,
      measured: `${times.toFixed(1)}×, ${perSecond(last.rows, last.report.seconds)} rows/s`,
      target: `≤ ${MOST_TIMES_CTAS}×`,
      met: times <= MOST_TIMES_CTAS,
    },
    {
      what: `growth of masking from ${first.rows.toLocaleString('en')} to ${last.rows.toLocaleString('en')} rows`,
      measured: `${growth.toFixed(2)}× the time a row`,
      target: `≤ ${MOST_GROWTH}×`,
      met: growth <= MOST_GROWTH,
    },
  ];
}

function perSecond(rows: number, seconds: number): string {
  return Math.round(rows / seconds).toLocaleString('en');
}

async function measure(server: Connection, rows: number): Promise<Measured> {
  const database = `masking_${rows}`;
  await connected(server, (client) => client.query(`CREATE DATABASE ${database}`));
  const target = { ...server, database };
  const ctas = await connected(target, async (client) => {
    await client.query(`CREATE TABLE customers (id int PRIMARY KEY, name text NOT NULL, email text NOT NULL UNIQUE, phone text, status text, since timestamptz);
      INSERT INTO customers SELECT n, 'Customer Number ' || n, 'customer' || n || '@shop-of-tea.com', '+49 151 ' || 10000000 + n, 'active', now() FROM generate_series(1, ${rows}) n;
      CREATE INDEX ON customers (name);
      ANALYZE;`);
    const began = performance.now();
    await client.query(
      `CREATE TABLE hashed AS SELECT id, ${['name', 'email', 'phone'].map(hmac).join(', ')}, status, since FROM customers`,
    );
    const seconds = (performance.now() - began) / 1000;
    await client.query('DROP TABLE hashed');
    return seconds;
  });
  const rules = readMaskingRules(RULES, 'masking.yml', Buffer.from('key'));
  const report = await maskDatabase(target, rules, { log: () => undefined, signal: new AbortController().signal, names: new KnownNames() });
  await connected(server, (client) => client.query(`DROP DATABASE ${database}`));
  return { rows, ctas, report };
}

function hmac(column: string): string {
  const key = (pad: string): string => `'\\x${pad.repeat(64)}'::bytea`;
  return `encode(sha256(${key('5c')} || sha256(${key('36')} || convert_to(${column}, 'UTF8'))), 'hex') AS ${column}`;
}

async function withServer(work: (server: Connection) => Promise<void>): Promise<void> {
  const user = serverUser();
  const workspace = await openWorkspace(
    [tmpdir()],
    (base) => reaches(user, base),
    () => undefined,
  );
  const { folder, watch } = workspace;
  const options = {
    folder,
    watch,
    log: () => undefined,
    env: process.env,
    signal: new AbortController().signal,
    serverUrl: null,
    version: null,
  };
  const server = await startServer(options, reachableBinaries({ folder: postgresPrograms() }, user, folder), user);
  try {
    await work(server.connection);
  } finally {
    await endProcess(server.pid);
    watch(null);
    workspace.remove();
  }
}
