import * as z from 'zod/mini';
import type { LastRehearsal, Prediction, ProductionActual } from '../rehearsal/prediction.ts';
import type { EvidencePort } from './evidence-request.ts';
import { migrationTimeIn } from './migration-time.ts';
import { type RecordPayload, readRecordPayload } from './record-payload.ts';
import type { Repository } from './records.ts';

/** Whose history is asked for. */
export interface HistoryPlace extends Repository {
  /** Where it is rehearsed. */
  readonly environment: string;
  /** The environment of production that the rehearsals are for; `null`: none. */
  readonly production: string | null;
  /** Only what was recorded before, GitHub's clock, epoch milliseconds. */
  readonly before: number;
}

/** A recorded rehearsal, and what it was about. */
interface Earlier extends LastRehearsal {
  readonly sha: string;
  readonly digest: string | null;
}

/** Pages of GitHub hold no more. */
const REHEARSALS = 100;
const PROMOTIONS = 50;

/**
 * The rehearsal before this one and the latest version that was rehearsed and has reached production, in two requests at most. It serves
 * comparison alone: what cannot be read is left out, and never in a rehearsal's way.
 */
export async function readRehearsalHistory(client: EvidencePort, place: HistoryPlace): Promise<Prediction> {
  const earlier = await rehearsalsIn(client, place).catch(() => []);
  const [last] = earlier;
  if (last === undefined) return { last: null, production: null };
  const { version, at, verdict, figures } = last;
  const production = place.production === null ? null : await actualIn(client, place, place.production, earlier).catch(() => null);
  return { last: { version, at, verdict, figures }, production };
}

const rehearsalsSchema = z.array(z.object({ id: z.number(), sha: z.string(), created_at: z.string(), payload: z.unknown() }));

/** Newest first. */
async function rehearsalsIn(client: EvidencePort, { owner, repo, environment, before }: HistoryPlace): Promise<readonly Earlier[]> {
  const route = 'GET /repos/{owner}/{repo}/deployments';
  const { data } = await client.request(route, { owner, repo, environment, task: 'promote:rehearsal', per_page: REHEARSALS });
  const sorted = rehearsalsSchema.parse(data).sort((one, other) => other.id - one.id);
  return sorted.flatMap(({ sha, created_at, payload: written }) => {
    const payload = trusted(written, 'rehearsal', sha);
    const { figures, verdict } = payload?.rehearsal ?? {};
    const at = Date.parse(created_at);
    if (payload === null || figures === undefined || verdict === undefined || !(at <= before)) return [];
    return [{ sha, digest: payload.digest, version: payload.candidate.version, at, verdict, figures }];
  });
}

function trusted(written: unknown, kind: RecordPayload['kind'], sha: string): RecordPayload | null {
  const payload = readRecordPayload(written);
  return payload?.kind === kind && payload.candidate.sha === sha ? payload : null;
}

const QUERY = `query Promotions($owner: String!, $repo: String!, $environment: String!) {
  repository(owner: $owner, name: $repo) {
    deployments(environments: [$environment], first: ${PROMOTIONS}, orderBy: { field: CREATED_AT, direction: DESC }) {
      nodes { commitOid task payload statuses(first: 20) { nodes { state createdAt description } } }
    }
  }
}`;

const status = z.object({ state: z.string(), createdAt: z.string(), description: z.nullable(z.string()) });
const promotion = z.object({
  commitOid: z.string(),
  task: z.nullable(z.string()),
  payload: z.nullable(z.string()),
  statuses: z.nullable(z.object({ nodes: z.nullable(z.array(z.nullable(status))) })),
});
const promotionsSchema = z.object({
  repository: z.object({ deployments: z.object({ nodes: z.array(z.nullable(promotion)) }) }),
});
type Promotion = z.output<typeof promotion>;

async function actualIn(
  client: EvidencePort,
  { owner, repo, before }: HistoryPlace,
  environment: string,
  earlier: readonly Earlier[],
): Promise<ProductionActual | null> {
  const { data } = await client.graphql(QUERY, { owner, repo, environment });
  const { nodes } = promotionsSchema.parse(data).repository.deployments;
  const actuals = nodes.flatMap((node) => {
    const payload = node === null || node.task !== 'promote:promotion' ? null : trusted(node.payload, 'promotion', node.commitOid);
    const took = node === null ? null : migrationOf(node);
    if (payload === null || took === null || took.at > before) return [];
    const rehearsed = rehearsalOf(payload, earlier);
    return rehearsed === null
      ? []
      : [{ at: took.at, version: payload.candidate.version, rehearsed: rehearsed.figures.seconds, took: took.seconds }];
  });
  const latest = actuals.sort((one, other) => other.at - one.at)[0];
  if (latest === undefined) return null;
  const { version, rehearsed, took } = latest;
  return { version, environment, rehearsedSeconds: rehearsed, tookSeconds: took, factor: took / rehearsed };
}

/** When it succeeded, and how long it says that its migration took. */
function migrationOf({ statuses }: Promotion): { readonly at: number; readonly seconds: number } | null {
  const told = (statuses?.nodes ?? []).flatMap((one) => {
    const seconds = one?.state === 'SUCCESS' ? migrationTimeIn(one.description ?? '') : null;
    return one == null || seconds === null ? [] : [{ at: Date.parse(one.createdAt), seconds }];
  });
  return told[0] ?? null;
}

/** The newest rehearsal of the same artifact that did not fail; one that took no time tells nothing about another machine. */
function rehearsalOf({ candidate, digest }: RecordPayload, earlier: readonly Earlier[]): Earlier | null {
  const same = (one: Earlier): boolean => (digest === null ? one.sha === candidate.sha : one.digest === digest);
  return earlier.find((one) => same(one) && one.verdict !== 'fail' && one.figures.seconds > 0) ?? null;
}
