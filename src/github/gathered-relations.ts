import * as z from 'zod/mini';
import type { Changes } from '../decision/changes.ts';
import type { Candidate, Read, Relation } from '../decision/evidence.ts';
import { asRead } from './as-read.ts';
import { GitHubError } from './client.ts';
import { type CommitGraph, changesBetween, contains, type HistoryCommit, relationOf } from './commit-graph.ts';
import type { Tip } from './evidence-answer.ts';
import type { EvidencePort, EvidenceRequest, Material } from './evidence-request.ts';
import { liveRecord, type RecordsByEnvironment } from './gathered-records.ts';
import type { NeededNames } from './needed-names.ts';

/** Relations to everything the graph reaches, and to what is live on the path by asking where it does not. */
export async function relationsOf(
  client: EvidencePort,
  material: Material,
  names: NeededNames,
  records: RecordsByEnvironment,
  graph: CommitGraph,
  sha: string,
): Promise<{ readonly relations: ReadonlyMap<string, Relation>; readonly bases: Bases }> {
  const bases = new Map<string, string>();
  const relations = new Map<string, Relation>(
    material.request.earlier?.evidence.candidate.sha === sha ? material.request.earlier.evidence.relations : [],
  );
  const all = [...records.values()].flatMap((read) => (read.read ? read.value : []));
  for (const other of new Set(all.map((record) => record.sha))) {
    const relation = relationOf(graph, sha, other);
    if (relation !== null) relations.set(other, relation);
  }
  for (const name of names.path) {
    const read = records.get(name);
    const live = read?.read ? liveRecord(read.value) : null;
    if (live === null || relations.has(live.sha) || material.answer.candidate === null) continue;
    const comparison = await compared(client, material.request, sha, live.sha);
    if (!comparison.read) continue;
    relations.set(live.sha, comparison.value.relation);
    bases.set(live.sha, comparison.value.base);
  }
  return { relations, bases };
}

/** The newest commit that the candidate shares with another, by that one's sha. */
export type Bases = ReadonlyMap<string, string>;

interface Comparison {
  readonly relation: Relation;
  readonly base: string;
}

const comparisonSchema = z.object({
  status: z.enum(['ahead', 'behind', 'identical', 'diverged']),
  merge_base_commit: z.object({ sha: z.string() }),
});

/** How `one` stands to `other`, asked of GitHub. */
export async function compared(client: EvidencePort, request: EvidenceRequest, one: string, other: string): Promise<Read<Comparison>> {
  return asRead(async () => {
    const route = 'GET /repos/{owner}/{repo}/compare/{basehead}';
    const { data } = await client.request(route, { owner: request.owner, repo: request.repo, basehead: `${one}...${other}`, per_page: 1 });
    const parsed = comparisonSchema.safeParse(data);
    if (!parsed.success) return { read: false, why: "GitHub's comparison is not as it describes it" };
    const relation = { ahead: 'contained', behind: 'contains', identical: 'same', diverged: 'diverged' } as const;
    return { read: true, value: { relation: relation[parsed.data.status], base: parsed.data.merge_base_commit.sha } };
  });
}

/**
 * Whether the default branch contains a commit, so that its workflow files are reviewed ones.
 * @throws GitHubError when it cannot be told
 */
export async function isOnDefaultBranch(
  client: EvidencePort,
  { request, answer }: Material,
  graph: CommitGraph,
  sha: string,
): Promise<boolean> {
  const tip = answer.lineages[0]?.[0]?.sha;
  if (tip === undefined) return false;
  const known = contains(graph, tip, sha);
  if (known !== null) return known;
  const comparison = await compared(client, request, tip, sha);
  if (!comparison.read) throw new GitHubError('unusable', `${comparison.why}.`);
  return comparison.value.relation === 'contains' || comparison.value.relation === 'same';
}

/** Whether the ref still holds the commit: a branch contains it, a tag points to it. */
export async function refStateOf(
  client: EvidencePort,
  request: EvidenceRequest,
  ref: string,
  tip: Read<Tip | null>,
  graph: CommitGraph,
  sha: string,
): Promise<Candidate['refState']> {
  if (request.candidate.fork) return { read: false, why: 'the ref is in another repository' };
  if (!tip.read) return tip;
  if (tip.value === null) return { read: true, value: 'gone' };
  if (tip.value.commit === sha) return { read: true, value: 'holds' };
  if (tip.value.commit === null || ref.startsWith('refs/tags/')) return { read: true, value: 'moved' };
  const known = contains(graph, tip.value.commit, sha);
  if (known !== null) return { read: true, value: known ? 'holds' : 'moved' };
  const comparison = await compared(client, request, tip.value.commit, sha);
  if (!comparison.read) return comparison;
  const { relation } = comparison.value;
  return { read: true, value: relation === 'contains' || relation === 'same' ? 'holds' : 'moved' };
}

/** What would enter each environment of the path. */
export function changesOf(
  names: NeededNames,
  records: RecordsByEnvironment,
  graph: CommitGraph,
  history: readonly HistoryCommit[],
  sha: string,
): ReadonlyMap<string, Changes> {
  const changes = new Map<string, Changes>();
  for (const name of names.path) {
    const read = records.get(name);
    if (read?.read) changes.set(name, changesBetween(graph, history, sha, liveRecord(read.value)?.sha ?? null));
  }
  return changes;
}
