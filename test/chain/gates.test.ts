import { afterEach, describe, expect, it } from 'vitest';
import { CALLER, openShop, SHORT, type Shop } from './shop.ts';

let shop: Shop;
afterEach(() => shop.close());

/** A gate that only one person's approval opens. */
const GATE = 'Stage 2 (production) / Deploy to production';

describe('at a gate', () => {
  it('a rejection ends the run, and nothing went in', async () => {
    shop = await openShop();
    const run = await shop.push();
    await shop.reject(run, 'uat', 'mona');
    expect(shop.run(run)).toMatchObject({
      conclusion: 'failure',
      jobs: { 'Stage 2 (uat) / Deploy to uat': 'failure', 'Stage 3': 'skipped' },
    });
    expect(shop.history()).toEqual(['dev a change']);
  });

  it('more approvals than can be asked for are an error at once, and nobody is asked', async () => {
    shop = await openShop({ pipeline: SHORT.replace('approvals: 1', 'approvals: 7') });
    const run = await shop.push();
    const first = 'Stage 2 (production) / Approvals before production / More than six approvals';
    expect(shop.run(run)).toMatchObject({ status: 'completed', conclusion: 'failure', jobs: { [first]: 'failure' } });
    expect(shop.log(run, first)).toContain('production asks for 7 approvals');
    expect(shop.history()).toEqual(['dev a change']);
  });

  it('nobody answering for thirty days ends the run, and costs no runner a minute', async () => {
    shop = await openShop({ pipeline: SHORT, caller: CALLER.replace(/ {2}schedule:.*\n/, '') });
    const run = await shop.push();
    const before = shop.machineTimes(run);
    await shop.advance(29 * 24);
    expect(shop.run(run).status).toBe('waiting');
    expect(shop.machineTimes(run)).toEqual(before);
    await shop.advance(2 * 24);
    expect(shop.run(run)).toMatchObject({ status: 'completed', conclusion: 'failure', jobs: { [GATE]: 'failure' } });
    expect(shop.live('production')).toBeNull();
  });

  it('an approval that comes after something newer went in lets nothing in, and ends quietly', async () => {
    shop = await openShop({ pipeline: SHORT });
    const older = await shop.push('main', 'older');
    const newer = await shop.push('main', 'newer');
    await shop.approve(newer, 'production', 'mona');
    await shop.approve(older, 'production', 'mona');
    expect(shop.run(older)).toMatchObject({ conclusion: 'success', jobs: { [GATE]: 'success' } });
    expect(shop.log(older, GATE)).toContain('superseded');
    expect(shop.live('production')?.message).toBe('newer');
    expect(shop.history().filter((line) => line.startsWith('production'))).toEqual(['production newer']);
  });

  it('of ten pushes that pile up, the one that is approved goes in, and the older ones explain themselves', {
    timeout: 240_000,
  }, async () => {
    shop = await openShop({ pipeline: SHORT });
    const runs: number[] = [];
    for (let nth = 1; nth <= 10; nth += 1) runs.push(await shop.push('main', `push ${nth}`));
    expect(runs.map((run) => shop.run(run).status)).toEqual(runs.map(() => 'waiting'));
    for (const run of runs.toReversed()) await shop.approve(run, 'production', 'mona');
    expect(runs.map((run) => shop.run(run).conclusion)).toEqual(runs.map(() => 'success'));
    expect(shop.history().filter((line) => line.startsWith('production'))).toEqual(['production push 10']);
    for (const run of runs.slice(0, 9)) expect(shop.log(run, GATE)).toContain('superseded');
  });

  it('one person is one approval, however often they give it', async () => {
    shop = await openShop();
    const run = await shop.push();
    await shop.approve(run, 'uat', 'mona');
    await shop.approve(run, 'production', 'mona', 'mona');
    expect(shop.run(run)).toMatchObject({ conclusion: 'failure' });
    expect(shop.log(run, 'Stage 4 (production) / Deploy to production')).toContain('approval_missing');
    expect(shop.live('production')).toBeNull();
  });

  it('whoever started the run is not among those who approve where they are excluded', async () => {
    shop = await openShop();
    const run = await shop.push('main', 'mine', { author: 'octocat' });
    await shop.approve(run, 'uat', 'mona');
    await shop.approve(run, 'production', 'octocat', 'mona');
    expect(shop.run(run)).toMatchObject({ conclusion: 'failure' });
    expect(shop.live('production')).toBeNull();
  });

  it('an environment that GitHub does not have is no open door', async () => {
    shop = await openShop({ pipeline: SHORT });
    shop.sandbox.given.removeEnvironment('production');
    const run = await shop.push();
    expect(shop.run(run)).toMatchObject({
      conclusion: 'success',
      jobs: { 'Stage 1 (dev) / Deploy to dev': 'success', 'Stage 2': 'skipped' },
    });
    expect(shop.job(run, 'Plan').summary).toContain('environment_missing');
    expect(shop.live('production')).toBeNull();
  });
});
