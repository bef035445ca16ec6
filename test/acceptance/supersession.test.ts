import { execFileSync } from 'node:child_process';
import { afterEach, describe, expect, it } from 'vitest';
import { type JobRun, PRODUCTION_ONLY, startWorld, type World } from './world.ts';

/** Main and its hotfixes meet in production; feature branches take turns on dev. */
const PIPELINE = PRODUCTION_ONLY.replace(
  /routes:.*\n/,
  `  dev: { role: development, deploy: { run: 'echo "deploying $PROMOTE_SHA"' } }
routes:
  - { name: mainline, branches: [main], path: [production] }
  - { name: hotfix, branches: ['hotfix/**'], path: [production] }
  - { name: feature, branches: ['**'], path: [dev] }
`,
).replace('; sleep 0.2', '');

let world: World;
afterEach(() => world.close());

async function start(): Promise<void> {
  world = await startWorld({ pipeline: PIPELINE, artifacts: 'own' });
}

function approvedPush(branch: string, message: string): JobRun {
  const run = world.push(branch, message);
  run.approve('mona', 'production');
  return run;
}

async function live(run: JobRun): Promise<void> {
  expect(await run.deploy('production')).toMatchObject({ exitCode: 0, post: { exitCode: 0 } });
}

/** `count` commits on top of main, made at once. */
function manyCommits(count: number): string {
  const tip = world.repository.sha('main');
  const commits = Array.from({ length: count }, (_, index) => {
    const message = `Change ${index}`;
    const from = index === 0 ? `from ${tip}\n` : '';
    return `commit refs/heads/main\ncommitter octocat <octocat@example.com> ${1_768_000_000 + index} +0000\ndata ${message.length}\n${message}\n${from}\n`;
  });
  execFileSync('git', ['fast-import', '--quiet', '--force'], { cwd: world.repository.path, input: commits.join('') });
  return world.repository.sha('main');
}

