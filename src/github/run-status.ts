import * as z from 'zod/mini';
import type { GitHubClient } from './client.ts';
import type { Repository } from './records.ts';

const runSchema = z.object({ status: z.nullable(z.string()), run_attempt: z.optional(z.number()) });

/** How a run stands: `status` as GitHub says it, `run_attempt` its latest attempt. */
export type RunStatus = z.output<typeof runSchema>;

/**
 * Reads how a run stands.
 * @returns `null` when the answer is not as GitHub describes it
 * @throws GitHubError
 * @see https://docs.github.com/en/rest/actions/workflow-runs#get-a-workflow-run
 */
export async function readRunStatus(
  client: Pick<GitHubClient, 'request'>,
  { owner, repo }: Repository,
  run: number,
): Promise<RunStatus | null> {
  const { data } = await client.request('GET /repos/{owner}/{repo}/actions/runs/{run_id}', { owner, repo, run_id: run });
  const parsed = runSchema.safeParse(data);
  return parsed.success ? parsed.data : null;
}
