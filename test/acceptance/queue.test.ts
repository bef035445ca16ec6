import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { type JobRun, OWN_STEPS, PRODUCTION_ONLY, startWorld, type World } from './world.ts';

/** A short wait: the pauses between two looks are never longer than what is left of it. */
const SHORT = { 'queue-timeout': '0.01' };

let world: World;
afterEach(() => world.close());

function approvedPush(message: string): JobRun {
  const run = world.push('main', message);
  run.approve('mona', 'production');
  return run;
}

/** Where a record's deploying began and ended, counted in statuses: later ones have higher ids. */
function spans(): { sha: string; from: number; until: number }[] {
  return world.sandbox.state.deployments.flatMap(({ sha, statuses }) => {
    const began = statuses.find(({ state }) => state === 'in_progress');
    const ended = statuses.find(({ state }) => ['success', 'failure', 'error'].includes(state));
    return began === undefined ? [] : [{ sha, from: began.id, until: ended?.id ?? Number.POSITIVE_INFINITY }];
  });
}

function overlaps(): number {
  const all = spans().sort((one, other) => one.from - other.from);
  return all.filter(({ from }, index) => index > 0 && from < (all[index - 1]?.until ?? 0)).length;
}

/** The job of `second` gets its place in the queue after the one of `first`, however fast its machine is. */
function queueUp(first: JobRun, second: JobRun): void {
  world.sandbox.before(
    ({ operation, body }) => operation === 'repos/create-deployment' && JSON.stringify(body).includes(second.sha),
    () => until(() => world.records().some(({ sha }) => sha === first.sha)),
  );
}

async function until(true_: () => boolean): Promise<void> {
  while (!true_()) await sleep(5);
}

/** Both jobs at once. Whoever has to wait looks again when the other one is through. */
async function together(one: JobRun, other: JobRun) {
  const jobs = [one.deploy('production', SHORT), other.deploy('production', SHORT)] as const;
  world.sandbox.before({ operationName: 'Records' }, async () => {
    await Promise.race(jobs);
  });
  return Promise.all(jobs);
}

