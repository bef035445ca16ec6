import { afterEach, describe, expect, it } from 'vitest';
import { openShop, PIPELINE, type Shop } from './shop.ts';

let shop: Shop;
afterEach(() => shop.close());

describe('from a push to production', () => {
  it('goes through every stage with what was built once, and asks each reviewer at the door they guard', async () => {
    shop = await openShop();
    const run = await shop.push('main', 'sell umbrellas');
    expect(shop.run(run)).toMatchObject({
      status: 'waiting',
      jobs: {
        Plan: 'success',
        'Build / Build': 'success',
        'Stage 1 (dev) / Deploy to dev': 'success',
        'Stage 2 (uat) / Deploy to uat': 'waiting',
      },
    });
    expect([shop.live('dev')?.message, shop.live('uat')]).toEqual(['sell umbrellas', null]);

    await shop.approve(run, 'uat', 'hubot');
    expect(shop.live('staging')?.message).toBe('sell umbrellas');
    expect(shop.run(run)).toMatchObject({
      status: 'waiting',
      jobs: { 'Stage 4 (production) / Approvals before production / Approval 1': 'waiting' },
    });

    await shop.approve(run, 'production', 'hubot', 'mona');
    expect(shop.run(run)).toMatchObject({ status: 'completed', conclusion: 'success', attempt: 1 });
    const builds = ['dev', 'uat', 'staging', 'production'].map((environment) => shop.live(environment)?.build);
    expect(new Set(builds).size).toBe(1);
    expect(shop.history()).toEqual(['dev', 'uat', 'staging', 'production'].map((environment) => `${environment} sell umbrellas`));
    expect(shop.sandbox.violations).toEqual([]);
  });

  it('ends after dev for a feature branch', async () => {
    shop = await openShop();
    const run = await shop.push('feature/basket', 'a basket');
    expect(shop.run(run)).toMatchObject({
      conclusion: 'success',
      jobs: { 'Stage 1 (dev) / Deploy to dev': 'success', 'Stage 2': 'skipped' },
    });
    expect(shop.history()).toEqual(['dev a basket']);
  });

  it('takes a hotfix past dev and uat', async () => {
    shop = await openShop();
    const run = await shop.push('hotfix/leak', 'no more leak');
    await shop.approve(run, 'production', 'hubot', 'mona');
    expect(shop.run(run).conclusion).toBe('success');
    expect(shop.history()).toEqual(['staging no more leak', 'production no more leak']);
  });

  it('starts a tag at staging where its commit has passed uat, and does not build it again', async () => {
    shop = await openShop();
    const first = await shop.push('main', 'ready for release');
    await shop.approve(first, 'uat', 'mona');
    const built = shop.live('staging')?.build;
    await shop.runner.cancel(first);
    await shop.runner.settled();
    shop.repository.tag('v1.0.0', 'main');
    const run = await shop.pushed('v1.0.0');
    expect(shop.run(run).jobs).toMatchObject({
      Build: 'skipped',
      'Stage 1 (production) / Approvals before production / Approval 1': 'waiting',
    });
    await shop.approve(run, 'production', 'hubot', 'mona');
    expect(shop.live('production')).toMatchObject({ message: 'ready for release', build: built });
  });

  it('goes into environments of one stage side by side, and no further when one of them fails', async () => {
    const parallel = PIPELINE.replace(
      'routes:\n',
      "  qa: { role: qa, deploy: { run: 'bash scripts/deploy.sh; exit 3' } }\nroutes:\n",
    ).replaceAll('path: [dev, uat, staging, production]', 'path: [dev, [uat, qa], staging, production]');
    shop = await openShop({ pipeline: parallel });
    shop.sandbox.given.environment('qa');
    const run = await shop.push('main', 'half good');
    expect(shop.run(run).jobs).toMatchObject({ 'Stage 2 (qa) / Deploy to qa': 'failure', 'Stage 2 (uat) / Deploy to uat': 'waiting' });
    await shop.approve(run, 'uat', 'mona');
    expect(shop.run(run)).toMatchObject({
      conclusion: 'failure',
      jobs: { 'Stage 2 (uat) / Deploy to uat': 'success', 'Stage 3': 'skipped' },
    });
    expect(shop.live('staging')).toBeNull();
  });

  it('has the acceptance after the deployment, by whoever guards it, before the next stage', async () => {
    const accepting = PIPELINE.replace(
      'by: [octo-org/qa] }\n',
      'by: [octo-org/qa] }\n    acceptance: { approvals: 1, by: [octo-org/product] }\n',
    );
    shop = await openShop({ pipeline: accepting });
    shop.sandbox.given.team('octo-org/product', ['mona']);
    shop.sandbox.given.environment('uat-acceptance', { reviewers: ['octo-org/product'] });
    const run = await shop.push('main', 'try this');
    await shop.approve(run, 'uat', 'hubot');
    expect(shop.run(run).jobs).toMatchObject({ 'Stage 2 (uat) / Deploy to uat': 'success', 'Stage 2 (uat) / Accept in uat': 'waiting' });
    expect(shop.live('staging')).toBeNull();
    await shop.approve(run, 'uat-acceptance', 'mona');
    expect(shop.live('staging')?.message).toBe('try this');
  });

  it('ends there when it is not accepted', async () => {
    const accepting = PIPELINE.replace('by: [octo-org/qa] }\n', 'by: [octo-org/qa] }\n    acceptance: { approvals: 1 }\n');
    shop = await openShop({ pipeline: accepting });
    shop.sandbox.given.environment('uat-acceptance', { reviewers: ['mona'] });
    const run = await shop.push('main', 'try this');
    await shop.approve(run, 'uat', 'hubot');
    await shop.reject(run, 'uat-acceptance', 'mona');
    expect(shop.run(run).conclusion).toBe('failure');
    expect(shop.live('staging')).toBeNull();
  });

  it('asks for an acceptance that is missing where the version is already, deploys nothing again, and goes on', async () => {
    const accepting = PIPELINE.replace('by: [octo-org/qa] }\n', 'by: [octo-org/qa] }\n    acceptance: { approvals: 1 }\n');
    shop = await openShop({ pipeline: accepting });
    shop.sandbox.given.environment('uat-acceptance', { reviewers: ['mona'] });
    const run = await shop.push('main', 'try this');
    await shop.approve(run, 'uat', 'hubot');
    await shop.runner.cancel(run);
    await shop.runner.settled();
    await shop.rerun(run);
    expect(shop.run(run).jobs).toMatchObject({ 'Stage 1 (uat) / Deploy to uat': 'skipped', 'Stage 1 (uat) / Accept in uat': 'waiting' });
    await shop.approve(run, 'uat-acceptance', 'mona');
    expect(shop.live('staging')?.message).toBe('try this');
    expect(shop.history().filter((line) => line.startsWith('uat'))).toEqual(['uat try this']);
  });
});
