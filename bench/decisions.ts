import Table from 'cli-table3';
import { decide } from '../src/decision/decide.ts';
import type { Evidence } from '../src/decision/evidence.ts';
import type { Pipeline } from '../src/pipeline/model.ts';
import { fourEnvironments, manyEnvironments, manyRecords, type Question } from './questions.ts';
import type { Target } from './target.ts';

const MILLISECONDS = 1000;
const WARM_UP = 500;
const BATCH = 10;

/** Decisions per second, and how their cost grows with environments and with records. */
export async function decisions(): Promise<readonly Target[]> {
  const perSecond = await rateOf(fourEnvironments());
  console.log(`four environments, 20 records each: ${Math.round(perSecond).toLocaleString('en')} decisions/s`);
  const environments = await growth('environments', [10, 100, 1000], manyEnvironments);
  const records = await growth('records', [100, 1000, 10_000, 100_000], manyRecords);
  return [
    {
      what: 'decisions per second at four environments',
      measured: Math.round(perSecond).toLocaleString('en'),
      target: '≥ 50,000',
      met: perSecond >= 50_000,
    },
    growthTarget('10 to 1,000 environments', 100, environments),
    growthTarget('100 to 100,000 records', 1000, records),
  ];
}

function growthTarget(what: string, larger: number, dearer: number): Target {
  return {
    what: `growth from ${what}`,
    measured: `${dearer.toFixed(0)}× the cost for ${larger}× the size`,
    target: 'no worse than linear',
    met: dearer <= larger * 1.1,
  };
}

/** Prints the cost at each size; returns the cost of the largest over that of the smallest. */
async function growth(what: string, sizes: readonly number[], make: (size: number) => Question): Promise<number> {
  const table = new Table({ head: [what, 'µs a decision', 'ns for each'], style: { head: [], border: [] } });
  const costs: number[] = [];
  for (const size of sizes) {
    const cost = 1e6 / (await rateOf(make(size)));
    costs.push(cost);
    table.push([size.toLocaleString('en'), cost.toFixed(1), ((cost * 1000) / size).toFixed(0)]);
  }
  console.log(table.toString());
  return (costs.at(-1) ?? Number.NaN) / (costs[0] ?? Number.NaN);
}

/** Decisions per second over a while. The result is checked, so that no part of the work can be left out. */
async function rateOf(question: Question): Promise<number> {
  const { pipeline, evidence, now, verdict } = question;
  const found = decide(pipeline, evidence, now).verdict;
  if (found !== verdict) throw new Error(`expected ${verdict}, decided ${found}: the sample does not measure what it should`);
  decideFor(WARM_UP, pipeline, evidence, now);
  const { decided, milliseconds } = decideFor(MILLISECONDS, pipeline, evidence, now);
  return (decided * 1000) / milliseconds;
}

/** Decides again and again, each time for another moment, as it is for two runs. */
function decideFor(least: number, pipeline: Pipeline, evidence: Evidence, now: number): { decided: number; milliseconds: number } {
  const start = performance.now();
  let decided = 0;
  let milliseconds = 0;
  while (milliseconds < least) {
    for (let batch = 0; batch < BATCH; batch += 1) decide(pipeline, evidence, now + decided + batch);
    decided += BATCH;
    milliseconds = performance.now() - start;
  }
  return { decided, milliseconds };
}
