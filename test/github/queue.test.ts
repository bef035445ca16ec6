import { afterEach, describe, expect, test } from 'vitest';
import { GitHubError } from '../../src/github/client.ts';
import { type QueuePlace, type QueuePorts, type RunState, readQueueRecords, readRunState, waitForTurn } from '../../src/github/queue.ts';
import { openRecord, type StoredRecord, setRecordStatus } from '../../src/github/records.ts';
import { openShop, payloadFor, type Shop } from './shop.ts';

function record(id: number, changes: Partial<StoredRecord> = {}): StoredRecord {
  return {
    id,
    kind: 'promotion',
    environment: 'uat',
    sha: 'a'.repeat(40),
    ref: 'refs/heads/main',
    version: 'main@aaaaaaa',
    digest: null,
    createdAt: 0,
    creator: null,
    outcome: 'open',
    finishedAt: null,
    failedAt: null,
    verified: false,
    run: { id: id * 10, attempt: 1 },
    approvedBy: [],
    policyHash: null,
    route: null,
    rehearsal: null,
    claim: `claim-${id}`,
    initiator: 'octocat',
    replaced: null,
    stored: null,
    runner: null,
    rests: [],
    ...changes,
  };
}

/** A queue that changes with each look, and everything that was done to it. */
function world(looks: readonly (readonly StoredRecord[])[], states: Readonly<Record<number, RunState>> = {}) {
  const done: string[] = [];
  const slept: number[] = [];
  let look = 0;
  const ports: QueuePorts = {
    readRecords: async () => looks[Math.min(++look, looks.length - 1)] ?? [],
    runState: async ({ id }) => states[id] ?? 'alive',
    close: async (id, how, why) => {
      done.push(`${how} ${id}: ${why}`);
    },
    sleep: async (milliseconds) => {
      slept.push(milliseconds);
    },
    log: () => {},
  };
  const place: QueuePlace = { ownRecord: 5, run: { id: 50, attempt: 1 }, claim: 'claim-5', timeoutMs: 60_000, records: looks[0] ?? [] };
  return { ports, place, done, slept, looks: () => look };
}

