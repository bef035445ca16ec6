import { afterEach, describe, expect, it } from 'vitest';
import { CALLER, openShop, SHORT, type Shop } from './shop.ts';

let shop: Shop;
afterEach(() => shop.close());

/** Any branch may go to production, which two people let in, or for a trial, which two people accept. */
const ANY_BRANCH = `version: 1
build: { run: bash scripts/build.sh, artifact: dist }
environments:
  trial: { role: development, acceptance: { approvals: 2, by: [octo-org/qa] }, deploy: { run: bash scripts/deploy.sh } }
  production: { role: production, gate: { approvals: 2, by: [octo-org/release] }, deploy: { run: bash scripts/deploy.sh } }
routes:
  - { name: tried, branches: ['try/**'], path: [trial] }
  - { name: direct, branches: ['**'], path: [production] }
`;

/** Two people let a version into production. */
const TWO = SHORT.replace('approvals: 1', 'approvals: 2');

const DOOR = 'Stage 2 (production) / Deploy to production';

async function cancel(run: number): Promise<void> {
  await shop.runner.cancel(run);
  await shop.runner.settled();
}

/** The pipeline file of the default branch changes, and no run comes of it. */
function changePipeline(from: string, to: string): void {
  const text = shop.repository.git('show', 'main:.github/promote.yml');
  if (!text.includes(from)) throw new Error(`the pipeline file has no ${from}`);
  shop.repository.commit('main', { '.github/promote.yml': `${text.replace(from, to)}\n` }, 'The pipeline', 'mona');
}

describe('an approval counts for the commit it was given for', () => {
  it('and not for what the branch holds when the run is run again; a new run goes in', async () => {
    shop = await openShop({ pipeline: ANY_BRANCH });
    shop.repository.commit('topic', { 'message.txt': 'reviewed' }, 'reviewed', 'octocat', 'main');
    const inputs = { environment: 'production', ref: 'refs/heads/topic' };
    const run = await shop.byHand(inputs);
    await shop.approve(run, 'production', 'mona');
    await cancel(run);
    shop.repository.commit('topic', { 'message.txt': 'slipped in' }, 'slipped in');
    await shop.rerun(run);
    // Nobody is asked in vain.
    expect(shop.run(run)).toMatchObject({ conclusion: 'failure', attempt: 2, jobs: { Plan: 'failure' } });
    expect(shop.log(run, 'Plan')).toContain('approval_stale');
    expect(shop.log(run, 'Plan')).toMatch(/Attempt 1 of this run asked approval for commit [0-9a-f]{8}, and this is/);
    expect(shop.live('production')).toBeNull();

    const again = await shop.byHand(inputs);
    await shop.approve(again, 'production', 'mona', 'hubot');
    expect(shop.run(again).conclusion).toBe('success');
    expect(shop.live('production')?.message).toBe('slipped in');
  });

  it('also when it is the acceptance', async () => {
    shop = await openShop({ pipeline: ANY_BRANCH });
    shop.sandbox.given.environment('trial-acceptance', { reviewers: ['octo-org/qa'] });
    shop.repository.commit('try/topic', { 'message.txt': 'tried' }, 'tried', 'octocat', 'main');
    const inputs = { environment: 'trial', ref: 'refs/heads/try/topic' };
    const run = await shop.byHand(inputs);
    await shop.approve(run, 'trial-acceptance', 'mona');
    await cancel(run);
    shop.repository.commit('try/topic', { 'message.txt': 'not tried' }, 'not tried');
    await shop.rerun(run);
    await shop.approve(run, 'trial-acceptance', 'hubot', 'hubot');
    expect(shop.run(run)).toMatchObject({ conclusion: 'failure', jobs: { 'Promotion / Accept in trial': 'failure' } });
    expect(shop.log(run, 'Promotion / Accept in trial')).toContain('approval_stale');

    const again = await shop.byHand(inputs);
    await shop.approve(again, 'trial-acceptance', 'hubot', 'mona');
    expect(shop.run(again)).toMatchObject({ conclusion: 'success', jobs: { 'Promotion / Accept in trial': 'success' } });
  });

  it('and goes on counting when the same commit is run again', async () => {
    shop = await openShop({ pipeline: TWO });
    const run = await shop.push();
    await shop.approve(run, 'production', 'mona');
    await cancel(run);
    await shop.rerun(run);
    await shop.approve(run, 'production', 'hubot');
    expect(shop.run(run)).toMatchObject({ conclusion: 'success', attempt: 2 });
    expect(shop.live('production')?.message).toBe('a change');
  });

  it('and not for another artifact of it', async () => {
    shop = await openShop({ pipeline: ANY_BRANCH });
    const run = await shop.byHand({ environment: 'production' });
    await shop.approve(run, 'production', 'mona');
    await cancel(run);
    shop.sandbox.state.artifacts.length = 0;
    await shop.rerun(run);
    await shop.approve(run, 'production', 'hubot');
    expect(shop.run(run).conclusion).toBe('failure');
    expect(shop.log(run, 'Promotion / Deploy to production')).toMatch(
      /approval_stale[\s\S]*Attempt 1 of this run asked approval for artifact/,
    );
    expect(shop.live('production')).toBeNull();
  });
});

