import type { PhaseName, RehearsalFacts } from './evidence.ts';
import type { RehearsalFigures } from './prediction.ts';

/** The few figures by which one rehearsal is compared with another. */
export function figuresOf(facts: RehearsalFacts): RehearsalFigures {
  const phase = (name: PhaseName) => facts.phases.find((one) => one.name === name) ?? null;
  const up = phase('up');
  const seen = up?.observation ?? null;
  const during = phase('load')?.load?.during ?? null;
  return {
    seconds: up?.command?.seconds ?? 0,
    statements: seen === null ? null : seen.statements.length,
    longestStatement: seen === null ? null : Math.max(0, ...seen.statements.map(({ seconds }) => seconds)),
    readStall: during?.reads.longest ?? null,
    writeStall: during?.writes.longest ?? null,
    diskPeak: seen === null ? null : seen.disk.peak - seen.disk.before,
    wal: seen?.wal ?? null,
    size: facts.snapshot?.bytes ?? null,
  };
}
