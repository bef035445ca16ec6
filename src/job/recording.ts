import type { Gathered } from '../github/evidence.ts';
import { readQueueRecords } from '../github/queue.ts';
import { openRecord, type RecordPayload, type StatusState, type StoredRecord, setRecordStatus } from '../github/records.ts';
import type { Job } from './job.ts';
import { runPage } from './keeping.ts';

/** Something that is over when it is recorded: an acceptance that was given, a rehearsal that ended. */
export interface Outcome {
  readonly environment: string;
  readonly payload: RecordPayload;
  readonly state: Extract<StatusState, 'success' | 'failure'>;
  /** For people, at most 140 characters are kept. */
  readonly description: string;
}

/**
 * Records what is over, and withdraws what earlier runs left open of the same kind.
 * @returns the record's id
 * @throws GitHubError
 */
export async function recordOutcome(job: Job, gathered: Gathered, outcome: Outcome): Promise<number> {
  const { owner, repo } = job.run;
  const { environment, payload, description, state } = outcome;
  const isLeft = (record: StoredRecord): boolean => record.kind === payload.kind && record.outcome === 'open';
  const before = gathered.records.get(environment);
  await withdraw(job, before?.read === true ? before.value.filter(isLeft) : [], 'Left open by a run that ended before closing it');
  const asked = job.client.requestCount;
  const production = gathered.pipeline.environments.get(environment)?.role === 'production';
  const { id } = await openRecord(job.client, { owner, repo, environment, production, description, payload });
  if (job.client.requestCount > asked + 1) {
    // A request repeated after its answer was lost has opened more than one record.
    const records = await readQueueRecords(job.client, { owner, repo }, environment);
    const repeated = records.filter((record) => isLeft(record) && record.claim === payload.claim && record.id !== id);
    await withdraw(job, repeated, `Repeats record ${id}`);
  }
  await setRecordStatus(job.client, { owner, repo, record: id, state, description, logUrl: runPage(job) });
  return id;
}

async function withdraw(job: Job, records: readonly StoredRecord[], why: string): Promise<void> {
  const { owner, repo } = job.run;
  for (const { id } of records) await setRecordStatus(job.client, { owner, repo, record: id, state: 'inactive', description: why });
}
