import * as z from 'zod/mini';
import { type GitHubClient, GitHubError } from './client.ts';
import type { Repository } from './records.ts';

/** A run of a workflow, as far as taking it up again needs it. Times in epoch milliseconds. */
export interface WorkflowRun {
  readonly id: number;
  readonly attempt: number;
  readonly event: string;
  readonly sha: string;
  /** Branch or tag by its short name; `null` where the event has none. */
  readonly refName: string | null;
  /** `success`, `failure` …; `null` while it goes on. */
  readonly conclusion: string | null;
  readonly createdAt: number;
}

const runSchema = z.object({
  id: z.number().check(z.int(), z.positive()),
  run_attempt: z.optional(z.number()),
  event: z.string(),
  head_sha: z.string(),
  head_branch: z.nullable(z.string()),
  status: z.nullable(z.string()),
  conclusion: z.nullable(z.string()),
  created_at: z.string(),
});
const pageSchema = z.object({ total_count: z.number(), workflow_runs: z.array(runSchema) });

const PAGE = 100;

/**
 * The runs of one workflow that were started since a moment, newest first.
 * @param workflow name of its file, as `promote.yml`
 * @param since epoch milliseconds
 * @param mostPages requests to spend at most, each for a hundred runs
 * @returns the runs, and whether there are older ones since then that were not read
 * @throws GitHubError
 * @see https://docs.github.com/en/rest/actions/workflow-runs#list-workflow-runs-for-a-workflow
 */
export async function listWorkflowRuns(
  client: Pick<GitHubClient, 'request'>,
  repository: Repository,
  { workflow, since, mostPages }: { workflow: string; since: number; mostPages: number },
): Promise<{ runs: readonly WorkflowRun[]; complete: boolean }> {
  const runs: WorkflowRun[] = [];
  for (let page = 1; page <= mostPages; page += 1) {
    const { data } = await client.request('GET /repos/{owner}/{repo}/actions/workflows/{workflow_id}/runs', {
      owner: repository.owner,
      repo: repository.repo,
      workflow_id: workflow,
      per_page: PAGE,
      page,
    });
    const parsed = pageSchema.safeParse(data);
    if (!parsed.success) throw new GitHubError('unusable', `GitHub's list of the runs of ${workflow} is not as GitHub describes it.`);
    const read = parsed.data.workflow_runs.map(asRun);
    runs.push(...read.filter(({ createdAt }) => createdAt >= since));
    if (read.length < PAGE || read.some(({ createdAt }) => createdAt < since)) return { runs, complete: true };
  }
  return { runs, complete: false };
}

function asRun(run: z.output<typeof runSchema>): WorkflowRun {
  return {
    id: run.id,
    attempt: run.run_attempt ?? 1,
    event: run.event,
    sha: run.head_sha,
    refName: run.head_branch,
    conclusion: run.status === 'completed' ? run.conclusion : null,
    createdAt: Date.parse(run.created_at),
  };
}

/**
 * Runs all jobs of a run again. GitHub refuses it for a run that is in progress, so that of two that ask at once only one is served.
 * @returns `started`, or `refused` when GitHub will not: it goes on already, is too old, or has been run too often
 * @throws GitHubError for everything else; naming the permission when the token may not (`actions: write`)
 * @see https://docs.github.com/en/rest/actions/workflow-runs#re-run-a-workflow
 */
export async function rerunRun(client: Pick<GitHubClient, 'request'>, repository: Repository, run: number): Promise<'started' | 'refused'> {
  try {
    await client.request('POST /repos/{owner}/{repo}/actions/runs/{run_id}/rerun', { ...repository, run_id: run });
    return 'started';
  } catch (error) {
    // A missing permission reads the same as a run in progress: 403. Which one it is, the run's own state tells.
    if (
      error instanceof GitHubError &&
      (error.failure === 'refused' || error.failure === 'permission') &&
      (await hasBegun(client, repository, run))
    ) {
      return 'refused';
    }
    throw error;
  }
}

async function hasBegun(client: Pick<GitHubClient, 'request'>, repository: Repository, run: number): Promise<boolean> {
  const { data } = await client.request('GET /repos/{owner}/{repo}/actions/runs/{run_id}', { ...repository, run_id: run });
  const parsed = z.object({ status: z.nullable(z.string()) }).safeParse(data);
  return parsed.success && parsed.data.status !== 'completed';
}
