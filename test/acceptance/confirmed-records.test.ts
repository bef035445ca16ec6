import { afterEach, describe, expect, it, vi } from 'vitest';
import type { RecordPayload } from '../../src/github/record-payload.ts';
import { type JobRun, PRODUCTION_ONLY, startWorld, type World } from './world.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

/** Two environments that nobody guards, and production behind a gate. */
const THREE = `version: 1
build: { run: npm run build, artifact: dist }
environments:
  dev: { role: development, deploy: { run: 'echo "deploying"' } }
  staging: { role: staging, deploy: { run: 'echo "deploying"' } }
  production: { role: production, gate: { approvals: 1, by: [octo-org/release] }, deploy: { run: 'echo "deploying $PROMOTE_SHA"' } }
routes:
  - { name: mainline, branches: [main], path: [dev, staging, production] }
  - { name: hotfix, branches: ['hotfix/**'], path: [staging, production] }
`;

/** Where staging demands more than to be deployed to. */
const demanding = (rule: string) => `version: 1
build: { run: npm run build, artifact: dist }
environments:
  dev: { role: development }
  staging: { role: staging, ${rule} }
  production: { role: production, gate: { approvals: 1, by: [octo-org/release] } }
routes: [{ name: mainline, branches: [main], path: [dev, staging, production] }]
`;
const ACCEPTED = demanding('acceptance: { approvals: 1, by: [octo-org/qa] }');
const REHEARSED = demanding('rehearsal: { database: postgres, snapshot: { run: ./snapshot.sh, max-age: 7d }, migrate: npm run migrate }');

/** Nobody is asked at production itself. */
const UNGATED = `version: 1
build: { run: npm run build, artifact: dist }
environments:
  uat: { role: uat, gate: { approvals: 1, by: [octo-org/qa] } }
  production: { role: production, gate: false }
routes: [{ name: mainline, branches: [main], path: [uat, production] }]
`;

let world: World;
afterEach(() => world.close());

/** A candidate that is in dev, as its own run tells. */
async function inDev(pipeline = THREE): Promise<JobRun> {
  world = await startWorld({ pipeline, artifacts: 'own' });
  const run = world.push();
  expect(await run.deploy('dev')).toMatchObject({ exitCode: 0, post: { exitCode: 0 } });
  return run;
}

/** Somebody's job writes a record with its token; GitHub shows it as written by `github-actions[bot]`, like ours. */
const forge = (sha: string, environment: string, payload: Partial<RecordPayload>): number =>
  world.record({ environment, sha, payload, job: false });

/** As the shipped workflow names the job of that commit. */
const askFor = (sha: string) => `Deploy to staging · ${sha.slice(0, 32)}/${'0'.repeat(12)}/`;

interface Forgery {
  readonly name: string;
  /** What the record says that left it. */
  readonly run: (run: JobRun) => { id: number; attempt: number };
  readonly why: RegExp;
}

const ranElsewhere = (sha: string, options: Record<string, unknown>, job = askFor(sha)) => {
  const { given } = world.sandbox;
  const { id } = given.run({ headSha: sha, status: 'completed', conclusion: 'success', ...options });
  given.finishJob(given.job(id, { name: job }).id, 'success');
  return { id, attempt: 1 };
};

