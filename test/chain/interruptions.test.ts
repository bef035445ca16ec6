import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { CALLER, openShop, SHORT, type Shop } from './shop.ts';

let shop: Shop;
afterEach(() => shop.close());

const GATE = 'Stage 2 (production) / Deploy to production';

describe('when something goes wrong on the way', () => {
  it('a deploy that failed is repeated by running its failed jobs again', async () => {
    shop = await openShop({ pipeline: SHORT });
    const broken = join(shop.home, 'production.broken');
    writeFileSync(broken, '');
    const run = await shop.push('main', 'second try');
    await shop.approve(run, 'production', 'mona');
    expect(shop.run(run)).toMatchObject({ conclusion: 'failure', jobs: { [GATE]: 'failure' } });
    rmSync(broken);
    await shop.rerun(run, { failedOnly: true });
    await shop.approve(run, 'production', 'hubot');
    expect(shop.run(run)).toMatchObject({ conclusion: 'success', attempt: 2 });
    expect(shop.live('production')).toMatchObject({ message: 'second try', build: shop.live('dev')?.build });
    expect(shop.history()).toEqual(['dev second try', 'production second try']);
  });

  it('running everything again goes on where it stopped, with the same artifact', async () => {
    shop = await openShop({ pipeline: SHORT });
    const run = await shop.push('main', 'again');
    await shop.reject(run, 'production', 'mona');
    await shop.rerun(run);
    expect(shop.run(run)).toMatchObject({ status: 'waiting', attempt: 2, jobs: { Build: 'skipped' } });
    await shop.approve(run, 'production', 'hubot');
    expect(shop.history()).toEqual(['dev again', 'production again']);
    expect(shop.live('production')?.build).toBe(shop.live('dev')?.build);
  });

  it('a run that is cancelled in the middle of a deploy leaves a record that says so, and the next one goes on', async () => {
    const slow = SHORT.replace(
      'role: development, deploy: { run: bash scripts/deploy.sh }',
      "role: development, deploy: { run: 'touch $SHOP_HOME/started; sleep 60' }",
    );
    shop = await openShop({ pipeline: slow });
    shop.repository.commit('main', { 'message.txt': 'cancelled' }, 'cancelled');
    const [run = 0] = await shop.runner.push('main', { actor: 'octocat' });
    while (!existsSync(join(shop.home, 'started'))) await sleep(50);
    await shop.runner.cancel(run);
    await shop.runner.settled();
    expect(shop.run(run)).toMatchObject({ conclusion: 'cancelled' });
    const states = shop.records().map(({ statuses }) => statuses.at(-1)?.state);
    expect(states).toEqual(['failure']);
    shop.repository.commit('main', { '.github/promote.yml': SHORT }, 'quick again');
    const next = await shop.pushed('main');
    expect(shop.run(next).jobs).toMatchObject({ 'Stage 1 (dev) / Deploy to dev': 'success' });
  });

  it('a run whose token may not keep records says which permission is missing', async () => {
    const caller = CALLER.replace('deployments: write', 'deployments: read');
    shop = await openShop({ pipeline: SHORT, caller });
    shop.repository.commit('main', { 'message.txt': 'no permission' }, 'no permission');
    await shop.runner.push('main', { actor: 'octocat' });
    await shop.runner.settled();
    const run = shop.sandbox.state.runs.at(-1);
    expect(run).toMatchObject({ conclusion: 'startup_failure' });
    expect(run?.problem).toContain('deployments');
    expect(shop.history()).toEqual([]);
  });

  it('a repository without a pipeline file is told what to add before anything is built', async () => {
    shop = await openShop({ pipeline: null });
    const run = await shop.push();
    expect(shop.run(run)).toMatchObject({ conclusion: 'failure', jobs: { Plan: 'failure', Build: 'skipped' } });
    expect(shop.log(run, 'Plan')).toContain('No deploy command');
    expect(shop.history()).toEqual([]);
  });
});
