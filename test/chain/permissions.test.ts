/** What commands of a candidate can do with the token of the job that they run in. */
import { afterEach, describe, expect, it } from 'vitest';
import { CALLER, openShop, SHORT, type Shop } from './shop.ts';

let shop: Shop;
afterEach(() => shop.close());

/** Takes the action's token from the memory of its process, which runs as the same user, and closes every issue with it. */
const THIEF = `#!/usr/bin/env bash
set -u
pid=$$
token=
while [ -z "$token" ] && [ "$pid" -gt 1 ]; do
  token=$(tr '\\0' '\\n' < "/proc/$pid/environ" | sed -n 's/^INPUT_TOKEN=//p')
  pid=$(sed -n 's/^PPid:[[:space:]]*//p' "/proc/$pid/status")
done
[ -n "$token" ] && echo "has a token" || echo "has no token"
env | grep -q -e '^INPUT_' -e '^PROMOTE_ENV=' && echo "was handed it"
curl -s -X PATCH -H "authorization: Bearer $token" -H 'content-type: application/json' -d '{"state":"closed"}' -w 'GitHub answered %{http_code}\\n' -o /dev/null "$GITHUB_API_URL/repos/$GITHUB_REPOSITORY/issues/$(cat issue.txt)"
`;

describe('a deploy script of any branch', () => {
  it('lifts no hold on production with the token of its job, which it can read and was not handed', async () => {
    shop = await openShop({ pipeline: SHORT, secrets: { PROMOTE_ENV: 'production.KEY=not-for-dev' } });
    const hold = shop.sandbox.given.issue({ title: 'production: inventory', labels: ['promote:hold'], author: 'mona' });
    const run = await shop.push('feature/thief', 'a change', { files: { 'scripts/deploy.sh': THIEF, 'issue.txt': String(hold.number) } });
    const log = shop.log(run, 'Stage 1 (dev) / Deploy to dev');
    expect(log).toContain('has a token');
    expect(log).not.toContain('was handed it');
    expect(log).toContain('GitHub answered 403');
    expect(shop.sandbox.state.issues.find(({ number }) => number === hold.number)?.state).toBe('open');
  });
});

describe('an identity for a cloud', () => {
  it('is there only in the jobs of a team that asks for it, which otherwise do the same', async () => {
    shop = await openShop({ pipeline: SHORT, caller: CALLER.replace('    secrets:', '    with: { oidc: true }\n    secrets:') });
    const run = await shop.push();
    await shop.approve(run, 'production', 'mona');
    expect(shop.run(run)).toMatchObject({
      conclusion: 'success',
      jobs: {
        'Stage 1 (dev) / Deploy to dev': 'skipped',
        'Stage 1 (dev) / Deploy to dev with OIDC': 'success',
        'Stage 2 (production) / Deploy to production with OIDC': 'success',
        'Stage 2 (production) / Veto what production leaves': 'skipped',
      },
    });
    expect(shop.live('production')?.message).toBe('a change');
  });
});

describe('a rollback', () => {
  it('goes to a version whose deploy script lifts no veto, since the job before it filed the one on what it leaves', async () => {
    const thief = { 'scripts/deploy.sh': `${THIEF}\nmkdir -p "../live/$PROMOTE_ENVIRONMENT" || true\n`, 'issue.txt': '2' };
    shop = await openShop({ pipeline: SHORT });
    const good = await shop.push('main', 'good', { files: thief });
    await shop.approve(good, 'production', 'mona');
    const goodSha = shop.repository.sha('main');
    const bad = await shop.push('main', 'bad');
    await shop.approve(bad, 'production', 'mona');
    const run = await shop.byHand({ environment: 'production', ref: 'refs/heads/main', sha: goodSha, rollback: 'true' });
    await shop.approve(run, 'production', 'hubot');
    expect(shop.run(run)).toMatchObject({ conclusion: 'success', jobs: { 'Rollback / Veto what production leaves': 'success' } });
    expect(shop.log(run, 'Rollback / Roll back production')).toContain('GitHub answered 403');
    expect(shop.sandbox.state.issues.map(({ state, labels }) => [state, labels])).toEqual([['open', ['promote:veto']]]);
  });
});
