/** The HTTP side: reads a request, finds out what it is, lets faults strike, answers. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LoggedRequest, RunnerHooks, Snapshot } from './api.ts';
import { type Context, NotServed, type Place, Refusal, type Reply, Violation } from './context.ts';
import { combined, type Injections, type PlannedFault, primaryLimit } from './faults.ts';
import { isFileAddress, readSignedFile } from './files.ts';
import { answerGraphql, type GraphqlServer, operationNameOf } from './graphql/server.ts';
import type { IdentityProvider } from './identity.ts';
import { checkAnswer, checkBody, checkPath, type MatchedOperation, matchOperation, readQuery, unservedOperation } from './openapi.ts';
import type { Requests } from './request-log.ts';
import { endpoints } from './rest/endpoints.ts';
import { serveUnpublished } from './rest/unpublished.ts';
import type { State } from './state.ts';
import { type Identity, mayDo, type Tokens, tokenOf } from './tokens.ts';

export interface ServerParts {
  readonly place: Place;
  readonly state: State;
  readonly tokens: Tokens;
  readonly requests: Requests;
  readonly injections: Injections;
  readonly violations: string[];
  readonly graphql: GraphqlServer;
  readonly identities: IdentityProvider;
  readonly lacksOperations: ReadonlySet<string>;
  readonly latencyMs: number;
  /** What runs workflows; `null` when nothing does. */
  runner: RunnerHooks | null;
  /** Version of GitHub Enterprise Server, if it is one. */
  readonly enterpriseVersion: string | null;
}

/** The web's addresses, as against the API's. At the root both begin. */
function isPageAddress({ fullName }: Place, path: string, request: IncomingMessage): boolean {
  if (path === '/') return /\btext\/html\b/.test(request.headers.accept ?? '');
  const own = `/${fullName}`.toLowerCase();
  const asked = path.toLowerCase();
  return asked === own || asked.startsWith(`${own}/`) || path.startsWith('/-/page/') || path.startsWith('/avatars/');
}

/** What an answer of the API pointed to: no request to the API itself. */
function sendFile(parts: ServerParts, address: URL, response: ServerResponse): void {
  const file = readSignedFile(parts.state, address);
  if (file === null) {
    response.writeHead(404).end();
    return;
  }
  response.writeHead(200, {
    'content-type': file.type,
    'content-length': file.content.length,
    'content-disposition': `${file.inline ? 'inline' : 'attachment'}; filename="${encodeURIComponent(file.name)}"`,
    // GitHub gives them from a place of their own, which knows nobody.
    'content-security-policy': 'sandbox allow-scripts',
    'x-content-type-options': 'nosniff',
  });
  response.end(file.content);
}

interface Received {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: unknown;
  readonly malformed: boolean;
  readonly token: string | null;
  readonly operation: MatchedOperation | 'graphql' | null;
  readonly accept: string;
  /** Version of the API that the client asked for; empty: the default. */
  readonly apiVersion: string;
}

