import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RunnerHooks } from '../../sandbox/github/index.ts';
import { openShop, type Shop, sampleFolder } from './shop.ts';

const sample = sampleFolder({
  '.github/workflows/pipeline.yml': "name: 'Delivery'\non: push\n",
  '.github/workflows/README.md': 'no workflow\n',
});
afterAll(() => sample.remove());
const tip = sample.main.at(-1) ?? '';

let shop: Shop;
let asked: unknown[];
beforeEach(async () => {
  shop = await openShop(sample.repository.path);
  asked = [];
});
afterEach(async () => {
  await shop.close();
});

/** Writes down what requests ask of it. */
function attachRecorder(): void {
  const hooks: RunnerHooks = {
    dispatch: async (...all) => {
      asked.push(['dispatch', ...all]);
      return 77;
    },
    repositoryDispatch: async (...all) => void asked.push(['repositoryDispatch', ...all]),
    rerun: async (...all) => void asked.push(['rerun', ...all]),
    cancel: async (...all) => void asked.push(['cancel', ...all]),
    review: async (...all) => void asked.push(['review', ...all]),
  };
  shop.sandbox.attach(hooks);
}

const writer = () => shop.sandbox.token({ permissions: { actions: 'write', contents: 'write' } });
const names = (list: readonly { name: string }[]) => list.map((one) => one.name);

describe('jobs', () => {
  afterEach(() => expect(shop.sandbox.violations).toEqual([]));

  it('are those of the present attempt, of another, or of all', async () => {
    const { given } = shop.sandbox;
    const run = given.run({ headSha: tip });
    given.job(run.id, { name: 'build', status: 'completed', conclusion: 'failure' });
    given.rerun(run.id);
    const step = {
      number: 1,
      name: 'Set up job',
      status: 'completed' as const,
      conclusion: 'success' as const,
      startedAt: 0,
      completedAt: 9,
    };
    const again = given.job(run.id, { name: 'build', steps: [step] });
    given.job(run.id, { name: 'deploy' });
    expect((await shop.get(`actions/runs/${run.id}/jobs`)).body).toMatchObject({
      total_count: 2,
      jobs: [{ run_attempt: 2 }, { name: 'deploy' }],
    });
    expect(names((await shop.get(`actions/runs/${run.id}/jobs?filter=all`)).body.jobs)).toEqual(['build', 'build', 'deploy']);
    expect((await shop.get(`actions/runs/${run.id}/attempts/1/jobs`)).body.jobs).toMatchObject([{ conclusion: 'failure' }]);
    expect((await shop.get(`actions/runs/${run.id}/attempts/3/jobs`)).status).toBe(404);
    expect((await shop.get(`actions/jobs/${again.id}`)).body).toMatchObject({
      status: 'queued',
      steps: [{ name: 'Set up job' }],
      workflow_name: 'pipeline',
    });
    expect((await shop.get('actions/jobs/1')).status).toBe(404);
  });

  it('have a log behind an address that needs no token and opens nothing else', async () => {
    const { given } = shop.sandbox;
    const run = given.run({ headSha: tip });
    const job = given.job(run.id, { name: 'build', log: ['one', 'zwei ü'] });
    expect((await shop.get(`actions/jobs/${job.id}/logs`)).status).toBe(404);
    job.status = 'completed';
    const { status, headers } = await shop.get(`actions/jobs/${job.id}/logs`);
    expect(status).toBe(302);
    const location = headers.get('location') ?? '';
    expect(await (await fetch(location)).text()).toBe('one\nzwei ü\n');
    const other = given.job(run.id, { name: 'secret', log: ['no'] });
    expect((await fetch(location.replace(String(job.id), String(other.id)))).status).toBe(404);
    expect((await fetch(location.replace(/sig=.*/, ''))).status).toBe(404);
  });
});

describe('artifacts', () => {
  afterEach(() => expect(shop.sandbox.violations).toEqual([]));

  it('are listed by run and by name, downloaded, and gone when they expire', async () => {
    const { given, clock } = shop.sandbox;
    const [run, other] = [given.run({ headSha: tip }), given.run({ headSha: tip })];
    const file = join(sample.repository.path, '..', 'dist.zip');
    writeFileSync(file, 'PK zip');
    const dist = given.artifact(run.id, { name: 'dist', file });
    given.artifact(run.id, { name: 'notes', file });
    given.artifact(other.id, { name: 'dist', file });
    expect(names((await shop.get(`actions/runs/${run.id}/artifacts`)).body.artifacts)).toEqual(['notes', 'dist']);
    expect((await shop.get('actions/artifacts?name=dist')).body).toMatchObject({
      total_count: 2,
      artifacts: [{ workflow_run: { id: other.id } }, {}],
    });
    expect((await shop.get(`actions/artifacts/${dist.id}`)).body).toMatchObject({ expired: false, size_in_bytes: 6, digest: dist.digest });
    const found = await shop.get(`actions/artifacts/${dist.id}/zip`);
    expect(found.status).toBe(302);
    expect(await (await fetch(found.headers.get('location') ?? '')).text()).toBe('PK zip');
    clock.advance(91 * 86_400_000);
    expect((await shop.get(`actions/artifacts/${dist.id}`)).body.expired).toBe(true);
    expect(await shop.get(`actions/artifacts/${dist.id}/zip`)).toMatchObject({ status: 410, body: { message: 'Artifact has expired' } });
  });
});

