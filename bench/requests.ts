import Table from 'cli-table3';
import { openShop } from './shop.ts';
import type { Target } from './target.ts';

/** Requests and wall time of `plan` and of a whole `deploy`, on a fast and on a slow connection. */
export async function requests(): Promise<readonly Target[]> {
  const table = new Table({ head: ['', 'latency ms', 'requests', 'wall ms'], style: { head: [], border: [] } });
  const most = { plan: 0, deploy: 0 };
  for (const latency of [0, 50]) {
    await using shop = await openShop({ latencyMs: latency });
    const plan = await shop.step({ command: 'plan' });
    const inputs = { command: 'deploy', environment: 'dev' };
    const main = await shop.step(inputs);
    const post = await shop.step({ ...inputs, 'job-status': 'success' }, main.state);
    const deploy = main.requests + post.requests;
    table.push(['plan', latency, plan.requests, plan.milliseconds.toFixed(0)]);
    table.push(['deploy, main and post', latency, deploy, (main.milliseconds + post.milliseconds).toFixed(0)]);
    most.plan = Math.max(most.plan, plan.requests);
    most.deploy = Math.max(most.deploy, deploy);
  }
  console.log(table.toString());
  return [
    { what: 'requests of a plan', measured: `${most.plan}`, target: '1', met: most.plan === 1 },
    { what: 'requests of a deploy in all phases', measured: `${most.deploy}`, target: '≤ 6', met: most.deploy <= 6 },
  ];
}