describe('the turn', () => {
  test('is at once when nobody is ahead: finished, withdrawn, other kinds and later ones do not count', async () => {
    const others = [
      record(1, { outcome: 'success' }),
      record(2, { outcome: 'withdrawn' }),
      record(3, { kind: 'acceptance' }),
      record(4, { kind: 'foreign' }),
      record(9),
    ];
    const { ports, place, done, slept } = world([[...others, record(5)]]);
    expect(await waitForTurn(ports, place)).toEqual({ turn: 'served', ownRecord: 5, waited: false });
    expect({ done, slept }).toEqual({ done: [], slept: [] });
  });

  test('comes when the one ahead has finished, with growing pauses', async () => {
    const busy = [record(4, { kind: 'rollback' }), record(5)];
    const { ports, place, slept } = world([busy, busy, busy, [record(4, { outcome: 'success' }), record(5)]]);
    expect(await waitForTurn(ports, { ...place, timeoutMs: 600_000 })).toEqual({ turn: 'served', ownRecord: 5, waited: true });
    expect(slept).toEqual([5_000, 7_500, 11_250]);
  });

  test('does not come within the time given: who is ahead is told, after exactly that time', async () => {
    const { ports, place, slept } = world([[record(4), record(5)]]);
    expect(await waitForTurn(ports, place)).toMatchObject({ turn: 'timeout', ownRecord: 5, behind: { id: 4 } });
    expect(slept.reduce((sum, one) => sum + one, 0)).toBe(place.timeoutMs);
  });

  test('does not come at all when the own record was closed meanwhile', async () => {
    const { ports, place } = world([[record(4), record(5)], [record(5, { outcome: 'failure' })]]);
    expect(await waitForTurn(ports, place)).toEqual({ turn: 'lost', ownRecord: 5, why: 'closed' });
  });

  test('is not taken before the own record can be seen: an answer without it is from before it was opened', async () => {
    const { ports, place, slept } = world([[], [], [record(4), record(5)], [record(5)]]);
    expect(await waitForTurn(ports, place)).toEqual({ turn: 'served', ownRecord: 5, waited: true });
    expect(slept).toHaveLength(3);
    const flickering = world([[record(4), record(5)], [], [record(5)]]);
    expect(await waitForTurn(flickering.ports, flickering.place)).toMatchObject({ turn: 'served' });
    const never = world([[]]);
    expect(await waitForTurn(never.ports, { ...never.place, timeoutMs: 0 })).toEqual({ turn: 'lost', ownRecord: 5, why: 'unseen' });
    expect(never.slept.length).toBeGreaterThan(0);
  });

  test('comes after what dead runs left was closed, in order; a living or unknown run is respected', async () => {
    const queue = [record(5), record(2), record(1), record(3)];
    const dead = world([queue], { 10: 'dead', 20: 'dead', 30: 'dead' });
    expect(await waitForTurn(dead.ports, dead.place)).toEqual({ turn: 'served', ownRecord: 5, waited: true });
    expect(dead.done.map((line) => line.split(':')[0])).toEqual(['error 1', 'error 2', 'error 3']);
    for (const state of ['alive', 'unknown'] as const) {
      const { ports, place, done } = world([queue], { 10: 'dead', 20: state, 30: 'dead' });
      expect(await waitForTurn(ports, place)).toMatchObject({ turn: 'timeout', behind: { id: 2 } });
      expect(done.filter((line) => !line.startsWith('error 1'))).toEqual([]);
    }
  });

  test('a repeated request left two records: the lower one is kept', async () => {
    const { ports, place, done } = world([
      [record(4, { claim: 'claim-5', run: { id: 50, attempt: 1 } }), record(5, { run: { id: 50, attempt: 1 } })],
    ]);
    expect(await waitForTurn(ports, place)).toEqual({ turn: 'served', ownRecord: 4, waited: false });
    expect(done.map((line) => line.split(':')[0])).toEqual(['inactive 5']);
  });

  test('another job of the same run, or another attempt, is somebody else', async () => {
    for (const other of [
      { claim: 'claim-x', run: { id: 50, attempt: 1 } },
      { claim: 'claim-5', run: { id: 50, attempt: 2 } },
    ]) {
      const { ports, place, done } = world([[record(4, other), record(5, { run: { id: 50, attempt: 1 } })]]);
      expect(await waitForTurn(ports, place)).toMatchObject({ turn: 'timeout', behind: { id: 4 } });
      expect(done).toEqual([]);
    }
  });

  test('half an hour of waiting costs hardly more than a tenth of what a token has in an hour', async () => {
    const { ports, place, slept } = world([[record(4), record(5)]]);
    await waitForTurn(ports, { ...place, timeoutMs: 30 * 60_000 });
    expect(slept.length * 3).toBeLessThan(115);
  });
});

