import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { GitRepository } from '../../sandbox/github/git-repository.ts';
import { inRepository, openShop, type Shop, sampleFolder } from './shop.ts';

const sample = sampleFolder();
afterAll(() => sample.remove());
const [first = '', second = '', third = '', tip = ''] = sample.main;
const merged = () => {
  sample.repository.commit('hotfix/x', { 'fix.txt': '1\n' }, 'Fix\n\nCo-authored-by: octocat <octocat@example.com>', 'mona', 'v1.0.0');
  return sample.repository.merge('release', 'hotfix/x');
};

let shop: Shop;
beforeEach(async () => {
  shop = await openShop(sample.repository.path);
});
afterEach(async () => {
  await shop.close();
});

async function repository(selection: string, declarations = '', variables: Record<string, unknown> = {}) {
  const { status, body } = await shop.query(inRepository(selection, declarations), variables);
  expect(body.errors).toBeUndefined();
  expect(status).toBe(200);
  expect(shop.sandbox.violations).toEqual([]);
  return body.data.repository;
}

describe('Git over GraphQL', () => {
  it('walks the history with parents, a page at a time', async () => {
    sample.repository.branch('release', tip);
    const merge = merged();
    const selection =
      'object(expression: "release") { ... on Commit { history(first: 3, after: $after) { totalCount nodes { oid parents(first: 5) { nodes { oid } } } pageInfo { hasNextPage endCursor } } } }';
    const one = (await repository(selection, '$after: String')).object.history;
    expect(one.totalCount).toBe(6);
    expect(one.nodes[0]).toEqual({ oid: merge, parents: { nodes: [{ oid: tip }, { oid: sample.repository.sha('hotfix/x') }] } });
    const two = (await repository(selection, '$after: String', { after: one.pageInfo.endCursor })).object.history;
    expect(two.nodes.map((node: { oid: string }) => node.oid)).toEqual([third, second, first]);
    expect(two.pageInfo.hasNextPage).toBe(false);
  });

  it('peels nothing by itself: an annotated tag is a tag, and says what it points to', async () => {
    const found = await repository(
      'ref(qualifiedName: "refs/tags/v1.0.0") { name prefix target { __typename oid ... on Tag { name target { oid } } } }',
    );
    expect(found.ref).toMatchObject({
      name: 'v1.0.0',
      prefix: 'refs/tags/',
      target: { __typename: 'Tag', name: 'v1.0.0', target: { oid: third } },
    });
    expect((await repository('ref(qualifiedName: "refs/heads/none") { name }')).ref).toBeNull();
  });

  it('finds nothing outside of the repository, and goes on', async () => {
    const found = await repository(`
      above: object(expression: "main:../../etc/passwd") { oid }
      absolute: object(expression: "main:/etc/passwd") { oid }
      here: object(expression: "main:./README.md") { oid }
      reflog: object(expression: "main@{99}") { oid }
      commit: object(expression: "main") { ... on Commit { history(path: "../../etc/passwd", first: 1) { nodes { oid } } file(path: "../x") { oid } } }`);
    expect(found).toEqual({
      above: null,
      absolute: null,
      here: null,
      reflog: null,
      commit: { history: { nodes: [] }, file: null },
    });
    expect((await repository('object(expression: "main") { oid }')).object).toEqual({ oid: sample.repository.sha('main') });
  });

  it('starts git anew when it has ended', async () => {
    const git = new GitRepository(sample.repository.path);
    await expect(git.info(':0:../x')).rejects.toThrow('git stopped reading');
    expect(await git.info('main')).toMatchObject({ oid: sample.repository.sha('main') });
    git.close();
  });

  it('tells files by commit and path, and which are no text', async () => {
    sample.repository.commit('binary', { 'blob.bin': 'a\0b' }, 'Add a picture');
    const found = await repository(`
      policy: object(expression: "main:.github/promote.yml") { ... on Blob { oid text isTruncated isBinary byteSize } }
      absent: object(expression: "main:none.yml") { oid }
      binary: object(expression: "binary:blob.bin") { ... on Blob { text isBinary } }
      commit: object(expression: "main") { ... on Commit { file(path: ".github/promote.yml") { oid type path } none: file(path: "x/y") { oid } } }`);
    const oid = sample.repository.git('rev-parse', 'main:.github/promote.yml');
    expect(found).toEqual({
      policy: { oid, text: 'version: 1\n', isTruncated: false, isBinary: false, byteSize: 11 },
      absent: null,
      binary: { text: null, isBinary: true },
      commit: { file: { oid, type: 'blob', path: '.github/promote.yml' }, none: null },
    });
  });

  it('knows who wrote a commit by the address', async () => {
    shop.sandbox.given.user('mona', { emails: ['mona@example.com'] });
    shop.sandbox.given.pullRequest({ author: 'hubot', commits: [sample.repository.sha('hotfix/x')] });
    const found = await repository(`object(expression: "hotfix/x") { ... on Commit {
      author { name email user { login } } authors(first: 5) { nodes { name user { login } } }
      associatedPullRequests(first: 5) { nodes { number author { login } isCrossRepository } } } }`);
    expect(found.object).toEqual({
      author: { name: 'mona', email: 'mona@example.com', user: { login: 'mona' } },
      authors: {
        nodes: [
          { name: 'mona', user: { login: 'mona' } },
          { name: 'octocat', user: null },
        ],
      },
      associatedPullRequests: { nodes: [{ number: 1, author: { login: 'hubot' }, isCrossRepository: false }] },
    });
  });
});

