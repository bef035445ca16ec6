import { afterEach, describe, expect, it } from 'vitest';
import { digestOf } from '../digests.ts';
import { JOB_PERMISSIONS, type JobRun, PRODUCTION_ONLY, productionWith, startWorld, type World } from './world.ts';

/** The sandbox's clock stands at 2026-03-02T10:00Z. */
const FREEZE = 'freezes: [{ environments: [production], from: 2026-03-01T00:00, until: 2026-03-05T00:00, zone: UTC, reason: inventory }]\n';
const DEPLOY = productionWith('echo "$PROMOTE_INTENT $PROMOTE_SHA over $PROMOTE_REPLACED_SHA"');

let world: World;
afterEach(() => world.close());

async function start(pipeline = DEPLOY): Promise<void> {
  world = await startWorld({ pipeline, artifacts: 'own' });
}

async function released(message: string): Promise<JobRun> {
  const run = world.push('main', message);
  run.approve('mona', 'production');
  expect(await run.deploy('production')).toMatchObject({ exitCode: 0, post: { exitCode: 0 } });
  return run;
}

/** A run started by hand on main's tip, approved unless said otherwise, and the inputs of its rollback. */
function rollbackTo(target: string, options: { approved?: boolean; token?: string } = {}) {
  const { approved = true, token } = options;
  const run = world.run({ sha: world.repository.sha('main'), event: 'workflow_dispatch', actor: 'hubot', ...(token ? { token } : {}) });
  if (approved) run.approve('mona', 'production');
  return { run, inputs: { rollback: 'true', ref: 'refs/heads/main', sha: target, 'artifact-digest': '' } };
}

const openVetoes = () => world.sandbox.state.issues.filter(({ state, labels }) => state === 'open' && labels.includes('promote:veto'));

