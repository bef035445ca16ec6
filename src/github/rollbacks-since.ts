import * as z from 'zod/mini';
import type { Read } from '../decision/evidence.ts';
import { asRead } from './as-read.ts';
import { recordsByIdQuery, SIZES } from './evidence-query.ts';
import type { EvidencePort } from './evidence-request.ts';
import { type Repository, readRecordsPage, type StoredRecord } from './records.ts';

const listSchema = z.array(z.object({ id: z.number(), node_id: z.string() }));
const nodesSchema = z.object({ nodes: z.array(z.unknown()) });

/**
 * The rollbacks in an environment that were opened after the record `since`, however many other deployments came in between. One request,
 * and a second one where there are any: the list by task does not say how they ended.
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
    const { data } = await client.request(route, { owner, repo, environment, task, per_page: SIZES.page });
    const list = listSchema.safeParse(data);
    if (!list.success) return { read: false, why: "GitHub's list of rollbacks is not as it describes it" };
    const later = list.data.filter(({ id }) => id > since);
    if (later.length === 0) return { read: true, value: [] };
    if (later.length === SIZES.page) return { read: false, why: `there are ${SIZES.page} rollbacks or more to look through` };
    const { text, variables } = recordsByIdQuery(later.map((one) => one.node_id));
    const answer = await client.graphql(text, variables);
    const [error] = answer.errors;
    const nodes = nodesSchema.safeParse(answer.data);
    if (error !== undefined || !nodes.success) return { read: false, why: error?.message ?? 'rollbacks could not be read' };
    const page = { pageInfo: { hasNextPage: false, endCursor: null }, nodes: nodes.data.nodes };
    return { read: true, value: readRecordsPage(page, environment).records };
  });
}
