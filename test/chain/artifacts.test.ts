import { appendFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { CALLER, openShop, SHORT, type Shop } from './shop.ts';

let shop: Shop;
afterEach(() => shop.close());

const GATE = 'Stage 2 (production) / Deploy to production';

describe('what was built once', () => {
  it('is not deployed when its bytes are others than they were', async () => {
    shop = await openShop({ pipeline: SHORT });
    const run = await shop.push();
    appendFileSync(shop.sandbox.state.artifacts[0]?.file ?? '', 'something else');
    await shop.approve(run, 'production', 'mona');
    expect(shop.run(run)).toMatchObject({ conclusion: 'failure', jobs: { [GATE]: 'failure' } });
    expect(shop.live('production')).toBeNull();
  });

  it('is not deployed when somebody put another artifact in its place, digest and all', async () => {
    shop = await openShop({ pipeline: SHORT });
    const run = await shop.push('main', 'the real one');
    const other = await shop.push('feature/other', 'not this');
    const [first, second] = [run, other].map((id) => shop.sandbox.state.artifacts.find(({ runId }) => runId === id));
    if (first === undefined || second === undefined) throw new Error('nothing was built');
    Object.assign(first, { file: second.file, digest: second.digest, size: second.size });
    await shop.approve(run, 'production', 'mona');
    expect(shop.run(run)).toMatchObject({ conclusion: 'failure' });
    expect(shop.log(run, GATE)).toContain('The artifact is not what was built');
    expect(shop.live('production')).toBeNull();
  });

  it('is not built again when it is gone: what nobody tested does not go to production', async () => {
    shop = await openShop({ pipeline: SHORT, secrets: {} });
    const run = await shop.push();
    for (const artifact of shop.sandbox.state.artifacts) artifact.expiresAt = shop.sandbox.clock.now() - 1;
    await shop.approve(run, 'production', 'mona');
    expect(shop.run(run)).toMatchObject({ conclusion: 'failure' });
    expect(shop.live('production')).toBeNull();
  });

  it.each([
    ['a link that leads out of it', 'rm -rf dist && ln -s scripts dist', 'dist in the archive is a link'],
    [
      'a link out of it somewhere inside',
      'mkdir -p dist && cp message.txt dist/message && ln -s /etc/passwd dist/users',
      'A link in the archive leads out of dist',
    ],
  ])('is refused with %s', async (_, build, message) => {
    shop = await openShop({ pipeline: SHORT.replace('run: bash scripts/build.sh', `run: ${JSON.stringify(build)}`) });
    const run = await shop.push('feature/links', 'links');
    expect(shop.run(run)).toMatchObject({ conclusion: 'failure', jobs: { 'Stage 1 (dev) / Deploy to dev': 'failure' } });
    expect(shop.log(run, 'Stage 1 (dev) / Deploy to dev')).toContain(message);
    expect(shop.live('dev')).toBeNull();
  });

  it('brings nothing into the checkout but itself, whatever else lies in its archive', async () => {
    // A build may replace the tool that packs: what the archive holds is the build's to choose.
    const build =
      'bash scripts/build.sh && mkdir -p tools extra/scripts && printf \'echo "other script ran"\' > extra/scripts/deploy.sh && ' +
      'cp -r dist extra/dist && printf \'#!/bin/sh\\ncd extra && exec /usr/bin/tar --create --file "$3" dist scripts\' > tools/tar && chmod +x tools/tar && ' +
      'echo "$PWD/tools" >> "$GITHUB_PATH"';
    shop = await openShop({ pipeline: SHORT.replace('run: bash scripts/build.sh', `run: ${JSON.stringify(build)}`) });
    const run = await shop.push('feature/more', 'more than asked for');
    const log = shop.log(run, 'Stage 1 (dev) / Deploy to dev');
    expect(shop.run(run).conclusion, log).toBe('success');
    expect(log).not.toContain('other script ran');
    expect(shop.live('dev')?.message).toBe('more than asked for');
  });

  it('has its provenance attested where that is asked for', async () => {
    const caller = CALLER.replace('    secrets:', '    with: { attest: true }\n    secrets:');
    shop = await openShop({ pipeline: SHORT, caller });
    const run = await shop.push('feature/attested', 'attested');
    expect(shop.run(run)).toMatchObject({ conclusion: 'success', jobs: { 'Build / Build': 'success', 'Build / Attest': 'success' } });
    expect(shop.log(run, 'Build / Attest')).toMatch(/attestation/i);
    expect(shop.job(run, 'Build / Attest').steps.find(({ name }) => name === 'Attest provenance')).toMatchObject({ conclusion: 'success' });
  });

  it('is what a run that is run again takes, so that its approvals are about what goes in', async () => {
    const office = SHORT.replace('path: [dev, production] }', 'path: [production] }').replace(
      '    role: production\n',
      "    role: production\n    windows: [{ days: mon-fri, hours: '09:00-16:00', zone: UTC }]\n",
    );
    shop = await openShop({ pipeline: office });
    const run = await shop.push('main', 'thought over');
    const built = shop.sandbox.state.artifacts.map(({ digest }) => digest);
    await shop.advance(7);
    await shop.approve(run, 'production', 'mona');
    expect(shop.live('production')).toBeNull();
    await shop.advance(17);
    const next = shop.goesOnAs(run);
    await shop.approve(next, 'production', 'hubot');
    expect(shop.live('production')?.message).toBe('thought over');
    expect(shop.sandbox.state.artifacts.map(({ digest }) => digest)).toEqual(built);
    expect(shop.log(next, 'Build / Build')).toContain('was built as');
  });

  it('is one artifact, also when a branch and a tag of the same commit are pushed together', async () => {
    const both = `${SHORT.replace('path: [dev, production] }', 'path: [production] }')}  - { name: release, tags: ['v*'], path: [production] }\n`;
    shop = await openShop({ pipeline: both });
    shop.repository.commit('main', { 'message.txt': 'tagged at once' }, 'tagged at once');
    shop.repository.tag('v2.0.0', 'main');
    const [branch = 0, tag = 0] = (
      await Promise.all([shop.runner.push('main', { actor: 'octocat' }), shop.runner.push('v2.0.0', { actor: 'octocat' })])
    ).flat();
    await shop.runner.settled();
    const digests = [branch, tag].map((run) => /Built once: (sha256:\w+)/.exec(shop.log(run, 'Build / Build'))?.[1]);
    expect(digests[0]).toBe(digests[1]);
    await shop.approve(branch, 'production', 'mona');
    await shop.approve(tag, 'production', 'mona');
    expect([shop.run(branch).conclusion, shop.run(tag).conclusion]).toEqual(['success', 'success']);
  });

  it('is not what a pull request onto somebody’s own branch uploaded for the same, reviewed commit', async () => {
    shop = await openShop({ pipeline: SHORT });
    const sha = shop.repository.commit('main', { 'message.txt': 'reviewed' }, 'reviewed');
    // The workflow comes from the merge with the branch that the pull request's author named, and they may write that one.
    shop.uploadedElsewhere(sha, { event: 'pull_request', headBranch: 'mine', workflowPath: '.github/workflows/promote.yml' }, 'evil');
    const run = await shop.pushed('main');
    await shop.approve(run, 'production', 'mona');
    expect(shop.live('production')).toMatchObject({ message: 'reviewed', commit: sha });
    expect(shop.history()).toEqual(['dev reviewed', 'production reviewed']);
  });

  it('is not what another workflow file uploaded under its name', async () => {
    shop = await openShop({ pipeline: SHORT });
    const sha = shop.repository.commit('main', { 'message.txt': 'reviewed' }, 'reviewed');
    shop.uploadedElsewhere(sha, { event: 'push', headBranch: 'main', workflowPath: '.github/workflows/other.yml' }, 'evil');
    const run = await shop.pushed('main');
    expect(shop.run(run).jobs['Build / Build']).toBe('success');
    expect(shop.live('dev')).toMatchObject({ message: 'reviewed' });
  });

  it.each([
    ['a pull request’s run', 'github-actions[bot]', 'pull_request', '.github/workflows/promote.yml'],
    ['a run of another workflow file', 'github-actions[bot]', 'push', '.github/workflows/other.yml'],
    ['any run, written by a person', 'hubot', 'push', '.github/workflows/promote.yml'],
  ])('is not what a forged record says is kept in %s', async (_where, creator, event, workflowPath) => {
    shop = await openShop({ pipeline: SHORT });
    const sha = shop.repository.commit('main', { 'message.txt': 'reviewed' }, 'reviewed');
    const run = shop.uploadedElsewhere(sha, { event, headBranch: 'mine', workflowPath }, 'evil');
    shop.forge({ sha, environment: 'dev', run, creator });
    const genuine = await shop.pushed('main');
    await shop.approve(genuine, 'production', 'mona');
    expect(shop.history()).toEqual(['dev reviewed', 'production reviewed']);
  });

  it('is not what a forged record says is kept in a run of the chain on the default branch that built something else', async () => {
    shop = await openShop({ pipeline: SHORT });
    const tip = shop.repository.sha('main');
    const sha = shop.repository.commit('main', { 'message.txt': 'reviewed' }, 'reviewed');
    const of = { event: 'workflow_dispatch', headBranch: 'main', workflowPath: '.github/workflows/promote.yml' };
    const run = shop.uploadedElsewhere(tip, of, 'evil');
    shop.forge({ sha, environment: 'dev', run });
    const genuine = await shop.pushed('main');
    await shop.approve(genuine, 'production', 'mona');
    expect(shop.history()).toEqual(['dev reviewed', 'production reviewed']);
  });

  it('is found by a later run of another file that calls the same shipped workflows', async () => {
    shop = await openShop({ pipeline: SHORT });
    const run = await shop.push('main', 'built once');
    const built = shop.live('dev')?.build;
    await shop.reject(run, 'production', 'mona');
    const byHand = await shop.byHand({ environment: 'production', ref: 'refs/heads/main', sha: shop.repository.sha('main') });
    await shop.approve(byHand, 'production', 'mona');
    expect(shop.run(byHand)).toMatchObject({ conclusion: 'success', jobs: { Build: 'skipped' } });
    expect(shop.live('production')).toMatchObject({ message: 'built once', build: built });
  });

  it('keeps file modes, links and hidden files', async () => {
    const build =
      "mkdir -p dist/.well-known dist/bin && echo text > dist/.well-known/security && printf '#!/bin/sh\\necho ran' > dist/bin/server && chmod +x dist/bin/server && ln -s bin/server dist/start && echo x > dist/message";
    const pipeline = SHORT.replace('run: bash scripts/build.sh', `run: ${JSON.stringify(build)}`).replace(
      'role: development, deploy: { run: bash scripts/deploy.sh }',
      "role: development, deploy: { run: 'test -f dist/.well-known/security; ./dist/start' }",
    );
    shop = await openShop({ pipeline });
    const run = await shop.push('feature/modes', 'modes');
    expect(shop.run(run).conclusion).toBe('success');
    expect(shop.log(run, 'Stage 1 (dev) / Deploy to dev')).toContain('ran');
  });
});
