import type { Read } from '../decision/evidence.ts';
import { asRead } from './as-read.ts';
import { type CommitGraph, commitGraph, enteringCommits, type HistoryCommit } from './commit-graph.ts';
import { assertAnswered, type HistoryPage, historyAt } from './evidence-answer.ts';
import { historyQuery } from './evidence-query.ts';
import type { Ancestry, EvidencePort, EvidenceRequest, Material } from './evidence-request.ts';
import { liveRecord, type RecordsByEnvironment } from './gathered-records.ts';
import { type Bases, compared } from './gathered-relations.ts';
import type { NeededNames } from './needed-names.ts';
import type { StoredRecord } from './records.ts';
import { withAllAuthors } from './whole-authors.ts';

export interface Entering {
  /** By environment; only those whose gate or acceptance excludes authors are there. */
  readonly authors: ReadonlyMap<string, Read<readonly string[]>>;
  readonly graph: CommitGraph;
  readonly ancestry: Ancestry;
}

/** Pages of history read beyond the first. */
const MOST_PAGES = 5;

/**
 * Who wrote what enters each environment that excludes authors. The history that came with the question is enough for a hundred commits;
 * further pages are read only where more of them enter, and at most five hundred commits.
 */
export async function enteringOf(
  client: EvidencePort,
  material: Material,
  names: NeededNames,
  records: RecordsByEnvironment,
  known: Bases,
  sha: string,
): Promise<Entering> {
  const places = new Map(
    names.path.filter((name) => excludesAuthors(names, name)).map((name) => [name, startsOf(records.get(name), sha)] as const),
  );
  const starts = [...new Set([...places.values()].flatMap((read) => (read.read ? read.value : [])))];
  let ancestry = firstAncestry(material, sha, known);
  let graph = graphOf(material, ancestry);
  const isNeeded = (commit: HistoryCommit) =>
    commit.sha === sha ||
    starts.some((start) => enteringCommits(graph, ancestry.commits, sha, baseOf(ancestry, start)).commits.includes(commit));
  const isKnown = (start: string) => enteringCommits(graph, ancestry.commits, sha, baseOf(ancestry, start)).complete;
  if (material.answer.candidate !== null && material.answer.history.read) {
    ancestry = { ...ancestry, bases: await basesOf(client, material.request, starts, sha, ancestry.bases, isKnown) };
    for (let pages = 0; pages < MOST_PAGES && ancestry.next !== null && !starts.every(isKnown); pages += 1) {
      const page = await furtherHistory(client, material.request, sha, ancestry.next);
      if (!page.read) break;
      ancestry = { ...ancestry, commits: [...ancestry.commits, ...page.value.commits], next: page.value.next };
      graph = graphOf(material, ancestry);
    }
    if (places.size > 0) ancestry = { ...ancestry, commits: await withAllAuthors(client, material.request, ancestry.commits, isNeeded) };
  }
  const authors = new Map([...places].map(([name, of]) => [name, of.read ? authorsSince(graph, ancestry, sha, of.value) : of]));
  return { authors, graph, ancestry };
}

function excludesAuthors({ environments }: NeededNames, name: string): boolean {
  const environment = environments.get(name);
  return [environment?.gate, environment?.acceptance].some((asked) => asked?.exclude.includes('author') === true);
}

/** What the change is measured from: what is live; where the candidate is, what it took the place of. */
function startsOf(records: Read<readonly StoredRecord[]> | undefined, sha: string): Read<readonly string[]> {
  if (records?.read !== true) return { read: false, why: `the records could not be read: ${records?.why ?? 'nobody asked'}` };
  const live = liveRecord(records.value);
  if (live === null) return { read: true, value: [] };
  if (live.sha !== sha) return { read: true, value: [live.sha] };
  const entered = records.value.filter((record) => record.sha === sha && record.outcome === 'success');
  return { read: true, value: entered.flatMap(({ replaced }) => (replaced === null || replaced === sha ? [] : [replaced])) };
}

/** What the same job read before is read no more. */
function firstAncestry({ request, answer }: Material, sha: string, bases: Bases): Ancestry {
  const { earlier } = request;
  if (earlier?.evidence.candidate.sha === sha) return { ...earlier.ancestry, bases: new Map([...earlier.ancestry.bases, ...bases]) };
  const { commits, next } = answer.history.read ? answer.history.value : { commits: [], next: null };
  return { commits, next, bases };
}

function graphOf({ answer }: Material, { commits }: Ancestry): CommitGraph {
  return commitGraph([commits, ...answer.lineages]);
}

function baseOf({ bases }: Ancestry, start: string): string {
  return bases.get(start) ?? start;
}

/** Where another line of development was left, for those that the histories do not reach. */
async function basesOf(
  client: EvidencePort,
  request: EvidenceRequest,
  starts: readonly string[],
  sha: string,
  known: Bases,
  isKnown: (start: string) => boolean,
): Promise<Bases> {
  const bases = new Map(known);
  for (const start of starts) {
    if (bases.has(start) || isKnown(start)) continue;
    const comparison = await compared(client, request, sha, start);
    if (comparison.read) bases.set(start, comparison.value.base);
  }
  return bases;
}

async function furtherHistory(client: EvidencePort, request: EvidenceRequest, sha: string, after: string): Promise<Read<HistoryPage>> {
  return asRead(async () => {
    const { text, variables } = historyQuery(request.owner, request.repo, sha, after);
    const answer = await client.graphql(text, variables);
    assertAnswered(answer, 'the repository');
    return historyAt(answer, ['candidate', 'history']);
  });
}

function authorsSince(graph: CommitGraph, ancestry: Ancestry, sha: string, starts: readonly string[]): Read<readonly string[]> {
  const logins = new Set<string>();
  for (const start of starts) {
    const { commits, complete } = enteringCommits(graph, ancestry.commits, sha, baseOf(ancestry, start));
    const read = authorsAmong(commits.filter((commit) => commit.sha !== sha));
    if (!read.read) return read;
    if (!complete) return { read: false, why: tooMany(commits.length) };
    for (const login of read.value) logins.add(login);
  }
  return { read: true, value: [...logins] };
}

function tooMany(read: number): string {
  return `more commits enter with the candidate than the ${read} that could be read; promote an earlier one of them first, so that fewer enter at once`;
}

function authorsAmong(commits: readonly HistoryCommit[]): Read<readonly string[]> {
  const unread = commits.find(({ authors }) => !authors.read);
  if (unread !== undefined && !unread.authors.read) return unread.authors;
  return { read: true, value: commits.flatMap(({ authors }) => (authors.read ? authors.value : [])) };
}
