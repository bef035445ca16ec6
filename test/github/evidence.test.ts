import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { addLabel } from '../../sandbox/github/effects.ts';
import type { DeploymentRecord, Read } from '../../src/decision/evidence.ts';
import { createClient, type GraphqlAnswer } from '../../src/github/client.ts';
import { EvidenceError, type EvidencePort, type Gathered, gatherEvidence } from '../../src/github/evidence.ts';
import { LOOK_BACK_PAGES, liveRecord } from '../../src/github/gathered-records.ts';
import { openRecord, type StatusState, setRecordStatus } from '../../src/github/records.ts';
import { PipelineFileError } from '../../src/pipeline/problem.ts';
import { addresses, openShop, PIPELINE, payloadFor, ranJob, type Shop } from './shop.ts';

const shops: Shop[] = [];

afterEach(async () => {
  const opened = shops.splice(0);
  await Promise.all(opened.map((shop) => shop.close()));
  expect(opened.flatMap(({ github }) => github.violations)).toEqual([]);
});

async function shopWith(options: Parameters<typeof openShop>[0] = {}): Promise<Shop> {
  const shop = await openShop(options);
  shops.push(shop);
  return shop;
}

const gather = (shop: Shop, changes: Parameters<Shop['request']>[0] = {}, client: EvidencePort = shop.client) =>
  gatherEvidence(client, shop.request(changes));

function readValue<T>(read: Read<T> | undefined): T {
  if (read?.read !== true) throw new Error(`unread: ${read?.why}`);
  return read.value;
}

function recordsIn(gathered: Gathered, environment: string): readonly DeploymentRecord[] {
  return readValue(gathered.evidence.environments.get(environment)?.records);
}

async function promote(
  shop: Shop,
  environment: string,
  payload: Parameters<typeof payloadFor>[1] = {},
  ...states: StatusState[]
): Promise<number> {
  const where = { owner: shop.github.owner, repo: shop.github.name };
  const left = payloadFor(shop, payload);
  ranJob(shop, environment, left);
  const { id } = await openRecord(shop.client, { ...where, environment, production: false, description: 'Promotion', payload: left });
  for (const state of states)
    await setRecordStatus(shop.client, { ...where, record: id, state, description: state, replacesEarlier: true });
  shop.github.requests.reset();
  return id;
}

/** What confirms the records of the run that asks. */
const jobsOfOwnRun = (shop: Shop) => `GET /repos/octo-org/shop/actions/runs/${shop.run}/jobs?per_page=100&page=1&filter=all 200`;

const at = (sha: string, ref = 'refs/heads/main') => ({ candidate: { sha, ref, version: 'other' } });

describe('one question', () => {
  test('is enough when the checkout has the trusted file', async () => {
    const shop = await shopWith();
    const { pipeline, evidence, now, defaultBranch, policyText } = await gather(shop);
    expect(shop.github.requests.lines()).toEqual(['POST /graphql (Evidence) 200']);
    expect(policyText).toBe(PIPELINE);
    expect(pipeline).toMatchObject({ source: 'file', hash: shop.git.git('rev-parse', 'main:.github/promote.yml') });
    expect(now).toBe(shop.github.clock.now());
    expect(defaultBranch).toBe('main');
    expect(evidence).toMatchObject({
      moment: 'plan',
      intent: 'promote',
      candidate: {
        sha: shop.head,
        ref: 'refs/heads/main',
        version: `main@${shop.head.slice(0, 7)}`,
        artifact: { kind: 'to-be-built' },
        initiator: 'octocat',
        authors: { read: true, value: ['mona'] },
        fork: false,
        refState: { read: true, value: 'holds' },
      },
      run: { id: shop.run, attempt: 1, reviews: { read: true, value: [] } },
      ownRecord: null,
      policy: { candidateCopy: { read: true, value: 'same' } },
      holds: { read: true, value: [] },
      vetoes: { read: true, value: [] },
      migrations: null,
    });
    expect([...evidence.environments.keys()]).toEqual(['dev', 'uat', 'production']);
  });

  test('is enough when both have none: the built-in pipeline', async () => {
    const shop = await shopWith({ pipeline: null });
    const { pipeline, evidence, policyText } = await gather(shop);
    expect(shop.github.requests.count).toBe(1);
    expect(policyText).toBe(null);
    expect(pipeline.source).toBe('built-in');
    expect(evidence.policy.candidateCopy).toEqual({ read: true, value: 'same' });
    expect(evidence.environments.get('staging')?.protection).toEqual({ read: true, value: null });
  });

  test('is enough when the files differ in anything but the names', async () => {
    const shop = await shopWith();
    const { pipeline } = await gather(shop, { environmentsHint: `# mine\n${PIPELINE}` });
    expect(shop.github.requests.count).toBe(1);
    expect(pipeline.hash).toBe(shop.git.git('rev-parse', 'main:.github/promote.yml'));
  });

  test.each([
    ['the checkout has none', null],
    ['the checkout names others', PIPELINE.replaceAll('uat', 'acceptance')],
    ['the checkout’s is broken', 'version: 1\nenvironments: [}'],
  ])('is asked twice when %s, and the trusted file decides', async (_name, environmentsHint) => {
    const shop = await shopWith();
    const { pipeline, evidence } = await gather(shop, { environmentsHint });
    expect(shop.github.requests.count).toBe(2);
    expect([...pipeline.environments.keys()]).toEqual(['dev', 'uat', 'production']);
    expect(evidence.environments.get('uat')?.protection).toMatchObject({ read: true, value: { reviewers: [{ name: 'hubot' }] } });
  });

  test('after an earlier one is not asked twice for the same mismatch', async () => {
    const shop = await shopWith();
    const earlier = await gather(shop, { environmentsHint: null });
    shop.github.requests.reset();
    await gather(shop, { environmentsHint: null, earlier });
    expect(shop.github.requests.count).toBe(1);
  });

  test('after an earlier one stays about the commit that was found then, wherever the ref has moved', async () => {
    const shop = await shopWith();
    const candidate = shop.candidate({ sha: null, ref: 'refs/tags/main', alternativeRef: 'refs/heads/main' });
    const earlier = await gather(shop, { candidate });
    const { sha } = earlier.evidence.candidate;
    expect(sha).toBe(shop.git.sha('main'));
    shop.git.commit('main', { 'later.txt': 'later' }, 'Later');
    shop.github.requests.reset();
    const later = await gather(shop, { candidate, earlier });
    expect(shop.github.requests.count).toBe(1);
    expect(later.evidence.candidate).toMatchObject({ sha, ref: 'refs/heads/main', refState: { read: true, value: 'holds' } });
  });
});

describe('the policy', () => {
  test('of the default branch with mistakes is an error, never the built-in one', async () => {
    const shop = await shopWith({ pipeline: 'version: 1\nenvironmental: {}\n' });
    await expect(gather(shop)).rejects.toThrow(PipelineFileError);
    await expect(gather(shop, { environmentsHint: null })).rejects.toThrow(PipelineFileError);
  });

  test('that is no text is an error', async () => {
    const shop = await shopWith({ pipeline: 'version: 1\u0000' });
    await expect(gather(shop)).rejects.toThrow(/promote\.yml on main is binary/);
  });

  test('that is a folder is an error', async () => {
    const shop = await shopWith();
    await expect(gather(shop, { pipelinePath: '.github' })).rejects.toThrow(/\.github on main is not a file/);
  });

  test('in the candidate: the same, another, none', async () => {
    const shop = await shopWith();
    const other = shop.git.commit('feature/x', { '.github/promote.yml': `${PIPELINE}# mine\n` }, 'Another policy', 'mona');
    const none = shop.git.commit('feature/y', { '.github/promote.yml': null }, 'No policy', 'mona');
    const copyOf = async (sha: string, name: string) =>
      (await gather(shop, { candidate: shop.candidate({ sha, ref: `refs/heads/${name}` }) })).evidence.policy.candidateCopy;
    expect(await copyOf(other, 'feature/x')).toEqual({ read: true, value: 'differs' });
    expect(await copyOf(none, 'feature/y')).toEqual({ read: true, value: 'absent' });
  });
});

