import { setTimeout } from 'node:timers/promises';
import type { Read } from '../decision/evidence.ts';
import { asRead } from './as-read.ts';
import { GitHubError } from './client.ts';
import type { CommitGraph } from './commit-graph.ts';
import type { Confirmation, EvidencePort, Material } from './evidence-request.ts';
import { type GatheredRecords, liveRecord } from './gathered-records.ts';
import { isOnDefaultBranch } from './gathered-relations.ts';
import { hasJobOf, type JobNames, type Trust } from './job-of-record.ts';
import type { NeededNames } from './needed-names.ts';
import { type StoredRecord, unvouched } from './records.ts';
import { type RunJob, readRunJobs } from './run-jobs.ts';
import { isOfOwnWorkflow, type RunFacts, type RunsAsked } from './vouched-runs.ts';

/** The jobs of the run that asks, asked for once unless they are wanted anew. */
export type OwnJobs = (anew?: boolean) => Promise<Read<readonly RunJob[]>>;

/** Pauses between looks at the jobs of a run while the one that left a record is said to go on. */
const BETWEEN_LOOKS_MS = [500, 3500];

/** Other runs than the one that asks, at most. */
const MOST_RUNS = 4;
/** As long as GitHub keeps runs unless told otherwise; a record that is younger has its run, or never had one. */
const RUNS_KEPT_MS = 90 * 24 * 60 * 60 * 1000;
/** The shipped workflow whose jobs open records. */
const DEPLOY_WORKFLOW = 'deploy.yml';

export interface Vouched {
  readonly records: GatheredRecords;
  readonly confirmed: ReadonlyMap<number, Confirmation>;
}

/** What is needed to find out. */
export interface VouchingParts {
  readonly client: EvidencePort;
  readonly material: Material;
  readonly names: NeededNames;
  readonly graph: CommitGraph;
  readonly sha: string;
  readonly runs: RunsAsked;
  readonly ownJobs: OwnJobs;
}

/**
 * Records that speak for the candidate count only if GitHub confirms them: the run that they name is of the caller's own workflow, ran their commit, and
 * lists the job that did what they say. Whoever has a token that may write deployments can write anything into a record, and nothing into that list. GitHub
 * forgets runs; a record whose run is gone counts if a later one that is confirmed rests on it.
 *
 * Asks nothing where no record speaks for the candidate; one request for the run that asks, and two for each other run, which later records spare.
 */
export async function withVouchedRecords(parts: VouchingParts, records: GatheredRecords): Promise<Vouched> {
  const all = recordsIn(records);
  const speaking = speakingFor(parts, all);
  const earlier = parts.material.request.earlier?.confirmed ?? new Map();
  if (speaking.length === 0 && nextToLeave(parts, records) === null) return { records, confirmed: earlier };
  const vouching = new Vouching(parts, all, earlier);
  const said = await asRead(async () => {
    for (const record of inTurn(speaking)) await vouching.confirmationOf(record);
    const leaves = nextToLeave(parts, records);
    // A deploy keeps within its requests: what this is for can wait for the next one.
    if (leaves !== null && !vouching.hasAskedOthers) await vouching.confirmationOf(leaves);
    return { read: true, value: vouching.confirmed };
  });
  const ids = new Set(speaking.map(({ id }) => id));
  const judged = (read: Read<readonly StoredRecord[]>): Read<readonly StoredRecord[]> => {
    if (!read.read || !read.value.some(({ id }) => ids.has(id))) return read;
    if (!said.read) return { read: false, why: `whether GitHub confirms what they say is not known: ${said.why}` };
    return { read: true, value: read.value.map((record) => (ids.has(record.id) ? judgedBy(said.value.get(record.id), record) : record)) };
  };
  return {
    records: {
      ofCandidate: judged(records.ofCandidate),
      byEnvironment: new Map([...records.byEnvironment].map(([name, read]) => [name, judged(read)])),
    },
    confirmed: said.read ? said.value : earlier,
  };
}

/** What a record that is opened now may say that it rests on, newest first. */
export function restsOn(confirmed: ReadonlyMap<number, Confirmation>): number[] {
  const ids = [...confirmed].flatMap(([id, confirmation]) => (confirmation.by === 'run' || confirmation.by === 'record' ? [id] : []));
  return ids.sort((one, other) => other - one).slice(0, MOST_RESTS);
}

const MOST_RESTS = 50;

function recordsIn({ byEnvironment, ofCandidate }: GatheredRecords): readonly StoredRecord[] {
  const read = [...byEnvironment.values(), ofCandidate].flatMap((records) => (records.read ? records.value : []));
  return [...new Map(read.map((record) => [record.id, record])).values()].sort((one, other) => other.id - one.id);
}

/** Successes of the candidate's commit, and of what was built of it wherever it is. This job's own record is not in question. */
function speakingFor({ material: { request }, sha }: VouchingParts, all: readonly StoredRecord[]): readonly StoredRecord[] {
  const successes = all.filter(({ kind, outcome, id }) => kind !== 'foreign' && outcome === 'success' && id !== request.ownRecord);
  const built = new Set(successes.flatMap((record) => (record.sha === sha && record.digest !== null ? [record.digest] : [])));
  if (request.artifactDigest !== undefined) built.add(request.artifactDigest);
  return successes.filter((record) => record.sha === sha || (record.digest !== null && built.has(record.digest)));
}

