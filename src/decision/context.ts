import type { Environment, Pipeline, Route } from '../pipeline/model.ts';
import { type Count, countApprovals } from './approvals.ts';
import { SameArtifact } from './artifact.ts';
import type { DeploymentRecord, Evidence, Protection } from './evidence.ts';
import { type Facts, factsOf } from './facts.ts';
import { type Path, pathOf } from './path.ts';
import { type Healthy, measureHealthy } from './soak.ts';

/** What rules about the candidate as a whole may look at. */
export interface CandidateContext {
  readonly pipeline: Pipeline;
  readonly route: Route | null;
  readonly path: Path;
  readonly evidence: Evidence;
  readonly now: number;
  readonly same: SameArtifact;
  /** One per step of the path, in its order. */
  readonly facts: readonly Facts[];
  /** The first success of the candidate's commit anywhere on the path, as whatever artifact. */
  readonly firstBuild: DeploymentRecord | null;
  readonly memo: Memo;
}

/** What was worked out for one decision because a rule asked for it, kept so that the next one need not. */
export interface Memo {
  /** Facts of environments beside the path, by name. */
  beside: Map<string, Facts> | null;
  /** What the version policy asks about. */
  classes: Classes | null;
  healthy: Map<Facts, Healthy> | null;
}

/** What the candidate is to a version policy, as far as that could be read. */
export interface Classes {
  readonly accepted: boolean;
  readonly current: boolean;
  /** Environments that might say otherwise and could not be read. */
  readonly unread: readonly string[];
}

/** What stands in the way before a stage; the same for every environment of the stage. */
export interface Earlier {
  /** The environments not passed of the first stage that has any; empty when every earlier one is passed. */
  readonly notPassed: readonly Facts[];
  /** The first earlier environment whose rehearsal is missing, failed or of other migrations. */
  readonly notRehearsed: Facts | null;
  /** The earlier environment whose rehearsal goes stale first. */
  readonly staleFirst: Facts | null;
}

/** What rules about entering one environment may look at. */
export interface EntryContext {
  readonly candidate: CandidateContext;
  readonly facts: Facts;
  readonly environment: Environment;
  readonly earlier: Earlier;
  /** `null`: GitHub has no environment of that name, or nobody could read it. */
  readonly protection: Protection | null;
  /** `null` without a gate. */
  readonly approvals: Count | null;
}

/** What stands in the way of the first stage. */
export const NOTHING_EARLIER: Earlier = { notPassed: [], notRehearsed: null, staleFirst: null };

const NO_PATH: Path = { steps: [], positions: new Map() };

export function contextOf(pipeline: Pipeline, route: Route | null, evidence: Evidence, now: number): CandidateContext {
  const same = new SameArtifact(evidence.candidate);
  const path = route === null ? NO_PATH : pathOf(route);
  const facts: Facts[] = [];
  let firstBuild: DeploymentRecord | null = null;
  for (const step of path.steps) {
    const found = factsOf(evidence, step.environment, step.stage, same);
    facts.push(found);
    if (found.firstBuild !== null && (firstBuild === null || found.firstBuild.id < firstBuild.id)) firstBuild = found.firstBuild;
  }
  return { pipeline, route, path, evidence, now, same, facts, firstBuild, memo: { beside: null, classes: null, healthy: null } };
}

export function entryContextOf(candidate: CandidateContext, facts: Facts, earlier: Earlier): EntryContext {
  const { environment } = facts;
  const protection = facts.evidence?.protection.read === true ? facts.evidence.protection.value : null;
  const { gate } = environment;
  const asked = {
    gate,
    place: environment.name,
    environment: environment.name,
    protection,
    records: facts.records,
    voided: facts.evidence?.approvalsVoid ?? null,
  };
  const approvals = gate === null ? null : countApprovals({ ...asked, gate }, candidate.evidence);
  return { candidate, facts, environment, earlier, protection, approvals };
}

/** Facts of any environment of the pipeline by its name; `null` when the pipeline has none of that name. */
export function factsByName(context: CandidateContext, name: string): Facts | null {
  const position = context.path.positions.get(name.toLowerCase());
  const onPath = position === undefined ? undefined : context.facts[position];
  if (onPath !== undefined) return onPath;
  const known = context.memo.beside?.get(name);
  if (known !== undefined) return known;
  const environment = context.pipeline.environments.get(name);
  if (environment === undefined) return null;
  const found = factsOf(context.evidence, environment, 0, context.same);
  context.memo.beside ??= new Map();
  context.memo.beside.set(name, found);
  return found;
}

/** How long the candidate's artifact has been healthy in an environment, by its name. */
export function healthyIn(context: CandidateContext, name: string): Healthy {
  const facts = factsByName(context, name);
  if (facts === null) return measureHealthy(null, context.same);
  const known = context.memo.healthy?.get(facts);
  if (known !== undefined) return known;
  const found = measureHealthy(facts, context.same);
  context.memo.healthy ??= new Map();
  context.memo.healthy.set(facts, found);
  return found;
}