describe('the candidate', () => {
  const subject = (gathered: Gathered) => {
    const { sha, ref, version, refState } = gathered.evidence.candidate;
    return { sha, ref, version, refState: readValue(refState) };
  };

  test('by a ref alone is what the ref holds', async () => {
    const shop = await shopWith();
    expect(subject(await gather(shop, { candidate: shop.candidate({ sha: null }) }))).toMatchObject({ sha: shop.head, refState: 'holds' });
    expect(shop.github.requests.count).toBe(1);
  });

  test('by a tag, light or annotated, is the commit behind it', async () => {
    const shop = await shopWith();
    shop.git.tag('v1.0.0', shop.head);
    const object = shop.git.annotatedTag('v1.0.1', shop.head);
    const expected = { sha: shop.head, refState: 'holds' };
    const tagged = async (sha: string | null, tag: string) =>
      subject(await gather(shop, { candidate: shop.candidate({ sha, ref: `refs/tags/${tag}` }) }));
    expect(await tagged(null, 'v1.0.0')).toEqual({ ...expected, ref: 'refs/tags/v1.0.0', version: 'v1.0.0' });
    expect(await tagged(shop.head, 'v1.0.1')).toEqual({ ...expected, ref: 'refs/tags/v1.0.1', version: 'v1.0.1' });
    expect(shop.github.requests.count).toBe(2);
    expect(await tagged(null, 'v1.0.1')).toMatchObject(expected);
    expect(await tagged(object, 'v1.0.1')).toMatchObject(expected);
    expect(shop.github.requests.count).toBe(6);
  });

  test('by a name that may be a branch or a tag', async () => {
    const shop = await shopWith();
    shop.git.tag('v2.0.0', shop.head);
    const named = (sha: string | null) =>
      gather(shop, { candidate: shop.candidate({ sha, ref: 'refs/heads/v2.0.0', alternativeRef: 'refs/tags/v2.0.0' }) });
    expect(subject(await named(shop.head))).toEqual({ sha: shop.head, ref: 'refs/tags/v2.0.0', version: 'v2.0.0', refState: 'holds' });
    expect(subject(await named(null))).toMatchObject({ ref: 'refs/tags/v2.0.0', sha: shop.head });
    shop.git.branch('v2.0.0', shop.head);
    await expect(named(shop.head)).rejects.toThrow(/both refs\/heads\/v2\.0\.0 and refs\/tags\/v2\.0\.0/);
  });

  test('by an abbreviated sha', async () => {
    const shop = await shopWith();
    const candidate = shop.candidate({ sha: shop.head.slice(0, 8) });
    expect(subject(await gather(shop, { candidate })).sha).toBe(shop.head);
    shop.git.branch(shop.head.slice(0, 8), shop.git.sha('main~1'));
    await expect(gather(shop, { candidate })).rejects.toThrow(/is also the name of a branch or tag/);
  });

  test('may have lost its ref: gone, moved away from, or never in it', async () => {
    const shop = await shopWith();
    const patch = shop.git.commit('patch', { 'a.js': 'a' }, 'Patch', 'mona', 'main');
    const stateOf = async (sha: string, ref: string) =>
      readValue((await gather(shop, { candidate: shop.candidate({ sha, ref }) })).evidence.candidate.refState);
    expect(await stateOf(patch, 'refs/heads/patch')).toBe('holds');
    expect(await stateOf(shop.head, 'refs/heads/patch')).toBe('holds');
    expect(await stateOf(patch, 'refs/heads/main')).toBe('moved');
    shop.git.tag('v3.0.0', shop.head);
    expect(await stateOf(patch, 'refs/tags/v3.0.0')).toBe('moved');
    shop.git.tag('keep', patch);
    shop.git.branch('patch', shop.head);
    expect(await stateOf(patch, 'refs/heads/patch')).toBe('moved');
    shop.git.deleteRef('refs/heads/patch');
    expect(await stateOf(patch, 'refs/heads/patch')).toBe('gone');
  });

  test('that does not exist is an error; a fork’s commit need not be here', async () => {
    const shop = await shopWith();
    const nowhere = 'ab'.repeat(20);
    await expect(gather(shop, { candidate: shop.candidate({ sha: nowhere }) })).rejects.toThrow(EvidenceError);
    await expect(gather(shop, { candidate: shop.candidate({ sha: null, ref: 'refs/heads/nowhere' }) })).rejects.toThrow(
      /no refs\/heads\/nowhere/,
    );
    await expect(gather(shop, { candidate: shop.candidate({ sha: shop.git.git('rev-parse', 'main^{tree}') }) })).rejects.toThrow(
      /not a commit/,
    );
    const { evidence } = await gather(shop, { candidate: shop.candidate({ sha: nowhere, fork: true }) });
    expect(evidence.candidate).toMatchObject({ sha: nowhere, fork: true, authors: { read: false }, refState: { read: false } });
  });

  test('has the authors of the commit and of its pull requests', async () => {
    const shop = await shopWith();
    shop.github.given.pullRequest({ author: 'octocat', commits: [shop.head], state: 'merged', title: 'Cart' });
    const { evidence, changes } = await gather(shop);
    expect(new Set(readValue(evidence.candidate.authors))).toEqual(new Set(['octocat', 'mona']));
    expect(changes.get('dev')?.commits[0]?.pullRequest).toMatchObject({ title: 'Cart', author: 'octocat' });
  });
});