/**
 * What production has when it is left for the candidate: confirmed while its run is there, so that it can be gone back to when the run is gone. It need not
 * be confirmed for entering.
 */
function nextToLeave({ material, names, sha }: VouchingParts, { byEnvironment }: GatheredRecords): StoredRecord | null {
  const { request } = material;
  const { leaves, moment, earlier } = request;
  if (leaves?.kind !== 'promotion' || moment !== 'door' || earlier !== undefined) return null;
  if (names.environments.get(leaves.environment)?.role !== 'production') return null;
  const read = byEnvironment.get(leaves.environment);
  const live = read?.read === true ? liveRecord(read.value) : null;
  return live === null || live.kind === 'foreign' || live.sha === sha ? null : live;
}

/** The latest of each kind in each environment first: repeating a deployment many times must not use up what may be asked. */
function inTurn(records: readonly StoredRecord[]): readonly StoredRecord[] {
  const turns = new Map<string, number>();
  const turnOf = (record: StoredRecord): number => {
    const key = `${record.kind} ${record.environment.toLowerCase()}`;
    const turn = turns.get(key) ?? 0;
    turns.set(key, turn + 1);
    return turn;
  };
  const inOrder = records.map((record) => ({ record, turn: turnOf(record) }));
  return inOrder.sort((one, other) => one.turn - other.turn || other.record.id - one.record.id).map(({ record }) => record);
}

function judgedBy(confirmation: Confirmation | undefined, record: StoredRecord): StoredRecord {
  if (confirmation === undefined || confirmation.by === 'nobody') {
    const doubt = confirmation?.why ?? 'nobody was asked about it';
    // Of what is no deployment nothing is left at all.
    const withdrawn = record.kind === 'acceptance' || record.kind === 'rehearsal' ? ({ outcome: 'withdrawn' } as const) : {};
    return { ...unvouched(record), ...withdrawn, doubt };
  }
  return confirmation.by === 'age' ? { ...record, aged: true } : record;
}

const GONE = 'gone';

class Vouching {
  readonly confirmed: Map<number, Confirmation>;
  readonly #parts: VouchingParts;
  readonly #all: readonly StoredRecord[];
  readonly #jobs = new Map<number, Promise<Read<readonly RunJob[]>>>();
  readonly #asked = new Set<number>();
  readonly #names: JobNames;

  constructor(parts: VouchingParts, all: readonly StoredRecord[], earlier: ReadonlyMap<number, Confirmation>) {
    this.#parts = parts;
    this.#all = all;
    this.confirmed = new Map(earlier);
    this.#names = jobNames(parts.names);
  }

  get hasAskedOthers(): boolean {
    return this.#asked.size > 0;
  }

  /** @throws GitHubError when it cannot be told */
  async confirmationOf(record: StoredRecord): Promise<Confirmation> {
    const known = this.confirmed.get(record.id);
    if (known !== undefined) return known;
    const found = await this.#find(record);
    this.confirmed.set(record.id, found);
    return found;
  }

