import * as z from 'zod/mini';
import { type GitHubClient, GitHubError } from './client.ts';
import type { Repository } from './records.ts';

/** What GitHub itself says of a run: nobody who can merely push a branch or write a record can make it say something else. */
export interface RunFacts {
  readonly id: number;
  /** Path of the workflow file that the event started, in the repository. */
  readonly path: string;
  readonly event: string;
  /** Commit under which GitHub lists it. */
  readonly sha: string;
  /** It is of this repository, not of a fork. */
  readonly ownRepository: boolean;
  /** Reusable workflows that it calls, directly or not: `owner/repo/.github/workflows/file.yml`, without the ref. */
  readonly calls: readonly string[];
}

const idSchema = z.object({ id: z.number() });
const runSchema = z.object({
  id: z.number().check(z.int(), z.positive()),
  path: z.string(),
  event: z.string(),
  head_sha: z.string(),
  repository: idSchema,
  // A deleted fork is `null`.
  head_repository: z.nullish(idSchema),
  referenced_workflows: z.nullish(z.array(z.object({ path: z.string() }))),
});

/**
 * Asks GitHub about a run.
 * @returns `null` when there is no such run, or none any more
 * @throws GitHubError when that cannot be told
 * @see https://docs.github.com/en/rest/actions/workflow-runs#get-a-workflow-run
 */
export async function readRunFacts(
  client: Pick<GitHubClient, 'request'>,
  { owner, repo }: Repository,
  id: number,
): Promise<RunFacts | null> {
  const data = await client
    .request('GET /repos/{owner}/{repo}/actions/runs/{run_id}', { owner, repo, run_id: id })
    .then((answer) => answer.data)
    .catch((error: unknown) => {
      if (error instanceof GitHubError && error.failure === 'missing') return null;
      throw error;
    });
  if (data === null) return null;
  const parsed = runSchema.safeParse(data);
  if (!parsed.success || parsed.data.id !== id)
    throw new GitHubError('unusable', `GitHub's answer about run ${id} is not as GitHub describes it.`);
  const run = parsed.data;
  return {
    id,
    path: withoutRef(run.path),
    event: run.event,
    sha: run.head_sha,
    ownRepository: run.head_repository?.id === run.repository.id,
    calls: (run.referenced_workflows ?? []).map(({ path }) => withoutRef(path)),
  };
}

/** Runs that a job has asked GitHub about, each once. */
export class RunsAsked {
  readonly #client: Pick<GitHubClient, 'request'>;
  readonly #repository: Repository;
  readonly #facts = new Map<number, Promise<RunFacts | null>>();

  constructor(client: Pick<GitHubClient, 'request'>, repository: Repository) {
    this.#client = client;
    this.#repository = repository;
  }

  /** @see readRunFacts */
  facts(id: number): Promise<RunFacts | null> {
    const asked = this.#facts.get(id) ?? readRunFacts(this.#client, this.#repository, id);
    this.#facts.set(id, asked);
    return asked;
  }
}

function withoutRef(path: string): string {
  return path.replace(/@.*$/s, '');
}

/**
 * Whether what a run made can be the caller's own doing. In a chain that calls the shipped workflows, a run of another file counts too if
 * it calls the very same one. Where the run that asks calls nothing shipped, the file must be the caller's own or call the shipped one.
 * Either way the file is the one on the run's commit. A pull request's run never counts: it takes its workflow from a merge with whatever
 * branch its author named.
 * @param own the run that asks
 * @param shipped name of the shipped workflow's file that makes such things, as `build.yml`
 */
export function isOfOwnWorkflow(run: RunFacts, own: RunFacts, shipped: string): boolean {
  if (!run.ownRepository || run.event.startsWith('pull_request')) return false;
  const isShipped = (path: string): boolean => path.endsWith(`/.github/workflows/${shipped}`);
  const called = own.calls.filter(isShipped);
  if (called.length > 0) return called.every((path) => run.calls.includes(path));
  // A run that builds nothing itself, such as a rehearsal by hand, meets what the chain built.
  return run.path === own.path || run.calls.some(isShipped);
}
