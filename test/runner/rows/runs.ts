import { expect } from 'vitest';
import type { Act, Stage } from '../stage.ts';
import { CANCELLATION, job, RERUN, type Row, SYNTAX, TOKEN } from './row.ts';

const DAY = 86_400_000;

/** A job that ends when it is told to stop. */
const endless: Act = (_request, { cancellation }) =>
  new Promise((resolve) => {
    if (cancellation.aborted) resolve({ conclusion: 'cancelled' });
    cancellation.addEventListener('abort', () => resolve({ conclusion: 'cancelled' }));
  });

/** Waits until a job runs. */
function running(stage: Stage, key: string): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (stage.sandbox.state.jobs.some((one) => one.key === key && one.status === 'in_progress')) resolve();
    };
    stage.runner.onEvent(look);
    look();
  });
}

/** Fails as often as said, then succeeds. */
function failing(times: number): Act {
  let left = times;
  return ({ attempt }) => {
    left -= 1;
    return { conclusion: left >= 0 ? 'failure' : 'success', outputs: { attempt: String(attempt) } };
  };
}

const push = async (stage: Stage): Promise<number> => {
  const [id = 0] = await stage.runner.push('main', { actor: 'octocat' });
  return id;
};

export const runRows: readonly Row[] = [
  {
    behaviour: 'cancelling ends what waits and asks what runs to stop; jobs whose if holds go on, and always() runs afterwards',
    source: CANCELLATION,
    workflow: `
on: push
jobs:
  gated: ${job('environment: uat')}
  runs: ${job()}
  queued: ${job()}
  always: ${job('needs: [gated, runs], if: always()')}
  told: ${job('needs: runs, if: cancelled()')}
  after: ${job('needs: runs')}
  wanted: ${job('needs: runs, if: "!cancelled()"')}`,
    options: { parallelJobs: 1, jobs: { runs: endless } },
    async play(stage) {
      stage.sandbox.given.environment('uat', { reviewers: ['mona'] });
      const id = await push(stage);
      await running(stage, 'runs');
      await stage.runner.cancel(id, { user: 'octocat' });
      expect(stage.results()).toMatchObject({ gated: 'cancelled', queued: 'cancelled' });
      await stage.runner.settled();
    },
    expect(stage) {
      expect(stage.results()).toEqual({
        gated: 'cancelled',
        runs: 'cancelled',
        queued: 'cancelled',
        always: 'success',
        told: 'success',
        after: 'skipped',
        wanted: 'skipped',
      });
      expect(stage.run()).toMatchObject({ status: 'completed', conclusion: 'cancelled', waiting: [] });
      expect(stage.ran.map(({ key }) => key)).toEqual(['runs', 'always', 'told']);
    },
  },
  {
    behaviour: 'a running job whose if is always() is not cancelled',
    source: CANCELLATION,
    workflow: `
on: push
jobs:
  stubborn: ${job('if: always()')}
  other: ${job()}`,
    options: {
      jobs: {
        other: endless,
        stubborn: async (_request, { cancellation }) => {
          await new Promise((resolve) => setImmediate(resolve));
          return { conclusion: cancellation.aborted ? 'cancelled' : 'success' };
        },
      },
    },
    async play(stage) {
      const id = await push(stage);
      await stage.runner.cancel(id);
      await stage.runner.settled();
    },
    expect(stage) {
      expect(stage.results()).toEqual({ stubborn: 'success', other: 'cancelled' });
      expect(stage.run().conclusion).toBe('cancelled');
    },
  },
  {
    behaviour: 'a run that is over cannot be cancelled',
    source: "GitHub's OpenAPI description: actions/cancel-workflow-run, 409",
    workflow: `on: push\njobs:\n  a: ${job()}`,
    async play(stage) {
      const id = await push(stage);
      await stage.runner.settled();
      await expect(stage.runner.cancel(id)).rejects.toMatchObject({ status: 409 });
    },
    expect: (stage) => expect(stage.run().conclusion).toBe('success'),
  },
  {
    behaviour: 'a run lives 35 days',
    source: 'reference/limits',
    workflow: `
on: push
jobs:
  a: ${job('environment: uat')}
  b: ${job('environment: uat, needs: a')}`,
    async play(stage) {
      stage.sandbox.given.environment('uat', { reviewers: ['mona'] });
      const id = await push(stage);
      await stage.runner.advance(20 * DAY);
      await stage.runner.review(id, { user: 'mona', environments: ['uat'], state: 'approved' });
      await stage.runner.settled();
      await stage.runner.advance(14 * DAY);
      expect(stage.results()).toEqual({ a: 'success', b: 'waiting' });
      await stage.runner.advance(DAY);
    },
    expect(stage) {
      expect(stage.results()).toEqual({ a: 'success', b: 'cancelled' });
      expect(stage.run()).toMatchObject({ status: 'completed', conclusion: 'cancelled' });
    },
  },
  {
    behaviour: 're-running failed jobs keeps those that succeeded, with their outputs, and runs what depends on a failed one',
    source: `${RERUN}#re-running-failed-jobs-in-a-workflow`,
    workflow: `
on: push
jobs:
  build: ${job("outputs: { attempt: '${{ steps.s.outputs.a }}' }")}
  deploy: ${job('needs: build')}
  report: ${job('needs: deploy, if: always()')}
  other: ${job('needs: build, if: always()')}`,
    options: { jobs: { build: failing(0), deploy: failing(1) } },
    async play(stage) {
      const id = await push(stage);
      await stage.runner.settled();
      expect(stage.results()).toEqual({ build: 'success', deploy: 'failure', report: 'success', other: 'success' });
      await stage.runner.rerun(id, { user: 'mona', failedOnly: true });
      await stage.runner.settled();
    },
    expect(stage) {
      expect(stage.results()).toEqual({ build: 'success', deploy: 'success', report: 'success', other: 'success' });
      expect(stage.ran.map(({ key, attempt }) => `${key} ${attempt}`)).toEqual([
        'build 1',
        'deploy 1',
        'other 1',
        'report 1',
        'deploy 2',
        'report 2',
      ]);
      expect(stage.request('deploy').contexts['needs']).toEqual({ build: { result: 'success', outputs: { attempt: '1' } } });
      expect(stage.run()).toMatchObject({ attempt: 2, conclusion: 'success', actor: 'octocat', triggeringActor: 'mona' });
      expect(stage.request('deploy').contexts['github']).toMatchObject({
        run_attempt: '2',
        actor: 'octocat',
        triggering_actor: 'mona',
      });
    },
  },
  {
    behaviour: 're-running failed jobs reaches into called workflows and matrices',
    source: `${RERUN}#re-running-failed-jobs-in-a-workflow`,
    workflow: {
      'ci.yml': `
on: push
jobs:
  call: { uses: ./.github/workflows/called.yml, strategy: { fail-fast: false, matrix: { n: [1, 2] } } }
  after: ${job('needs: call')}`,
      'called.yml': `
on: workflow_call
jobs:
  plan: ${job()}
  work: ${job('needs: plan')}`,
    },
    options: { parallelJobs: 1, jobs: { 'call[1]/work': failing(1) } },
    async play(stage) {
      const id = await push(stage);
      await stage.runner.settled();
      expect(stage.results()).toMatchObject({ 'call[1]/work': 'failure', after: 'skipped' });
      await stage.runner.rerun(id, { failedOnly: true });
      await stage.runner.settled();
    },
    expect(stage) {
      expect(stage.ran.filter(({ attempt }) => attempt === 2).map(({ key }) => key)).toEqual(['call[1]/work', 'after']);
      expect(stage.run().conclusion).toBe('success');
    },
  },
  {
    behaviour: 'a call that depends on a job that is run again is run again as a whole, although it succeeded',
    source: `${RERUN}#re-running-failed-jobs-in-a-workflow`,
    workflow: {
      'ci.yml': `
on: push
jobs:
  a: ${job()}
  call: { needs: a, if: always(), uses: ./.github/workflows/called.yml }`,
      'called.yml': `
on: workflow_call
jobs:
  work: ${job()}`,
    },
    options: { jobs: { a: failing(1) } },
    async play(stage) {
      const id = await push(stage);
      await stage.runner.settled();
      expect(stage.results()).toEqual({ a: 'failure', 'call/work': 'success' });
      await stage.runner.rerun(id, { failedOnly: true });
      await stage.runner.settled();
    },
    expect: (stage) => expect(stage.ran.filter(({ attempt }) => attempt === 2).map(({ key }) => key)).toEqual(['a', 'call/work']),
  },
  {
    behaviour: 're-running one job runs it and what depends on it',
    source: `${RERUN}#re-running-a-specific-job-in-a-workflow`,
    workflow: `
on: push
jobs:
  a: ${job()}
  b: ${job('needs: a')}
  c: ${job('needs: b')}`,
    async play(stage) {
      const id = await push(stage);
      await stage.runner.settled();
      await stage.runner.rerun(id, { jobId: stage.job('b').id });
      await stage.runner.settled();
    },
    expect: (stage) => expect(stage.ran.filter(({ attempt }) => attempt === 2).map(({ key }) => key)).toEqual(['b', 'c']),
  },
  {
    behaviour: 're-running everything uses the same commit and event, keeps the reviews, and, where it is told so, asks the reviewers anew',
    source: RERUN,
    options: { sandbox: { switches: { rerunGates: 'ask' } } },
    workflow: `
on: push
jobs:
  a: ${job('environment: uat')}`,
    async play(stage) {
      stage.sandbox.given.environment('uat', { reviewers: ['mona'] });
      const id = await push(stage);
      const sha = stage.repository.sha('main');
      await stage.runner.review(id, { user: 'mona', environments: ['uat'], state: 'approved' });
      await stage.runner.settled();
      stage.repository.commit('main', { '.github/workflows/ci.yml': 'broken: [' }, 'Break it');
      await stage.runner.rerun(id);
      await stage.runner.settled();
      expect(stage.results()).toEqual({ a: 'waiting' });
      expect(stage.run().reviews).toHaveLength(1);
      await stage.runner.review(id, { user: 'mona', environments: ['uat'], state: 'approved' });
      await stage.runner.settled();
      expect(stage.request('a').contexts['github']).toMatchObject({ sha });
    },
    expect: (stage) => expect(stage.run()).toMatchObject({ attempt: 2, conclusion: 'success' }),
  },
  {
    behaviour: 'a job that was approved starts at once when it is run again, unless it is told that GitHub asks anew; another job asks',
    source: 'not published; the unfavourable side',
    workflow: `
on: push
jobs:
  a: ${job('environment: uat')}
  b: ${job('needs: a, environment: uat')}`,
    async play(stage) {
      stage.sandbox.given.environment('uat', { reviewers: ['mona'] });
      const id = await push(stage);
      await stage.runner.review(id, { user: 'mona', environments: ['uat'], state: 'approved' });
      await stage.runner.settled();
      await stage.runner.cancel(id);
      await stage.runner.settled();
      await stage.runner.rerun(id);
      await stage.runner.settled();
    },
    expect: (stage) => expect(stage.results()).toEqual({ a: 'success', b: 'waiting' }),
  },
  {
    behaviour: 'a run that is going on, has nothing failed, or is older than 30 days is not run again',
    source: `${RERUN} and GitHub's OpenAPI description, 403`,
    workflow: `on: push\njobs:\n  a: ${job()}\n  b: ${job('environment: uat')}`,
    async play(stage) {
      stage.sandbox.given.environment('uat', { reviewers: ['mona'] });
      const id = await push(stage);
      await stage.runner.settled();
      await expect(stage.runner.rerun(id)).rejects.toMatchObject({ status: 403, message: 'This workflow is already running' });
      await stage.runner.review(id, { user: 'mona', environments: ['uat'], state: 'approved' });
      await stage.runner.settled();
      await expect(stage.runner.rerun(id, { failedOnly: true })).rejects.toMatchObject({ status: 403 });
      await stage.runner.advance(30 * DAY + 1);
      await expect(stage.runner.rerun(id)).rejects.toMatchObject({ status: 403, message: expect.stringContaining('over a month ago') });
    },
    expect: (stage) => expect(stage.run().attempt).toBe(1),
  },
  {
    behaviour: 'a run is run again at most 50 times',
    source: RERUN,
    workflow: `on: push\njobs:\n  a: ${job()}`,
    async play(stage) {
      const id = await push(stage);
      await stage.runner.settled();
      for (let attempt = 2; attempt <= 51; attempt += 1) {
        await stage.runner.rerun(id);
        await stage.runner.settled();
      }
      await expect(stage.runner.rerun(id)).rejects.toMatchObject({ status: 403 });
    },
    expect: (stage) => expect(stage.run().attempt).toBe(51),
  },
  {
    behaviour: 'of a concurrency group one run runs and one is pending; a newer one takes the place of the pending one',
    source: `${SYNTAX}#concurrency`,
    workflow: `
on: push
concurrency: Lane
jobs:
  a: ${job('environment: uat')}`,
    async play(stage) {
      stage.sandbox.given.environment('uat', { reviewers: ['mona'] });
      const ids = [await push(stage), await push(stage), await push(stage)];
      const told = () => ids.map((id) => stage.run(id).conclusion ?? stage.run(id).status);
      expect(told()).toEqual(['waiting', 'cancelled', 'pending']);
      await stage.runner.cancel(ids[0] as number);
      await stage.runner.settled();
      expect(told()).toEqual(['cancelled', 'cancelled', 'waiting']);
    },
    expect: () => undefined,
  },
  {
    behaviour: 'cancel-in-progress cancels the one that runs, too; names of groups have no case',
    source: `${SYNTAX}#concurrency`,
    workflow: {
      'ci.yml': `
on: push
concurrency: { group: 'LANE-\${{ github.ref }}', cancel-in-progress: true }
jobs:
  a: ${job()}`,
      'other.yml': `
on: workflow_dispatch
concurrency: { group: 'lane-\${{ github.ref }}' }
jobs:
  b: ${job()}`,
    },
    options: { jobs: { b: endless } },
    async play(stage) {
      const first = await stage.runner.dispatch('other.yml', { ref: 'main' });
      await running(stage, 'b');
      await push(stage);
      await stage.runner.settled();
      expect(stage.run(first).conclusion).toBe('cancelled');
    },
    expect: (stage) => expect(stage.run().conclusion).toBe('success'),
  },
  {
    behaviour: 'queue: max lets them all wait, first come, first served',
    source: `${SYNTAX}#concurrency and https://github.blog/changelog/ 2026-05-07`,
    workflow: `
on: push
jobs:
  a: ${job('environment: uat, concurrency: { group: lane, queue: max }')}`,
    async play(stage) {
      stage.sandbox.given.environment('uat', { reviewers: ['mona'] });
      const ids = [await push(stage), await push(stage), await push(stage)];
      const told = () => ids.map((id) => stage.results(id)['a']);
      expect(told()).toEqual(['waiting', 'pending', 'pending']);
      await stage.runner.review(ids[0] as number, { user: 'mona', environments: ['uat'], state: 'approved' });
      await stage.runner.settled();
      expect(told()).toEqual(['success', 'waiting', 'pending']);
    },
    expect: () => undefined,
  },
  {
    behaviour: 'queue: max beside cancel-in-progress: true is an error',
    source: `${SYNTAX}#concurrency`,
    workflow: `
on: push
concurrency: { group: lane, queue: max, cancel-in-progress: true }
jobs:
  a: ${job()}`,
    expect: (stage) => expect(stage.run()).toMatchObject({ conclusion: 'startup_failure' }),
  },
  {
    behaviour: 'a job that asks for the group of its own run would wait for itself, and is cancelled',
    source: 'message of GitHub, as quoted in rhysd/actionlint#538',
    workflow: `
on: push
concurrency: lane
jobs:
  a: ${job('concurrency: lane')}`,
    expect(stage) {
      expect(stage.results()).toEqual({ a: 'cancelled' });
      expect(stage.job('a').annotations[0]?.message).toContain("deadlock for concurrency group 'lane'");
    },
  },
  {
    behaviour: "requests with a job's token dispatch workflows, and runs are re-run and cancelled through the API",
    source: "GitHub's OpenAPI description of these operations",
    workflow: {
      'ci.yml': `
on: push
permissions: { actions: write }
jobs:
  a: ${job()}`,
      'other.yml': `
on: { workflow_dispatch: { inputs: { n: { type: number } } } }
jobs:
  b: ${job('environment: uat')}`,
    },
    options: {
      jobs: {
        a: async ({ contexts }) => ({
          outputs: {
            status: String(await post(contexts['github'], 'actions/workflows/other.yml/dispatches', { ref: 'main', inputs: { n: '4' } })),
          },
        }),
      },
    },
    async play(stage) {
      const { sandbox, runner } = stage;
      sandbox.given.environment('uat', { reviewers: ['mona'] });
      const id = await push(stage);
      await runner.settled();
      expect(stage.job('a', id).outputs).toEqual({ status: '204' });
      const dispatched = stage.run();
      expect(dispatched).toMatchObject({ event: 'workflow_dispatch', actor: 'github-actions[bot]', status: 'waiting' });
      const github = { api_url: sandbox.apiUrl, repository: 'octo-org/shop', token: sandbox.token({ login: 'octocat' }) };
      expect(await post(github, `actions/runs/${dispatched.id}/cancel`)).toBe(202);
      await runner.settled();
      expect(dispatched).toMatchObject({ status: 'completed', conclusion: 'cancelled' });
      expect(await post(github, `actions/runs/${dispatched.id}/rerun`)).toBe(201);
      await runner.settled();
      expect(await post(github, `actions/runs/${dispatched.id}/rerun`)).toBe(403);
      expect(dispatched).toMatchObject({ attempt: 2, status: 'waiting', triggeringActor: 'octocat' });
    },
    expect: () => undefined,
  },
  {
    behaviour: 'without permissions a token has what the repository gives by default; with permissions nothing else',
    source: `${SYNTAX}#permissions and ${TOKEN}`,
    workflow: `
on: push
jobs:
  unsaid: ${job()}
  said: ${job('permissions: { issues: write }')}
  none: ${job('permissions: {}')}
  all: ${job('permissions: read-all')}`,
    expect(stage) {
      expect(stage.request('unsaid').permissions).toEqual({ contents: 'read', packages: 'read' });
      expect(stage.request('said').permissions).toEqual({ issues: 'write' });
      expect(stage.request('none').permissions).toEqual({});
      expect(stage.request('all').permissions).toMatchObject({ contents: 'read', deployments: 'read', 'id-token': 'none' });
    },
  },
  {
    behaviour: "a job's token may do what the job may, and nothing once the job is over",
    source: `${TOKEN}#about-the-github_token`,
    workflow: `
on: push
jobs:
  reads: ${job('permissions: { actions: read }')}
  blind: ${job('permissions: {}')}`,
    options: {
      jobs: Object.fromEntries(
        ['reads', 'blind'].map((key) => [key, async ({ contexts }) => ({ outputs: { status: String(await ask(contexts['github'])) } })]),
      ) as Record<string, Act>,
    },
    async play(stage) {
      await push(stage);
      await stage.runner.settled();
      expect(stage.job('reads').outputs).toEqual({ status: '200' });
      expect(stage.job('blind').outputs).toEqual({ status: '403' });
      expect(await ask(stage.request('reads').contexts['github'])).toBe(401);
    },
    expect: () => undefined,
  },
];

async function ask(github: unknown): Promise<number> {
  const { api_url: url, repository, token } = github as Record<string, string>;
  const answer = await fetch(`${url}/repos/${repository}/environments`, { headers: { authorization: `Bearer ${token}` } });
  return answer.status;
}

async function post(github: unknown, path: string, body?: unknown): Promise<number> {
  const { api_url: url, repository, token } = github as Record<string, string>;
  const headers = { authorization: `Bearer ${token}` };
  const answer = await fetch(`${url}/repos/${repository}/${path}`, {
    method: 'POST',
    headers,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return answer.status;
}
