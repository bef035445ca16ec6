/** Pages of a list, as GraphQL connections. */
import { GraphQLError } from 'graphql';

export interface PageArguments {
  readonly first?: number | null;
  readonly last?: number | null;
  readonly after?: string | null;
  readonly before?: string | null;
}

export interface Connection {
  readonly nodes: readonly unknown[];
  readonly edges: readonly { readonly cursor: string; readonly node: unknown }[];
  readonly pageInfo: unknown;
  readonly totalCount: unknown;
}

function toCursor(key: string | number): string {
  return Buffer.from(`cursor:${key}`).toString('base64');
}

/**
 * One page of a list.
 * @param key tells an item from the others, so that a cursor stays good when items are added
 */
export function connection<T>(
  items: readonly T[],
  page: PageArguments,
  key: (item: T, index: number) => string | number,
  node: (item: T) => unknown = (item) => item,
): Connection {
  const cursors = items.map((item, index) => toCursor(key(item, index)));
  const from = page.after == null ? 0 : positionOf(cursors, page.after) + 1;
  const to = page.before == null ? items.length : positionOf(cursors, page.before);
  const start = page.first == null && page.last != null ? Math.max(from, to - page.last) : from;
  const end = page.first == null ? to : Math.min(to, from + page.first);
  const nodes = items.slice(start, end).map(node);
  const shown = cursors.slice(start, end);
  return {
    nodes,
    edges: nodes.map((one, index) => ({ cursor: shown[index] ?? '', node: one })),
    pageInfo: {
      hasNextPage: end < items.length,
      hasPreviousPage: start > 0,
      startCursor: shown[0] ?? null,
      endCursor: shown.at(-1) ?? null,
    },
    totalCount: items.length,
  };
}

function positionOf(cursors: readonly string[], cursor: string): number {
  const index = cursors.indexOf(cursor);
  if (index === -1) throw githubError('INVALID_CURSOR_ARGUMENTS', `\`${cursor}\` does not appear to be a valid cursor.`);
  return index;
}

/** An error as GitHub reports it, with its type beside the message. */
export function githubError(type: string, message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { type } });
}
