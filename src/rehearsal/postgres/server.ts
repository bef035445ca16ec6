import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { appendFileSync, chownSync, closeSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type EngineOptions, RehearsalImpossible } from '../database.ts';
import { dataFolder, endProcess } from '../processes.ts';
import type { Binaries } from './binaries.ts';
import { certificate } from './certificate.ts';
import { type Connection, connected } from './connection.ts';
import type { ServerUser } from './server-user.ts';

/** A running server with one empty database in it. */
export interface PostgresServer {
  readonly pid: number;
  /** As the server tells it, without what a distribution adds: `18.4`. */
  readonly version: string;
  readonly connection: Connection;
}

/** What a server needs to know of its rehearsal. */
export type ServerOptions = Pick<EngineOptions, 'folder' | 'env' | 'log' | 'signal' | 'watch'>;

const SUPERUSER = 'promote';
const DATABASE = 'rehearsal';

/** Between asking for a free port and taking it, somebody else may have taken it. */
const PORT_TRIES = 5;

/** How long a server may take to answer for the first time, milliseconds. */
const LONGEST_START = 60_000;

/**
 * Only loopback, only with the password. Write-ahead log that is done with is removed and not kept for reuse: it holds what was not masked yet.
 * Nothing has to survive a crash, so nothing is waited for to reach the disk; but as much is
 * written ahead as in production, because how much is evidence. Nothing vacuums beside a migration: the figures would depend on when.
 * Shared memory of parallel queries lies in the data folder: containers give only 64 MB of the usual kind.
 */
const SETTINGS = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'on',
  wal_level: 'replica',
  wal_recycle: 'off',
  autovacuum: 'off',
  max_connections: '200',
  dynamic_shared_memory_type: 'mmap',
  logging_collector: 'off',
  log_destination: 'stderr',
} as const;

/**
 * Makes a database cluster in the rehearsal's folder and starts a server on it.
 * @throws RehearsalImpossible with what the server's log says
 */
export async function startServer(options: ServerOptions, binaries: Binaries, user: ServerUser | null): Promise<PostgresServer> {
  const password = randomBytes(24).toString('hex');
  const programs = new ServerPrograms(options, binaries, user);
  await programs.initdb(password);
  await programs.prepareTls();
  for (let tries = 1; ; tries += 1) {
    const connection = { host: '127.0.0.1', port: await freePort(), user: SUPERUSER, password, database: 'postgres', ssl: false };
    const started = await programs.start(connection);
    if (typeof started !== 'string') return started;
    if (programs.goOnWithoutTls(started)) continue;
    if (tries === PORT_TRIES || !/could not bind|Address already in use/i.test(started))
      throw new RehearsalImpossible('server_missing', `PostgreSQL in ${binaries.folder} did not start: ${started}`);
  }
}

class ServerPrograms {
  private readonly options: ServerOptions;
  private readonly binaries: Binaries;
  private readonly user: ServerUser | null;
  private readonly data: string;
  private readonly log: string;
  private tls = false;

  constructor(options: ServerOptions, binaries: Binaries, user: ServerUser | null) {
    this.options = options;
    this.binaries = binaries;
    this.user = user;
    this.data = dataFolder(options.folder);
    this.log = join(options.folder, 'server.log');
  }

  async initdb(password: string): Promise<void> {
    const passwordFile = join(this.options.folder, 'password');
    mkdirSync(this.data, { mode: 0o700 });
    writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
    if (this.user !== null) for (const path of [this.data, passwordFile]) chownSync(path, this.user.uid, this.user.gid);
    const child = this.run('initdb', [
      `--pgdata=${this.data}`,
      `--username=${SUPERUSER}`,
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--locale=C',
      '--no-sync',
    ]);
    const exitCode = await ended(child);
    this.options.watch(null);
    rmSync(passwordFile, { force: true });
    this.options.signal.throwIfAborted();
    if (exitCode !== 0)
      throw new RehearsalImpossible('server_missing', `PostgreSQL in ${this.binaries.folder} could not make a database: ${this.logTail()}`);
  }