describe('deployments over GraphQL', () => {
  it('come oldest first unless asked otherwise, a superseded success reads INACTIVE, and those made by sha have no ref', async () => {
    const { given, clock } = shop.sandbox;
    const one = given.deployment({
      sha: third,
      environment: 'UAT',
      ref: 'v1.0.0',
      refName: 'refs/tags/v1.0.0',
      payload: { a: 1 },
      statuses: ['in_progress', 'success'],
    });
    clock.advance(60_000);
    const two = given.deployment({ sha: tip, environment: 'uat', statuses: ['success'] });
    const three = given.deployment({ sha: tip, environment: 'production' });
    const nodes =
      'nodes { databaseId state payload ref { name } creator { login } latestStatus { state } statuses(first: 5) { nodes { state createdAt } } }';
    const found = await repository(
      `old: deployments(environments: ["uat"], first: 5) { ${nodes} } new: deployments(first: 5, orderBy: { field: CREATED_AT, direction: DESC }) { nodes { databaseId state } }`,
    );
    expect(found.old.nodes).toEqual([
      {
        databaseId: one.id,
        state: 'INACTIVE',
        payload: '{"a":1}',
        ref: { name: 'v1.0.0' },
        creator: { login: 'github-actions' },
        latestStatus: { state: 'INACTIVE' },
        statuses: {
          nodes: [
            { state: 'INACTIVE', createdAt: '2026-03-02T10:01:00Z' },
            { state: 'SUCCESS', createdAt: '2026-03-02T10:00:00Z' },
            { state: 'IN_PROGRESS', createdAt: '2026-03-02T10:00:00Z' },
          ],
        },
      },
      {
        databaseId: two.id,
        state: 'ACTIVE',
        payload: '',
        ref: null,
        creator: { login: 'github-actions' },
        latestStatus: { state: 'SUCCESS' },
        statuses: { nodes: [expect.anything()] },
      },
    ]);
    expect(found.new.nodes.map((node: { databaseId: number }) => node.databaseId)).toEqual([three.id, two.id, one.id]);
    expect(found.new.nodes[0].state).toBe('PENDING');
    clock.advance(31 * 60_000);
    expect((await repository('deployments(first: 1, environments: ["production"]) { nodes { state } }')).deployments.nodes).toEqual([
      { state: 'ABANDONED' },
    ]);
  });

  it('are paged by cursors that stay good while new ones arrive', async () => {
    for (const sha of [first, second, third]) shop.sandbox.given.deployment({ sha, environment: 'dev' });
    const selection =
      'deployments(first: 2, after: $after, orderBy: { field: CREATED_AT, direction: DESC }) { totalCount pageInfo { hasNextPage endCursor } nodes { commitOid } }';
    const one = (await repository(selection, '$after: String')).deployments;
    expect(one).toMatchObject({ totalCount: 3, pageInfo: { hasNextPage: true }, nodes: [{ commitOid: third }, { commitOid: second }] });
    shop.sandbox.given.deployment({ sha: tip, environment: 'dev' });
    expect((await repository(selection, '$after: String', { after: one.pageInfo.endCursor })).deployments.nodes).toEqual([
      { commitOid: first },
    ]);
    const { body } = await shop.query(inRepository(selection, '$after: String'), { after: 'nonsense' });
    expect(body.errors[0].type).toBe('INVALID_CURSOR_ARGUMENTS');
  });

  it('may come back encoded twice', async () => {
    await shop.close();
    shop = await openShop(sample.repository.path, { payloadEncoding: 'twice' });
    shop.sandbox.given.deployment({ sha: tip, environment: 'dev', payload: { a: 1 } });
    const { payload } = (await repository('deployments(first: 1) { nodes { payload } }')).deployments.nodes[0];
    expect(JSON.parse(JSON.parse(payload))).toEqual({ a: 1 });
  });
});

