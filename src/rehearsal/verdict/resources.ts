import { bytesInWords } from '../amounts.ts';
import { isBookkeeping } from '../bookkeeping.ts';
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

/**
 * A table counts once, however often it is rewritten, and with all its partitions that are; what a migration tool keeps its book in is its own.
 */
function rewrites({ rewrites: found, statements }: Observation, limits: Limits): RehearsalReason[] {
  const all = found.filter(({ relation }) => !isBookkeeping(relation));
  return [...Map.groupBy(all, ({ relation, root }) => root ?? relation)].flatMap(([table, same]) => {
    const total = totalOf(table, same);
    const consequence = exceeds(limits.bounds.rewrite, total.bytes);
    if (consequence === null) return [];
    const statement = statements.find(({ number }) => number === total.statement) ?? null;
    return [rewrite(total, statement, { allowed: limits.bounds.rewrite[consequence] ?? 0, consequence })];
  });
}

interface Total {
  /** For people: `public.orders`, `4 partitions of public.orders`. */
  readonly what: string;
  readonly bytes: number;
  readonly times: number;
  /** `null` when several did it, or nobody knows. */
  readonly statement: number | null;
}

function totalOf(table: string, same: readonly Rewrite[]): Total {
  const tables = [...Map.groupBy(same, ({ relation }) => relation).values()];
  const largest = tables.map((one) => one.reduce((most, other) => (other.bytes > most.bytes ? other : most)));
  const by = [...new Set(largest.map(({ statement }) => statement))];
  return {
    what: largest.length === 1 ? (largest[0]?.relation ?? table) : `${largest.length} partitions of ${table}`,
    bytes: largest.reduce((sum, { bytes }) => sum + bytes, 0),
    times: Math.max(...tables.map(({ length }) => length)),
    statement: by.length === 1 ? (by[0] ?? null) : null,
  };
}

function rewrite(
  { what, bytes, times }: Total,
  statement: StatementTrace | null,
  { allowed, consequence }: { readonly allowed: number; readonly consequence: 'fail' | 'warn' },
): RehearsalReason {
  const who = statement === null ? 'The migration' : `${capitalized(nameOf(statement))},`;
  const again = times === 1 ? '' : `, ${times} times`;
  const because = `${who} writes ${what} anew, ${bytesInWords(bytes)}${again}; allowed are tables up to ${boundInWords('rewrite', allowed)}.`;
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
