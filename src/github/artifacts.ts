import * as z from 'zod/mini';
import { type GitHubClient, GitHubError } from './client.ts';
import type { Repository } from './records.ts';

/** An artifact that a run keeps. */
export interface RunArtifact {
  readonly id: number;
  readonly run: number;
  /** `sha256:…` of its zip. */
  readonly digest: string;
}

const artifactSchema = z.object({
  id: z.number().check(z.int(), z.positive()),
  expired: z.boolean(),
  digest: z.nullish(z.string()),
  workflow_run: z.nullish(
    z.object({
      id: z.optional(z.number()),
      head_sha: z.optional(z.string()),
      repository_id: z.optional(z.number()),
      head_repository_id: z.optional(z.number()),
    }),
  ),
});
const listSchema = z.object({ total_count: z.number(), artifacts: z.array(artifactSchema) });

/**
 * The first artifact of a name that a run on a commit of this repository keeps. Artifacts of runs on other commits are not looked at, whatever
 * their name: any branch's workflow can upload under any name.
 * @param name with the commit in it, so that there are few of them
 * @returns `null` when there is none, or none any more
 * @throws GitHubError
 * @see https://docs.github.com/en/rest/actions/artifacts#list-artifacts-for-a-repository
 */
export async function firstArtifact(
  client: Pick<GitHubClient, 'request'>,
  { owner, repo }: Repository,
  { name, sha }: { name: string; sha: string },
): Promise<RunArtifact | null> {
  const { data } = await client.request('GET /repos/{owner}/{repo}/actions/artifacts', { owner, repo, name, per_page: 100 });
  const parsed = listSchema.safeParse(data);
  if (!parsed.success || parsed.data.total_count > parsed.data.artifacts.length) {
    throw new GitHubError('unusable', `GitHub's list of artifacts called ${name} is not whole, or not as GitHub describes it.`);
  }
  const found = parsed.data.artifacts.flatMap(({ id, expired, digest, workflow_run: run }) => {
    const own = run?.head_sha === sha && run.repository_id !== undefined && run.repository_id === run.head_repository_id;
    return !expired && own && digest && run.id !== undefined ? [{ id, run: run.id, digest }] : [];
  });
  return found.sort((one, other) => one.id - other.id)[0] ?? null;
}
