import { listed } from '../../pipeline/listed.ts';
import { intervalInWords } from '../amounts.ts';
import { isBookkeeping } from '../bookkeeping.ts';
import type { PhaseFacts, RehearsalFacts } from '../evidence.ts';
import { boundInWords, exceeds, type Limits, type Threshold } from '../limits.ts';
import type { Interval, LockTrace, Observation, StatementTrace } from '../observed.ts';
import type { RehearsalReason } from '../reasons.ts';
import { adviceFor } from './advice.ts';
import { capitalized, chosen, finding, nameOf } from './finding.ts';

/** Locks that the migration takes, alone: held too long, or waited for without end. */
export function locks(facts: RehearsalFacts, limits: Limits): readonly RehearsalReason[] {
  return facts.phases.flatMap((phase) => (phase.name === 'up' ? [...heldTooLong(phase, limits), ...withoutTimeout(phase, limits)] : []));
}

/** A lock that stops readers or writers of a relation which was there before. Nobody but the tool reads the tool's own book. */
function isDangerous({ blocks, table }: LockTrace): boolean {
  return blocks !== 'schema changes' && !isBookkeeping(table);
}

/**
 * What these lock in the end is an index that nobody has been using any more for a while: they have waited for that
 * (https://www.postgresql.org/docs/current/sql-dropindex.html, CONCURRENTLY).
 */
const CONCURRENT_EXCHANGE = /^\s*(?:DROP\s+INDEX|REINDEX\b.*)\s+CONCURRENTLY\b/is;

function stopsNobody(statement: StatementTrace | null): boolean {
  return statement !== null && [statement.kind, statement.text].some((text) => CONCURRENT_EXCHANGE.test(text));
}

/**
 * What follows from a time that was measured as an interval. Only what is proved fails; what may have been too long warns.
 */
function intervalExceeds(threshold: Threshold, { atLeast, atMost }: Interval): 'fail' | 'warn' | null {
  return exceeds(threshold, atLeast) ?? (exceeds(threshold, atMost) === null ? null : 'warn');
}

/** One finding a statement, by the lock that it held longest: the locks of its indexes and of further tables go with it. */
function heldTooLong({ observation }: PhaseFacts, limits: Limits): RehearsalReason[] {
  const threshold = limits.bounds.lock;
  const long = (observation?.locks ?? []).filter((lock) => isDangerous(lock) && intervalExceeds(threshold, lock.held) !== null);
  return [...Map.groupBy(long, ({ statement }) => statement).values()].flatMap((together) => {
    const [worst] = together.toSorted(longestFirst);
    const consequence = worst === undefined ? null : intervalExceeds(threshold, worst.held);
    if (worst === undefined || consequence === null || observation === null) return [];
    const statement = observation.statements.find(({ number }) => number === worst.statement) ?? null;
    const who = statement === null ? 'A statement that could not be told apart' : `${capitalized(nameOf(statement))},`;
    const relations = listed([worst.relation, ...together.map(({ relation }) => relation)], 'and', 4);
    const proved = exceeds(threshold, worst.held.atLeast) === null ? ' It was not seen often enough to say more.' : '';
    const because = `${who} holds ${worst.mode} on ${relations} for ${intervalInWords(worst.held)}, which stops ${worst.blocks}; allowed are ${boundInWords('lock', threshold.fail ?? threshold.warn ?? 0)}.${proved}`;
    const fix = statement === null ? null : adviceAgainst(worst, statement, observation);
    return [finding('lock_held', { phase: 'up', because, fix, consequence, statement: worst.statement, measured: worst.held.atLeast })];
  });
}

function longestFirst(one: LockTrace, other: LockTrace): number {
  return other.held.atLeast - one.held.atLeast || other.held.atMost - one.held.atMost || (one.relation < other.relation ? -1 : 1);
}

/** A statement that was done long before its lock was given back is not to blame: what its transaction did afterwards is. */
export function adviceAgainst(lock: LockTrace, statement: StatementTrace, { statements }: Observation): string | null {
  const own = adviceFor(statement.text);
  if (lock.held.atLeast < 2 * statement.seconds * 1000) return own;
  const later = statements.filter(({ transaction, number }) => transaction === statement.transaction && number > statement.number);
  const slowest = later.reduce<StatementTrace | null>((most, one) => (most === null || one.seconds > most.seconds ? one : most), null);
  if (slowest === null || slowest.seconds <= statement.seconds) return own;
  const further = adviceFor(slowest.text);
  const apart = `The lock is kept until the transaction ends: give ${nameOf(statement)}, a transaction of its own, apart from ${nameOf(slowest)}.`;
  return further === null ? apart : `${apart} ${further}`;
}

