import * as z from 'zod/mini';
import type { Veto } from '../decision/evidence.ts';
import { type GitHubClient, GitHubError } from './client.ts';
import type { Repository } from './records.ts';

type Port = Pick<GitHubClient, 'request'>;

/** Tells our comment from all others. GitHub does not show it. */
const MARKER = '<!-- promote-action: veto_unclear -->';

/** Issues that one job comments on, and pages of comments that it reads of each to find an earlier one: people can write as many as they like. */
const MOST_ISSUES = 5;
const MOST_PAGES = 10;
const PAGE = 100;

/** `veto`: one whose title cannot be understood. `why`: why the issue says nothing about it; `null`: it does. */
export interface Explained {
  readonly veto: Veto;
  readonly why: string | null;
}

/**
 * Says once in each issue that its title cannot be understood, what that closes and what to do. Costs one request where the issue says so already,
 * three where it does not yet. Only people with triage rights set vetoes, so no one else can make it write.
 */
export async function explainUnclear(client: Port, repository: Repository, vetoes: readonly Veto[]): Promise<readonly Explained[]> {
  const explained: Explained[] = [];
  for (const veto of vetoes.filter(({ unclear }) => unclear !== undefined).slice(0, MOST_ISSUES)) {
    explained.push({ veto, why: await explainOne(client, repository, veto) });
  }
  return explained;
}

const MAY_NOT = 'the job needs "issues: write" among its "permissions:" for that.';

async function explainOne(client: Port, repository: Repository, veto: Veto): Promise<string | null> {
  const issue = Number(/\/issues\/(\d+)$/.exec(veto.url)?.[1]);
  if (!Number.isInteger(issue)) return 'its address names no issue';
  try {
    if ((await markedIn(client, repository, issue, veto.since)).length > 0) return null;
    const own = await comment(client, repository, issue);
    // Another job may have written at the same moment; the first comment stays.
    const [first] = await markedIn(client, repository, issue, veto.since);
    if (first !== undefined && first < own) await remove(client, repository, own);
    return null;
  } catch (error) {
    if (error instanceof GitHubError) return error.failure === 'permission' ? MAY_NOT : error.message;
    throw error;
  }
}

const commentSchema = z.object({
  id: z.number(),
  body: z.nullish(z.string()),
  user: z.nullish(z.object({ type: z.string() })),
  author_association: z.nullish(z.string()),
});
const commentsSchema = z.array(commentSchema);

/** An outsider who copies the mark must not keep us silent. */
const TRUSTED = new Set(['OWNER', 'MEMBER', 'COLLABORATOR']);

/** Ids of our own comments since the label was put on. @see https://docs.github.com/en/rest/issues/comments#list-issue-comments */
async function markedIn(client: Port, { owner, repo }: Repository, issue: number, since: number): Promise<readonly number[]> {
  const marked: number[] = [];
  for (let page = 1; page <= MOST_PAGES; page += 1) {
    const route = 'GET /repos/{owner}/{repo}/issues/{issue_number}/comments';
    const from = `${new Date(since).toISOString().slice(0, 19)}Z`;
    const { data } = await client.request(route, { owner, repo, issue_number: issue, since: from, per_page: PAGE, page });
    const comments = commentsSchema.safeParse(data);
    if (!comments.success) throw new GitHubError('unusable', "GitHub's list of the issue's comments is not as GitHub describes it.");
    for (const { id, body, user, author_association: role } of comments.data) {
      if ((body ?? '').includes(MARKER) && (user?.type === 'Bot' || TRUSTED.has(role ?? ''))) marked.push(id);
    }
    if (comments.data.length < PAGE) return marked;
  }
  if (marked.length > 0) return marked;
  throw new GitHubError(
    'unusable',
    `The issue has more comments than the ${MOST_PAGES * PAGE} that are read to see whether it is said there already.`,
  );
}

/** @returns its id. @throws GitHubError (`issues: write`) */
async function comment(client: Port, { owner, repo }: Repository, issue: number): Promise<number> {
  const body = [
    MARKER,
    'The title of this issue does not say which version it forbids, so **it closes production to every version**.',
    '',
    'Anybody with triage rights can rename it so that the title begins with what is meant and a colon, such as `v1.4.2: corrupts invoices`; it then forbids only that. A version, a commit, the digest of an artifact',
    'and a ref such as `refs/heads/NAME` can be named, several with commas between them. Closing the issue lifts it.',
  ].join('\n');
  const { data } = await client.request(
    'POST /repos/{owner}/{repo}/issues/{issue_number}/comments',
    { owner, repo, issue_number: issue, body },
    false,
  );
  const written = z.object({ id: z.number() }).safeParse(data);
  if (!written.success) throw new GitHubError('unusable', "GitHub's answer to the comment names none.");
  return written.data.id;
}

async function remove(client: Port, { owner, repo }: Repository, id: number): Promise<void> {
  await client.request('DELETE /repos/{owner}/{repo}/issues/comments/{comment_id}', { owner, repo, comment_id: id }, false);
}
