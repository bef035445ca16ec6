import { listed } from '../../pipeline/listed.ts';
import { rowsInWords } from '../amounts.ts';
import type { CheckFacts, PhaseFacts, PhaseName, RehearsalFacts } from '../evidence.ts';
import type { Limits } from '../limits.ts';
import type { RehearsalReason } from '../reasons.ts';
import { chosen, finding } from './finding.ts';

/** What the queries of the checks file find on the migrated data, and what the masking file says of columns that are not there. */
export function data(facts: RehearsalFacts, limits: Limits): readonly RehearsalReason[] {
  return facts.phases.flatMap((phase) => checksOf(phase, limits));
}

function checksOf({ name: phase, checks }: PhaseFacts, limits: Limits): RehearsalReason[] {
  if (checks === null) return [];
  return [...invariants(phase, checks), ...lookups(phase, checks), ...rowChanges(phase, checks, limits), ...missingColumns(phase, checks)];
}

function invariants(phase: PhaseName, { invariants: all }: CheckFacts): RehearsalReason[] {
  return all.flatMap(({ name, violations, error, lacks }) => {
    if (error !== null) return [failedQuery(phase, `invariant "${name}"`, error, lacks)];
    if (violations <= 0) return [];
    const because = `The invariant "${name}" is violated by ${rowsInWords(violations)}.`;
    return [finding('invariant_violated', { phase, because, measured: violations })];
  });
}

function lookups(phase: PhaseName, { lookups: all }: CheckFacts): RehearsalReason[] {
  return all.flatMap(({ name, found, expected, error, lacks }) => {
    if (error !== null) return [failedQuery(phase, `look-up "${name}"`, error, lacks)];
    if (found >= expected) return [];
    const because = `The look-up "${name}" finds ${rowsInWords(found)}; the test case needs ${expected}.`;
    return [finding('lookup_empty', { phase, because, measured: found })];
  });
}

function failedQuery(phase: PhaseName, what: string, error: string, lacks: string | null): RehearsalReason {
  if (lacks !== null) {
    const because = `Only the default branch has the ${what}, and it asks for something that this database lacks: ${error}.`;
    if (lacks === '') return finding('check_ahead', { phase, because });
    const said = `${because} The candidate's checks file says why: ${lacks.replace(/\.$/, '')}.`;
    return finding('check_ahead', { phase, because: said, consequence: 'warn', fix: 'Nothing, if that is so.' });
  }
  return finding('check_failed', { phase, because: `The query of the ${what} ended with an error: ${error}.` });
}

function rowChanges(phase: PhaseName, { rowChanges: all }: CheckFacts, limits: Limits): RehearsalReason[] {
  return all.flatMap(({ table, before, after, explained }) => {
    const change = (after ?? 0) - (before ?? 0);
    if (explained || change === 0) return [];
    const because = `${table} ${rowChange(before, after)}, and nothing says why.`;
    const fix = `If that is meant, write \`${table}: ${change > 0 ? 'more' : 'fewer'}\` under \`row-changes\` of the checks file; otherwise mend the migration.`;
    return chosen(limits, 'row-changes', 'row_change_unexplained', { phase, because, fix, measured: Math.abs(change) });
  });
}

function rowChange(before: number | null, after: number | null): string {
  if (after === null) return `is gone, with ${rowsInWords(before ?? 0)}`;
  if (before === null) return `is new and has ${rowsInWords(after)}`;
  const change = after - before;
  return `has ${Math.abs(change).toLocaleString('en-US')} ${change > 0 ? 'more' : 'fewer'} ${Math.abs(change) === 1 ? 'row' : 'rows'} than before (${before.toLocaleString('en-US')} → ${after.toLocaleString('en-US')})`;
}

function missingColumns(phase: PhaseName, { missingColumns: missing }: CheckFacts): RehearsalReason[] {
  if (missing.length === 0) return [];
  const because = `The masking file names ${listed(missing, 'and', 6)}, which neither the snapshot nor the migrated schema has.`;
  return [finding('masking_pending', { phase, because, measured: missing.length })];
}
