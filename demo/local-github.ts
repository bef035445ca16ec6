import { execFile, execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { type Sandbox, startSandbox } from '../sandbox/github/index.ts';
import type { SampleRepository } from '../sandbox/github/sample-repository.ts';
import { type Runner, startRunner } from '../sandbox/runner/index.ts';
import { machineFolder, shopHome } from './leftovers.ts';
import { type LocalDatabase, postgresPrograms } from './local-database.ts';
import type { ShopChange } from './shop-repository.ts';

const PROJECT = join(import.meta.dirname, '..');

/** The shop's repository on a GitHub of this machine, which runs its workflows when it is pushed to. */
export interface LocalGithub {
  readonly sandbox: Sandbox;
  readonly runner: Runner;
  /** The repository's page. */
  readonly page: string;
  /** octocat's clone of the repository: `git push` in it reaches this GitHub. */
  readonly clone: string;
  close(): Promise<void>;
}

export interface LocalGithubOptions {
  readonly folder: string;
  /** Of the pages; 0: any that is free. */
  readonly port: number;
  /** The shop as it was until today. Its files become the server's own. */
  readonly repository: SampleRepository;
  readonly database: LocalDatabase;
  /** Variables that jobs find on this machine. */
  readonly machine: Readonly<Record<string, string>>;
}

/**
 * What a job of the shop finds on this machine, beside what every runner has.
 * @param shopPorts port by environment
 */
export function machineOf(folder: string, shopPorts: Readonly<Record<string, number>>): Readonly<Record<string, string>> {
  return {
    SHOP_HOME: shopHome(folder),
    SHOP_TOOLS: join(PROJECT, 'node_modules'),
    PROMOTE_POSTGRES_BIN: postgresPrograms(),
    ...Object.fromEntries(Object.entries(shopPorts).map(([name, number]) => [`SHOP_PORT_${name.toUpperCase()}`, String(number)])),
  };
}

export async function openLocalGithub(options: LocalGithubOptions): Promise<LocalGithub> {
  const { folder, port, database, machine } = options;
  const origin = join(folder, 'octo-org', 'shop.git');
  mkdirSync(dirname(origin), { recursive: true });
  renameSync(join(options.repository.path, '.git'), origin);
  rmSync(options.repository.path, { recursive: true });
  const sandbox = await startSandbox({ repositoryPath: origin, port, now: new Date(), clock: 'running' });
  settle(sandbox);
  const runner = await startRunner({
    sandbox,
    folder: join(machineFolder(folder), 'jobs'),
    repositories: { 'org/promote-action': PROJECT },
    secrets: { PROMOTE_ENV: database.secret },
    machine,
  });
  const page = `${sandbox.url}/${sandbox.owner}/${sandbox.name}`;
  const hooks = await listenToPushes(runner, page, origin);
  const clone = join(folder, 'shop');
  cloneFor('octocat', origin, clone);
  const stopTicking = tick(runner);
  return {
    sandbox,
    runner,
    page,
    clone,
    async close() {
      hooks.close();
      stopTicking();
      await runner.close();
      await sandbox.close();
    },
  };
}

/** Who is who, and who reviews what. */
function settle(sandbox: Sandbox): void {
  sandbox.given.user('mona', { role: 'admin', emails: ['mona@example.com'] });
  sandbox.given.user('hubot', { role: 'write', emails: ['hubot@example.com'] });
  sandbox.given.user('octocat', { role: 'write', emails: ['octocat@example.com'] });
  sandbox.given.team('octo-org/qa', ['mona', 'hubot']);
  sandbox.given.team('octo-org/release', ['mona', 'hubot', 'octocat']);
  sandbox.given.environment('dev');
  sandbox.given.environment('uat', { reviewers: ['octo-org/qa'] });
  sandbox.given.environment('staging');
  sandbox.given.environment('production', { reviewers: ['octo-org/release'] });
}

/** The workflow's schedule, as time passes. @returns ends it */
function tick(runner: Runner): () => void {
  let busy = false;
  let stopped = false;
  const timer = setInterval(() => {
    if (busy) return;
    busy = true;
    runner
      .advance(0)
      .catch((error: unknown) => {
        // What was under way when everything ends goes wrong, and may.
        if (!stopped) console.error(error);
      })
      .finally(() => {
        busy = false;
      });
  }, 5000);
  return () => {
    stopped = true;
    clearInterval(timer);
  };
}

/** Has Git tell of every push to the repository. */
async function listenToPushes(runner: Runner, page: string, origin: string): Promise<Server> {
  const path = `/${randomBytes(16).toString('hex')}`;
  const server = createServer((request, response) => {
    takePush(runner, page, path, request, response).catch((error: unknown) => {
      response.writeHead(500).end(`${error instanceof Error ? error.message : String(error)}\n`);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`;
  const hooks = join(origin, 'hooks');
  const hook = join(hooks, 'post-receive');
  mkdirSync(hooks, { recursive: true });
  writeFileSync(hook, `#!/bin/sh\nexec ${[process.execPath, join(import.meta.dirname, 'push-hook.ts'), address].map(quoted).join(' ')}\n`);
  chmodSync(hook, 0o755);
  // The settings of whoever pushes count here, too, unless the repository has its own.
  const settings = { 'core.bare': 'true', 'core.hooksPath': hooks, 'receive.denyCurrentBranch': 'ignore' };
  for (const [name, value] of Object.entries(settings)) git(origin, 'config', name, value);
  return server;
}

async function takePush(runner: Runner, page: string, path: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.url !== path) {
    response.writeHead(404).end();
    return;
  }
  const started: number[] = [];
  for (const line of (await text(request)).trim().split('\n')) {
    const [before = '', , ref = ''] = line.split(' ');
    started.push(...(await runner.push(ref, { before })));
  }
  response.end(started.map((id) => `Follow it at ${page}/actions/runs/${id}\n`).join(''));
}

function cloneFor(login: string, origin: string, clone: string): void {
  git('.', 'clone', '--quiet', '--branch', 'main', origin, clone);
  const settings = {
    'user.name': login,
    'user.email': `${login}@example.com`,
    'commit.gpgSign': 'false',
    'core.hooksPath': join(clone, '.git/hooks'),
    'push.default': 'current',
  };
  for (const [name, value] of Object.entries(settings)) git(clone, 'config', name, value);
}

/** Changes files of a clone and commits them as its owner. @returns the commit's sha */
export function commitIn(clone: string, change: ShopChange): string {
  for (const [name, content] of Object.entries(change.files)) {
    if (content === null) rmSync(join(clone, name));
    else writeFileSync(join(clone, name), content);
  }
  git(clone, 'add', '--all');
  git(clone, 'commit', '--quiet', '--message', change.message);
  return git(clone, 'rev-parse', 'HEAD').trim();
}

/** What is committed goes to this GitHub. Its hook asks this process, which therefore must not stand still meanwhile. */
export async function push(clone: string): Promise<void> {
  await promisify(execFile)('git', ['push', '--quiet'], { cwd: clone, env: gitEnvironment() });
}

function git(folder: string, ...parameters: string[]): string {
  return execFileSync('git', parameters, { cwd: folder, env: gitEnvironment(), encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

/** Git without anybody's own settings, and not inside of another repository's hook. */
function gitEnvironment(): NodeJS.ProcessEnv {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('GIT_')));
  return { ...env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1', GIT_TERMINAL_PROMPT: '0' };
}

/** A word as a shell reads it. */
export function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