const FORGERIES: readonly Forgery[] = [
  { name: 'no run at all', run: () => ({ id: 123_456, attempt: 1 }), why: /GitHub has no run 123456/ },
  {
    name: 'a genuine run, which entered another environment only',
    run: ({ id }) => ({ id, attempt: 1 }),
    why: /attempt 1 of run \d+ has no job that did it and succeeded/,
  },
  { name: 'an attempt that the run never had', run: ({ id }) => ({ id, attempt: 2 }), why: /attempt 2 of run \d+ has no job/ },
  {
    name: 'a job that failed',
    run: ({ id }) => {
      const { given } = world.sandbox;
      given.finishJob(given.job(id, { name: 'Deploy to staging' }).id, 'failure');
      return { id, attempt: 1 };
    },
    why: /attempt 1 of run \d+ has no job/,
  },
  {
    name: 'a job of the run that names nothing, where another names the environment and failed',
    run: ({ id }) => {
      const { given } = world.sandbox;
      given.finishJob(given.job(id, { name: 'Deploy to staging' }).id, 'failure');
      given.finishJob(given.job(id, { name: 'tests' }).id, 'success');
      return { id, attempt: 1 };
    },
    why: /attempt 1 of run \d+ has no job/,
  },
  {
    name: 'a job that ended quietly and let nothing in',
    run: ({ id }) => {
      const { given } = world.sandbox;
      const said = {
        number: 1,
        name: 'Nothing went in',
        status: 'completed',
        conclusion: 'success',
        startedAt: 0,
        completedAt: 0,
      } as const;
      given.finishJob(given.job(id, { name: 'Deploy to staging', steps: [said] }).id, 'success');
      return { id, attempt: 1 };
    },
    why: /attempt 1 of run \d+ has no job/,
  },
  {
    name: 'a run of a pull request',
    run: ({ sha }) => ranElsewhere(sha, { event: 'pull_request', headBranch: 'mine' }),
    why: /is of a pull request or a fork/,
  },
  {
    name: 'a run of a branch of their own, which ran another commit',
    run: () => {
      const sha = world.repository.commit('mine', { 'mine.txt': 'mine' }, 'Mine', 'hubot', 'main');
      return ranElsewhere(sha, { headBranch: 'mine' }, 'Deploy to staging');
    },
    why: /ran another commit/,
  },
  {
    name: 'a run of the branch that asked for another commit',
    run: ({ sha }) => ranElsewhere(sha, { headBranch: 'main', event: 'workflow_dispatch' }, askFor('0'.repeat(40))),
    why: /attempt 1 of run \d+ has no job/,
  },
];

describe('a record that says an earlier stage was passed', () => {
  it.each(FORGERIES)('does not count when it names $name: that stage comes next, and going there leads on', async ({ run: named, why }) => {
    const run = await inDev();
    forge(run.sha, 'staging', { run: named(run) });
    expect((await run.plan()).outputs).toMatchObject({ environment: 'staging', verdict: 'deploy' });
    run.approve('mona', 'production');
    const job = await run.deploy('production');
    expect(job).toMatchObject({ exitCode: 1, outputs: { proceed: 'false', verdict: 'blocked' } });
    expect(JSON.parse(job.outputs['reasons'] ?? '')).toContain('record_unverified');
    expect(job.outputs['explanation']).toMatch(why);
    expect(job.requestsInAll).toBeLessThanOrEqual(8);
    expect(await run.deploy('staging')).toMatchObject({ exitCode: 0, outputs: { proceed: 'true' } });
    expect(await run.deploy('production')).toMatchObject({ exitCode: 0, outputs: { proceed: 'true' } });
  });

  it('does not count beyond four runs that would have to be asked about, and no more are', async () => {
    const run = await inDev();
    for (let index = 0; index < 6; index += 1) {
      const { id } = world.sandbox.given.run({ headSha: run.sha, status: 'completed', conclusion: 'success' });
      forge(run.sha, index % 2 === 0 ? 'staging' : 'dev', { run: { id, attempt: 1 } });
    }
    const plan = await run.plan();
    // One for the evidence, one for its own jobs, and two for each of four runs.
    expect(plan).toMatchObject({ outputs: { environment: 'staging', verdict: 'deploy' }, requests: 10 });
  });

  it('leaves the records unread when GitHub does not answer about its run, and the next job asks again', async () => {
    const run = await inDev();
    const { id } = world.sandbox.given.run({ headSha: run.sha, status: 'completed', conclusion: 'success' });
    world.record({ environment: 'staging', sha: run.sha, payload: { run: { id, attempt: 1 } } });
    const fault = world.sandbox.inject({
      match: { path: new RegExp(`/runs/${id}$`) },
      fault: { status: 403 },
      times: Number.POSITIVE_INFINITY,
    });
    const unread = await run.plan();
    expect(unread.outputs).toMatchObject({ proceed: 'false', verdict: 'blocked' });
    expect(unread.outputs['explanation']).toContain('whether GitHub confirms what they say is not known');
    fault.remove();
    expect((await run.plan()).outputs).toMatchObject({ environment: 'production', verdict: 'ask' });
  });
});

