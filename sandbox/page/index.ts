/** The sandbox's web pages: which address shows what, and how it is sent. */
import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Place } from '../github/context.ts';
import { artifactAddress } from '../github/files.ts';
import { findUser, type Run, type State } from '../github/state.ts';
import { createToken, type Tokens } from '../github/tokens.ts';
import { type Asset, assetOf, avatarOf } from './assets.ts';
import { type PageContext, pathTo } from './context.ts';
import { deploymentsPage } from './deployments-page.ts';
import { jobPage } from './job-page.ts';
import { documentOf, type Page } from './layout.ts';
import { commitPage, homePage, issuePage, issuesPage, missingPage } from './other-pages.ts';
import { runListPage } from './run-list-page.ts';
import { runPage } from './run-page.ts';

export interface PageParts {
  readonly place: Place;
  readonly state: State;
  readonly tokens: Tokens;
}

const COOKIE = 'sandbox-user';

const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "frame-src 'self'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join('; ');

/** Answers a request for a page or for something that pages need. */
export async function servePage(parts: PageParts, address: URL, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (!isLocal(request)) return sendText(response, 403, 'This page is for this machine only.');
  if (request.method === 'POST') return act(parts, address, request, response);
  const asset = assetAt(address.pathname);
  if (asset !== null) return sendAsset(response, await asset);
  const context = contextOf(parts, request);
  const moved = redirectOf(context, address);
  if (moved !== null) {
    response.writeHead(302, { location: moved }).end();
    return;
  }
  const page = (await pageAt(context, address)) ?? missingPage(context);
  sendPage(request, response, page.status ?? 200, documentOf(context, page).text);
}

/** Names that mean this machine: a page elsewhere cannot reach the sandbox by giving its own name this machine's address. */
function isLocal(request: IncomingMessage): boolean {
  return /^(?:127\.0\.0\.1|localhost|\[::1\])(?::\d+)?$/.test(request.headers.host ?? '');
}

function assetAt(path: string): Promise<Asset> | Asset | null {
  const [, id] = /^\/avatars\/(\d{1,15})$/.exec(path) ?? [];
  if (id !== undefined) return avatarOf(Number(id));
  return path.startsWith('/-/page/') ? assetOf(path.slice('/-/page/'.length)) : null;
}

function contextOf(parts: PageParts, request: IncomingMessage): PageContext {
  return {
    place: parts.place,
    state: parts.state,
    viewer: viewerOf(parts.state, request),
    linesShown: Number(request.headers['x-lines-shown'] ?? 0) || 0,
  };
}

/** Who was chosen, else the first who may administer, else the first person. */
function viewerOf(state: State, request: IncomingMessage): string | null {
  const [, chosen = ''] = new RegExp(`(?:^|; )${COOKIE}=([^;]+)`).exec(request.headers.cookie ?? '') ?? [];
  const people = state.users.filter((user) => user.type === 'User');
  const found = people.find((user) => user.login === decoded(chosen)) ?? people.find((user) => user.role === 'admin') ?? people[0];
  return found?.login ?? null;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}