describe('environments and reviews over GraphQL', () => {
  it('tells reviewers, people and teams, and nothing of an environment that does not exist', async () => {
    shop.sandbox.given.team('octo-org/qa', ['hubot']);
    shop.sandbox.given.environment('uat', { reviewers: ['mona', 'octo-org/qa'], preventSelfReview: true, waitTimer: 5 });
    const rules =
      'protectionRules(first: 5) { nodes { type preventSelfReview timeout reviewers(first: 6) { totalCount nodes { __typename ... on User { login } ... on Team { combinedSlug } } } } }';
    const found = await repository(`uat: environment(name: "UAT") { name ${rules} } none: environment(name: "none") { name }`);
    expect(found.none).toBeNull();
    expect(found.uat.name).toBe('uat');
    expect(found.uat.protectionRules.nodes).toEqual([
      { type: 'WAIT_TIMER', preventSelfReview: null, timeout: 5, reviewers: { totalCount: 0, nodes: [] } },
      {
        type: 'REQUIRED_REVIEWERS',
        preventSelfReview: true,
        timeout: 0,
        reviewers: {
          totalCount: 2,
          nodes: [
            { __typename: 'User', login: 'mona' },
            { __typename: 'Team', combinedSlug: 'octo-org/qa' },
          ],
        },
      },
    ]);
  });

  it("tells a run's reviews through its commit, its node and its page", async () => {
    const { given } = shop.sandbox;
    const run = given.run({ headSha: tip });
    given.waiting(run.id, 'uat', 'production');
    given.review(run.id, { user: 'mona', environments: ['uat'], comment: 'fine' });
    const fields =
      'databaseId deploymentReviews(first: 5) { nodes { state comment user { login } environments(first: 5) { nodes { name } } } } pendingDeploymentRequests(first: 5) { nodes { environment { name } } }';
    const expected = {
      databaseId: run.id,
      deploymentReviews: {
        nodes: [{ state: 'APPROVED', comment: 'fine', user: { login: 'mona' }, environments: { nodes: [{ name: 'uat' }] } }],
      },
      pendingDeploymentRequests: { nodes: [{ environment: { name: 'production' } }] },
    };
    const byCommit = await repository(
      `object(oid: "${tip}") { ... on Commit { checkSuites(first: 10) { nodes { workflowRun { id ${fields} } } } } }`,
    );
    const { id, ...found } = byCommit.object.checkSuites.nodes[0].workflowRun;
    expect(found).toEqual(expected);
    const text = `query($id: ID!, $url: URI!) { node(id: $id) { ... on WorkflowRun { ${fields} } } resource(url: $url) { ... on WorkflowRun { ${fields} } } }`;
    const { body } = await shop.query(text, { id, url: `${shop.sandbox.url}/octo-org/shop/actions/runs/${run.id}` });
    expect(body.data).toEqual({ node: expected, resource: expected });
  });

  it('has no number for a run whose id outgrew the schema', async () => {
    shop.sandbox.given.run({ headSha: tip, id: 30_000_000_000 });
    const found = await repository(
      `object(oid: "${tip}") { ... on Commit { checkSuites(first: 1) { nodes { workflowRun { databaseId url } } } } }`,
    );
    expect(found.object.checkSuites.nodes).toEqual([
      { workflowRun: { databaseId: null, url: `${shop.sandbox.url}/octo-org/shop/actions/runs/30000000000` } },
    ]);
  });
});

it('tells issues by label with who labelled them and when', async () => {
  const { given, clock } = shop.sandbox;
  given.issue({ title: 'production: upgrade', labels: ['promote:hold'], author: 'stranger', labelledBy: 'mona' });
  clock.advance(1000);
  given.issue({ title: 'v1.0.0: broken', labels: ['promote:veto'], author: 'hubot' });
  given.closeIssue(given.issue({ title: 'old', labels: ['promote:hold'] }).number);
  const events =
    'timelineItems(itemTypes: [LABELED_EVENT], last: 5) { nodes { ... on LabeledEvent { actor { login } createdAt label { name } } } }';
  const found = await repository(
    `issues(labels: ["promote:hold", "promote:veto"], states: [OPEN], first: 5) { nodes { title author { login } labels(first: 5) { nodes { name } } ${events} } }`,
  );
  const label = (name: string) => ({ nodes: [{ name }] });
  const event = (login: string, createdAt: string, name: string) => ({ nodes: [{ actor: { login }, createdAt, label: { name } }] });
  expect(found.issues.nodes).toEqual([
    {
      title: 'production: upgrade',
      author: { login: 'stranger' },
      labels: label('promote:hold'),
      timelineItems: event('mona', '2026-03-02T10:00:00Z', 'promote:hold'),
    },
    {
      title: 'v1.0.0: broken',
      author: { login: 'hubot' },
      labels: label('promote:veto'),
      timelineItems: event('hubot', '2026-03-02T10:00:01Z', 'promote:veto'),
    },
  ]);
});