describe('the authors of what enters', () => {
  const EXCLUDING = PIPELINE.replace('gate: { approvals: 1 } }\nroutes', 'gate: { approvals: 1, exclude: [author] } }\nroutes').replace(
    'gate: { approvals: 1 }, acceptance: { approvals: 1 }',
    'acceptance: { approvals: 1, exclude: [author] }',
  );
  const authorsIn = (gathered: Gathered, environment: string) => gathered.evidence.environments.get(environment)?.authors;
  const sorted = (read: Read<readonly string[]> | undefined) => [...new Set(readValue(read))].toSorted();

  /** The shop with further commits; the answer's history ends after one. */
  async function grown(...authors: readonly ('octocat' | 'mona' | 'hubot')[]) {
    const shop = await shopWith({ pipeline: EXCLUDING });
    const shas = authors.map((author, index) => shop.git.commit('main', { 'log.txt': `${index}` }, `Change ${index}`, author));
    const shortSighted: EvidencePort = {
      request: (route, parameters) => shop.client.request(route, parameters),
      graphql: (query, variables) => shop.client.graphql(query.replaceAll('history(first: 100)', 'history(first: 1)'), variables),
    };
    const candidate = shop.candidate({ sha: shas.at(-1) ?? shop.head });
    return { shop, candidate, shortSighted };
  }

  test('are those of every commit that is not live there, and of their pull requests', async () => {
    const { shop, candidate } = await grown('hubot', 'octocat');
    shop.github.given.user('outside', { role: 'read' });
    shop.github.given.pullRequest({ author: 'outside', commits: [shop.git.sha('main~1')] });
    await promote(shop, 'production', {}, 'success');
    const gathered = await gather(shop, { candidate });
    expect(sorted(authorsIn(gathered, 'production'))).toEqual(['hubot', 'outside']);
    expect(readValue(gathered.evidence.candidate.authors)).toEqual(['octocat']);
    // Nothing was live before: there is nothing to tell a change from.
    expect(authorsIn(gathered, 'uat')).toEqual({ read: true, value: [] });
    // Nobody is excluded there.
    expect(authorsIn(gathered, 'dev')).toMatchObject({ read: false });
    expect(shop.github.requests.count).toBe(1);
  });

  test('are not lengthened by pull requests from forks that nobody merged, however many contain a commit', async () => {
    const { shop } = await grown('hubot');
    const fix = shop.git.commit('hotfix/total', { 'total.js': '1' }, 'Fix the total', 'octocat');
    const candidate = shop.candidate({ sha: fix, ref: 'refs/heads/main' });
    await promote(shop, 'production', {}, 'success');
    const opened = (count: number) => {
      for (let index = 0; index < count; index += 1) {
        const author = `stranger-${index % 5}`;
        shop.github.given.pullRequest({ author, commits: [fix], state: 'open', headRepository: `${author}/shop` });
      }
    };
    opened(11);
    shop.github.given.pullRequest({ author: 'mona', commits: [fix], state: 'open' });
    const gathered = await gather(shop, { candidate });
    expect(new Set(readValue(gathered.evidence.candidate.authors))).toEqual(new Set(['octocat', 'mona']));
    expect(gathered.changes.get('production')?.commits[0]?.pullRequest).toBe(null);
    expect(shop.github.requests.lines()).toEqual(['POST /graphql (Evidence) 200', 'POST /graphql (Authors) 200']);
    opened(250);
    shop.github.requests.reset();
    const earlier = await gather(shop, { candidate });
    expect(new Set(readValue(earlier.evidence.candidate.authors))).toEqual(new Set(['octocat', 'mona']));
    expect(shop.github.requests.count).toBe(4);
    // A later look of the same job asks for them no more.
    shop.github.requests.reset();
    expect((await gather(shop, { candidate, earlier })).evidence.candidate.authors).toEqual(earlier.evidence.candidate.authors);
    expect(shop.github.requests.count).toBe(1);
  });

  test('beyond two thousand pull requests of one commit are unread until those from forks are closed', async () => {
    const { shop } = await grown('hubot');
    const fix = shop.git.commit('hotfix/total', { 'total.js': '1' }, 'Fix the total', 'octocat');
    const candidate = shop.candidate({ sha: fix });
    const pulls = Array.from({ length: 2001 }, () =>
      shop.github.given.pullRequest({ author: 'stranger', commits: [fix], state: 'open', headRepository: 'stranger/shop' }),
    );
    const { authors } = (await gather(shop, { candidate })).evidence.candidate;
    expect(authors).toMatchObject({ read: false, why: expect.stringContaining('close those from forks') });
    expect(shop.github.requests.count).toBe(21);
    for (const pull of pulls) pull.state = 'closed';
    expect((await gather(shop, { candidate })).evidence.candidate.authors).toEqual({ read: true, value: ['octocat'] });
  });

  test('are read where one commit has more of them than fit into an answer', async () => {
    const { shop } = await grown('hubot');
    const names = Array.from({ length: 14 }, (_, index) => `writer-${index}`);
    for (const name of names) shop.github.given.user(name, { emails: [`${name}@example.com`] });
    const trailers = names.map((name) => `Co-authored-by: ${name} <${name}@example.com>`).join('\n');
    const sha = shop.git.commit('main', { 'log.txt': 'many' }, `Many hands\n\n${trailers}`, 'octocat');
    const { authors } = (await gather(shop, { candidate: shop.candidate({ sha }) })).evidence.candidate;
    expect(new Set(readValue(authors))).toEqual(new Set(['octocat', ...names]));
  });

  test('stay those of what entered while the candidate is live and is being accepted', async () => {
    const { shop, candidate } = await grown('hubot', 'octocat');
    const replaced = { sha: shop.head, version: 'main@1234567', digest: null };
    await promote(shop, 'uat', {}, 'success');
    await promote(shop, 'uat', { ...at(candidate.sha ?? ''), replaced }, 'success');
    expect(sorted(authorsIn(await gather(shop, { candidate }), 'uat'))).toEqual(['hubot']);
  });

  test('are read as far as needed where the history that came with the question ends before, once in a job', async () => {
    const { shop, candidate, shortSighted } = await grown('hubot', 'mona', 'octocat');
    await promote(shop, 'production', {}, 'success');
    const earlier = await gather(shop, { candidate }, shortSighted);
    expect(sorted(authorsIn(earlier, 'production'))).toEqual(['hubot', 'mona']);
    expect(earlier.changes.get('production')).toMatchObject({ complete: true });
    expect(shop.github.requests.lines().filter((line) => line.includes('(History)'))).toHaveLength(1);
    shop.github.requests.reset();
    expect(authorsIn(await gather(shop, { candidate, earlier }, shortSighted), 'production')).toEqual(authorsIn(earlier, 'production'));
    expect(shop.github.requests.count).toBe(1);
  });

  test('are told from another line of development by the newest commit that both have', async () => {
    const { shop, candidate, shortSighted } = await grown('hubot', 'octocat');
    const side = shop.git.commit('side', { 'side.js': '1' }, 'Beside', 'mona', 'main~1');
    await promote(shop, 'production', at(side, 'refs/heads/side'), 'success');
    expect(authorsIn(await gather(shop, { candidate }, shortSighted), 'production')).toEqual({ read: true, value: [] });
    const line = `GET /repos/octo-org/shop/compare/${candidate.sha}...${side}?per_page=1 200`;
    expect(shop.github.requests.lines().filter((one) => one === line)).toHaveLength(1);
  });

  test('are unread where more enter than can be read, and where GitHub knows no account, with what to do or who it is', async () => {
    const { shop, candidate, shortSighted } = await grown('hubot', 'mona', 'octocat');
    await promote(shop, 'production', {}, 'success');
    shop.github.inject({ match: { operationName: 'History' }, fault: { status: 403 }, times: Infinity });
    expect(authorsIn(await gather(shop, { candidate }, shortSighted), 'production')).toEqual({
      read: false,
      why: expect.stringContaining('promote an earlier one of them first'),
    });
    shop.github.given.user('mona', { emails: ['another@example.com'] });
    const middle = shop.git.sha('main~1').slice(0, 7);
    expect(authorsIn(await gather(shop, { candidate }), 'production')).toEqual({
      read: false,
      why: `GitHub knows no account for mona, who wrote the commit ${middle}`,
    });
  });
});

describe('the artifact', () => {
  const artifactOf = async (shop: Shop, changes: Parameters<Shop['request']>[0] = {}) =>
    (await gather(shop, changes)).evidence.candidate.artifact;

  test('is given, adopted from the commit’s own successes, to be built, or unknown', async () => {
    const shop = await shopWith();
    expect(await artifactOf(shop)).toEqual({ kind: 'to-be-built' });
    expect(await artifactOf(shop, { moment: 'door' })).toMatchObject({ kind: 'unknown' });
    await promote(shop, 'dev', { digest: 'sha256:failed' }, 'failure');
    expect(await artifactOf(shop)).toEqual({ kind: 'to-be-built' });
    await promote(shop, 'dev', { digest: 'sha256:one' }, 'success');
    expect(await artifactOf(shop)).toEqual({ kind: 'digest', digest: 'sha256:one' });
    await promote(shop, 'elsewhere', { digest: 'sha256:two' }, 'success');
    expect(await artifactOf(shop)).toEqual({ kind: 'digest', digest: 'sha256:one' });
    await promote(shop, 'uat', { digest: 'sha256:two' }, 'success');
    expect(await artifactOf(shop)).toMatchObject({ kind: 'unknown' });
    expect(await artifactOf(shop, { artifactDigest: 'sha256:given' })).toEqual({ kind: 'digest', digest: 'sha256:given' });
  });

  test('is the commit where nothing is built', async () => {
    const shop = await shopWith({ pipeline: PIPELINE.replace(/^build:.*\n/m, '') });
    expect(await artifactOf(shop, { artifactDigest: 'sha256:x' })).toEqual({ kind: 'digest', digest: `git:${shop.head}` });
  });
});

