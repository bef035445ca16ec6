import Table from 'cli-table3';
import { openShop, type Shop } from '../test/chain/shop.ts';
import type { Target } from './target.ts';

/** What a team writes by hand for the same way: build once, four environments in a row, one approval each where GitHub can ask. */
const HAND_WRITTEN = `name: Deploy
on: { push: { branches: [main] } }
permissions: { contents: read }
jobs:
  build:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1
      - run: bash scripts/build.sh
      - uses: actions/upload-artifact@bbbca2ddaa5d8feaa63e36b76fdaad77386f024f
        with: { name: shop, path: dist }
${['dev', 'uat', 'staging', 'production'].map((name, at, all) => handWrittenJob(name, at === 0 ? 'build' : (all[at - 1] ?? ''))).join('')}`;

function handWrittenJob(name: string, needs: string): string {
  return `  ${name}:
    needs: ${needs}
    runs-on: ubuntu-latest
    environment: ${name}
    steps:
      - uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1
      - uses: actions/download-artifact@3e5f45b2cfb9172054b4087a40e8e0b5a5461e7c
        with: { name: shop, path: dist }
      - run: PROMOTE_ENVIRONMENT=${name} bash scripts/deploy.sh
`;
}

interface Cost {
  readonly jobs: number;
  /** GitHub bills each job by the started minute. */
  readonly minutes: number;
  readonly seconds: number;
}

async function travel(shop: Shop, approvals: readonly (readonly [string, ...string[]])[]): Promise<Cost> {
  const run = await shop.push('main', 'to be measured');
  for (const [environment, ...users] of approvals) await shop.approve(run, environment, ...users);
  const { conclusion } = shop.run(run);
  if (conclusion !== 'success') throw new Error(`the run ended as ${conclusion}`);
  const times = shop.machineTimes(run);
  await shop.close();
  return {
    jobs: times.length,
    minutes: times.reduce((sum, time) => sum + Math.max(1, Math.ceil(time / 60_000)), 0),
    seconds: times.reduce((sum, time) => sum + time, 0) / 1000,
  };
}

/** Jobs and billed minutes of a whole promotion, from a push to production, against a chain written by hand. */
export async function chain(): Promise<readonly Target[]> {
  const byHand = await travel(await openShop({ caller: HAND_WRITTEN }), [
    ['uat', 'mona'],
    ['production', 'mona'],
  ]);
  const shipped = await travel(await openShop(), [
    ['uat', 'mona'],
    ['production', 'hubot', 'mona'],
  ]);
  const table = new Table({ head: ['', 'jobs', 'billed minutes', 'seconds of machine'], style: { head: [], border: [] } });
  table.push(['written by hand, one approval for production', byHand.jobs, byHand.minutes, byHand.seconds.toFixed(1)]);
  table.push(['shipped workflows, two approvals for production', shipped.jobs, shipped.minutes, shipped.seconds.toFixed(1)]);
  console.log(table.toString());
  // One job plans, and each approval beyond the first is a job of its own.
  const most = byHand.minutes + 2;
  return [
    {
      what: 'billed minutes beyond a chain written by hand',
      measured: `${shipped.minutes - byHand.minutes}`,
      target: '≤ 2',
      met: shipped.minutes <= most,
    },
  ];
}
