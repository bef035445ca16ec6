import { afterEach, describe, expect, it } from 'vitest';
import { addComment } from '../../sandbox/github/effects.ts';
import { DIGEST, OTHER_DIGEST } from '../digests.ts';
import { JOB_PERMISSIONS, startWorld, type World } from './world.ts';

let world: World;
afterEach(() => world.close());

const PIPELINE = `version: 1
build: { run: npm run build, artifact: dist }
environments:
  staging: { role: staging, deploy: { run: 'echo "deploying $PROMOTE_VERSION"' } }
  production: { role: production, gate: { approvals: 1, by: [octo-org/release] }, deploy: { run: 'echo "deploying $PROMOTE_VERSION"' } }
routes:
  - { name: mainline, branches: [main], path: [production] }
  - { name: feature, branches: ['**'], path: [staging] }
`;

const hold = (title: string) => world.sandbox.given.issue({ title, labels: ['promote:hold'], author: 'hubot', labelledBy: 'mona' });
const veto = (title: string) => world.sandbox.given.issue({ title, labels: ['promote:veto'], author: 'hubot', labelledBy: 'mona' });

/** An issue that came with its label, by a template, from somebody who may not label. */
const brought = (label: string, title: string) => world.sandbox.given.issue({ title, labels: [label], author: 'stranger' });

/** A run with every approval that production asks for. */
function approvedRun() {
  const run = world.push();
  run.approve('mona', 'production');
  return run;
}

describe('a hold', () => {
  it('closes production for a job that has every approval, and says who holds it, since when, why, in which issue, and who can lift it', async () => {
    world = await startWorld({ pipeline: PIPELINE });
    const run = approvedRun();
    const issue = hold('production: database upgrade');
    const job = await run.deploy('production');
    expect(job).toMatchObject({
      exitCode: 1,
      outputs: { verdict: 'wait', reason: 'held', reasons: '["held"]', 'lifts-at': '', proceed: 'false' },
    });
    const page = `${world.sandbox.url}/octo-org/shop/issues/${issue.number}`;
    for (const said of [`mona has held it since 2026-03-02T10:00Z: database upgrade (${page})`, `Fix: Close ${page}`, 'Who: mona']) {
      expect(job.outputs['explanation']).toContain(said);
    }
    expect(job.summary).toContain(page);
    expect(job.log).toMatch(/^::error /m);
    expect(world.records()).toEqual([]);

    world.sandbox.given.closeIssue(issue.number);
    expect(await run.deploy('production')).toMatchObject({ exitCode: 0, outputs: { proceed: 'true' } });
  });

  it('closes its environment at the plan too, and no other', async () => {
    world = await startWorld();
    const run = world.push();
    const issue = hold('dev: database upgrade');
    const plan = await run.plan();
    expect(plan.outputs).toMatchObject({ verdict: 'wait', environment: 'dev', reason: 'held', proceed: 'false' });
    expect(plan.outputs['explanation']).toMatch(/mona.*database upgrade/s);
    expect(await run.deploy('dev')).toMatchObject({ exitCode: 1 });
    expect(world.records()).toEqual([]);

    world.sandbox.given.closeIssue(issue.number);
    await run.promoteThrough('dev');
    hold('production: database upgrade');
    expect((await run.plan()).outputs).toMatchObject({ verdict: 'ask', environment: 'uat' });
  });

  it('is set by who put the label on, not by who wrote the issue: one brought along without triage rights holds nothing', async () => {
    world = await startWorld({ pipeline: PIPELINE });
    brought('promote:hold', 'production: no');
    const run = approvedRun();
    expect((await run.plan()).outputs).toMatchObject({ verdict: 'deploy', reason: '' });
    world.sandbox.given.issue({ title: 'production: yes', labels: ['promote:hold'], author: 'stranger', labelledBy: 'mona' });
    expect((await run.plan()).outputs).toMatchObject({ verdict: 'wait', reason: 'held' });
  });

  it('stands while nobody can read what its author may do', async () => {
    world = await startWorld({ pipeline: PIPELINE });
    brought('promote:hold', 'production: no');
    const run = approvedRun();
    world.sandbox.inject({
      match: { operation: 'repos/get-collaborator-permission-level' },
      fault: { status: 403 },
      times: Number.POSITIVE_INFINITY,
    });
    expect(await run.deploy('production')).toMatchObject({ exitCode: 1, outputs: { verdict: 'wait', reason: 'held' } });
    expect(world.records()).toEqual([]);
  });

  it.each([
    ['with a misspelt environment', 'prodution: database upgrade'],
    ['that does not say which environment', 'please wait'],
  ])('%s closes all of them, and says that it does', async (_how, title) => {
    world = await startWorld({ pipeline: PIPELINE });
    hold(title);
    const job = await approvedRun().deploy('production');
    expect(job).toMatchObject({ exitCode: 1, outputs: { verdict: 'wait', reason: 'held' } });
    expect(job.outputs['explanation']).toContain('counts for all');
    expect((await world.push('feature/x').plan()).outputs).toMatchObject({ environment: 'staging', verdict: 'wait', reason: 'held' });
  });

  it('set while the job is being let in is seen behind the door: the record is withdrawn and nothing was touched', async () => {
    world = await startWorld({ pipeline: PIPELINE });
    const run = approvedRun();
    world.sandbox.before({ operation: 'repos/create-deployment' }, () => {
      hold('production: stop everything');
    });
    const job = await run.deploy('production');
    expect(job).toMatchObject({ exitCode: 1, outputs: { verdict: 'wait', reason: 'held', proceed: 'false' }, post: { exitCode: 0 } });
    expect(job.log).not.toMatch(/^deploying /m);
    expect(world.records()).toMatchObject([{ environment: 'production', outcome: 'inactive' }]);
    expect(world.records()[0]?.descriptions.at(-1)).toContain('held');
  });
});

