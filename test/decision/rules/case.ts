import type { EnvironmentState, Verdict } from '../../../src/decision/decision.ts';
import type { ReasonCode } from '../../../src/decision/reasons.ts';
import type { World } from '../world.ts';

/** One row of a rule's table: a world, and what the rule says in it. */
export interface Case {
  readonly name: string;
  readonly world: World;
  /** The environment that is looked at; `production` when left out, `null` for the candidate as a whole. */
  readonly environment?: string | null;
  /** Every code that the rule gives there, in order; nothing else of this rule may be there. */
  readonly codes: readonly ReasonCode[];
  readonly verdict?: Verdict;
  readonly state?: EnvironmentState;
  /** Of the rule's first reason. */
  readonly because?: RegExp;
  readonly fix?: RegExp;
  readonly who?: readonly string[];
  readonly liftsAt?: number | null;
  /** Of the environment, or of the decision where the case is about the candidate. */
  readonly opensAt?: number | null;
}
