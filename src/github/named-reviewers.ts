import * as z from 'zod/mini';
import { coversEveryReviewer } from '../decision/approvals.ts';
import type { Protection, Read, Reviewer } from '../decision/evidence.ts';
import { includesName, sameName } from '../decision/names.ts';
import type { Gate } from '../pipeline/model.ts';
import { asRead } from './as-read.ts';
import type { GitHubClient } from './client.ts';
import type { EvidencePort, EvidenceRequest } from './evidence-request.ts';
import type { NeededNames } from './needed-names.ts';
import { whenNeeded } from './when-needed.ts';

/** How an environment of GitHub is protected. */
export type ProtectionOf = (environment: string) => Read<Protection | null>;
type Names = ReadonlyMap<string, readonly Reviewer[]>;

const listSchema = whenNeeded(() =>
  z.object({
    environments: z.array(
      z.object({
        name: z.string(),
        protection_rules: z.optional(
          z.array(
            z.object({
              reviewers: z.optional(
                z.array(z.object({ reviewer: z.object({ login: z.optional(z.string()), slug: z.optional(z.string()) }) })),
              ),
            }),
          ),
        ),
      }),
    ),
  }),
);

/**
 * Names reviewers whom GraphQL left without one: teams, which a job's token may not see there. The REST API is asked for them, once in a job, where a gate names
 * who may approve and cannot be judged without; with a token that may read members, for every such gate.
 */
export async function withNamedReviewers(
  client: EvidencePort,
  request: EvidenceRequest,
  names: NeededNames,
  protectionOf: ProtectionOf,
): Promise<ProtectionOf> {
  const open = askedPlaces(names).filter(({ environment, gate }) => isOpen(gate, protectionOf(environment), request));
  if (open.length === 0) return protectionOf;
  const found =
    request.earlier === undefined ? await readNames(request.reviewers ?? client, request) : namedBefore(request.earlier.evidence, open);
  return (environment) => {
    const read = protectionOf(environment);
    if (!open.some((place) => sameName(place.environment, environment)) || !read.read || read.value === null) return read;
    if (found.read) return { read: true, value: withNames(read.value, found.value.get(environment.toLowerCase()) ?? []) };
    // Whoever gave a token for this wants to know that it does not serve.
    return request.reviewers === undefined
      ? read
      : { read: false, why: `its reviewers could not be named with reviewers-token: ${found.why}` };
  };
}

interface Place {
  /** The pipeline's environment. */
  readonly name: string;
  /** On GitHub. */
  readonly environment: string;
  readonly gate: Gate;
}

/** Where people are asked on the path. */
function askedPlaces({ path, environments }: NeededNames): readonly Place[] {
  return path.flatMap((name) => {
    const { gate = null, acceptance = null } = environments.get(name) ?? {};
    return [
      ...(gate === null ? [] : [{ name, environment: name, gate }]),
      ...(acceptance === null ? [] : [{ name, environment: acceptance.environment, gate: acceptance }]),
    ];
  });
}

function isOpen(gate: Gate, read: Read<Protection | null>, { reviewers }: EvidenceRequest): boolean {
  if (!read.read || read.value === null || read.value.unnamed === 0 || gate.by.length === 0) return false;
  return reviewers !== undefined || !coversEveryReviewer(gate, read.value);
}

/** The first hundred environments; what lies beyond stays without names. */
function readNames(client: Pick<GitHubClient, 'request'>, { owner, repo }: EvidenceRequest): Promise<Read<Names>> {
  return asRead(async () => {
    const { data } = await client.request('GET /repos/{owner}/{repo}/environments', { owner, repo, per_page: 100 });
    const parsed = listSchema().safeParse(data);
    if (!parsed.success) return { read: false, why: "GitHub's list of environments is not as it describes it" };
    const named = parsed.data.environments.map(({ name, protection_rules: rules }) => {
      const reviewers = (rules ?? []).flatMap((rule) => rule.reviewers ?? []).flatMap(({ reviewer }) => reviewerOf(owner, reviewer));
      return [name.toLowerCase(), reviewers] as const;
    });
    return { read: true, value: new Map(named) };
  });
}

/** Teams are told by their short name; they are the repository's organisation's, as GitHub takes no others. */
function reviewerOf(owner: string, { login, slug }: { login?: string | undefined; slug?: string | undefined }): readonly Reviewer[] {
  if (login !== undefined) return [{ kind: 'user', name: login }];
  return slug === undefined ? [] : [{ kind: 'team', name: `${owner}/${slug}` }];
}

/** What the same job's first look found. */
function namedBefore({ environments }: NonNullable<EvidenceRequest['earlier']>['evidence'], open: readonly Place[]): Read<Names> {
  const named = open.flatMap(({ name, environment }) => {
    const before = environments.get(name);
    const read = sameName(name, environment) ? before?.protection : before?.acceptanceProtection;
    return read?.read === true && read.value !== null ? [[environment.toLowerCase(), read.value.reviewers] as const] : [];
  });
  return { read: true, value: new Map(named) };
}

function withNames(protection: Protection, found: readonly Reviewer[]): Protection {
  const known = protection.reviewers.map(({ name }) => name);
  const added = found.filter(({ name }) => !includesName(known, name));
  if (added.length > protection.unnamed) return protection;
  return { ...protection, reviewers: [...protection.reviewers, ...added], unnamed: protection.unnamed - added.length };
}