describe('the queue of an environment', () => {
  it('lets two runs approved in the same second enter one after the other, and ends with the newer version', async () => {
    world = await startWorld({ pipeline: PRODUCTION_ONLY, artifacts: 'own' });
    const older = approvedPush('Sell umbrellas');
    const newer = approvedPush('Sell boots');
    const [first, second] = await together(older, newer);
    expect(overlaps()).toBe(0);
    expect(second).toMatchObject({ exitCode: 0, outputs: { proceed: 'true' } });
    expect(spans().at(-1)?.sha ?? '').toBe(newer.sha);
    // The older one entered before, or not at all.
    const outcome = world.records().find(({ sha }) => sha === older.sha)?.outcome;
    if (first.exitCode === 0) expect(outcome).toBe('success');
    else expect([first.outputs['reason'], outcome ?? 'inactive']).toEqual(['superseded', 'inactive']);
  });

  it('serves the older of two approved in the same second first when its record was opened first', async () => {
    world = await startWorld({ pipeline: PRODUCTION_ONLY, artifacts: 'own' });
    const older = approvedPush('Sell umbrellas');
    const newer = approvedPush('Sell boots');
    queueUp(older, newer);
    const [first, second] = await together(older, newer);
    expect([first.exitCode, second.exitCode]).toEqual([0, 0]);
    expect(second.log).toMatch(/main@\w{7} is being deployed to production \(record \d+, run \d+\)/);
    expect(overlaps()).toBe(0);
    expect(world.records().map(({ sha, outcome }) => [sha, outcome])).toEqual([
      [older.sha, 'success'],
      [newer.sha, 'success'],
    ]);
  });

  it('refuses the older of two approved in the same second when the newer one went first', async () => {
    world = await startWorld({ pipeline: PRODUCTION_ONLY, artifacts: 'own' });
    const older = approvedPush('Sell umbrellas');
    const newer = approvedPush('Sell boots');
    queueUp(newer, older);
    const [first, second] = await together(older, newer);
    expect(second.exitCode).toBe(0);
    expect(first).toMatchObject({ exitCode: 1, outputs: { verdict: 'superseded', reason: 'superseded', proceed: 'false' } });
    expect(first.log).not.toContain(`deploying ${older.sha}`);
    expect(spans().map(({ sha }) => sha)).toEqual([newer.sha]);
    const record = world.records().find(({ sha }) => sha === older.sha);
    expect(record).toMatchObject({ outcome: 'inactive', descriptions: ['Withdrawn, nothing was touched: superseded'] });
  });

  it('leaves no second open record when the answer to opening one was lost and the request repeated', async () => {
    world = await startWorld({ pipeline: PRODUCTION_ONLY, artifacts: 'own' });
    const run = approvedPush('Sell umbrellas');
    world.sandbox.inject({ match: { operation: 'repos/create-deployment' }, fault: 'reset-after-effect' });
    const job = await run.deploy('production');
    expect(job.exitCode, job.log).toBe(0);
    const [kept, repeated, ...more] = world.records();
    expect(more).toEqual([]);
    expect(kept).toMatchObject({ outcome: 'success' });
    expect(repeated).toMatchObject({ outcome: 'inactive', descriptions: [`Repeats record ${kept?.id}.`] });
    expect(job.outputs['record']).toBe(String(kept?.id));

    const next = approvedPush('Sell boots');
    expect(await next.deploy('production')).toMatchObject({ exitCode: 0 });
  });

  it('gives up after the time it may wait, withdraws its record and says behind whom it stood', async () => {
    world = await startWorld({ pipeline: OWN_STEPS, artifacts: 'own' });
    const ahead = approvedPush('Sell umbrellas');
    const busy = await ahead.deployMain('production');
    const behind = approvedPush('Sell boots');
    const job = await behind.deploy('production', SHORT);
    expect(job).toMatchObject({ exitCode: 1, outputs: { verdict: 'wait', reason: 'queue_busy', proceed: 'false' }, post: { exitCode: 0 } });
    expect(job.log).toMatch(/^::error title=main@\w{7} waits for production%3A queue_busy::/m);
    expect(job.outputs['explanation']).toContain(`Record ${world.records()[0]?.id} of run ${ahead.id} for main@`);
    expect(world.records()).toMatchObject([
      { outcome: 'open' },
      { outcome: 'inactive', descriptions: ['Withdrawn, nothing was touched: timeout'] },
    ]);

    // Whoever was ahead is not disturbed, and a withdrawn record stands in nobody's way.
    expect((await ahead.deployPost('production', busy, 'success')).exitCode).toBe(0);
    behind.rerun();
    behind.approve('mona', 'production');
    expect(await behind.deploy('production')).toMatchObject({ exitCode: 0 });
  });

  it('lets the one in whose time is up just as its place becomes free, and says one thing in all its outputs', async () => {
    world = await startWorld({ pipeline: OWN_STEPS, artifacts: 'own' });
    const ahead = approvedPush('Sell umbrellas');
    const busy = await ahead.deployMain('production');
    const behind = approvedPush('Sell boots');
    // After the last poll has been answered, and before the evidence is read once more.
    world.sandbox.after({ operationName: 'Records' }, async () => {
      await ahead.deployPost('production', busy, 'success');
    });
    const job = await behind.deploy('production', SHORT);
    expect(job).toMatchObject({ exitCode: 0, outputs: { verdict: 'deploy', proceed: 'true', reason: '' }, post: { exitCode: 0 } });
    expect(world.records().map(({ outcome }) => outcome)).toEqual(['success', 'success']);
    expect(overlaps()).toBe(0);
  });

  it('does not let a candidate in that was superseded while it waited for its turn', async () => {
    world = await startWorld({ pipeline: OWN_STEPS, artifacts: 'own' });
    const ahead = approvedPush('Sell umbrellas');
    const busy = await ahead.deployMain('production');
    const waiting = approvedPush('Sell boots');
    const newest = world.repository.commit('main', { 'src/shop.txt': 'hats' }, 'Sell hats');
    world.sandbox.before({ operationName: 'Records' }, async () => {
      await ahead.deployPost('production', busy, 'success');
      world.sandbox.given.deployment({ sha: newest, environment: 'production', statuses: ['success'], creator: 'mona' });
    });
    const job = await waiting.deploy('production', SHORT);
    expect(job).toMatchObject({ exitCode: 1, outputs: { verdict: 'superseded', reason: 'superseded' } });
    expect(world.records().find(({ sha }) => sha === waiting.sha)).toMatchObject({ outcome: 'inactive' });
  });

  it('waits behind a run that it may not look at, rather than taking it for dead', async () => {
    world = await startWorld({ pipeline: OWN_STEPS, artifacts: 'own' });
    const ahead = approvedPush('Sell umbrellas');
    await ahead.deployMain('production');
    ahead.finish('failure');
    world.sandbox.inject({ match: { operation: 'actions/get-workflow-run' }, fault: { status: 403 }, times: Number.POSITIVE_INFINITY });
    const job = await approvedPush('Sell boots').deploy('production', SHORT);
    expect(job).toMatchObject({ exitCode: 1, outputs: { reason: 'queue_busy' } });
    expect(world.records()).toMatchObject([{ outcome: 'open' }, { outcome: 'inactive' }]);
  });
});
