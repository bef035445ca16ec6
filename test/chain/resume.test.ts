import { afterEach, describe, expect, it } from 'vitest';
import { CALLER, openShop, SHORT, type Shop } from './shop.ts';

let shop: Shop;
afterEach(() => shop.close());

const WINDOW = "    windows: [{ days: mon-fri, hours: '09:00-16:00', zone: UTC }]\n";
const OFFICE = SHORT.replace('    role: production\n', `    role: production\n${WINDOW}`);
const LOOK = 'Take up what waited for time';
/** After the window of a Monday has closed; the schedule looks at 09:17. */
const EVENING = '2026-03-02T17:00:00Z';
const look = () => shop.log(shop.lastRun(), LOOK);
const taken = (...runs: number[]) => runs.map((run) => shop.timesTakenUp(run));

describe('of several candidates', () => {
  it('the newest keeps its place while it waits for its reviewers, look after look', async () => {
    shop = await openShop({ pipeline: OFFICE, now: EVENING });
    const older = await shop.push('main', 'older');
    const newer = await shop.push('main', 'newer');
    await shop.advance(24 + 17);
    expect(taken(older, newer)).toEqual([0, 1]);
    expect(shop.run(shop.goesOnAs(newer)).status).toBe('waiting');
    expect(look()).toContain(`(run ${shop.goesOnAs(newer)}) is newer and goes there`);
    await shop.approve(shop.goesOnAs(newer), 'production', 'mona');
    await shop.advance(24);
    expect(taken(older, newer)).toEqual([0, 1]);
    expect(shop.history().filter((line) => line.startsWith('production'))).toEqual(['production newer']);
  });

  it('an older one goes to another environment, past one that waits for reviewers and one that was overtaken', async () => {
    const soaking = OFFICE.replace('    windows', '    soak: { in: uat, for: 8h }\n    windows')
      .replace(
        '  production:\n',
        '  uat: { role: uat, gate: { approvals: 1, by: [octo-org/qa] }, deploy: { run: bash scripts/deploy.sh } }\n  production:\n',
      )
      .replace('[dev, production]', '[dev, uat, production]');
    // What is not at the tip of its branch any more can only be run again, not started anew.
    shop = await openShop({ pipeline: soaking, now: '2026-03-02T18:00:00Z', switches: { rerunByJobs: 'allowed' } });
    const soaked = await shop.push('main', 'soaked');
    await shop.approve(soaked, 'uat', 'mona');
    await shop.advance(10);
    const hold = shop.sandbox.given.issue({ title: 'uat: tests', labels: ['promote:hold'], author: 'mona' });
    const overtaken = await shop.push('main', 'overtaken');
    shop.sandbox.given.closeIssue(hold.number);
    const soaks = await shop.push('main', 'soaks');
    await shop.approve(soaks, 'uat', 'mona');
    const thought = await shop.push('main', 'thought over');
    expect(shop.run(thought).status).toBe('waiting');
    await shop.advance(7);
    expect(taken(soaked, overtaken, soaks, thought)).toEqual([1, 0, 0, 0]);
    expect(shop.run(soaked).jobs).toMatchObject({ 'Stage 1 (production) / Deploy to production': 'waiting' });
  });

  it('one that a newer commit of its branch overtook is not put in its place later', async () => {
    const dev = SHORT.replace(
      'dev: { role: development,',
      "dev: { role: development, windows: [{ days: mon-fri, hours: '09:00-16:00', zone: UTC }],",
    );
    shop = await openShop({ pipeline: dev, now: EVENING });
    shop.repository.branch('topic', 'main');
    const older = await shop.push('topic', 'older');
    const newer = await shop.push('topic', 'newer');
    await shop.advance(17);
    expect(taken(older, newer)).toEqual([0, 1]);
    shop.repository.branch('other', 'main');
    await shop.push('other', 'other');
    await shop.advance(24);
    expect(taken(older, newer)).toEqual([0, 1]);
    expect(shop.history()).toEqual(['dev newer', 'dev other']);
  });
});

describe('which runs are looked at', () => {
  const BY_REF = CALLER.replace('  workflow_dispatch:', '  workflow_dispatch: { inputs: { ref: { type: string } } }').replace(
    '    permissions: { actions',
    "    with: { ref: '${{ inputs.ref }}' }\n    permissions: { actions",
  );

  it('are not those started by hand, which may be about another ref than the one they are listed under', async () => {
    shop = await openShop({ pipeline: OFFICE, caller: BY_REF, now: EVENING });
    shop.repository.branch('topic', 'main');
    const pushed = await shop.push('main', 'waits');
    const byHand = await shop.runner.dispatch('promote.yml', { ref: 'main', actor: 'octocat', inputs: { ref: 'refs/heads/topic' } });
    await shop.runner.settled();
    expect(shop.run(byHand).conclusion).toBe('success');
    await shop.advance(17);
    expect(taken(pushed)).toEqual([1]);
    expect(shop.run(byHand).attempt).toBe(1);
    expect(shop.run(shop.goesOnAs(pushed)).status).toBe('waiting');
  });

  it('are not crowded out by the looks themselves', async () => {
    shop = await openShop({ pipeline: OFFICE, now: EVENING });
    const run = await shop.push('main', 'waits');
    const { headSha = '', workflowPath = '' } = shop.sandbox.state.runs.find(({ id }) => id === run) ?? {};
    const looked = { headSha, workflowPath, headBranch: 'main', event: 'schedule', status: 'completed', conclusion: 'success' } as const;
    for (let times = 0; times < 600; times += 1) shop.sandbox.given.run(looked);
    await shop.advance(17);
    expect(taken(run)).toEqual([1]);
    expect(shop.run(shop.goesOnAs(run)).status).toBe('waiting');
  });
});

