import { afterEach, describe, expect, it } from 'vitest';
import { type JobRun, OWN_STEPS, PRODUCTION_ONLY, productionWith, startWorld, type World } from './world.ts';

let world: World;
afterEach(() => world.close());

function approvedPush(message: string): JobRun {
  const run = world.push('main', message);
  run.approve('mona', 'production');
  return run;
}

it('a deployment that leaves something running ends by itself, and leaves it running', async () => {
  world = await startWorld({ pipeline: productionWith('sleep 300 & echo "started $$ $!"'), artifacts: 'own' });
  const main = await approvedPush('Sell umbrellas').deployMain('production');
  const left = pidsIn(main.log).at(-1) ?? 0;
  expect(main).toMatchObject({ exitCode: 0 });
  expect(isAlive(left)).toBe(true);
  process.kill(left);
});

describe('a deployment that ends before its time', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)(
    'closes the record of a run cancelled by %s mid-deploy at once, and ends all it started',
    async (signal) => {
      const deploy = 'sleep 60 & echo "started $$ $!"; wait';
      world = await startWorld({ pipeline: productionWith(deploy), artifacts: 'own' });
      const cancelled = approvedPush('Sell umbrellas');
      const main = await cancelled.deployMain('production', {}, killWhenStarted(signal));
      expect(main.exitCode).toBe(1);
      const pids = pidsIn(main.log);
      expect(pids).toHaveLength(2);
      expect(pids.filter(isAlive)).toEqual([]);
      // Before the post phase, which may not come.
      expect(world.records()).toMatchObject([{ outcome: 'failure' }]);
      expect(world.records()[0]?.descriptions.at(-1)).toContain(`Cancelled (${signal})`);

      const post = await cancelled.deployPost('production', main, 'cancelled');
      expect(post).toMatchObject({ exitCode: 0, requests: 0 });
      expect(world.records()).toHaveLength(1);
    },
  );

  it('lets the next run in after one was cancelled mid-deploy', async () => {
    world = await startWorld({ pipeline: OWN_STEPS, artifacts: 'own' });
    const cancelled = approvedPush('Sell umbrellas');
    expect((await cancelled.deploy('production', {}, 'cancelled')).post.exitCode).toBe(0);
    cancelled.finish('cancelled');
    const next = approvedPush('Sell boots');
    expect(await next.deploy('production')).toMatchObject({ exitCode: 0, outputs: { replaced: '' } });
    expect(world.records().map(({ outcome, descriptions }) => [outcome, descriptions.at(-1)])).toEqual([
      ['failure', 'The job ended as cancelled'],
      ['success', 'Deployed'],
    ]);
  });

  it('closes the record of a run whose machine was lost, and goes on', async () => {
    const deploy = 'echo "started $$"; exec sleep 60';
    world = await startWorld({ pipeline: productionWith(deploy), artifacts: 'own' });
    const lost = approvedPush('Sell umbrellas');
    const main = await lost.deployMain('production', {}, killWhenStarted('SIGKILL'));
    expect(main.exitCode).toBeNull();
    expect(world.records()).toMatchObject([{ outcome: 'open' }]);
    lost.finish('failure');
    world.repository.commit('main', { '.github/promote.yml': PRODUCTION_ONLY }, 'Deploy in another way');

    const next = approvedPush('Sell boots');
    const job = await next.deploy('production');
    expect(job.exitCode, job.log).toBe(0);
    expect(job.log).toContain(`was left open by a job of run ${lost.id} that has ended; closing it`);
    expect(world.records().map(({ sha, outcome }) => [sha, outcome])).toEqual([
      [lost.sha, 'error'],
      [next.sha, 'success'],
    ]);
    expect(world.records()[0]?.descriptions.at(-1)).toBe(`Its job in run ${lost.id} ended without closing it.`);
  });

  it('closes the record of a job that was killed while its run goes on, and not before GitHub says that the job has ended', async () => {
    world = await startWorld({ pipeline: OWN_STEPS, artifacts: 'own' });
    const { given } = world.sandbox;
    const run = approvedPush('Sell umbrellas');
    world.variables['RUNNER_NAME'] = 'GitHub Actions 12';
    const atWork = { status: 'in_progress', startedAt: world.sandbox.clock.now() } as const;
    given.job(run.id, { name: 'tests', runnerName: 'GitHub Actions 11', ...atWork });
    const killed = given.job(run.id, { name: 'deploy', runnerName: 'GitHub Actions 12', ...atWork });
    expect((await run.deployMain('production')).exitCode).toBe(0);
    world.variables['RUNNER_NAME'] = 'GitHub Actions 13';

    const next = approvedPush('Sell boots');
    expect(await next.deploy('production', { 'queue-timeout': '0' })).toMatchObject({ exitCode: 1, outputs: { reason: 'queue_busy' } });
    given.finishJob(killed.id, 'cancelled');
    next.rerun();
    next.approve('mona', 'production');
    const job = await next.deploy('production', { 'queue-timeout': '0' });
    expect(job.exitCode, job.log).toBe(0);
    expect(world.sandbox.state.runs.find(({ id }) => id === run.id)?.status).toBe('in_progress');
    expect(world.records().map(({ sha, outcome }) => [sha, outcome])).toEqual([
      [run.sha, 'error'],
      [next.sha, 'inactive'],
      [next.sha, 'success'],
    ]);
    expect(world.records()[0]?.descriptions.at(-1)).toBe(`Its job in run ${run.id} ended without closing it.`);
  });

  it('takes the record that the first attempt of the same run left open for dead', async () => {
    world = await startWorld({ pipeline: OWN_STEPS, artifacts: 'own' });
    const run = approvedPush('Sell umbrellas');
    expect((await run.deployMain('production')).exitCode).toBe(0);
    run.rerun();
    run.approve('mona', 'production');
    expect(await run.deploy('production')).toMatchObject({ exitCode: 0, outputs: { proceed: 'true' } });
    expect(world.records().map(({ outcome, payload }) => [payload['run'], outcome])).toEqual([
      [{ id: run.id, attempt: 1 }, 'error'],
      [{ id: run.id, attempt: 2 }, 'success'],
    ]);
  });
});

/** Ends the step's process by a signal as soon as its command runs. After SIGKILL nobody is left to end the command. */
function killWhenStarted(signal: 'SIGINT' | 'SIGTERM' | 'SIGKILL') {
  let sent = false;
  return (log: string, child: { kill(signal: NodeJS.Signals): boolean }): void => {
    const pids = pidsIn(log);
    if (sent || pids.length === 0) return;
    sent = true;
    child.kill(signal);
    if (signal === 'SIGKILL') for (const pid of pids) process.kill(pid, 'SIGKILL');
  };
}

function pidsIn(log: string): number[] {
  const line = /^started ([\d ]+)$/m.exec(log);
  return (line?.[1] ?? '').split(' ').filter(Boolean).map(Number);
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