describe('protection', () => {
  test.each(['forbidden', 'null'] as const)('has a team that the token may not see as one without a name: %s', async (teamsInGraphql) => {
    const shop = await shopWith({ switches: { teamsInGraphql } });
    shop.github.given.team('octo-org/qa', ['hubot']);
    shop.github.given.environment('uat', { reviewers: ['octo-org/qa', 'mona'] });
    const { evidence } = await gather(shop);
    expect(evidence.environments.get('uat')?.protection).toMatchObject({
      read: true,
      value: { reviewers: [{ kind: 'user', name: 'mona' }], unnamed: 1 },
    });
    expect(shop.github.requests.count).toBe(1);
  });

  test('is as configured; a missing environment is seen to be missing', async () => {
    const shop = await shopWith({ switches: { teamsInGraphql: 'named' } });
    shop.github.given.team('octo-org/qa', ['hubot']);
    shop.github.given.environment('uat', { reviewers: ['octo-org/qa', 'mona'], waitTimer: 30, preventSelfReview: true });
    shop.github.given.removeEnvironment('production');
    const { evidence } = await gather(shop);
    expect(evidence.environments.get('uat')).toMatchObject({
      protection: { value: { unnamed: 0, preventSelfReview: true, waitTimer: 30 } },
      acceptanceProtection: { read: true, value: { reviewers: [{ kind: 'user', name: 'hubot' }] } },
    });
    expect(new Set(readValue(evidence.environments.get('uat')?.protection ?? { read: false, why: '' })?.reviewers)).toEqual(
      new Set([
        { kind: 'team', name: 'octo-org/qa' },
        { kind: 'user', name: 'mona' },
      ]),
    );
    expect(evidence.environments.get('production')?.protection).toEqual({ read: true, value: null });
    expect(evidence.environments.get('dev')?.protection).toMatchObject({ read: true, value: { reviewers: [] } });
  });
});

describe('reviews of this run', () => {
  const reviewed = [
    { state: 'approved', user: 'hubot', comment: 'fine', environments: ['uat'] },
    { state: 'rejected', user: 'mona', comment: 'no', environments: ['production'] },
  ] as const;

  test('come with the question', async () => {
    const shop = await shopWith();
    for (const review of reviewed) shop.github.given.review(shop.run, review);
    expect(readValue((await gather(shop)).evidence.run.reviews)).toEqual(reviewed);
    expect(shop.github.requests.count).toBe(1);
  });

  test('come with the question for a run about an annotated tag, which GitHub lists under the commit', async () => {
    const shop = await shopWith();
    for (const review of reviewed) shop.github.given.review(shop.run, review);
    const tag = shop.git.annotatedTag('v1.0.0', shop.head);
    const candidate = shop.candidate({ sha: tag, ref: 'refs/tags/v1.0.0', runHeadSha: tag });
    expect(readValue((await gather(shop, { candidate })).evidence.run.reviews)).toEqual(reviewed);
    expect(shop.github.requests.count).toBe(2);
  });

  test('are asked for when the run is not listed under its commit, once in a job', async () => {
    const shop = await shopWith();
    for (const review of reviewed) shop.github.given.review(shop.run, review);
    const candidate = shop.candidate({ runHeadSha: shop.git.sha('main~1') });
    const earlier = await gather(shop, { candidate });
    expect(readValue(earlier.evidence.run.reviews)).toEqual(reviewed);
    expect(shop.github.requests.lines()).toEqual([
      'POST /graphql (Evidence) 200',
      `GET /repos/octo-org/shop/actions/runs/${shop.run}/approvals 200`,
    ]);
    shop.github.requests.reset();
    expect(readValue((await gather(shop, { candidate, earlier })).evidence.run.reviews)).toEqual(reviewed);
    expect(shop.github.requests.count).toBe(1);
  });

  test('of no run are none; those that cannot be had are unread', async () => {
    const shop = await shopWith();
    expect((await gather(shop, { run: null })).evidence.run.reviews).toEqual({ read: true, value: [] });
    expect((await gather(shop, { run: { id: 4711, attempt: 1 } })).evidence.run.reviews).toMatchObject({ read: false });
  });
});

