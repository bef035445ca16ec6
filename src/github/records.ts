import * as z from 'zod/mini';
import type { DeploymentRecord, RehearsalResult } from '../decision/evidence.ts';
import { asRead } from './as-read.ts';
import { type GitHubClient, GitHubError } from './client.ts';
import { numberOfNodeId } from './node-id.ts';
import { nextPage, pageInfoSchema } from './page-info.ts';
import { RECORD_SCHEMA, type RecordPayload, readRecordPayload } from './record-payload.ts';

export { type OwnRecordKind, RECORD_SCHEMA, type RecordPayload, readRecordPayload } from './record-payload.ts';

/** A record with what the decision need not know of it. */
export interface StoredRecord extends DeploymentRecord {
  /** Which process opened it; `null` on foreign ones. */
  readonly claim: string | null;
  /** Login that started the attempt which opened it; `null` on foreign ones. */
  readonly initiator: string | null;
  /** Sha of what it took the place of; `null` when nothing was there, or nobody says. */
  readonly replaced: string | null;
  /** Name of the runner that its job ran on; `null` when nobody knows. */
  readonly runner: string | null;
  /** Where GitHub keeps the artifact, as far as the record says. */
  readonly stored: StoredArtifact | null;
  /** Ids of earlier records that had been confirmed when this one was opened. */
  readonly rests: readonly number[];
}

/** An artifact of a run, as `actions/upload-artifact` leaves it. */
export interface StoredArtifact {
  readonly id: number;
  readonly run: number;
}

/** The part of the client that records need. */
export type RecordsPort = Pick<GitHubClient, 'request'>;

export interface Repository {
  readonly owner: string;
  readonly repo: string;
}

export interface NewRecord extends Repository {
  readonly environment: string;
  /** Whether the environment's role is production. */
  readonly production: boolean;
  /** For people, at most 140 characters are kept. */
  readonly description: string;
  readonly payload: RecordPayload;
}

export interface OpenedRecord {
  readonly id: number;
  /** GitHub's clock, epoch milliseconds. */
  readonly openedAt: number;
}

/** Final: `success`, `failure` (the promotion failed), `error` (its job is dead), `inactive` (withdrawn: nothing was touched). */
export type StatusState = 'in_progress' | 'success' | 'failure' | 'error' | 'inactive';

export interface NewStatus extends Repository {
  readonly record: number;
  readonly state: StatusState;
  /** For people, at most 140 characters are kept. */
  readonly description: string;
  readonly environmentUrl?: string | null;
  /** The run's page. */
  readonly logUrl?: string | null;
  /** Whether earlier records of the environment stop being shown as active; for promotions, not for acceptances and rehearsals. */
  readonly replacesEarlier?: boolean;
}

const openedSchema = z.object({ id: z.number().check(z.int(), z.positive()), sha: z.string() });

/**
 * Opens a record: a GitHub deployment of exactly the candidate's commit. It has no status yet, so it is open and takes its place in the
 * environment's queue. A request repeated after a lost answer may open it twice (`settleOwnRecords` in queue.ts).
 * @throws GitHubError naming the permission when the token may not (`deployments: write`).
 */
export async function openRecord(client: RecordsPort, record: NewRecord): Promise<OpenedRecord> {
  const { payload } = record;
  const { data, date } = await client.request('POST /repos/{owner}/{repo}/deployments', {
    owner: record.owner,
    repo: record.repo,
    ref: payload.candidate.sha,
    task: taskOf(payload.kind),
    // The defaults of both would bite: merging the default branch into the ref, and waiting for every check of the commit.
    auto_merge: false,
    required_contexts: [],
    payload,
    environment: record.environment,
    description: shortened(record.description),
    transient_environment: false,
    production_environment: record.production,
  });
  const opened = openedSchema.safeParse(data);
  if (!opened.success || opened.data.sha !== payload.candidate.sha) {
    throw new GitHubError(
      'unusable',
      `GitHub's answer to opening a record in ${record.environment} names no deployment of ${payload.candidate.sha}.`,
    );
  }
  return { id: opened.data.id, openedAt: date };
}

/**
 * Adds a status to a record. Where only the answers were lost, the record shows it, and all is well: a job that failed for that would not vouch for its record.
 * @throws GitHubError
 */
