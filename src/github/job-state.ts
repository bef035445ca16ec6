import type { GitHubClient } from './client.ts';
import type { Holder } from './queue.ts';
import type { Repository } from './records.ts';
import { type RunJob, readRunJobs } from './run-jobs.ts';

/**
 * Whether the job that opened a record is known to have ended although its run goes on: its machine was lost, or it was killed. A job's
 * name and id are not known inside of it, but its runner is, and a runner has one job at a time. Runners of one name may come again within
 * a run, so that none of that name may still be at work, and one must have ended after the record was opened. Whatever is not told
 * leaves the record to its holder.
 */
export async function hasJobEnded(client: Pick<GitHubClient, 'request'>, repository: Repository, holder: Holder): Promise<boolean> {
  if (holder.runner === null) return false;
  const read = await readRunJobs(client, repository, holder.id, holder.attempt);
  if (!read.read) return false;
  const jobs = read.value.filter(({ attempt }) => attempt === holder.attempt);
  return (
    !jobs.some((job) => couldBeAtWork(job, holder)) && jobs.some((job) => job.runner === holder.runner && endedAfter(job, holder.openedAt))
  );
}

/** A job that began a moment ago may not be shown with its runner yet. */
function couldBeAtWork({ status, runner }: RunJob, holder: Holder): boolean {
  return runner === holder.runner ? status !== 'completed' : status === 'in_progress' && runner === null;
}

function endedAfter({ status, completedAt }: RunJob, opened: number): boolean {
  return status === 'completed' && completedAt !== null && completedAt >= opened;
}