describe('refusals of GitHub', () => {
  it('are errors under status 200, with the path of what was refused', async () => {
    const reader = shop.sandbox.token({ permissions: { contents: 'read' } });
    const { status, body } = await shop.query(
      inRepository('name e: environment(name: "uat") { name } ref(qualifiedName: "main") { name }'),
      {},
      reader,
    );
    expect(status).toBe(200);
    expect(body.data.repository).toEqual({ name: 'shop', e: null, ref: { name: 'main' } });
    expect(body.errors).toMatchObject([
      { type: 'FORBIDDEN', path: ['repository', 'e'], message: 'Resource not accessible by integration' },
    ]);
    expect(shop.sandbox.violations).toEqual([]);
  });

  it('of a field that must not be null take what is around it along', async () => {
    const { body } = await shop.query(inRepository('name deployments(first: 1) { totalCount }'), {}, shop.sandbox.token());
    expect(body.data).toEqual({ repository: null });
    expect(body.errors).toMatchObject([{ type: 'FORBIDDEN', path: ['repository', 'deployments'] }]);
  });

  it('name a repository that is not there', async () => {
    const { body } = await shop.query('{ repository(owner: "octo-org", name: "other") { name } }');
    expect(body.errors).toMatchObject([{ type: 'NOT_FOUND', path: ['repository'] }]);
  });
});

describe("what GitHub's schema does not allow", () => {
  it.each([
    ['an unknown field', '{ repository(owner: "octo-org", name: "shop") { nmae } }', 'Cannot query field "nmae"'],
    ['a list without a size', inRepository('deployments { totalCount }'), 'needs a "first" or "last"'],
    ['a list that is too long', inRepository('deployments(first: 101) { totalCount }'), 'outside of 1 to 100'],
    [
      'too many nodes',
      inRepository(
        'deployments(first: 100) { nodes { statuses(first: 100) { nodes { deployment { statuses(first: 100) { totalCount } } } } } }',
      ),
      'over the limit of 500000',
    ],
    ['broken syntax', '{', 'Syntax Error'],
    ['a sha that is none', inRepository('object(oid: "main") { oid }'), 'GitObjectID'],
  ])('%s is refused aloud', async (_, text, message) => {
    const { status, body } = await shop.query(text);
    expect(status).toBe(500);
    expect(body.message).toContain(message);
    expect(shop.sandbox.violations).toHaveLength(1);
  });

  it('what the sandbox does not serve is refused by name', async () => {
    const { status, body } = await shop.query(inRepository('milestones(first: 1) { totalCount }'));
    expect(status).toBe(501);
    expect(body.message).toContain('Repository.milestones is not served');
    expect(shop.sandbox.violations).toHaveLength(1);
  });
});

it('tells what a query costs and counts it', async () => {
  const { body } = await shop.query(
    `{ rateLimit { cost nodeCount remaining } ${inRepository('deployments(first: 100) { nodes { statuses(first: 20) { totalCount } } }').slice(8, -2)} }`,
  );
  // One list, and one list in each of a hundred: 101 requests are one point.
  expect(body.data.rateLimit).toEqual({ cost: 1, nodeCount: 2100, remaining: 999 });
});

describe('as GitHub Enterprise Server', () => {
  beforeEach(async () => {
    await shop.close();
    shop = await openShop(sample.repository.path, {
      ghes: { lacksFields: ['Repository.environment'], lacksOperations: ['repos/get-environment'] },
    });
  });

  it('has its own addresses, and says which fields it lacks as GitHub does', async () => {
    expect(shop.sandbox.apiUrl).toBe(`${shop.sandbox.url}/api/v3`);
    expect(shop.sandbox.graphqlUrl).toBe(`${shop.sandbox.url}/api/graphql`);
    const { status, body } = await shop.query(inRepository('name environment(name: "uat") { name }'));
    expect(status).toBe(200);
    expect(body).toMatchObject({
      errors: [
        {
          extensions: { code: 'undefinedField', typeName: 'Repository', fieldName: 'environment' },
          message: "Field 'environment' doesn't exist on type 'Repository'",
        },
      ],
    });
    expect((await repository('name')).name).toBe('shop');
    expect((await shop.get('environments/uat')).status).toBe(404);
    expect((await shop.get('git/ref/heads/main')).body.url).toBe(`${shop.sandbox.apiUrl}/repos/octo-org/shop/git/refs/heads/main`);
    expect((await shop.get('')).headers.get('x-github-enterprise-version')).toBe('3.19.0');
  });

  it('refuses to lack what GitHub never had', async () => {
    await expect(openShop(sample.repository.path, { ghes: { lacksFields: ['Repository.none'] } })).rejects.toThrow('no Repository.none');
  });
});