  async #find(record: StoredRecord): Promise<Confirmation> {
    const resting = this.#all.filter((other) => this.#mayRest(other, record));
    if (resting.some(({ id }) => isConfirmed(this.confirmed.get(id)))) return { by: 'record' };
    const word = await this.#wordOfRun(record);
    if (word === null) return { by: 'run' };
    if (word !== GONE) return { by: 'nobody', why: word };
    for (const other of resting) if (isConfirmed(await this.confirmationOf(other))) return { by: 'record' };
    const { request, answer } = this.#parts.material;
    const old = answer.date - record.createdAt >= RUNS_KEPT_MS;
    if (request.intent === 'rollback' && old && (record.kind === 'promotion' || record.kind === 'rollback')) return { by: 'age' };
    return { by: 'nobody', why: `GitHub has no run ${record.run?.id}, or none any more, and no confirmed record rests on it` };
  }

  /**
   * A record can only rest on what was there before it: in its own environment or in those before it on the path. Where several claim to be what one
   * job left, nobody knows which of them it wrote.
   */
  #mayRest(resting: StoredRecord, on: StoredRecord): boolean {
    if (resting.kind === 'foreign' || resting.outcome !== 'success' || resting.id <= on.id || !resting.rests.includes(on.id)) return false;
    if (this.#stageOf(on) > this.#stageOf(resting)) return false;
    return !this.#all.some((other) => other.id !== resting.id && other.outcome !== 'withdrawn' && isOfSameJob(other, resting));
  }

  #stageOf({ environment }: StoredRecord): number {
    return this.#parts.names.path.findIndex((name) => name.toLowerCase() === environment.toLowerCase());
  }

  /** @returns `null` when GitHub confirms the record, otherwise why not */
  async #wordOfRun(record: StoredRecord): Promise<string | null> {
    const { run } = record;
    if (run === null) return 'it names no run';
    const { request } = this.#parts.material;
    if (run.id === request.run?.id) return this.#wordOfOwnRun(record);
    this.#asked.add(run.id);
    if (this.#asked.size > MOST_RUNS && !this.#jobs.has(run.id))
      return `it names run ${run.id}, and no more than ${MOST_RUNS} runs are asked about`;
    const facts = await this.#parts.runs.facts(run.id);
    if (facts === null) return GONE;
    const trust = await this.#trustIn(facts, record);
    if (typeof trust === 'string') return trust;
    const jobsOf = (anew = false): Promise<Read<readonly RunJob[]>> => {
      const asked = anew ? undefined : this.#jobs.get(run.id);
      const jobs = asked ?? readRunJobs(this.#parts.client, request, run.id);
      this.#jobs.set(run.id, jobs);
      return jobs;
    };
    return this.#wordOnceEnded(record, jobsOf, trust);
  }

  /** A job that goes on confirms nothing but what it did in an earlier step: its rehearsal, before it deploys. What is about to be left cannot be there yet. */
  async #wordOfOwnRun(record: StoredRecord): Promise<string | null> {
    const { leaves, run } = this.#parts.material.request;
    const isHere = record.run?.attempt === run?.attempt && record.environment.toLowerCase() === leaves?.environment.toLowerCase();
    const isDeploying = leaves?.kind === 'promotion' || leaves?.kind === 'rollback';
    const isOwnJobs = isHere && (isDeploying ? record.kind !== 'acceptance' : record.kind === leaves?.kind);
    if (!isOwnJobs) return this.#wordOnceEnded(record, this.#parts.ownJobs, true);
    const underWay = isDeploying && record.kind === 'rehearsal';
    return this.#wordOfJobs(record, await this.#parts.ownJobs(), { ownFile: true, underWay });
  }

  /** A job closes its record a moment before it ends, and GitHub may list one that ended as one that goes on; then it is asked again. */
  async #wordOnceEnded(record: StoredRecord, jobsOf: OwnJobs, ownFile: boolean): Promise<string | null> {
    for (let looks = 0; ; looks += 1) {
      const jobs = await jobsOf(looks > 0);
      const word = this.#wordOfJobs(record, jobs, { ownFile, underWay: false });
      const mayHaveEnded = jobs.read && hasJobOf(record, jobs.value, this.#names, { ownFile, underWay: true });
      const pause = BETWEEN_LOOKS_MS[looks];
      if (word === null || !mayHaveEnded || pause === undefined) return word;
      await setTimeout(pause);
    }
  }

  #wordOfJobs(record: StoredRecord, jobs: Read<readonly RunJob[]>, trust: Trust): string | null {
    if (!jobs.read) throw new GitHubError('unusable', `The jobs of run ${record.run?.id} could not be read: ${jobs.why}.`);
    if (hasJobOf(record, jobs.value, this.#names, trust)) return null;
    return `attempt ${record.run?.attempt} of run ${record.run?.id} has no job that did it and succeeded`;
  }

  /**
   * @returns whether the run is of the caller's own workflow file; a string: why it does not count at all. A file of the default branch was reviewed, but its
   * jobs may do anything: they count where their names say what they did.
   */
  async #trustIn(facts: RunFacts, record: StoredRecord): Promise<boolean | string> {
    const { client, material, graph, runs } = this.#parts;
    const { request } = material;
    if (!facts.ownRepository || facts.event.startsWith('pull_request')) return `run ${facts.id} is of a pull request or a fork`;
    const reviewed = (): Promise<boolean> => isOnDefaultBranch(client, material, graph, facts.sha);
    if (facts.sha !== record.sha && !(await reviewed())) return `run ${facts.id} ran another commit`;
    // On a command line nobody enters.
    if (request.run === null || facts.path === request.workflow) return true;
    const own = await runs.facts(request.run.id);
    if (own !== null && (facts.path === own.path || isOfOwnWorkflow(facts, own, DEPLOY_WORKFLOW))) return true;
    return (await reviewed()) ? false : `run ${facts.id} is of another workflow (${facts.path})`;
  }
}

function isConfirmed(confirmation: Confirmation | undefined): boolean {
  return confirmation?.by === 'run' || confirmation?.by === 'record';
}

function isOfSameJob(one: StoredRecord, other: StoredRecord): boolean {
  return (
    one.kind === other.kind &&
    one.environment.toLowerCase() === other.environment.toLowerCase() &&
    one.run?.id === other.run?.id &&
    one.run?.attempt === other.run?.attempt
  );
}

function jobNames({ environments }: NeededNames): JobNames {
  const acceptances = new Map(
    [...environments.values()].flatMap(({ name, acceptance }) =>
      acceptance === null ? [] : [[name.toLowerCase(), acceptance.environment.toLowerCase()] as const],
    ),
  );
  return { every: [...new Set([...[...environments.keys()].map((name) => name.toLowerCase()), ...acceptances.values()])], acceptances };
}