describe('runs', () => {
  afterEach(() => expect(shop.sandbox.violations).toEqual([]));

  it('are found by workflow, and by what they are about', async () => {
    const { given, clock } = shop.sandbox;
    const old = given.run({ headSha: tip, workflow: 'Delivery', workflowPath: '.github/workflows/pipeline.yml', event: 'schedule' });
    clock.advance(2 * 86_400_000);
    const recent = given.run({
      headSha: tip,
      workflow: 'Delivery',
      workflowPath: '.github/workflows/pipeline.yml',
      headBranch: 'x',
      status: 'waiting',
    });
    given.run({ headSha: tip, workflow: 'other' });
    const ids = async (query: string) =>
      (await shop.get(`actions/workflows/pipeline.yml/runs?${query}`)).body.workflow_runs.map((run: { id: number }) => run.id);
    expect(await ids('')).toEqual([recent.id, old.id]);
    expect(await ids('status=waiting')).toEqual([recent.id]);
    expect(await ids('event=schedule')).toEqual([old.id]);
    expect(await ids('branch=x')).toEqual([recent.id]);
    expect(await ids(`head_sha=${tip.replace(/^./, 'x')}`)).toEqual([]);
    expect(await ids('created=2026-03-02')).toEqual([old.id]);
    expect(await ids('created=>2026-03-02')).toEqual([recent.id]);
    expect(await ids('created=<2026-03-02')).toEqual([]);
    expect(await ids('created=<=2026-03-02T10:00:00Z')).toEqual([old.id]);
    expect(await ids('created=2026-03-03..*')).toEqual([recent.id]);
    expect((await shop.get('actions/workflows/none.yml/runs')).status).toBe(404);
    const { body } = await shop.get('actions/workflows');
    expect(names(body.workflows)).toEqual(['Delivery', 'other']);
    expect((await shop.get(`actions/workflows/${body.workflows[0].id}`)).body.path).toBe('.github/workflows/pipeline.yml');
    expect((await shop.get(`actions/runs/${old.id}`)).body.workflow_id).toBe(body.workflows[0].id);
  });

  it('are cancelled once, with what has not run yet', async () => {
    const { given, state } = shop.sandbox;
    const run = given.run({ headSha: tip });
    given.job(run.id, { name: 'build', status: 'completed', conclusion: 'success' });
    given.waiting(run.id, 'uat');
    given.job(run.id, { name: 'deploy' });
    expect((await shop.send('POST', `actions/runs/${run.id}/cancel`)).status).toBe(403);
    expect((await shop.send('POST', `actions/runs/${run.id}/cancel`, undefined, writer())).status).toBe(202);
    expect(state.jobs.map((job) => job.conclusion)).toEqual(['success', 'cancelled']);
    expect(run).toMatchObject({ status: 'completed', conclusion: 'cancelled', waiting: [] });
    expect((await shop.send('POST', `actions/runs/${run.id}/cancel`, undefined, writer())).status).toBe(409);
  });

  it('reach what runs them, with who asked', async () => {
    attachRecorder();
    const { given } = shop.sandbox;
    given.user('mona', { role: 'write' });
    const mona = shop.sandbox.token({ login: 'mona' });
    const run = given.run({ headSha: tip });
    const send = async (path: string, body?: unknown) => (await shop.send('POST', path, body, mona)).status;
    expect(await send(`actions/runs/${run.id}/rerun`)).toBe(403);
    expect(await send(`actions/runs/${run.id}/cancel`)).toBe(202);
    given.finishRun(run.id, 'failure');
    expect(await send(`actions/runs/${run.id}/rerun`)).toBe(201);
    expect(await send(`actions/runs/${run.id}/rerun-failed-jobs`, {})).toBe(201);
    expect(await send('actions/workflows/pipeline.yml/dispatches', { ref: 'main', inputs: { version: 'v1', dry: true } })).toBe(204);
    expect(await send('dispatches', { event_type: 'released', client_payload: { a: 1 } })).toBe(204);
    const path = '.github/workflows/pipeline.yml';
    expect(asked).toEqual([
      ['cancel', run.id, { user: 'mona' }],
      ['rerun', run.id, { user: 'mona', failedOnly: false }],
      ['rerun', run.id, { user: 'mona', failedOnly: true }],
      ['dispatch', path, { ref: 'main', actor: 'mona', inputs: { version: 'v1', dry: 'true' } }],
      ['repositoryDispatch', 'released', { a: 1 }, 'mona'],
    ]);
    const told = await shop.send('POST', 'actions/workflows/pipeline.yml/dispatches', { ref: 'main', return_run_details: true }, mona);
    expect(told).toMatchObject({ status: 200, body: { workflow_run_id: 77 } });
  });

  it.each([
    ['a run to repeat', (id: number) => `actions/runs/${id}/rerun`, undefined],
    ['failed jobs to repeat', (id: number) => `actions/runs/${id}/rerun-failed-jobs`, undefined],
    ['a run to start', () => 'actions/workflows/pipeline.yml/dispatches', { ref: 'main' }],
  ])('need a permission: %s', async (_, path, body) => {
    attachRecorder();
    const run = shop.sandbox.given.run({ headSha: tip, status: 'completed', conclusion: 'failure' });
    expect((await shop.send('POST', path(run.id), body)).status).toBe(403);
    expect(asked).toEqual([]);
  });
});

it('starts nothing without what runs workflows, and says so', async () => {
  const run = shop.sandbox.given.run({ headSha: tip, status: 'completed', conclusion: 'failure' });
  expect(await shop.send('POST', `actions/runs/${run.id}/rerun`, undefined, writer())).toMatchObject({ status: 501 });
  expect(shop.sandbox.violations).toEqual([expect.stringContaining('nothing runs workflows in this sandbox')]);
});
