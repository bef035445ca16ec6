import type { Read } from '../decision/evidence.ts';
import { asRead } from './as-read.ts';
import { assertAnswered, type IssuesPage, issuesAt } from './evidence-answer.ts';
import { issuesQuery, type Query } from './evidence-query.ts';
import type { EvidencePort } from './evidence-request.ts';
import type { IssueNode } from './holds.ts';
import type { Repository } from './records.ts';

/** Further pages of labelled issues: outsiders can open many through a form that labels, and one that is left out would open a door. */
const MOST_PAGES = 20;

/** Holds or vetoes, all pages of them: one that is left out would open a door. */
export async function labelled<T>(
  client: EvidencePort,
  { owner, repo }: Repository,
  label: string,
  first: Read<IssuesPage>,
  read: (issues: readonly IssueNode[]) => Promise<readonly T[]>,
): Promise<Read<readonly T[]>> {
  let issues: readonly IssueNode[] = [];
  let page = first;
  for (let pages = 0; page.read; pages += 1) {
    issues = [...issues, ...page.value.issues];
    if (page.value.next === null) return { read: true, value: await read(issues) };
    if (pages === MOST_PAGES)
      return {
        read: false,
        why: `more than ${issues.length} open issues are labelled ${label}. Close those that nobody with triage rights set, and let no issue form set that label`,
      };
    page = await furtherIssues(client, issuesQuery(owner, repo, label, page.value.next));
  }
  return page;
}

async function furtherIssues(client: EvidencePort, query: Query): Promise<Read<IssuesPage>> {
  return asRead(async () => {
    const answer = await client.graphql(query.text, query.variables);
    assertAnswered(answer, 'the repository');
    return issuesAt(answer, ['issues']);
  });
}
