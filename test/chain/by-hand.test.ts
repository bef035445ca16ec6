import { afterEach, describe, expect, it } from 'vitest';
import { openShop, SHORT, type Shop } from './shop.ts';

let shop: Shop;
afterEach(() => shop.close());

describe('by hand', () => {
  it('a rollback brings back the version before, and vetoes the one it leaves', async () => {
    shop = await openShop({ pipeline: SHORT });
    const good = await shop.push('main', 'good');
    await shop.approve(good, 'production', 'mona');
    const goodSha = shop.repository.sha('main');
    const bad = await shop.push('main', 'bad');
    await shop.approve(bad, 'production', 'mona');
    expect(shop.live('production')?.message).toBe('bad');

    const run = await shop.byHand({ environment: 'production', ref: 'refs/heads/main', sha: goodSha, rollback: 'true' });
    expect(shop.run(run).status).toBe('waiting');
    await shop.approve(run, 'production', 'hubot');
    expect(shop.run(run).conclusion).toBe('success');
    expect(shop.live('production')).toMatchObject({ message: 'good', commit: goodSha });
    const [veto] = shop.sandbox.state.issues.filter(({ labels }) => labels.includes('promote:veto'));
    expect(veto).toMatchObject({ state: 'open', title: expect.stringContaining(shop.repository.sha('main').slice(0, 12)) });

    await shop.rerun(bad);
    expect(shop.run(bad).conclusion).toBe('success');
    expect(shop.live('production')?.message).toBe('good');
  });

  it('one promotion goes into the one environment and no further', async () => {
    shop = await openShop({ pipeline: SHORT });
    const run = await shop.byHand({ environment: 'dev' });
    expect(shop.run(run)).toMatchObject({ conclusion: 'success' });
    expect(shop.history()).toEqual(['dev the first shop']);
  });

  it('what may not go there is an error for whoever asked for it', async () => {
    shop = await openShop({ pipeline: SHORT });
    const run = await shop.byHand({ environment: 'production' });
    expect(shop.run(run)).toMatchObject({ conclusion: 'failure', jobs: { Plan: 'failure' } });
    expect(shop.log(run, 'Plan')).toContain('dev is not passed');
  });
});