describe('on a GitHub', () => {
  let shop: Shop | undefined;
  afterEach(async () => {
    const violations = shop?.github.violations;
    await shop?.close();
    expect(violations).toEqual([]);
  });

  test('the queue is one request, and a record repeated after a lost answer is withdrawn', async () => {
    shop = await openShop();
    const { client, github } = shop;
    const where = { owner: github.owner, repo: github.name };
    github.inject({ match: { method: 'POST', path: /\/deployments$/ }, fault: 'reset-after-effect' });
    const opened = await openRecord(client, {
      ...where,
      environment: 'uat',
      production: false,
      description: 'Promotion',
      payload: payloadFor(shop),
    });
    expect(github.state.deployments).toHaveLength(2);
    github.requests.reset();
    const records = await readQueueRecords(client, where, 'uat');
    expect(github.requests.lines()).toEqual(['POST /graphql (Records) 200']);
    const turn = await waitForTurn(
      {
        readRecords: () => readQueueRecords(client, where, 'uat'),
        runState: async () => 'alive',
        close: (id, state, description) => setRecordStatus(client, { ...where, record: id, state, description }),
        sleep: async () => {},
        log: () => {},
      },
      { ownRecord: opened.id, run: { id: shop.run, attempt: 1 }, claim: 'claim-1', timeoutMs: 0, records },
    );
    expect(turn).toEqual({ turn: 'served', ownRecord: Math.min(...records.map(({ id }) => id)), waited: false });
    expect(turn.ownRecord).toBeLessThan(opened.id);
    const after = await readQueueRecords(client, where, 'uat');
    expect(after.map(({ id, outcome }) => ({ id, outcome }))).toEqual([
      { id: opened.id, outcome: 'withdrawn' },
      { id: turn.ownRecord, outcome: 'open' },
    ]);
  });

  test('a run is alive until it ends or is started again', async () => {
    shop = await openShop();
    const { client, github, head, run } = shop;
    const where = { owner: github.owner, repo: github.name };
    const other = github.given.run({ headSha: head }).id;
    const state = (attempt = 1, id = other) => readRunState(client, where, { id, attempt, runner: null, openedAt: 0 }, shop?.run ?? 0);
    expect(await state()).toBe('alive');
    github.given.finishRun(other, 'cancelled');
    expect(await state()).toBe('dead');
    github.given.rerun(other);
    expect([await state(1), await state(2)]).toEqual(['dead', 'alive']);
    expect(await state(1, 4711)).toBe('dead');
    expect(await readRunState(client, where, { id: 4711, attempt: 1, runner: null, openedAt: 0 }, 4712)).toBe('unknown');
    const hidden = { request: () => Promise.reject(new GitHubError('permission', 'no')) };
    expect(await readRunState(hidden, where, { id: other, attempt: 1, runner: null, openedAt: 0 }, run)).toBe('unknown');
  });

  describe('a job whose run goes on', () => {
    const RUNNER = 'GitHub Actions 12';

    const atWork = ({ clock }: Shop['github']) => ({ status: 'in_progress', runnerName: RUNNER, startedAt: clock.now() }) as const;

    /** A run in which the job that opened a record was given to RUNNER, a minute before it opened it. */
    async function held() {
      shop = await openShop();
      const { client, github, head } = shop;
      const where = { owner: github.owner, repo: github.name };
      const run = github.given.run({ headSha: head }).id;
      const job = github.given.job(run, { name: 'deploy', ...atWork(github) });
      github.clock.advance(60_000);
      const openedAt = github.clock.now();
      const state = (runner: string | null = RUNNER) =>
        readRunState(client, where, { id: run, attempt: 1, runner, openedAt }, shop?.run ?? 0);
      return { github, run, job, state };
    }

    test('is dead once it has ended, and asking costs nothing where its runner is not known', async () => {
      const { github, job, state } = await held();
      expect(await state()).toBe('alive');
      github.given.finishJob(job.id, 'failure');
      github.requests.reset();
      expect(await state(null)).toBe('alive');
      expect(github.requests.count).toBe(1);
      expect(await state('GitHub Actions 13')).toBe('alive');
      expect(await state()).toBe('dead');
    });

    test('is not taken for one that ended on the same runner before the record was opened', async () => {
      const { github, run, job, state } = await held();
      github.given.finishJob(job.id, 'success');
      const [earlier] = github.state.jobs;
      if (earlier !== undefined) earlier.completedAt = github.clock.now() - 1_000;
      expect(await state()).toBe('alive');
      const own = github.given.job(run, { name: 'deploy again', ...atWork(github) });
      expect(await state()).toBe('alive');
      github.given.finishJob(own.id, 'cancelled');
      expect(await state()).toBe('dead');
    });

    test.each([
      ['another job is at work on a runner of that name', { runnerName: RUNNER, startedAt: 0 }],
      ['a job is at work on a runner that is not shown', {}],
    ] as const)('is respected while %s', async (_what, options) => {
      const { github, run, job, state } = await held();
      github.given.finishJob(job.id, 'failure');
      const other = github.given.job(run, { name: 'other', status: 'in_progress', ...options });
      expect(await state()).toBe('alive');
      github.given.finishJob(other.id, 'success');
      expect(await state()).toBe('dead');
    });

    test('is found among more jobs than one answer holds', async () => {
      const { github, run, job, state } = await held();
      github.given.finishJob(job.id, 'failure');
      for (let more = 0; more < 120; more += 1) github.given.job(run, { name: `more ${more}` });
      const last = github.given.job(run, { name: 'the last', ...atWork(github) });
      expect(await state()).toBe('alive');
      github.given.finishJob(last.id, 'success');
      expect(await state()).toBe('dead');
    });

    test('is respected while its jobs cannot be read', async () => {
      const { github, job, state } = await held();
      github.given.finishJob(job.id, 'failure');
      github.inject({
        match: { operation: 'actions/list-jobs-for-workflow-run-attempt' },
        fault: { status: 404, body: { message: 'Not Found' } },
      });
      expect(await state()).toBe('alive');
      expect(await state()).toBe('dead');
    });
  });
});
