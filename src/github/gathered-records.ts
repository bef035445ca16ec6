import * as z from 'zod/mini';
import type { DeploymentRecord, Read } from '../decision/evidence.ts';
import { asRead } from './as-read.ts';
import { assertAnswered, piece } from './evidence-answer.ts';
import { candidateRecordsQuery, type Query, recordsQuery } from './evidence-query.ts';
import type { EvidencePort, EvidenceRequest, Material } from './evidence-request.ts';
import type { NeededNames } from './needed-names.ts';
import type { RecordsPage, StoredRecord } from './records.ts';
import { rollbacksSince } from './rollbacks-since.ts';
import { HOW_TO_DELETE, MOST_STATUS_PAGES, readWholeRecordsPage, type StatusPages } from './whole-statuses.ts';

export type RecordsByEnvironment = ReadonlyMap<string, Read<readonly StoredRecord[]>>;

export interface GatheredRecords {
  readonly byEnvironment: RecordsByEnvironment;
  readonly ofCandidate: Read<readonly StoredRecord[]>;
}

/** Every record a decision about the candidate needs: the first pages came with the question, further ones are asked for where needed. */
export async function recordsOf(client: EvidencePort, material: Material, names: NeededNames, sha: string): Promise<GatheredRecords> {
  const { request, question, answer } = material;
  const statuses = { left: MOST_STATUS_PAGES };
  const ofCandidate = await allOfCandidate(client, material, sha, statuses);
  const byEnvironment = new Map<string, Read<readonly StoredRecord[]>>();
  for (const name of names.records) {
    const index = question.environments.findIndex((asked) => asked.toLowerCase() === name.toLowerCase());
    const own = inEnvironment(ofCandidate, name);
    const rest = own.read
      ? await allOfEnvironment(client, request, name, {
          first: answer.records(index),
          ...backTo(request, names, name, own.value),
          statuses,
        })
      : own;
    byEnvironment.set(name, rest.read && own.read ? { read: true, value: distinctRecords([...rest.value, ...own.value]) } : rest);
  }
  return { byEnvironment, ofCandidate };
}

/** How far back an environment's records are needed beside what tells which one is live. */
interface BackTo {
  /**
   * Id of the candidate's first record where its soak is measured: how long it stayed healthy can be told only with everything that came
   * after it.
   */
  readonly soak: number | null;
  /** Id of the candidate's latest success: whether somebody went back from it is told by what came after it. */
  readonly entry: number | null;
}

/** A rollback asks neither how long its target was healthy nor whether somebody went back from it. */
function backTo(request: EvidenceRequest, names: NeededNames, name: string, own: readonly StoredRecord[]): BackTo {
  if (request.intent === 'rollback') return { soak: null, entry: null };
  return {
    soak: names.soaks.includes(name) && own.length > 0 ? Math.min(...own.map(({ id }) => id)) : null,
    entry: names.path.includes(name) ? (liveRecord(own.filter(({ kind }) => kind !== 'foreign'))?.id ?? null) : null,
  };
}

function inEnvironment(records: Read<readonly StoredRecord[]>, name: string): Read<readonly StoredRecord[]> {
  if (!records.read) return records;
  const same = records.value.filter(({ environment }) => environment.toLowerCase() === name.toLowerCase());
  return { read: true, value: same.map((record) => ({ ...record, environment: name })) };
}

function distinctRecords(records: readonly StoredRecord[]): readonly StoredRecord[] {
  return [...new Map(records.map((record) => [record.id, record])).values()];
}

/** Pages of a hundred read beyond the first page of a list before giving up; a decision must not use up a token. */
const MOST_PAGES = 40;

/** As many of them are read to find the candidate's latest success; beyond that, what may have undone it is asked for by itself. */
const ENTRY_PAGES = 5;

/**
 * How long a deployment may take. Records are listed as they were opened, and count as they finished: one opened before another may
 * succeed after it, and one that is still open stands behind later ones. GitHub ends a hosted job after six hours, so a day covers every
 * such overtaking; on a machine of one's own a longer one is possible, and only in an environment with more records than one page a day.
 */
export const LOOK_BACK_MS = 24 * 60 * 60 * 1000;

/**
 * Further pages that may be read for the look-back alone: two hundred more deployments within one that takes place. A busier environment
 * must not make every plan slower, or unreadable, for a deployment that so many others have overtaken.
 */
export const LOOK_BACK_PAGES = 2;

