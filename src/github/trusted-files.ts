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

/** What was read beside each other. */
export interface TrustedFiles {
  /** Of the default branch, by path; `null` for one that is not there. */
  readonly texts: ReadonlyMap<string, string | null>;
  /** The file of another commit; `null`: it or the commit is not there, or it is no text of ordinary size. */
  readonly other: string | null;
}

/**
 * Reads files of the default branch, and one of another commit, in one request.
 * @throws GitHubError for a file of the default branch that is there and cannot be read whole: it might be stricter than any other
 */
export async function readTrustedFiles(
  client: EvidencePort,
  { owner, repo }: Repository,
  branch: string,
  paths: readonly string[],
  other: { readonly sha: string; readonly path: string } | null,
): Promise<TrustedFiles> {
  const places = paths.map((path) => `refs/heads/${branch}:${path}`);
  const { text, variables } = filesQuery(owner, repo, other === null ? places : [...places, `${other.sha}:${other.path}`]);
  const answer = await client.graphql(text, variables);
  assertAnswered(answer, 'the repository');
  const parsed = answerSchema.safeParse(answer.data);
  if (!parsed.success || answer.errors.length > 0) {
    throw new GitHubError('unusable', `GitHub's answer about ${paths.join(', ')} on ${branch} is not whole. Run the job again.`);
  }
  const blobAt = (index: number): z.infer<typeof blobSchema> => parsed.data.repository[`f${index}`] ?? null;
  const texts = paths.map((path, index) => {
    const blob = blobAt(index);
    const whole = wholeText(blob);
    if (blob === null || whole !== null) return [path, whole] as const;
    throw new GitHubError(
      'unusable',
      `${path} on ${branch} is no text file, or too large to be read. Make it a text file of ordinary size there.`,
    );
  });
  return { texts: new Map(texts), other: other === null ? null : wholeText(blobAt(paths.length)) };
}

function wholeText(blob: z.infer<typeof blobSchema>): string | null {
  return blob?.isTruncated === false && blob.isBinary === false ? (blob.text ?? null) : null;
}