describe('a rollback', () => {
  it('goes back to a version that succeeded, and vetoes the one it leaves for everybody to see', async () => {
    await start();
    const good = await released('Sell umbrellas');
    const bad = await released('Sell boots');
    const { run, inputs } = rollbackTo(good.sha);
    const plan = await run.plan({ ...inputs, environment: 'production' });
    expect(plan.outputs).toMatchObject({ verdict: 'deploy', sha: good.sha, replaced: `main@${bad.sha.slice(0, 7)}` });

    const job = await run.deploy('production', inputs);
    expect(job).toMatchObject({ exitCode: 0, outputs: { verdict: 'deploy', proceed: 'true', sha: good.sha }, post: { exitCode: 0 } });
    expect(job.requestsInAll).toBeLessThanOrEqual(8);
    expect(job.log).toContain(`rollback ${good.sha} over ${bad.sha}`);
    expect(world.records().at(-1)).toMatchObject({
      sha: good.sha,
      task: 'promote:rollback',
      outcome: 'success',
      payload: { kind: 'rollback', initiator: 'hubot', approvedBy: ['mona'], replaced: { sha: bad.sha } },
    });

    const [veto, ...others] = openVetoes();
    expect(others).toEqual([]);
    expect(veto?.title).toBe(`${bad.sha.slice(0, 12)}, ${digestOf(bad.sha)}: rolled back in production (main@${bad.sha.slice(0, 7)})`);
    expect(veto?.body).toContain('by hubot');
    expect(veto?.body).toContain(`/actions/runs/${run.id}/attempts/1`);
    expect(job.log).toContain(
      `Vetoed main@${bad.sha.slice(0, 7)}, which this rollback leaves: ${world.sandbox.url}/octo-org/shop/issues/${veto?.number}`,
    );
  });

  it('keeps the version that it left out until the issue is closed', async () => {
    await start();
    const good = await released('Sell umbrellas');
    const bad = await released('Sell boots');
    const { run, inputs } = rollbackTo(good.sha);
    await run.deploy('production', inputs);
    const again = world.run({ sha: bad.sha });
    again.approve('mona', 'production');
    const job = await again.deploy('production');
    expect(job).toMatchObject({ exitCode: 1, requestsInAll: 3, outputs: { verdict: 'blocked', reason: 'vetoed', proceed: 'false' } });
    const [veto] = openVetoes();
    expect(job.outputs['explanation']).toContain(`/issues/${veto?.number}`);
    expect((await again.plan()).outputs).toMatchObject({ verdict: 'blocked', reason: 'vetoed' });

    world.sandbox.given.closeIssue(veto?.number ?? 0);
    expect(await again.deploy('production')).toMatchObject({ exitCode: 0, outputs: { proceed: 'true' } });
  });

  it('keeps what it left out also when the same artifact comes back from another commit', async () => {
    await start();
    const good = await released('Sell umbrellas');
    const bad = await released('Sell boots');
    const { run, inputs } = rollbackTo(good.sha);
    await run.deploy('production', inputs);
    const rebuilt = world.push('main', 'Build once more');
    rebuilt.approve('mona', 'production');
    const job = await rebuilt.deploy('production', { 'artifact-digest': digestOf(bad.sha) });
    expect(job).toMatchObject({ exitCode: 1, outputs: { verdict: 'blocked', reason: 'vetoed', proceed: 'false' } });
  });

  it('lets the next newer candidate in afterwards', async () => {
    await start();
    const good = await released('Sell umbrellas');
    await released('Sell boots');
    const { run, inputs } = rollbackTo(good.sha);
    await run.deploy('production', inputs);
    const repaired = await released('Sell better boots');
    expect(world.records().at(-1)).toMatchObject({ sha: repaired.sha, outcome: 'success', payload: { replaced: { sha: good.sha } } });
  });

  it('goes nowhere where the version never succeeded', async () => {
    await start();
    const never = world.push('main', 'Sell hats');
    await released('Sell umbrellas');
    const { run, inputs } = rollbackTo(never.sha);
    const job = await run.deploy('production', inputs);
    expect(job).toMatchObject({ exitCode: 1, outputs: { verdict: 'blocked', proceed: 'false' } });
    expect(JSON.parse(job.outputs['reasons'] ?? '')).toContain('artifact_unknown');
    const withDigest = await run.deploy('production', { ...inputs, 'artifact-digest': world.artifactOf(never.sha) });
    expect(withDigest).toMatchObject({ exitCode: 1, outputs: { verdict: 'blocked', reason: 'rollback_unproven' } });
    expect(withDigest.outputs['explanation']).toContain('never succeeded in production');
    expect([world.records().length, openVetoes().length]).toEqual([1, 0]);
  });

  it('is allowed during a freeze that bars a promotion, and says so', async () => {
    await start();
    const good = await released('Sell umbrellas');
    await released('Sell boots');
    world.repository.commit('main', { '.github/promote.yml': DEPLOY + FREEZE }, 'Take inventory');
    const next = world.push('main', 'Sell hats');
    next.approve('mona', 'production');
    expect(await next.deploy('production')).toMatchObject({ exitCode: 1, outputs: { verdict: 'wait', reason: 'frozen' } });

    const { run, inputs } = rollbackTo(good.sha);
    const job = await run.deploy('production', inputs);
    expect(job).toMatchObject({ exitCode: 0, outputs: { sha: good.sha } });
    const note = 'This is a rollback: windows, freezes, order, ancestry, soak and acceptance do not bar it.';
    expect(job.summary).toContain(note);
    expect(world.records().at(-1)?.payload['notes']).toContain(note);
  });

  it('still needs the gate', async () => {
    await start();
    const good = await released('Sell umbrellas');
    await released('Sell boots');
    const { run, inputs } = rollbackTo(good.sha, { approved: false });
    expect((await run.plan({ ...inputs, environment: 'production' })).outputs).toMatchObject({
      verdict: 'ask',
      reason: 'approval_required',
    });
    const job = await run.deploy('production', inputs);
    expect(job).toMatchObject({ exitCode: 1, outputs: { verdict: 'blocked', reason: 'approval_missing' } });
    expect([world.records().length, openVetoes().length]).toEqual([2, 0]);
  });

  it('touches nothing when the version it leaves cannot be vetoed, and names the permission', async () => {
    await start();
    const good = await released('Sell umbrellas');
    const bad = await released('Sell boots');
    const token = world.sandbox.token({ permissions: { ...JOB_PERMISSIONS, issues: 'read' } });
    const { run, inputs } = rollbackTo(good.sha, { token });
    const job = await run.deploy('production', inputs);
    expect(job).toMatchObject({ exitCode: 1, post: { exitCode: 0 } });
    expect(job.log).toMatch(/^::error::.*issues: write/m);
    expect(job.log).not.toContain(`rollback ${good.sha}`);
    const record = world.records().at(-1);
    expect(record).toMatchObject({ sha: good.sha, outcome: 'inactive' });
    expect(record?.descriptions).toEqual([expect.stringContaining('Withdrawn, nothing was touched')]);
    expect((await world.run({ sha: bad.sha }).plan()).outputs).toMatchObject({ verdict: 'complete' });
  });

  it('has its veto filed by a job before it, so that its own job needs no right to write issues', async () => {
    await start();
    const good = await released('Sell umbrellas');
    const bad = await released('Sell boots');
    const token = world.sandbox.token({ permissions: { ...JOB_PERMISSIONS, issues: 'read' } });
    const { run, inputs } = rollbackTo(good.sha, { token, approved: false });
    const before = world.run({ sha: world.repository.sha('main'), event: 'workflow_dispatch', actor: 'hubot' });
    const veto = await before.main({ ...inputs, command: 'veto', environment: 'production' });
    expect(veto, veto.log).toMatchObject({ exitCode: 0 });
    expect(veto.requests).toBeLessThanOrEqual(4);
    expect(openVetoes()).toMatchObject([{ title: expect.stringContaining(bad.sha.slice(0, 12)) }]);
    run.approve('mona', 'production');
    const job = await run.deploy('production', inputs);
    expect(job, job.log).toMatchObject({ exitCode: 0, outputs: { proceed: 'true' }, post: { exitCode: 0 } });
    expect(openVetoes()).toHaveLength(1);
  });

  it('that may not go there has nothing vetoed', async () => {
    await start();
    const never = world.push('main', 'Sell nothing');
    await released('Sell umbrellas');
    const { run, inputs } = rollbackTo(never.sha);
    const veto = await run.main({ ...inputs, command: 'veto', environment: 'production' });
    expect(veto.log).toContain('(blocked), so nothing is vetoed.');
    expect(veto.exitCode).toBe(0);
    expect(openVetoes()).toEqual([]);
  });

  it('touches nothing when something else went live after its veto; starting it again works', async () => {
    await start();
    const good = await released('Sell umbrellas');
    await released('Sell boots');
    const token = world.sandbox.token({ permissions: { ...JOB_PERMISSIONS, issues: 'read' } });
    const first = rollbackTo(good.sha, { token });
    const veto = (run: JobRun) => run.main({ ...first.inputs, command: 'veto', environment: 'production' });
    const writing = () => world.run({ sha: world.repository.sha('main'), event: 'workflow_dispatch', actor: 'hubot' });
    await veto(writing());
    const later = await released('Sell hats');
    const refused = await first.run.deploy('production', first.inputs);
    expect(refused).toMatchObject({ exitCode: 1 });
    expect(refused.log).toContain('Start the rollback once more, so that its job before this one vetoes what is live now.');
    expect(world.records().at(-1)).toMatchObject({ outcome: 'inactive' });
    await veto(writing());
    const again = rollbackTo(good.sha, { token });
    expect(await again.run.deploy('production', again.inputs)).toMatchObject({ exitCode: 0, outputs: { proceed: 'true' } });
    expect(openVetoes().at(-1)?.title).toContain(later.sha.slice(0, 12));
  });

  it('that is repeated after it failed leaves one veto, not two', async () => {
    await start();
    const good = await released('Sell umbrellas');
    await released('Sell boots');
    const failing = rollbackTo(good.sha);
    expect(await failing.run.deploy('production', failing.inputs, 'failure')).toMatchObject({ exitCode: 0 });
    expect(world.records().at(-1)).toMatchObject({ outcome: 'failure' });
    expect(openVetoes()).toHaveLength(1);
    const again = rollbackTo(good.sha);
    expect(await again.run.deploy('production', again.inputs)).toMatchObject({ exitCode: 0 });
    expect(world.records().at(-1)).toMatchObject({ sha: good.sha, outcome: 'success' });
    expect(openVetoes()).toHaveLength(1);
  });

  it.each([
    ['lost once', 'reset-after-effect', 1],
    ['cut off once', 'truncate', 1],
    ['lost each time', 'reset-after-effect', Number.POSITIVE_INFINITY],
  ] as const)('leaves one veto when the answer to filing it is %s', async (_how, fault, times) => {
    await start();
    const good = await released('Sell umbrellas');
    const bad = await released('Sell boots');
    const injected = world.sandbox.inject({ match: { operation: 'issues/create' }, fault, times });
    const { run, inputs } = rollbackTo(good.sha);
    const job = await run.deploy('production', inputs);
    expect(job.exitCode, job.log).toBe(0);
    expect(injected.struck).toBe(1);
    expect(openVetoes()).toHaveLength(1);
    expect(job.log).toContain(`Vetoed main@${bad.sha.slice(0, 7)}, which this rollback leaves: ${world.sandbox.url}/octo-org/shop/issues/`);
    expect(world.records().at(-1)).toMatchObject({ sha: good.sha, outcome: 'success' });
  });

  it('files its veto again when GitHub did not, and does not go back when GitHub never does', async () => {
    await start();
    const good = await released('Sell umbrellas');
    await released('Sell boots');
    const fault = { status: 502 };
    const never = world.sandbox.inject({ match: { operation: 'issues/create' }, fault, times: Number.POSITIVE_INFINITY });
    const refused = rollbackTo(good.sha);
    const job = await refused.run.deploy('production', refused.inputs);
    expect(job).toMatchObject({ exitCode: 1, post: { exitCode: 0 } });
    expect(job.log).toMatch(
      /^::error::Nothing was touched in production: the version that this rollback leaves could not be vetoed\. GitHub answered/m,
    );
    expect([never.struck, openVetoes().length]).toEqual([4, 0]);
    never.remove();

    world.sandbox.inject({ match: { operation: 'issues/create' }, fault });
    const again = rollbackTo(good.sha);
    expect(await again.run.deploy('production', again.inputs)).toMatchObject({ exitCode: 0 });
    expect(openVetoes()).toHaveLength(1);
  });

  it('to what is live already does nothing and succeeds', async () => {
    await start(PRODUCTION_ONLY);
    const good = await released('Sell umbrellas');
    const { run, inputs } = rollbackTo(good.sha);
    expect(await run.deploy('production', inputs)).toMatchObject({
      exitCode: 0,
      requestsInAll: 3,
      outputs: { verdict: 'complete', proceed: 'false' },
    });
    expect([world.records().length, openVetoes().length]).toEqual([1, 0]);
  });
});
