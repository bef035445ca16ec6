import type { ReasonCode } from './reasons.ts';

/**
 * The answer: for every environment on the candidate's path whether it may enter, and if not, why not.
 * Plain JSON, versioned by `schema`, bounded in size (see `serialize.ts`).
 */
export const DECISION_SCHEMA = 1;

/**
 * `deploy`: free to enter · `ask`: only a gate is missing, reviewers will be asked · `wait`: time or people will resolve it ·
 * `blocked`: something must change · `superseded`: something newer is already there · `complete`: nothing left.
 */
export const VERDICTS = ['deploy', 'ask', 'wait', 'blocked', 'superseded', 'complete'] as const;
export type Verdict = (typeof VERDICTS)[number];

/** One cause. */
export interface Reason {
  readonly code: ReasonCode;
  /** The environment it is about; `null` when it is about the candidate as a whole. */
  readonly environment: string | null;
  /** One sentence with the facts that led to it. */
  readonly because: string;
  /** What would change it, in the imperative. */
  readonly fix: string;
  /** Who can do that: logins and teams where they are known, else a role in words; empty when time alone does it. */
  readonly who: readonly string[];
  /** Epoch milliseconds at which time alone lifts this reason; `null` when time does not. */
  readonly liftsAt: number | null;
}

/**
 * `passed`: entered, verified, accepted · `entered`: deployed there, something after it is missing · `next`: to be entered now ·
 * `later`: an earlier stage comes first.
 */
export type EnvironmentState = 'passed' | 'entered' | 'next' | 'later';

/** A version that is live somewhere. */
export interface Live {
  readonly sha: string;
  readonly version: string;
  readonly digest: string | null;
  readonly since: number;
  readonly record: number;
}

export interface Approvals {
  readonly required: number;
  /** Logins whose approval counts. */
  readonly given: readonly string[];
  readonly missing: number;
  /** Who may give what is missing: users and teams. */
  readonly by: readonly string[];
}

export interface EnvironmentDecision {
  readonly name: string;
  /** Position of its stage on the path, from 1. */
  readonly stage: number;
  readonly state: EnvironmentState;
  /** `complete` when passed. */
  readonly verdict: Verdict;
  readonly reasons: readonly Reason[];
  readonly live: Live | null;
  /** `null` without a gate. */
  readonly approvals: Approvals | null;
  /** Epoch milliseconds at which time alone opens the door; `null` when time alone does not. */
  readonly liftsAt: number | null;
}

export interface Decision {
  readonly schema: typeof DECISION_SCHEMA;
  readonly candidate: { readonly sha: string; readonly ref: string; readonly version: string; readonly digest: string | null };
  readonly policyHash: string;
  /** `null` when no route takes the candidate's ref. */
  readonly route: string | null;
  /** Of the next stage: the most favourable among its environments that are not passed. */
  readonly verdict: Verdict;
  /** The next stage's environments that are not passed; empty when complete or without a route. */
  readonly targets: readonly string[];
  /** About the candidate as a whole (no route, gone ref, fork, veto …). They also stand on every environment they bar. */
  readonly reasons: readonly Reason[];
  /** Everything on the path, in its order. */
  readonly environments: readonly EnvironmentDecision[];
  /** Epoch milliseconds; when time alone opens a next target. */
  readonly liftsAt: number | null;
  /** What the route relaxes, and other things a reader must know, one sentence each. */
  readonly notes: readonly string[];
  /** The moment the decision was taken for, epoch milliseconds. */
  readonly decidedAt: number;
}
