import * as z from 'zod/mini';
import type { Hold, Veto } from '../decision/evidence.ts';
import { type GitHubClient, GitHubError } from './client.ts';
import { HOLD_LABEL, VETO_LABEL } from './evidence-query.ts';
import type { RecordsPort, Repository } from './records.ts';

/** The part of the client that holds need. */
export type HoldsPort = Pick<GitHubClient, 'request'>;

const actorSchema = z.nullable(z.object({ __typename: z.string(), login: z.string() }));

/** An open labelled issue, as the evidence query asks for it. */
export const issueNodeSchema = z.object({
  number: z.number(),
  title: z.string(),
  url: z.string(),
  createdAt: z.string(),
  author: actorSchema,
  timelineItems: z.object({
    nodes: z.nullable(
      z.array(
        z.nullable(
          z.object({
            createdAt: z.optional(z.string()),
            actor: z.optional(actorSchema),
            label: z.optional(z.object({ name: z.string() })),
          }),
        ),
      ),
    ),
  }),
});
export type IssueNode = z.output<typeof issueNodeSchema>;

/** Holds among issues labelled so. @param environments names that the pipeline knows. */
export async function readHolds(
  client: HoldsPort,
  repository: Repository,
  issues: readonly IssueNode[],
  environments: Iterable<string>,
): Promise<readonly Hold[]> {
  const known = new Map([...environments].map((name) => [name.toLowerCase(), name]));
  const labelled = await byPeopleWhoMay(client, repository, issues, HOLD_LABEL);
  return labelled.map(({ issue, by, since }) => {
    const { names, reason } = readTitle(issue.title);
    const held = names.map((name) => known.get(name.toLowerCase()) ?? null);
    // A name that the pipeline does not know may be a misspelt one that somebody wants closed: then everything is.
    const closed = held.length > 0 && held.every((name) => name !== null) ? held.flatMap((name) => (name === null ? [] : [name])) : [];
    return { environments: closed, by, since, reason: reason || issue.title.trim(), url: issue.url };
  });
}

/** Vetoes among issues labelled so. */
export async function readVetoes(client: HoldsPort, repository: Repository, issues: readonly IssueNode[]): Promise<readonly Veto[]> {
  const labelled = await byPeopleWhoMay(client, repository, issues, VETO_LABEL);
  return labelled.map(({ issue, by, since }) => {
    const { names, reason } = readTitle(issue.title);
    const candidates = names.length > 0 && names.every(namesCandidate) ? names : [];
    return { candidates, by, since, reason: reason || issue.title.trim(), url: issue.url };
  });
}

const DIGEST = /^(?:sha\d{3}|git):[0-9a-f]{7,128}/i;

/** `production, staging: database upgrade`: what is named before the first colon (a digest's own colon aside), and why. */
export function readTitle(title: string): { readonly names: readonly string[]; readonly reason: string } {
  const names: string[] = [];
  let rest = title;
  for (;;) {
    rest = rest.trimStart();
    const name = DIGEST.exec(rest)?.[0] ?? /^[^:,]*/.exec(rest)?.[0] ?? '';
    if (name.trim() !== '') names.push(name.trim());
    rest = rest.slice(name.length).trimStart();
    if (!rest.startsWith(',')) break;
    rest = rest.slice(1);
  }
  return { names, reason: rest.replace(/^:/, '').trim() };
}

/** A sha of at least seven digits, a digest, or one word with a digit in it, as versions have. Prose is none of these. */
function namesCandidate(name: string): boolean {
  return DIGEST.test(name) || /^[0-9a-f]{7,64}$/i.test(name) || (/^\S+$/.test(name) && /\d/.test(name));
}

interface Labelled {
  readonly issue: IssueNode;
  readonly by: string;
  readonly since: number;
}

/** An issue counts when who labelled it last may triage; a permission that cannot be read lets it count. */
async function byPeopleWhoMay(
  client: HoldsPort,
  repository: Repository,
  issues: readonly IssueNode[],
  label: string,
): Promise<readonly Labelled[]> {
  const labelled: Labelled[] = [];
  const known = new Map<string, boolean>();
  for (const issue of issues) {
    const { by, since, person } = labelling(issue, label);
    // Only a person can lack the permission: an app that set the label was given it.
    const counts = person === null || (known.get(person) ?? (await mayTriage(client, repository, person)));
    if (person !== null) known.set(person, counts);
    if (counts) labelled.push({ issue, by, since });
  }
  return labelled;
}

function labelling(issue: IssueNode, label: string): { by: string; since: number; person: string | null } {
  const events = (issue.timelineItems.nodes ?? []).flatMap((event) =>
    event?.createdAt !== undefined && event.label?.name.toLowerCase() === label
      ? [{ at: Date.parse(event.createdAt), actor: event.actor ?? null }]
      : [],
  );
  const last = events.sort((one, other) => one.at - other.at).at(-1);
  const actor = last === undefined ? null : last.actor;
  return {
    by: actor?.login ?? 'somebody unknown',
    since: last?.at ?? Date.parse(issue.createdAt),
    person: actor?.__typename === 'User' ? actor.login : null,
  };
}

const permissionSchema = z.object({ permission: z.string(), role_name: z.optional(z.string()) });

/** Only `read` and `none` are definitely less than triage; a custom role may be more than its name says. */
async function mayTriage(client: HoldsPort, repository: Repository, login: string): Promise<boolean> {
  try {
    const { data } = await client.request('GET /repos/{owner}/{repo}/collaborators/{username}/permission', {
      owner: repository.owner,
      repo: repository.repo,
      username: login,
    });
    const parsed = permissionSchema.safeParse(data);
    if (!parsed.success) return true;
    return !['read', 'none'].includes(parsed.data.role_name ?? parsed.data.permission);
  } catch (error) {
    if (error instanceof GitHubError) return true;
    throw error;
  }
}

export interface NewVeto extends Repository {
  /** The version left, with its commit. */
  readonly version: string;
  readonly sha: string;
  readonly environment: string;
  /** For people: why it was left, and by whom. */
  readonly reason: string;
}

export interface FiledVeto {
  readonly number: number;
  readonly url: string;
}

const filedSchema = z.object({ number: z.number(), html_url: z.string() });

/** Forbids a version by a labelled issue, which lifts the veto when somebody closes it. @throws GitHubError (`issues: write`). */
export async function fileVeto(client: RecordsPort, veto: NewVeto): Promise<FiledVeto> {
  const { data } = await client.request('POST /repos/{owner}/{repo}/issues', {
    owner: veto.owner,
    repo: veto.repo,
    title: `${veto.sha.slice(0, 12)}: rolled back in ${veto.environment} (${veto.version})`,
    body: [
      `${veto.version} (${veto.sha}) was rolled back in ${veto.environment}: ${veto.reason}`,
      '',
      'While this issue is open and carries its label, this version enters no environment. Close it to lift the veto.',
    ].join('\n'),
    labels: [VETO_LABEL],
  });
  const filed = filedSchema.safeParse(data);
  if (!filed.success) throw new GitHubError('unusable', `GitHub's answer to filing a veto for ${veto.version} names no issue.`);
  return { number: filed.data.number, url: filed.data.html_url };
}
