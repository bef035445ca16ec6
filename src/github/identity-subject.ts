import * as z from 'zod/mini';
import type { Read } from '../decision/evidence.ts';
import { asRead } from './as-read.ts';
import type { GitHubClient } from './client.ts';
import type { Repository } from './records.ts';

/** What the subject of a job's identity begins with, before `:environment:NAME`. */
export interface SubjectForm {
  /** One; or two, where GitHub does not tell which of both it is: the older one first. */
  readonly prefixes: readonly string[];
  /** Names of the claims that it is made of instead, where the repository has a template of its own; `null`: it has none. */
  readonly claims: readonly string[] | null;
}

const templateSchema = z.object({
  use_default: z.optional(z.boolean()),
  include_claim_keys: z.optional(z.array(z.string())),
  use_immutable_subject: z.optional(z.boolean()),
  sub_claim_prefix: z.optional(z.string()),
});
const repositorySchema = z.object({ id: z.number(), name: z.string(), owner: z.object({ login: z.string(), id: z.number() }) });

/**
 * Which subject GitHub puts into the identity of the repository's jobs. Repositories created or renamed since July 2026 have the ids of owner and repository in it.
 * @see https://docs.github.com/en/rest/actions/oidc
 */
export function readSubjectForm(client: Pick<GitHubClient, 'request'>, { owner, repo }: Repository): Promise<Read<SubjectForm>> {
  return asRead(async () => {
    const template = await client.request('GET /repos/{owner}/{repo}/actions/oidc/customization/sub', { owner, repo });
    const parsed = templateSchema.safeParse(template.data);
    if (!parsed.success) return { read: false, why: 'GitHub’s answer is not as it describes it' };
    const {
      use_default: isDefault = true,
      include_claim_keys: claims = [],
      use_immutable_subject: hasIds,
      sub_claim_prefix: prefix,
    } = parsed.data;
    const own = isDefault ? null : claims;
    if (prefix !== undefined && prefix !== '') return { read: true, value: { prefixes: [prefix], claims: own } };
    const { data } = await client.request('GET /repos/{owner}/{repo}', { owner, repo });
    const of = repositorySchema.safeParse(data);
    if (!of.success) return { read: false, why: 'GitHub’s answer about the repository is not as it describes it' };
    const without = `repo:${of.data.owner.login}/${of.data.name}`;
    const withIds = `repo:${of.data.owner.login}@${of.data.owner.id}/${of.data.name}@${of.data.id}`;
    return { read: true, value: { prefixes: hasIds === undefined ? [without, withIds] : [hasIds ? withIds : without], claims: own } };
  });
}
