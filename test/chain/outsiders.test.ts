import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { CALLER, openShop, SHORT, type Shop } from './shop.ts';

let shop: Shop;
afterEach(() => shop.close());

describe('what outsiders can name', () => {
  it.each([
    ['shell syntax', 'x$(touch${IFS}$SHOP_HOME/pwned)'],
    ['quotes', `it's"quoted"`],
    ['a command to the runner', '::set-output'.replaceAll(':', '%3A')],
    ['an expression', '${{secrets.PROMOTE_ENV}}'],
    ['separators', 'a;touch$IFS$SHOP_HOME/pwned;b&&c|d'],
  ])('a branch name with %s is a name', async (_what, branch) => {
    shop = await openShop({ pipeline: SHORT, secrets: { PROMOTE_ENV: 'TOKEN=very-secret-token' } });
    const run = await shop.push(branch, 'harmless');
    expect(shop.run(run)).toMatchObject({ conclusion: 'success', jobs: { 'Stage 1 (dev) / Deploy to dev': 'success' } });
    expect(existsSync(join(shop.home, 'pwned'))).toBe(false);
    expect(shop.history()).toEqual(['dev harmless']);
  });

  it('a fork’s pull request gets no secret, and nothing of it is built or deployed', async () => {
    const caller = CALLER.replace('on:\n', 'on:\n  pull_request:\n');
    shop = await openShop({ pipeline: SHORT, caller, secrets: { PROMOTE_ENV: 'TOKEN=very-secret-token' } });
    shop.repository.commit('theirs', { 'message.txt': 'from a fork' }, 'from a fork', 'hubot');
    const sha = shop.repository.sha('theirs');
    const [run = 0] = await shop.runner.trigger(
      'pull_request',
      {
        action: 'opened',
        number: 7,
        pull_request: {
          number: 7,
          state: 'open',
          merged: false,
          merge_commit_sha: null,
          head: { sha, ref: 'theirs', repo: { full_name: 'stranger/shop' } },
          base: { ref: 'main', sha: shop.repository.sha('main'), repo: { full_name: 'octo-org/shop' } },
        },
      },
      { actor: 'stranger' },
    );
    await shop.runner.settled();
    expect(shop.history()).toEqual([]);
    expect(shop.sandbox.state.artifacts).toEqual([]);
    expect(shop.run(run).jobs).toMatchObject({ Plan: 'success', Build: 'skipped', 'Stage 1': 'skipped' });
    expect(shop.job(run, 'Plan').summary).toContain('fork');
    expect(shop.sandbox.state.deployments).toEqual([]);
  });
});

describe('a secret', () => {
  it('that a deploy command prints is not to be read in log, summary, output or record', async () => {
    const printing = SHORT.replace(
      'role: development, deploy: { run: bash scripts/deploy.sh }',
      `role: development, deploy: { run: 'bash scripts/deploy.sh; echo "the token is $TOKEN"; echo "x=$TOKEN" >> $GITHUB_ENV' }`,
    );
    shop = await openShop({ pipeline: printing, secrets: { PROMOTE_ENV: 'dev.TOKEN=very-secret-token' } });
    const run = await shop.push('feature/x', 'chatty');
    expect(shop.run(run).conclusion).toBe('success');
    expect(shop.log(run, 'Stage 1 (dev) / Deploy to dev')).toContain('the token is ***');
    expect(JSON.stringify(shop.sandbox.state)).not.toContain('very-secret-token');
  });
});
