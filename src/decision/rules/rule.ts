import type { CandidateContext, EntryContext } from '../context.ts';
import type { Reason } from '../decision.ts';
import type { REASONS } from '../reasons.ts';

export type RuleName = (typeof REASONS)[keyof typeof REASONS]['rule'];

/** One rule: up to three small pure functions that each return reasons, none when they have nothing to say. */
export interface Rule {
  readonly name: RuleName;
  /** Whether it also bars a rollback. Going back to safety must stay possible, so time and order do not. */
  readonly rollback: boolean;
  /** About the candidate as a whole; what it returns bars every environment that is not passed. */
  readonly ofCandidate?: (context: CandidateContext) => readonly Reason[];
  /** About entering one environment. */
  readonly ofEntry?: (context: EntryContext) => readonly Reason[];
  /** About a candidate that is in the environment already and not done there. */
  readonly ofStay?: (context: EntryContext) => readonly Reason[];
  /**
   * The first instant from `at` on (epoch milliseconds) at which this rule lets the candidate enter if nothing but time changes: `at` itself when it does
   * then, infinity when it never will. Only rules have it whose answer depends on time.
   */
  readonly opensAt?: (context: EntryContext, at: number) => number;
}
