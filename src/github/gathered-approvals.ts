import * as z from 'zod/mini';
import type { Read, Review } from '../decision/evidence.ts';
import { includesName } from '../decision/names.ts';
import { shortSha } from '../decision/wording.ts';
import { builtInPipeline } from '../pipeline/built-in.ts';
import { loadPipeline } from '../pipeline/load.ts';
import type { Pipeline } from '../pipeline/model.ts';
import { PipelineFileError } from '../pipeline/problem.ts';
import { acceptanceRelaxedSince, relaxedSince } from '../pipeline/relaxed-since.ts';
import { asRead } from './as-read.ts';
import { type Ask, type Attempt, attemptsOf } from './asked-before.ts';
import { assertAnswered, fileSchema, piece, textOf } from './evidence-answer.ts';
import { versionsQuery } from './evidence-query.ts';
import type { EvidencePort, Material } from './evidence-request.ts';
import type { NeededNames } from './needed-names.ts';
import type { OwnJobs } from './vouched-records.ts';

/** Why no approval of this run counts in an environment; an environment where they may count is in neither. */
export interface VoidApprovals {
  readonly gates: ReadonlyMap<string, string>;
  readonly acceptances: ReadonlyMap<string, string>;
  /** What was read about the run's attempts, for the next look of the same job; `null`: nothing had to be. */
  readonly attempts: Read<readonly Attempt[]> | null;
}

/** One place where people are asked, and how the rules there were relaxed since an earlier pipeline. */
interface Place {
  readonly place: string;
  /** On GitHub. */
  readonly environment: string;
  readonly relaxed: (before: Pipeline) => readonly string[];
}

const versionsSchema = z.object({
  nodes: z.array(z.nullable(z.object({ file: z.nullish(z.object({ oid: z.string(), object: z.nullish(fileSchema) })) }))),
});

/**
 * Finds out which approvals of the run were given for something else than is at stake now: the pipeline file was relaxed since the run was planned, or
 * another attempt asked for another commit, artifact or pipeline file. An approval belongs to one of each; which of a run's approvals was given in
 * which attempt, GitHub does not say, so none of them counts then. Costs nothing in a first attempt; one request in later ones where somebody
 * approved, and one more where those had other pipeline files.
 */
export async function voidApprovalsOf(
  client: EvidencePort,
  material: Material,
  names: NeededNames,
  reviews: Read<readonly Review[]>,
  sha: string,
  ownJobs: OwnJobs,
): Promise<VoidApprovals> {
  const { request, subject, policy } = material;
  const attempts = await attemptsAsked(material, reviews, ownJobs);
  const rules = await rulesBefore(client, material, attempts);
  const why = (place: Place): string | null => {
    if (request.run === null) return null;
    const planned = request.plannedPolicy ?? null;
    const since = planned === null ? null : whyRelaxed(place, rules(planned), 'this run was planned');
    if (since !== null || attempts === null || !isApproved(place, reviews)) return since;
    return whyAskedDifferently(place, { attempts, rules, material, sha, every: everyPlace(names) });
  };
  const gates = new Map<string, string>();
  const acceptances = new Map<string, string>();
  for (const name of names.path) {
    const own = names.environments.get(name);
    const put = (into: Map<string, string>, place: Place): void => {
      const found = why(place);
      if (found !== null) into.set(name, found);
    };
    if (own?.gate) {
      const relaxed = (before: Pipeline) => relaxedSince(before, policy.pipeline, subject.ref, name);
      put(gates, { place: name, environment: name, relaxed });
    }
    if (own?.acceptance) {
      const relaxed = (before: Pipeline) => acceptanceRelaxedSince(before, policy.pipeline, subject.ref, name);
      put(acceptances, { place: name, environment: own.acceptance.environment, relaxed });
    }
  }
  return { gates, acceptances, attempts };
}

function isApproved({ environment }: Pick<Place, 'environment'>, reviews: Read<readonly Review[]>): boolean {
  return reviews.read && reviews.value.some(({ state, environments }) => state === 'approved' && includesName(environments, environment));
}

async function attemptsAsked(
  { request }: Material,
  reviews: Read<readonly Review[]>,
  ownJobs: OwnJobs,
): Promise<Read<readonly Attempt[]> | null> {
  const { run, earlier } = request;
  if (run === null || run.attempt < 2 || !reviews.read || !reviews.value.some(({ state }) => state === 'approved')) return null;
  if (earlier?.attempts?.read === true) return earlier.attempts;
  const jobs = await ownJobs();
  return jobs.read ? { read: true, value: attemptsOf(jobs.value) } : jobs;
}

type Rules = (id: string) => Read<Pipeline>;