describe('records', () => {
  test.each(['once', 'twice'] as const)('come back as stored, payload encoded %s', async (payloadEncoding) => {
    const shop = await shopWith({ payloadEncoding });
    const rehearsal = { verdict: 'warn', migrations: 'm1', snapshot: 's1', snapshotTakenAt: 1772000000000 } as const;
    const promoted = await promote(shop, 'uat', { verify: true }, 'in_progress', 'success');
    const rehearsed = await promote(shop, 'uat', { kind: 'rehearsal', rehearsal, approvedBy: [] }, 'success');
    const open = await promote(shop, 'uat', { kind: 'rollback' });
    const records = new Map(recordsIn(await gather(shop), 'uat').map((record) => [record.id, record]));
    expect(records.get(promoted)).toMatchObject({
      kind: 'promotion',
      environment: 'uat',
      sha: shop.head,
      ref: 'refs/heads/main',
      version: 'main@1234567',
      digest: 'sha256:aaaaaaaaaaaa',
      outcome: 'success',
      verified: true,
      run: { id: shop.run, attempt: 1 },
      approvedBy: ['hubot'],
      route: 'mainline',
      rehearsal: null,
    });
    expect(records.get(rehearsed)).toMatchObject({ kind: 'rehearsal', rehearsal, verified: false });
    expect(records.get(open)).toMatchObject({ kind: 'rollback', outcome: 'open', finishedAt: null, failedAt: null });
  });

  test('of others, and with a payload that contradicts its deployment, prove nothing', async () => {
    const shop = await shopWith();
    const parent = shop.git.sha('main~1');
    const deployment = (task: string, payload: Record<string, unknown> | string, sha = shop.head) =>
      shop.github.given.deployment({ sha, environment: 'uat', task, payload, statuses: ['success'] }).id;
    const payload = payloadFor(shop) as unknown as Record<string, unknown>;
    const foreign = [
      deployment('deploy', ''),
      deployment('deploy', payload),
      deployment('promote:rollback', payload),
      deployment('promote:promotion', payload, parent),
      deployment('promote:promotion', { ...payload, schema: 2 }),
      deployment('promote:promotion', { ...payload, approvedBy: 'everybody' }),
      deployment('promote:promotion', '{"schema":1'),
    ];
    ranJob(shop, 'uat', payloadFor(shop));
    const good = deployment('promote:promotion', payload);
    const kinds = new Map(recordsIn(await gather(shop), 'uat').map(({ id, kind, digest }) => [id, { kind, digest }]));
    for (const id of foreign) expect(kinds.get(id)).toEqual({ kind: 'foreign', digest: null });
    expect(kinds.get(good)).toEqual({ kind: 'promotion', digest: 'sha256:aaaaaaaaaaaa' });
  });

  test('tell how they ended: superseded, failed, failed later, withdrawn, open', async () => {
    const shop = await shopWith();
    const ended = (...states: StatusState[]) => promote(shop, 'uat', {}, ...states);
    const ids = {
      superseded: await ended('in_progress', 'success', 'inactive'),
      failed: await ended('in_progress', 'failure'),
      dead: await ended('error'),
      failedLater: await ended('success', 'failure'),
      withdrawn: await ended('inactive'),
      open: await ended('in_progress'),
    };
    const records = new Map(recordsIn(await gather(shop), 'uat').map((record) => [record.id, record]));
    const now = shop.github.clock.now();
    expect(records.get(ids.superseded)).toMatchObject({ outcome: 'success', finishedAt: now, failedAt: null });
    expect(records.get(ids.failed)).toMatchObject({ outcome: 'failure', finishedAt: now, failedAt: now });
    expect(records.get(ids.dead)).toMatchObject({ outcome: 'failure' });
    expect(records.get(ids.failedLater)).toMatchObject({ outcome: 'success', failedAt: now });
    expect(records.get(ids.withdrawn)).toMatchObject({ outcome: 'withdrawn', finishedAt: null });
    expect(records.get(ids.open)).toMatchObject({ outcome: 'open' });
  });

  const HOUR_MS = 60 * 60 * 1000;

  /** Deployments of others, the oldest first, one every `hours`; the last one is as old. */
  function made(shop: Shop, count: number, status: 'success' | 'failure', hours = 0): void {
    const now = shop.github.clock.now();
    for (let left = count; left > 0; left -= 1) {
      const createdAt = now - left * hours * HOUR_MS;
      shop.github.given.deployment({ sha: shop.git.sha('main~1'), environment: 'uat', statuses: [status], createdAt });
    }
  }

  const further = (shop: Shop) => shop.github.requests.lines().filter((line) => line.includes('(Records)')).length;

  test('are not paged where they are few, or lie more than a day apart', async () => {
    const few = await shopWith();
    made(few, 19, 'success');
    expect(recordsIn(await gather(few), 'uat')).toHaveLength(19);
    const spread = await shopWith();
    made(spread, 30, 'success', 2);
    expect(recordsIn(await gather(spread), 'uat')).toHaveLength(20);
    expect([few.github.requests.count, spread.github.requests.count]).toEqual([1, 1]);
  });

  test('are paged back to the live one', async () => {
    const shop = await shopWith();
    made(shop, 30, 'success', 48);
    made(shop, 24, 'failure');
    expect(recordsIn(await gather(shop), 'uat')).toHaveLength(54);
    expect(shop.github.requests.lines()).toEqual(['POST /graphql (Evidence) 200', 'POST /graphql (Records) 200']);
  });

  test('are paged a day further than the live one: the order of opening is not the order of finishing', async () => {
    const shop = await shopWith();
    const now = shop.github.clock.now();
    const deployment = (statuses: { state: StatusState; createdAt: number }[]) =>
      shop.github.given.deployment({
        sha: shop.head,
        environment: 'uat',
        createdAt: now - 6 * HOUR_MS,
        task: 'promote:rollback',
        payload: payloadFor(shop, { kind: 'rollback', digest: 'sha256:other' }) as unknown as Record<string, unknown>,
        statuses,
      }).id;
    const slow = deployment([{ state: 'success', createdAt: now }]);
    const open = deployment([]);
    made(shop, 25, 'success', 0.2);
    const other = shop.git.commit('main', { 'other.js': '1' }, 'Another candidate', 'mona');
    const gathered = await gather(shop, { candidate: shop.candidate({ sha: other }) });
    expect(recordsIn(gathered, 'uat').map(({ id }) => id)).toEqual(expect.arrayContaining([slow, open]));
    expect(liveRecord(recordsIn(gathered, 'uat'))?.id).toBe(slow);
    expect(further(shop)).toBe(1);
  });

  test('of an environment with hundreds of deployments a day are not paged for ever, and are not unread', async () => {
    const shop = await shopWith();
    made(shop, 600, 'success', 0.01);
    expect(recordsIn(await gather(shop), 'uat')).toHaveLength(220);
    expect(further(shop)).toBe(LOOK_BACK_PAGES);
  });

  test('are paged back to the candidate’s latest success on its path, so that a rollback since then is seen', async () => {
    const shop = await shopWith();
    const entered = await promote(shop, 'uat', {}, 'success');
    shop.github.clock.set(shop.github.clock.now() + HOUR_MS);
    const back = await promote(shop, 'uat', { kind: 'rollback', ...at(shop.git.sha('main~1')), digest: 'sha256:old' }, 'success');
    shop.github.clock.set(shop.github.clock.now() + 400 * HOUR_MS);
    made(shop, 60, 'success', 6);
    const ids = recordsIn(await gather(shop), 'uat').map(({ id }) => id);
    expect(ids).toEqual(expect.arrayContaining([entered, back]));
    expect(shop.github.requests.lines()).toEqual(['POST /graphql (Evidence) 200', 'POST /graphql (Records) 200', jobsOfOwnRun(shop)]);
  });

  test('since a success that lies too far back to be paged to: rollbacks are asked for by themselves', async () => {
    const shop = await shopWith();
    const old = shop.git.sha('main~1');
    const before = await promote(shop, 'uat', { kind: 'rollback', ...at(old) }, 'success');
    await promote(shop, 'uat', {}, 'success');
    const back = await promote(shop, 'uat', { kind: 'rollback', ...at(old) }, 'success');
    made(shop, 530, 'success');
    const records = recordsIn(await gather(shop), 'uat');
    expect(records.find(({ id }) => id === back)).toMatchObject({ kind: 'rollback', outcome: 'success', sha: old });
    expect(records.map(({ id }) => id)).not.toContain(before);
    expect(shop.github.requests.lines().slice(-3)).toEqual([
      'GET /repos/octo-org/shop/deployments?environment=uat&task=promote%3Arollback&per_page=100 200',
      'POST /graphql (RecordsById) 200',
      jobsOfOwnRun(shop),
    ]);
    shop.github.inject({ match: { operation: 'repos/list-deployments' }, fault: { status: 403 } });
    expect((await gather(shop)).evidence.environments.get('uat')?.records).toMatchObject({ read: false });
  });

  test('of the candidate are read to the last, however long ago', async () => {
    const shop = await shopWith();
    const first = await promote(shop, 'uat', {}, 'success');
    for (let index = 0; index < 60; index += 1) shop.github.given.deployment({ sha: shop.head, environment: 'dev', statuses: ['failure'] });
    for (let index = 0; index < 25; index += 1) {
      shop.github.given.deployment({ sha: shop.git.sha('main~1'), environment: 'uat', statuses: ['success'] });
    }
    const gathered = await gather(shop);
    expect(recordsIn(gathered, 'uat').map(({ id }) => id)).toContain(first);
    expect(gathered.evidence.candidate.artifact).toEqual({ kind: 'digest', digest: 'sha256:aaaaaaaaaaaa' });
    expect(shop.github.requests.lines()).toContain('POST /graphql (CandidateRecords) 200');
  });

  test('where a soak is measured reach back to the candidate’s first', async () => {
    const shop = await shopWith({
      pipeline: PIPELINE.replace('gate: { approvals: 1 } }\nroutes', 'gate: { approvals: 1 }, soak: { in: uat, for: 4h } }\nroutes'),
    });
    const first = await promote(shop, 'uat', {}, 'success');
    made(shop, 25, 'failure');
    const again = await promote(shop, 'uat', {}, 'success');
    shop.github.clock.set(shop.github.clock.now() + 400 * HOUR_MS);
    made(shop, 25, 'success', 6);
    const ids = recordsIn(await gather(shop), 'uat').map(({ id }) => id);
    expect(ids).toEqual(expect.arrayContaining([first, again]));
    expect(ids).toHaveLength(52);
    // A rollback asks for neither: of what lies beyond the first page it needs the candidate's own.
    expect(recordsIn(await gather(shop, { intent: 'rollback' }), 'uat')).toHaveLength(22);
    made(shop, 530, 'success');
    expect(recordsIn(await gather(shop), 'uat').map(({ id }) => id)).toContain(first);
  });

  test('are read through hundreds of failures back to the last success', async () => {
    const shop = await shopWith();
    const first = await promote(shop, 'uat', at(shop.git.sha('main~1')), 'success');
    made(shop, 600, 'failure');
    const { evidence } = await gather(shop);
    expect(liveRecord(readValue(evidence.environments.get('uat')?.records))?.id).toBe(first);
    expect(shop.github.requests.count).toBe(7);
  });

  test('too many to look through are unread, not few, until those that are named are deleted', async () => {
    const shop = await shopWith();
    const first = await promote(shop, 'uat', at(shop.git.sha('main~1')), 'success');
    made(shop, 4020, 'failure');
    expect((await gather(shop)).evidence.environments.get('uat')?.records).toEqual({
      read: false,
      why: expect.stringMatching(
        /^there are more than 4020 records .* Delete failed ones .*gh api -X DELETE repos\/OWNER\/REPO\/deployments\/ID/,
      ),
    });
    expect(shop.github.requests.count).toBe(41);
    shop.github.state.deployments.splice(100, 1000);
    expect(liveRecord(recordsIn(await gather(shop), 'uat'))?.id).toBe(first);
  });

  test('with more statuses than fit into the answer are read to their first', async () => {
    const shop = await shopWith();
    const states = (count: number): StatusState[] => ['success', ...Array.from({ length: count - 1 }, () => 'in_progress' as const)];
    const given = (count: number, environment = 'uat') =>
      shop.github.given.deployment({ sha: shop.head, environment, statuses: states(count) }).id;
    const [few, some, many] = [given(20), given(21), given(230)];
    const outcomes = new Map(recordsIn(await gather(shop), 'uat').map(({ id, outcome }) => [id, outcome]));
    expect([few, some, many].map((id) => outcomes.get(id))).toEqual(['success', 'success', 'success']);
    // Once for what the commit's records and the environment's both have, each a page of a hundred at a time.
    expect(shop.github.requests.lines().filter((line) => line.includes('(Statuses)')).length).toBeLessThanOrEqual(6);
  });

  test('with too many statuses to read are unread, until that deployment is deleted', async () => {
    const shop = await shopWith();
    const live = await promote(shop, 'uat', at(shop.git.sha('main~1')), 'success');
    const statuses = Array.from({ length: 2001 }, () => 'failure' as const);
    const { id } = shop.github.given.deployment({ sha: shop.git.sha('main~1'), environment: 'uat', statuses });
    expect((await gather(shop)).evidence.environments.get('uat')?.records).toEqual({
      read: false,
      why: expect.stringMatching(/more statuses than are read, up to 2001: .*gh api -X DELETE/),
    });
    shop.github.state.deployments.splice(
      shop.github.state.deployments.findIndex((one) => one.id === id),
      1,
    );
    expect(liveRecord(recordsIn(await gather(shop), 'uat'))?.id).toBe(live);
  });
});

