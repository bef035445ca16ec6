import type { ServerResponse } from 'node:http';
import { afterEach, describe, expect, test } from 'vitest';
import { createClient, type GitHubClient } from '../../src/github/client.ts';
import {
  type Answer,
  brokenOff,
  halfDocument,
  html,
  json,
  reset,
  type ScriptedServer,
  scriptedServer,
  silence,
} from './scripted-server.ts';

const TOKEN = 'ghs_0123456789abcdefghijABCDEFGHIJ';
const TIMEOUT_MS = 120;
const DATE = Date.parse('2026-03-02T10:00:00Z');
const servers: ScriptedServer[] = [];

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

interface Talk {
  readonly client: GitHubClient;
  readonly server: ScriptedServer;
  readonly log: readonly string[];
}

async function talk(...script: readonly Answer[]): Promise<Talk> {
  const server = await scriptedServer(script);
  servers.push(server);
  const log: string[] = [];
  const client = createClient({
    token: TOKEN,
    apiUrl: server.url,
    graphqlUrl: `${server.url}/graphql`,
    requestTimeoutMs: TIMEOUT_MS,
    retryWaitMs: 1,
    log: (line) => log.push(line),
  });
  return { client, server, log };
}

const read = (client: GitHubClient) =>
  client.request('GET /repos/{owner}/{repo}/actions/runs/{run_id}', { owner: 'octo-org', repo: 'shop', run_id: 7 });

async function failureOf(promise: Promise<unknown>): Promise<Error> {
  const outcome = await promise.then(
    (value) => value,
    (error: unknown) => error,
  );
  if (!(outcome instanceof Error)) throw new Error(`expected a failure, got ${JSON.stringify(outcome)}`);
  return outcome;
}

describe('an answer', () => {
  test("carries data, status and GitHub's clock", async () => {
    const { client, server } = await talk(json(200, { id: 7 }));
    expect(await read(client)).toEqual({ status: 200, data: { id: 7 }, date: DATE });
    expect(server.requests).toMatchObject([{ method: 'GET', path: '/repos/octo-org/shop/actions/runs/7' }]);
    expect(server.requests[0]?.headers['authorization']).toContain(TOKEN);
    expect(client.requestCount).toBe(1);
  });

  test('without a Date header is no basis for a decision', async () => {
    const { client } = await talk((response) => {
      response.sendDate = false;
      response.removeHeader('date');
      json(200, {})(response, response.req);
    });
    expect((await failureOf(read(client))).message).toContain('Date header');
  });

  test('without content is a success', async () => {
    const { client } = await talk((response) => response.writeHead(204).end());
    expect(await read(client)).toMatchObject({ status: 204 });
  });
});

describe('a failure in passing is repeated', () => {
  const faults: readonly (readonly [string, Answer])[] = [
    ['500', json(500, { message: 'Server Error' })],
    ['502 as a page', html(502)],
    ['connection reset', reset],
    ['body that breaks off', brokenOff],
    ['half a document', halfDocument],
    ['page instead of an answer', html(200)],
    ['no answer in time', silence],
    ['secondary limit', json(403, { message: 'You have exceeded a secondary rate limit.' }, { 'retry-after': '20' })],
    ['secondary limit as 429', json(429, { message: 'You have exceeded a secondary rate limit.' }, { 'retry-after': '20' })],
    ['429 and nothing else', json(429, { message: 'Too Many Requests' })],
    ['403 with a time to come back', json(403, { message: 'Forbidden' }, { 'retry-after': '5' })],
  ];
  test.each(faults)('%s', async (_name, fault) => {
    const { client, server } = await talk(fault, json(200, { id: 7 }));
    expect((await read(client)).data).toEqual({ id: 7 });
    expect(server.requests).toHaveLength(2);
    expect(client.requestCount).toBe(2);
  });

  test.each(faults)('%s, in a query', async (_name, fault) => {
    const { client, server } = await talk(fault, json(200, { data: { viewer: null } }));
    expect((await client.graphql('{ viewer { login } }', {})).data).toEqual({ viewer: null });
    expect(server.requests).toHaveLength(2);
  });

  test.each(faults)('%s again and again ends with a message that says so, within bounds', async (_name, fault) => {
    const { client, server } = await talk(fault);
    const error = await failureOf(read(client));
    expect(error.name).toBe('GitHubError');
    expect(error.message).toContain('GET /repos/{owner}/{repo}/actions/runs/{run_id}');
    expect(error.message.split('\n')).toHaveLength(1);
    expect(server.requests.length).toBeGreaterThan(1);
    expect(server.requests.length).toBeLessThanOrEqual(4);
  });

  test('a timeout is named with its length', async () => {
    const { client } = await talk(silence);
    expect((await failureOf(read(client))).message).toContain('no complete answer within 0.12 s');
  });

  test('a write is repeated with the same body', async () => {
    const { client, server } = await talk(reset, json(201, { id: 1 }));
    await client.request('POST /repos/{owner}/{repo}/deployments', {
      owner: 'octo-org',
      repo: 'shop',
      ref: 'main',
      payload: { claim: 'one' },
    });
    expect(server.requests.map(({ body }) => body)).toEqual([server.requests[0]?.body, server.requests[0]?.body]);
    expect(server.requests[0]?.body).toContain('"claim":"one"');
  });
});

