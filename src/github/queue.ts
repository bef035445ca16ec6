import * as z from 'zod/mini';
import { type GitHubClient, GitHubError } from './client.ts';
import { recordsQuery } from './evidence-query.ts';
import { hasJobEnded } from './job-state.ts';
import type { RecordsPage, Repository, StoredRecord } from './records.ts';
import { readRunStatus } from './run-status.ts';
import { readWholeRecordsPage } from './whole-statuses.ts';

/** What a wait for the environment needs from outside; tests give literals. */
export interface QueuePorts {
  /** The environment's records as they are now: every open one at least. One request. */
  readonly readRecords: () => Promise<readonly StoredRecord[]>;
  /** Whether the job that holds a record can still finish it. One request, or two while its run goes on. */
  readonly runState: (holder: Holder) => Promise<RunState>;
  /** Gives a record its last status. One request. */
  readonly close: (record: number, how: 'error' | 'inactive', why: string) => Promise<void>;
  readonly sleep: (milliseconds: number) => Promise<void>;
  readonly log: (line: string) => void;
}

export interface RunAttempt {
  readonly id: number;
  readonly attempt: number;
}

/** The job that opened a record, as far as the record tells. */
export interface Holder extends RunAttempt {
  readonly runner: string | null;
  /** When it opened the record, epoch milliseconds: the job had begun by then, and had not ended. */
  readonly openedAt: number;
}

/** `unknown`: the run could not be read, so its record is respected. */
export type RunState = 'alive' | 'dead' | 'unknown';

export interface QueuePlace {
  readonly ownRecord: number;
  readonly run: RunAttempt;
  readonly claim: string;
  /** Milliseconds of waiting, all polls together. */
  readonly timeoutMs: number;
  /** The records as just read, to save the first request. */
  readonly records: readonly StoredRecord[];
}

/**
 * `served`: this job's record is the lowest open one · `timeout`: `behind` still is · `lost`: this job's own record was closed by somebody, or
 * GitHub does not show it.
 * `ownRecord` may be lower than asked with, when a repeated request had opened two. `waited`: whether the world had time to change, so
 * that the evidence must be gathered again.
 */
export type Turn =
  | { readonly turn: 'served'; readonly ownRecord: number; readonly waited: boolean }
  | { readonly turn: 'timeout'; readonly ownRecord: number; readonly behind: StoredRecord }
  | { readonly turn: 'lost'; readonly ownRecord: number; readonly why: 'closed' | 'unseen' };

/** Records that hold an environment, first come first. */
export function queueOf(records: readonly StoredRecord[]): readonly StoredRecord[] {
  return records
    .filter(({ outcome, kind }) => outcome === 'open' && (kind === 'promotion' || kind === 'rollback'))
    .sort((one, other) => one.id - other.id);
}

const FIRST_POLL_MS = 5_000;
const LONGEST_POLL_MS = 60_000;
const POLL_GROWTH = 1.5;

/** How often an answer from before the record was opened is put up with: GitHub's copies catch up within seconds. */
const STALE_LOOKS = 4;

/**
 * Waits until the job's record is the lowest open one, closing what dead jobs and repeated requests left. Ids are given out in order, so
 * an answer that shows this job's record shows every one before it; one that does not is too old to go by. One poll is one request, or
 * up to three while somebody is ahead; the pauses grow from 5 s to a minute, so that half an hour costs a token about 110 of its 1,000
 * requests.
 */
export async function waitForTurn(ports: QueuePorts, place: QueuePlace): Promise<Turn> {
  const seen = await untilSeen(ports, place);
  if (seen === null) return { turn: 'lost', ownRecord: place.ownRecord, why: 'unseen' };
  let records = seen.records;
  let changed = seen.looks > 0;
  let waited = 0;
  for (let pause = FIRST_POLL_MS; ; pause = Math.min(pause * POLL_GROWTH, LONGEST_POLL_MS)) {
    const own = await settleOwnRecords(ports, place, records);
    if (own === null) return { turn: 'lost', ownRecord: place.ownRecord, why: 'closed' };
    const { ahead, cleared } = await clearDead(ports, own.id, records);
    changed ||= cleared;
    if (ahead === null) return { turn: 'served', ownRecord: own.id, waited: changed };
    if (waited >= place.timeoutMs) return { turn: 'timeout', ownRecord: own.id, behind: ahead };
    const next = Math.min(pause, place.timeoutMs - waited);
    ports.log(
      `${ahead.version} is being deployed to ${ahead.environment} (record ${ahead.id}${runName(ahead)}); looking again in ${Math.ceil(next / 1000)} s.`,
    );
    await ports.sleep(next);
    waited += next;
    changed = true;
    const fresh = await ports.readRecords();
    if (shows(fresh, place)) records = fresh;
  }
}

function shows(records: readonly StoredRecord[], place: QueuePlace): boolean {
  return records.some(({ id }) => id === place.ownRecord);
}

