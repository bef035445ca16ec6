import * as z from 'zod/mini';
import type { DeploymentRecord, Read } from '../decision/evidence.ts';
import { asRead } from './as-read.ts';
import { GitHubError } from './client.ts';
import { assertAnswered, piece } from './evidence-answer.ts';
import { candidateRecordsQuery, type Query, recordsQuery } from './evidence-query.ts';
import type { EvidencePort, EvidenceRequest, Material } from './evidence-request.ts';
import type { NeededNames } from './needed-names.ts';
import { type RecordsPage, readRecordsPage, type StoredRecord } from './records.ts';

export type RecordsByEnvironment = ReadonlyMap<string, Read<readonly StoredRecord[]>>;

export interface GatheredRecords {
  readonly byEnvironment: RecordsByEnvironment;
  readonly ofCandidate: Read<readonly StoredRecord[]>;
}

/** Every record a decision about the candidate needs: the first pages came with the question, further ones are asked for where needed. */
export async function recordsOf(client: EvidencePort, material: Material, names: NeededNames, sha: string): Promise<GatheredRecords> {
  const { request, question, answer } = material;
  const ofCandidate = await allOfCandidate(client, material, sha);
  const byEnvironment = new Map<string, Read<readonly StoredRecord[]>>();
  for (const name of names.records) {
    const index = question.environments.findIndex((asked) => asked.toLowerCase() === name.toLowerCase());
    const own = inEnvironment(ofCandidate, name);
    // How long the candidate stayed healthy can be told only with everything that came after its first record there.
    const since = request.intent === 'promote' && names.soaks.includes(name) && own.read ? oldest(own.value) : null;
    const rest = own.read ? await allOfEnvironment(client, request, name, answer.records(index), since) : own;
    byEnvironment.set(name, rest.read && own.read ? { read: true, value: distinctRecords([...rest.value, ...own.value]) } : rest);
  }
  return { byEnvironment, ofCandidate };
}

function inEnvironment(records: Read<readonly StoredRecord[]>, name: string): Read<readonly StoredRecord[]> {
  if (!records.read) return records;
  const same = records.value.filter(({ environment }) => environment.toLowerCase() === name.toLowerCase());
  return { read: true, value: same.map((record) => ({ ...record, environment: name })) };
}

function oldest(records: readonly StoredRecord[]): number | null {
  return records.length === 0 ? null : Math.min(...records.map(({ id }) => id));
}

function distinctRecords(records: readonly StoredRecord[]): readonly StoredRecord[] {
  return [...new Map(records.map((record) => [record.id, record])).values()];
}

/** Pages of a hundred read beyond the first page of a list before giving up; a decision must not use up a token. */
export const MOST_PAGES = 5;

/** Reads pages until there is enough; too long a list is unread, not short. */
async function pagesUntil(
  first: Read<unknown>,
  environment: string | null,
  enough: (records: readonly StoredRecord[]) => boolean,
  more: (after: string) => Promise<Read<unknown>>,
): Promise<Read<readonly StoredRecord[]>> {
  let records: readonly StoredRecord[] = [];
  let page = readPage(first, environment);
  for (let pages = 0; page.read; pages += 1) {
    records = [...records, ...page.value.records];
    if (page.value.next === null || enough(records)) return { read: true, value: records };
    if (pages === MOST_PAGES) return { read: false, why: `there are more than ${records.length} records to look through` };
    page = readPage(await more(page.value.next), environment);
  }
  return page;
}

function readPage(page: Read<unknown>, environment: string | null): Read<RecordsPage> {
  if (!page.read) return page;
  try {
    return { read: true, value: readRecordsPage(page.value, environment) };
  } catch (error) {
    if (error instanceof GitHubError) return { read: false, why: error.message };
    throw error;
  }
}

/** One further page; one that cannot be had makes its list unread. */
async function furtherPage(client: EvidencePort, query: Query, path: readonly string[]): Promise<Read<unknown>> {
  return asRead(async () => {
    const answer = await client.graphql(query.text, query.variables);
    assertAnswered(answer, 'the repository');
    return piece(answer, path, z.unknown());
  });
}

async function allOfCandidate(client: EvidencePort, material: Material, sha: string): Promise<Read<readonly StoredRecord[]>> {
  const { request, question, answer } = material;
  if (answer.candidate === null) return { read: true, value: [] };
  return pagesUntil(
    answer.candidateRecords,
    null,
    () => false,
    (after) =>
      furtherPage(client, candidateRecordsQuery(request.owner, request.repo, sha, question.environments, after), ['candidate', 'records']),
  );
}

/** An environment's newest records, back to the one that is live and to the one with the id `since`. */
async function allOfEnvironment(
  client: EvidencePort,
  request: EvidenceRequest,
  name: string,
  first: Read<unknown>,
  since: number | null,
): Promise<Read<readonly StoredRecord[]>> {
  const enough = (records: readonly StoredRecord[]) =>
    liveRecord(records) !== null && (since === null || records.some(({ id }) => id <= since));
  return pagesUntil(first, name, enough, (after) =>
    furtherPage(client, recordsQuery(request.owner, request.repo, name, after), ['records']),
  );
}

/** What is deployed there: the promotion, rollback or foreign deployment that succeeded last. */
export function liveRecord<R extends DeploymentRecord>(records: readonly R[]): R | null {
  const deployed = records.filter(({ kind, outcome }) => outcome === 'success' && kind !== 'acceptance' && kind !== 'rehearsal');
  const succeeded = (record: R) => record.finishedAt ?? record.createdAt;
  return deployed.sort((one, other) => succeeded(one) - succeeded(other) || one.id - other.id).at(-1) ?? null;
}