describe('a veto', () => {
  it('by digest forbids what was built, and not what was built otherwise', async () => {
    world = await startWorld({ pipeline: PIPELINE });
    const issue = veto(`${DIGEST}: built with a stolen key`);
    const run = approvedRun();
    const job = await run.deploy('production');
    expect(job).toMatchObject({ exitCode: 1, outputs: { verdict: 'blocked', reason: 'vetoed', proceed: 'false' } });
    expect(job.outputs['explanation']).toContain(`mona vetoed it on 2026-03-02T10:00Z: built with a stolen key`);
    expect(job.summary).toContain(`/issues/${issue.number}`);
    expect(world.records()).toEqual([]);
    expect(await run.deploy('production', { 'artifact-digest': OTHER_DIGEST })).toMatchObject({ exitCode: 0 });
  });

  it.each([
    ['commit', (sha: string) => sha.slice(0, 10)],
    ['version', (sha: string) => `main@${sha.slice(0, 7)}`],
  ])('by %s forbids this candidate and lets another pass', async (_by, name) => {
    world = await startWorld();
    const run = world.push();
    veto(`${name(run.sha)}: corrupts invoices`);
    expect((await run.plan()).outputs).toMatchObject({ verdict: 'blocked', reason: 'vetoed' });
    expect((await world.push('main', 'Mended').plan()).outputs).toMatchObject({ verdict: 'deploy', environment: 'dev' });
  });

  it('in prose that names no candidate closes production until it does, and nothing else; one by somebody without triage rights closes nothing', async () => {
    world = await startWorld({ pipeline: PIPELINE });
    const run = approvedRun();
    brought('promote:veto', 'I do not like umbrellas');
    expect((await run.plan()).outputs).toMatchObject({ verdict: 'deploy' });
    const issue = veto('Something is badly wrong');
    const job = await run.deploy('production');
    expect(job).toMatchObject({ exitCode: 1, outputs: { verdict: 'blocked', reason: 'veto_unclear', proceed: 'false' } });
    expect((await world.push('feature/x').plan()).outputs).toMatchObject({ environment: 'staging', verdict: 'deploy' });
    const [, advice] = /such as "(.*?)", or close it/.exec(job.outputs['explanation'] ?? '') ?? [];
    expect(advice).toBe(`main@${run.sha.slice(0, 7)}: Something is badly wrong`);

    world.sandbox.given.renameIssue(issue.number, advice ?? '', 'mona');
    expect(await run.deploy('production')).toMatchObject({ exitCode: 1, outputs: { reason: 'vetoed' } });
    world.sandbox.given.renameIssue(issue.number, 'v0.0.1: Something is badly wrong', 'mona');
    expect(await run.deploy('production')).toMatchObject({ exitCode: 0, outputs: { proceed: 'true' } });
  });

  describe('in prose, says so on its issue', () => {
    const PROSE = 'Something is badly wrong';
    const commentsOn = (number: number) => world.sandbox.state.issues.find((one) => one.number === number)?.comments ?? [];

    it('in one comment, however many jobs come by', async () => {
      world = await startWorld({ pipeline: PIPELINE });
      const run = approvedRun();
      const issue = veto(PROSE);
      expect((await run.plan()).outputs).toMatchObject({ verdict: 'blocked', reason: 'veto_unclear' });
      await run.plan();
      await run.deploy('production');
      await world.push('feature/x').plan();
      expect(commentsOn(issue.number)).toMatchObject([
        { author: 'github-actions[bot]', body: expect.stringMatching(/closes production to every version.*Closing the issue lifts it/s) },
      ]);
    });

    it('in one comment where two jobs write at the same moment', async () => {
      world = await startWorld({ pipeline: PIPELINE });
      const issue = veto(PROSE);
      let written = false;
      world.sandbox.before({ operation: 'issues/create-comment' }, () => {
        const found = world.sandbox.state.issues.find((one) => one.number === issue.number);
        if (written || found === undefined) return;
        written = true;
        addComment(world.sandbox.state, found, '<!-- promote-action: veto_unclear -->', 'github-actions[bot]', world.sandbox.clock.now());
      });
      await approvedRun().plan();
      expect(commentsOn(issue.number)).toHaveLength(1);
    });

    it('although an outsider has copied its mark', async () => {
      world = await startWorld({ pipeline: PIPELINE });
      const issue = veto(PROSE);
      const found = world.sandbox.state.issues.find((one) => one.number === issue.number);
      if (found === undefined) throw new Error('no issue');
      addComment(world.sandbox.state, found, '<!-- promote-action: veto_unclear -->', 'stranger', world.sandbox.clock.now());
      await approvedRun().plan();
      expect(commentsOn(issue.number).map(({ author }) => author)).toEqual(['stranger', 'github-actions[bot]']);
    });

    it('unless the job may not write there: then the plan says that it could not, and nothing fails', async () => {
      world = await startWorld({ pipeline: PIPELINE });
      const { sha } = world.push();
      const run = world.run({ sha, token: world.sandbox.token({ permissions: { ...JOB_PERMISSIONS, issues: 'read' } }) });
      const issue = veto(PROSE);
      const plan = await run.plan();
      expect(plan).toMatchObject({ exitCode: 0, outputs: { verdict: 'blocked', reason: 'veto_unclear' } });
      const said = /No comment could be left on .*issues\/\d+ to say that its title cannot be understood.*issues: write/;
      expect(plan.summary).toMatch(/No comment could be left on/);
      expect(plan.log).toMatch(said);
      expect(plan.log).not.toMatch(/^::error/m);
      expect(commentsOn(issue.number)).toEqual([]);
    });

    it('but not on one that an outsider’s form labels by itself, which closes nothing', async () => {
      world = await startWorld({ pipeline: PIPELINE });
      const issue = brought('promote:veto', PROSE);
      expect((await approvedRun().deploy('production')).outputs).toMatchObject({ proceed: 'true' });
      expect(commentsOn(issue.number)).toEqual([]);
    });
  });

  it('in prose is lifted by closing it', async () => {
    world = await startWorld({ pipeline: PIPELINE });
    const run = approvedRun();
    const issue = veto('Something is badly wrong');
    expect(await run.deploy('production')).toMatchObject({ exitCode: 1, outputs: { reason: 'veto_unclear' } });
    world.sandbox.given.closeIssue(issue.number);
    expect(await run.deploy('production')).toMatchObject({ exitCode: 0 });
  });

  it('of a version that is still to come is listed by the plan as matching nothing so far, and forbids it when it comes', async () => {
    world = await startWorld({ pipeline: PIPELINE });
    const run = approvedRun();
    const issue = veto('1.4.3: will corrupt invoices');
    const plan = await run.plan();
    expect(plan.outputs).toMatchObject({ verdict: 'deploy' });
    const said = /The veto of "1\.4\.3" matches nothing so far/;
    expect(plan.summary).toMatch(said);
    expect(plan.summary).toContain(`/issues/${issue.number}`);
    expect(plan.log).toMatch(said);
    expect((await run.plan({ version: 'v1.4.3' })).outputs).toMatchObject({ verdict: 'blocked', reason: 'vetoed' });
  });

  it('set while the job waits for its reviewers stops it at the door', async () => {
    world = await startWorld();
    const run = world.push();
    await run.promoteThrough('dev');
    expect((await run.plan()).outputs).toMatchObject({ verdict: 'ask' });
    veto(`${run.sha.slice(0, 12)}: corrupts invoices`);
    run.approve('mona', 'uat');
    expect(await run.deploy('uat')).toMatchObject({ exitCode: 1, outputs: { verdict: 'blocked' } });
    expect(world.records().map(({ environment }) => environment)).toEqual(['dev']);
  });

  it('stands, whatever the author of the issue makes of its title, and after whoever set it has left', async () => {
    world = await startWorld({ pipeline: PIPELINE });
    const run = approvedRun();
    const title = `${run.sha.slice(0, 12)}: corrupts invoices`;
    const issue = world.sandbox.given.issue({ title, labels: ['promote:veto'], author: 'stranger', labelledBy: 'mona' });
    world.sandbox.given.renameIssue(issue.number, '0000000: never mind', 'stranger');
    world.sandbox.given.user('mona', { role: 'read' });
    const job = await run.deploy('production');
    expect(job).toMatchObject({ exitCode: 1, outputs: { verdict: 'blocked', reason: 'vetoed', proceed: 'false' } });
    expect(job.outputs['explanation']).toContain('corrupts invoices; stranger has retitled it since, without triage rights');
    expect(world.records()).toEqual([]);
  });

  it('names what it named however often the author of the issue renames it', async () => {
    world = await startWorld({ pipeline: PIPELINE });
    const issue = world.sandbox.given.issue({
      title: '0000000: another one',
      labels: ['promote:veto'],
      author: 'stranger',
      labelledBy: 'mona',
    });
    for (let time = 0; time < 130; time += 1) world.sandbox.given.renameIssue(issue.number, `no ${time}`, 'stranger');
    const job = await approvedRun().deploy('production');
    expect(job, job.log).toMatchObject({ exitCode: 0, outputs: { proceed: 'true' } });
  });

  it('set while the job is being let in is seen behind the door', async () => {
    world = await startWorld({ pipeline: PIPELINE });
    const run = approvedRun();
    world.sandbox.before({ operation: 'repos/create-deployment' }, () => {
      veto(`${run.sha}: corrupts invoices`);
    });
    const job = await run.deploy('production');
    expect(job).toMatchObject({ exitCode: 1, outputs: { verdict: 'blocked', reason: 'vetoed' } });
    expect(job.log).not.toMatch(/^deploying /m);
    expect(world.records()).toMatchObject([{ environment: 'production', outcome: 'inactive' }]);
  });
});

it.each([
  ['denied', 'none'],
  ['not asked for', undefined],
] as const)(
  'issues whose reading is %s open no door to an approved job: GitHub gives nothing at all then, and the one error names the permission',
  async (_how, issues) => {
    world = await startWorld({ pipeline: PIPELINE });
    const { sha } = world.push();
    const { issues: _asked, ...others } = JOB_PERMISSIONS;
    const run = world.run({ sha, token: world.sandbox.token({ permissions: { ...others, ...(issues && { issues }) } }) });
    run.approve('mona', 'production');
    const job = await run.deploy('production');
    expect(job).toMatchObject({ exitCode: 1, post: { exitCode: 0, requests: 0 } });
    expect(job.outputs['proceed']).not.toBe('true');
    expect(job.log.match(/^::error .*|^::error::.*/gm)).toEqual([expect.stringContaining('The token needs "issues: read"')]);
    expect(job.log).not.toMatch(/^deploying /m);
    expect(world.records()).toEqual([]);
  },
);
