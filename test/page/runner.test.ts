/** The page in front of workflows that really run. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { executeJob } from '../../sandbox/runner/job/execute.ts';
import { openStage, type Stage } from '../runner/stage.ts';
import { type Browsing, browse, LAUNCH_TIMEOUT } from './browser.ts';

const WORKFLOW = `
name: Delivery
on: [push]
jobs:
  build:
    runs-on: ubuntu-latest
    steps:
      - name: Build it
        run: |
          echo "built <it>"
          echo '### Built' >> "$GITHUB_STEP_SUMMARY"
  deploy:
    needs: build
    runs-on: ubuntu-latest
    environment: uat
    steps:
      - name: Deploy it
        run: |
          echo "::warning title=Careful::almost full"
          echo "deployed"
`;

let browsing: Browsing;
let stage: Stage;
beforeAll(async () => {
  browsing = await browse();
}, LAUNCH_TIMEOUT);
afterAll(() => browsing.close());
beforeEach(async () => {
  stage = await openStage(WORKFLOW, { executeJob, sandbox: { switches: { rerunGates: 'ask' } } });
  stage.sandbox.given.environment('uat', { reviewers: ['mona'] });
});
afterEach(async () => {
  expect(browsing.mishaps).toEqual([]);
  expect(stage.sandbox.violations).toEqual([]);
  await stage.close();
});

it('starts, waits, is approved, ends, and is run again before the eyes of who looks', async () => {
  const page = await browsing.open();
  await page.goto(`${stage.sandbox.url}/octo-org/shop/actions`);
  await page.getByText('No runs yet.').waitFor();
  await stage.runner.push('main', { actor: 'octocat' });
  await page.getByRole('link', { name: 'Workflows', exact: true }).click();
  const title = page.getByRole('heading', { level: 1 });
  await title.getByRole('img', { name: 'Waiting' }).waitFor();
  await page.getByRole('region', { name: 'build summary' }).getByRole('heading', { name: 'Built' }).waitFor();

  await page.getByLabel('Signed in as').selectOption('mona');
  await page.getByRole('button', { name: 'Review deployments' }).click();
  await page.getByRole('checkbox', { name: 'uat' }).check();
  await page.getByRole('button', { name: 'Approve and deploy' }).click();
  await title.getByRole('img', { name: 'Success' }).waitFor();
  await page.getByText('almost full').waitFor();
  expect(stage.results()).toEqual({ build: 'success', deploy: 'success' });

  await page.getByRole('navigation', { name: 'Jobs' }).getByRole('link', { name: 'deploy' }).click();
  await page.locator('details.step > summary', { hasText: 'Deploy it' }).click();
  await page.locator('details.step[open]').getByText('deployed', { exact: true }).waitFor();

  await page.getByRole('button', { name: 'Re-run all jobs' }).click();
  await page.getByText('mona requested your review to deploy to uat').waitFor();
  await page.getByRole('button', { name: 'Cancel workflow' }).click();
  await title.getByRole('img', { name: 'Cancelled' }).waitFor();
  await stage.runner.settled();
  expect(stage.run()).toMatchObject({ attempt: 2, conclusion: 'cancelled' });
  await page.context().close();
});
