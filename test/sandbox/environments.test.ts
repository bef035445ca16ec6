import { afterAll, afterEach, beforeEach, expect, it } from 'vitest';
import { openShop, type Shop, sampleFolder } from './shop.ts';

const sample = sampleFolder();
afterAll(() => sample.remove());

let shop: Shop;
let admin: string;
beforeEach(async () => {
  shop = await openShop(sample.repository.path);
  shop.sandbox.given.user('octocat', { role: 'admin' });
  shop.sandbox.given.team('octo-org/qa', ['mona', 'hubot']);
  admin = shop.sandbox.token({ login: 'octocat' });
});
afterEach(async () => {
  expect(shop.sandbox.violations).toEqual([]);
  await shop.close();
});

it('are made and changed by an administrator, and by nobody else', async () => {
  const team = (await shop.get('/orgs/octo-org/teams/qa', admin)).body;
  expect(team.members_count).toBe(2);
  const wanted = {
    wait_timer: 10,
    prevent_self_review: true,
    reviewers: [{ type: 'Team', id: team.id }],
    deployment_branch_policy: { protected_branches: false, custom_branch_policies: true },
  };
  expect((await shop.send('PUT', 'environments/uat', wanted)).status).toBe(403);
  expect((await shop.get('environments/uat')).status).toBe(404);
  const { body } = await shop.send('PUT', 'environments/uat', wanted, admin);
  expect(body.protection_rules).toMatchObject([
    { type: 'wait_timer', wait_timer: 10 },
    { type: 'required_reviewers', prevent_self_review: true, reviewers: [{ type: 'Team', reviewer: { slug: 'qa' } }] },
    { type: 'branch_policy' },
  ]);
  expect((await shop.get('environments/UAT')).body).toEqual(body);
  const many = Array.from({ length: 7 }, () => ({ type: 'Team', id: team.id }));
  expect((await shop.send('PUT', 'environments/uat', { reviewers: many }, admin)).status).toBe(422);
  expect((await shop.send('PUT', 'environments/uat', { reviewers: [{ type: 'User', id: 1 }] }, admin)).status).toBe(422);
});

it('take refs by patterns only where patterns are asked for', async () => {
  const policies = 'environments/uat/deployment-branch-policies';
  await shop.send('PUT', 'environments/uat', {}, admin);
  expect((await shop.send('POST', policies, { name: 'main' }, admin)).status).toBe(404);
  const custom = { deployment_branch_policy: { protected_branches: false, custom_branch_policies: true } };
  await shop.send('PUT', 'environments/uat', custom, admin);
  await shop.send('POST', policies, { name: 'main' }, admin);
  await shop.send('POST', policies, { name: 'v*', type: 'tag' }, admin);
  expect((await shop.get(policies)).body).toMatchObject({
    total_count: 2,
    branch_policies: [
      { name: 'main', type: 'branch' },
      { name: 'v*', type: 'tag' },
    ],
  });
  const both = { deployment_branch_policy: { protected_branches: true, custom_branch_policies: true } };
  expect((await shop.send('PUT', 'environments/uat', both, admin)).status).toBe(422);
});

it('tell whether administrators may pass, or do not tell', async () => {
  shop.sandbox.given.environment('uat', { adminBypass: false });
  expect((await shop.get('environments/uat')).body.can_admins_bypass).toBe(false);
  shop.sandbox.given.environment('uat', { adminBypass: null });
  expect((await shop.get('environments/uat')).body).not.toHaveProperty('can_admins_bypass');
});

it('have neighbours: labels that issues bring along, and branches that are protected', async () => {
  expect((await shop.get('labels/promote:hold')).status).toBe(404);
  shop.sandbox.given.issue({ title: 'production: upgrade', labels: ['promote:hold'] });
  expect((await shop.get('labels/promote:hold')).body).toMatchObject({ name: 'promote:hold' });
  const veto = { name: 'promote:veto', color: 'b60205', description: 'A candidate that nobody may promote' };
  expect((await shop.send('POST', 'labels', veto)).body).toMatchObject(veto);
  expect((await shop.send('POST', 'labels', veto)).status).toBe(422);
  shop.sandbox.given.protectedBranch('main');
  const names = async (query: string) => (await shop.get(`branches${query}`)).body.map((one: { name: string }) => one.name);
  expect(await names('?protected=true')).toEqual(['main']);
  expect(await names('?protected=false')).not.toContain('main');
});

it('hide teams from a workflow’s token: in GraphQL with an error at the place, or as a gap; in REST by leaving them out; a token that may read members sees them', async () => {
  const { given } = shop.sandbox;
  given.environment('uat', { reviewers: ['octo-org/qa'] });
  const job = shop.sandbox.token({ permissions: { actions: 'read', contents: 'read' } });
  const rules = 'protectionRules(first: 1) { nodes { reviewers(first: 6) { totalCount nodes { ... on Team { combinedSlug } } } } }';
  const query = `query { repository(owner: "octo-org", name: "shop") { environment(name: "uat") { ${rules} } } }`;
  const asked = async (token: string) => (await shop.query(query, {}, token)).body;
  const named = async (token: string) => (await shop.get('environments/uat', token)).body.protection_rules[0].reviewers.length;
  const path = ['repository', 'environment', 'protectionRules', 'nodes', 0, 'reviewers', 'nodes', 0];

  expect((await shop.get('/orgs/octo-org/teams/qa', job)).status).toBe(404);
  const forbidden = await asked(job);
  expect(forbidden.errors).toMatchObject([{ type: 'FORBIDDEN', path }]);
  expect(forbidden.data.repository.environment.protectionRules.nodes[0].reviewers).toEqual({ totalCount: 1, nodes: [null] });
  expect(await named(job)).toBe(0);
  expect((await asked(admin)).data.repository.environment.protectionRules.nodes[0].reviewers.nodes).toEqual([
    { combinedSlug: 'octo-org/qa' },
  ]);
  expect(await named(admin)).toBe(1);
});
