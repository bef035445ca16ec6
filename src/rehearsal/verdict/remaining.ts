import type { PhaseFacts, PhaseName, RehearsalFacts } from '../evidence.ts';
import type { Limits } from '../limits.ts';
import { REHEARSAL_REASONS, type RehearsalReason, type RehearsalReasonCode } from '../reasons.ts';
import { capitalized, finding } from './finding.ts';

/** By phase, the findings that say why it failed; the first is told when there is none of them. */
const CODES = {
  up: ['migration_failed', 'migration_timeout', 'connection_lost', 'disk_full', 'migration_deadlock'],
  verify: ['check_failed', 'check_ahead', 'invariant_violated', 'lookup_empty', 'row_change_unexplained', 'masking_pending'],
  previous: ['previous_broken', 'previous_unavailable'],
  down: ['rollback_failed'],
  equal: ['rollback_incomplete'],
  'up-again': ['not_repeatable'],
  rerun: ['rerun_failed', 'rerun_changes'],
  load: ['migration_failed_under_load', 'migration_deadlock'],
  interrupted: ['interrupted_stuck', 'interrupted_differs'],
} as const satisfies Readonly<Record<PhaseName, readonly RehearsalReasonCode[]>>;

/**
 * No phase that failed passes in silence. Whatever the other families of findings make nothing of is told here, unless the pipeline file
 * ignores what they would have told.
 */
export function remaining({ phases }: RehearsalFacts, limits: Limits, found: readonly RehearsalReason[]): readonly RehearsalReason[] {
  return phases.filter(({ outcome }) => outcome === 'failed').flatMap((phase) => (isTold(phase, limits, found) ? [] : [silent(phase)]));
}

function isTold({ name, checks }: PhaseFacts, limits: Limits, found: readonly RehearsalReason[]): boolean {
  const codes: readonly RehearsalReasonCode[] = CODES[name];
  if (found.some(({ phase, code }) => phase === name && codes.includes(code))) return true;
  const { limit } = REHEARSAL_REASONS[CODES[name][0]];
  if (limit === 'previous' || limit === 'rerun' || limit === 'interrupted') return limits.consequences[limit] === 'ignore';
  // Row changes are the only check that may be ignored.
  return checks !== null && limits.consequences['row-changes'] === 'ignore' && checks.rowChanges.some(({ explained }) => !explained);
}

function silent({ name, because }: PhaseFacts): RehearsalReason {
  const told = because?.trim() || 'it failed and did not tell why; the log has what was said';
  return finding(CODES[name][0], { phase: name, because: `${capitalized(told)}.` });
}