describe('an approval counts under the rules it was given under', () => {
  /** Approved, failed for a reason of its own, and run again as far as it failed after the pipeline file changed. */
  async function failedThenChanged(from: string, to: string): Promise<{ run: number; sha: string }> {
    shop = await openShop({ pipeline: SHORT });
    shop.breakServer('production');
    const run = await shop.push();
    const sha = shop.repository.sha('main');
    await shop.approve(run, 'production', 'mona');
    expect(shop.run(run).conclusion).toBe('failure');
    shop.mendServer('production');
    changePipeline(from, to);
    await shop.rerun(run, { failedOnly: true });
    await shop.approve(run, 'production', 'hubot');
    return { run, sha };
  }

  const GATE = 'gate: { approvals: 1, by: [octo-org/release] }\n    deploy: { run: bash scripts/deploy.sh }';

  it.each([
    ['another command', GATE, GATE.replace('deploy.sh', 'deploy.sh --fast'), 'is deployed by another command'],
    ['wider approval', GATE, GATE.replace('by: [octo-org/release]', 'by: [octo-org/release, hubot]'), 'also takes the approval of hubot'],
  ])('not under %s; a new run goes in', async (_, from, to, why) => {
    const { run, sha } = await failedThenChanged(from, to);
    expect(shop.run(run).conclusion).toBe('failure');
    expect(shop.log(run, DOOR)).toContain('approval_stale');
    expect(shop.log(run, DOOR)).toContain(why);
    expect(shop.live('production')).toBeNull();

    const again = await shop.byHand({ environment: 'production', ref: 'refs/heads/main', sha });
    await shop.approve(again, 'production', 'mona');
    expect(shop.run(again).conclusion).toBe('success');
    expect(shop.live('production')?.message).toBe('a change');
  });

  it.each([
    ['a comment', 'version: 1', 'version: 1 # as agreed'],
    ['a stricter gate', GATE, GATE.replace('approvals: 1,', 'approvals: 1, exclude: [initiator],')],
    [
      "another environment's command",
      'dev: { role: development, deploy: { run: bash scripts/deploy.sh',
      'dev: { role: development, deploy: { run: bash scripts/smoke.sh',
    ],
    [
      'a freeze that comes',
      'routes:',
      'freezes: [{ environments: [production], from: 2090-01-01T00:00, until: 2090-01-02T00:00, zone: Europe/Berlin, reason: party }]\nroutes:',
    ],
  ])('and %s takes nothing from it', async (_, from, to) => {
    const { run } = await failedThenChanged(from, to);
    expect(shop.run(run)).toMatchObject({ conclusion: 'success', attempt: 2 });
    expect(shop.live('production')?.message).toBe('a change');
  });

  it('in all jobs of a run that is run again: stricter rules keep it, relaxed ones do not', async () => {
    shop = await openShop({ pipeline: TWO });
    const run = await shop.push();
    await shop.approve(run, 'production', 'mona');
    await cancel(run);
    changePipeline('by: [octo-org/release] }', 'by: [octo-org/release], exclude: [initiator] }');
    await shop.rerun(run);
    await shop.approve(run, 'production', 'hubot');
    expect(shop.run(run)).toMatchObject({ conclusion: 'success', attempt: 2 });

    const next = await shop.push('main', 'the next');
    await shop.approve(next, 'production', 'mona');
    await cancel(next);
    changePipeline('by: [octo-org/release], exclude', 'by: [octo-org/release, octo-org/qa], exclude');
    await shop.rerun(next);
    expect(shop.job(next, 'Plan').summary).toContain('approval_stale');
    expect(shop.live('production')?.message).toBe('a change');
  });
});