export async function setRecordStatus(client: RecordsPort, status: NewStatus): Promise<void> {
  try {
    await client.request('POST /repos/{owner}/{repo}/deployments/{deployment_id}/statuses', {
      owner: status.owner,
      repo: status.repo,
      deployment_id: status.record,
      state: status.state,
      description: shortened(status.description),
      auto_inactive: status.replacesEarlier ?? false,
      ...(status.environmentUrl ? { environment_url: status.environmentUrl } : {}),
      ...(status.logUrl ? { log_url: status.logUrl } : {}),
    });
  } catch (error) {
    if (!(error instanceof GitHubError) || error.failure !== 'unavailable' || !(await isShown(client, status))) throw error;
  }
}

const latestSchema = z.array(z.object({ state: z.string(), description: z.nullish(z.string()) }));

/** Whether GitHub shows the status as the record's latest. */
async function isShown(client: RecordsPort, { owner, repo, record, state, description }: NewStatus): Promise<boolean> {
  const shown = await asRead(async () => {
    const asked = { owner, repo, deployment_id: record, per_page: 1 };
    const { data } = await client.request('GET /repos/{owner}/{repo}/deployments/{deployment_id}/statuses', asked);
    const parsed = latestSchema.safeParse(data);
    return { read: true, value: parsed.success ? parsed.data[0] : undefined };
  });
  return shown.read && shown.value?.state === state && shown.value.description === shortened(description);
}

const LONGEST_DESCRIPTION = 140;

function shortened(description: string): string {
  const line = description.replaceAll(/\s+/g, ' ').trim();
  return line.length <= LONGEST_DESCRIPTION ? line : `${line.slice(0, LONGEST_DESCRIPTION - 1)}…`;
}

function taskOf(kind: RecordPayload['kind']): string {
  return `promote:${kind}`;
}

/** One page of deployments, as the queries ask for it. */
export interface RecordsPage {
  readonly records: readonly StoredRecord[];
  /** Where the next page begins; `null` when this is the last. */
  readonly next: string | null;
}

const pageSchema = z.object({ pageInfo: pageInfoSchema, nodes: z.array(z.unknown()) });

/**
 * Reads a page of deployments.
 * @param environment what the pipeline calls the environment, or `null` to take what each deployment says.
 * @throws GitHubError when a deployment on it cannot be read: one that is left out could be the one that is live.
 */
export function readRecordsPage(page: unknown, environment: string | null): RecordsPage {
  const parsed = pageSchema.safeParse(page);
  if (!parsed.success) throw new GitHubError('unusable', 'a list of deployments is not as GitHub describes it');
  const { pageInfo, nodes } = parsed.data;
  const records = nodes.flatMap((node) => {
    const deployment = deploymentNodeSchema.safeParse(node);
    if (!deployment.success) throw new GitHubError('unusable', 'a deployment could not be read');
    const { data } = deployment;
    return isMarkedAsNone(data) ? [] : [readRecord(data, environment ?? data.environment ?? '')];
  });
  return { records, next: nextPage(pageInfo) };
}

/** Ends the environment's address in jobs whose own deployment says nothing: only an ended one has it, and only those can be live. */
export const NO_RECORD = '#promote';

/**
 * Whether it is one of those that GitHub creates for a job with an `environment`, in a job that says so itself: it names the run's commit, which need not be the candidate,
 * and is there also where people were only asked, or nothing went in. What was deployed is told by the records. Whoever marks a deployment so could as well make none.
 */
function isMarkedAsNone({ creator, payload, statuses }: DeploymentNode): boolean {
  const isGitHubs = creator?.__typename === 'Bot' && [null, '', '{}', '"{}"', '""', 'null'].includes(payload);
  return isGitHubs && (statuses?.nodes ?? []).some((status) => status?.environmentUrl?.endsWith(NO_RECORD) === true);
}

const statusSchema = z.object({ state: z.string(), createdAt: z.string(), environmentUrl: z.nullish(z.string()) });

/** A deployment as the evidence query asks for it (`DEPLOYMENT_FIELDS` in evidence-query.ts). */
export const deploymentNodeSchema = z.object({
  id: z.string(),
  /** Typed as a 32-bit integer, which the ids of deployments outgrow: `null` from then on, or a larger number all the same. */
  databaseId: z.nullable(z.number().check(z.int(), z.positive())),
  commitOid: z.string(),
  environment: z.nullable(z.string()),
  task: z.nullable(z.string()),
  payload: z.nullable(z.string()),
  createdAt: z.string(),
  ref: z.nullable(z.object({ name: z.string(), prefix: z.string() })),
  creator: z.nullable(z.object({ __typename: z.string(), login: z.string() })),
  latestStatus: z.nullable(statusSchema),
  statuses: z.nullable(z.object({ totalCount: z.number(), nodes: z.nullable(z.array(z.nullable(statusSchema))) })),
});
export type DeploymentNode = z.output<typeof deploymentNodeSchema>;

