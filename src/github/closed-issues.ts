import * as z from 'zod/mini';
import { type GitHubClient, GitHubError } from './client.ts';
import { HOLD_LABEL, VETO_LABEL } from './evidence-query.ts';
import type { Repository } from './records.ts';

const issuesSchema = z.array(z.object({ closed_at: z.nullable(z.string()) }));

/**
 * Whether a hold or a veto was lifted since a moment (epoch milliseconds), whatever it was about. Where issues cannot be read, none was.
 * @see https://docs.github.com/en/rest/issues/issues#list-repository-issues
 */
export async function wasLiftedSince(client: Pick<GitHubClient, 'request'>, repository: Repository, since: number): Promise<boolean> {
  for (const label of [HOLD_LABEL, VETO_LABEL]) {
    const closed = await closingTimes(client, repository, label);
    if (closed.some((at) => at >= since)) return true;
  }
  return false;
}

async function closingTimes(client: Pick<GitHubClient, 'request'>, { owner, repo }: Repository, labels: string): Promise<number[]> {
  try {
    const { data } = await client.request('GET /repos/{owner}/{repo}/issues', { owner, repo, labels, state: 'closed', per_page: 100 });
    const parsed = issuesSchema.safeParse(data);
    return parsed.success ? parsed.data.flatMap(({ closed_at: at }) => (at === null ? [] : [Date.parse(at)])) : [];
  } catch (error) {
    if (error instanceof GitHubError) return [];
    throw error;
  }
}
