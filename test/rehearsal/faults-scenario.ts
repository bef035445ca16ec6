/** Rehearsals that go wrong, each in a world of its own so that several go on at a time, and what none of them may leave. */
import { type ChildProcess, execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import type { StepResult } from '../../sandbox/runner/action-step.ts';
import { type JobRun, startWorld, type World } from '../acceptance/world.ts';
import { BACK, MIGRATION, POSTGRES_BIN, SQL_PROGRAM } from './database-commands.ts';
import { checksum, endAll, privateServer, sql } from './postgres/servers.ts';

/** What stands in the snapshot and may be found nowhere afterwards. */
export const UNMASKED = 'mary.unmasked@shop.example';
const MASKING_KEY = 'the-key-of-the-masks';
const PASSWORD = 'the-password-of-the-server';

export const GOODS = `CREATE TABLE goods (id int PRIMARY KEY, name text NOT NULL, seller text NOT NULL, notes text);
INSERT INTO goods VALUES (1, $$tea$$, $$${UNMASKED}$$, NULL), (2, $$cups$$, $$jim.unmasked@shop.example$$, NULL);
`;

/** By line: what the masking file says of `goods`. */
export const MASKING = `version: 1
tables:
  public.goods:
    id: keep
    name: keep
    seller: { mask: email }
    notes: keep
`;

export interface Options {
  /** What differs in `rehearsal:` of the pipeline file, as YAML by key; `null`: the key is not there. */
  readonly rehearsal?: Readonly<Record<string, string | null>>;
  /** Beside those that every checkout has; `null`: not there. */
  readonly files?: Readonly<Record<string, string | null>>;
  readonly variables?: Readonly<Record<string, string>>;
  /** Where it runs: on the server that all share, or on a private one. */
  readonly on?: 'given' | 'private';
}

/** A server of somebody's with a database of theirs on it, for all scenarios of a file. */
export interface GivenServer {
  readonly url: string;
  readonly port: number;
  /** Names of the databases that rehearsals left, of all or of some. */
  left(runs?: readonly string[]): Promise<readonly string[]>;
  /** Fails when anything is not as it was. */
  end(): Promise<void>;
}

export async function startGivenServer(): Promise<GivenServer> {
  const { host, server } = await privateServer(18);
  const { port } = host.admin;
  const admin = server.source.url;
  // Unlike a server of our own it has no TLS.
  await sql(admin, 'ALTER SYSTEM SET ssl = off', 'SELECT pg_reload_conf()');
  await sql(admin, `CREATE ROLE shopkeeper LOGIN CREATEDB PASSWORD '${PASSWORD}'`, 'CREATE DATABASE shop OWNER shopkeeper');
  const url = `postgresql://shopkeeper:${PASSWORD}@127.0.0.1:${port}/shop`;
  await sql(url, GOODS, 'CREATE SEQUENCE receipts', "SELECT nextval('receipts')");
  const names = async (): Promise<string[]> =>
    (await sql(admin, 'SELECT datname::text FROM pg_database ORDER BY 1')).map(({ datname }) => String(datname));
  const [before, sum] = [await names(), await checksum(url)];
  const left = async (runs?: readonly string[]): Promise<readonly string[]> => {
    const ours = (await names()).filter((name) => !before.includes(name));
    return runs === undefined ? ours : ours.filter((name) => runs.some((run) => name.includes(run)));
  };
  return {
    url,
    port,
    left,
    end: async () => {
      const found = [await left(), await checksum(url)];
      await endAll();
      expect(found).toEqual([[], sum]);
    },
  };
}

/** One world with a candidate in it, whose jobs are run one after the other. */
export class Scenario {
  readonly world: World;
  /** RUNNER_TEMP and TMPDIR of its jobs. */
  readonly temp: string;
  readonly id = randomBytes(6).toString('hex');
  readonly logs: string[] = [];
  private readonly given: GivenServer | null;
  run: JobRun;

  static async open(options: Options, given: GivenServer | null = null): Promise<Scenario> {
    const world = await startWorld({ pipeline: pipelineOf(options) });
    return new Scenario(world, options, options.on === 'private' ? null : given);
  }

  private constructor(world: World, options: Options, given: GivenServer | null) {
    this.world = world;
    this.given = given;
    this.temp = mkdtempSync(join(tmpdir(), 'promote-temp-'));
    chmodSync(this.temp, 0o755);
    mkdirSync(join(this.temp, 'machine'), { mode: 0o755 });
    Object.assign(world.variables, {
      RUNNER_TEMP: this.temp,
      TMPDIR: join(this.temp, 'machine'),
      SCENARIO: this.id,
      PROMOTE_POSTGRES_BIN: POSTGRES_BIN,
      PROMOTE_MASKING_KEY: MASKING_KEY,
      GIVEN: given?.url ?? '',
      ...options.variables,
    });
    this.run = this.push(options.files);
  }

  push(files: Options['files'] = {}): JobRun {
    const all = {
      'sql.cjs': SQL_PROGRAM,
      'goods.sql': GOODS,
      'migration.sql': MIGRATION,
      'back.sql': BACK,
      'masking.yml': MASKING,
      ...files,
    };
    this.run = this.world.push('main', 'Goods have a price', all);
    return this.run;
  }

  /** One job; `onOutput` may end it. */
  async rehearse(onOutput?: (log: string, child: ChildProcess) => void): Promise<StepResult> {
    const inputs = { command: 'rehearse', environment: 'staging', 'artifact-digest': this.world.artifactOf(this.run.sha) };
    const job = await this.run.main(inputs, onOutput);
    this.logs.push(job.log);
    return job;
  }

  /** Rehearsals only: how each was recorded. */
  recorded(): readonly unknown[] {
    return this.world
      .records()
      .filter(({ task }) => task === 'promote:rehearsal')
      .map(({ outcome, payload }) => [outcome, (payload['rehearsal'] as { verdict: string }).verdict]);
  }

  /** Fails when a job left anything running, any data, or a secret anywhere. */
  async nothingLeft(job: StepResult): Promise<void> {
    await until(() => this.processes().length === 0 && this.folders().length === 0);
    expect(this.processes()).toEqual([]);
    expect(this.folders()).toEqual([]);
    expect(filesWith(this.temp, [UNMASKED, MASKING_KEY, PASSWORD, this.world.token])).toEqual([]);
    const told = job.summary + JSON.stringify(job.outputs) + JSON.stringify(this.world.records()) + withoutMasks(job.log);
    for (const secret of [UNMASKED, MASKING_KEY, PASSWORD, this.world.token]) expect(told).not.toContain(secret);
    const ports = new Set([...job.log.matchAll(/^port (\d+)$/gm)].map(([, port]) => Number(port)));
    ports.delete(this.given?.port ?? 0);
    expect(await Promise.all([...ports].map(isOpen))).toEqual([...ports].map(() => false));
    const runs = [...job.log.matchAll(/promote_rehearsal_([0-9a-f]{8})_/g)].map(([, run]) => run ?? '');
    // What was killed is removed by the next rehearsal on that server.
    if (job.exitCode !== null) expect(await this.given?.left(runs)).toEqual(this.given === null ? undefined : []);
  }

  async close(): Promise<void> {
    await this.world.close();
    rmSync(this.temp, { recursive: true, force: true });
  }

  /** What runs with this scenario's variables, or in its folder. */
  processes(): readonly string[] {
    return readdirSync('/proc').flatMap((pid) => {
      if (!/^\d+$/.test(pid) || Number(pid) === process.pid) return [];
      try {
        const [line, variables] = [readFileSync(`/proc/${pid}/cmdline`, 'utf8'), readFileSync(`/proc/${pid}/environ`, 'utf8')];
        return line.includes(this.temp) || variables.split('\0').includes(`SCENARIO=${this.id}`)
          ? [`${pid} ${line.replaceAll('\0', ' ')}`]
          : [];
      } catch {
        return [];
      }
    });
  }

  /** Beside the reports. */
  folders(): readonly string[] {
    return [...readdirSync(this.temp), ...readdirSync(join(this.temp, 'machine'))].filter(
      (name) => name !== 'rehearsal-reports' && name !== 'machine',
    );
  }
}

/** Opens a scenario, runs one job in it, and looks at what it left. */
export async function oneJob(options: Options, given: GivenServer, look: (job: StepResult, scenario: Scenario) => Promise<void> | void) {
  const scenario = await Scenario.open(options, given);
  try {
    const job = await scenario.rehearse();
    await scenario.nothingLeft(job);
    await look(job, scenario);
  } finally {
    await scenario.close();
  }
}

function pipelineOf({ rehearsal = {}, on = 'given' }: Options): string {
  const keys: Record<string, string | null> = {
    database: 'postgres',
    server: on === 'given' ? 'GIVEN' : null,
    snapshot: '{ file: goods.sql, max-age: 7d }',
    migrate: '"node sql.cjs migration.sql"',
    rollback: '"node sql.cjs back.sql"',
    load: 'false',
    // How long anything takes says nothing here.
    limits: '{ statement: false, lock: false }',
    ...rehearsal,
  };
  const lines = Object.entries(keys).flatMap(([key, value]) => (value === null ? [] : [`      ${key}: ${value}`]));
  return `version: 1
build: { run: npm run build, artifact: dist }
environments:
  staging:
    role: staging
    deploy: { run: 'true' }
    rehearsal:
${lines.join('\n')}
  production: { role: production, gate: { approvals: 1 }, deploy: { run: 'echo deploying' } }
routes: [{ name: mainline, branches: [main], path: [staging, production] }]
`;
}

/** Ends the job once its log says what `text` matches. */
export function when(text: RegExp, signal: NodeJS.Signals): (log: string, child: ChildProcess) => void {
  let sent = false;
  return (log, child) => {
    if (sent || !text.test(log)) return;
    sent = true;
    child.kill(signal);
  };
}

export async function until(condition: () => boolean): Promise<void> {
  for (let tries = 0; tries < 400 && !condition(); tries += 1) await sleep(50);
}

/** A checkout as actions/checkout makes it: one commit deep, from a server that hands out any commit. */
export function checkOut(scenario: Scenario): string {
  const { repository, folder } = scenario.world;
  const checkout = join(folder, 'checkout');
  repository.git('config', 'uploadpack.allowAnySHA1InWant', 'true');
  const env = { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' };
  execFileSync('git', ['clone', '--quiet', '--depth=1', `file://${repository.path}`, checkout], { env });
  scenario.world.variables['GITHUB_WORKSPACE'] = checkout;
  return checkout;
}

export function filesWith(folder: string, texts: readonly string[]): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => {
      if (!statSync(path, { throwIfNoEntry: false })?.isFile()) return false;
      const bytes = readFileSync(path);
      return texts.some((text) => bytes.includes(text));
    });
}

/** The log as it can be read: what the runner is told to mask stands in no line of it. */
function withoutMasks(log: string): string {
  return log.replaceAll(/^::add-mask::.*$/gm, '');
}

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}
