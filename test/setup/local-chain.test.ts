/** What `promote init --local` writes, run as it is: real steps, the committed bundle, approvals by people. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { loadPipeline } from '../../src/pipeline/load.ts';
import { chainFile } from '../../src/setup/chain-file.ts';
import { openShop, PIPELINE, type Shop, type ShopOptions } from '../chain/shop.ts';

let shop: Shop;
afterEach(async () => {
  expect(shop.sandbox.violations).toEqual([]);
  await shop.close();
});

function open(pipeline: string, options: ShopOptions = {}, edit = (chain: string) => chain): Promise<Shop> {
  const chain = edit(chainFile(loadPipeline(pipeline, '.github/promote.yml'), { nodeVersionFile: null }));
  return openShop({ pipeline, caller: chain, ...options });
}

it('goes from a push to production with what was built once, and a tag goes on without building again', async () => {
  shop = await open(PIPELINE);
  const run = await shop.push('main', 'sell umbrellas');
  expect(shop.run(run)).toMatchObject({ status: 'waiting', jobs: { plan: 'success', build: 'success', dev: 'success', uat: 'waiting' } });
  await shop.approve(run, 'uat', 'hubot');
  expect(shop.run(run).jobs).toMatchObject({ staging: 'success', 'production: approval 1': 'waiting' });
  shop.repository.tag('v1.0.0', 'main');
  const tagged = await shop.pushed('v1.0.0');
  expect(shop.run(tagged).jobs).toMatchObject({
    build: 'skipped',
    dev: 'skipped',
    uat: 'skipped',
    staging: 'skipped',
    'production: approval 1': 'waiting',
  });
  await shop.approve(run, 'production', 'hubot', 'mona');
  expect(shop.run(run)).toMatchObject({ status: 'completed', conclusion: 'success', attempt: 1 });
  expect(shop.run(run).jobs).toMatchObject({ production: 'success', resume: 'skipped' });
  expect(new Set(['dev', 'uat', 'staging', 'production'].map((environment) => shop.live(environment)?.build)).size).toBe(1);
  expect(shop.history()).toEqual(['dev', 'uat', 'staging', 'production'].map((environment) => `${environment} sell umbrellas`));
  expect(shop.records()).toHaveLength(4);
});

it('attests what it builds in a job of its own and verifies that where it deploys, if the pipeline file demands it', async () => {
  const pipeline = `version: 1
build: { run: bash scripts/build.sh, artifact: dist, attest: required }
environments:
  dev: { role: development, deploy: { run: bash scripts/deploy.sh } }
  production: { role: production, gate: { approvals: 1 }, deploy: { run: bash scripts/deploy.sh } }
routes:
  - { name: mainline, branches: [main], path: [dev, production] }
`;
  const machine = { PATH: `${join(import.meta.dirname, '../../sandbox/runner/gh')}:${process.env['PATH']}` };
  shop = await open(pipeline, { machine });
  const run = await shop.push('main', 'attested');
  expect(shop.run(run).jobs).toMatchObject({ build: 'success', attest: 'success', dev: 'success', production: 'waiting' });
  expect(shop.log(run, 'dev')).toContain('by octo-org/shop/.github/workflows/promote.yml.');
  shop.sandbox.state.attestations.length = 0;
  await shop.approve(run, 'production', 'mona');
  expect(shop.run(run).jobs).toMatchObject({ production: 'failure' });
  expect(shop.live('production')).toBeNull();
});

it.each([
  ['a link that leads out of what was built', 'rm -rf dist && mkdir dist && ln -s /etc/passwd dist/users', 'failure'],
  [
    'a script beside what was built',
    'mkdir -p dist tools extra/scripts && touch dist/x && cp -r dist extra/dist && printf "touch \\$SHOP_HOME/other" > extra/scripts/deploy.sh && ' +
      `printf '#!/bin/sh\\ncd extra && exec /usr/bin/tar --create --file "$3" dist scripts' > tools/tar && chmod +x tools/tar && echo "$PWD/tools" >> "$GITHUB_PATH"`,
    'success',
  ],
])('lets no archive bring %s', async (_, build, conclusion) => {
  shop = await open(`version: 1
build: { run: ${JSON.stringify(build)}, artifact: dist }
environments:
  dev: { role: development, deploy: { run: bash scripts/deploy.sh } }
routes:
  - { name: mainline, branches: [main], path: [dev] }
`);
  const run = await shop.push('main', 'more than asked for', { files: { 'scripts/deploy.sh': 'touch "$SHOP_HOME/own"' } });
  expect(shop.run(run), shop.log(run, 'dev')).toMatchObject({ conclusion });
  expect(existsSync(join(shop.home, 'other'))).toBe(false);
  expect(existsSync(join(shop.home, 'own'))).toBe(conclusion === 'success');
});

it('keeps file modes, links and hidden files of what was built', async () => {
  const build =
    "mkdir -p dist/.well-known && echo text > dist/.well-known/security && printf '#!/bin/sh\\necho ran' > dist/server && chmod +x dist/server && ln -s server dist/start";
  const deploy = 'cp -R dist/. "$SHOP_HOME/kept"';
  shop = await open(`version: 1
build: { run: ${JSON.stringify(build)}, artifact: dist }
environments:
  dev: { role: development, deploy: { run: ${JSON.stringify(deploy)} } }
routes:
  - { name: mainline, branches: [main], path: [dev] }
`);
  const run = await shop.push('main', 'modes');
  expect(shop.run(run), shop.log(run, 'dev')).toMatchObject({ conclusion: 'success' });
  expect(execFileSync(join(shop.home, 'kept/start'), { encoding: 'utf8' })).toBe('ran\n');
  expect(readFileSync(join(shop.home, 'kept/.well-known/security'), 'utf8')).toBe('text\n');
});

it('says it plainly when the build left nothing', async () => {
  shop = await open(PIPELINE.replace('artifact: dist', 'artifact: out'));
  const run = await shop.push('main', 'nothing');
  expect(shop.run(run).jobs).toMatchObject({ build: 'failure', dev: 'skipped' });
  expect(shop.log(run, 'build')).toContain('There is no out after the build.');
});

it('hands secrets of an environment to that environment’s steps, the team’s own among them', async () => {
  const own = `      - name: Tell the load balancer
        if: \${{ steps.promote.outputs.proceed == 'true' }}
        run: echo "$GITHUB_JOB $TOKEN" >> "$SHOP_HOME/told"
        env: { TOKEN: '\${{ secrets.TOKEN }}' }
      - name: The door is closed`;
  const environmentSecrets = { dev: { TOKEN: 'dev-token' }, uat: { TOKEN: 'uat-token' } };
  shop = await open(PIPELINE, { environmentSecrets }, (chain) => chain.replaceAll('      - name: The door is closed', own));
  const run = await shop.push('main', 'tell them');
  await shop.approve(run, 'uat', 'mona');
  expect(readFileSync(join(shop.home, 'told'), 'utf8')).toBe('dev dev-token\nuat uat-token\nstaging \n');
  expect(shop.log(run, 'uat')).not.toContain('uat-token');
});

it('ends where a reviewer rejects, and where the door says no', async () => {
  shop = await open(PIPELINE);
  const run = await shop.push('main', 'not so good');
  await shop.reject(run, 'uat', 'hubot');
  expect(shop.run(run)).toMatchObject({ conclusion: 'failure', jobs: { uat: 'failure', staging: 'skipped', production: 'skipped' } });
  const next = await shop.push('main', 'held at the door');
  shop.sandbox.given.issue({ title: 'uat: exercise', labels: ['promote:hold'], author: 'mona' });
  await shop.approve(next, 'uat', 'hubot');
  expect(shop.run(next).jobs).toMatchObject({ staging: 'skipped', production: 'skipped' });
  expect(shop.live('uat')).toBeNull();
});

it('ends quietly at a soak, and the schedule takes it up once it is over; acceptance is one more click', async () => {
  const pipeline = `version: 1
build: { run: bash scripts/build.sh, artifact: dist }
environments:
  uat: { role: uat, acceptance: { approvals: 1, by: [mona] }, deploy: { run: bash scripts/deploy.sh } }
  production: { role: production, gate: { approvals: 1 }, soak: { in: uat, for: 4h }, deploy: { run: bash scripts/deploy.sh } }
routes:
  - { name: mainline, branches: [main], path: [uat, production] }
`;
  shop = await open(pipeline);
  shop.sandbox.given.environment('uat', { reviewers: [] });
  shop.sandbox.given.environment('uat-acceptance', { reviewers: ['mona'] });
  const run = await shop.push('main', 'simmer');
  expect(shop.run(run).jobs).toMatchObject({ uat: 'success', 'uat-acceptance': 'waiting' });
  await shop.approve(run, 'uat-acceptance', 'mona');
  expect(shop.run(run)).toMatchObject({ conclusion: 'success', jobs: { 'uat-acceptance': 'success', production: 'skipped' } });
  await shop.advance(2);
  expect(shop.timesTakenUp(run)).toBe(0);
  await shop.advance(3);
  expect(shop.timesTakenUp(run)).toBe(1);
  const next = shop.goesOnAs(run);
  expect(shop.run(next)).toMatchObject({ status: 'waiting', jobs: { uat: 'skipped', production: 'waiting' } });
  await shop.approve(next, 'production', 'hubot');
  expect(shop.run(next).conclusion).toBe('success');
  expect(shop.history()).toEqual(['uat simmer', 'production simmer']);
});

it('goes back by hand to what succeeded there before, and vetoes what it leaves; what may not go there is an error', async () => {
  const pipeline = `version: 1
build: { run: bash scripts/build.sh, artifact: dist }
environments:
  dev: { role: development, deploy: { run: bash scripts/deploy.sh } }
  production: { role: production, gate: { approvals: 1 }, deploy: { run: bash scripts/deploy.sh } }
routes:
  - { name: mainline, branches: [main], path: [dev, production] }
`;
  shop = await open(pipeline);
  const first = await shop.push('main', 'good');
  await shop.approve(first, 'production', 'hubot');
  const good = shop.live('dev')?.commit ?? '';
  const second = await shop.push('main', 'bad');
  await shop.approve(second, 'production', 'hubot');
  const back = { environment: 'production', ref: 'refs/heads/main', sha: good, rollback: 'true' };
  const run = await shop.runner.dispatch('promote.yml', { ref: 'main', actor: 'octocat', inputs: back });
  await shop.runner.settled();
  expect(shop.run(run).jobs).toMatchObject({ build: 'skipped', dev: 'skipped', production: 'waiting' });
  await shop.approve(run, 'production', 'mona');
  expect(shop.run(run)).toMatchObject({ conclusion: 'success', jobs: { veto: 'success', production: 'success' } });
  expect(shop.live('production')).toMatchObject({ message: 'good', commit: good });
  expect(shop.sandbox.state.issues.map(({ labels }) => labels)).toEqual([['promote:veto']]);
  const again = await shop.runner.dispatch('promote.yml', { ref: 'main', actor: 'octocat', inputs: { environment: 'production' } });
  await shop.runner.settled();
  expect(shop.run(again)).toMatchObject({ conclusion: 'failure', jobs: { plan: 'failure', production: 'skipped' } });
});