/** Reads pages until there is enough; too long a list is unread, not short. */
async function pagesUntil(
  readPage: (page: Read<unknown>) => Promise<Read<RecordsPage>>,
  first: Read<unknown>,
  enough: (records: readonly StoredRecord[], pages: number) => boolean,
  more: (after: string) => Promise<Read<unknown>>,
): Promise<Read<readonly StoredRecord[]>> {
  let records: readonly StoredRecord[] = [];
  let page = await readPage(first);
  for (let pages = 0; page.read; pages += 1) {
    records = [...records, ...page.value.records];
    if (page.value.next === null || enough(records, pages)) return { read: true, value: records };
    if (pages === MOST_PAGES) return { read: false, why: tooMany(records.length) };
    page = await readPage(await more(page.value.next));
  }
  return page;
}

function tooMany(read: number): string {
  return `there are more than ${read} records to look through. Delete failed ones that nobody needs, ${HOW_TO_DELETE}`;
}

function pageReader(client: EvidencePort, environment: string | null, statuses: StatusPages) {
  return async (page: Read<unknown>): Promise<Read<RecordsPage>> => {
    if (!page.read) return page;
    return asRead(async () => ({ read: true, value: await readWholeRecordsPage(client, page.value, environment, statuses) }));
  };
}

/** One further page; one that cannot be had makes its list unread. */
async function furtherPage(client: EvidencePort, query: Query, path: readonly string[]): Promise<Read<unknown>> {
  return asRead(async () => {
    const answer = await client.graphql(query.text, query.variables);
    assertAnswered(answer, 'the repository');
    return piece(answer, path, z.unknown());
  });
}

async function allOfCandidate(
  client: EvidencePort,
  material: Material,
  sha: string,
  statuses: StatusPages,
): Promise<Read<readonly StoredRecord[]>> {
  const { request, question, answer } = material;
  if (answer.candidate === null) return { read: true, value: [] };
  return pagesUntil(
    pageReader(client, null, statuses),
    answer.candidateRecords,
    () => false,
    (after) =>
      furtherPage(client, candidateRecordsQuery(request.owner, request.repo, sha, question.environments, after), ['candidate', 'records']),
  );
}

/**
 * An environment's newest records: back to the one that is live, a day further, and as far as the candidate's own ones need it. A soak
 * that lies too far back is unread. An entry that does is not, as old candidates are promoted from busy environments: what may have
 * undone it, a rollback, can be asked for by itself.
 */
async function allOfEnvironment(
  client: EvidencePort,
  request: EvidenceRequest,
  name: string,
  { first, soak, entry, statuses }: BackTo & { readonly first: Read<unknown>; readonly statuses: StatusPages },
): Promise<Read<readonly StoredRecord[]>> {
  const enough = (records: readonly StoredRecord[], pages: number) =>
    (pages >= LOOK_BACK_PAGES ? liveRecord(records) !== null : isLookedBack(records)) &&
    reach(records, soak) &&
    (pages >= ENTRY_PAGES || reach(records, entry));
  const read = await pagesUntil(pageReader(client, name, statuses), first, enough, (after) =>
    furtherPage(client, recordsQuery(request.owner, request.repo, name, after), ['records']),
  );
  if (!read.read || entry === null || reach(read.value, entry)) return read;
  const rollbacks = await rollbacksSince(client, request, name, entry);
  return rollbacks.read ? { read: true, value: distinctRecords([...read.value, ...rollbacks.value]) } : rollbacks;
}

function reach(records: readonly StoredRecord[], back: number | null): boolean {
  return back === null || records.some(({ id }) => id <= back);
}

/** Whether nothing opened before these can still be open, or have succeeded after the one that is live. */
function isLookedBack(records: readonly StoredRecord[]): boolean {
  const live = liveRecord(records);
  return live !== null && records.some(({ createdAt }) => createdAt < succeededAt(live) - LOOK_BACK_MS);
}

/** What is deployed there: the promotion, rollback or foreign deployment that succeeded last. */
export function liveRecord<R extends DeploymentRecord>(records: readonly R[]): R | null {
  const deployed = records.filter(({ kind, outcome }) => outcome === 'success' && kind !== 'acceptance' && kind !== 'rehearsal');
  return deployed.sort((one, other) => succeededAt(one) - succeededAt(other) || one.id - other.id).at(-1) ?? null;
}

function succeededAt(record: DeploymentRecord): number {
  return record.finishedAt ?? record.createdAt;
}