/**
 * Reads a record back. Deployments of others, those made with a person's token, and payloads that contradict the deployment they are on,
 * become `foreign`: they still tell what is live, and prove nothing.
 * @param environment as the pipeline spells it.
 */
export function readRecord(node: DeploymentNode, environment: string): StoredRecord {
  const base = {
    id: idOf(node),
    environment,
    sha: node.commitOid,
    createdAt: Date.parse(node.createdAt),
    creator: node.creator?.login ?? null,
    ...outcomeOf(node),
  };
  const payload = trustedPayload(node);
  if (payload === null) return { ...base, ...foreign(node) };
  return {
    ...base,
    kind: payload.kind,
    ref: payload.candidate.ref,
    version: payload.candidate.version,
    digest: payload.digest,
    verified: payload.verify && base.outcome === 'success',
    run: payload.run,
    approvedBy: payload.approvedBy,
    policyHash: payload.policyHash,
    route: payload.route,
    rehearsal: payload.rehearsal === undefined ? null : resultOf(payload.rehearsal),
    claim: payload.claim ?? null,
    initiator: payload.initiator,
    replaced: payload.replaced?.sha ?? null,
    stored: payload.artifact ?? null,
    runner: payload.runner ?? null,
    rests: payload.rests ?? [],
  };
}

/** What the decision asks of a rehearsal; the rest is for people and for the next one. */
function resultOf({ verdict, migrations, snapshot, snapshotTakenAt }: RehearsalResult): RehearsalResult {
  return { verdict, migrations, snapshot, snapshotTakenAt };
}

/** @throws GitHubError when nobody can say which deployment it is, so that the environment's records count as unread. */
function idOf(node: DeploymentNode): number {
  const id = node.databaseId ?? numberOfNodeId(node.id);
  if (id === null) throw new GitHubError('unusable', `the deployment ${node.id} has no number`);
  return id;
}

function trustedPayload(node: DeploymentNode): RecordPayload | null {
  const payload = readRecordPayload(node.payload);
  if (payload === null || payload.schema !== RECORD_SCHEMA || node.creator?.__typename !== 'Bot') return null;
  return node.task === taskOf(payload.kind) && payload.candidate.sha === node.commitOid ? payload : null;
}

function foreign(node: DeploymentNode): Omit<StoredRecord, 'id' | 'environment' | 'sha' | 'createdAt' | 'creator' | keyof Outcome> {
  return {
    ...NOTHING_PROVEN,
    ref: node.ref === null ? null : node.ref.prefix + node.ref.name,
    version: node.ref?.name ?? node.commitOid.slice(0, 7),
  };
}

/** What is left of a record that GitHub does not vouch for: that something was deployed, and nothing that it says of itself. */
export function unvouched(record: StoredRecord): StoredRecord {
  return { ...record, ...NOTHING_PROVEN };
}

const NOTHING_PROVEN = {
  kind: 'foreign',
  digest: null,
  verified: false,
  run: null,
  approvedBy: [],
  policyHash: null,
  route: null,
  rehearsal: null,
  claim: null,
  initiator: null,
  replaced: null,
  stored: null,
  runner: null,
  rests: [],
} as const;

type Outcome = Pick<DeploymentRecord, 'outcome' | 'finishedAt' | 'failedAt'>;

/** A success stays one although GitHub marks it inactive when another takes its place, so it is looked for anywhere among the statuses. */
function outcomeOf(node: DeploymentNode): Outcome {
  const { nodes = null, totalCount = 0 } = node.statuses ?? {};
  if (nodes === null || nodes.length < totalCount)
    throw new GitHubError('unusable', `not every status of deployment ${node.databaseId ?? node.id} could be read`);
  const statuses = [...(node.statuses?.nodes ?? []), node.latestStatus].flatMap((status) => (status === null ? [] : [status]));
  const times = (...states: string[]) =>
    statuses.filter(({ state }) => states.includes(state)).map(({ createdAt }) => Date.parse(createdAt));
  const succeeded = times('SUCCESS');
  const failed = times('FAILURE', 'ERROR');
  const failedAt = failed.length === 0 ? null : Math.max(...failed);
  if (succeeded.length > 0) {
    const finishedAt = Math.min(...succeeded);
    return { outcome: 'success', finishedAt, failedAt: failedAt !== null && failedAt >= finishedAt ? failedAt : null };
  }
  if (failedAt !== null) return { outcome: 'failure', finishedAt: failedAt, failedAt };
  return { outcome: times('INACTIVE').length > 0 ? 'withdrawn' : 'open', finishedAt: null, failedAt: null };
}
