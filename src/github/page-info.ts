import * as z from 'zod/mini';

/** Whether a list goes on, and where. One that goes on from nowhere is no answer: what comes after could not be asked for. */
export const pageInfoSchema = z
  .object({ hasNextPage: z.boolean(), endCursor: z.nullable(z.string()) })
  .check(z.refine(({ hasNextPage, endCursor }) => !hasNextPage || endCursor !== null));

/** Where the next page begins; `null` when this is the last. */
export function nextPage({ hasNextPage, endCursor }: z.output<typeof pageInfoSchema>): string | null {
  return hasNextPage ? endCursor : null;
}
