import { afterEach, describe, expect, it } from 'vitest';
import { type JobRun, OWN_STEPS, productionWith, startWorld, type World } from './world.ts';

let world: World;
afterEach(() => world.close());

async function start(pipeline = OWN_STEPS): Promise<void> {
  world = await startWorld({ pipeline, artifacts: 'own' });
}

function approvedPush(message: string): JobRun {
  const run = world.push('main', message);
  run.approve('mona', 'production');
  return run;
}

describe('main and post', () => {
  it('a post phase after a main phase that never got to the door does nothing, whatever became of the job', async () => {
    await start();
    const run = approvedPush('Sell umbrellas');
    const never = { exitCode: null, outputs: {}, summary: '', log: '', state: { isPost: 'true' }, requests: 0, milliseconds: 0 };
    for (const status of ['cancelled', 'failure', 'success'] as const) {
      expect(await run.deployPost('production', never, status)).toMatchObject({ exitCode: 0, requests: 0 });
    }
    expect(world.records()).toEqual([]);
  });

  it('a job cancelled while it waits in the queue withdraws its record, and nobody waits behind it', async () => {
    await start();
    const ahead = approvedPush('Sell umbrellas');
    const busy = await ahead.deployMain('production');
    const waiting = approvedPush('Sell boots');
    let sent = false;
    const main = await waiting.deployMain('production', {}, (log, child) => {
      if (sent || !log.includes('looking again in')) return;
      sent = true;
      child.kill('SIGINT');
    });
    expect(main).toMatchObject({ exitCode: null });
    expect(await waiting.deployPost('production', main, 'cancelled')).toMatchObject({ exitCode: 0, requests: 1 });
    expect(world.records().map(({ outcome }) => outcome)).toEqual(['open', 'inactive']);
    expect(world.records().at(-1)?.descriptions).toEqual(['Withdrawn, nothing was touched: the job ended as cancelled']);
    await ahead.deployPost('production', busy, 'success');
    expect(await approvedPush('Sell hats').deploy('production')).toMatchObject({ exitCode: 0 });
  });

  it('a post phase that cannot read what main left says so, and the next run closes the record', async () => {
    await start();
    const run = approvedPush('Sell umbrellas');
    const main = await run.deployMain('production');
    for (const promotion of ['{', '{"record":"one"}', '[]']) {
      const post = await run.deployPost('production', { ...main, state: { ...main.state, promotion } }, 'success');
      expect(post).toMatchObject({ exitCode: 1, requests: 0 });
      expect(post.log).toMatch(/^::error::.*cannot be read\. The record stays open; the next run/m);
    }
    expect(world.records()).toMatchObject([{ outcome: 'open' }]);
    run.finish('failure');
    expect(await approvedPush('Sell boots').deploy('production')).toMatchObject({ exitCode: 0 });
    expect(world.records().map(({ outcome }) => outcome)).toEqual(['error', 'success']);
  });

  it('a job whose end the runner does not tell is not recorded as a success', async () => {
    await start();
    const run = approvedPush('Sell umbrellas');
    const main = await run.deployMain('production');
    const post = await run.deployPost('production', main, '' as never);
    expect(post.exitCode).toBe(0);
    expect(world.records()).toMatchObject([{ outcome: 'failure' }]);
  });

  it('the next attempt may deploy again after a failure, with the approval that it was given for the same artifact', async () => {
    await start(productionWith('[ "$GITHUB_RUN_ATTEMPT" -gt 1 ]'));
    const run = approvedPush('Sell umbrellas');
    expect(await run.deploy('production')).toMatchObject({ exitCode: 1, post: { exitCode: 0 } });
    run.finish('failure');
    run.rerun();
    expect(await run.deploy('production')).toMatchObject({ exitCode: 0, outputs: { 'approved-by': '["mona"]' } });
    expect(world.records().map(({ outcome }) => outcome)).toEqual(['failure', 'success']);
    // A third one finds its work done; one request tells what the attempts before asked approval for.
    run.finish();
    run.rerun();
    expect(await run.deploy('production')).toMatchObject({
      exitCode: 0,
      requestsInAll: 2,
      outputs: { verdict: 'complete', proceed: 'false' },
    });
  });
});
