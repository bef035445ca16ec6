import type { Verdict } from '../decision/decision.ts';

/** Exit codes of the command line. They are part of its interface: documented in docs/command-line.md, never renumbered. */
export const EXIT = {
  /** The candidate may go on (`deploy`, `ask`), or has nothing left (`complete`). */
  open: 0,
  /** The question could not be answered: no access, no such candidate, no such environment, a mistake in the pipeline file. */
  failed: 1,
  /** The words on the command line make no sense, or a value is not what its option takes. */
  usage: 2,
  /** Verdict `wait`. */
  wait: 3,
  /** Verdict `blocked`. */
  blocked: 4,
  /** Verdict `superseded`. */
  superseded: 5,
  /** `doctor`: GitHub is not as the pipeline file demands. `init`: a file that is there says something else, and stays. */
  differs: 6,
} as const;

export function exitCodeFor(verdict: Verdict): number {
  if (verdict === 'wait' || verdict === 'blocked' || verdict === 'superseded') return EXIT[verdict];
  return EXIT.open;
}
