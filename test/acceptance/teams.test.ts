import { afterEach, describe, expect, it } from 'vitest';
import { FAVOURABLE, type Switches, UNFAVOURABLE } from '../../sandbox/github/index.ts';
import { gated, startWorld, type World } from './world.ts';

let world: World;
afterEach(() => world.close());

/** The environment uat, guarded on GitHub by these. */
async function guardedBy(reviewers: readonly string[], gate: string, switches: Partial<Switches> = {}): Promise<void> {
  world = await startWorld({ pipeline: gated(gate), switches });
  world.sandbox.given.team('octo-org/interns', ['stranger']);
  world.sandbox.given.environment('uat', { reviewers });
}

/** Of an App that the organisation lets read its members. */
const teamReader = () => world.sandbox.token({ login: 'team-reader[bot]', permissions: { actions: 'read', members: 'read' } });

const ONE = '{ approvals: 1, by: [octo-org/qa] }';
const TWO = '{ approvals: 1, by: [octo-org/qa, octo-org/release] }';

const SIDES: readonly (readonly [string, Switches])[] = [
  ['GraphQL refuses its name and REST leaves it out', UNFAVOURABLE],
  ['GraphQL leaves a gap without a word', { ...UNFAVOURABLE, teamsInGraphql: 'null' }],
  ['REST names it', { ...UNFAVOURABLE, teamsInRest: 'named' }],
  ['both name it', FAVOURABLE],
];

describe('a gate that one team guards', () => {
  it.each(SIDES)('opens with the job’s own token when %s', async (_side, switches) => {
    await guardedBy(['octo-org/qa'], ONE, switches);
    const run = world.push();
    expect(await run.plan()).toMatchObject({ requests: 1, outputs: { verdict: 'ask', environment: 'uat' } });
    expect(await run.deploy('uat')).toMatchObject({ exitCode: 1, outputs: { reason: 'approval_missing' } });
    run.approve('hubot', 'uat');
    const job = await run.deploy('uat');
    expect(job).toMatchObject({ exitCode: 0, outputs: { proceed: 'true' } });
    expect(world.records().at(-1)?.payload).toMatchObject({ approvedBy: ['hubot'] });
  });

  it('opens where it asks for nobody in particular', async () => {
    await guardedBy(['octo-org/qa'], '{ approvals: 1 }');
    const run = world.push();
    expect((await run.plan()).outputs).toMatchObject({ verdict: 'ask' });
    run.approve('hubot', 'uat');
    expect(await run.deploy('uat')).toMatchObject({ exitCode: 0 });
  });
});

describe('a gate that several teams guard', () => {
  const several = ['octo-org/qa', 'octo-org/release'];

  it('is refused before anybody is asked, naming the permission that is missing, and one team is a way on', async () => {
    await guardedBy(several, TWO);
    const plan = await world.push().plan();
    expect(plan.outputs).toMatchObject({ verdict: 'blocked', reason: 'reviewers_insufficient' });
    expect(plan.outputs['explanation']).toContain(
      '2 of the required reviewers are teams that this job\'s token may not name (it lacks the organisation\'s permission "members: read")',
    );
    expect(plan.outputs['explanation']).toContain('let one team guard the environment');
    world.sandbox.given.environment('uat', { reviewers: ['octo-org/qa'] });
    world.repository.commit('main', { '.github/promote.yml': gated(ONE) }, 'One team');
    expect((await world.push().plan()).outputs).toMatchObject({ verdict: 'ask' });
  });

  it('opens where REST names them, for one request more', async () => {
    await guardedBy(several, TWO, { teamsInRest: 'named' });
    const run = world.push();
    expect(await run.plan()).toMatchObject({ requests: 2, outputs: { verdict: 'ask' } });
    run.approve('hubot', 'uat');
    const job = await run.deploy('uat');
    expect(job).toMatchObject({ exitCode: 0, outputs: { proceed: 'true' } });
    expect(job.requestsInAll).toBeLessThanOrEqual(8);
  });

  it('opens with a token that may read the organisation’s members', async () => {
    await guardedBy(several, TWO);
    const run = world.push();
    const inputs = { 'reviewers-token': teamReader() };
    const plan = await run.plan(inputs);
    expect(plan.outputs).toMatchObject({ verdict: 'ask' });
    expect(plan.log.replaceAll(/^::add-mask::.*$/gm, '')).not.toContain(inputs['reviewers-token']);
    run.approve('hubot', 'uat');
    expect(await run.deploy('uat', inputs)).toMatchObject({ exitCode: 0, outputs: { proceed: 'true' } });
  });

  it('says that a token given for it does not serve', async () => {
    await guardedBy(several, TWO);
    const useless = world.sandbox.token({ login: 'other[bot]', permissions: { contents: 'read' } });
    const plan = await world.push().plan({ 'reviewers-token': useless });
    expect(plan.outputs).toMatchObject({ verdict: 'blocked', reason: 'protection_unread' });
    expect(plan.outputs['explanation']).toContain('reviewers-token');
  });
});

describe('a gate that another team guards than the one it names', () => {
  it('is seen with a token that may read members', async () => {
    await guardedBy(['octo-org/interns'], ONE);
    const run = world.push();
    const plan = await run.plan({ 'reviewers-token': teamReader() });
    expect(plan.outputs).toMatchObject({ verdict: 'blocked', reason: 'reviewers_insufficient' });
    expect(plan.outputs['explanation']).toContain('octo-org/interns is a required reviewer too');
  });

  it('is seen where GitHub names it', async () => {
    await guardedBy(['octo-org/interns'], ONE, FAVOURABLE);
    expect((await world.push().plan()).outputs).toMatchObject({ verdict: 'blocked', reason: 'reviewers_insufficient' });
  });
});
