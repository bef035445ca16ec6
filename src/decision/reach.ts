import type { Environment, Pipeline } from '../pipeline/model.ts';
import { rulesOnRoute } from '../pipeline/routes.ts';
import type { Decision, EnvironmentDecision, Reason } from './decision.ts';
import type { ReasonCode } from './reasons.ts';

/** One environment that a run may enter on its way, and what that takes. */
export interface Entry {
  readonly environment: string;
  /** `false`: the candidate is there already, and only its acceptance is missing. */
  readonly deploy: boolean;
  /** How many people have still to approve before it is entered. */
  readonly approvals: number;
  /** The environment's rules on the candidate's route. */
  readonly rules: Environment;
}

/** How far one run can bring a candidate. */
export interface Reach {
  /** Stage by stage, from the next one on; the last may hold some of its stage's environments only. */
  readonly stages: readonly (readonly Entry[])[];
  /** The environments before which the run ends, each with what bars it and does not resolve itself on the way; empty at the path's end. */
  readonly barred: readonly Barred[];
}

export interface Barred {
  readonly environment: EnvironmentDecision;
  readonly reasons: readonly Reason[];
}

/** What the run brings about in the stages before, when all goes well. */
const BROUGHT_BY_EARLIER: ReadonlySet<ReasonCode> = new Set(['earlier_not_passed', 'earlier_failed']);

/** What else it brings about when it enters, here or before; nothing is deployed, verified or rehearsed again where the candidate is already. */
const BROUGHT_BY_ENTERING: ReadonlySet<ReasonCode> = new Set(['verification_missing', 'rehearsal_missing']);

/**
 * How far one run can bring the candidate: through every stage that nothing bars but what the run itself brings about (earlier stages, approvals,
 * acceptance, rehearsal). It ends before a stage that waits for time or for anything else, so that no reviewer is asked in vain; whoever
 * comes later decides anew. The doors on the way are checked all the same.
 * @param environment only this one, by its name in the pipeline; `null`: along the path
 */
export function reachOf(pipeline: Pipeline, decision: Decision, environment: string | null = null): Reach {
  const stages: Entry[][] = [];
  for (const stage of stagesToCome(decision)) {
    const barred: Barred[] = [];
    const entries: Entry[] = [];
    for (const each of stage.filter(({ name }) => environment === null || name === environment)) {
      // A decision taken with another pipeline may name what this one does not have.
      const rules = rulesOnRoute(pipeline, decision.route, each.name);
      const reasons = rules === undefined ? each.reasons : barring(each, rules, stages);
      if (rules === undefined || reasons.length > 0) barred.push({ environment: each, reasons });
      else entries.push(entryOf(each, rules));
    }
    if (entries.length > 0) stages.push(entries);
    if (barred.length > 0) return { stages, barred };
  }
  return { stages, barred: [] };
}

/** The environments that are not passed, stage by stage, from the next stage on. */
export function stagesToCome(decision: Decision): readonly (readonly EnvironmentDecision[])[] {
  const stages = new Map<number, EnvironmentDecision[]>();
  for (const each of decision.environments) {
    if (each.state !== 'passed') stages.set(each.stage, [...(stages.get(each.stage) ?? []), each]);
  }
  return [...stages.values()];
}

/** The environment's reasons without those that are gone once the run gets there. */
function barring(environment: EnvironmentDecision, rules: Environment, before: readonly (readonly Entry[])[]): readonly Reason[] {
  const accepted = before.some((stage) => stage.some((entry) => entry.rules.acceptance !== null));
  const entered = environment.state === 'entered';
  return environment.reasons.filter(({ code }) => {
    if (code === 'approval_required') return false;
    if (code === 'acceptance_missing') return !entered;
    if (code === 'version_refused') return !(accepted && rules.accepts.includes('accepted'));
    // The first stage to come has nothing before it that the run could bring about.
    if (before.length === 0) return true;
    return !(BROUGHT_BY_EARLIER.has(code) || (BROUGHT_BY_ENTERING.has(code) && !entered));
  });
}

function entryOf(environment: EnvironmentDecision, rules: Environment): Entry {
  const deploy = environment.state !== 'entered';
  return { environment: environment.name, deploy, approvals: deploy ? (environment.approvals?.missing ?? 0) : 0, rules };
}