/** It gives up at once, so nobody queues behind it. The word ends the statements that know it; anywhere else it is a name. */
const NOWAIT = /^\s*(?:LOCK\b|SELECT\b|WITH\b|ALTER\s+(?:TABLE|INDEX|MATERIALIZED\s+VIEW)\s+ALL\s+IN\s+TABLESPACE\b).*\bNOWAIT\s*;?\s*$/is;

/** PostgreSQL's locks alone know a `lock_timeout`; its modes are named `…Lock`. */
function knowsTimeouts({ mode }: LockTrace): boolean {
  return mode.endsWith('Lock');
}

/** One finding for the whole migration: one line of SQL mends all of them. */
function withoutTimeout({ observation }: PhaseFacts, limits: Limits): RehearsalReason[] {
  if (observation === null) return [];
  const byNumber = new Map(observation.statements.map((statement) => [statement.number, statement]));
  const taken = observation.locks
    .filter((lock) => isDangerous(lock) && knowsTimeouts(lock))
    .map((lock) => {
      const statement = lock.statement === null ? null : (byNumber.get(lock.statement) ?? null);
      return { lock, statement, timeout: statement === null ? timeoutAt(lock.from, observation) : statement.lockTimeout };
    });
  const bare = taken.filter(({ timeout, statement }) => timeout === 0 && !stopsNobody(statement) && !NOWAIT.test(statement?.text ?? ''));
  const unknown = taken.filter(({ timeout }) => timeout === null).map(({ lock }) => lock);
  return [...bareFinding(bare, limits), ...unknownFinding(unknown, limits)];
}

/**
 * The `lock_timeout` that held when a lock was taken of which nobody knows whose it is: where every connection was doing something under one
 * then, it had one. `null`: nobody knows.
 */
function timeoutAt(time: number, { statements }: Observation): number | null {
  const latest = new Map<number, StatementTrace>();
  for (const one of statements) {
    const before = latest.get(one.connection);
    if (one.began <= time && (before === undefined || one.began >= before.began)) latest.set(one.connection, one);
  }
  const timeouts = [...latest.values()].map(({ lockTimeout }) => lockTimeout ?? 0);
  return timeouts.length > 0 && timeouts.every((timeout) => timeout > 0) ? Math.max(...timeouts) : null;
}

function bareFinding(bare: readonly { lock: LockTrace; statement: StatementTrace | null }[], limits: Limits): RehearsalReason[] {
  const statements = [...new Set(bare.map(({ statement }) => statement))].flatMap((one) => (one === null ? [] : [one]));
  const [first] = statements.toSorted((one, other) => one.number - other.number);
  if (first === undefined) return [];
  const relations = listed(bare.map(({ lock }) => lock.relation).toSorted(), 'and', 5);
  const who =
    statements.length === 1
      ? `${capitalized(nameOf(first))}, waits`
      : `${statements.length} statements, the first of them ${nameOf(first)}, wait`;
  const because = `${who} for a lock on ${relations} as long as it takes. Everybody who comes after queues behind it.`;
  const fix = `Put \`SET lock_timeout = '2s';\` before ${statements.length === 1 ? 'it' : 'the first of them'}, and let the deployment try again when it runs out.`;
  return chosen(limits, 'lock-timeout', 'lock_without_timeout', {
    phase: 'up',
    because,
    fix,
    statement: first.number,
    measured: statements.length,
  });
}

function unknownFinding(unknown: readonly LockTrace[], limits: Limits): RehearsalReason[] {
  if (unknown.length === 0 || limits.consequences['lock-timeout'] === 'ignore') return [];
  const relations = listed(unknown.map(({ relation }) => relation).toSorted(), 'and', 5);
  const because = `Nobody knows whether a \`lock_timeout\` held when locks on ${relations} were taken.`;
  const fix = "See that the migration runs `SET lock_timeout = '2s';` before it alters tables that are in use.";
  return [finding('not_observed', { phase: 'up', because, fix, measured: unknown.length })];
}
