import type { Rehearsal } from '../pipeline/model.ts';
import type { RehearsalDatabase } from '../rehearsal/database.ts';
import { RehearsalImpossible } from '../rehearsal/database.ts';
import { readDump, readTakenAt } from '../rehearsal/snapshot.ts';
import type { RehearsalWorkspace } from '../rehearsal/workspace.ts';
import type { RehearsalStep } from '../report/rehearsal.ts';
import type { Job } from './job.ts';
import { type CommandResult, runCommand } from './run-command.ts';

/** What the migration was run on. */
export interface Snapshot {
  /** Tells one snapshot from another: the dump's digest, or what filled the database. */
  readonly id: string;
  /** GitHub's clock, epoch milliseconds. */
  readonly takenAt: number;
}

/** How the migration went. */
export interface Migration {
  readonly verdict: 'pass' | 'fail';
  readonly seconds: number;
  /** In a few words: `exit code 1`. */
  readonly ended: string;
}

/** One rehearsal on its way. */
export interface Course {
  readonly job: Job;
  readonly rules: Rehearsal;
  readonly environment: string;
  readonly workspace: RehearsalWorkspace;
  readonly database: RehearsalDatabase;
  /** For the commands: `PROMOTE_*` and the environment's own secrets. */
  readonly variables: Readonly<Record<string, string>>;
  /** Now, by GitHub's clock, epoch milliseconds. */
  readonly now: number;
  readonly signal: AbortSignal;
  /** Told of each thing that was done. */
  readonly done: (step: RehearsalStep) => void;
}

/**
 * Fills the database as the pipeline file says.
 * @throws RehearsalImpossible when the snapshot cannot be had, cannot be restored, is empty or is too old
 */
export async function fillDatabase(course: Course): Promise<Snapshot> {
  const run = course.rules.snapshot?.run ?? null;
  if (run === null) {
    course.done({ what: 'Snapshot', how: 'none: the pipeline file names no command for one, so the database is empty', seconds: null });
    return { id: 'none', takenAt: course.now };
  }
  const begun = Date.now();
  const fetched = await runIn(course, `Fetch the snapshot for ${course.environment}`, run, {
    DATABASE_URL: course.database.url,
    PROMOTE_SNAPSHOT: course.workspace.snapshot,
    PROMOTE_SNAPSHOT_TAKEN_AT: course.workspace.takenAt,
  });
  if (fetched.ended !== 'success')
    throw new RehearsalImpossible(
      'snapshot_failed',
      `The snapshot could not be fetched: its command ended with ${inWords(fetched)}. The command was: ${run}`,
    );
  course.done({ what: 'Fetch the snapshot', how: 'its command succeeded', seconds: fetched.seconds });
  const snapshot = await restored(course, run, begun);
  refuseOld(course, snapshot);
  await refuseEmpty(course);
  return snapshot;
}

async function restored(course: Course, run: string, begun: number): Promise<Snapshot> {
  const told = readTakenAt(course.workspace.takenAt);
  const dump = await readDump(course.workspace.snapshot);
  // Ages are by this machine's clock; what they are counted from is GitHub's.
  const writtenAt = dump === null ? course.now : course.now - Math.max(0, begun - dump.writtenAt);
  const takenAt = Math.min(told ?? writtenAt, course.now);
  if (dump === null)
    return {
      id: `filled by: ${run
        .replaceAll(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, ' ')
        .trim()
        .slice(0, 200)}`,
      takenAt,
    };
  const { format, seconds } = await course.job.toolkit.group(`Restore the snapshot, ${size(dump.bytes)}`, async () => {
    const started = performance.now();
    const restoredAs = await course.database.restore(course.workspace.snapshot);
    return { format: restoredAs, seconds: secondsSince(started) };
  });
  course.done({ what: 'Restore the snapshot', how: `a ${format} dump of ${size(dump.bytes)}`, seconds });
  return { id: dump.id, takenAt };
}

function refuseOld({ rules, now }: Course, { takenAt }: Snapshot): void {
  if (rules.maxAge === null || now - takenAt <= rules.maxAge) return;
  const hours = (milliseconds: number): string => `${Math.floor(milliseconds / 3_600_000)} h`;
  throw new RehearsalImpossible(
    'snapshot_expired',
    `The snapshot was taken at ${new Date(takenAt).toISOString()}, ${hours(now - takenAt)} ago, and the pipeline file takes none older than ${hours(rules.maxAge)}. Fetch a fresh one.`,
  );
}

async function refuseEmpty(course: Course): Promise<void> {
  const { tables, rows } = await course.database.takeStock();
  course.signal.throwIfAborted();
  if (rows) return course.job.toolkit.info(`The snapshot has ${tables} tables.`);
  const found = tables === 0 ? 'no table' : `${tables} tables and not one row`;
  throw new RehearsalImpossible(
    'snapshot_empty',
    `After the snapshot command the database has ${found}, so a migration on it would prove nothing. The command must either leave a dump in $PROMOTE_SNAPSHOT or fill the database at $DATABASE_URL.`,
  );
}

/** Runs the migration, and measures it. */
export async function migrate(course: Course): Promise<Migration> {
  const result = await runIn(course, `Migrate, as for ${course.environment}`, course.rules.migrate, {
    ...course.database.variables,
    DATABASE_URL: course.database.url,
  });
  const ended = inWords(result);
  course.done({ what: 'Migrate', how: result.ended === 'success' ? 'succeeded' : `failed with ${ended}`, seconds: result.seconds });
  return { verdict: result.ended === 'success' ? 'pass' : 'fail', seconds: result.seconds, ended };
}

async function runIn(course: Course, title: string, run: string, variables: Readonly<Record<string, string>>): Promise<CommandResult> {
  course.signal.throwIfAborted();
  const result = await course.job.toolkit.group(title, async () => {
    const started = performance.now();
    const ended = await runCommand({
      run,
      cwd: course.job.run.workspace,
      variables: { ...course.variables, ...variables },
      onCancel: async () => undefined,
    });
    // How long it took is evidence here, to the hundredth.
    return { ...ended, seconds: secondsSince(started) };
  });
  course.signal.throwIfAborted();
  return result;
}

function inWords(result: CommandResult): string {
  if (result.ended === 'success') return 'exit code 0';
  return result.ended === 'cancelled' ? `signal ${result.signal}` : `exit code ${result.exitCode}`;
}

function size(bytes: number): string {
  if (bytes < 1_000_000) return `${Math.max(1, Math.round(bytes / 1000))} kB`;
  return bytes < 1e9 ? `${Math.round(bytes / 1e5) / 10} MB` : `${Math.round(bytes / 1e8) / 10} GB`;
}

export function secondsSince(started: number): number {
  return Math.round((performance.now() - started) / 10) / 100;
}