describe('a record that names a run of a workflow file that came with the candidate, whose job has the right name', () => {
  it('does not count before the file is on the default branch', async () => {
    world = await startWorld({ pipeline: THREE, artifacts: 'own' });
    const run = world.push('hotfix/total', 'Fix the total', { '.github/workflows/mine.yml': 'on: push' });
    forge(run.sha, 'staging', { run: ranElsewhere(run.sha, { workflowPath: '.github/workflows/mine.yml', headBranch: 'hotfix/total' }) });
    const plan = await run.plan();
    expect(plan.outputs).toMatchObject({ environment: 'staging', verdict: 'deploy' });
    run.approve('mona', 'production');
    const job = await run.deploy('production');
    expect(job.outputs['explanation']).toMatch(/is of another workflow \(\.github\/workflows\/mine\.yml\)/);
  });
});

describe('a record of a job before in the same run', () => {
  it('counts when GitHub lists the job that left it as ended a moment late', async () => {
    const run = await inDev();
    const { jobs } = world.sandbox.state;
    const job = jobs.find(({ name }) => name.endsWith('dev'));
    Object.assign(job ?? {}, { status: 'in_progress', conclusion: null });
    const plan = run.plan();
    await vi.waitFor(() => expect(world.sandbox.requests.lines().some((line) => line.includes('/jobs'))).toBe(true), 10_000);
    world.sandbox.given.finishJob(job?.id ?? 0, 'success');
    expect((await plan).outputs).toMatchObject({ environment: 'staging', verdict: 'deploy' });
  });

  it('does not while it goes on, and running the job again later helps', async () => {
    const run = await inDev();
    const job = world.sandbox.state.jobs.find(({ name }) => name.endsWith('dev'));
    Object.assign(job ?? {}, { status: 'in_progress', conclusion: null });
    expect((await run.plan()).outputs).toMatchObject({ environment: 'dev', verdict: 'deploy' });
    world.sandbox.given.finishJob(job?.id ?? 0, 'success');
    expect((await run.plan()).outputs).toMatchObject({ environment: 'staging', verdict: 'deploy' });
  });
});

describe('a record that names the very job that is to leave it', () => {
  it('does not count while that job goes on: the environment is entered, whatever somebody wrote before', async () => {
    const run = await inDev();
    forge(run.sha, 'staging', { run: { id: run.id, attempt: 1 } });
    const job = await run.deploy('staging');
    expect(job).toMatchObject({ exitCode: 0, outputs: { proceed: 'true' } });
    expect(job.log).toContain('deploying');
  });
});

describe('a record that says somebody accepted, or that a rehearsal went well', () => {
  it.each([
    ['acceptance', ACCEPTED, 'earlier_not_passed'],
    ['rehearsal', REHEARSED, 'rehearsal_missing'],
  ] as const)('does not count when GitHub lists no such job, and does when it lists one: %s', async (kind, pipeline, missing) => {
    const first = await inDev(pipeline);
    const run = world.run({ sha: first.sha });
    expect(await run.deploy('staging')).toMatchObject({ exitCode: 0 });
    const snapshotTakenAt = world.sandbox.clock.now();
    const rehearsal = { verdict: 'pass', migrations: 'sha256:aa', snapshot: 'nightly', snapshotTakenAt } as const;
    const payload = { kind, run: { id: first.id, attempt: 1 }, ...(kind === 'rehearsal' ? { rehearsal } : { approvedBy: ['mona'] }) };
    forge(run.sha, 'staging', payload);
    run.approve('mona', 'production');
    const job = await run.deploy('production', { migrations: 'sha256:aa' });
    expect(job).toMatchObject({ exitCode: 1, outputs: { proceed: 'false' } });
    expect(JSON.parse(job.outputs['reasons'] ?? '')).toContain(missing);
    world.record({ environment: 'staging', sha: run.sha, payload });
    expect(await run.deploy('production', { migrations: 'sha256:aa' })).toMatchObject({ exitCode: 0, outputs: { proceed: 'true' } });
  });
});

