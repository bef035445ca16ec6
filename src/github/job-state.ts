import * as z from 'zod/mini';
import { type GitHubClient, GitHubError } from './client.ts';
import type { Holder } from './queue.ts';
import type { Repository } from './records.ts';

const jobSchema = z.object({
  run_attempt: z.optional(z.number()),
  status: z.string(),
  completed_at: z.nullish(z.string()),
  runner_name: z.nullish(z.string()),
});
type Job = z.output<typeof jobSchema>;
const pageSchema = z.object({ total_count: z.number(), jobs: z.array(jobSchema) });

const PAGE = 100;
const MOST_PAGES = 10;

/**
 * Whether the job that opened a record is known to have ended although its run goes on: its machine was lost, or it was killed. A job's
 * name and id are not known inside of it, but its runner is, and a runner has one job at a time. Runners of one name may come again within
 * a run, so that none of that name may still be at work, and one must have ended after the record was opened. Whatever is not told
 * leaves the record to its holder.
 */
export async function hasJobEnded(client: Pick<GitHubClient, 'request'>, repository: Repository, holder: Holder): Promise<boolean> {
  if (holder.runner === null) return false;
  try {
    const jobs = await jobsOf(client, repository, holder);
    if (jobs === null || jobs.some((job) => couldBeAtWork(job, holder))) return false;
    return jobs.some((job) => job.runner_name === holder.runner && endedAfter(job, holder.openedAt));
  } catch (error) {
    if (error instanceof GitHubError) return false;
    throw error;
  }
}

/** A job that began a moment ago may not be shown with its runner yet. */
function couldBeAtWork({ status, runner_name: runner }: Job, holder: Holder): boolean {
  return runner === holder.runner ? status !== 'completed' : status === 'in_progress' && (runner ?? '') === '';
}

function endedAfter({ status, completed_at: completedAt }: Job, opened: number): boolean {
  return status === 'completed' && Date.parse(completedAt ?? '') >= opened;
}

/** Every job of the holder's attempt, those left out that were taken over from an earlier one; `null` when not all can be had. */
async function jobsOf(client: Pick<GitHubClient, 'request'>, { owner, repo }: Repository, holder: Holder): Promise<readonly Job[] | null> {
  const jobs: Job[] = [];
  for (let page = 1; page <= MOST_PAGES; page += 1) {
    const { data } = await client.request('GET /repos/{owner}/{repo}/actions/runs/{run_id}/attempts/{attempt_number}/jobs', {
      owner,
      repo,
      run_id: holder.id,
      attempt_number: holder.attempt,
      per_page: PAGE,
      page,
    });
    const parsed = pageSchema.safeParse(data);
    if (!parsed.success) return null;
    jobs.push(...parsed.data.jobs);
    if (jobs.length >= parsed.data.total_count) return jobs.filter((job) => (job.run_attempt ?? holder.attempt) === holder.attempt);
    if (parsed.data.jobs.length === 0) return null;
  }
  return null;
}
