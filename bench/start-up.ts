import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Table from 'cli-table3';
import { PIPELINE as WITH_CALENDAR } from './sample-shop.ts';
import { openShop } from './shop.ts';
import { median, type Target } from './target.ts';

const root = join(import.meta.dirname, '..');
const ROUNDS = 41;
/** Rounds before those that count: they warm the disk's cache and the sandbox. */
const WARM_UP = 3;

interface Timed {
  readonly name: string;
  /** Milliseconds of one whole process. */
  readonly run: () => number | Promise<number>;
  readonly times: number[];
  /** Each time against the floor of the same round. */
  readonly ratios: number[];
}

/** Time of a whole process for `plan`, against Node doing nothing and against a bundle that imports only @actions/core. */
export async function startUp(): Promise<readonly Target[]> {
  const toolkitOnly = bundleToolkit();
  await using shop = await openShop();
  await using calendar = await openShop({ pipeline: WITH_CALENDAR });
  await using secured = await openShop({ tls: true });
  const plan = timedProcess('plan, request included', () => shop.planMilliseconds());
  const processes = [
    timedProcess('node -e 0', () => timed(() => spawnSync(process.execPath, ['-e', '0']))),
    plan,
    timedProcess('bundle of @actions/core alone', () => timed(() => spawnSync(process.execPath, [toolkitOnly]))),
    timedProcess('plan where the pipeline has windows', () => calendar.planMilliseconds()),
    timedProcess('plan, the request over TLS', () => secured.planMilliseconds()),
  ];
  // One after the other in each round, and compared within it, so that whatever else the machine does meets all of them alike.
  for (let round = -WARM_UP; round < ROUNDS; round += 1) await runRound(processes, round >= 0);
  const table = new Table({ head: ['process', 'median ms', 'times the floor'], style: { head: [], border: [] } });
  for (const { name, times, ratios } of processes) table.push([name, median(times).toFixed(0), median(ratios).toFixed(1)]);
  console.log(table.toString());
  const ratio = median(plan.ratios);
  const kilobytes = Math.round(statSync(join(root, 'dist/index.js')).size / 1000);
  console.log(
    `chunks of dist/: ${readdirSync(join(root, 'dist'))
      .filter((name) => /\.c?js$/.test(name))
      .map(chunkSize)
      .join(', ')}`,
  );
  return [
    { what: 'plan against the node floor', measured: `${ratio.toFixed(1)}×`, target: '≤ 4×', met: ratio <= 4 },
    { what: 'main chunk, minified', measured: `${kilobytes} kB`, target: '≤ 700 kB', met: kilobytes <= 700 },
  ];
}

function timedProcess(name: string, run: Timed['run']): Timed {
  return { name, run, times: [], ratios: [] };
}

/** Runs all of them once; the first is the floor of the others. */
async function runRound(processes: readonly Timed[], counts: boolean): Promise<void> {
  let floor: number | null = null;
  for (const { run, times, ratios } of processes) {
    const time = await run();
    floor ??= time;
    if (!counts) continue;
    times.push(time);
    ratios.push(time / floor);
  }
}

function chunkSize(name: string): string {
  return `${name} ${Math.round(statSync(join(root, 'dist', name)).size / 1000)} kB`;
}

/** The least any action does: import the toolkit as it is published, undici included. */
function bundleToolkit(): string {
  const folder = join(root, '.bench/toolkit');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'main.js'), "import * as core from '@actions/core';\ncore.info('');\n");
  const ncc = join(root, 'node_modules/@vercel/ncc/dist/ncc/cli.js');
  const built = spawnSync(process.execPath, [ncc, 'build', join(folder, 'main.js'), '-m', '-q', '-o', join(folder, 'dist')], {
    encoding: 'utf8',
  });
  if (built.status !== 0) throw new Error(`ncc: ${built.stderr}`);
  return join(folder, 'dist/index.js');
}

function timed(work: () => unknown): number {
  const start = performance.now();
  work();
  return performance.now() - start;
}
