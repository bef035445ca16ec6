import * as z from 'zod/mini';
import { whenNeeded } from './github/when-needed.ts';
import type { PostState } from './job/job.ts';

/** Name under which the main phase leaves its state; the runner hands it over as `STATE_promotion`. */
export const POST_STATE = 'promotion';

const schema = whenNeeded(() =>
  z.object({
    record: z.number(),
    environment: z.string(),
    phase: z.enum(['waiting', 'running', 'started', 'closed']),
    verify: z.nullable(z.string()),
    environmentUrl: z.nullable(z.string()),
    migrationSeconds: z.optional(z.number()),
    variables: z.record(z.string(), z.string()),
  }),
);

/**
 * What the main phase left; `null` when it left nothing, because it opened no record.
 * @throws Error when it cannot be read: the record is then left for the next run, which closes it as an error.
 */
export function parsePostState(text: string | undefined): PostState | null {
  if (text === undefined || text === '') return null;
  try {
    return schema().parse(JSON.parse(text));
  } catch {
    throw new Error(
      'What the main phase left for the post phase cannot be read. The record stays open; the next run in its environment closes it.',
    );
  }
}
