import { getOctokit } from '@actions/github';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openShop, type Shop, sampleFolder } from './shop.ts';

const sample = sampleFolder();
afterAll(() => sample.remove());
const [first = '', , third = '', tip = ''] = sample.main;
const FREE = { auto_merge: false, required_contexts: [] };

let shop: Shop;
beforeEach(async () => {
  shop = await openShop(sample.repository.path);
});
afterEach(async () => {
  await shop.close();
});

describe('Git over REST', () => {
  afterEach(() => expect(shop.sandbox.violations).toEqual([]));

  beforeAll(() => {
    sample.repository.commit('feature/a', { 'a.txt': 'a\n' }, 'Try a', 'mona', first);
  });

  it('tells refs, and peels nothing', async () => {
    expect((await shop.get('git/ref/heads/main')).body.object).toMatchObject({ type: 'commit', sha: tip });
    const tag = (await shop.get('git/ref/tags/v1.0.0')).body.object;
    expect(tag.type).toBe('tag');
    expect((await shop.get(`git/tags/${tag.sha}`)).body.object).toMatchObject({ type: 'commit', sha: third });
    expect((await shop.get('git/ref/heads/gone')).status).toBe(404);
    expect((await shop.get('git/matching-refs/heads/feature')).body.map((ref: { ref: string }) => ref.ref)).toEqual([
      'refs/heads/feature/a',
    ]);
    expect((await shop.get('branches/feature/a')).body.commit.commit.message).toBe('Try a');
  });

  it('compares commits by ancestry', async () => {
    const status = async (basehead: string) => {
      const { body } = await shop.get(`compare/${basehead}`);
      return [body.status, body.ahead_by, body.behind_by];
    };
    expect(await status('v1.0.0...main')).toEqual(['ahead', 1, 0]);
    expect(await status('main...v1.0.0')).toEqual(['behind', 0, 1]);
    expect(await status(`${tip}...main`)).toEqual(['identical', 0, 0]);
    expect(await status('main...feature/a')).toEqual(['diverged', 1, 3]);
    expect((await shop.get('compare/main...nothing')).status).toBe(404);
  });

  it('tells files as they are in a commit', async () => {
    const { body } = await shop.get('contents/src/cart.js?ref=v1.0.0');
    expect(Buffer.from(body.content, 'base64').toString()).toBe('export const cart = [];\n');
    expect((await shop.get('contents/src')).body.map((entry: { name: string }) => entry.name)).toEqual(['cart.js', 'invoice.js']);
    expect((await shop.get('contents/none')).status).toBe(404);
  });

  it('pages lists with links', async () => {
    const { body, headers } = await shop.get('commits?per_page=3');
    expect(body.map((commit: { sha: string }) => commit.sha)).toEqual(sample.main.toReversed().slice(0, 3));
    const next = /<([^>]+)>; rel="next"/.exec(headers.get('link') ?? '')?.[1] ?? '';
    const rest = await fetch(next, { headers: { authorization: `Bearer ${shop.token}` } });
    expect(((await rest.json()) as { sha: string }[]).map((commit) => commit.sha)).toEqual([first]);
  });

  it('sees what is committed while it runs', async () => {
    const later = sample.repository.commit('later', { 'later.txt': 'x\n' }, 'Later');
    expect((await shop.get('git/ref/heads/later')).body.object.sha).toBe(later);
    expect((await shop.get(`commits/${later}`)).body.files).toMatchObject([{ filename: 'later.txt', status: 'added', additions: 1 }]);
    sample.repository.deleteRef('refs/heads/later');
    expect((await shop.get('git/ref/heads/later')).status).toBe(404);
  });
});

