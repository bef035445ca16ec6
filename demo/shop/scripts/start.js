/**
 * Starts a release of an environment in place of the one that runs there: `node scripts/start.js <home> <release>`. The environment's
 * folder says what runs: `running.json` with its process, port and release. A release that does not come up is replaced by the one before.
 */
import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const PORTS = { dev: 8101, uat: 8102, staging: 8103, production: 8104 };
const RELEASES_KEPT = 3;
const SECONDS_TO_COME_UP = 20;

const [home, release] = process.argv.slice(2);
const environment = basename(home);
const state = join(home, 'running.json');
const before = existsSync(state) ? JSON.parse(readFileSync(state, 'utf8')) : null;

if (before !== null) await stop(before.pid);
const port = await portToUse();
if (await comesUp({ release, version: process.env.PROMOTE_VERSION ?? 'unreleased', port })) {
  for (const old of oldReleases()) rmSync(old, { recursive: true, force: true });
  console.log(`${environment} runs ${process.env.PROMOTE_VERSION} at http://127.0.0.1:${port} (before: ${before?.version ?? 'nothing'})`);
} else {
  console.error(`The release did not come up:\n${readFileSync(join(release, 'server.log'), 'utf8')}`);
  if (before !== null && existsSync(before.release) && (await comesUp(before)))
    console.error(`${environment} runs ${before.version} again.`);
  process.exitCode = 1;
}

/** Starts a server that outlives this job, and waits until it answers. */
async function comesUp({ release, version, port }) {
  const log = openSync(join(release, 'server.log'), 'a');
  const child = spawn(process.execPath, [join(release, 'server.js')], {
    cwd: release,
    detached: true,
    stdio: ['ignore', log, log],
    env: {
      PATH: process.env.PATH,
      DATABASE_URL: process.env.DATABASE_URL,
      SHOP_ENVIRONMENT: environment,
      SHOP_VERSION: version,
      SHOP_PORT: String(port),
    },
  });
  closeSync(log);
  let ended = false;
  child.on('exit', () => {
    ended = true;
  });
  child.unref();
  for (let tries = 0; tries < SECONDS_TO_COME_UP * 20 && !ended; tries += 1) {
    const health = await fetch(`http://127.0.0.1:${port}/health`).then(
      (answer) => answer.ok && answer.json(),
      () => null,
    );
    if (health?.version === version && health.environment === environment) {
      writeFileSync(`${state}.new`, `${JSON.stringify({ pid: child.pid, port, version, release })}\n`);
      renameSync(`${state}.new`, state);
      return true;
    }
    await sleep(50);
  }
  await stop(child.pid);
  return false;
}

/** Asks a server to end, and ends it when it does not. */
async function stop(pid) {
  for (const signal of ['SIGTERM', 'SIGKILL']) {
    for (let tries = 0; tries < 100; tries += 1) {
      try {
        process.kill(pid, tries === 0 ? signal : 0);
      } catch {
        return;
      }
      await sleep(50);
    }
  }
}

/** The port asked for, else the one the environment has had, else its usual one, else any that is free. */
async function portToUse() {
  const asked = process.env[`SHOP_PORT_${environment.toUpperCase().replaceAll('-', '_')}`];
  if (asked) return Number(asked);
  for (const port of [before?.port, PORTS[environment]]) if (port !== undefined && (await listen(port)) !== null) return port;
  return listen(0);
}

function listen(port) {
  return new Promise((resolve) => {
    const server = createServer();
    server.on('error', () => resolve(null));
    server.listen(port, '127.0.0.1', () => {
      const { port: found } = server.address();
      server.close(() => resolve(found));
    });
  });
}

/** Releases before the last few. */
function oldReleases() {
  const folder = join(home, 'releases');
  const names = readdirSync(folder).filter((name) => join(folder, name) !== release);
  const started = (name) => Number(name.split('-')[1] ?? 0);
  return names
    .sort((one, other) => started(other) - started(one))
    .slice(RELEASES_KEPT)
    .map((name) => join(folder, name));
}
