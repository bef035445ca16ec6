import { expect, test } from 'vitest';
import { pushed } from './stage.ts';

const CALLER = `
name: Promote
on: { push: { branches: [main] } }
permissions: { contents: read, deployments: write }
jobs:
  promote:
    uses: octo-org/promote-action/.github/workflows/pipeline.yml@v1
    with: { greeting: hello }
    secrets: { TOKEN_OF_SHOP: '\${{ secrets.SHOP }}' }
`;
const PIPELINE = `
name: Pipeline
on:
  workflow_call:
    inputs: { greeting: { type: string, required: true } }
    secrets: { TOKEN_OF_SHOP: { required: true } }
    outputs: { last: { value: '\${{ jobs.stage-2.outputs.stopped }}' } }
jobs:
  plan:
    runs-on: ubuntu-latest
    outputs: { chain: '\${{ steps.plan.outputs.chain }}' }
    steps: [{ id: plan, run: 'true' }]
  stage-1:
    needs: plan
    if: \${{ !cancelled() && needs.plan.result == 'success' }}
    strategy:
      matrix: { entry: '\${{ fromJSON(needs.plan.outputs.chain)[0] }}' }
    uses: $/.github/workflows/deploy.yml
    with: { environment: '\${{ matrix.entry.environment }}' }
    secrets: inherit
  stage-2:
    needs: [plan, stage-1]
    if: \${{ !cancelled() && !failure() && needs.stage-1.outputs.stopped == '' }}
    strategy:
      matrix: { entry: '\${{ fromJSON(needs.plan.outputs.chain)[1] }}' }
    uses: $/.github/workflows/deploy.yml
    with: { environment: '\${{ matrix.entry.environment }}' }
    secrets: inherit
`;
const DEPLOY = `
on:
  workflow_call:
    inputs: { environment: { type: string, required: true } }
    outputs: { stopped: { value: '\${{ jobs.deploy.outputs.stopped }}' } }
jobs:
  deploy:
    runs-on: ubuntu-latest
    environment: { name: '\${{ inputs.environment }}', deployment: false }
    permissions: { deployments: write }
    outputs: { stopped: '\${{ steps.s.outputs.stopped }}' }
    steps: [{ id: s, run: 'true' }]
`;

test('a chain of called workflows waits at its gate and goes on when it is approved', async () => {
  const stage = await pushed(CALLER, {
    secrets: { SHOP: 'open-sesame' },
    others: { 'octo-org/promote-action': { '.github/workflows/pipeline.yml': PIPELINE, '.github/workflows/deploy.yml': DEPLOY } },
    jobs: {
      'promote/plan': () => ({ outputs: { chain: JSON.stringify([[{ environment: 'dev' }], [{ environment: 'uat' }]]) } }),
    },
  });
  const { sandbox, runner } = stage;
  expect(stage.run()).toMatchObject({ status: 'completed', conclusion: 'success', problem: null });
  sandbox.given.environment('uat', { reviewers: ['mona'] });
  await runner.rerun(stage.run().id);
  await runner.settled();
  expect(stage.results()).toEqual({
    'promote/plan': 'success',
    'promote/stage-1[0]/deploy': 'success',
    'promote/stage-2[0]/deploy': 'waiting',
  });
  expect(stage.run()).toMatchObject({ status: 'waiting', waiting: ['uat'], attempt: 2 });
  await runner.review(stage.run().id, { user: 'mona', environments: ['uat'], state: 'approved', comment: 'fine' });
  await runner.settled();
  expect(stage.run()).toMatchObject({ status: 'completed', conclusion: 'success' });
  const request = stage.request('promote/stage-2[0]/deploy');
  expect(request.name).toBe('promote / stage-2 (uat) / deploy');
  expect(request.contexts).toMatchObject({
    inputs: { environment: 'uat' },
    secrets: { TOKEN_OF_SHOP: 'open-sesame' },
    job: { workflow_repository: 'octo-org/promote-action', workflow_ref: 'octo-org/promote-action/.github/workflows/deploy.yml@v1' },
    github: { workflow_ref: 'octo-org/shop/.github/workflows/ci.yml@refs/heads/main', event_name: 'push', workflow: 'Promote' },
  });
  expect(sandbox.state.deployments).toEqual([]);
  expect(sandbox.violations).toEqual([]);
  await stage.close();
});