describe('deployments', () => {
  afterEach(() => expect(shop.sandbox.violations).toEqual([]));

  it('are refused by the defaults: a run that is still going, a ref behind the default branch', async () => {
    expect(await shop.send('POST', 'deployments', { ref: 'v1.0.0' })).toMatchObject({
      status: 409,
      body: { message: 'Conflict merging main into v1.0.0.' },
    });
    sample.repository.branch('behind', first);
    expect((await shop.send('POST', 'deployments', { ref: 'behind' })).status).toBe(202);
    shop.sandbox.given.run({ headSha: tip });
    const busy = await shop.send('POST', 'deployments', { ref: 'main', auto_merge: false });
    expect(busy.status).toBe(409);
    expect(busy.body.message).toContain('Commit status checks failed');
    expect(shop.sandbox.state.deployments).toEqual([]);
    sample.repository.deleteRef('refs/heads/behind');
  });

  it('heed the contexts that are asked for', async () => {
    const wanted = { ref: 'main', auto_merge: false, required_contexts: ['ci'] };
    expect((await shop.send('POST', 'deployments', wanted)).status).toBe(409);
    shop.sandbox.given.commitStatus(tip, 'ci', 'success');
    expect((await shop.send('POST', 'deployments', wanted)).status).toBe(201);
  });

  it('get growing ids, keep their payload, and create the environment they name', async () => {
    const one = await shop.send('POST', 'deployments', { ref: tip, environment: 'UAT', payload: { schema: 1 }, ...FREE });
    const two = await shop.send('POST', 'deployments', { ref: 'main', environment: 'uat', ...FREE });
    expect(two.body.id).toBeGreaterThan(one.body.id);
    expect(one.body).toMatchObject({
      sha: tip,
      ref: tip,
      payload: { schema: 1 },
      production_environment: false,
      creator: { login: 'github-actions[bot]' },
    });
    expect((await shop.get('environments')).body).toMatchObject({ total_count: 1, environments: [{ name: 'UAT', protection_rules: [] }] });
    expect((await shop.get('deployments?environment=uat')).body.map((found: { id: number }) => found.id)).toEqual([
      two.body.id,
      one.body.id,
    ]);
    expect(await shop.send('POST', 'deployments', { ref: 'nothing', ...FREE })).toMatchObject({
      status: 422,
      body: { message: 'No ref found for: nothing' },
    });
    expect((await shop.send('POST', 'deployments', { ref: tip, environment: 'production', ...FREE })).body.production_environment).toBe(
      true,
    );
  });

  it('read inactive once a later one succeeds, unless in production or asked not to', async () => {
    const deploy = async (environment: string, status: object) => {
      const { body } = await shop.send('POST', 'deployments', { ref: tip, environment, ...FREE });
      expect((await shop.send('POST', `deployments/${body.id}/statuses`, { state: 'success', ...status })).status).toBe(201);
      return async () => (await shop.get(`deployments/${body.id}/statuses`)).body.map((entry: { state: string }) => entry.state);
    };
    const [uat, production] = [await deploy('uat', {}), await deploy('production', {})];
    await deploy('uat', { auto_inactive: false });
    await deploy('production', {});
    expect(await uat()).toEqual(['success']);
    await deploy('uat', {});
    expect(await uat()).toEqual(['inactive', 'success']);
    expect(await production()).toEqual(['success']);
  });

  it('take descriptions of 140 characters and no more', async () => {
    const { body } = await shop.send('POST', 'deployments', { ref: tip, ...FREE });
    const say = (length: number) =>
      shop.send('POST', `deployments/${body.id}/statuses`, { state: 'in_progress', description: 'é'.repeat(length) });
    expect((await say(140)).status).toBe(201);
    expect(await say(141)).toMatchObject({ status: 422, body: { message: 'Validation Failed' } });
  });
});

