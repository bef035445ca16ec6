import { expect } from 'vitest';
import type { Stage } from '../stage.ts';
import { ENVIRONMENTS, job, type Row, SYNTAX } from './row.ts';

const DAY = 86_400_000;
const MINUTE = 60_000;
const PAGE = `${ENVIRONMENTS}`;

const GATED = `
on: push
jobs:
  deploy: ${job('environment: uat')}
  after: ${job('needs: deploy')}`;

/** With mona as the reviewer of uat. */
async function gated(stage: Stage, options: Parameters<Stage['sandbox']['given']['environment']>[1] = {}): Promise<number> {
  stage.sandbox.given.environment('uat', { reviewers: ['mona'], ...options });
  const [id = 0] = await stage.runner.push('main', { actor: 'octocat' });
  await stage.runner.settled();
  return id;
}

const approve = (stage: Stage, id: number, user = 'mona', environments = ['uat']): Promise<void> =>
  stage.runner.review(id, { user, environments, state: 'approved' });

const apiOf = async (stage: Stage, path: string): Promise<unknown> => {
  const token = stage.sandbox.token({ permissions: { actions: 'read', deployments: 'read' } });
  const answer = await fetch(`${stage.sandbox.apiUrl}/repos/octo-org/shop/${path}`, { headers: { authorization: `Bearer ${token}` } });
  return answer.json();
};

