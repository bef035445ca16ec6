import * as z from 'zod/mini';
import { type GitHubClient, GitHubError } from './client.ts';
import { statusesQuery } from './evidence-query.ts';
import { nextPage, pageInfoSchema } from './page-info.ts';
import { type RecordsPage, readRecordsPage } from './records.ts';

/** A deployment whose statuses did not all fit into the answer. */
const cutSchema = z.object({
  id: z.string(),
  statuses: z.object({ totalCount: z.number(), nodes: z.array(z.unknown()) }),
});
type Cut = z.output<typeof cutSchema>;

/** Further pages of statuses that one reading of records may ask for; each brings a hundred statuses of up to a hundred deployments. */
export const MOST_STATUS_PAGES = 20;

/** What is left of them. */
export interface StatusPages {
  left: number;
}

/**
 * As `readRecordsPage`, with every status of every deployment: where one has more than fit into the page, the rest is asked for, for all such
 * deployments at once.
 * @throws GitHubError when a deployment cannot be read to its end
 */
export async function readWholeRecordsPage(
  client: Pick<GitHubClient, 'graphql'>,
  page: unknown,
  environment: string | null,
  pages: StatusPages = { left: MOST_STATUS_PAGES },
): Promise<RecordsPage> {
  const cut = nodesOf(page).flatMap((node) => {
    const read = cutSchema.safeParse(node);
    return read.success && read.data.statuses.nodes.length < read.data.statuses.totalCount ? [read.data] : [];
  });
  if (cut.length === 0) return readRecordsPage(page, environment);
  const whole = await statusesOf(client, cut, pages);
  const nodes = nodesOf(page).map((node) => {
    const statuses = whole.get(idOf(node) ?? '');
    return statuses === undefined ? node : Object.assign({}, node, { statuses });
  });
  return readRecordsPage(Object.assign({}, page, { nodes }), environment);
}

function nodesOf(page: unknown): readonly unknown[] {
  const nodes: unknown = typeof page === 'object' && page !== null ? Reflect.get(page, 'nodes') : null;
  return Array.isArray(nodes) ? nodes : [];
}

function idOf(node: unknown): string | null {
  const read = cutSchema.safeParse(node);
  return read.success ? read.data.id : null;
}

const answerSchema = z.record(
  z.string(),
  z.object({ statuses: z.object({ totalCount: z.number(), pageInfo: pageInfoSchema, nodes: z.array(z.unknown()) }) }),
);

interface Reading {
  readonly id: string;
  readonly after: string | null;
  readonly nodes: readonly unknown[];
}

async function statusesOf(
  client: Pick<GitHubClient, 'graphql'>,
  cut: readonly Cut[],
  pages: StatusPages,
): Promise<ReadonlyMap<string, Cut['statuses']>> {
  const whole = new Map<string, Cut['statuses']>();
  let open: readonly Reading[] = cut.map(({ id }) => ({ id, after: null, nodes: [] }));
  while (open.length > 0) {
    if (pages.left === 0) throw new GitHubError('unusable', tooMany(cut, open));
    pages.left -= 1;
    const { text, variables } = statusesQuery(open);
    const answer = await client.graphql(text, variables);
    const [error] = answer.errors;
    const read = answerSchema.safeParse(answer.data);
    if (error !== undefined || !read.success)
      throw new GitHubError('unusable', error?.message ?? 'the statuses of a deployment could not be read');
    open = open.flatMap(({ id, nodes }, index) => {
      const of = read.data[`d${index}`]?.statuses;
      if (of === undefined) throw new GitHubError('unusable', 'the statuses of a deployment could not be read');
      const found = [...nodes, ...of.nodes];
      const after = nextPage(of.pageInfo);
      if (after !== null) return [{ id, after, nodes: found }];
      whole.set(id, { totalCount: of.totalCount, nodes: found });
      return [];
    });
  }
  return whole;
}

function tooMany(cut: readonly Cut[], open: readonly Reading[]): string {
  const counts = open.map(({ id }) => cut.find((one) => one.id === id)?.statuses.totalCount ?? 0);
  return `${open.length === 1 ? 'a deployment has' : `${open.length} deployments have`} more statuses than are read, up to ${Math.max(...counts)}: delete what made them so many, ${HOW_TO_DELETE}`;
}

/** Ends a reason about too many deployments or statuses; doing so leads on. */
export const HOW_TO_DELETE =
  'with "gh api -X DELETE repos/OWNER/REPO/deployments/ID" (its last status must not be success; whoever may write deployments can), and run again';
