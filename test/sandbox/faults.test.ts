import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Fault } from '../../sandbox/github/index.ts';
import { inRepository, openShop, type Shop, sampleFolder } from './shop.ts';

const sample = sampleFolder();
afterAll(() => sample.remove());
const tip = sample.main.at(-1) ?? '';
const DEPLOY = { ref: tip, environment: 'uat', auto_merge: false, required_contexts: [] };

let shop: Shop;
beforeEach(async () => {
  shop = await openShop(sample.repository.path);
});
afterEach(async () => {
  await shop.close();
  expect(shop.sandbox.violations).toEqual([]);
});

const POST = { operation: 'repos/create-deployment' };

describe('a fault', () => {
  it.each<[string, Fault, boolean]>([
    ['a reset', 'reset', false],
    ['a reset after the effect', 'reset-after-effect', true],
    ['half an answer', 'truncate', true],
  ])('%s fails the request', async (_, fault, effect) => {
    const injected = shop.sandbox.inject({ match: POST, fault });
    await expect(shop.send('POST', 'deployments', DEPLOY)).rejects.toThrow();
    expect(shop.sandbox.state.deployments).toHaveLength(effect ? 1 : 0);
    expect(injected.struck).toBe(1);
    expect((await shop.send('POST', 'deployments', DEPLOY)).status).toBe(201);
  });

  it.each<[Fault, boolean]>([
    ['hang', false],
    ['hang-after-effect', true],
  ])('%s never answers', async (fault, effect) => {
    shop.sandbox.inject({ match: POST, fault });
    const request = fetch(`${shop.sandbox.apiUrl}/repos/octo-org/shop/deployments`, {
      method: 'POST',
      headers: { authorization: `Bearer ${shop.token}` },
      body: JSON.stringify(DEPLOY),
      signal: AbortSignal.timeout(200),
    });
    await expect(request).rejects.toThrow('timeout');
    expect(shop.sandbox.state.deployments).toHaveLength(effect ? 1 : 0);
  });

  it.each<[Fault, number, string]>([
    [{ status: 502 }, 502, 'Injected 502'],
    [{ status: 429, body: { message: 'slow down' }, headers: { 'retry-after': '7' } }, 429, 'slow down'],
    ['rate-limit', 403, 'API rate limit exceeded'],
    ['secondary-rate-limit', 403, 'secondary rate limit'],
  ])('%j answers instead', async (fault, status, message) => {
    shop.sandbox.inject({ match: POST, fault });
    const answer = await shop.send('POST', 'deployments', DEPLOY);
    expect(answer.status).toBe(status);
    expect(answer.body.message).toContain(message);
    expect(shop.sandbox.state.deployments).toEqual([]);
  });

  it('of a rate limit says when it ends', async () => {
    shop.sandbox.inject({ match: {}, fault: 'rate-limit' });
    const { headers } = await shop.get('deployments');
    expect(headers.get('x-ratelimit-remaining')).toBe('0');
    expect(Number(headers.get('x-ratelimit-reset'))).toBe(Date.parse('2026-03-02T11:00:00Z') / 1000);
    shop.sandbox.inject({ match: {}, fault: 'secondary-rate-limit' });
    expect((await shop.get('deployments')).headers.get('retry-after')).toBe('1');
  });

  it('may leave its effect', async () => {
    shop.sandbox.inject({ match: POST, fault: { status: 500, when: 'after' } });
    expect((await shop.send('POST', 'deployments', DEPLOY)).status).toBe(500);
    expect(shop.sandbox.state.deployments).toHaveLength(1);
  });

  it('of GraphQL comes under status 200', async () => {
    shop.sandbox.inject({ match: { operation: 'graphql' }, fault: 'graphql-error' });
    const { status, body } = await shop.query(inRepository('name'));
    expect(status).toBe(200);
    expect(body.data).toBeNull();
    expect(body.errors[0].message).toContain('Something went wrong');
  });

  it('of one part of an answer leaves the rest', async () => {
    shop.sandbox.inject({
      match: { operation: 'graphql' },
      fault: { missingPart: ['repository', 'deployments', 'nodes', 0], type: 'INTERNAL' },
    });
    shop.sandbox.given.deployment({ sha: tip, environment: 'uat' });
    const { body } = await shop.query(inRepository('name deployments(first: 1) { nodes { task } }'));
    expect(body.data.repository).toEqual({ name: 'shop', deployments: { nodes: [null] } });
    expect(body.errors).toMatchObject([{ type: 'INTERNAL', path: ['repository', 'deployments', 'nodes', 0] }]);
  });

  it('strikes the nth match, a number of times, until removed', async () => {
    const statuses = async (count: number) => {
      const seen: number[] = [];
      for (let index = 0; index < count; index += 1) seen.push((await shop.get('deployments')).status);
      return seen;
    };
    shop.sandbox.inject({ match: { method: 'GET', path: /deployments$/, nth: 2 }, fault: { status: 500 } });
    expect(await statuses(3)).toEqual([200, 500, 200]);
    shop.sandbox.inject({ match: (request) => request.method === 'GET', fault: { status: 503 }, times: 2 });
    expect(await statuses(3)).toEqual([503, 503, 200]);
    const always = shop.sandbox.inject({ match: {}, fault: { status: 500 }, times: Number.POSITIVE_INFINITY });
    expect(await statuses(2)).toEqual([500, 500]);
    always.remove();
    expect(await statuses(1)).toEqual([200]);
    expect(always.struck).toBe(2);
  });

  it('is told in the log', async () => {
    shop.sandbox.inject({ match: { operationName: 'Evidence' }, fault: { status: 502 } });
    await shop.query('query Evidence { viewer { login } }');
    await shop.query('query Evidence { viewer { login } }');
    expect(shop.sandbox.requests.lines()).toEqual(['POST /graphql (Evidence) 502 [502]', 'POST /graphql (Evidence) 200']);
    expect(shop.sandbox.requests.count).toBe(2);
    shop.sandbox.requests.reset();
    expect(shop.sandbox.requests.count).toBe(0);
  });
});

