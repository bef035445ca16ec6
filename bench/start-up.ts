import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Table from 'cli-table3';
import { PIPELINE as WITH_CALENDAR } from './sample-shop.ts';
import { openShop } from './shop.ts';
import { median, type Target } from './target.ts';

const root = join(import.meta.dirname, '..');
const ROUNDS = 21;

/** Time of a whole process for `plan`, against Node doing nothing and against a bundle that imports only @actions/core. */
export async function startUp(): Promise<readonly Target[]> {
  const toolkitOnly = bundleToolkit();
  await using shop = await openShop();
  await using calendar = await openShop({ pipeline: WITH_CALENDAR });
  await using secured = await openShop({ tls: true });
  const times = { floor: [] as number[], toolkit: [] as number[], plan: [] as number[], calendar: [] as number[], secured: [] as number[] };
  // Interleaved, so that whatever else the machine does meets all three alike; the first rounds warm the disk's cache and the sandbox.
  for (let round = -2; round <= ROUNDS; round += 1) {
    const floor = timed(() => spawnSync(process.execPath, ['-e', '0']));
    const toolkit = timed(() => spawnSync(process.execPath, [toolkitOnly]));
    const plan = await shop.planMilliseconds();
    const withCalendar = await calendar.planMilliseconds();
    const overTls = await secured.planMilliseconds();
    if (round <= 0) continue;
    times.floor.push(floor);
    times.toolkit.push(toolkit);
    times.plan.push(plan);
    times.calendar.push(withCalendar);
    times.secured.push(overTls);
  }
  const [floor, toolkit, plan] = [median(times.floor), median(times.toolkit), median(times.plan)];
  const [zoned, overTls] = [median(times.calendar), median(times.secured)];
  const table = new Table({ head: ['process', 'median ms', 'times the floor'], style: { head: [], border: [] } });
  table.push(['node -e 0', floor.toFixed(0), '1.0']);
  table.push(['bundle of @actions/core alone', toolkit.toFixed(0), (toolkit / floor).toFixed(1)]);
  table.push(['plan, request included', plan.toFixed(0), (plan / floor).toFixed(1)]);
  table.push(['plan where the pipeline has windows', zoned.toFixed(0), (zoned / floor).toFixed(1)]);
  table.push(['plan, the request over TLS', overTls.toFixed(0), (overTls / floor).toFixed(1)]);
  console.log(table.toString());
  const kilobytes = Math.round(statSync(join(root, 'dist/index.js')).size / 1000);
  console.log(
    `chunks of dist/: ${readdirSync(join(root, 'dist'))
      .filter((name) => /\.c?js$/.test(name))
      .map(chunkSize)
      .join(', ')}`,
  );
  return [
    { what: 'plan against the node floor', measured: `${(plan / floor).toFixed(1)}×`, target: '≤ 4×', met: plan <= 4 * floor },
    { what: 'main chunk, minified', measured: `${kilobytes} kB`, target: '≤ 700 kB', met: kilobytes <= 700 },
  ];
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
