import { bytesInWords } from '../amounts.ts';
import { isBookkeeping } from '../comparison.ts';
import type { PhaseFacts, RehearsalFacts } from '../evidence.ts';
import { boundInWords, exceeds, type Limits } from '../limits.ts';
import type { Observation, Rewrite, StatementTrace } from '../observed.ts';
import type { RehearsalReason } from '../reasons.ts';
import { adviceFor } from './advice.ts';
import { capitalized, finding, nameOf } from './finding.ts';

/** What the migration costs, alone: tables written anew, disk, write-ahead log. */
export function resources(facts: RehearsalFacts, limits: Limits): readonly RehearsalReason[] {
  return facts.phases.flatMap(({ name, observation }: PhaseFacts) =>
    name !== 'up' || observation === null
      ? []
      : [...rewrites(observation, limits), ...disk(observation, limits), ...wal(observation, limits)],
  );
}

/** A table counts once, however often it is rewritten; what a migration tool keeps its book in is its own. */
function rewrites({ rewrites: found, statements }: Observation, limits: Limits): RehearsalReason[] {
  const all = found.filter(({ relation }) => !isBookkeeping(relation));
  return [...Map.groupBy(all, ({ relation }) => relation).values()].flatMap((same) => {
    const largest = same.reduce((most, one) => (one.bytes > most.bytes ? one : most));
    const consequence = exceeds(limits.bounds.rewrite, largest.bytes);
    if (consequence === null) return [];
    const statement = statements.find(({ number }) => number === largest.statement) ?? null;
    return [rewrite(largest, statement, { times: same.length, allowed: limits.bounds.rewrite[consequence] ?? 0, consequence })];
  });
}

function rewrite(
  { relation, bytes }: Rewrite,
  statement: StatementTrace | null,
  { times, allowed, consequence }: { readonly times: number; readonly allowed: number; readonly consequence: 'fail' | 'warn' },
): RehearsalReason {
  const who = statement === null ? 'The migration' : `${capitalized(nameOf(statement))},`;
  const again = times === 1 ? '' : `, ${times} times`;
  const because = `${who} writes ${relation} anew, ${bytesInWords(bytes)}${again}; allowed are tables up to ${boundInWords('rewrite', allowed)}.`;
  const fix = statement === null ? null : adviceFor(statement.text);
  return finding('table_rewritten', { phase: 'up', because, fix, consequence, statement: statement?.number ?? null, measured: bytes });
}

function disk({ disk: { before, peak, after } }: Observation, limits: Limits): RehearsalReason[] {
  const above = Math.max(0, peak - before);
  const consequence = exceeds(limits.bounds.disk, above);
  if (consequence === null) return [];
  const allowed = boundInWords('disk', limits.bounds.disk[consequence] ?? 0);
  const kept = after > before ? `${bytesInWords(after - before)} of it stay` : 'nothing of it stays';
  const because = `The database takes up to ${bytesInWords(above)} more than before, and ${kept}; allowed are ${allowed}.`;
  return [finding('disk_peak', { phase: 'up', because, consequence, measured: above })];
}

function wal({ wal: written }: Observation, limits: Limits): RehearsalReason[] {
  const consequence = written === null ? null : exceeds(limits.bounds.wal, written);
  if (written === null || consequence === null) return [];
  const allowed = boundInWords('wal', limits.bounds.wal[consequence] ?? 0);
  const because = `The migration writes ${bytesInWords(written)} of write-ahead log; allowed are ${allowed}.`;
  return [finding('wal_volume', { phase: 'up', because, consequence, measured: written })];
}