describe('a query that GitHub finds too costly', () => {
  /** Holds, vetoes, records of two environments, and more of each than a short list holds. */
  async function grownShop(): Promise<Shop> {
    const shop = await shopWith();
    for (let index = 0; index < 15; index += 1)
      shop.github.given.issue({ title: `v0.0.${index}: no`, labels: ['promote:veto'], author: 'hubot' });
    for (let index = 0; index < 8; index += 1) {
      const sha = shop.git.sha('main~1');
      shop.github.given.deployment({
        sha,
        environment: 'uat',
        statuses: ['failure'],
        createdAt: shop.github.clock.now() - 1000 * (9 - index),
      });
    }
    await promote(shop, 'dev', {}, 'success');
    return shop;
  }
  const what = ({ evidence, changes }: Gathered) => ({ evidence, changes });

  test.each([
    ['as a whole', 8000],
    ['in each of its parts, too', 1500],
  ])('is asked in parts %s, and the evidence is the same', async (_how, mostNodes) => {
    const shop = await grownShop();
    const usual = await gather(shop);
    const requests = shop.github.requests.count;
    shop.github.limitNodes(mostNodes);
    shop.github.requests.reset();
    expect(what(await gather(shop))).toEqual(what(usual));
    expect(shop.github.requests.count).toBeGreaterThan(requests + 3);
    expect(shop.github.requests.count).toBeLessThanOrEqual(requests + 21 + 12);
  });

  test('leaves unread what is too costly even by itself, in GitHub’s words', async () => {
    const shop = await grownShop();
    shop.github.limitNodes(400);
    const { evidence } = await gather(shop);
    expect(evidence.holds).toMatchObject({ read: false, why: expect.stringContaining('Resource limits for this query exceeded') });
  });
});

describe('the commit graph', () => {
  test('tells what contains what; where it does not reach, GitHub is asked', async () => {
    const shop = await shopWith();
    const older = shop.git.sha('main~1');
    const hotfix = shop.git.commit('hotfix/total', { 'total.js': '1' }, 'Fix the total', 'hubot', 'main~1');
    await promote(shop, 'dev', at(older), 'success');
    await promote(shop, 'uat', at(hotfix, 'refs/heads/hotfix/total'), 'success');
    const { evidence, changes } = await gather(shop);
    expect(Object.fromEntries(evidence.relations)).toEqual({ [older]: 'contains', [hotfix]: 'diverged' });
    expect(shop.github.requests.lines().slice(1)).toEqual([`GET /repos/octo-org/shop/compare/${shop.head}...${hotfix}?per_page=1 200`]);
    expect(changes.get('dev')).toMatchObject({ complete: true, commits: [{ sha: shop.head, title: 'A cart', author: 'mona' }] });
    expect(changes.get('production')?.commits).toHaveLength(2);
  });

  test('knows an older candidate, and asks once in a job', async () => {
    const shop = await shopWith();
    const hotfix = shop.git.commit('hotfix/total', { 'total.js': '1' }, 'Fix the total', 'hubot', 'main~1');
    await promote(shop, 'dev', {}, 'success');
    await promote(shop, 'uat', at(hotfix, 'refs/heads/hotfix/total'), 'success');
    const candidate = shop.candidate({ sha: shop.git.sha('main~1') });
    const earlier = await gather(shop, { candidate });
    expect(Object.fromEntries(earlier.evidence.relations)).toEqual({ [shop.head]: 'contained', [hotfix]: 'contained' });
    expect(earlier.changes.get('dev')).toEqual({ commits: [], complete: true });
    shop.github.requests.reset();
    expect((await gather(shop, { candidate, earlier })).evidence.relations).toEqual(earlier.evidence.relations);
    expect(shop.github.requests.count).toBe(1);
  });

  test('that ends before the other commit says so and asks', async () => {
    const shop = await shopWith();
    const first = shop.git.sha('main~1');
    const newest = shop.git.commit('main', { 'tax.js': '1' }, 'Taxes', 'mona');
    await promote(shop, 'dev', at(first), 'success');
    // As with a history of more than a hundred commits: only its newest commit is in the answer.
    const shortSighted: EvidencePort = {
      request: (route, parameters) => shop.client.request(route, parameters),
      graphql: (query, variables) => shop.client.graphql(query.replaceAll('history(first: 100)', 'history(first: 1)'), variables),
    };
    const { evidence, changes } = await gather(shop, { candidate: shop.candidate({ sha: newest }) }, shortSighted);
    expect(evidence.relations.get(first)).toBe('contains');
    expect(shop.github.requests.count).toBe(2);
    expect(changes.get('dev')).toMatchObject({ complete: false, commits: [{ sha: newest }] });
    const old = await gather(shop, { candidate: shop.candidate({ sha: first }) }, shortSighted);
    expect(old.evidence.candidate.refState).toEqual({ read: true, value: 'holds' });
    const side = shop.git.commit('side', { 'side.js': '1' }, 'Beside', 'mona', first);
    const moved = await gather(shop, { candidate: shop.candidate({ sha: side }) }, shortSighted);
    expect(moved.evidence.candidate.refState).toEqual({ read: true, value: 'moved' });
  });
});