export const environmentRows: readonly Row[] = [
  {
    behaviour: 'an environment that does not exist is made, without protection',
    source: `${PAGE} (naming an environment in a workflow)`,
    workflow: GATED,
    expect(stage) {
      expect(stage.results()).toEqual({ deploy: 'success', after: 'success' });
      expect(stage.sandbox.state.environments).toMatchObject([{ name: 'uat', reviewers: [], waitTimer: 0, refPolicy: null }]);
    },
  },
  {
    behaviour: 'a job whose environment has reviewers waits, its run too, and the API shows what is pending',
    source: `${PAGE}#required-reviewers`,
    workflow: GATED,
    async play(stage) {
      const id = await gated(stage);
      expect(await apiOf(stage, `actions/runs/${id}/pending_deployments`)).toMatchObject([{ environment: { name: 'uat' } }]);
      expect(await apiOf(stage, `actions/runs/${id}`)).toMatchObject({ status: 'waiting', conclusion: null });
    },
    expect(stage) {
      expect(stage.results()).toEqual({ deploy: 'waiting' });
      expect(stage.run()).toMatchObject({ status: 'waiting', waiting: ['uat'] });
      expect(stage.ran).toEqual([]);
    },
  },
  {
    behaviour: 'one approval of one reviewer lets the job go on, also through the API',
    source: `${PAGE}#required-reviewers`,
    workflow: GATED,
    async play(stage) {
      const id = await gated(stage, { reviewers: ['mona', 'hubot'] });
      const token = stage.sandbox.token({ login: 'mona' });
      const answer = await fetch(`${stage.sandbox.apiUrl}/repos/octo-org/shop/actions/runs/${id}/pending_deployments`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}` },
        body: JSON.stringify({ environment_ids: [stage.sandbox.state.environments[0]?.id], state: 'approved', comment: 'fine' }),
      });
      expect(answer.status).toBe(200);
      await stage.runner.settled();
      expect(await apiOf(stage, `actions/runs/${id}/approvals`)).toMatchObject([{ state: 'approved', user: { login: 'mona' } }]);
    },
    expect(stage) {
      expect(stage.results()).toEqual({ deploy: 'success', after: 'success' });
      expect(stage.run()).toMatchObject({ status: 'completed', conclusion: 'success', waiting: [] });
    },
  },
  {
    behaviour: 'jobs that wait together share one approval; a later job of the environment asks anew',
    source: 'public probe liquibase/liquibase#7964',
    workflow: `
on: push
jobs:
  a: ${job('environment: uat')}
  b: ${job('environment: UAT')}
  c: ${job('needs: [a, b], environment: uat')}`,
    async play(stage) {
      const id = await gated(stage);
      expect(stage.results()).toEqual({ a: 'waiting', b: 'waiting' });
      await approve(stage, id);
      await stage.runner.settled();
    },
    expect(stage) {
      expect(stage.results()).toEqual({ a: 'success', b: 'success', c: 'waiting' });
      expect(stage.run()).toMatchObject({ status: 'waiting', waiting: ['uat'] });
    },
  },
  {
    behaviour: 'only reviewers may review, and only what is pending',
    source: `${PAGE}#required-reviewers`,
    workflow: GATED,
    async play(stage) {
      const id = await gated(stage);
      await expect(approve(stage, id, 'hubot')).rejects.toThrow('hubot is not a required reviewer of uat');
      await expect(approve(stage, id, 'mona', ['production'])).rejects.toThrow('waits for production');
    },
    expect: (stage) => expect(stage.results()).toEqual({ deploy: 'waiting' }),
  },
  {
    behaviour: 'who started the run may review it, unless the environment forbids that',
    source: `${PAGE}#required-reviewers`,
    workflow: GATED,
    async play(stage) {
      const id = await gated(stage, { reviewers: ['octocat', 'mona'], preventSelfReview: true });
      await expect(approve(stage, id, 'octocat')).rejects.toThrow('octocat started this run and may not review it');
      expect(stage.results()).toEqual({ deploy: 'waiting' });
      stage.sandbox.given.environment('uat', { preventSelfReview: false });
      await approve(stage, id, 'octocat');
      await stage.runner.settled();
    },
    expect: (stage) => expect(stage.results()).toEqual({ deploy: 'success', after: 'success' }),
  },
  {
    behaviour: 'a rejection fails the job and with it the run',
    source: 'how-tos/deploy/configure-and-manage-deployments/review-deployments',
    workflow: GATED,
    async play(stage) {
      const id = await gated(stage);
      await stage.runner.review(id, { user: 'mona', environments: ['uat'], state: 'rejected', comment: 'no' });
      await stage.runner.settled();
    },
    expect(stage) {
      expect(stage.results()).toEqual({ deploy: 'failure', after: 'skipped' });
      expect(stage.run()).toMatchObject({ status: 'completed', conclusion: 'failure', waiting: [] });
      expect(stage.ran).toEqual([]);
    },
  },
  {
    behaviour: 'a job that nobody approved for 30 days fails',
    source: 'how-tos/deploy/configure-and-manage-deployments/review-deployments',
    workflow: GATED,
    async play(stage) {
      await gated(stage);
      await stage.runner.advance(30 * DAY - MINUTE);
      expect(stage.results()).toEqual({ deploy: 'waiting' });
      await stage.runner.advance(MINUTE);
    },
    expect(stage) {
      expect(stage.results()).toEqual({ deploy: 'failure', after: 'skipped' });
      expect(stage.run()).toMatchObject({ status: 'completed', conclusion: 'failure' });
    },
  },
  {
    behaviour: 'a wait timer holds the job for its minutes, beside the review',
    source: `${PAGE}#wait-timer`,
    workflow: GATED,
    async play(stage) {
      const id = await gated(stage, { waitTimer: 30 });
      await approve(stage, id);
      expect(stage.run()).toMatchObject({ status: 'waiting', waiting: [] });
      await stage.runner.advance(29 * MINUTE);
      expect(stage.results()).toEqual({ deploy: 'waiting' });
      await stage.runner.advance(MINUTE);
    },
    expect: (stage) => expect(stage.results()).toEqual({ deploy: 'success', after: 'success' }),
  },
  {
    behaviour: 'administrators may start waiting jobs, unless the environment forbids that; others may not',
    source: `${PAGE}#allow-administrators-to-bypass-configured-protection-rules`,
    workflow: GATED,
    async play(stage) {
      const id = await gated(stage, { waitTimer: 30, adminBypass: false });
      await expect(stage.runner.bypass(id, { user: 'octocat', environments: ['uat'] })).rejects.toThrow('does not let administrators');
      stage.sandbox.given.environment('uat', { adminBypass: true });
      await expect(stage.runner.bypass(id, { user: 'hubot', environments: ['uat'] })).rejects.toThrow('hubot is no administrator');
      await stage.runner.bypass(id, { user: 'octocat', environments: ['uat'], listed: false });
      await stage.runner.settled();
      expect(await apiOf(stage, `actions/runs/${id}/approvals`)).toEqual([]);
    },
    expect: (stage) => expect(stage.results()).toEqual({ deploy: 'success', after: 'success' }),
  },
  {
    behaviour: 'refs that no pattern of the environment matches may not deploy; * does not match a slash',
    source: `${PAGE}#deployment-branches-and-tags`,
    workflow: GATED,
    async play(stage) {
      const { sandbox, runner, repository } = stage;
      sandbox.given.environment('uat', {
        refPolicy: [
          { name: 'release/*', type: 'branch' },
          { name: 'v[0-9]*', type: 'tag' },
        ],
      });
      const outcomes: Record<string, string | undefined> = {};
      for (const branch of ['release/1', 'release/2/hot', 'other']) repository.branch(branch, 'main');
      for (const tag of ['v1', 'release/1', 'beta']) repository.tag(tag, 'main');
      const refs = ['heads/release/1', 'heads/release/2/hot', 'heads/other', 'heads/main', 'tags/v1', 'tags/beta', 'tags/release/1'];
      for (const ref of refs) {
        const [id] = await runner.push(`refs/${ref}`);
        await runner.settled();
        outcomes[ref] = stage.results(id)['deploy'];
      }
      expect(outcomes).toEqual({
        'heads/release/1': 'success',
        'heads/release/2/hot': 'failure',
        'heads/other': 'failure',
        'heads/main': 'failure',
        'tags/v1': 'success',
        'tags/beta': 'failure',
        'tags/release/1': 'failure',
      });
    },
    expect: (stage) =>
      expect(stage.job('deploy').annotations[0]?.message).toBe(
        'Tag "release/1" is not allowed to deploy to uat due to environment protection rules.',
      ),
  },
  {
    behaviour: 'with "protected branches only" all others may not deploy',
    source: `${PAGE}#deployment-branches-and-tags`,
    workflow: GATED,
    async play(stage) {
      const { sandbox, runner, repository } = stage;
      sandbox.given.environment('uat', { refPolicy: 'protected' });
      sandbox.given.protectedBranch('main');
      repository.branch('other', 'main');
      const [id] = await runner.push('other');
      await runner.settled();
      expect(stage.results(id)).toEqual({ deploy: 'failure', after: 'skipped' });
      await runner.push('main');
      await runner.settled();
    },
    expect: (stage) => expect(stage.results()).toEqual({ deploy: 'success', after: 'success' }),
  },
  {
    behaviour: "a job with an environment makes GitHub's own deployment, which tells how the job ended and where it is to be seen",
    source: `${PAGE} and ${SYNTAX}#jobsjob_idenvironment`,
    workflow: `
on: push
jobs:
  good: ${job("environment: { name: dev, url: 'https://${{ steps.x.outputs.host }}' }")}
  bad: ${job('environment: uat')}`,
    options: { jobs: { good: () => ({ environmentUrl: 'https://dev.example.com' }), bad: () => ({ conclusion: 'failure' }) } },
    expect(stage) {
      const told = stage.sandbox.state.deployments.map(({ environment, task, statuses }) => ({
        environment,
        task,
        states: statuses.map(({ state }) => state),
        url: statuses.at(-1)?.environmentUrl,
      }));
      expect(told).toEqual([
        { environment: 'dev', task: 'deploy', states: ['in_progress', 'success'], url: 'https://dev.example.com' },
        { environment: 'uat', task: 'deploy', states: ['in_progress', 'failure'], url: '' },
      ]);
    },
  },
  {
    behaviour: 'with deployment: false there is none, and the gate is there all the same',
    source: 'https://github.blog/changelog/ 2026-03-19 and the workflow schema',
    workflow: `
on: push
jobs:
  deploy: ${job('environment: { name: uat, deployment: false }')}`,
    async play(stage) {
      const id = await gated(stage);
      expect(stage.results()).toEqual({ deploy: 'waiting' });
      await approve(stage, id);
      await stage.runner.settled();
    },
    expect(stage) {
      expect(stage.results()).toEqual({ deploy: 'success' });
      expect(stage.sandbox.state.deployments).toEqual([]);
    },
  },
  {
    behaviour: 'when an environment is removed, the jobs that wait for it fail',
    source: `${PAGE}#deleting-an-environment`,
    workflow: `
on: push
jobs:
  deploy: ${job('environment: uat')}`,
    async play(stage) {
      await gated(stage);
      const headers = { authorization: `Bearer ${stage.sandbox.token({ login: 'octocat' })}` };
      const { owner, name, apiUrl } = stage.sandbox;
      expect((await fetch(`${apiUrl}/repos/${owner}/${name}/environments/uat`, { method: 'DELETE', headers })).status).toBe(204);
      await stage.runner.settled();
    },
    expect: (stage) => expect(stage.results()).toEqual({ deploy: 'failure' }),
  },
  {
    behaviour: 'a concurrency group is taken before the approval: who waits for a reviewer holds the lane',
    source: 'https://github.com/orgs/community/discussions/17401',
    workflow: `
on: push
jobs:
  deploy: ${job('environment: uat, concurrency: lane')}`,
    async play(stage) {
      const first = await gated(stage);
      const second = await gated(stage);
      expect(stage.results(first)).toEqual({ deploy: 'waiting' });
      expect(stage.results(second)).toEqual({ deploy: 'pending' });
      expect(stage.run(second)).toMatchObject({ status: 'pending', waiting: [] });
      await approve(stage, first);
      await stage.runner.settled();
    },
    expect: (stage) => expect(stage.results()).toEqual({ deploy: 'waiting' }),
  },
];