describe('runs and reviews', () => {
  afterEach(() => expect(shop.sandbox.violations).toEqual([]));

  it('are approved by a required reviewer with a token of their own, and by nobody else', async () => {
    const { given } = shop.sandbox;
    const { id } = given.environment('uat', { reviewers: ['octo-org/qa'], preventSelfReview: true });
    given.team('octo-org/qa', ['mona', 'octocat']);
    given.user('hubot', { role: 'admin' });
    const run = given.run({ headSha: tip, actor: 'octocat' });
    given.waiting(run.id, 'uat');
    const pending = await shop.get(`actions/runs/${run.id}/pending_deployments`);
    expect(pending.body).toMatchObject([
      { environment: { id, name: 'uat' }, current_user_can_approve: false, reviewers: [{ type: 'Team' }] },
    ]);
    const review = (token: string) =>
      shop.send('POST', `actions/runs/${run.id}/pending_deployments`, { environment_ids: [id], state: 'approved', comment: 'fine' }, token);
    expect((await review(shop.token)).status).toBe(403);
    expect((await review(shop.sandbox.token({ login: 'hubot' }))).status).toBe(403);
    expect((await review(shop.sandbox.token({ login: 'octocat' }))).status).toBe(403);
    expect((await shop.get(`actions/runs/${run.id}/approvals`)).body).toEqual([]);
    expect((await review(shop.sandbox.token({ login: 'mona' }))).status).toBe(200);
    const { body } = await shop.get(`actions/runs/${run.id}/approvals`);
    expect(body).toMatchObject([{ state: 'approved', comment: 'fine', user: { login: 'mona' }, environments: [{ name: 'uat' }] }]);
    expect(Object.keys(body[0]).toSorted()).toEqual(['comment', 'environments', 'state', 'user']);
    expect((await shop.get(`actions/runs/${run.id}`)).body).toMatchObject({ status: 'in_progress', run_attempt: 1, head_sha: tip });
    expect((await review(shop.sandbox.token({ login: 'mona' }))).status).toBe(422);
  });

  it('can hide an approval, as GitHub may for jobs without a deployment', async () => {
    const run = shop.sandbox.given.run({ headSha: tip });
    shop.sandbox.given.review(run.id, { user: 'mona', environments: ['uat'], listed: false });
    expect((await shop.get(`actions/runs/${run.id}/approvals`)).body).toEqual([]);
    expect(shop.sandbox.state.runs[0]?.reviews).toHaveLength(1);
  });

  it('list the jobs of one attempt, page by page, with the runner of those that have begun', async () => {
    const { given } = shop.sandbox;
    const run = given.run({ headSha: tip });
    const test = given.job(run.id, { name: 'test', status: 'in_progress', startedAt: 0, runnerName: 'GitHub Actions 12' });
    given.job(run.id, { name: 'deploy' });
    given.finishJob(test.id, 'success');
    const jobs = `actions/runs/${run.id}/attempts`;
    expect((await shop.get(`${jobs}/1/jobs`)).body).toMatchObject({
      total_count: 2,
      jobs: [
        { id: test.id, run_attempt: 1, status: 'completed', conclusion: 'success', runner_name: 'GitHub Actions 12' },
        { name: 'deploy', status: 'queued', conclusion: null, completed_at: null, runner_name: null },
      ],
    });
    expect((await shop.get(`${jobs}/1/jobs?per_page=1&page=2`)).body).toMatchObject({ total_count: 2, jobs: [{ name: 'deploy' }] });
    given.rerun(run.id);
    expect((await shop.get(`${jobs}/2/jobs`)).body).toEqual({ total_count: 0, jobs: [] });
    expect((await shop.get(`${jobs}/3/jobs`)).status).toBe(404);
  });

  it('tell a later attempt and an end', async () => {
    const run = shop.sandbox.given.run({ headSha: tip, id: 30_000_000_000 });
    shop.sandbox.given.rerun(run.id, 'hubot');
    expect((await shop.get(`actions/runs/${run.id}`)).body).toMatchObject({
      run_attempt: 2,
      triggering_actor: { login: 'hubot' },
      conclusion: null,
    });
    shop.sandbox.given.finishRun(run.id, 'cancelled');
    expect((await shop.get('actions/runs?status=cancelled')).body).toMatchObject({
      total_count: 1,
      workflow_runs: [{ id: run.id, status: 'completed' }],
    });
    expect((await shop.get('actions/runs/1')).status).toBe(404);
  });
});

