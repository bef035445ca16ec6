import type { Gathered } from '../github/evidence.ts';
import { readQueueRecords, readRunState, waitForTurn } from '../github/queue.ts';
import { setRecordStatus } from '../github/records.ts';
import { gatherFor } from './gathering.ts';
import type { Job } from './job.ts';
import { runPage } from './keeping.ts';

/** The job's place in an environment's queue. */
export interface Place {
  readonly environment: string;
  readonly record: number;
  readonly claim: string;
  /** What was known when the record was opened. */
  readonly earlier: Gathered;
}

/** How the wait ended, with the evidence as it was then. `record` may be lower than before: a repeated request had opened two. */
export interface QueueEnd {
  readonly turn: 'served' | 'timeout' | 'lost';
  readonly record: number;
  readonly gathered: Gathered;
}

/**
 * Waits for this job's turn in the environment and gathers the evidence as it is then, so that the door can be asked again. Where nobody
 * is ahead that is one request in all.
 */
export async function waitInQueue(job: Job, place: Place): Promise<QueueEnd> {
  const { owner, repo } = job.run;
  const look = (record: number): Promise<Gathered> => gatherFor(job, 'door', { earlier: place.earlier, ownRecord: record });
  const before = await look(place.record);
  const readRecords = () => readQueueRecords(job.client, { owner, repo }, place.environment);
  const seen = before.records.get(place.environment);
  const end = await waitForTurn(
    {
      readRecords,
      runState: (run) => readRunState(job.client, { owner, repo }, run, job.run.runId),
      close: (record, how, why) => setRecordStatus(job.client, { owner, repo, record, state: how, description: why, logUrl: runPage(job) }),
      sleep: job.sleep,
      log: (line) => job.toolkit.info(line),
    },
    {
      ownRecord: place.record,
      run: { id: job.run.runId, attempt: job.run.runAttempt },
      claim: place.claim,
      timeoutMs: job.input.queueTimeout,
      records: seen?.read === true ? seen.value : await readRecords(),
    },
  );
  const unchanged = end.turn === 'served' && !end.waited && end.ownRecord === place.record;
  return { turn: end.turn, record: end.ownRecord, gathered: unchanged ? before : await look(end.ownRecord) };
}
