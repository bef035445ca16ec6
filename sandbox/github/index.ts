import type { AddressInfo } from 'node:net';
import type { Sandbox, SandboxOptions, Snapshot } from './api.ts';
import { createClock } from './clock.ts';
import type { Place } from './context.ts';
import { Injections } from './faults.ts';
import { GitRepository } from './git-repository.ts';
import { createGiven } from './given.ts';
import { createGraphqlServer } from './graphql/server.ts';
import { IdentityProvider } from './identity.ts';
import { Requests } from './request-log.ts';
import { createGitHubServer, type ServerParts } from './server.ts';
import { emptyState } from './state.ts';
import { DEFAULT_SIDES } from './switches.ts';
import { createToken, type Tokens } from './tokens.ts';

export type * from './api.ts';
export type * from './state.ts';
export * from './switches.ts';

const MONDAY_MORNING = '2026-03-02T10:00:00Z';

/**
 * Starts a GitHub that serves one repository over loopback HTTP. Its commits, refs and files are those of a Git repository on
 * disk; everything else starts empty and is told with `given`, or happens through the API.
 * @returns the running sandbox; `close()` it when done
 */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const { git, headBranch } = await openRepository(options.repositoryPath);
  const owner = options.owner ?? 'octo-org';
  const name = options.name ?? 'shop';
  const clock = createClock(options.now ?? MONDAY_MORNING, options.clock ?? 'frozen');
  const state = emptyState(options.firstId === undefined ? undefined : options.firstId - 1);
  const tokens: Tokens = new Map();
  const requests = new Requests();
  const injections = new Injections();
  const violations: string[] = [];
  const base = { webUrl: '', apiUrl: '', mostNodes: options.mostNodes ?? Number.POSITIVE_INFINITY };
  const place: Place = {
    owner,
    name,
    fullName: `${owner}/${name}`,
    defaultBranch: options.defaultBranch ?? headBranch,
    get webUrl() {
      return base.webUrl;
    },
    get apiUrl() {
      return base.apiUrl;
    },
    git,
    clock,
    ...settingsOf(options),
    get mostNodes() {
      return base.mostNodes;
    },
  };
  const parts: ServerParts = {
    place,
    state,
    tokens,
    requests,
    injections,
    violations,
    identities: new IdentityProvider(),
    graphql: createGraphqlServer(options.ghes?.lacksFields ?? []),
    lacksOperations: new Set(options.ghes?.lacksOperations ?? []),
    latencyMs: options.latencyMs ?? 0,
    enterpriseVersion: options.ghes === undefined ? null : (options.ghes.version ?? '3.19.0'),
    runner: null,
  };
  const server = createGitHubServer(parts);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  base.webUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  base.apiUrl = options.ghes === undefined ? base.webUrl : `${base.webUrl}/api/v3`;
  const snapshot = (): Snapshot => ({ state: structuredClone(state), refs: git.refsNow() });

  return {
    url: base.webUrl,
    apiUrl: base.apiUrl,
    graphqlUrl: options.ghes === undefined ? `${base.webUrl}/graphql` : `${base.webUrl}/api/graphql`,
    owner,
    name,
    defaultBranch: place.defaultBranch,
    switches: place.switches,
    repositoryPath: options.repositoryPath,
    clock,
    state,
    given: createGiven({ state, clock, repository: place.fullName, defaultBranch: place.defaultBranch }),
    requests,
    violations,
    violation: (message) => violations.push(message),
    identity: (job) => parts.identities.variablesFor(base.webUrl, job),
    token: (tokenOptions = {}) => createToken(tokens, tokenOptions, clock.now()),
    inject: (injection) => injections.inject(injection, snapshot),
    limitNodes(most) {
      base.mostNodes = most;
    },
    before: (match, action) => injections.before.arm(match, action, 1),
    after: (match, action) => injections.after.arm(match, action, 1),
    onRequest: (listener) => requests.listeners.push(listener),
    snapshot,
    attach(hooks) {
      parts.runner = hooks;
    },
    revoke: (token) => tokens.delete(token),
    async close() {
      git.close();
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

function settingsOf({ payloadEncoding = 'once', rateLimit = 1000, tooCostly = 'in part', switches }: SandboxOptions) {
  return { payloadEncoding, rateLimit, tooCostly, switches: { ...DEFAULT_SIDES, ...switches } };
}

/** @throws when there is no Git repository in that folder */
async function openRepository(path: string): Promise<{ readonly git: GitRepository; readonly headBranch: string }> {
  const git = new GitRepository(path);
  try {
    return { git, headBranch: await git.headBranch() };
  } catch {
    git.close();
    throw new Error(`${path} is no Git repository whose HEAD is on a branch. Name a folder made by "git clone" or "git init".`);
  }
}
