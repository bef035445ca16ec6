import * as z from 'zod/mini';
import { type GitHubClient, GitHubError } from './client.ts';
import type { Repository } from './records.ts';
import { isOfOwnWorkflow, readRunFacts } from './vouched-runs.ts';

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

/** Runs asked about before giving up: whoever uploads under a commit's name from many runs must not use up a token. */
const MOST_RUNS = 20;

/**
 * The first artifact of a name that a run of the caller's own workflow keeps, on a commit of this repository. Whatever their name, artifacts of
 * other runs are not looked at: any branch's workflow can upload under any name, also on a commit that somebody else wrote.
 * @param name with the commit in it, so that there are few of them
 * @param run the run that asks: it tells which workflow is the caller's own
 * @returns `null` when there is none, or none any more
 * @throws GitHubError
 * @see https://docs.github.com/en/rest/actions/artifacts#list-artifacts-for-a-repository
 */
export async function firstArtifact(
  client: Pick<GitHubClient, 'request'>,
  repository: Repository,
  { name, sha, run }: { name: string; sha: string; run: number },
): Promise<RunArtifact | null> {
  const found = await artifactsOn(client, repository, name, sha);
  const runs = [...new Set(found.map((artifact) => artifact.run))];
  if (runs.length === 0) return null;
  const own = await readRunFacts(client, repository, run);
  if (own === null) throw new GitHubError('unusable', `GitHub does not know run ${run}, which asks.`);
  for (const id of runs.slice(0, MOST_RUNS)) {
    const facts = id === run ? own : await readRunFacts(client, repository, id);
    // The run that asks has what its own jobs left, whatever started it.
    const counts = facts !== null && facts.sha === sha && (id === run || isOfOwnWorkflow(facts, own, BUILD_WORKFLOW));
    if (counts) return found.find((artifact) => artifact.run === id) ?? null;
  }
  if (runs.length <= MOST_RUNS) return null;
  throw new GitHubError(
    'unusable',
    `${runs.length} runs keep an artifact called ${name}, and none of the first ${MOST_RUNS} is of this workflow. Delete those that others uploaded ("gh api repos/${repository.owner}/${repository.repo}/actions/artifacts?name=${name}" lists them; whoever may write to the repository can), and run the job again.`,
  );
}

/** The shipped workflow that builds. */
export const BUILD_WORKFLOW = 'build.yml';

const PAGE = 100;

/** The runs of pull requests from forks can upload under any name too, so the list is read on: one request a page. */
const MOST_PAGES = 20;

/** Oldest first. */
async function artifactsOn(
  client: Pick<GitHubClient, 'request'>,
  { owner, repo }: Repository,
  name: string,
  sha: string,
): Promise<readonly RunArtifact[]> {
  const listed: z.output<typeof artifactSchema>[] = [];
  for (let page = 1; ; page += 1) {
    const route = 'GET /repos/{owner}/{repo}/actions/artifacts';
    const { data } = await client.request(route, { owner, repo, name, per_page: PAGE, ...(page > 1 ? { page } : {}) });
    const parsed = listSchema.safeParse(data);
    if (!parsed.success) throw new GitHubError('unusable', `GitHub's list of artifacts called ${name} is not as GitHub describes it.`);
    listed.push(...parsed.data.artifacts);
    if (listed.length >= parsed.data.total_count) break;
    if (page < MOST_PAGES && parsed.data.artifacts.length > 0) continue;
    throw new GitHubError(
      'unusable',
      `Of the ${parsed.data.total_count} artifacts called ${name} only ${listed.length} could be read. Delete those that others uploaded ("gh api repos/${owner}/${repo}/actions/artifacts?name=${name}" lists them; whoever may write to the repository can), and run the job again.`,
    );
  }
  const found = listed.flatMap(({ id, expired, digest, workflow_run: run }) => {
    const own = run?.head_sha === sha && run.repository_id !== undefined && run.repository_id === run.head_repository_id;
    return !expired && own && digest && run.id !== undefined ? [{ id, run: run.id, digest }] : [];
  });
  return found.sort((one, other) => one.id - other.id);
}