describe('a stale read', () => {
  it('answers from the moment of its injection, refs and all', async () => {
    shop.sandbox.inject({ match: { operation: 'graphql' }, fault: 'stale', times: 1 });
    shop.sandbox.given.deployment({ sha: tip, environment: 'uat' });
    sample.repository.branch('new', tip);
    const selection = inRepository(
      'deployments(first: 5) { totalCount } ref(qualifiedName: "new") { name } object(expression: "new") { oid }',
    );
    expect((await shop.query(selection)).body.data.repository).toEqual({ deployments: { totalCount: 0 }, ref: null, object: null });
    expect((await shop.query(selection)).body.data.repository).toEqual({
      deployments: { totalCount: 1 },
      ref: { name: 'new' },
      object: { oid: tip },
    });
  });

  it('never keeps a write from happening', async () => {
    const snapshot = shop.sandbox.snapshot();
    shop.sandbox.inject({ match: {}, fault: { stale: snapshot }, times: 2 });
    expect((await shop.send('POST', 'deployments', DEPLOY)).status).toBe(201);
    expect((await shop.get('deployments')).body).toEqual([]);
    expect((await shop.get('deployments')).body).toHaveLength(1);
  });
});

describe('time', () => {
  it('stands still until moved, in headers and timestamps', async () => {
    const { clock } = shop.sandbox;
    expect((await shop.get('deployments')).headers.get('date')).toBe('Mon, 02 Mar 2026 10:00:00 GMT');
    clock.advance(90_000);
    expect((await shop.send('POST', 'deployments', DEPLOY)).body.created_at).toBe('2026-03-02T10:01:30Z');
    clock.set('2026-12-24T18:00:00Z');
    expect((await shop.get('deployments')).headers.get('date')).toBe('Thu, 24 Dec 2026 18:00:00 GMT');
    expect(() => clock.set('soon')).toThrow('soon is no instant');
  });

  it('gives the rate limit back', async () => {
    await shop.close();
    shop = await openShop(sample.repository.path, { rateLimit: 2 });
    const statuses = [await shop.get('deployments'), await shop.get('deployments'), await shop.get('deployments')].map(
      (answer) => answer.status,
    );
    expect(statuses).toEqual([200, 200, 403]);
    shop.sandbox.clock.advance(3_600_000);
    expect((await shop.get('deployments')).headers.get('x-ratelimit-remaining')).toBe('1');
  });
});

it('things can happen just before and just after a request', async () => {
  const { sandbox } = shop;
  sandbox.before({ method: 'GET' }, () => {
    sandbox.given.deployment({ sha: tip, environment: 'uat' });
  });
  sandbox.after({ method: 'GET' }, async () => {
    sandbox.given.deployment({ sha: tip, environment: 'uat' });
  });
  expect((await shop.get('deployments')).body).toHaveLength(1);
  expect((await shop.get('deployments')).body).toHaveLength(2);
});