describe('rate limits', () => {
  const reset = (seconds: number) => ({ 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(DATE / 1000 + seconds) });

  test('a primary limit that ends soon by the clock of GitHub is waited for, whatever the runner thinks the time is', async () => {
    const { client, server, log } = await talk(json(403, { message: 'API rate limit exceeded' }, reset(30)), json(200, { id: 7 }));
    expect((await read(client)).data).toEqual({ id: 7 });
    expect(server.requests).toHaveLength(2);
    expect(log.join('\n')).toMatch(/primary rate limit is reached; waiting 3[012] s/);
  });

  test('one that ends later than is worth waiting for fails at once and says when it ends', async () => {
    const { client, server } = await talk(json(403, { message: 'API rate limit exceeded' }, reset(1800)));
    const error = await failureOf(read(client));
    expect(error).toMatchObject({ failure: 'limit' });
    expect(error.message).toContain('2026-03-02T10:30:00.000Z');
    expect(server.requests).toHaveLength(1);
  });

  test('all waits together stay within a minute', async () => {
    const { client, server } = await talk(json(429, { message: 'secondary rate limit' }, { 'retry-after': '25' }));
    expect(await failureOf(read(client))).toMatchObject({ failure: 'limit' });
    expect(server.requests).toHaveLength(3);
  });

  const used = [
    ['RATE_LIMITED', { type: 'RATE_LIMITED', message: 'API rate limit exceeded' }],
    ['RATE_LIMIT', { type: 'RATE_LIMIT', message: 'API rate limit already exceeded for user ID 1.' }],
    ['the code of a limit', { code: 'graphql_rate_limit', message: 'API rate limit already exceeded for user ID 1.' }],
  ] as const;

  test.each(used.flatMap(([name, error]) => ['/graphql', '/api/graphql'].map((path) => [name, path, error] as const)))(
    '%s under 200 at %s is a limit',
    async (_name, path, error) => {
      const server = await scriptedServer([json(200, { errors: [error] }, reset(1800))]);
      servers.push(server);
      const client = createClient({
        token: TOKEN,
        apiUrl: server.url,
        graphqlUrl: server.url + path,
        requestTimeoutMs: TIMEOUT_MS,
        retryWaitMs: 1,
        log: () => {},
      });
      const failure = await failureOf(client.graphql('{ viewer { login } }', {}));
      expect(failure).toMatchObject({ failure: 'limit' });
      expect(failure.message).toContain('2026-03-02T10:30:00.000Z');
      expect(server.requests).toMatchObject([{ path }]);
    },
  );

  test.each(used)('%s under 200 is waited for where it ends soon', async (_name, error) => {
    const { client, server, log } = await talk(json(200, { errors: [error] }, reset(30)), json(200, { data: { viewer: null } }));
    expect((await client.graphql('{ viewer { login } }', {})).data).toEqual({ viewer: null });
    expect(server.requests).toHaveLength(2);
    expect(log.join('\n')).toMatch(/primary rate limit is reached; waiting 3[012] s/);
  });

  test('a secondary limit under 200 is waited for as long as it says', async () => {
    const message = 'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.';
    const { client, server, log } = await talk(
      json(200, { errors: [{ message }] }, { 'retry-after': '20' }),
      json(200, { data: { viewer: null } }),
    );
    expect((await client.graphql('{ viewer { login } }', {})).data).toEqual({ viewer: null });
    expect(server.requests).toHaveLength(2);
    expect(log.join('\n')).toContain('secondary rate limit is reached; waiting 20 s');
  });
});