/** Pipelines by the first digits of their file's id: the present one, the planned one, and those that other attempts name. */
async function rulesBefore(client: EvidencePort, material: Material, attempts: Read<readonly Attempt[]> | null): Promise<Rules> {
  const { request, policy, answer } = material;
  const path = request.pipelinePath;
  const planned = request.plannedPolicy ?? null;
  const asked = attempts?.read === true ? attempts.value.flatMap(({ asks }) => asks.map(({ rules }) => rules)) : [];
  const unknown = distinct(asked).filter((id) => !policy.pipeline.hash.startsWith(id) && !(planned ?? '').startsWith(id));
  const files = unknown.length === 0 ? null : await versionsOf(client, material);
  return (id) => {
    if (policy.pipeline.hash.startsWith(id)) return { read: true, value: policy.pipeline };
    const builtIn = builtInPipeline(path);
    if (builtIn.hash.startsWith(id)) return { read: true, value: builtIn };
    if (planned?.startsWith(id)) return pipelineFrom(answer.planned, path);
    if (files === null || !files.read) return files ?? NOT_FOUND;
    const version = files.value.find(({ oid }) => oid.startsWith(id));
    return version === undefined ? NOT_FOUND : pipelineFrom({ read: true, value: version.text }, path);
  };
}

const NOT_FOUND = { read: false, why: 'it could not be found' } as const;

interface Version {
  /** Id of the blob. */
  readonly oid: string;
  /** `null`: no text of ordinary size. */
  readonly text: string | null;
}

/** The last versions of the pipeline file on the default branch, in one request: GitHub finds no blob by the first digits of its id. */
function versionsOf(client: EvidencePort, { request }: Material): Promise<Read<readonly Version[]>> {
  return asRead(async () => {
    const { text, variables } = versionsQuery(request.owner, request.repo, request.pipelinePath);
    const answer = await client.graphql(text, variables);
    assertAnswered(answer, 'the repository');
    const read = piece(answer, ['defaultBranchRef', 'target', 'history'], versionsSchema);
    if (!read.read) return read;
    const files = read.value.nodes.flatMap((node) => node?.file ?? []);
    return { read: true, value: files.map(({ oid, object }) => ({ oid, text: textOf(object ?? null) })) };
  });
}

function distinct(names: readonly string[]): readonly string[] {
  return [...new Set(names)];
}

function pipelineFrom(text: Read<string | null>, path: string): Read<Pipeline> {
  if (!text.read) return text;
  if (text.value === null) return NOT_FOUND;
  try {
    return { read: true, value: loadPipeline(text.value, path) };
  } catch (error) {
    if (error instanceof PipelineFileError) return { read: false, why: 'this version of the action cannot use it' };
    throw error;
  }
}

function whyRelaxed({ relaxed }: Place, before: Read<Pipeline>, since: string): string | null {
  if (!before.read)
    return `Whether the pipeline file was relaxed since ${since} could not be told: the file as it was then could not be read, ${before.why}.`;
  const [first] = relaxed(before.value);
  return first === undefined ? null : `The pipeline file was relaxed since ${since}. ${first}`;
}

interface Seen {
  readonly attempts: Read<readonly Attempt[]>;
  readonly rules: Rules;
  readonly material: Material;
  readonly sha: string;
  readonly every: readonly string[];
}

function everyPlace(names: NeededNames): readonly string[] {
  return names.protections.map((name) => name.toLowerCase());
}

function whyAskedDifferently(place: Place, seen: Seen): string | null {
  const { attempts, material, sha } = seen;
  if (!attempts.read) return `What the other attempts of this run asked approval for could not be read: ${attempts.why}.`;
  const { request } = material;
  for (const { number, asks, untold } of attempts.value) {
    const of = `Attempt ${number} of this run`;
    const isOwn = number === request.run?.attempt;
    // A run's own commit is the same in every attempt; any other may have been another then.
    if (untold && !isOwn && request.candidate.runHeadSha !== sha) return `${of} does not say which commit it asked approval for.`;
    for (const ask of asks.filter((one) => isAbout(one, place, seen.every))) {
      const other = whyOther(ask, place, of, seen);
      if (other !== null) return other;
    }
  }
  return null;
}

/** A job that names no environment at all may have been about any. */
function isAbout({ where }: Ask, { environment }: Place, every: readonly string[]): boolean {
  return where.includes(environment.toLowerCase()) || !every.some((name) => where.includes(name));
}

function whyOther(ask: Ask, place: Place, of: string, { material, sha, rules }: Seen): string | null {
  if (!sha.startsWith(ask.commit)) return `${of} asked approval for commit ${shortSha(ask.commit)}, and this is ${shortSha(sha)}.`;
  const { request } = material;
  // A plan comes before the build, and may not know the artifact yet.
  const isKnown = request.moment === 'door' || (request.artifactId ?? null) !== null;
  if (isKnown && ask.artifact !== (request.artifactId ?? null)) {
    return `${of} asked approval for artifact ${ask.artifact ?? 'unknown'}, and this is artifact ${request.artifactId ?? 'unknown'}.`;
  }
  return whyRelaxed(place, rules(ask.rules), `${of.toLowerCase()} asked for approval`);
}
