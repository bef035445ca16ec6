import type { Reason } from './decision.ts';
import { REASON_CODES, REASONS, type ReasonCode } from './reasons.ts';

/** What a rule returns when it has nothing to say; shared, so that silence costs nothing. */
export const NO_REASONS: readonly Reason[] = Object.freeze([]);

const NOBODY: readonly string[] = Object.freeze([]);

/** The registry's words about who can help, as lists, made once. */
const IN_WORDS = Object.fromEntries(REASON_CODES.map((code) => [code, Object.freeze([REASONS[code].who])])) as unknown as Readonly<
  Record<ReasonCode, readonly string[]>
>;

/** What a reason says beyond its code. Everything left out comes from the registry. */
export interface Saying {
  readonly because: string;
  readonly fix?: string;
  /** Logins and teams; empty or left out: the registry's words, or nobody when time alone lifts the reason. */
  readonly who?: readonly string[];
  readonly liftsAt?: number | null;
}

/** One reason about an environment, or about the candidate as a whole (`null`). */
export function reasonOf(code: ReasonCode, environment: string | null, saying: Saying): Reason {
  const liftsAt = saying.liftsAt ?? null;
  return {
    code,
    environment,
    because: saying.because,
    fix: saying.fix ?? REASONS[code].fix,
    who: whoOf(code, saying.who, liftsAt),
    liftsAt,
  };
}

function whoOf(code: ReasonCode, who: readonly string[] | undefined, liftsAt: number | null): readonly string[] {
  if (who !== undefined && who.length > 0) return who;
  return liftsAt === null ? IN_WORDS[code] : NOBODY;
}