describe('a refusal is not repeated, and names what to do', () => {
  test('a permission that the token lacks', async () => {
    const { client, server } = await talk(
      json(403, { message: 'Resource not accessible by integration' }, { 'x-accepted-github-permissions': 'deployments=write' }),
    );
    const error = await failureOf(read(client));
    expect(error).toMatchObject({ failure: 'permission' });
    expect(error.message).toContain('The token needs "deployments: write"');
    expect(server.requests).toHaveLength(1);
  });

  test.each([
    [401, { message: 'Bad credentials' }, 'unauthorized', 'input "token"'],
    [404, { message: 'Not Found' }, 'missing', 'not found'],
    [409, { message: 'Conflict merging main' }, 'refused', 'Conflict merging main'],
    [422, { message: 'Validation Failed', errors: [{ field: 'ref' }] }, 'refused', 'Validation Failed'],
  ] as const)('%i', async (status, body, failure, words) => {
    const { client, server } = await talk(json(status, body));
    const error = await failureOf(read(client));
    expect(error).toMatchObject({ failure });
    expect(error.message).toContain(words);
    // Octokit's retry plugin repeats a conflict, too: GitHub answers so while it is busy with the same commit.
    expect(server.requests).toHaveLength(status === 409 ? 4 : 1);
  });
});

describe('GraphQL', () => {
  test('errors under 200 come back beside the data', async () => {
    const { client } = await talk(
      json(200, {
        data: { repository: { ref: null } },
        errors: [{ type: 'FORBIDDEN', path: ['repository', 'ref'], message: 'Resource not accessible' }],
      }),
    );
    expect(await client.graphql('query Q($a: String!) { x }', { a: 'b' })).toEqual({
      data: { repository: { ref: null } },
      errors: [{ type: 'FORBIDDEN', path: ['repository', 'ref'], message: 'Resource not accessible' }],
      date: DATE,
    });
  });

  test('an answer with neither data nor errors is none', async () => {
    const { client } = await talk(json(200, {}));
    expect((await failureOf(client.graphql('{ x }', {}))).message).toContain('neither data nor errors');
  });

  test.each([
    [
      'a redirect that leads nowhere',
      (response: ServerResponse) => void response.writeHead(302).end(),
      'the answer is a redirect (302) that leads nowhere',
    ],
    [
      'no content',
      (response: ServerResponse) => void response.writeHead(204).end(),
      'The answer to POST /graphql (204) is not a GraphQL answer',
    ],
  ])('%s is told with its status', async (_name, answer, expected) => {
    const { client } = await talk(answer);
    expect((await failureOf(client.graphql('{ x }', {}))).message).toContain(expected);
  });

  test.each([{ message: 'one' }, 'one', [null], ['one']])('errors that are no list of errors make no answer: %j', async (errors) => {
    const { client, server } = await talk(json(502, {}), json(200, { data: null, errors }));
    expect((await failureOf(client.graphql('{ x }', {}))).message).toContain('the answer\'s "errors" are no list of errors');
    expect(server.requests).toHaveLength(4);
  });

  test('the passing kind of error is repeated, and what was read is used if it stays', async () => {
    const wrong = { message: 'Something went wrong while executing your query. Please try again.', path: ['repository', 'ref'] };
    const { client, server } = await talk(json(200, { data: { repository: { a: 1, ref: null } }, errors: [wrong] }));
    expect(await client.graphql('{ x }', {})).toMatchObject({ data: { repository: { a: 1 } }, errors: [{ path: ['repository', 'ref'] }] });
    expect(server.requests).toHaveLength(4);
  });
});

test.each([
  ['address', { graphqlUrl: 'nonsense', apiUrl: 'nonsense' }],
  ['token', { token: 'ghs_…' }],
])('what cannot be sent for its %s is tried once and not blamed on GitHub', async (_what, wrong) => {
  const server = await scriptedServer([json(200, {})]);
  servers.push(server);
  const right = { token: TOKEN, apiUrl: server.url, graphqlUrl: server.url, requestTimeoutMs: TIMEOUT_MS, retryWaitMs: 1 };
  const client = createClient({ ...right, ...wrong, log: () => {} });
  for (const ask of [() => client.graphql('{ x }', {}), () => read(client)]) {
    const error = await failureOf(ask());
    expect(error.message).toMatch(/^No request can be sent to GitHub: /);
    expect(error.message).not.toMatch(/Run the job again|ghs_/);
  }
  expect(client.requestCount).toBe(2);
  expect(server.requests).toEqual([]);
});

test('no message and no log line holds the token', async () => {
  const said: string[] = [];
  for (const answer of [json(401, { message: 'Bad credentials' }), json(500, {}), reset, silence, halfDocument]) {
    const { client, log } = await talk(answer);
    const error = await failureOf(read(client));
    said.push(error.message, String(error.stack), JSON.stringify(error), ...log);
  }
  expect(said.length).toBeGreaterThan(15);
  expect(said.join('\n')).not.toContain(TOKEN);
});
