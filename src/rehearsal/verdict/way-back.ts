import { listed } from '../../pipeline/listed.ts';
import type { PhaseFacts, RehearsalFacts } from '../evidence.ts';
import type { Limits } from '../limits.ts';
import type { RehearsalReason } from '../reasons.ts';
import { chosen, finding } from './finding.ts';
import { endedInWords } from './previous.ts';

/** Whether there is a way back, whether it leads where the migration came from, and whether the migration can be run again then. */
export function wayBack(facts: RehearsalFacts, limits: Limits): readonly RehearsalReason[] {
  return [...missing(facts, limits), ...facts.phases.flatMap(stepOf)];
}

function missing({ commands }: RehearsalFacts, limits: Limits): RehearsalReason[] {
  if (commands.rollback !== null) return [];
  const because = 'The pipeline file names no `rollback` for this rehearsal.';
  return chosen(limits, 'rollback', 'rollback_missing', { phase: 'down', because });
}

function stepOf(phase: PhaseFacts): RehearsalReason[] {
  if (phase.outcome !== 'failed') return [];
  if (phase.name === 'down') {
    const how = phase.command === null ? 'did not come through' : endedInWords(phase.command);
    return [finding('rollback_failed', { phase: 'down', because: `The way back ${how}; the log has what it said.` })];
  }
  if (phase.name === 'equal') {
    const because = `After the way back the database is not what it was before: ${differencesInWords(phase)}.`;
    return [finding('rollback_incomplete', { phase: 'equal', because, measured: phase.differences.length })];
  }
  return phase.name === 'up-again' ? [again(phase)] : [];
}

function again(phase: PhaseFacts): RehearsalReason {
  const { command } = phase;
  const because =
    command === null || command.ended === 'success'
      ? `Run again after the way back, the migration leaves another database than the first time: ${differencesInWords(phase)}.`
      : `Run again after the way back, the migration ${endedInWords(command)}; the log has what it said.`;
  return finding('not_repeatable', { phase: 'up-again', because, measured: phase.differences.length });
}

/** `the first differences, and 3 more`. */
export function differencesInWords({ differences, because }: Pick<PhaseFacts, 'differences' | 'because'>): string {
  return differences.length === 0 ? (because ?? 'what differs was not told') : listed(differences, 'and', 4);
}
