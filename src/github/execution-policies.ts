import * as z from 'zod/mini';
import type { Read } from '../decision/evidence.ts';
import { asRead } from './as-read.ts';
import type { GitHubClient } from './client.ts';
import type { Repository } from './records.ts';

/** A rule about who and what may start workflows. */
export interface ExecutionPolicy {
  readonly name: string;
  /** Events that may; `null`: all. */
  readonly events: readonly string[] | null;
  /** Logins that may, in lower case; `null`: all. */
  readonly actors: readonly string[] | null;
}

const names = z.optional(z.nullable(z.array(z.union([z.string(), z.object({ login: z.string() }), z.object({ name: z.string() })]))));
const policySchema = z.object({ name: z.optional(z.string()), enforcement: z.string(), events: names, actors: names });
const answerSchema = z.union([z.array(policySchema), z.object({ policies: z.array(policySchema) })]);

/** What only tells what it would stop, or is off. */
const STOPS_NOTHING = new Set(['evaluate', 'disabled', 'inactive']);

/**
 * GitHub's execution protections of a repository, those that stop something. They are in no published description: the shape is what the changelog of 17 September 2026 lets one expect, and
 * another one, like an answer of 403 or 404, is only not looked at.
 */
export function readExecutionPolicies(
  client: Pick<GitHubClient, 'request'>,
  { owner, repo }: Repository,
): Promise<Read<readonly ExecutionPolicy[]>> {
  return asRead(async () => {
    const { data } = await client.request('GET /repos/{owner}/{repo}/actions/policies', { owner, repo });
    const parsed = answerSchema.safeParse(data);
    if (!parsed.success) return { read: false, why: 'GitHub describes them in another way than this version knows' };
    const all = Array.isArray(parsed.data) ? parsed.data : parsed.data.policies;
    const active = all.filter(({ enforcement }) => !STOPS_NOTHING.has(enforcement.toLowerCase()));
    return {
      read: true,
      value: active.map(({ name, events, actors }) => ({ name: name ?? '', events: textsOf(events), actors: textsOf(actors) })),
    };
  });
}

function textsOf(list: z.output<typeof names>): readonly string[] | null {
  if (list === null || list === undefined) return null;
  return list.map((one) => (typeof one === 'string' ? one : 'login' in one ? one.login : one.name).toLowerCase());
}