  /** Tools that insist on TLS in production do so here, in every phase: the server speaks it with whoever asks for it. */
  async prepareTls(): Promise<void> {
    const { key, cert } = await certificate();
    for (const [name, text] of [
      ['server.key', key],
      ['server.crt', cert],
    ] as const) {
      const path = join(this.data, name);
      writeFileSync(path, text, { mode: 0o600 });
      if (this.user !== null) chownSync(path, this.user.uid, this.user.gid);
    }
    this.offerTls(true);
  }

  private offerTls(offered: boolean): void {
    this.tls = offered;
    appendFileSync(join(this.data, 'postgresql.conf'), `ssl = ${offered ? 'on' : 'off'}\n`);
  }

  /** @returns whether a server that said this when it ended can be started without TLS instead: not every build has it */
  goOnWithoutTls(said: string): boolean {
    if (!this.tls || !/SSL is not supported by this build/.test(said)) return false;
    this.offerTls(false);
    return true;
  }

  /** @returns the server, or what its log says when it ended instead */
  async start(connection: Connection): Promise<PostgresServer | string> {
    const settings = Object.entries({ ...SETTINGS, port: String(connection.port) }).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    const child = this.run('postgres', ['-D', this.data, ...settings]);
    const exit = ended(child);
    let running = true;
    void exit.then(() => {
      running = false;
    });
    const pid = child.pid ?? 0;
    const until = performance.now() + LONGEST_START;
    try {
      while (running && performance.now() < until) {
        this.options.signal.throwIfAborted();
        const version = await answer(connection);
        if (version !== null && running) return { pid, version, connection: { ...connection, database: DATABASE } };
        await sleep(50);
      }
    } catch (error) {
      await endProcess(pid);
      this.options.watch(null);
      throw error;
    }
    if (running) await endProcess(pid);
    this.options.watch(null);
    return running ? `it did not answer within ${LONGEST_START / 1000} s. ${this.logTail()}` : this.logTail();
  }

  /** Starts a program as the server's user, as the leader of its own group: it must not hear of what the runner sends to this process. */
  private run(name: 'initdb' | 'postgres', parameters: readonly string[]): ChildProcess {
    const log = openSync(this.log, 'a', 0o600);
    try {
      const child = spawn(join(this.binaries.folder, name), parameters, {
        cwd: '/',
        // None of the job's variables: PG* and LC_* among them would change what it does, and secrets are none of its business.
        env: { PATH: this.options.env['PATH'], LC_ALL: 'C', TZ: 'UTC' },
        detached: true,
        stdio: ['ignore', log, log],
        ...(this.user === null ? {} : { uid: this.user.uid, gid: this.user.gid }),
      });
      child.on('error', (error) => appendFileSync(this.log, `${error.message}\n`));
      if (child.pid !== undefined) this.options.watch(child.pid);
      return child;
    } finally {
      closeSync(log);
    }
  }

  /** The end of what the programs said. */
  private logTail(): string {
    const lines = readFileSync(this.log, 'utf8').trim().split('\n');
    return lines.slice(-8).join('\n');
  }
}

/** @returns the exit code; `null` when a signal ended it or it could not be started */
function ended(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve) => {
    child.on('error', () => resolve(null));
    child.on('exit', resolve);
  });
}

/** The server's version and an empty database, once it answers; `null` while it does not. */
async function answer(connection: Connection): Promise<string | null> {
  try {
    return await connected(connection, async (client) => {
      const { rows } = await client.query<{ server_version: string }>('SHOW server_version');
      await client.query(`CREATE DATABASE ${DATABASE} TEMPLATE template0`);
      return (rows[0]?.server_version ?? '').split(' ')[0] ?? '';
    });
  } catch {
    return null; // It is still starting, or it ended: whoever waits sees which.
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
