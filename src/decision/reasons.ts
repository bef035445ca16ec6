/**
 * The closed registry of reason codes: what each means, what it does to the verdict, what unblocks it and who can.
 * `docs/reasons.md` is generated from it. A code is never reused for another meaning.
 */

/**
 * What a reason does to the verdict of the environment it stands on. `supersedes` > `blocks` > `waits` > `asks`; the strongest wins.
 */
export type Effect = 'supersedes' | 'blocks' | 'waits' | 'asks';

export interface ReasonEntry {
  readonly effect: Effect;
  /** The rule that returns it: the name of a file in `rules/`. */
  readonly rule: string;
  readonly meaning: string;
  readonly fix: string;
  readonly who: string;
}

export const REASONS = {
  no_route: {
    effect: 'blocks',
    rule: 'ref',
    meaning: 'No route of the pipeline takes this branch or tag.',
    fix: 'Add a route for it to the pipeline file on the default branch, or push to a branch that a route takes.',
    who: 'Whoever may change the pipeline file.',
  },
} as const satisfies Record<string, ReasonEntry>;

export type ReasonCode = keyof typeof REASONS;
