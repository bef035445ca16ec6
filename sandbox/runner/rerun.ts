/**
 * Running a run again.
 * https://docs.github.com/en/actions/how-tos/manage-workflow-runs/re-run-workflows-and-jobs
 */
import { Refusal } from '../github/context.ts';
import type { Job, Run, State } from '../github/state.ts';

const DAY = 86_400_000;
const MOST_RERUNS = 50;

/** @throws Refusal 403 when GitHub would not run it again */
export function refuseRerun(run: Run, now: number): void {
  if (run.status !== 'completed') throw new Refusal(403, 'This workflow is already running');
  if (now - run.createdAt > 30 * DAY) throw new Refusal(403, 'Unable to re-run this workflow run because it was created over a month ago');
  if (run.attempt > MOST_RERUNS) throw new Refusal(403, `This workflow run was re-run ${MOST_RERUNS} times already`);
}

/**
 * Jobs of the last attempt that are not run again, by key. What depends on a job that is run again is, too; that shows when
 * the attempt runs.
 * @throws Refusal when there is nothing to run again
 */
export function keptJobs(state: State, run: Run, which: { failedOnly?: boolean; jobId?: number }): ReadonlyMap<string, Job> {
  const last = state.jobs.filter((job) => job.runId === run.id && job.attempt === run.attempt && job.conclusion !== 'skipped');
  if (which.jobId !== undefined) {
    if (!last.some((job) => job.id === which.jobId)) throw new Refusal(404, 'Not Found');
    return byKey(last.filter((job) => job.id !== which.jobId));
  }
  if (which.failedOnly !== true) return new Map();
  const succeeded = last.filter((job) => job.conclusion === 'success');
  if (succeeded.length === last.length) throw new Refusal(403, 'There are no failed jobs to re-run');
  return byKey(succeeded);
}

function byKey(jobs: readonly Job[]): ReadonlyMap<string, Job> {
  return new Map(jobs.map((job) => [job.key, job]));
}