describe('running again', () => {
  const AS_ALLOWED = { rerunByJobs: 'allowed', rerunGates: 'ask' } as const;

  it('goes on as long as time or a hold was in the way, and ends when it was in vain', async () => {
    shop = await openShop({ pipeline: OFFICE, now: EVENING, switches: AS_ALLOWED });
    const run = await shop.push('main', 'again and again');
    await shop.advance(17 + 7);
    expect(shop.run(run)).toMatchObject({ status: 'waiting', attempt: 2 });
    // The window has closed while people thought.
    await shop.approve(run, 'production', 'mona');
    await shop.advance(17);
    expect(shop.run(run)).toMatchObject({ status: 'waiting', attempt: 3 });
    const hold = shop.sandbox.given.issue({ title: 'production: audit', labels: ['promote:hold'], author: 'mona' });
    await shop.approve(run, 'production', 'mona');
    expect(shop.run(run)).toMatchObject({ conclusion: 'success', attempt: 3 });
    shop.sandbox.given.closeIssue(hold.number);
    await shop.advance(24);
    expect(shop.run(run)).toMatchObject({ status: 'waiting', attempt: 4 });
    // Nothing was in the way this time, and yet it did not get there.
    shop.sandbox.given.issue({ title: 'production: queue', labels: ['promote:hold'], author: 'mona' });
    await shop.approve(run, 'production', 'mona');
    shop.sandbox.state.issues.pop();
    await shop.advance(24);
    expect(shop.run(run)).toMatchObject({ conclusion: 'success', attempt: 4 });
    expect(look()).toContain(`as it could when attempt 4 of run ${run} began, which led nowhere. It is left to people`);
  });

  it('that GitHub refuses for one run is told, and the others go on', async () => {
    shop = await openShop({ pipeline: OFFICE, now: EVENING, switches: AS_ALLOWED });
    const older = await shop.push('main', 'older');
    const newer = await shop.push('main', 'newer');
    const message = 'Unable to re-run this workflow run because it was created over a month ago';
    shop.sandbox.inject({ match: { method: 'POST', path: /\/rerun$/ }, fault: { status: 403, body: { message } } });
    await shop.advance(17);
    expect(taken(older, newer)).toEqual([1, 0]);
    expect(shop.run(shop.lastRun()).conclusion).toBe('success');
    expect(look()).toContain(`Run ${newer} stays as it is. GitHub refuses to run it again: ${message}`);
  });

  it('fails once for all when the token may neither do that nor start the workflow anew', async () => {
    shop = await openShop({ pipeline: OFFICE, now: EVENING, caller: CALLER.replace('  workflow_dispatch:\n', '') });
    const run = await shop.push('main', 'waits');
    await shop.advance(17);
    expect(taken(run)).toEqual([0]);
    expect(shop.run(shop.lastRun())).toMatchObject({ conclusion: 'failure', jobs: { [LOOK]: 'failure' } });
    expect(look().match(/The time of \S+ has come\. .*it needs "workflow_dispatch:" for that/g)).toHaveLength(1);
  });
});

describe('where the token may not run anything again', () => {
  it('the workflow is started anew, once, look after look', async () => {
    shop = await openShop({ pipeline: OFFICE, now: EVENING });
    const run = await shop.push('main', 'waits');
    await shop.advance(17);
    const anew = shop.goesOnAs(run);
    expect(anew).not.toBe(run);
    expect(shop.run(anew)).toMatchObject({ status: 'waiting', jobs: { 'Stage 1 (production) / Deploy to production': 'waiting' } });
    await shop.advance(24);
    expect(taken(run)).toEqual([1]);
    await shop.approve(anew, 'production', 'mona');
    expect(shop.history()).toEqual(['dev waits', 'production waits']);
    await shop.advance(24);
    expect(taken(run)).toEqual([1]);
  });

  it('a gate that excludes whoever started the run says that a person has to', async () => {
    shop = await openShop({
      pipeline: OFFICE.replace('by: [octo-org/release]', 'by: [octo-org/release], exclude: [initiator]'),
      now: EVENING,
    });
    const run = await shop.push('main', 'waits');
    await shop.advance(17);
    expect(taken(run)).toEqual([0]);
    expect(shop.run(shop.lastRun()).conclusion).toBe('failure');
    expect(look()).toMatch(/The time of \S+ has come\. .*Start the workflow on main as a person/);
    const byPerson = await shop.runner.dispatch('promote.yml', { ref: 'main', actor: 'octocat' });
    await shop.runner.settled();
    await shop.approve(byPerson, 'production', 'mona');
    expect(shop.history()).toEqual(['dev waits', 'production waits']);
  });

  it('a candidate that its branch has left behind is named, with who has to act', async () => {
    shop = await openShop({ pipeline: OFFICE, now: EVENING });
    const run = await shop.push('main', 'waits');
    shop.repository.commit('main', { 'README.md': 'not pushed as a candidate yet' }, 'The next one');
    await shop.advance(17);
    expect(taken(run)).toEqual([0]);
    expect(shop.run(shop.lastRun()).conclusion).toBe('failure');
    expect(look()).toMatch(/The time of \S+ has come\. .*main points to another commit now/);
  });
});
