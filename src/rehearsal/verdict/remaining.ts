import type { PhaseFacts, PhaseName, RehearsalFacts } from '../evidence.ts';
import type { Limits } from '../limits.ts';
import { REHEARSAL_REASONS, type RehearsalReason, type RehearsalReasonCode } from '../reasons.ts';
import { finding } from './finding.ts';

/** Whose finding it is when a phase failed and tells nothing that says why. `null`: another phase's finding covers it. */
const CODES = {
  up: 'migration_failed',
  verify: 'check_failed',
  previous: 'previous_broken',
  down: 'rollback_failed',
  equal: 'rollback_incomplete',
  'up-again': 'not_repeatable',
  rerun: 'rerun_failed',
  load: 'migration_failed_under_load',
  interrupted: 'interrupted_stuck',
} as const satisfies Readonly<Record<PhaseName, RehearsalReasonCode>>;

/**
 * No phase that failed passes in silence. Whatever the other families of findings make nothing of is told here, unless the pipeline file
 * ignores what they would have told.
 */
export function remaining({ phases }: RehearsalFacts, limits: Limits, found: readonly RehearsalReason[]): readonly RehearsalReason[] {
  return phases.filter(({ outcome }) => outcome === 'failed').flatMap((phase) => (isTold(phase, limits, found) ? [] : [silent(phase)]));
}

function isTold({ name, checks }: PhaseFacts, limits: Limits, found: readonly RehearsalReason[]): boolean {
  if (found.some(({ phase, code }) => phase === name && code !== 'not_observed')) return true;
  const { limit } = REHEARSAL_REASONS[CODES[name]];
  if (limit === 'previous' || limit === 'rerun' || limit === 'interrupted') return limits.consequences[limit] === 'ignore';
  // Row changes are the only check that may be ignored.
  return checks !== null && limits.consequences['row-changes'] === 'ignore' && checks.rowChanges.some(({ explained }) => !explained);
}

function silent({ name, because }: PhaseFacts): RehearsalReason {
  return finding(CODES[name], { phase: name, because: because ?? 'It failed and did not tell why; the log has what was said.' });
}
