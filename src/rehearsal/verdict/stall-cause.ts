import type { LoadReport, LockTrace, Observation, StatementTrace } from '../observed.ts';

/** What most likely made a read or a write wait. */
export interface StallCause {
  readonly relation: string | null;
  readonly statement: StatementTrace | null;
  /** The statement did not have its lock yet: it waited itself, and everybody else behind it. */
  readonly queued: boolean;
  /** The lock that stopped it; `null` when none was seen. */
  readonly lock: LockTrace | null;
}

interface Span {
  readonly from: number;
  readonly to: number;
}

/**
 * Lays the longest stall over what the migration did at that time: the statement whose lock stops it for most of it, or which waited for
 * its own lock meanwhile, else the one that ran for most of it.
 */
export function causeOf(kind: 'read' | 'write', report: LoadReport, observation: Observation | null): StallCause {
  const [stall] = report.stalls
    .filter((one) => one.kind === kind)
    .toSorted((one, other) => other.lasted - one.lasted || one.from - other.from);
  if (stall === undefined || observation === null) return { relation: stall?.relation ?? null, statement: null, queued: false, lock: null };
  const { relation } = stall;
  const from = report.begunAt + stall.from - observation.begunAt;
  const span = { from, to: from + stall.lasted };
  const byNumber = (number: number | null): StatementTrace | null => observation.statements.find((one) => one.number === number) ?? null;
  const stops = ({ blocks }: LockTrace): boolean => blocks === 'reads and writes' || (kind === 'write' && blocks === 'writes');
  const lock = longestBeside(
    observation.locks.filter((one) => one.statement !== null && stops(one) && isAbout(one.relation, relation)),
    span,
    (one) => ({
      from: one.from,
      to: one.from + one.held.atMost,
    }),
  );
  const wait = longestBeside(
    observation.waits.filter(({ who, statement }) => who === 'migration' && statement !== null),
    span,
    (one) => ({
      from: one.from,
      to: one.from + one.lasted.atMost,
    }),
  );
  if (wait !== null && wait.share > (lock?.share ?? 0))
    return { relation, statement: byNumber(wait.one.statement), queued: true, lock: null };
  if (lock !== null) return { relation, statement: byNumber(lock.one.statement), queued: false, lock: lock.one };
  const ran = longestBeside(observation.statements, span, (one) => ({ from: one.began, to: one.began + one.seconds * 1000 }));
  return { relation, statement: ran?.one ?? null, queued: false, lock: null };
}

/** The load may name a table without its schema. */
function isAbout(locked: string, stalled: string): boolean {
  return locked === stalled || locked.endsWith(`.${stalled}`) || stalled.endsWith(`.${locked}`);
}

function longestBeside<One>(
  all: readonly One[],
  span: Span,
  spanOf: (one: One) => Span,
): { readonly one: One; readonly share: number } | null {
  let best: { one: One; share: number } | null = null;
  for (const one of all) {
    const { from, to } = spanOf(one);
    const share = Math.min(to, span.to) - Math.max(from, span.from);
    if (share > 0 && share > (best?.share ?? 0)) best = { one, share };
  }
  return best;
}