describe('issues and people', () => {
  afterEach(() => expect(shop.sandbox.violations).toEqual([]));

  it('keeps who labelled what', async () => {
    const { body } = await shop.send('POST', 'issues', { title: 'production: upgrade', labels: ['promote:hold'] });
    shop.sandbox.given.user('mona', { role: 'triage' });
    await shop.send('POST', `issues/${body.number}/labels`, { labels: ['urgent'] }, shop.sandbox.token({ login: 'mona' }));
    const events = await shop.get(`issues/${body.number}/events`);
    expect(
      events.body.map((event: { actor: { login: string }; label: { name: string } }) => [event.actor.login, event.label.name]),
    ).toEqual([
      ['github-actions[bot]', 'promote:hold'],
      ['mona', 'urgent'],
    ]);
    expect((await shop.get('issues?labels=promote:hold,urgent')).body).toHaveLength(1);
    await shop.send('PATCH', `issues/${body.number}`, { state: 'closed' });
    expect((await shop.get('issues?labels=promote:hold')).body).toEqual([]);
    expect((await shop.get('issues?state=closed')).body).toMatchObject([{ number: body.number, state: 'closed' }]);
  });

  it('drops the labels of somebody who may not label', async () => {
    const stranger = shop.sandbox.token({ login: 'stranger' });
    shop.sandbox.given.user('stranger');
    const { body } = await shop.send('POST', 'issues', { title: 'let me in', labels: ['promote:hold'] }, stranger);
    expect(body.labels).toEqual([]);
    expect((await shop.send('POST', `issues/${body.number}/labels`, { labels: ['promote:hold'] }, stranger)).status).toBe(403);
  });

  it('tells roles finer than permissions', async () => {
    shop.sandbox.given.user('mona', { role: 'triage' });
    expect((await shop.get('collaborators/mona/permission')).body).toMatchObject({ permission: 'read', role_name: 'triage' });
    expect((await shop.get('collaborators/nobody/permission')).status).toBe(404);
  });

  it('tells the pull requests of a commit', async () => {
    shop.sandbox.given.pullRequest({ author: 'hubot', commits: [tip], headRepository: 'stranger/shop' });
    expect((await shop.get(`commits/${tip}/pulls`)).body).toMatchObject([
      { user: { login: 'hubot' }, head: { repo: { full_name: 'stranger/shop', fork: true } } },
    ]);
    expect((await shop.get(`commits/${first}/pulls`)).body).toEqual([]);
  });
});

describe('tokens', () => {
  afterEach(() => expect(shop.sandbox.violations).toEqual([]));

  it.each([
    ['deployments', 'deployments'],
    ['environments', 'actions'],
    ['git/ref/heads/main', 'contents'],
    ['issues', 'issues'],
    [`commits/${tip}/pulls`, 'pull-requests'],
  ] as const)('need a permission for %s', async (path, permission) => {
    expect(await shop.get(path, shop.sandbox.token())).toMatchObject({
      status: 403,
      body: { message: 'Resource not accessible by integration' },
    });
    expect((await shop.get(path, shop.sandbox.token({ permissions: { [permission]: 'read' } }))).status).toBe(200);
  });

  it('that read do not write', async () => {
    const reader = shop.sandbox.token({ permissions: { deployments: 'read' } });
    expect((await shop.send('POST', 'deployments', { ref: tip, ...FREE }, reader)).status).toBe(403);
    shop.sandbox.given.user('mona', { role: 'triage' });
    expect((await shop.send('POST', 'deployments', { ref: tip, ...FREE }, shop.sandbox.token({ login: 'mona' }))).status).toBe(403);
  });

  it('must be known', async () => {
    expect(await shop.get('deployments', 'ghs_wrong')).toMatchObject({ status: 401, body: { message: 'Bad credentials' } });
    expect((await shop.query('{ viewer { login } }', {}, 'ghs_wrong')).status).toBe(401);
  });

  it('speak for somebody', async () => {
    shop.sandbox.given.user('mona');
    expect((await shop.get('/user', shop.sandbox.token({ login: 'mona' }))).body.login).toBe('mona');
    expect((await shop.get('/user')).status).toBe(403);
  });
});

