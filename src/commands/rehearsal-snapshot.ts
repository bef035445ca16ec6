import { resolve } from 'node:path';
import type { Job } from '../job/job.ts';
import type { Rehearsal } from '../pipeline/model.ts';
import { roughSize } from '../rehearsal/amounts.ts';
import { RehearsalImpossible, type RehearsalServer, type Restored } from '../rehearsal/database.ts';
import type { SnapshotFacts } from '../rehearsal/evidence.ts';
import { readDump, readTakenAt } from '../rehearsal/snapshot.ts';
import type { RehearsalWorkspace } from '../rehearsal/workspace.ts';
import type { RehearsalCommands } from './rehearsal-commands.ts';

export interface Filling {
  readonly job: Job;
  readonly rules: Pick<Rehearsal, 'snapshot' | 'maxAge'>;
  readonly workspace: RehearsalWorkspace;
  readonly server: RehearsalServer;
  readonly commands: RehearsalCommands;
  /** The variables that name databases: the environment's own secrets, then the job's. */
  readonly variable: (name: string) => string | undefined;
  /** Now, by GitHub's clock, epoch milliseconds. */
  readonly now: number;
  readonly signal: AbortSignal;
}

/** What stands in the database, before it is counted. */
interface Filled extends Restored {
  readonly id: string;
  readonly takenAt: number;
}

/**
 * Fills the source as the pipeline file says.
 * @throws RehearsalImpossible when the snapshot cannot be had, cannot be restored, is empty or is too old
 */
export async function fillSource(filling: Filling): Promise<SnapshotFacts> {
  const { rules, server, signal, job } = filling;
  if (rules.snapshot === null) {
    job.toolkit.info('The pipeline file names no snapshot, so the migration begins on an empty database.');
    return { id: 'none', takenAt: filling.now, format: 'an empty database', major: server.major, tables: 0, bytes: 0 };
  }
  const filled = await fill(filling, rules.snapshot);
  signal.throwIfAborted();
  refuseOld(filling, filled);
  const contents = await server.takeStock();
  signal.throwIfAborted();
  if (!contents.rows) throw empty(contents.tables);
  job.toolkit.info(`The snapshot has ${contents.tables} tables, ${roughSize(contents.bytes)} in all.`);
  const { id, takenAt, format, major } = filled;
  return { id, takenAt, format, major, tables: contents.tables, bytes: contents.bytes };
}

function fill(filling: Filling, { run, file, from }: NonNullable<Rehearsal['snapshot']>): Promise<Filled> {
  if (run !== null) return fromCommand(filling, run);
  if (file !== null) return fromFile(filling, resolve(filling.job.run.workspace, file), file);
  return fromDatabase(filling, from ?? '');
}

async function fromCommand(filling: Filling, run: string): Promise<Filled> {
  const { workspace, server, commands, now, signal } = filling;
  const begun = Date.now();
  const variables = {
    DATABASE_URL: commands.variablesFor(server.source)['DATABASE_URL'] ?? '',
    PROMOTE_SNAPSHOT: workspace.snapshot,
    PROMOTE_SNAPSHOT_TAKEN_AT: workspace.takenAt,
  };
  const fetched = await commands.start({ title: 'Fetch the snapshot', run, folder: null, variables }).done;
  signal.throwIfAborted();
  if (fetched.ended !== 'success') {
    const how = fetched.exitCode === null ? `was stopped after ${fetched.seconds} s` : `ended with exit code ${fetched.exitCode}`;
    throw new RehearsalImpossible('snapshot_failed', `The snapshot could not be fetched: its command ${how}. The command was: ${run}`);
  }
  const told = readTakenAt(workspace.takenAt);
  const dump = await readDump(workspace.snapshot, signal);
  if (dump !== null) {
    // Ages are by this machine's clock; what they are counted from is GitHub's.
    const writtenAt = now - Math.max(0, begun - dump.writtenAt);
    return { ...(await restored(filling, workspace.snapshot, dump.bytes)), id: dump.id, takenAt: Math.min(told ?? writtenAt, now) };
  }
  const words = run.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, ' ').trim();
  return {
    id: `filled by: ${words.slice(0, 200)}`,
    takenAt: Math.min(told ?? now, now),
    format: 'filled by the snapshot command',
    major: server.major,
  };
}

async function fromFile(filling: Filling, path: string, said: string): Promise<Filled> {
  const dump = await readDump(path, filling.signal);
  if (dump === null) {
    throw new RehearsalImpossible(
      'snapshot_failed',
      `The pipeline file names the snapshot "${said}", and there is nothing at ${path}. Put the dump there in a step before, or name a command that fetches it ("run").`,
    );
  }
  const takenAt = Math.min(filling.now - Math.max(0, Date.now() - dump.writtenAt), filling.now);
  return { ...(await restored(filling, path, dump.bytes)), id: dump.id, takenAt };
}

function restored({ job, server }: Filling, path: string, bytes: number): Promise<Restored> {
  return job.toolkit.group(`Restore the snapshot, ${roughSize(bytes)}`, () => server.restore(path));
}

async function fromDatabase({ job, server, variable, now }: Filling, name: string): Promise<Filled> {
  const url = variable(name) ?? '';
  if (url === '') {
    throw new RehearsalImpossible(
      'snapshot_failed',
      `The pipeline file names the variable ${name} as the database to copy from, and it is empty. Give it to the step, or to the environment in the secret PROMOTE_ENV.`,
    );
  }
  job.toolkit.mask(url);
  const copied = await job.toolkit.group('Copy the running database', () => server.copyFrom(url));
  return { ...copied, id: `copied from ${name} at ${new Date(now).toISOString()}`, takenAt: now };
}

function refuseOld({ rules, now }: Filling, { takenAt }: Filled): void {
  if (rules.maxAge === null || now - takenAt <= rules.maxAge) return;
  const hours = (milliseconds: number): string => `${Math.floor(milliseconds / 3_600_000)} h`;
  throw new RehearsalImpossible(
    'snapshot_expired',
    `The snapshot was taken at ${new Date(takenAt).toISOString()}, ${hours(now - takenAt)} ago, and the pipeline file takes none older than ${hours(rules.maxAge)}. Fetch a fresh one.`,
  );
}

function empty(tables: number): RehearsalImpossible {
  const found = tables === 0 ? 'no table' : `${tables} tables and not one row`;
  return new RehearsalImpossible(
    'snapshot_empty',
    `The database has ${found} after the snapshot was fetched, so a migration on it would prove nothing. The snapshot command must either leave a dump in $PROMOTE_SNAPSHOT or fill the database at $DATABASE_URL.`,
  );
}
