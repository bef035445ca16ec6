import type { Read } from '../decision/evidence.ts';
import { asRead } from './as-read.ts';
import type { HistoryCommit } from './commit-graph.ts';
import { type AuthorsAnswer, assertAnswered, authorsAmong, authorsPageAt } from './evidence-answer.ts';
import { type AuthorsPage, authorsQuery } from './evidence-query.ts';
import type { EvidencePort, EvidenceRequest } from './evidence-request.ts';

/** Commits asked about in one request: five thousand pull requests at most. */
const COMMITS_A_REQUEST = 50;

/** Anybody can open pull requests from forks that contain a commit, so their list is read on; twenty requests for a decision at most. */
const MOST_REQUESTS = 20;

/**
 * The commits with all their authors and pull requests, where those did not fit into the answer that the commits came with. Costs one request for
 * fifty such commits, and as many again for each further hundred of what one of them has.
 * @param isNeeded which commits are asked about
 */
export async function withAllAuthors(
  client: EvidencePort,
  request: EvidenceRequest,
  commits: readonly HistoryCommit[],
  isNeeded: (commit: HistoryCommit) => boolean,
): Promise<readonly HistoryCommit[]> {
  const cut = commits.filter((commit) => commit.hasMore && isNeeded(commit)).map(({ sha }) => sha);
  const found = new Map<string, Read<readonly string[]>>();
  let left = MOST_REQUESTS;
  for (let from = 0; from < cut.length && left > 0; from += COMMITS_A_REQUEST) {
    left = await readAll(client, request, cut.slice(from, from + COMMITS_A_REQUEST), left, found);
  }
  return commits.map((commit) => {
    if (!cut.includes(commit.sha)) return commit;
    return { ...commit, hasMore: false, authors: found.get(commit.sha) ?? tooMany(commit.sha) };
  });
}

function tooMany(sha: string): Read<never> {
  const why = `the commit ${sha.slice(0, 7)} belongs to more pull requests than could be read; close those from forks that nobody is going to merge`;
  return { read: false, why };
}

interface Reading extends AuthorsPage {
  readonly soFar: AuthorsAnswer | null;
}

/** @returns how many requests are left. */
async function readAll(
  client: EvidencePort,
  request: EvidenceRequest,
  shas: readonly string[],
  most: number,
  found: Map<string, Read<readonly string[]>>,
): Promise<number> {
  let open: readonly Reading[] = shas.map((sha) => ({ sha, authors: null, pullRequests: null, soFar: null }));
  let left = most;
  for (; left > 0 && open.length > 0; left -= 1) {
    const pages = await pagesOf(client, request, open);
    open = open.flatMap((reading, index) => {
      const page = pages.read ? pages.value[index] : pages;
      if (page?.read !== true) {
        found.set(reading.sha, page ?? tooMany(reading.sha));
        return [];
      }
      const soFar = joined(reading.soFar, page.value);
      const { authors, pullRequests } = soFar;
      if (authors.next === null && pullRequests.next === null) {
        found.set(reading.sha, authorsAmong(reading.sha, authors, pullRequests));
        return [];
      }
      // A list that has ended is asked for from its end, where nothing more comes.
      const next = { authors: authors.next ?? reading.authors, pullRequests: pullRequests.next ?? reading.pullRequests };
      return [{ sha: reading.sha, ...next, soFar }];
    });
  }
  return left;
}

function pagesOf(
  client: EvidencePort,
  { owner, repo }: EvidenceRequest,
  open: readonly Reading[],
): Promise<Read<readonly Read<AuthorsAnswer>[]>> {
  return asRead(async () => {
    const { text, variables } = authorsQuery(owner, repo, open);
    const answer = await client.graphql(text, variables);
    assertAnswered(answer, 'the repository');
    return { read: true, value: open.map((_, index) => authorsPageAt(answer, [`c${index}`])) };
  });
}

function joined(before: AuthorsAnswer | null, page: AuthorsAnswer): AuthorsAnswer {
  if (before === null) return page;
  return { authors: together(before.authors, page.authors), pullRequests: together(before.pullRequests, page.pullRequests) };
}

/** A list that had ended before gets nothing added. */
function together<L extends { readonly next: string | null; readonly nodes: readonly unknown[] | null }>(before: L, page: L): L {
  if (before.next === null) return before;
  return { ...page, nodes: [...(before.nodes ?? []), ...(page.nodes ?? [])] };
}
