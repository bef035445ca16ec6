import * as z from 'zod/mini';
import type { Read } from '../decision/evidence.ts';
import { asRead } from './as-read.ts';
import type { GitHubClient } from './client.ts';
import type { Repository } from './records.ts';
import { whenNeeded } from './when-needed.ts';

/** A job of a run, as GitHub lists it. Nothing that runs in a job can change what is listed of it. */
export interface RunJob {
  /** In a called workflow with the caller's name before it: `uat / Deploy to uat`. */
  readonly name: string;
  readonly attempt: number;
  /** `queued`, `waiting`, `in_progress`, `completed` … */
  readonly status: string;
  /** `success`, `failure`, `skipped` …; `null` while it goes on. */
  readonly conclusion: string | null;
  /** Epoch milliseconds; `null` where GitHub does not say. */
  readonly startedAt: number | null;
  readonly completedAt: number | null;
  /** Name of the runner it ran on; `null` when nobody knows. */
  readonly runner: string | null;
  /** It said so itself: it waits, or something newer went in, and it ended quietly. */
  readonly stayedOut: boolean;
}

/** Name of the step by which a job that ends quietly says that nothing went in; it runs only then. */
export const STAYED_OUT = 'Nothing went in';

const pageSchema = whenNeeded(() =>
  z.object({
    total_count: z.number(),
    jobs: z.array(
      z.object({
        name: z.string(),
        run_attempt: z.optional(z.number()),
        status: z.string(),
        conclusion: z.nullish(z.string()),
        started_at: z.nullish(z.string()),
        completed_at: z.nullish(z.string()),
        runner_name: z.nullish(z.string()),
        steps: z.nullish(z.array(z.object({ name: z.string(), conclusion: z.nullish(z.string()) }))),
      }),
    ),
  }),
);
type Listed = z.output<ReturnType<typeof pageSchema>>['jobs'][number];

const PAGE = 100;
const MOST_PAGES = 10;

/**
 * The jobs of every attempt of a run, or of one attempt: one request for a hundred of them, ten at most. Those that a later attempt took over
 * from an earlier one are of the earlier one.
 * @param attempt `null`: of all
 * @see https://docs.github.com/en/rest/actions/workflow-jobs
 */
export function readRunJobs(
  client: Pick<GitHubClient, 'request'>,
  { owner, repo }: Repository,
  run: number,
  attempt: number | null = null,
): Promise<Read<readonly RunJob[]>> {
  return asRead(() => pagesOfJobs(client, { owner, repo }, run, attempt));
}

async function pagesOfJobs(
  client: Pick<GitHubClient, 'request'>,
  { owner, repo }: Repository,
  run: number,
  attempt: number | null,
): Promise<Read<readonly RunJob[]>> {
  const jobs: RunJob[] = [];
  for (let page = 1; page <= MOST_PAGES; page += 1) {
    const common = { owner, repo, run_id: run, per_page: PAGE, page };
    const { data } =
      attempt === null
        ? await client.request('GET /repos/{owner}/{repo}/actions/runs/{run_id}/jobs', { ...common, filter: 'all' })
        : await client.request('GET /repos/{owner}/{repo}/actions/runs/{run_id}/attempts/{attempt_number}/jobs', {
            ...common,
            attempt_number: attempt,
          });
    const parsed = pageSchema().safeParse(data);
    if (!parsed.success) return { read: false, why: "GitHub's list of the run's jobs is not as it describes it" };
    jobs.push(...parsed.data.jobs.map((job) => asJob(job, attempt ?? 1)));
    if (jobs.length >= parsed.data.total_count) return { read: true, value: jobs };
    if (parsed.data.jobs.length === 0) return { read: false, why: "GitHub's list of the run's jobs ends before its end" };
  }
  return { read: false, why: `the run has more than the ${PAGE * MOST_PAGES} jobs that are read` };
}

function asJob(job: Listed, attempt: number): RunJob {
  return {
    name: job.name,
    attempt: job.run_attempt ?? attempt,
    status: job.status,
    conclusion: job.conclusion ?? null,
    startedAt: instant(job.started_at),
    completedAt: instant(job.completed_at),
    runner: job.runner_name || null,
    stayedOut: (job.steps ?? []).some(({ name, conclusion }) => name === STAYED_OUT && conclusion === 'success'),
  };
}

function instant(text: string | null | undefined): number | null {
  const at = Date.parse(text ?? '');
  return Number.isNaN(at) ? null : at;
}