const calls = (ref: string) => [{ path: `org/promote-action/.github/workflows/deploy.yml@${ref}`, sha: '1'.repeat(40), ref }];

describe('a record that was left before this action was upgraded in the middle of a promotion', () => {
  it.each([
    ['in the same file, by a job whose name says where', {}, 'Stage 2 (staging) / Deploy to staging'],
    ['in the same file, by a job whose name says nothing', {}, 'deploy'],
    [
      'in another file that calls the same shipped workflow',
      { workflowPath: '.github/workflows/by-hand.yml', calls: calls('v0') },
      'promote / Deploy to staging',
    ],
  ])('counts %s: it rests on nothing, and no job said what it asked for', async (_where, of, name) => {
    const run = await inDev();
    const { given, state } = world.sandbox;
    Object.assign(state.runs.find(({ id }) => id === run.id) ?? {}, { calls: calls('v1') });
    const earlier = given.run({ headSha: run.sha, headBranch: 'main', status: 'completed', conclusion: 'success', ...of });
    given.finishJob(given.job(earlier.id, { name }).id, 'success');
    forge(run.sha, 'staging', { run: { id: earlier.id, attempt: 1 } });
    expect((await run.plan()).outputs).toMatchObject({ environment: 'production', verdict: 'ask' });
  });
});

describe('a record whose run is gone', () => {
  it('counts when a later one, which GitHub confirms, rests on it', async () => {
    const run = await inDev();
    expect(await run.deploy('staging')).toMatchObject({ exitCode: 0, post: { exitCode: 0 } });
    const later = world.run({ sha: run.sha });
    expect((await later.plan()).outputs).toMatchObject({ environment: 'production', verdict: 'ask' });
    // Deployed again by a later run, which saw what dev says.
    const again = world.run({ sha: run.sha, event: 'workflow_dispatch' });
    const [dev] = world.records();
    world.record({ environment: 'staging', sha: run.sha, payload: { run: { id: again.id, attempt: 1 }, rests: [dev?.id ?? 0] } });
    world.forgetRun(run.id);
    expect((await later.plan()).outputs).toMatchObject({ environment: 'production', verdict: 'ask' });
  });

  it('does not count when only somebody’s own record rests on it', async () => {
    const run = await inDev();
    world.forgetRun(run.id);
    const later = world.run({ sha: run.sha });
    const [dev] = world.records();
    forge(run.sha, 'staging', { run: { id: later.id, attempt: 1 }, rests: [dev?.id ?? 0] });
    expect((await later.plan()).outputs).toMatchObject({ environment: 'dev', verdict: 'deploy' });
  });

  it('and on which nothing rests leads back to the first stage, from where everything goes its way', async () => {
    const run = await inDev();
    expect(await run.deploy('staging')).toMatchObject({ exitCode: 0, post: { exitCode: 0 } });
    world.forgetRun(run.id);
    const later = world.run({ sha: run.sha });
    later.approve('mona', 'production');
    const refused = await later.deploy('production');
    expect(JSON.parse(refused.outputs['reasons'] ?? '')).toContain('record_unverified');
    expect(refused.outputs['explanation']).toContain('Start a new run');
    for (const environment of ['dev', 'staging', 'production']) {
      expect(await later.deploy(environment), environment).toMatchObject({ exitCode: 0, outputs: { proceed: 'true' } });
    }
  });
});

describe('what it costs', () => {
  it('is at most eight requests a deploy, also where another run tried the candidate and a third one left what is live', async () => {
    const pipeline = THREE.replace('routes:', "routes:\n  - { name: release, tags: ['v*'], path: [staging, production] }");
    world = await startWorld({ pipeline, artifacts: 'own' });
    const before = world.push();
    before.approve('mona', 'production');
    for (const name of ['dev', 'staging', 'production']) expect(await before.deploy(name)).toMatchObject({ exitCode: 0 });
    before.finish('success');
    const tried = world.push();
    await tried.promoteThrough('dev', 'staging');
    tried.finish('success');
    world.repository.tag('v2.0.0', tried.sha);
    const payload = { ref: 'refs/tags/v2.0.0', after: tried.sha, head_commit: { id: tried.sha } };
    const release = world.run({ sha: tried.sha, ref: 'refs/tags/v2.0.0', payload });
    release.approve('mona', 'production');
    // One for the evidence, and two for the run that tried it.
    expect(await release.plan()).toMatchObject({ requests: 3, outputs: { environment: 'production', verdict: 'deploy' } });
    const job = await release.deploy('production');
    expect(job).toMatchObject({ exitCode: 0, outputs: { proceed: 'true' } });
    expect(job.requestsInAll).toBeLessThanOrEqual(8);
  });
});