describe('holds and vetoes', () => {
  const MINUTE_MS = 60_000;
  const permissions = (shop: Shop) => shop.github.requests.lines().filter((line) => line.includes('/permission')).length;

  test('count when somebody other than the author labelled the issue, as GitHub lets only people do who may triage', async () => {
    const shop = await shopWith();
    const { given } = shop.github;
    given.user('reader', { role: 'read' });
    given.user('left', { role: 'none' });
    const issue = (title: string, label: string, labelledBy: string, author = 'reader') =>
      given.issue({ title, labels: [`promote:${label}`], author, labelledBy });
    issue('production: database upgrade', 'hold', 'left');
    issue('dev: mine', 'hold', 'reader');
    issue(`${shop.head.slice(0, 7)}, v1.4.2: corrupts invoices`, 'veto', 'octocat', 'octocat');
    given.closeIssue(issue('uat: over', 'hold', 'left').number);
    const { evidence } = await gather(shop);
    const since = shop.github.clock.now();
    expect(readValue(evidence.holds)).toEqual([
      { environments: ['production'], by: 'left', since, reason: 'database upgrade', url: expect.stringContaining('/issues/') },
    ]);
    expect(readValue(evidence.vetoes)).toMatchObject([
      { candidates: [shop.head.slice(0, 7), 'v1.4.2'], by: 'octocat', reason: 'corrupts invoices' },
    ]);
    // Only of those who brought the label along with their own issue.
    expect(permissions(shop)).toBe(2);
  });

  test('count when an author labelled the issue later, whatever the author may do today', async () => {
    const shop = await shopWith();
    shop.github.given.user('left', { role: 'none' });
    const { number } = shop.github.given.issue({ title: 'uat: look first', author: 'left' });
    shop.github.clock.advance(2 * MINUTE_MS);
    const found = shop.github.state.issues.find((one) => one.number === number);
    if (found === undefined) throw new Error('no issue');
    addLabel(shop.github.state, found, 'promote:hold', 'left', shop.github.clock.now());
    expect(readValue((await gather(shop)).evidence.holds)).toMatchObject([{ environments: ['uat'], by: 'left' }]);
    expect(shop.github.requests.count).toBe(1);
  });

  describe('with a changed title', () => {
    const retitled = async (author: string, ...renames: readonly (readonly [string, string])[]) => {
      const shop = await shopWith();
      const { given } = shop.github;
      given.user('reader', { role: 'read' });
      const { number } = given.issue({ title: 'production: look first', labels: ['promote:hold'], author, labelledBy: 'mona' });
      for (const [title, by] of renames) given.renameIssue(number, title, by);
      return shop;
    };
    const holdsOf = async (shop: Shop) => readValue((await gather(shop)).evidence.holds);

    test('by an author without triage rights stand as they were labelled', async () => {
      const shop = await retitled('reader', ['dev: never mind', 'reader']);
      expect(await holdsOf(shop)).toMatchObject([
        { environments: ['production'], reason: 'look first; reader has retitled it since, without triage rights, so that does not count' },
      ]);
    });

    test('by anybody else, or by an author who may triage, stand as they read now', async () => {
      const other = await retitled('reader', ['uat: look first', 'hubot']);
      expect(await holdsOf(other)).toMatchObject([{ environments: ['uat'], reason: 'look first' }]);
      expect(permissions(other)).toBe(0);
      const author = await retitled('octocat', ['uat: look first', 'octocat']);
      expect(await holdsOf(author)).toMatchObject([{ environments: ['uat'] }]);
      const both = await retitled('reader', ['uat: look first', 'hubot'], ['dev: never mind', 'reader']);
      expect(await holdsOf(both)).toMatchObject([{ environments: ['uat'] }]);
    });

    test('hold everything where nobody can say what the title is worth', async () => {
      const unread = await retitled('reader', ['dev: never mind', 'reader']);
      unread.github.inject({ match: { path: /permission$/ }, fault: { status: 403 }, times: Infinity });
      expect(await holdsOf(unread)).toMatchObject([{ environments: [], reason: expect.stringContaining('could not be read') }]);
      const buried = await retitled('reader', ...Array.from({ length: 40 }, (_, index) => [`dev: ${index}`, 'reader'] as const));
      expect(await holdsOf(buried)).toMatchObject([{ environments: ['production'], reason: expect.stringContaining('does not count') }]);
      buried.github.inject({ match: { path: /issues\/\d+\/events/ }, fault: { status: 403 }, times: Infinity });
      expect(await holdsOf(buried)).toMatchObject([{ environments: [], reason: expect.stringContaining('too far back') }]);
    });
  });

  test('count when the permission cannot be read', async () => {
    const shop = await shopWith();
    shop.github.given.user('reader', { role: 'read' });
    shop.github.given.issue({ title: 'uat: look first', labels: ['promote:hold'], author: 'reader' });
    shop.github.inject({ match: { path: /permission$/ }, fault: { status: 403 }, times: Infinity });
    expect(readValue((await gather(shop)).evidence.holds)).toHaveLength(1);
  });

  test('of strangers, through a form that labels, are read to the end and do not count', async () => {
    const shop = await shopWith();
    shop.github.given.user('reader', { role: 'read' });
    for (let index = 0; index < 320; index += 1) {
      shop.github.given.issue({ title: `form ${index}`, labels: ['promote:veto'], author: 'reader' });
    }
    shop.github.given.issue({ title: 'v0.0.1: bad', labels: ['promote:veto'], author: 'octocat' });
    expect(readValue((await gather(shop)).evidence.vetoes).map(({ candidates }) => candidates)).toEqual([['v0.0.1']]);
  });

  test('of strangers are dropped before their events are read, however often they were renamed', async () => {
    const shop = await shopWith();
    shop.github.given.user('reader', { role: 'read' });
    for (let index = 0; index < 30; index += 1) {
      const { number } = shop.github.given.issue({ title: `form ${index}`, labels: ['promote:hold'], author: 'reader' });
      for (let time = 0; time < 35; time += 1) shop.github.given.renameIssue(number, `no ${time}`, 'reader');
    }
    expect(readValue((await gather(shop)).evidence.holds)).toEqual([]);
    expect(shop.github.requests.count).toBe(2);
  });

  test('are all read, however many', async () => {
    const shop = await shopWith();
    for (let index = 0; index < 60; index += 1) {
      shop.github.given.issue({ title: `v0.0.${index}: bad`, labels: ['promote:veto'], author: 'octocat' });
    }
    expect(readValue((await gather(shop)).evidence.vetoes).map(({ candidates }) => candidates[0])).toContain('v0.0.59');
  });
});

