import { secondsInWords } from '../amounts.ts';
import type { CommandFacts, PhaseFacts, RehearsalFacts } from '../evidence.ts';
import type { Limits } from '../limits.ts';
import type { RehearsalReason } from '../reasons.ts';
import { adviceFor, breaksEarlierVersion } from './advice.ts';
import { cameThrough, chosen, nameOf } from './finding.ts';

/** Whether the version that is live bears the migrated schema. */
export function previous(facts: RehearsalFacts, limits: Limits): readonly RehearsalReason[] {
  if (facts.commands.previous === null || !cameThrough(facts)) return [];
  return facts.phases.flatMap((phase) => (phase.name === 'previous' ? testOf(phase, facts, limits) : []));
}

function testOf(phase: PhaseFacts, facts: RehearsalFacts, limits: Limits): RehearsalReason[] {
  const { command, because: why, outcome } = phase;
  if (command === null) {
    if (outcome === 'done') return [];
    const because = `The version that is live was not tested on the migrated schema${why === null ? '' : `: ${why}`}.`;
    return chosen(limits, 'previous', 'previous_unavailable', { phase: 'previous', because });
  }
  if (command.ended === 'success' && outcome !== 'failed') return [];
  const because = `The test of the version that is live ${endedInWords(command)} on the migrated schema; the log has what it said.`;
  const suspect = breaksEarlierVersion(migrationOf(facts))[0] ?? null;
  const advice = suspect === null ? null : adviceFor(suspect.text);
  const fix = suspect === null || advice === null ? null : `Look at ${nameOf(suspect)}. ${advice}`;
  return chosen(limits, 'previous', 'previous_broken', { phase: 'previous', because, fix, statement: suspect?.number ?? null });
}

/** The statements of the migration as it ran alone. */
export function migrationOf({ phases }: RehearsalFacts): NonNullable<PhaseFacts['observation']>['statements'] {
  return phases.find(({ name }) => name === 'up')?.observation?.statements ?? [];
}

/** `ended with exit code 1 after 4 s`. */
export function endedInWords({ ended, exitCode, seconds }: CommandFacts): string {
  const after = `after ${secondsInWords(seconds)}`;
  if (ended === 'timeout') return `did not end in time and was stopped ${after}`;
  if (ended === 'killed') return `was ended by a signal ${after}`;
  return exitCode === null ? `ended ${after}` : `ended with exit code ${exitCode} ${after}`;
}