describe('a version of last year', () => {
  const released = async (message: string, ...through: string[]): Promise<JobRun> => {
    const run = world.push('main', message);
    await run.promoteThrough(...through);
    run.finish('success');
    return run;
  };
  const goBackTo = (sha: string) => {
    const run = world.run({ sha: world.repository.sha('main'), event: 'workflow_dispatch', actor: 'hubot' });
    const inputs = { rollback: 'true', ref: 'refs/heads/main', sha, 'artifact-digest': '' };
    return { run, inputs };
  };

  it('can be gone back to where people are asked', async () => {
    world = await startWorld({ pipeline: PRODUCTION_ONLY, artifacts: 'own' });
    const old = await released('Sell umbrellas', 'production');
    world.sandbox.clock.set(world.sandbox.clock.now() + 400 * DAY_MS);
    world.forgetRun(old.id);
    await released('Sell boots', 'production');
    const { run, inputs } = goBackTo(old.sha);
    expect((await run.plan({ ...inputs, environment: 'production' })).outputs).toMatchObject({ verdict: 'ask', sha: old.sha });
    run.approve('mona', 'production');
    expect(await run.deploy('production', inputs)).toMatchObject({ exitCode: 0, outputs: { proceed: 'true', sha: old.sha } });
  });

  it('cannot where nobody is asked, which says so; with a gate it can', async () => {
    world = await startWorld({ pipeline: UNGATED, artifacts: 'own' });
    const old = await released('Sell umbrellas', 'uat', 'production');
    world.sandbox.clock.set(world.sandbox.clock.now() + 400 * DAY_MS);
    world.forgetRun(old.id);
    await released('Sell boots', 'uat', 'production');
    const { run, inputs } = goBackTo(old.sha);
    const refused = await run.deploy('production', inputs);
    expect(refused).toMatchObject({ exitCode: 1, outputs: { proceed: 'false', reason: 'record_unverified' } });
    expect(refused.outputs['explanation']).toContain('no gate asks a person here');
    expect(refused.outputs['explanation']).toContain('give the environment a gate');
    world.repository.commit('main', { '.github/promote.yml': PRODUCTION_ONLY }, 'Ask a person');
    const again = goBackTo(old.sha);
    again.run.approve('mona', 'production');
    expect(await again.run.deploy('production', again.inputs)).toMatchObject({ exitCode: 0, outputs: { proceed: 'true', sha: old.sha } });
  });

  it('is what one that was live when the next one came in remains, although its run is gone', async () => {
    world = await startWorld({ pipeline: UNGATED, artifacts: 'own' });
    const old = await released('Sell umbrellas', 'uat', 'production');
    await released('Sell boots', 'uat', 'production');
    world.sandbox.clock.set(world.sandbox.clock.now() + 100 * DAY_MS);
    world.forgetRun(old.id);
    const { run, inputs } = goBackTo(old.sha);
    expect(await run.deploy('production', inputs)).toMatchObject({ exitCode: 0, outputs: { proceed: 'true', sha: old.sha } });
  });

  it('that never was is not made by a record, however it is dated', async () => {
    world = await startWorld({ pipeline: UNGATED, artifacts: 'own' });
    const never = world.repository.commit('main', { 'mine.txt': 'mine' }, 'Never released');
    await released('Sell boots', 'uat', 'production');
    forge(never, 'production', { run: { id: 777, attempt: 1 } });
    const { run, inputs } = goBackTo(never);
    const refused = await run.deploy('production', inputs);
    expect(refused).toMatchObject({ exitCode: 1, outputs: { proceed: 'false' } });
    expect(JSON.parse(refused.outputs['reasons'] ?? '')).toContain('record_unverified');
  });
});
