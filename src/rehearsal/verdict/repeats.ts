import type { PhaseFacts, RehearsalFacts } from '../evidence.ts';
import type { Limits } from '../limits.ts';
import type { RehearsalReason } from '../reasons.ts';
import { chosen, nameOf, oneLine } from './finding.ts';
import { endedInWords, migrationOf } from './previous.ts';
import { differencesInWords } from './way-back.ts';

/** Whether the migration may be run once more, and whether it may be run again after it was killed in the middle. */
export function repeats(facts: RehearsalFacts, limits: Limits): readonly RehearsalReason[] {
  return facts.phases.flatMap((phase) => {
    if (phase.outcome === 'skipped') return [];
    if (phase.name === 'rerun') return rerun(phase, limits);
    return phase.name === 'interrupted' ? interrupted(phase, facts, limits) : [];
  });
}

/** What went wrong with a run; differences that nobody told count as one. */
function endOf({ command, outcome, differences }: PhaseFacts): 'failed' | 'differs' | 'fine' {
  if (command !== null && command.ended !== 'success') return 'failed';
  if (differences.length > 0) return 'differs';
  if (outcome !== 'failed') return 'fine';
  return command === null ? 'failed' : 'differs';
}

function rerun(phase: PhaseFacts, limits: Limits): RehearsalReason[] {
  const end = endOf(phase);
  if (end === 'fine') return [];
  if (end === 'failed') {
    const because = `Run once more on the finished database, the migration ${howOf(phase)}.`;
    return chosen(limits, 'rerun', 'rerun_failed', { phase: 'rerun', because });
  }
  const because = `Run once more on the finished database, the migration changes it: ${differencesInWords(phase)}.`;
  return chosen(limits, 'rerun', 'rerun_changes', { phase: 'rerun', because, measured: phase.differences.length });
}

function interrupted(phase: PhaseFacts, facts: RehearsalFacts, limits: Limits): RehearsalReason[] {
  const end = endOf(phase);
  if (end === 'fine') return [];
  const { killedAfter } = phase;
  const when = killedAfter === null ? 'in the middle' : `after ${killedAfter.statement} of its ${killedAfter.of} statements`;
  if (end === 'failed') {
    const because = `Killed ${when} and run again, the migration ${howOf(phase)}.`;
    return chosen(limits, 'interrupted', 'interrupted_stuck', {
      phase: 'interrupted',
      because,
      fix: concurrentAdvice(facts),
      measured: killedAfter?.statement ?? null,
    });
  }
  const because = `Killed ${when} and run again, the migration leaves another database than without that: ${differencesInWords(phase)}.`;
  return chosen(limits, 'interrupted', 'interrupted_differs', { phase: 'interrupted', because, measured: phase.differences.length });
}

const CONCURRENT_INDEX = /^CREATE\s+(?:UNIQUE\s+)?INDEX\s+CONCURRENTLY\s+(?:IF\s+NOT\s+EXISTS\s+)?(?<index>(?!ON\b)\S+)\s+ON\b/i;

/** What is built concurrently can be in no transaction, and what was begun is in its way. */
function concurrentAdvice(facts: RehearsalFacts): string | null {
  for (const statement of migrationOf(facts)) {
    const index = CONCURRENT_INDEX.exec(oneLine(statement.text))?.groups?.['index'];
    if (index === undefined) continue;
    return `Put \`DROP INDEX CONCURRENTLY IF EXISTS ${index};\` before ${nameOf(statement)}, and let each other step bear what an earlier attempt left.`;
  }
  return null;
}

function howOf({ command }: PhaseFacts): string {
  return command === null ? 'does not come through' : `${endedInWords(command)}; the log has what it said`;
}
