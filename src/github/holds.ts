import * as z from 'zod/mini';
import type { Hold, Veto } from '../decision/evidence.ts';
import { type GitHubClient, GitHubError } from './client.ts';
import { HOLD_LABEL, VETO_LABEL } from './evidence-query.ts';
import type { RecordsPort, Repository } from './records.ts';

/** The part of the client that holds need. */
export type HoldsPort = Pick<GitHubClient, 'request'>;

const actorSchema = z.nullable(z.object({ __typename: z.string(), login: z.string() }));
type Actor = z.output<typeof actorSchema>;

const eventsListSchema = z.object({
  nodes: z.nullable(
    z.array(
      z.nullable(
        z.object({
          createdAt: z.optional(z.string()),
          actor: z.optional(actorSchema),
          label: z.optional(z.object({ name: z.string() })),
          previousTitle: z.optional(z.string()),
          currentTitle: z.optional(z.string()),
        }),
      ),
    ),
  ),
});

/** An open labelled issue, as the evidence query asks for it. */
export const issueNodeSchema = z.object({
  number: z.number(),
  title: z.string(),
  url: z.string(),
  createdAt: z.string(),
  author: actorSchema,
  labelEvents: eventsListSchema,
  timelineItems: eventsListSchema,
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
  const labelled = await thatCount(client, repository, issues, HOLD_LABEL);
  return labelled.map(({ names, reason, by, since, url }) => {
    const held = names.map((name) => known.get(name.toLowerCase()) ?? null);
    // A name that the pipeline does not know may be a misspelt one that somebody wants closed: then everything is.
    const closed = held.length > 0 && held.every((name) => name !== null) ? held.flatMap((name) => (name === null ? [] : [name])) : [];
    return { environments: closed, by, since, reason, url };
  });
}

/** Vetoes among issues labelled so. */
export async function readVetoes(client: HoldsPort, repository: Repository, issues: readonly IssueNode[]): Promise<readonly Veto[]> {
  const labelled = await thatCount(client, repository, issues, VETO_LABEL);
  return labelled.map(({ names, title, isRead, reason, by, since, url }) => {
    if (!isRead) return { candidates: [], by, since, reason, url };
    const isUnderstood = names.length > 0 && names.every(namesCandidate);
    const candidates = isUnderstood ? names : names.filter((name) => !/\s/.test(name));
    return { candidates, ...(isUnderstood ? {} : { unclear: title }), by, since, reason, url };
  });
}

const DIGEST = /^(?:sha\d{3}|git):[0-9a-f]{7,128}/i;
/** People put quotes around a name, and copying brings along characters that nobody sees. */
const QUOTES = /^[`'"‘’“”„«»]+|[`'"‘’“”„«»]+$/gu;
const UNSEEN = /\p{Cf}/gu;

/** `production, staging: database upgrade`: what is named before the first colon (a digest's own colon aside), and why. */
export function readTitle(title: string): { readonly names: readonly string[]; readonly reason: string } {
  const names: string[] = [];
  let rest = title.replaceAll(UNSEEN, '');
  for (;;) {
    rest = rest.trimStart();
    const quote = /^[`'"‘’“”„«»]*/u.exec(rest)?.[0] ?? '';
    const digest = DIGEST.exec(rest.slice(quote.length))?.[0];
    const written = digest === undefined ? (/^[^:,;]*/.exec(rest)?.[0] ?? '') : rest.slice(0, quote.length + digest.length);
    const name = written.trim().replaceAll(QUOTES, '').trim();
    if (name !== '') names.push(name);
    rest = rest.slice(written.length).trimStart();
    if (digest !== undefined && quote !== '') rest = rest.replace(/^[`'"‘’“”„«»]+/u, '').trimStart();
    if (!/^[,;]/.test(rest)) break;
    rest = rest.slice(1);
  }
  return { names, reason: rest.replace(/^:/, '').trim() };
}

/** A sha of at least seven digits, a digest, or one word with a digit in it, as versions have, or with a slash, as refs have. Prose is none of these. */
function namesCandidate(name: string): boolean {
  return DIGEST.test(name) || /^[0-9a-f]{7,64}$/i.test(name) || (/^\S+$/.test(name) && /[\d/]/.test(name));
}

interface Labelled {
  readonly names: readonly string[];
  /** As it counts. */
  readonly title: string;
  /** Nobody could say what the title is worth: then no name counts. */
  readonly isRead: boolean;
  readonly reason: string;
  readonly by: string;
  readonly since: number;
  readonly url: string;
}

/** `unread`: nobody can say, so a hold stands, and a title is not trusted. */
type Right = 'may' | 'may not' | 'unread';
type Rights = (login: string) => Promise<Right>;

/**
 * The issues whose label counts, read as they stood when it was put on. GitHub lets only people label who may triage at that time, whatever
 * they may today; except that an issue's author brings labels along with a form or a template, without any right.
 */
async function thatCount(
  client: HoldsPort,
  repository: Repository,
  issues: readonly IssueNode[],
  label: string,
): Promise<readonly Labelled[]> {
  const labelled: Labelled[] = [];
  const known = new Map<string, Right>();
  const rights: Rights = async (login) => {
    const right = known.get(login) ?? (await triageRight(client, repository, login));
    known.set(login, right);
    return right;
  };
  for (const issue of issues) {
    const seen = labellingOf(issue, label) ?? labellingOf({ ...issue, timelineItems: issue.labelEvents }, label);
    // What does not count is dropped before anything more is asked about it: strangers can open many such issues, and rename each as often as they like.
    if (seen !== null && !(await counts(issue, seen, rights))) continue;
    const labelling = labellingOf(issue, label) ?? (await labellingFurtherBack(client, repository, issue, label));
    if (seen === null && !(await counts(issue, labelling, rights))) continue;
    const { title, note } = await titleOf(issue, labelling, rights);
    const { names, reason } = readTitle(title);
    labelled.push({
      names: note.namesAll ? [] : names,
      title: title.trim(),
      isRead: !note.namesAll,
      reason: (reason || title.trim()) + note.text,
      by: labelling?.actor?.login ?? 'somebody unknown',
      since: labelling?.at ?? Date.parse(issue.createdAt),
      url: issue.url,
    });
  }
  return labelled;
}

interface Rename {
  readonly actor: Actor;
  readonly from: string;
  readonly to: string;
}

interface Labelling {
  readonly at: number;
  readonly actor: Actor;
  /** Later changes of the title, in their order. */
  readonly renames: readonly Rename[];
}

/** How the label got there for the last time; `null` when that lies too far back to be in the answer. */
function labellingOf(issue: IssueNode, label: string): Labelling | null {
  const events = issue.timelineItems.nodes ?? [];
  const index = events.findLastIndex((event) => event?.createdAt !== undefined && event.label?.name.toLowerCase() === label);
  const event = events[index];
  if (!event) return null;
  const renames = events
    .slice(index + 1)
    .flatMap((later) =>
      later?.previousTitle === undefined
        ? []
        : [{ actor: later.actor ?? null, from: later.previousTitle, to: later.currentTitle ?? later.previousTitle }],
    );
  return { at: Date.parse(event.createdAt ?? issue.createdAt), actor: event.actor ?? null, renames };
}

/** Pages of an issue's events that are read to find its label, a hundred events each: an author can rename an issue as often as they like. */
const MOST_EVENT_PAGES = 10;
const EVENTS_A_PAGE = 100;

const eventsSchema = z.array(
  z.object({
    created_at: z.string(),
    actor: z.nullish(z.object({ login: z.string(), type: z.string() })),
    label: z.optional(z.object({ name: z.nullish(z.string()) })),
    rename: z.optional(z.object({ from: z.string(), to: z.string() })),
  }),
);

/** The same among all of the issue's events, one request a page; `null` where they are more, or cannot be read. */
async function labellingFurtherBack(
  client: HoldsPort,
  { owner, repo }: Repository,
  issue: IssueNode,
  label: string,
): Promise<Labelling | null> {
  const nodes: TimelineItem[] = [];
  for (let page = 1; page <= MOST_EVENT_PAGES; page += 1) {
    const events = await eventsOf(client, { owner, repo }, issue.number, page);
    if (events === null) return null;
    nodes.push(...events.map(timelineItem));
    if (events.length < EVENTS_A_PAGE) return labellingOf({ ...issue, timelineItems: { nodes } }, label);
  }
  return null;
}

type TimelineItem = NonNullable<IssueNode['timelineItems']['nodes']>[number];

/** As the evidence query has it. */
function timelineItem({ created_at, actor, label, rename }: z.output<typeof eventsSchema>[number]): TimelineItem {
  return {
    createdAt: created_at,
    actor: actor ? { __typename: actor.type, login: actor.login } : null,
    ...(label?.name ? { label: { name: label.name } } : {}),
    ...(rename === undefined ? {} : { previousTitle: rename.from, currentTitle: rename.to }),
  };
}

/** Oldest first. @see https://docs.github.com/en/rest/issues/events#list-issue-events */
async function eventsOf(
  client: HoldsPort,
  { owner, repo }: Repository,
  issue: number,
  page: number,
): Promise<z.output<typeof eventsSchema> | null> {
  try {
    const route = 'GET /repos/{owner}/{repo}/issues/{issue_number}/events';
    const { data } = await client.request(route, { owner, repo, issue_number: issue, per_page: EVENTS_A_PAGE, page });
    const parsed = eventsSchema.safeParse(data);
    return parsed.success ? parsed.data : null;
  } catch (error) {
    if (error instanceof GitHubError) return null;
    throw error;
  }
}

/** Labels that come with a new issue are put on within moments. */
const AT_CREATION_MS = 60_000;

async function counts(issue: IssueNode, labelling: Labelling | null, rights: Rights): Promise<boolean> {
  // Only a person can lack the permission: an app that set the label was given it.
  if (labelling?.actor?.__typename !== 'User' || !isAuthor(issue, labelling.actor)) return true;
  if (labelling.at - Date.parse(issue.createdAt) > AT_CREATION_MS) return true;
  return (await rights(labelling.actor.login)) !== 'may not';
}

interface Note {
  readonly text: string;
  /** The names in the title cannot be relied on. */
  readonly namesAll: boolean;
}

const NO_NOTE: Note = { text: '', namesAll: false };

/** The title, without what an author who may not triage has changed in it since somebody who may labelled the issue. */
async function titleOf(issue: IssueNode, labelling: Labelling | null, rights: Rights): Promise<{ title: string; note: Note }> {
  const { title, author } = issue;
  if (labelling === null)
    return {
      title,
      note: {
        text: '; when it was labelled lies too far back to be read, so it counts for everything: file it anew as an issue of your own and close this one',
        namesAll: true,
      },
    };
  const isTheirs = (rename: Rename) => rename.actor === null || isAuthor(issue, rename.actor);
  if (!labelling.renames.some(isTheirs)) return { title, note: NO_NOTE };
  const right = author === null ? 'may not' : author.__typename === 'User' ? await rights(author.login) : 'may';
  if (right === 'may') return { title, note: NO_NOTE };
  const who = author?.login ?? 'somebody unknown';
  if (right === 'unread')
    return { title, note: { text: `; ${who} has retitled it since, and whether ${who} may triage could not be read`, namesAll: true } };
  let then = labelling.renames[0]?.from ?? title;
  for (const rename of labelling.renames) if (!isTheirs(rename)) then = rename.to;
  return { title: then, note: { text: `; ${who} has retitled it since, without triage rights, so that does not count`, namesAll: false } };
}

function isAuthor(issue: IssueNode, actor: Actor): boolean {
  return actor !== null && issue.author?.login.toLowerCase() === actor.login.toLowerCase();
}

const permissionSchema = z.object({ permission: z.string(), role_name: z.optional(z.string()) });

/** Only `read` and `none` are definitely less than triage; a custom role may be more than its name says. */
async function triageRight(client: HoldsPort, repository: Repository, login: string): Promise<Right> {
  try {
    const { data } = await client.request('GET /repos/{owner}/{repo}/collaborators/{username}/permission', {
      owner: repository.owner,
      repo: repository.repo,
      username: login,
    });
    const parsed = permissionSchema.safeParse(data);
    if (!parsed.success) return 'unread';
    return ['read', 'none'].includes(parsed.data.role_name ?? parsed.data.permission) ? 'may not' : 'may';
  } catch (error) {
    if (error instanceof GitHubError) return 'unread';
    throw error;
  }
}

export interface NewVeto extends Repository {
  /** The version left, with its commit. */
  readonly version: string;
  readonly sha: string;
  /** Of its artifact; `null` when nobody knows. */
  readonly digest: string | null;
  readonly environment: string;
  /** For people: why it was left, and by whom. */
  readonly reason: string;
}

export interface FiledVeto {
  readonly number: number;
  readonly url: string;
}

/** A veto by commit alone would let the same artifact return from another commit. What a title cannot name is left out. */
function namesOfLeft({ sha, digest }: NewVeto): string {
  const commit = sha.slice(0, 12);
  if (digest === null || digest.startsWith('git:')) return commit;
  const names = `${commit}, ${digest}`;
  const read = readTitle(`${names}: `).names;
  return read.length === 2 && read[1] === digest && namesCandidate(digest) ? names : commit;
}

/** GitHub refuses longer ones. */
const LONGEST_TITLE = 256;

const filedSchema = z.object({ number: z.number(), html_url: z.string() });

/** Forbids a version by a labelled issue, which lifts the veto when somebody closes it. @throws GitHubError (`issues: write`). */
export async function fileVeto(client: RecordsPort, veto: NewVeto): Promise<FiledVeto> {
  const { data } = await client.request('POST /repos/{owner}/{repo}/issues', {
    owner: veto.owner,
    repo: veto.repo,
    title: `${namesOfLeft(veto)}: rolled back in ${veto.environment} (${veto.version})`.slice(0, LONGEST_TITLE),
    body: [
      `${veto.version} (${veto.sha}) was rolled back in ${veto.environment}: ${veto.reason}`,
      '',
      'While this issue is open and carries its label, this version enters no environment. Close it to lift the veto, also if that rollback did not take place.',
    ].join('\n'),
    labels: [VETO_LABEL],
  });
  const filed = filedSchema.safeParse(data);
  if (!filed.success) throw new GitHubError('unusable', `GitHub's answer to filing a veto for ${veto.version} names no issue.`);
  return { number: filed.data.number, url: filed.data.html_url };
}
