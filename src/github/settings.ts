import * as z from 'zod/mini';
import { type GitHubClient, GitHubError } from './client.ts';
import type { Repository } from './records.ts';

/** The part of the client that reading settings needs. */
export type SettingsPort = Pick<GitHubClient, 'request' | 'graphql'>;

/** Somebody who may review entries into an environment. */
export interface Reviewer {
  readonly type: 'User' | 'Team';
  readonly id: number;
  /** A login, or `org/team`. */
  readonly name: string;
  /** How many people that is; `null` when it was not told. */
  readonly people: number | null;
}

/** A name pattern of a branch policy, as Ruby's fnmatch reads it. */
export interface NamePattern {
  readonly type: 'branch' | 'tag';
  readonly name: string;
}

/** Which refs an environment takes: all, branches that a rule protects (by name), or names that match. */
export type RefPolicy =
  | { readonly kind: 'all' }
  | { readonly kind: 'protected'; readonly branches: readonly string[] }
  | { readonly kind: 'patterns'; readonly patterns: readonly NamePattern[] };

/** An environment as its settings page shows it. */
export interface EnvironmentSettings {
  readonly name: string;
  /** Those whom the token may see. */
  readonly reviewers: readonly Reviewer[];
  /** How many more there are. */
  readonly unnamed: number;
  readonly preventSelfReview: boolean;
  /** Whether administrators may let a job in without a review; `null`: GitHub did not tell. */
  readonly adminBypass: boolean | null;
  /** Minutes. */
  readonly waitTimer: number;
  readonly refPolicy: RefPolicy;
  /** Kinds of protection rules that this does not know: those of Apps. */
  readonly otherRules: readonly string[];
}

const reviewerSchema = z.object({
  type: z.enum(['User', 'Team']),
  reviewer: z.object({ id: z.number(), login: z.optional(z.string()), slug: z.optional(z.string()) }),
});
const ruleSchema = z.object({
  type: z.string(),
  wait_timer: z.optional(z.number()),
  prevent_self_review: z.optional(z.boolean()),
  reviewers: z.optional(z.array(reviewerSchema)),
});
type Rule = z.output<typeof ruleSchema>;

const environmentSchema = z.object({
  name: z.string(),
  can_admins_bypass: z.optional(z.boolean()),
  protection_rules: z.optional(z.array(ruleSchema)),
  deployment_branch_policy: z.optional(z.nullable(z.object({ protected_branches: z.boolean(), custom_branch_policies: z.boolean() }))),
});
type EnvironmentAnswer = z.output<typeof environmentSchema>;

const environmentsSchema = z.object({ total_count: z.number(), environments: z.array(environmentSchema) });
const policiesSchema = z.object({
  total_count: z.number(),
  branch_policies: z.array(z.object({ name: z.string(), type: z.optional(z.enum(['branch', 'tag'])) })),
});
const branchesSchema = z.array(z.object({ name: z.string() }));

const PAGE = 100;
const KNOWN_RULES = ['wait_timer', 'required_reviewers', 'branch_policy'];

/**
 * Every environment of the repository with its settings. Needs `actions: read`; of people in teams only an owner's or a member's own token is told.
 * @throws GitHubError when something could not be read: an environment that was not read is not one without protection.
 */
export async function readEnvironments(client: SettingsPort, repository: Repository): Promise<readonly EnvironmentSettings[]> {
  const answers = await allOf(async (page) => {
    const { environments, total_count: total } = await ask(
      client,
      'GET /repos/{owner}/{repo}/environments',
      listOf(repository, page),
      environmentsSchema,
    );
    return { items: environments, total };
  });
  const counts = answers.length === 0 ? new Map<string, number>() : await reviewerCounts(client, repository);
  const seen = await Promise.all(answers.map((answer) => settingsOf(client, repository, answer)));
  return seen.map((one) => ({ ...one, unnamed: Math.max(0, (counts.get(one.name.toLowerCase()) ?? 0) - one.reviewers.length) }));
}

const COUNTS = `query ReviewerCounts($owner: String!, $repo: String!) {
  repository(owner: $owner, name: $repo) {
    environments(first: 100) { nodes { name protectionRules(first: 10) { nodes { reviewers(first: 1) { totalCount } } } } }
  }
}`;
const rulesCounted = z.object({ nodes: z.array(z.object({ reviewers: z.object({ totalCount: z.number() }) })) });
const countsSchema = z.object({
  repository: z.object({ environments: z.object({ nodes: z.array(z.object({ name: z.string(), protectionRules: rulesCounted })) }) }),
});

/** How many reviewers each environment has, by its name in lower case: the REST API may leave out those whom a token may not see. */
async function reviewerCounts(client: SettingsPort, { owner, repo }: Repository): Promise<ReadonlyMap<string, number>> {
  const { data } = await client.graphql(COUNTS, { owner, repo });
  const parsed = countsSchema.safeParse(data);
  if (!parsed.success) throw new GitHubError('unusable', "GitHub's list of environments could not be read.");
  return new Map(
    parsed.data.repository.environments.nodes.map(({ name, protectionRules }) => [
      name.toLowerCase(),
      protectionRules.nodes.reduce((sum, { reviewers }) => sum + reviewers.totalCount, 0),
    ]),
  );
}

/** Name of the repository's default branch. */
export async function readDefaultBranch(client: SettingsPort, repository: Repository): Promise<string> {
  const schema = z.object({ default_branch: z.string() });
  return (await ask(client, 'GET /repos/{owner}/{repo}', of(repository), schema)).default_branch;
}

