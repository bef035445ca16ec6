import * as z from 'zod/mini';
import type { Read } from '../decision/evidence.ts';
import { asRead } from './as-read.ts';
import { GitHubError } from './client.ts';
import { recordsByIdQuery, SIZES } from './evidence-query.ts';
import type { EvidencePort } from './evidence-request.ts';
import type { Repository, StoredRecord } from './records.ts';
import { HOW_TO_DELETE, readWholeRecordsPage } from './whole-statuses.ts';

const listSchema = z.array(z.object({ id: z.number(), node_id: z.string() }));
const nodesSchema = z.object({ nodes: z.array(z.unknown()) });

/** Pages of a hundred rollbacks that are read. */
const MOST_PAGES = 10;

/**
 * The rollbacks in an environment that were opened after the record `since`, however many other deployments came in between. One request for a
 * hundred, and as many again where there are any: the list by task does not say how they ended.
 */
export async function rollbacksSince(
  client: EvidencePort,
  { owner, repo }: Repository,
  environment: string,
  since: number,
): Promise<Read<readonly StoredRecord[]>> {
  return asRead(async () => {
    const task = 'promote:rollback';
    const route = 'GET /repos/{owner}/{repo}/deployments';
    const records: StoredRecord[] = [];
    for (let page = 1; page <= MOST_PAGES; page += 1) {
      const { data } = await client.request(route, { owner, repo, environment, task, per_page: SIZES.page, ...(page > 1 ? { page } : {}) });
      const list = listSchema.safeParse(data);
      if (!list.success) return { read: false, why: "GitHub's list of rollbacks is not as it describes it" };
      const later = list.data.filter(({ id }) => id > since);
      if (later.length > 0) records.push(...(await withOutcomes(client, environment, later)));
      if (later.length < SIZES.page) return { read: true, value: records };
    }
    const why = `there are more than ${records.length} rollbacks to look through. Delete old ones, ${HOW_TO_DELETE}`;
    return { read: false, why };
  });
}

async function withOutcomes(
  client: EvidencePort,
  environment: string,
  listed: z.output<typeof listSchema>,
): Promise<readonly StoredRecord[]> {
  const { text, variables } = recordsByIdQuery(listed.map((one) => one.node_id));
  const answer = await client.graphql(text, variables);
  const [error] = answer.errors;
  const nodes = nodesSchema.safeParse(answer.data);
  if (error !== undefined || !nodes.success) throw new GitHubError('unusable', error?.message ?? 'rollbacks could not be read');
  const page = { pageInfo: { hasNextPage: false, endCursor: null }, nodes: nodes.data.nodes };
  return (await readWholeRecordsPage(client, page, environment)).records;
}
