import { closest } from 'fastest-levenshtein';
import type { Decision, EnvironmentDecision, Reason } from '../decision/decision.ts';
import { REASONS } from '../decision/reasons.ts';
import type { Environment, Pipeline } from '../pipeline/model.ts';
import { rulesOnRoute } from '../pipeline/routes.ts';

/** The environment that was asked for does not exist in the pipeline file. */
export class UnknownEnvironment extends Error {
  override name = 'UnknownEnvironment';
}

/**
 * What the decision says of the environment that was asked for; names are compared without regard to case. An environment that the
 * candidate's route does not lead to is blocked, with that as its reason.
 * @throws UnknownEnvironment when the pipeline file has no environment of that name.
 */
export function findOnPath(pipeline: Pipeline, decision: Decision, asked: string): EnvironmentDecision {
  const name = nameInPipeline(pipeline, asked);
  return decision.environments.find((environment) => environment.name === name) ?? offPath(decision, name);
}

/** The environment's rules on the route that was decided; the ones outside any route where there is none. */
export function knownRules(pipeline: Pipeline, decision: Decision, name: string): Environment {
  const rules = rulesOnRoute(pipeline, decision.route, name);
  if (rules === undefined) throw new UnknownEnvironment(`No environment "${name}" in ${pipeline.path}.`);
  return rules;
}

export function nameInPipeline(pipeline: Pipeline, asked: string): string {
  const names = [...pipeline.environments.keys()];
  const name = names.find((candidate) => candidate.toLowerCase() === asked.toLowerCase());
  if (name !== undefined) return name;
  const source = pipeline.source === 'file' ? pipeline.path : 'the built-in pipeline';
  throw new UnknownEnvironment(
    `Input "environment" is "${asked}"; ${source} has no environment of that name. Did you mean "${closest(asked, names)}"? There are: ${names.join(', ')}.`,
  );
}

function offPath(decision: Decision, name: string): EnvironmentDecision {
  return {
    name,
    stage: 0,
    state: 'later',
    verdict: 'blocked',
    reasons: offPathReasons(decision, name),
    live: null,
    approvals: null,
    liftsAt: null,
  };
}

function offPathReasons(decision: Decision, name: string): readonly Reason[] {
  if (decision.route === null) return decision.reasons;
  const because = `Route "${decision.route}" takes ${decision.candidate.ref} and does not lead to ${name}.`;
  return [{ code: 'not_on_path', environment: name, because, fix: REASONS.not_on_path.fix, who: [REASONS.not_on_path.who], liftsAt: null }];
}