describe('what is not as GitHub describes it', () => {
  it.each([
    ['GET', 'deployments?environnement=uat', undefined, 500, 'no query parameter "environnement"'],
    ['GET', 'deployments?per_page=many', undefined, 500, 'must be integer'],
    ['POST', 'deployments', { ref: 'main', requiredContexts: [] }, 500, 'no body parameter "requiredContexts"'],
    ['POST', 'deployments', { environment: 'uat' }, 500, "must have required property 'ref'"],
    ['GET', 'actions/runs/abc', undefined, 500, 'must be integer'],
    ['GET', 'hooks', undefined, 501, 'repos/list-webhooks is not served'],
    ['GET', 'deployements', undefined, 501, 'GitHub has no such operation'],
    ['GET', 'commits?author=mona', undefined, 501, 'query parameter "author" is not served'],
  ])('%s %s is refused aloud', async (method, path, body, status, message) => {
    const answer = await shop.send(method, path, body);
    expect(answer.status).toBe(status);
    expect(answer.body.message).toMatch(/^sandbox: /);
    expect(answer.body.message).toContain(message);
    expect(shop.sandbox.violations).toHaveLength(1);
    expect(shop.sandbox.state.deployments).toEqual([]);
  });

  it.each([
    ['accept', 'application/vnd.github.raw+json', 'media type vnd.github.raw'],
    ['x-github-api-version', '2026-03-10', 'version 2026-03-10'],
  ])('another shape of answer (%s: %s) is refused aloud', async (header, value, message) => {
    const response = await fetch(`${shop.sandbox.apiUrl}/repos/octo-org/shop`, {
      headers: { authorization: `Bearer ${shop.token}`, [header]: value },
    });
    expect(response.status).toBe(501);
    expect(shop.sandbox.violations).toEqual([expect.stringContaining(message)]);
  });

  it('an answer of its own counts, too', async () => {
    shop.sandbox.given.deployment({ sha: tip, environment: 'uat', payload: 7 as never });
    expect((await shop.get('deployments')).body.message).toContain(
      "the sandbox's answer is not as GitHub describes repos/list-deployments",
    );
    expect(shop.sandbox.violations).toHaveLength(1);
  });
});

it("GitHub's own client talks to it", async () => {
  const octokit = getOctokit(shop.token, { baseUrl: shop.sandbox.apiUrl, request: { fetch } });
  const here = { owner: 'octo-org', repo: 'shop' };
  const made = await octokit.rest.repos.createDeployment({ ...here, ref: tip, environment: 'uat', ...FREE });
  expect(made.status).toBe(201);
  const states = ['in_progress', 'success'] as const;
  for (const state of states)
    await octokit.rest.repos.createDeploymentStatus({ ...here, deployment_id: shop.sandbox.state.deployments[0]?.id ?? 0, state });
  expect((await octokit.paginate(octokit.rest.repos.listDeployments, { ...here, per_page: 1 })).map((one) => one.sha)).toEqual([tip]);
  expect((await octokit.rest.repos.compareCommitsWithBasehead({ ...here, basehead: 'v1.0.0...main' })).data.status).toBe('ahead');
  const answer = await octokit.graphql<{ repository: { deployments: { nodes: { state: string }[] } } }>(
    'query($o: String!, $r: String!) { repository(owner: $o, name: $r) { deployments(first: 1) { nodes { state } } } }',
    { o: 'octo-org', r: 'shop' },
  );
  expect(answer.repository.deployments.nodes).toEqual([{ state: 'ACTIVE' }]);
  expect(shop.sandbox.violations).toEqual([]);
});