/** An HTTP server that answers for one sandbox; not listening yet. */
export function createGitHubServer(parts: ServerParts): Server {
  return createServer((request, response) => {
    handle(parts, request, response).catch((error: unknown) => {
      const message = `sandbox: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
      parts.violations.push(message);
      if (!response.headersSent) send(parts, response, { status: 500, body: { message } }, null);
      else response.destroy();
    });
  });
}

async function handle(parts: ServerParts, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const address = new URL(request.url ?? '/', parts.place.webUrl);
  if (isFileAddress(address.pathname)) return sendFile(parts, address, response);
  const { webUrl, fullName } = parts.place;
  const signed = parts.identities.answer(address, tokenOf(request.headers.authorization), webUrl, fullName);
  if (signed !== null) {
    response.writeHead(signed.status, { 'content-type': 'application/json' }).end(JSON.stringify(signed.body));
    return;
  }
  if (isPageAddress(parts.place, address.pathname, request)) {
    // Loaded when the first page is asked for: most users of the API never look.
    const { servePage } = await import('../page/index.ts');
    return servePage(parts, address, request, response);
  }
  const started = performance.now();
  const received = await receive(request);
  const identity = received.token === null ? undefined : parts.tokens.get(received.token);
  const logged = parts.requests.add({
    method: received.method,
    path: received.path,
    query: received.query.size === 0 ? '' : `?${received.query.toString()}`,
    operation: received.operation === 'graphql' ? 'graphql' : (received.operation?.id ?? null),
    operationName: received.operation === 'graphql' ? operationNameOf(received.body) : null,
    login: identity?.login ?? null,
    body: received.body,
  });
  for (const action of parts.injections.before.strike(logged)) await action();
  const struck = parts.injections.faults.strike(logged);
  const fault = combined(struck);
  if (struck.length > 0) logged.fault = fault.name;
  const wait = parts.latencyMs + fault.latencyMs;
  if (wait > 0) await sleep(wait);
  const reply = await replyTo(parts, received, identity, logged, fault);
  for (const action of parts.injections.after.strike(logged)) await action();
  logged.milliseconds = performance.now() - started;
  deliver(parts, response, reply, logged, fault, identity ?? null);
  parts.requests.finish(logged);
}

async function replyTo(
  parts: ServerParts,
  received: Received,
  identity: Identity | undefined,
  logged: LoggedRequest,
  fault: PlannedFault,
): Promise<Reply> {
  const instead = fault.reply?.(parts.place.clock.now()) ?? null;
  if (!fault.effect) return instead ?? { status: 0, body: null };
  const snapshot = fault.snapshot === null || isWrite(received) ? null : fault.snapshot;
  const answer = await answerChecked(parts, received, identity, logged, snapshot);
  return instead ?? fault.alter?.(answer) ?? answer;
}

/** Nothing can be written to an earlier moment. */
function isWrite(received: Received): boolean {
  return received.operation !== 'graphql' && received.method !== 'GET';
}

async function answerChecked(
  parts: ServerParts,
  received: Received,
  identity: Identity | undefined,
  logged: LoggedRequest,
  snapshot: Snapshot | null,
): Promise<Reply> {
  try {
    return await answer(parts, received, identity, snapshot);
  } catch (error) {
    if (error instanceof Refusal) return error.reply;
    const where = `${logged.method} ${logged.path}`;
    const message =
      error instanceof NotServed || error instanceof Violation ? error.message : `${error instanceof Error ? (error.stack ?? '') : error}`;
    parts.violations.push(`${where}: ${message}`);
    return { status: error instanceof NotServed ? 501 : 500, body: { message: `sandbox: ${where}: ${message}` } };
  }
}

async function answer(parts: ServerParts, received: Received, identity: Identity | undefined, snapshot: Snapshot | null): Promise<Reply> {
  if (received.malformed) throw new Refusal(400, 'Problems parsing JSON');
  if (received.token === null) throw new Refusal(401, 'Requires authentication');
  if (identity === undefined) throw new Refusal(401, 'Bad credentials');
  const kind = received.operation === 'graphql' ? 'graphql' : 'rest';
  const limited = countRequest(parts.place, identity, kind, received);
  if (limited !== null) return limited;
  const { place, runner } = parts;
  const context: Context = { place, state: snapshot?.state ?? parts.state, refs: snapshot?.refs, identity, runner };
  if (received.operation === 'graphql') return answerGraphql(parts.graphql, context, received.body);
  return answerRest(parts, received, context);
}

async function answerRest(parts: ServerParts, received: Received, context: Context): Promise<Reply> {
  const operation = received.operation;
  const unpublished = operation === null ? serveUnpublished(received.method, received.path, context) : null;
  if (unpublished !== null) return unpublished;
  if (operation === null || operation === 'graphql') throw new NotServed(unserved(received));
  refuseMediaTypes(received);
  const { id, path } = operation;
  const { values, problems } = readQuery(id, received.query);
  problems.push(...checkPath(id, path), ...checkBody(id, received.body));
  if (problems.length > 0) throw new Violation(`the request is not as GitHub describes ${id}: ${problems.join('; ')}`);
  if (parts.lacksOperations.has(id)) throw new Refusal(404, 'Not Found');
  if (path['owner'] !== undefined && !isHere(parts.place, path)) throw new Refusal(404, 'Not Found');
  const endpoint = endpoints[id];
  if (!mayDo(context.state, context.identity, endpoint.needs)) throw new Refusal(403, forbidden(context.identity));
  const reply = await answerOrRefusal(() => endpoint.serve({ ...context, path, query: values, body: received.body }));
  const wrong = checkAnswer(id, reply.status, reply.body);
  if (wrong.length > 0) throw new Violation(`the sandbox's answer is not as GitHub describes ${id}: ${wrong.slice(0, 5).join('; ')}`);
  return reply;
}

const API_VERSION = '2022-11-28';
const OTHER_MEDIA_TYPE = /vnd\.github\.(?:v3\.)?(?:raw|html|text|full|diff|patch|sha|object)\b/;

/** GitHub would answer in another shape; the sandbox knows one. */
function refuseMediaTypes({ accept, apiVersion }: Received): void {
  const other = OTHER_MEDIA_TYPE.exec(accept)?.[0];
  if (other !== undefined) throw new NotServed(`the media type ${other} is not served`);
  if (apiVersion !== '' && apiVersion !== API_VERSION)
    throw new NotServed(`version ${apiVersion} of the API is not served; ask for ${API_VERSION}`);
}

async function answerOrRefusal(serve: () => Reply | Promise<Reply>): Promise<Reply> {
  try {
    return await serve();
  } catch (error) {
    if (error instanceof Refusal) return error.reply;
    throw error;
  }
}

function unserved(received: Received): string {
  const id = unservedOperation(received.method, received.path);
  if (id !== null) return `${id} is not served by the sandbox`;
  return 'GitHub has no such operation';
}

function isHere(place: Place, path: Readonly<Record<string, string>>): boolean {
  return `${path['owner']}/${path['repo']}`.toLowerCase() === place.fullName.toLowerCase();
}

function forbidden(identity: Identity): string {
  return identity.kind === 'app' ? 'Resource not accessible by integration' : 'Must have admin rights to Repository.';
}

/** Counts towards the hour's limit; `/rate_limit` itself is free. */
function countRequest(place: Place, identity: Identity, kind: 'rest' | 'graphql', received: Received): Reply | null {
  const now = place.clock.now();
  if (now >= identity.resetsAt) {
    identity.used = { rest: 0, graphql: 0 };
    identity.resetsAt = now + 3_600_000;
  }
  if (received.path === '/rate_limit') return null;
  if (identity.used[kind] >= place.rateLimit) return primaryLimit(now);
  // GraphQL counts points, which are known only when the query is.
  if (kind === 'rest') identity.used.rest += 1;
  return null;
}

async function receive(request: IncomingMessage): Promise<Received> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const url = new URL(request.url ?? '/', 'http://sandbox');
  const path = url.pathname === '/api/graphql' ? '/graphql' : url.pathname.replace(/^\/api\/v3(?=\/)/, '');
  const method = request.method ?? 'GET';
  const text = Buffer.concat(chunks).toString('utf8');
  const parsed = parseJson(text);
  const operation = path === '/graphql' && method === 'POST' ? 'graphql' : matchOperation(method, path);
  return {
    method,
    path,
    query: url.searchParams,
    body: parsed.value,
    malformed: parsed.malformed,
    token: tokenOf(request.headers.authorization),
    operation,
    accept: request.headers.accept ?? '',
    apiVersion: String(request.headers['x-github-api-version'] ?? ''),
  };
}

function parseJson(text: string): { value: unknown; malformed: boolean } {
  if (text === '') return { value: undefined, malformed: false };
  try {
    return { value: JSON.parse(text) as unknown, malformed: false };
  } catch {
    return { value: text, malformed: true };
  }
}

function deliver(
  parts: ServerParts,
  response: ServerResponse,
  reply: Reply,
  logged: LoggedRequest,
  fault: PlannedFault,
  identity: Identity | null,
): void {
  if (fault.delivery === 'hang') return;
  if (fault.delivery === 'reset') {
    response.socket?.resetAndDestroy();
    return;
  }
  logged.status = reply.status;
  if (fault.delivery === 'whole') send(parts, response, reply, identity, logged.operation === 'graphql');
  else sendHalf(parts, response, reply, identity);
}

function headersFor(parts: ServerParts, reply: Reply, identity: Identity | null, graphql: boolean, length: number): Record<string, string> {
  const now = parts.place.clock.now();
  const limit = parts.place.rateLimit;
  const used = identity === null ? 0 : graphql ? identity.used.graphql : identity.used.rest;
  return {
    date: new Date(now).toUTCString(),
    'content-type': 'application/json; charset=utf-8',
    'content-length': String(length),
    server: 'github.com',
    'cache-control': 'no-cache',
    'x-github-request-id': `SANDBOX:${parts.requests.count}`,
    'x-github-api-version-selected': API_VERSION,
    ...(parts.enterpriseVersion === null ? {} : { 'x-github-enterprise-version': parts.enterpriseVersion }),
    'x-ratelimit-limit': String(limit),
    'x-ratelimit-used': String(used),
    'x-ratelimit-remaining': String(Math.max(limit - used, 0)),
    'x-ratelimit-reset': String(Math.floor((identity?.resetsAt ?? now) / 1000)),
    'x-ratelimit-resource': graphql ? 'graphql' : 'core',
    ...reply.headers,
  };
}

function encode(reply: Reply): Buffer {
  return Buffer.from(typeof reply.body === 'string' ? reply.body : JSON.stringify(reply.body));
}

function send(parts: ServerParts, response: ServerResponse, reply: Reply, identity: Identity | null, graphql = false): void {
  const body = encode(reply);
  response.writeHead(reply.status, headersFor(parts, reply, identity, graphql, body.length));
  response.end(body);
}

/** Announces the whole length and sends half of it. */
function sendHalf(parts: ServerParts, response: ServerResponse, reply: Reply, identity: Identity | null): void {
  const body = encode(reply);
  response.writeHead(reply.status, headersFor(parts, reply, identity, false, body.length));
  response.write(body.subarray(0, Math.floor(body.length / 2)), () => response.destroy());
}
