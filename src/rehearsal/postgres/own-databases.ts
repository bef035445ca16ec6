import { createHash } from 'node:crypto';
import { hostname } from 'node:os';
import type pg from 'pg';
import { bootId, processNamespace } from '../machine.ts';
import { begunAt, isAlive } from '../processes.ts';
import { type Connection, connect, connected, OWN_NAME } from './connection.ts';
import { failureOf } from './failure.ts';

/** Databases of rehearsals on a given server; the first part tells one rehearsal from another. */
const NAME = /^promote_rehearsal_([0-9a-f]{8})_[a-z0-9_]+$/;
const COMMENT = /^Made by a promote rehearsal: process (\d+) begun at (\S+) on (\S+), run (\S+), at (\S+)\. /;

/** First key of the advisory lock that says that a rehearsal is alive; the second is the rehearsal's own. */
const LOCK = 0x70726f6d;

const DAY = 24 * 3_600_000;

/** How often a connection that was lost is made anew, milliseconds. */
const GUARD_EVERY = 20_000;

/** Who made a database. */
export interface Ownership {
  readonly pid: number;
  /** When that process began, as the system counts: its number may belong to another one now. */
  readonly begun: string;
  /** The machine, as far as process numbers mean the same on it. */
  readonly machine: string;
  readonly run: string;
}

/** A database that looks like a rehearsal's. */
interface Candidate {
  readonly name: string;
  readonly comment: string | null;
  readonly locked: boolean;
  readonly visited: boolean;
}

export function databaseNameOf(run: string, part: string): string {
  return `promote_rehearsal_${run}_${part.toLowerCase().replaceAll(/[^a-z0-9]+/g, '_')}`.slice(0, 63);
}

/** This process, in a run of the job's variables. */
export function ownership(env: Readonly<Record<string, string | undefined>>): Ownership {
  const run = `${env['GITHUB_RUN_ID'] ?? 'none'}/${env['GITHUB_RUN_ATTEMPT'] ?? '1'}`.replaceAll(/\s/g, '');
  return { pid: process.pid, begun: begunAt(process.pid), machine: machine(), run };
}

export function commentOf({ pid, begun, machine: where, run }: Ownership, at: Date = new Date()): string {
  return `Made by a promote rehearsal: process ${pid} begun at ${begun} on ${where}, run ${run}, at ${at.toISOString()}. The next rehearsal on this server removes it when that process is gone.`;
}

/** Shows other rehearsals that this one is alive, wherever it runs, for as long as it is. */
export interface Guard {
  end(): Promise<void>;
}

/** Holds an advisory lock on a connection of its own, which the server lets go when this process is gone. */
export async function standGuard(connection: Connection, run: string): Promise<Guard> {
  let client = await guardClient(connection, run);
  const timer = setInterval(async () => {
    const alive = await client.query('SELECT 1').then(
      () => true,
      () => false,
    );
    if (!alive) client = await guardClient(connection, run).catch(() => client);
  }, GUARD_EVERY);
  timer.unref();
  return {
    end: async () => {
      clearInterval(timer);
      await client.end().catch(() => undefined);
    },
  };
}

async function guardClient(connection: Connection, run: string): Promise<pg.Client> {
  const client = await connect(connection, `${OWN_NAME} guard`);
  await client.query('SELECT pg_catalog.pg_advisory_lock($1::int, $2::int)', [LOCK, lockOf(run)]);
  return client;
}

/** The eight digits as the signed number that the server's lock takes. */
function lockOf(run: string): number {
  return Number.parseInt(run, 16) | 0;
}

/**
 * Drops the databases that rehearsals before this one left. One goes only if its name and its comment are a rehearsal's, it belongs to
 * this role, its maker's lock is gone, and: its maker is gone from this machine; or it was made on another and nobody is connected to it;
 * or it is older than a day. With it goes a copy of it that the server was still making when its maker died, so that nobody commented it.
 */
export async function removeAbandoned(connection: Connection, log: (line: string) => void): Promise<void> {
  await connected(connection, async (client) => {
    const runs = new Set<string>();
    // Dropping what is copied just now waits until the copy is there: so it is looked for once more.
    for (let again = true; again; ) {
      const { rows } = await client.query<Candidate>(CANDIDATES, [LOCK]);
      const abandoned = rows.filter((candidate) => isAbandoned(candidate, Date.now(), runs));
      for (const { name } of abandoned) runs.add(runOf(name));
      const dropped = await Promise.all(abandoned.map(({ name }) => drop(client, name, log)));
      again = dropped.includes(true);
    }
  });
}

async function drop(client: pg.Client, name: string, log: (line: string) => void): Promise<boolean> {
  log(`Removing the database ${name}, which an earlier rehearsal left on the server.`);
  try {
    await client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    return true;
  } catch (error) {
    log(`The database ${name} could not be removed: ${failureOf(error)}`);
    return false;
  }
}

function runOf(name: string): string {
  return NAME.exec(name)?.[1] ?? '';
}

/** Of the role's own databases only; what the pattern lets through that is no rehearsal's name is sorted out afterwards. */
const CANDIDATES = `SELECT d.datname::text AS name, pg_catalog.shobj_description(d.oid, 'pg_database') AS comment,
    EXISTS (SELECT FROM pg_catalog.pg_locks l WHERE l.locktype = 'advisory' AND l.granted AND l.classid::bigint = $1
      AND l.objid::bigint = ('x' || lpad(substring(d.datname from 19 for 8), 16, '0'))::bit(64)::bigint) AS locked,
    EXISTS (SELECT FROM pg_catalog.pg_stat_activity a WHERE a.datid = d.oid) AS visited
  FROM pg_catalog.pg_database d
  WHERE d.datname ~ '^promote_rehearsal_[0-9a-f]{8}_[a-z0-9_]+$' AND pg_catalog.pg_has_role(d.datdba, 'USAGE')`;

/**
 * Whether a database was made by a rehearsal that is gone.
 * @param runs rehearsals that are known to be gone
 */
export function isAbandoned({ name, comment, locked, visited }: Candidate, now: number, runs: ReadonlySet<string>): boolean {
  if (!NAME.test(name) || locked) return false;
  if (comment === null) return runs.has(runOf(name));
  const [, pid, begun, where, , at] = COMMENT.exec(comment) ?? [];
  if (pid === undefined) return false;
  if (now - Date.parse(at ?? '') > DAY) return true;
  if (where !== machine()) return !visited;
  return !isAlive(Number(pid)) || begunAt(Number(pid)) !== begun;
}

/** Two containers of one machine have other process numbers, two machines of one name another boot. */
function machine(): string {
  const parts = [hostname(), bootId(), processNamespace()];
  const name = hostname().replaceAll(/\s/g, '') || 'unnamed';
  return `${name}:${createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 12)}`;
}
