/** The jobs of one attempt of a run, as they stand to each other. */
import type { Job } from '../github/index.ts';
import type { Ticket } from './concurrency.ts';
import type { Gate } from './environment-gate.ts';
import type { Json } from './expressions.ts';
import type { Combination } from './matrix.ts';
import { combined, mergedOutputs, type Result } from './needs.ts';
import type { Grants } from './permissions.ts';
import type { JobDefinition, WorkflowTree } from './workflow-file.ts';

/** One workflow file at work: the run's own, or one that a job calls. */
export interface Instance {
  readonly tree: WorkflowTree;
  /** The call it stands for; `null`: it is the run's own. */
  readonly call: Leg | null;
  readonly inputs: Readonly<Record<string, Json>>;
  /** Without those of environments. */
  readonly secrets: Readonly<Record<string, string>>;
  /** What its jobs are granted that say nothing. */
  readonly grants: Grants;
  /** By job id, in the order of the file. */
  readonly groups: ReadonlyMap<string, Group>;
  /** Cancelled for itself, whatever happens to the run. */
  cancelled: boolean;
}

/** One entry under `jobs:`; its matrix makes several legs of it. */
export interface Group {
  readonly definition: JobDefinition;
  readonly instance: Instance;
  readonly key: string;
  readonly legs: Leg[];
  maxParallel: number;
  failFast: boolean;
  /** `null`: not over. */
  result: Result | null;
  outputs: Readonly<Record<string, string>>;
  /** Whether anything of it really ran in this attempt, rather than being taken over from the one before. */
  ran: boolean;
}

export type LegState = 'idle' | 'pending' | 'waiting' | 'queued' | 'running' | 'done';

/** One job, or one call of a workflow. */
export interface Leg {
  readonly group: Group;
  readonly key: string;
  /** As GitHub shows it, with the names of the calls around it. */
  readonly name: string;
  readonly matrix: Combination | null;
  readonly strategy: Json;
  readonly cancellation: AbortController;
  state: LegState;
  result: Result | null;
  outputs: Readonly<Record<string, string>>;
  /** How many legs of its group were over before it. */
  place: number;
  job: Job | null;
  /** For a call. */
  instance: Instance | null;
  readonly tickets: Ticket[];
  gate: Gate | null;
  /** Takes back what was planned for it: its place in a queue, its timers. */
  readonly withdrawals: (() => void)[];
}

/** All groups that a group depends on, directly or not. */
export function ancestorsOf(group: Group): readonly Group[] {
  const found = new Set<Group>();
  const visit = (one: Group): void => {
    for (const need of needsOf(one)) {
      if (found.has(need)) continue;
      found.add(need);
      visit(need);
    }
  };
  visit(group);
  return [...found];
}

export function needsOf(group: Group): readonly Group[] {
  return group.definition.needs.flatMap((id) => group.instance.groups.get(id) ?? []);
}

/** Whether the group, or anything around it, depends on something that ran in this attempt. */
export function dependsOnNews(group: Group): boolean {
  if (ancestorsOf(group).some((other) => other.ran)) return true;
  const { call } = group.instance;
  return call !== null && dependsOnNews(call.group);
}

/** Every leg under an instance that is no call. */
export function* jobLegs(instance: Instance): Generator<Leg> {
  for (const group of instance.groups.values()) {
    for (const leg of group.legs) {
      if (leg.instance === null) yield leg;
      else yield* jobLegs(leg.instance);
    }
  }
}

/** Whether the instance, or a call around it, was cancelled. */
export function isCancelled(instance: Instance): boolean {
  return instance.cancelled || (instance.call !== null && isCancelled(instance.call.group.instance));
}

/** `needs` or `jobs`: results and outputs by job id. */
export function resultsContext(groups: Iterable<Group>): Json {
  return Object.fromEntries(
    [...groups].map((group) => [group.definition.id, { result: group.result ?? '', outputs: group.outputs }] as const),
  );
}

export function isDone(instance: Instance): boolean {
  return [...instance.groups.values()].every((group) => group.result !== null);
}

/** Whether a job of it ran in this attempt. */
export function hasRun(instance: Instance): boolean {
  return [...instance.groups.values()].some((group) => group.ran);
}

/** Closes a group whose legs are all over. */
export function closeGroup(group: Group): void {
  group.result = combined(group.legs.map((leg) => leg.result ?? 'skipped'));
  const ordered = group.legs.toSorted((a, b) => a.place - b.place);
  // Of the calls of a matrix only those that succeeded count (source: documentation of reusable workflows).
  const counted = ordered.filter((leg) => group.legs.length === 1 || leg.instance === null || leg.result === 'success');
  group.outputs = mergedOutputs(counted.map((leg) => leg.outputs));
}