/** Addresses that lead elsewhere: the server's root to the repository, an artifact to its file. */
function redirectOf(context: PageContext, address: URL): string | null {
  const { place, state } = context;
  if (address.pathname === '/') return pathTo(context, '');
  const [, id] = new RegExp(`^/${escaped(place.fullName)}/actions/runs/\\d+/artifacts/(\\d+)$`).exec(address.pathname) ?? [];
  const artifact = state.artifacts.find((one) => one.id === Number(id));
  if (artifact === undefined || place.clock.now() >= artifact.expiresAt) return null;
  return artifactAddress(place, artifact);
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

type Show = (context: PageContext, found: readonly string[], address: URL) => Page | null | Promise<Page | null>;

/** Addresses behind the repository's own, as on GitHub. */
const ROUTES: readonly (readonly [RegExp, Show])[] = [
  [/^\/?$/, (context) => homePage(context)],
  [/^\/actions\/?$/, (context) => runListPage(context, null)],
  [/^\/actions\/workflows\/([^/]+)$/, (context, [file = '']) => runListPage(context, file)],
  [/^\/actions\/runs\/(\d+)$/, (context, [id]) => withRun(context, id, (run) => runPage(context, run, run.attempt))],
  [
    /^\/actions\/runs\/(\d+)\/attempts\/(\d+)$/,
    (context, [id, attempt]) =>
      withRun(context, id, (run) =>
        Number(attempt) >= 1 && Number(attempt) <= run.attempt ? runPage(context, run, Number(attempt)) : null,
      ),
  ],
  [/^\/actions\/runs\/(\d+)\/job\/(\d+)$/, (context, [id, jobId]) => withRun(context, id, (run) => showJob(context, run, jobId))],
  [
    /^\/deployments(?:\/activity_log)?\/?$/,
    (context, _, { searchParams }) => deploymentsPage(context, searchParams.get('environments_filter')),
  ],
  [/^\/deployments\/(\d+)$/, (context, [id]) => deploymentsPage(context, environmentOfRecord(context, id))],
  [/^\/issues\/?$/, (context) => issuesPage(context)],
  [/^\/issues\/(\d+)$/, (context, [number]) => showIssue(context, number)],
  [/^\/commit\/([0-9a-f]+)$/, (context, [sha = '']) => commitPage(context, sha)],
];

async function pageAt(context: PageContext, address: URL): Promise<Page | null> {
  const base = pathTo(context, '');
  const path = decoded(address.pathname);
  if (!path.toLowerCase().startsWith(base.toLowerCase())) return null;
  const rest = path.slice(base.length);
  for (const [pattern, show] of ROUTES) {
    const found = pattern.exec(rest);
    if (found !== null) return show(context, found.slice(1), address);
  }
  return null;
}

function withRun(context: PageContext, id: string | undefined, show: (run: Run) => Promise<Page> | null): Promise<Page> | null {
  const run = context.state.runs.find((candidate) => candidate.id === Number(id));
  return run === undefined ? null : show(run);
}

function showJob(context: PageContext, run: Run, id: string | undefined): Promise<Page> | null {
  const job = context.state.jobs.find((candidate) => candidate.id === Number(id) && candidate.runId === run.id);
  return job === undefined ? null : jobPage(context, run, job);
}

function showIssue(context: PageContext, number: string | undefined): Page | null {
  const issue = context.state.issues.find((candidate) => candidate.number === Number(number));
  return issue === undefined ? null : issuePage(context, issue);
}

function environmentOfRecord(context: PageContext, id: string | undefined): string | null {
  return context.state.deployments.find((candidate) => candidate.id === Number(id))?.environment ?? null;
}

/** Choosing who one is, and the token of that person. Both are for the page alone: another site's page cannot ask. */
async function act(parts: PageParts, address: URL, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (!isOwnPage(request)) return sendText(response, 403, 'Only this page itself may ask that.');
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const login = new URLSearchParams(Buffer.concat(chunks).toString('utf8')).get('login') ?? '';
  const user = findUser(parts.state, login);
  if (user === undefined || user.type !== 'User') return sendText(response, 422, `There is nobody called ${login} here.`);
  if (address.pathname === '/-/page/token') return sendJson(response, { token: tokenFor(parts, user.login) });
  response.setHeader('set-cookie', `${COOKIE}=${encodeURIComponent(user.login)}; Path=/; SameSite=Strict; HttpOnly`);
  response.writeHead(303, { location: backTo(request) }).end();
}

function isOwnPage(request: IncomingMessage): boolean {
  const origin = request.headers.origin;
  return origin !== undefined && origin === `http://${request.headers.host}`;
}

/** Where the form was; never another site. */
function backTo(request: IncomingMessage): string {
  try {
    const from = new URL(request.headers.referer ?? '');
    return from.host === request.headers.host ? from.pathname + from.search : '/';
  } catch {
    return '/';
  }
}

/** Tokens that the page made, so that each person has one. */
const minted = new WeakMap<Tokens, Map<string, string>>();

function tokenFor(parts: PageParts, login: string): string {
  const known = minted.get(parts.tokens) ?? new Map<string, string>();
  minted.set(parts.tokens, known);
  const present = known.get(login);
  if (present !== undefined && parts.tokens.has(present)) return present;
  const token = createToken(parts.tokens, { login }, parts.place.clock.now());
  known.set(login, token);
  return token;
}

/** Pages ask for themselves again and again; the answer is sent only when it changed. */
function sendPage(request: IncomingMessage, response: ServerResponse, status: number, text: string): void {
  const tag = `"${createHash('sha256').update(text).digest('base64url').slice(0, 22)}"`;
  const headers = {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': POLICY,
    'referrer-policy': 'same-origin',
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-cache',
    vary: 'cookie, x-lines-shown',
    etag: tag,
  };
  if (request.headers['if-none-match'] === tag) {
    response.writeHead(304, headers).end();
    return;
  }
  response.writeHead(status, headers).end(text);
}

function sendAsset(response: ServerResponse, asset: Asset): void {
  response.writeHead(200, {
    'content-type': asset.type,
    'content-length': asset.content.length,
    'content-security-policy': asset.policy ?? "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-cache',
  });
  response.end(asset.content);
}

function sendJson(response: ServerResponse, body: unknown): void {
  response.writeHead(200, { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' }).end(JSON.stringify(body));
}

function sendText(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' }).end(text);
}
