import * as z from 'zod/mini';
import type { Read } from '../decision/evidence.ts';
import { BUILD_WORKFLOW } from './artifacts.ts';
import { asRead } from './as-read.ts';
import type { CommitGraph } from './commit-graph.ts';
import type { EvidencePort, EvidenceRequest, Material } from './evidence-request.ts';
import type { GatheredRecords } from './gathered-records.ts';
import { isOnDefaultBranch } from './gathered-relations.ts';
import { type StoredArtifact, type StoredRecord, unvouched } from './records.ts';
import { isOfOwnWorkflow, type RunFacts, type RunsAsked } from './vouched-runs.ts';

/** Runs asked about; a place in any further one counts for nothing. */
const MOST_RUNS = 4;

/** `gone`: GitHub does not know the run, or not any more; nothing is kept there either. */
type Word = 'vouched' | 'refused' | 'gone';

/**
 * Where a record names the artifact that is to be deployed, GitHub is asked about the run that is said to keep it. A record that names
 * another's counts for nothing; one whose run is gone names no place any more. Asks nothing where the artifact is known otherwise, where
 * the run is the one that asks, or where the same job has asked before.
 */
export async function withVouchedPlaces(
  client: EvidencePort,
  material: Material,
  records: GatheredRecords,
  graph: CommitGraph,
  sha: string,
  runs: RunsAsked,
): Promise<GatheredRecords> {
  const { request, policy } = material;
  if (!policy.pipeline.build?.artifact || !records.ofCandidate.read) return records;
  const placed = records.ofCandidate.value.filter((record) => isInQuestion(request, record, sha));
  if (placed.length === 0) return records;
  const words = await asRead(async () => ({ read: true, value: await wordsOn(client, material, placed, graph, sha, runs) }));
  if (!words.read) return { ...records, ofCandidate: { read: false, why: `where its artifact comes from is not known: ${words.why}` } };
  const judged = (read: Read<readonly StoredRecord[]>): Read<readonly StoredRecord[]> =>
    read.read
      ? { read: true, value: read.value.map((record) => (isInQuestion(request, record, sha) ? judgedBy(words.value, record) : record)) }
      : read;
  return {
    ofCandidate: judged(records.ofCandidate),
    byEnvironment: new Map([...records.byEnvironment].map(([name, read]) => [name, judged(read)])),
  };
}

/** Beside a digest that was given, only records of another one: the bytes of that one are compared with it before they are used. */
function isInQuestion({ artifactDigest }: EvidenceRequest, record: StoredRecord, sha: string): boolean {
  return record.sha === sha && record.stored !== null && record.digest !== artifactDigest;
}

function judgedBy(words: ReadonlyMap<string, Word>, record: StoredRecord): StoredRecord {
  if (record.stored === null) return record;
  const word = words.get(placeOf(record.stored)) ?? 'refused';
  if (word === 'vouched') return record;
  return word === 'gone' ? { ...record, stored: null } : unvouched(record);
}

function placeOf({ id, run }: StoredArtifact): string {
  return `${run}/${id}`;
}

/** Oldest first, so that records added later cannot push out the genuine ones. */
async function wordsOn(
  client: EvidencePort,
  material: Material,
  placed: readonly StoredRecord[],
  graph: CommitGraph,
  sha: string,
  runs: RunsAsked,
): Promise<ReadonlyMap<string, Word>> {
  const { request } = material;
  const places = [...placed].sort((one, other) => one.id - other.id).flatMap(({ stored }) => (stored === null ? [] : [stored]));
  const words = new Map<string, Word>();
  const asked = new Set<number>();
  for (const place of places) {
    if (words.has(placeOf(place))) continue;
    if (place.run === request.run?.id || place.run === request.earlier?.storedArtifact?.run) {
      words.set(placeOf(place), 'vouched');
      continue;
    }
    asked.add(place.run);
    if (asked.size > MOST_RUNS) break;
    words.set(placeOf(place), await wordOn(client, material, place, runs, graph, sha));
  }
  return words;
}

async function wordOn(
  client: EvidencePort,
  material: Material,
  place: StoredArtifact,
  runs: RunsAsked,
  graph: CommitGraph,
  sha: string,
): Promise<Word> {
  const run = await runs.facts(place.run);
  if (run === null) return 'gone';
  if (!run.ownRepository || run.event.startsWith('pull_request')) return 'refused';
  if (run.sha !== sha && !(await wasBuiltElsewhere(client, material, place, run, graph, sha))) return 'refused';
  if (run.path === material.request.workflow) return 'vouched';
  const asking = material.request.run === null ? null : await runs.facts(material.request.run.id);
  return asking !== null && isOfOwnWorkflow(run, asking, BUILD_WORKFLOW) ? 'vouched' : 'refused';
}

const artifactSchema = z.object({ name: z.string(), workflow_run: z.nullish(z.object({ id: z.optional(z.number()) })) });

/**
 * A promotion by hand may build another commit than its run's own. Its workflow is then the default branch's, and the artifact's name
 * tells which commit it was built from.
 */
async function wasBuiltElsewhere(
  client: EvidencePort,
  material: Material,
  place: StoredArtifact,
  run: RunFacts,
  graph: CommitGraph,
  sha: string,
): Promise<boolean> {
  if (!(await isOnDefaultBranch(client, material, graph, run.sha))) return false;
  const { owner, repo } = material.request;
  const route = 'GET /repos/{owner}/{repo}/actions/artifacts/{artifact_id}';
  const { data } = await client.request(route, { owner, repo, artifact_id: place.id });
  const parsed = artifactSchema.safeParse(data);
  return parsed.success && parsed.data.workflow_run?.id === run.id && parsed.data.name.endsWith(`-${sha.slice(0, 12)}`);
}