describe('what was not read', () => {
  type Break = (answer: GraphqlAnswer, path: readonly string[], value?: unknown) => GraphqlAnswer;

  /** GitHub's partial answer: `null` at a path, and an error that names it. */
  const forbidden: Break = (answer, path, value = null) => {
    const data = structuredClone(answer.data);
    const last = path.at(-1) ?? '';
    const parent = path
      .slice(0, -1)
      .reduce<unknown>((value, key) => (typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined), data);
    if (typeof parent !== 'object' || parent === null || !(last in parent)) throw new Error(`nothing at ${path.join('.')}`);
    Reflect.set(parent, last, value);
    return { ...answer, data, errors: [{ type: 'FORBIDDEN', path, message: 'Resource not accessible by integration' }] };
  };

  /** A client whose first answer lacks a piece. */
  function lacking(shop: Shop, ...path: readonly string[]): EvidencePort {
    return {
      request: (route, parameters) => shop.client.request(route, parameters),
      graphql: async (query, variables) => {
        const answer = await shop.client.graphql(query, variables);
        return query.startsWith('query Evidence') ? forbidden(answer, ['repository', ...path]) : answer;
      },
    };
  }

  const pieces: readonly (readonly [string, readonly string[], (gathered: Gathered) => unknown])[] = [
    ['an environment’s protection', ['p1', 'protectionRules'], ({ evidence }) => evidence.environments.get('uat')?.protection],
    ['an environment', ['p1'], ({ evidence }) => evidence.environments.get('uat')?.protection],
    ['the acceptance’s protection', ['p3'], ({ evidence }) => evidence.environments.get('uat')?.acceptanceProtection],
    ['an environment’s records', ['r1'], ({ evidence }) => evidence.environments.get('uat')?.records],
    ['the candidate’s records', ['candidate', 'deployments'], ({ evidence }) => evidence.environments.get('dev')?.records],
    ['the authors', ['candidate', 'authors'], ({ evidence }) => evidence.candidate.authors],
    ['the pull requests', ['candidate', 'associatedPullRequests'], ({ evidence }) => evidence.candidate.authors],
    ['the candidate’s copy', ['candidate', 'file'], ({ evidence }) => evidence.policy.candidateCopy],
    ['the ref', ['ref'], ({ evidence }) => evidence.candidate.refState],
    ['the holds', ['holds'], ({ evidence }) => evidence.holds],
    ['the vetoes', ['vetoes'], ({ evidence }) => evidence.vetoes],
  ];

  let shop: Shop;
  beforeAll(async () => {
    shop = await openShop();
  });
  afterAll(() => shop.close());

  test.each(pieces)('%s: that piece, and the reason', async (_name, path, piece) => {
    expect(piece(await gather(shop))).toMatchObject({ read: true });
    expect(piece(await gather(shop, {}, lacking(shop, ...path)))).toEqual({
      read: false,
      why: expect.stringContaining('GitHub answered: Resource not accessible by integration. The token needs'),
    });
  });

  /** A client whose first answer has another value somewhere, without an error. */
  function answering(shop: Shop, value: unknown, ...path: readonly string[]): EvidencePort {
    return {
      request: (route, parameters) => shop.client.request(route, parameters),
      graphql: async (query, variables) => {
        const answer = await shop.client.graphql(query, variables);
        return query.startsWith('query Evidence') ? { ...forbidden(answer, ['repository', ...path], value), errors: [] } : answer;
      },
    };
  }

  const lists: readonly (readonly [string, readonly string[], (gathered: Gathered) => unknown])[] = [
    ['holds', ['holds'], ({ evidence }) => evidence.holds],
    ['vetoes', ['vetoes'], ({ evidence }) => evidence.vetoes],
    ['an environment’s records', ['r1'], ({ evidence }) => evidence.environments.get('uat')?.records],
    ['the candidate’s records', ['candidate', 'deployments'], ({ evidence }) => evidence.environments.get('uat')?.records],
    ['protection rules', ['p1', 'protectionRules'], ({ evidence }) => evidence.environments.get('uat')?.protection],
  ];

  test.each(lists)('%s: a list that GitHub could not make is not an empty one', async (_name, path, piece) => {
    expect(piece(await gather(shop, {}, answering(shop, null, ...path, 'nodes')))).toMatchObject({ read: false });
  });

  test.each(lists.slice(0, 4))('%s: a list that goes on from nowhere is not the whole', async (_name, path, piece) => {
    const pageInfo = { hasNextPage: true, endCursor: null };
    expect(piece(await gather(shop, {}, answering(shop, pageInfo, ...path, 'pageInfo')))).toMatchObject({ read: false });
  });

  test('a list of statuses or of reviews that GitHub could not make is not an empty one', async () => {
    const shop = await shopWith();
    await promote(shop, 'uat', {}, 'success');
    const records = await gather(shop, {}, answering(shop, null, 'r1', 'nodes', '0', 'statuses', 'nodes'));
    expect(records.evidence.environments.get('uat')?.records).toMatchObject({ read: false });
    const suite = ['run', 'checkSuites', 'nodes', '0', 'workflowRun', 'deploymentReviews'];
    shop.github.given.review(shop.run, { user: 'hubot', environments: ['uat'] });
    shop.github.requests.reset();
    const reviews = await gather(shop, {}, answering(shop, null, ...suite, 'nodes'));
    // Asked for on their own instead.
    expect(readValue(reviews.evidence.run.reviews)).toHaveLength(1);
    expect(shop.github.requests.lines().slice(1)).toEqual([
      jobsOfOwnRun(shop),
      `GET /repos/octo-org/shop/actions/runs/${shop.run}/approvals 200`,
    ]);
  });

  test('a history leaves relations to be asked for', async () => {
    const shop = await shopWith();
    await promote(shop, 'dev', at(shop.git.sha('main~1')), 'success');
    const { evidence, changes } = await gather(shop, {}, lacking(shop, 'candidate', 'history'));
    expect([...evidence.relations.values()]).toEqual(['contains']);
    expect(changes.get('production')).toMatchObject({ complete: false });
  });

  test('reviews are asked for on their own', async () => {
    const shop = await shopWith();
    shop.github.given.review(shop.run, { user: 'hubot', environments: ['uat'] });
    const { evidence } = await gather(shop, {}, lacking(shop, 'run'));
    expect(readValue(evidence.run.reviews)).toHaveLength(1);
    expect(shop.github.requests.count).toBe(2);
  });

  test('the policy, or the candidate, or everything, is an error', async () => {
    const shop = await shopWith();
    await expect(gather(shop, {}, lacking(shop, 'defaultBranchRef', 'target', 'file'))).rejects.toThrow(
      /could not be read: GitHub answered/,
    );
    await expect(gather(shop, {}, lacking(shop, 'candidate'))).rejects.toThrow(/Resource not accessible/);
    await expect(gather(shop, {}, lacking(shop))).rejects.toThrow(/Resource not accessible/);
  });

  test('a comparison leaves the relation out', async () => {
    const shop = await shopWith();
    const hotfix = shop.git.commit('hotfix/total', { 'total.js': '1' }, 'Fix the total', 'hubot', 'main~1');
    await promote(shop, 'uat', at(hotfix, 'refs/heads/hotfix/total'), 'success');
    shop.github.inject({ match: { path: /compare/ }, fault: { status: 404 }, times: Infinity });
    expect((await gather(shop)).evidence.relations.has(hotfix)).toBe(false);
  });

  test('an error about the whole query is an error', async () => {
    const shop = await shopWith();
    shop.github.inject({ match: { operationName: 'Evidence' }, fault: 'graphql-error', times: Infinity });
    await expect(gather(shop)).rejects.toThrow(/GitHub|query/);
  });
});

describe('GitHub Enterprise Server', () => {
  test('answers under its own addresses', async () => {
    const shop = await shopWith({ ghes: {} });
    expect(shop.github.apiUrl).toContain('/api/v3');
    await promote(shop, 'uat', {}, 'success');
    expect(recordsIn(await gather(shop), 'uat')).toHaveLength(1);
  });

  test('without a field fails with the reason', async () => {
    const shop = await shopWith({ ghes: { lacksFields: ['DeploymentProtectionRule.preventSelfReview'] } });
    await expect(gather(shop)).rejects.toThrow(/preventSelfReview.*Enterprise Server/);
  });
});

describe('a token that lacks a permission', () => {
  const clientWith = (shop: Shop, permissions: Record<string, 'read'>) =>
    createClient({
      ...addresses(shop.github),
      token: shop.github.token({ permissions }),
      requestTimeoutMs: 5000,
      retryWaitMs: 1,
      log: () => {},
    });

  test('leaves unread what GitHub gives in part', async () => {
    const shop = await shopWith();
    const client = clientWith(shop, { contents: 'read', deployments: 'read', issues: 'read' });
    const { evidence } = await gather(shop, {}, client);
    expect(evidence.environments.get('uat')?.records).toMatchObject({ read: true });
    expect(evidence.run.reviews).toMatchObject({ read: false });
    expect(JSON.stringify(evidence.run.reviews)).toContain('actions: read');
  });

  test('fails with its name where GitHub gives nothing', async () => {
    const shop = await shopWith();
    await expect(gather(shop, {}, clientWith(shop, { contents: 'read' }))).rejects.toThrow(/"(?:issues|deployments): read"/);
  });
});
