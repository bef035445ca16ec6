import type { Context, Reply } from '../context.ts';
import { NotServed } from '../rest/endpoint.ts';

export interface GraphqlServer {
  readonly lacks: readonly string[];
}

export function createGraphqlServer(lacks: readonly string[]): GraphqlServer {
  return { lacks };
}

export function operationNameOf(body: unknown): string | null {
  const { operationName, query } = (body ?? {}) as { operationName?: unknown; query?: unknown };
  if (typeof operationName === 'string') return operationName;
  return /\b(?:query|mutation)\s+(\w+)/.exec(String(query ?? ''))?.[1] ?? null;
}

export async function answerGraphql(_server: GraphqlServer, _context: Context, _body: unknown): Promise<Reply> {
  throw new NotServed('GraphQL is not served yet');
}
