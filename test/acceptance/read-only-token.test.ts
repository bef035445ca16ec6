import { afterEach, expect, it } from 'vitest';
import type { Permissions } from '../../sandbox/github/index.ts';
import { startWorld, type World } from './world.ts';

let world: World;
afterEach(() => world.close());

/** What Dependabot's pushes get. */
const READ: Permissions = {
  actions: 'read',
  checks: 'read',
  contents: 'read',
  deployments: 'read',
  issues: 'read',
  'pull-requests': 'read',
};

async function planWith(permissions: Permissions) {
  world = await startWorld();
  const sha = world.repository.commit('main', { 'src/shop.txt': 'umbrellas' }, 'A change');
  return world.run({ sha, token: world.sandbox.token({ permissions }) }).plan();
}

it('a plan needs no token that may write', async () => {
  const plan = await planWith(READ);
  expect(plan).toMatchObject({ exitCode: 0, outputs: { verdict: 'deploy', environment: 'dev', proceed: 'true' } });
  expect(plan.log).not.toContain('::warning');
});

it.each([
  ['issues', 'issues: read'],
  ['deployments', 'deployments: read'],
  ['contents', 'contents: read'],
] as const)('a plan whose token may not read %s opens nothing, and names the permission', async (name, told) => {
  const plan = await planWith({ ...READ, [name]: 'none' });
  expect(plan.outputs['proceed']).not.toBe('true');
  expect(plan.exitCode).toBe(1);
  expect(plan.log).toContain(told);
});

it.each([['actions'], ['checks'], ['pull-requests']] as const)(
  'a plan whose token may not read %s goes on where nothing of that is needed',
  async (name) => {
    const plan = await planWith({ ...READ, [name]: 'none' });
    expect(plan.outputs).toMatchObject({ verdict: 'deploy', environment: 'dev' });
    if (name === 'actions') expect(plan.log).toContain('The token needs "actions: read"');
  },
);