describe("GitHub's own hold, where it counts as an approval and GitHub does not list who gave it,", () => {
  const ENFORCED = SHORT.replace('by: [octo-org/release]', 'by: [octo-org/release], evidence: enforced');
  const unlisted = { user: 'mona', environments: ['production'], state: 'approved', listed: false } as const;

  it('is proven by the identity of the job, which the shipped workflows give it on request', async () => {
    const caller = CALLER.replace('    secrets:', '    with: { oidc: true }\n    secrets:');
    shop = await openShop({ pipeline: ENFORCED, caller });
    const run = await shop.push();
    await shop.runner.review(run, unlisted);
    await shop.runner.settled();
    expect(shop.run(run).conclusion).toBe('success');
    expect(shop.live('production')?.message).toBe('a change');
  });

  it('is not proven without; the reason says what to do', async () => {
    shop = await openShop({ pipeline: ENFORCED });
    const run = await shop.push();
    await shop.runner.review(run, unlisted);
    await shop.runner.settled();
    expect(shop.run(run).conclusion).toBe('failure');
    expect(shop.log(run, DOOR)).toMatch(/enforcement_unproven[\s\S]*oidc: true/);
    expect(shop.live('production')).toBeNull();
  });
});

describe('a run that began under an older version of the shipped workflows, whose jobs do not say what they ask for,', () => {
  /** As that version named its jobs. */
  function forgetNames(run: number): void {
    for (const job of shop.sandbox.state.jobs) if (job.runId === run) job.name = job.name.replace(/(?: (?:as|for) \S+)? · .*$/, '');
  }

  it('keeps the approvals of the commit that it is a run of', async () => {
    shop = await openShop({ pipeline: TWO });
    const run = await shop.push();
    await shop.approve(run, 'production', 'mona');
    await cancel(run);
    forgetNames(run);
    await shop.rerun(run);
    await shop.approve(run, 'production', 'hubot');
    expect(shop.run(run)).toMatchObject({ conclusion: 'success', attempt: 2 });
  });

  it('loses them where it is about another commit, which may have been another one then; a new run goes in', async () => {
    shop = await openShop({ pipeline: ANY_BRANCH });
    shop.repository.commit('topic', { 'message.txt': 'of a branch' }, 'of a branch', 'octocat', 'main');
    const inputs = { environment: 'production', ref: 'refs/heads/topic' };
    const run = await shop.byHand(inputs);
    await shop.approve(run, 'production', 'mona');
    await cancel(run);
    forgetNames(run);
    await shop.rerun(run);
    expect(shop.log(run, 'Plan')).toContain('does not say which commit it asked approval for');

    const again = await shop.byHand(inputs);
    await shop.approve(again, 'production', 'mona', 'hubot');
    expect(shop.run(again).conclusion).toBe('success');
  });
});