export async function labelExists(client: SettingsPort, repository: Repository, name: string): Promise<boolean> {
  return (await orNull(() => client.request('GET /repos/{owner}/{repo}/labels/{name}', { ...of(repository), name }))) !== null;
}

/** The commit behind a branch or a tag; `null` when there is no such thing, or the token may not see it. */
export async function readCommit(client: SettingsPort, repository: Repository, ref: string): Promise<string | null> {
  const schema = z.object({ sha: z.string().check(z.regex(/^[0-9a-f]{40}$/)) });
  const found = await orNull(() => ask(client, 'GET /repos/{owner}/{repo}/commits/{ref}', { ...of(repository), ref }, schema));
  return found?.sha ?? null;
}

/** A user by login, or a team as `org/team`; `null` when there is none, or the token may not see it. */
export async function findReviewer(client: SettingsPort, name: string): Promise<Reviewer | null> {
  const [org = '', team] = name.split('/');
  return team === undefined ? findUser(client, name) : findTeam(client, org, team);
}

async function findUser(client: SettingsPort, login: string): Promise<Reviewer | null> {
  const answer = await orNull(() =>
    ask(client, 'GET /users/{username}', { username: login }, z.object({ id: z.number(), login: z.string() })),
  );
  return answer === null ? null : { type: 'User', id: answer.id, name: answer.login, people: 1 };
}

async function findTeam(client: SettingsPort, org: string, team: string): Promise<Reviewer | null> {
  const schema = z.object({ id: z.number(), slug: z.string(), members_count: z.optional(z.number()) });
  const answer = await orNull(() => ask(client, 'GET /orgs/{org}/teams/{team_slug}', { org, team_slug: team }, schema));
  return answer === null ? null : { type: 'Team', id: answer.id, name: `${org}/${answer.slug}`, people: answer.members_count ?? null };
}

async function settingsOf(client: SettingsPort, repository: Repository, answer: EnvironmentAnswer): Promise<EnvironmentSettings> {
  const rules = answer.protection_rules ?? [];
  const review = rules.find(({ type }) => type === 'required_reviewers');
  return {
    name: answer.name,
    reviewers: await Promise.all((review?.reviewers ?? []).map((one) => reviewerOf(client, repository, one))),
    unnamed: 0,
    preventSelfReview: review?.prevent_self_review === true,
    adminBypass: answer.can_admins_bypass ?? null,
    waitTimer: rules.find(({ type }) => type === 'wait_timer')?.wait_timer ?? 0,
    refPolicy: await refPolicyOf(client, repository, answer),
    otherRules: rules.map(({ type }: Rule) => type).filter((type) => !KNOWN_RULES.includes(type)),
  };
}

/** Teams are told by their short name; they are the repository's organisation's, as GitHub takes no others. */
async function reviewerOf(client: SettingsPort, repository: Repository, one: z.output<typeof reviewerSchema>): Promise<Reviewer> {
  const { id, login, slug } = one.reviewer;
  if (one.type === 'User') return { type: 'User', id, name: login ?? String(id), people: 1 };
  const name = `${repository.owner}/${slug ?? id}`;
  return (await findReviewer(client, name)) ?? { type: 'Team', id, name, people: null };
}

async function refPolicyOf(client: SettingsPort, repository: Repository, answer: EnvironmentAnswer): Promise<RefPolicy> {
  const policy = answer.deployment_branch_policy ?? null;
  if (policy === null) return { kind: 'all' };
  if (policy.protected_branches) return { kind: 'protected', branches: await protectedBranches(client, repository) };
  const patterns = await allOf(async (page) => {
    const route = 'GET /repos/{owner}/{repo}/environments/{environment_name}/deployment-branch-policies';
    const found = await ask(client, route, { ...listOf(repository, page), environment_name: answer.name }, policiesSchema);
    return { items: found.branch_policies, total: found.total_count };
  });
  return { kind: 'patterns', patterns: patterns.map(({ name, type }) => ({ name, type: type ?? 'branch' })) };
}

function protectedBranches(client: SettingsPort, repository: Repository): Promise<readonly string[]> {
  return allOf(async (page) => {
    const branches = await ask(
      client,
      'GET /repos/{owner}/{repo}/branches',
      { ...listOf(repository, page), protected: true },
      branchesSchema,
    );
    return { items: branches.map(({ name }) => name), total: branches.length < PAGE ? 0 : Number.POSITIVE_INFINITY };
  });
}

/** Asks page after page until all that there are have been told. */
async function allOf<T>(
  page: (number: number) => Promise<{ readonly items: readonly T[]; readonly total: number }>,
): Promise<readonly T[]> {
  const found: T[] = [];
  for (let number = 1; ; number += 1) {
    const { items, total } = await page(number);
    found.push(...items);
    if (items.length === 0 || found.length >= total) return found;
  }
}

function of({ owner, repo }: Repository): Readonly<Record<string, unknown>> {
  return { owner, repo };
}

function listOf(repository: Repository, page: number): Readonly<Record<string, unknown>> {
  return { ...of(repository), per_page: PAGE, page };
}

async function ask<S extends z.ZodMiniType>(
  client: SettingsPort,
  route: string,
  parameters: Readonly<Record<string, unknown>>,
  schema: S,
): Promise<z.output<S>> {
  const { data } = await client.request(route, parameters);
  const parsed = schema.safeParse(data);
  if (parsed.success) return parsed.data;
  throw new GitHubError('unusable', `The answer to ${route} is not as GitHub describes it.`);
}

async function orNull<T>(read: () => Promise<T>): Promise<T | null> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof GitHubError && error.failure === 'missing') return null;
    throw error;
  }
}
