import * as z from 'zod/mini';
import { GitHubError } from './client.ts';
import { assertAnswered } from './evidence-answer.ts';
import { filesQuery } from './evidence-query.ts';
import type { EvidencePort } from './evidence-request.ts';
import type { Repository } from './records.ts';

const blobSchema = z.nullish(
  z.object({
    text: z.optional(z.nullable(z.string())),
    isBinary: z.optional(z.nullable(z.boolean())),
    isTruncated: z.optional(z.boolean()),
  }),
);
const answerSchema = z.object({ repository: z.record(z.string(), blobSchema) });

/**
 * Reads files of the default branch, in one request.
 * @returns the text of each; `null` for one that is not there
 * @throws GitHubError for one that is there and cannot be read whole: it might be stricter than any other
 */
export async function readTrustedFiles(
  client: EvidencePort,
  { owner, repo }: Repository,
  branch: string,
  paths: readonly string[],
): Promise<ReadonlyMap<string, string | null>> {
  const { text, variables } = filesQuery(
    owner,
    repo,
    paths.map((path) => `refs/heads/${branch}:${path}`),
  );
  const answer = await client.graphql(text, variables);
  assertAnswered(answer, 'the repository');
  const parsed = answerSchema.safeParse(answer.data);
  if (!parsed.success || answer.errors.length > 0) {
    throw new GitHubError('unusable', `GitHub's answer about ${paths.join(', ')} on ${branch} is not whole. Run the job again.`);
  }
  return new Map(
    paths.map((path, index) => {
      const blob = parsed.data.repository[`f${index}`] ?? null;
      if (blob === null) return [path, null];
      if (blob.isTruncated === false && blob.isBinary === false && typeof blob.text === 'string') return [path, blob.text];
      throw new GitHubError(
        'unusable',
        `${path} on ${branch} is no text file, or too large to be read. Make it a text file of ordinary size there.`,
      );
    }),
  );
}