async function untilSeen(ports: QueuePorts, place: QueuePlace): Promise<{ records: readonly StoredRecord[]; looks: number } | null> {
  let records = place.records;
  for (let looks = 0; looks <= STALE_LOOKS; looks += 1) {
    if (shows(records, place)) return { records, looks };
    if (looks === STALE_LOOKS) break;
    ports.log(`Record ${place.ownRecord} is not shown yet; looking again in ${FIRST_POLL_MS / 1000} s.`);
    await ports.sleep(FIRST_POLL_MS);
    records = await ports.readRecords();
  }
  return null;
}

function runName(record: StoredRecord): string {
  return record.run === null ? '' : `, run ${record.run.id}`;
}

/**
 * The job's record among the open ones. A request repeated after a lost answer opened two with one claim: the lower one is kept, as it
 * is the one that others already wait behind.
 */
export async function settleOwnRecords(
  ports: Pick<QueuePorts, 'close' | 'log'>,
  place: Pick<QueuePlace, 'ownRecord' | 'run' | 'claim'>,
  records: readonly StoredRecord[],
): Promise<StoredRecord | null> {
  const [kept, ...duplicates] = queueOf(records).filter((record) => isOwn(record, place));
  for (const duplicate of duplicates) {
    ports.log(`Record ${duplicate.id} repeats record ${kept?.id}: the request that opened it was sent again after its answer was lost.`);
    await ports.close(duplicate.id, 'inactive', `Repeats record ${kept?.id}.`);
  }
  return kept ?? null;
}

function isOwn(record: StoredRecord, place: Pick<QueuePlace, 'ownRecord' | 'run' | 'claim'>): boolean {
  if (record.id === place.ownRecord) return true;
  return record.claim === place.claim && record.run?.id === place.run.id && record.run.attempt === place.run.attempt;
}

/** Who is served before `own`, after closing the records whose jobs are dead. */
async function clearDead(
  ports: QueuePorts,
  own: number,
  records: readonly StoredRecord[],
): Promise<{ ahead: StoredRecord | null; cleared: boolean }> {
  let cleared = false;
  for (const record of queueOf(records)) {
    if (record.id >= own) break;
    const state =
      record.run === null ? 'unknown' : await ports.runState({ ...record.run, runner: record.runner, openedAt: record.createdAt });
    if (state !== 'dead') return { ahead: record, cleared };
    ports.log(`Record ${record.id} was left open by a job of run ${record.run?.id} that has ended; closing it.`);
    await ports.close(record.id, 'error', `Its job in run ${record.run?.id} ended without closing it.`);
    cleared = true;
  }
  return { ahead: null, cleared };
}

/** Every record of an environment that may be open, newest first. @throws GitHubError */
export async function readQueueRecords(
  client: Pick<GitHubClient, 'graphql'>,
  repository: Repository,
  environment: string,
): Promise<readonly StoredRecord[]> {
  const { records } = await readRecordsAfter(client, repository, environment, null);
  return records;
}

/** One page of an environment's records, newest first. @param after where it begins; `null`: at the newest. @throws GitHubError */
export async function readRecordsAfter(
  client: Pick<GitHubClient, 'graphql'>,
  repository: Repository,
  environment: string,
  after: string | null,
): Promise<RecordsPage> {
  const { text, variables } = recordsQuery(repository.owner, repository.repo, environment, after);
  const answer = await client.graphql(text, variables);
  const [error] = answer.errors;
  if (error !== undefined) throw new GitHubError('refused', `The queue of ${environment} could not be read: ${error.message}.`);
  const page = pageSchema.safeParse(answer.data);
  if (!page.success) throw new GitHubError('unusable', `GitHub's answer about the queue of ${environment} makes no sense.`);
  return readWholeRecordsPage(client, page.data.repository.records, environment);
}

const pageSchema = z.object({ repository: z.object({ records: z.unknown() }) });

/**
 * Whether a job can still finish what it began: its attempt of the run goes on, and so does the job itself where that can be told. A run
 * that GitHub no longer has is dead, provided that the token can see runs at all, which our own run shows.
 */
export async function readRunState(
  client: Pick<GitHubClient, 'request'>,
  repository: Repository,
  run: Holder,
  ownRun: number,
): Promise<RunState> {
  try {
    const read = await readRunStatus(client, repository, run.id);
    if (read === null) return 'unknown';
    const later = (read.run_attempt ?? run.attempt) > run.attempt;
    if (read.status === 'completed' || later) return 'dead';
    return (await hasJobEnded(client, repository, run)) ? 'dead' : 'alive';
  } catch (error) {
    if (!(error instanceof GitHubError)) throw error;
    if (error.failure !== 'missing' || run.id === ownRun) return 'unknown';
    const own = await readRunStatus(client, repository, ownRun).catch(() => null);
    return own === null ? 'unknown' : 'dead';
  }
}
