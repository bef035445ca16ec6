import { secondsInWords } from '../amounts.ts';
import type { PhaseFacts, RehearsalFacts } from '../evidence.ts';
import { type BoundName, boundInWords, exceeds, type Limits } from '../limits.ts';
import type { StatementTrace } from '../observed.ts';
import type { RehearsalReason, RehearsalReasonCode } from '../reasons.ts';
import { adviceFor, buildsIndexConcurrently } from './advice.ts';
import { capitalized, finding, nameOf, oneLine } from './finding.ts';

/** Statements that take long, alone. */
export function statements(facts: RehearsalFacts, limits: Limits): readonly RehearsalReason[] {
  return facts.phases.flatMap((phase) => (phase.name === 'up' ? slowOnes(phase, limits) : []));
}

function slowOnes({ observation }: PhaseFacts, limits: Limits): RehearsalReason[] {
  const all = observation?.statements ?? [];
  const concurrent = all.filter(buildsIndexConcurrently);
  const others = all.filter((one) => !buildsIndexConcurrently(one));
  return [
    ...tooSlow('statement', 'statement_slow', others, limits, adviceFor),
    ...tooSlow('concurrent-index', 'concurrent_index_slow', concurrent, limits, () => null),
  ];
}

/** A batch that is run a hundred times is one finding: statements of one text are told together, by the slowest of them. */
function tooSlow(
  limit: BoundName,
  code: RehearsalReasonCode,
  all: readonly StatementTrace[],
  limits: Limits,
  advice: (text: string) => string | null,
): RehearsalReason[] {
  const slow = all.filter(({ seconds }) => exceeds(limits.bounds[limit], seconds * 1000) !== null);
  return [...Map.groupBy(slow, ({ text }) => oneLine(text)).values()].flatMap((alike) => {
    const slowest = alike.reduce((most, one) => (one.seconds > most.seconds ? one : most));
    const measured = slowest.seconds * 1000;
    const consequence = exceeds(limits.bounds[limit], measured);
    if (consequence === null) return [];
    const allowed = boundInWords(limit, limits.bounds[limit][consequence] ?? 0);
    const more = alike.length === 1 ? '' : ` ${alike.length} statements of this text take longer than that; this is the slowest.`;
    const because = `${capitalized(nameOf(slowest))}, takes ${secondsInWords(slowest.seconds)}; allowed are ${allowed}.${more}`;
    return [finding(code, { phase: 'up', because, fix: advice(slowest.text), consequence, statement: slowest.number, measured })];
  });
}