describe('a candidate and what is live already', () => {
  it('refuses a stale approval after a newer version was deployed, and touches nothing', async () => {
    await start();
    const older = approvedPush('main', 'Sell umbrellas');
    const newer = approvedPush('main', 'Sell boots');
    await live(newer);
    const job = await older.deploy('production');
    expect(job).toMatchObject({
      exitCode: 1,
      requestsInAll: 3,
      outputs: { verdict: 'superseded', reason: 'superseded', reasons: '["superseded"]', proceed: 'false' },
      post: { exitCode: 0 },
    });
    expect(job.outputs['explanation']).toContain(
      `main@${newer.sha.slice(0, 7)} is live in production and contains ${older.sha.slice(0, 8)}`,
    );
    expect(job.outputs['explanation']).toContain('ask for a rollback');
    expect(job.outputs).not.toHaveProperty('record');
    expect(job.summary).toContain('superseded');
    expect(job.log).toMatch(/^::error title=main@\w{7} is superseded in production%3A superseded::/m);
    expect(job.log).not.toContain('deploying');
    expect(world.records()).toHaveLength(1);
  });

  it('goes on without deploying when a superseded job asked to continue', async () => {
    await start();
    const older = approvedPush('main', 'Sell umbrellas');
    await live(approvedPush('main', 'Sell boots'));
    const job = await older.deploy('production', { 'when-blocked': 'continue' });
    expect(job).toMatchObject({ exitCode: 0, outputs: { verdict: 'superseded', proceed: 'false' }, post: { exitCode: 0 } });
    expect(job.log).toMatch(/^::notice title=/m);
    expect(job.log).not.toMatch(/^::error|deploying/m);
    expect(world.records()).toHaveLength(1);
  });

  it('says in the plan of a run that finishes late that something newer is there, and that nothing is to be done', async () => {
    await start();
    const older = approvedPush('main', 'Sell umbrellas');
    await live(approvedPush('main', 'Sell boots'));
    const plan = await older.plan();
    expect(plan).toMatchObject({
      exitCode: 0,
      requests: 1,
      outputs: { verdict: 'superseded', proceed: 'false', environments: '[]', 'lifts-at': '' },
    });
    expect(plan.outputs['explanation']).toContain('Nothing to do.');
  });

  it('lets an older version go on to the next environment although a newer one has replaced it in the one before', async () => {
    world = await startWorld({ artifacts: 'own' });
    const older = world.push('main', 'Sell umbrellas');
    await older.promoteThrough('dev');
    const newer = world.push('main', 'Sell boots');
    await newer.promoteThrough('dev');
    await older.promoteThrough('uat');
    expect((await older.plan()).outputs).toMatchObject({ environment: 'staging', verdict: 'deploy' });
    // Being replaced is no failure: dev is passed, and asking for it again does nothing.
    expect(await older.deploy('dev')).toMatchObject({ exitCode: 0, outputs: { verdict: 'complete', proceed: 'false' } });
    await newer.promoteThrough('uat');
    expect(await older.deploy('uat')).toMatchObject({ exitCode: 0, outputs: { verdict: 'complete', proceed: 'false' } });
    expect(
      world
        .records()
        .filter(({ environment }) => environment === 'uat')
        .map(({ sha }) => sha),
    ).toEqual([older.sha, newer.sha]);
  });

  it('blocks a candidate that does not contain the hotfix in production, and names the hotfix', async () => {
    await start();
    const base = approvedPush('main', 'Sell umbrellas');
    await live(base);
    const hotfix = approvedPush('hotfix/invoices', 'Repair invoices');
    const next = approvedPush('main', 'Sell boots');
    await live(hotfix);
    const job = await next.deploy('production');
    expect(job).toMatchObject({ exitCode: 1, outputs: { verdict: 'blocked', reason: 'diverged', proceed: 'false' } });
    expect(job.outputs['explanation']).toContain(`hotfix/invoices@${hotfix.sha.slice(0, 7)} is live in production`);
    expect(job.outputs['explanation']).toContain(`Merge ${hotfix.sha.slice(0, 8)} into the candidate's branch`);
    expect(job.log).not.toContain('deploying');
    // Saying that the job's other steps decide opens nothing.
    expect(await next.deploy('production', { 'when-blocked': 'continue' })).toMatchObject({ exitCode: 0, outputs: { proceed: 'false' } });
    expect(world.records()).toHaveLength(2);
  });

  it('lets the merge in that contains the hotfix', async () => {
    await start();
    await live(approvedPush('main', 'Sell umbrellas'));
    const hotfix = approvedPush('hotfix/invoices', 'Repair invoices');
    world.push('main', 'Sell boots');
    await live(hotfix);
    const sha = world.repository.merge('main', 'hotfix/invoices');
    const merge = world.run({ sha });
    merge.approve('mona', 'production');
    const job = await merge.deploy('production');
    expect(job).toMatchObject({ exitCode: 0, outputs: { replaced: `hotfix/invoices@${hotfix.sha.slice(0, 7)}` } });
    expect(job.log).toContain(`deploying ${sha}`);
    // What entered: the merge and the change beside the hotfix, and not the hotfix again.
    expect(job.summary).toContain('Sell boots');
    expect(job.summary).not.toContain('Repair invoices');
  });

  it('lets feature branches take turns on dev', async () => {
    await start();
    const one = world.push('feature/carts', 'Carts');
    const other = world.push('feature/search', 'Search');
    for (const run of [one, other]) {
      const job = await run.deploy('dev');
      expect(job).toMatchObject({ exitCode: 0, outputs: { verdict: 'deploy', route: 'feature' } });
    }
    const again = world.push('feature/carts', 'Carts with wheels');
    expect(await again.deploy('dev')).toMatchObject({ exitCode: 0, outputs: { replaced: `feature/search@${other.sha.slice(0, 7)}` } });
    expect(world.records().map(({ sha, outcome }) => [sha, outcome])).toEqual([one, other, again].map(({ sha }) => [sha, 'success']));
  });

  it('opens no door while nobody can tell how the candidate stands to what is live', async () => {
    await start();
    const gone = world.repository.commit('experiment', { 'src/shop.txt': 'hats' }, 'Sell hats');
    world.repository.deleteRef('refs/heads/experiment');
    world.sandbox.given.deployment({ sha: gone, environment: 'production', statuses: ['success'], creator: 'mona' });
    const run = approvedPush('main', 'Sell umbrellas');
    world.sandbox.inject({ match: { path: /\/compare\// }, fault: { status: 404 }, times: Number.POSITIVE_INFINITY });
    const job = await run.deploy('production');
    expect(job).toMatchObject({ exitCode: 1, outputs: { verdict: 'blocked', reason: 'ancestry_unread', proceed: 'false' } });
    expect(job.outputs['explanation']).toContain('nobody could read whether');
    expect(world.records()).toHaveLength(1);
  });

  it('asks GitHub to compare when more than a hundred commits lie between the candidate and what is live', async () => {
    await start();
    const early = approvedPush('main', 'Sell umbrellas');
    await live(early);
    const late = world.run({ sha: manyCommits(230) });
    const plan = await late.plan();
    expect(plan).toMatchObject({ requests: 2, outputs: { verdict: 'ask' } });
    late.approve('mona', 'production');
    const job = await late.deploy('production');
    expect(job).toMatchObject({ exitCode: 0 });
    expect(job.requestsInAll).toBeLessThanOrEqual(8);

    const between = world.run({ sha: world.repository.sha('main~115') });
    between.approve('mona', 'production');
    expect(await between.deploy('production')).toMatchObject({ exitCode: 1, outputs: { reason: 'superseded' } });
  });
});
