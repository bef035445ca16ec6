import { type StatusState, setRecordStatus } from '../github/records.ts';
import type { Job, PostState } from './job.ts';

/** Gives the job's record a status, and remembers for the post phase how far the promotion has come. */
export async function setStatus(job: Job, state: PostState, status: StatusState, description: string): Promise<void> {
  await setRecordStatus(job.client, {
    owner: job.run.owner,
    repo: job.run.repo,
    record: state.record,
    state: status,
    description,
    environmentUrl: state.environmentUrl,
    logUrl: runPage(job),
    replacesEarlier: status === 'success',
  });
  job.toolkit.saveState({ ...state, phase: status === 'in_progress' ? 'running' : 'closed' });
}

/** The page of this attempt of the run. */
export function runPage(job: Job): string {
  const { serverUrl, owner, repo, runId, runAttempt } = job.run;
  return `${serverUrl}/${owner}/${repo}/actions/runs/${runId}/attempts/${runAttempt}`;
}
