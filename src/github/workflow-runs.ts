import * as z from 'zod/mini';
import { type GitHubClient, GitHubError } from './client.ts';
import type { Repository } from './records.ts';
import { readRunStatus } from './run-status.ts';

/** A run of a workflow, as far as taking it up again needs it. Times in epoch milliseconds. */
export interface WorkflowRun {
  readonly id: number;
  readonly attempt: number;
  readonly sha: string;
  /** Branch or tag by its short name; `null` where the event has none. */
  readonly refName: string | null;
  /** Login of whoever, or of the bot that, caused it; `null` where GitHub does not say. */
  readonly actor: string | null;
  /** It repeats an earlier one: a later attempt, or started anew by a bot. */
  readonly isRepeated: boolean;
  /** It goes on: something runs, is queued, or waits for people. */
  readonly underWay: boolean;
  /** `success`, `failure` …; `null` while it goes on. */
  readonly conclusion: string | null;
  readonly createdAt: number;
  /** When its last attempt began. */
  readonly startedAt: number;
  /** For a run that is over: when it ended, or somebody last did something to it. */
  readonly updatedAt: number;
}

const runSchema = z.object({
  id: z.number().check(z.int(), z.positive()),
  run_attempt: z.optional(z.number()),
  head_sha: z.string(),
  head_branch: z.nullable(z.string()),
  status: z.nullable(z.string()),
  conclusion: z.nullable(z.string()),
  created_at: z.string(),
  run_started_at: z.optional(z.string()),
  event: z.optional(z.string()),
  actor: z.nullish(z.object({ login: z.string() })),
  updated_at: z.string(),
});
const pageSchema = z.object({ total_count: z.number(), workflow_runs: z.array(runSchema) });

const PAGE = 100;

export interface WhichRuns {
  /** Name of the workflow's file, as `promote.yml`. */
  readonly workflow: string;
  /** What started them, as `push`. */
  readonly event: string;
  /** Epoch milliseconds. */
  readonly since: number;
  /** Requests to spend at most, each for a hundred runs. */
  readonly mostPages: number;
}

/**
 * The runs of one workflow that one event started since a moment, newest first.
 * @returns the runs, and whether those are all
 * @throws GitHubError
 * @see https://docs.github.com/en/rest/actions/workflow-runs#list-workflow-runs-for-a-workflow
 */
export async function listWorkflowRuns(
  client: Pick<GitHubClient, 'request'>,
  repository: Repository,
  { workflow, event, since, mostPages }: WhichRuns,
): Promise<{ runs: readonly WorkflowRun[]; complete: boolean }> {
  const runs: WorkflowRun[] = [];
  for (let page = 1; page <= mostPages; page += 1) {
    const { data } = await client.request('GET /repos/{owner}/{repo}/actions/workflows/{workflow_id}/runs', {
      owner: repository.owner,
      repo: repository.repo,
      workflow_id: workflow,
      event,
      created: `>=${new Date(since).toISOString().slice(0, 19)}Z`,
      per_page: PAGE,
      page,
    });
    const parsed = pageSchema.safeParse(data);
    if (!parsed.success) throw new GitHubError('unusable', `GitHub's list of the runs of ${workflow} is not as GitHub describes it.`);
    runs.push(...parsed.data.workflow_runs.map(asRun));
    if (parsed.data.workflow_runs.length < PAGE) return { runs, complete: true };
  }
  return { runs, complete: false };
}

function asRun(run: z.output<typeof runSchema>): WorkflowRun {
  const underWay = run.status !== 'completed';
  return {
    id: run.id,
    attempt: run.run_attempt ?? 1,
    sha: run.head_sha,
    refName: run.head_branch,
    actor: run.actor?.login ?? null,
    isRepeated: (run.run_attempt ?? 1) > 1 || run.event === 'workflow_dispatch',
    underWay,
    conclusion: underWay ? null : run.conclusion,
    createdAt: Date.parse(run.created_at),
    startedAt: Date.parse(run.run_started_at ?? run.created_at),
    updatedAt: Date.parse(run.updated_at),
  };
}

/**
 * What came of running a run again. `running`: it goes on already · `refused`: GitHub will not run this one again, being too old or run too
 * often · `forbidden`: the token may not run any. `why` is for people.
 */
export type Rerun = { readonly outcome: 'started' | 'running' } | { readonly outcome: 'refused' | 'forbidden'; readonly why: string };

/** GitHub's words for a token that may not do it at all: a job's, a fine-grained one, a person's. */
const MAY_NOT = /^(?:Resource not accessible by|Must have admin rights)/i;

/**
 * Runs all jobs of a run again. GitHub refuses it for a run that is in progress, so that of two that ask at once only one is served.
 * @throws GitHubError when GitHub cannot be asked
 * @see https://docs.github.com/en/rest/actions/workflow-runs#re-run-a-workflow
 */
export async function rerunRun(client: Pick<GitHubClient, 'request'>, repository: Repository, run: number): Promise<Rerun> {
  const { owner, repo } = repository;
  try {
    await client.request('POST /repos/{owner}/{repo}/actions/runs/{run_id}/rerun', { owner, repo, run_id: run });
    return { outcome: 'started' };
  } catch (error) {
    if (!(error instanceof GitHubError)) throw error;
    if (error.failure === 'missing') return { outcome: 'refused', why: error.message };
    if (error.failure !== 'refused' && error.failure !== 'permission') throw error;
    if (error.said !== null && MAY_NOT.test(error.said)) return { outcome: 'forbidden', why: error.message };
    // A run in progress reads the same as one that is too old: 403. Which one it is, the run's own state tells.
    const read = await readRunStatus(client, repository, run);
    if (read !== null && read.status !== 'completed') return { outcome: 'running' };
    return { outcome: 'refused', why: `GitHub refuses to run it again: ${error.said ?? error.message}.` };
  }
}

/** What came of starting a workflow anew. `refused`: GitHub will not, and `why` says it to people. */
export type Started = { readonly outcome: 'anew' } | { readonly outcome: 'refused'; readonly why: string };

/**
 * Starts a workflow on a branch or tag, as *Run workflow* does. A job's token may, where it may not run a run again.
 * @param ref short name of the branch or tag
 * @throws GitHubError when GitHub cannot be asked
 * @see https://docs.github.com/en/rest/actions/workflows#create-a-workflow-dispatch-event
 */
export async function startWorkflow(
  client: Pick<GitHubClient, 'request'>,
  { owner, repo }: Repository,
  workflow: string,
  ref: string,
): Promise<Started> {
  try {
    await client.request('POST /repos/{owner}/{repo}/actions/workflows/{workflow_id}/dispatches', {
      owner,
      repo,
      workflow_id: workflow,
      ref,
    });
    return { outcome: 'anew' };
  } catch (error) {
    if (!(error instanceof GitHubError) || !['refused', 'permission', 'missing'].includes(error.failure)) throw error;
    return { outcome: 'refused', why: error.message };
  }
}
