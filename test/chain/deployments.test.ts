import { afterEach, describe, expect, it } from 'vitest';
import { CALLER, openShop, SHORT, type Shop } from './shop.ts';

let shop: Shop;
afterEach(() => shop.close());

const DOOR = 'Stage 2 (production) / Deploy to production';
const WITHOUT = CALLER.replace('    secrets:', '    with: { deployment: false }\n    secrets:');
const deployed = (environment: string) => shop.history().filter((line) => line.startsWith(environment));

describe('deployments that GitHub makes for the jobs', () => {
  it('are told from records, also where the run is of another commit', async () => {
    shop = await openShop({ pipeline: SHORT });
    shop.repository.commit('topic', { 'message.txt': 'of a branch' }, 'of a branch', 'octocat', 'main');
    const inputs = { environment: 'dev', ref: 'refs/heads/topic' };
    const first = await shop.byHand(inputs);
    expect(shop.run(first).conclusion).toBe('success');
    const own = shop.sandbox.state.deployments.filter(({ task }) => task === 'deploy');
    expect(own.map(({ environment, sha }) => [environment, sha])).toEqual([['dev', shop.repository.sha('main')]]);
    const again = await shop.byHand(inputs);
    expect(shop.run(again).conclusion).toBe('success');
    expect(shop.log(again, 'Plan')).toContain('has passed dev; nothing is left to do there');
    expect(deployed('dev')).toEqual(['dev of a branch']);
  });

  it('say nothing where people were only asked, or nothing went in', async () => {
    const twice = SHORT.replace('approvals: 1,', 'approvals: 2,').replace(
      '    role: production\n',
      "    role: production\n    windows: [{ days: mon-fri, hours: '09:00-16:00', zone: UTC }]\n",
    );
    shop = await openShop({ pipeline: twice });
    const run = await shop.push('main', 'too late');
    await shop.approve(run, 'production', 'mona');
    await shop.advance(7);
    await shop.approve(run, 'production', 'hubot');
    expect(shop.log(run, DOOR)).toContain('outside_window');
    const own = shop.sandbox.state.deployments.filter(({ task, environment }) => task === 'deploy' && environment === 'production');
    expect(own.map(({ statuses }) => statuses.at(-1)?.state)).toEqual(['success', 'success']);
    await shop.advance(17);
    const next = shop.goesOnAs(run);
    await shop.approve(next, 'production', 'mona', 'hubot');
    expect(deployed('production')).toEqual(['production too late']);
  });
});

describe('the wish', () => {
  it('that jobs make none: GitHub may not list who approved, and the door says so', async () => {
    shop = await openShop({ pipeline: SHORT, caller: WITHOUT });
    const run = await shop.push();
    await shop.approve(run, 'production', 'mona');
    expect(shop.run(run).conclusion).toBe('failure');
    expect(shop.log(run, DOOR)).toMatch(/approval_missing[\s\S]*"deployment: false", for which GitHub may list none/);
    expect(shop.sandbox.state.deployments.every(({ task }) => task.startsWith('promote:'))).toBe(true);
    expect(deployed('production')).toEqual([]);
  });

  it('that jobs make none is fulfilled where GitHub lists the approval', async () => {
    shop = await openShop({ pipeline: SHORT, caller: WITHOUT, switches: { approvalsWithoutDeployment: 'listed' } });
    const run = await shop.push();
    await shop.approve(run, 'production', 'mona');
    expect(shop.run(run).conclusion).toBe('success');
    expect(deployed('production')).toEqual(['production a change']);
  });
});

describe("GitHub's own hold", () => {
  const ENFORCED = SHORT.replace('by: [octo-org/release]', 'by: [octo-org/release], evidence: enforced');

  it.each([
    ['a deployment is made', 'true', 'silent', true],
    ['none is made, and the identity of the job names its environment', 'false', 'named', true],
    ['none is made, and it does not: nobody gets in', 'false', 'silent', false],
  ] as const)('proves the hold where %s', async (_, deployment, identityWithoutDeployment, proven) => {
    const caller = CALLER.replace('    secrets:', `    with: { oidc: true, deployment: ${deployment} }\n    secrets:`);
    shop = await openShop({ pipeline: ENFORCED, caller, switches: { identityWithoutDeployment } });
    const run = await shop.push();
    await shop.runner.review(run, { user: 'mona', environments: ['production'], state: 'approved', listed: false });
    await shop.runner.settled();
    expect(shop.run(run).conclusion).toBe(proven ? 'success' : 'failure');
    expect(deployed('production')).toHaveLength(proven ? 1 : 0);
    if (!proven) expect(shop.log(run, 'Stage 2 (production) / Deploy to production with OIDC')).toContain('enforcement_unproven');
  });
});

it.each([
  ['is listed as who approved', 'listed', true],
  ['is listed nowhere, and lets nothing in', 'unlisted', false],
] as const)('an administrator who starts it past its reviewers %s', async (_, bypasses, goesIn) => {
  shop = await openShop({ pipeline: SHORT, switches: { bypasses } });
  const run = await shop.push();
  await shop.runner.bypass(run, { user: 'mona', environments: ['production'] });
  await shop.runner.settled();
  expect(shop.run(run).conclusion).toBe(goesIn ? 'success' : 'failure');
  if (!goesIn) expect(shop.log(run, DOOR)).toMatch(/approval_missing[\s\S]*an administrator started it past them/);
});

it('a run that may not define so many jobs does not start', async () => {
  shop = await openShop({ pipeline: SHORT, switches: { manyJobs: 'refused' } });
  const run = await shop.push();
  expect(() => shop.run(run)).toThrow(/could not start: The workflow defines \d+ jobs/);
  expect(shop.history()).toEqual([]);
});

it('several teams guard production where the caller hands over a token that may name them, and not without', async () => {
  const twoTeams = SHORT.replace('by: [octo-org/release]', 'by: [octo-org/release, octo-org/qa]');
  const caller = CALLER.replace(
    "secrets: { PROMOTE_ENV: '${{ secrets.PROMOTE_ENV }}' }",
    "secrets: { REVIEWERS_TOKEN: '${{ secrets.REVIEWERS_TOKEN }}' }",
  );
  const secrets: Record<string, string> = {};
  shop = await openShop({ pipeline: twoTeams, caller, secrets });
  shop.sandbox.given.environment('production', { reviewers: ['octo-org/release', 'octo-org/qa'] });
  const without = await shop.push('main', 'nobody can tell');
  expect(shop.job(without, 'Plan').summary).toContain('reviewers_insufficient');
  expect(shop.run(without).jobs['Stage 2']).toBe('skipped');
  secrets['REVIEWERS_TOKEN'] = shop.sandbox.token({ login: 'team-reader[bot]', permissions: { actions: 'read', members: 'read' } });
  const run = await shop.push('main', 'named');
  await shop.approve(run, 'production', 'mona');
  expect(shop.run(run).conclusion).toBe('success');
  expect(deployed('production')).toEqual(['production named']);
});
