import { listed } from '../../pipeline/listed.ts';
import { millisecondsInWords } from '../amounts.ts';
import type { PhaseFacts, RehearsalFacts } from '../evidence.ts';
import { boundInWords, exceeds, type Limits } from '../limits.ts';
import type { LoadReport, Observation, StatementTrace } from '../observed.ts';
import type { RehearsalReason } from '../reasons.ts';
import { adviceFor, breaksEarlierVersion } from './advice.ts';
import { cameThrough, capitalized, chosen, finding, nameOf } from './finding.ts';
import { adviceAgainst } from './locks.ts';
import { lastError } from './outcome.ts';
import { endedInWords, migrationOf } from './previous.ts';
import { causeOf, type StallCause } from './stall-cause.ts';

/** What readers and writers go through beside the migration, and what the migration goes through beside them. */
export function load(facts: RehearsalFacts, limits: Limits): readonly RehearsalReason[] {
  return facts.phases.flatMap((phase) => {
    if (phase.name !== 'load' || phase.outcome === 'skipped') return [];
    const { load: report } = phase;
    const felt =
      report === null
        ? []
        : [
            ...stalls('read', phase, report, limits),
            ...stalls('write', phase, report, limits),
            ...errors(facts, report, limits),
            ...deadlocks(phase, report),
          ];
    return [...felt, ...migrationBeside(facts, phase)];
  });
}

const DEADLOCK = '40P01';
const LOCK_TIMEOUT = '55P03';

/** The load's own longest stall without any migration: what is no longer than it proves nothing. */
function stalls(kind: 'read' | 'write', { observation }: PhaseFacts, report: LoadReport, limits: Limits): RehearsalReason[] {
  const [during, before] = kind === 'read' ? [report.during.reads, report.baseline.reads] : [report.during.writes, report.baseline.writes];
  const limit = `${kind}-stall` as const;
  const consequence = exceeds(limits.bounds[limit], during.longest);
  if (consequence === null) return [];
  if (during.longest <= before.longest) return [noisy(kind, before.longest)];
  const cause = causeOf(kind, report, observation);
  const where = cause.relation === null ? '' : ` of ${cause.relation}`;
  const did = cause.queued ? 'waited for its own lock meanwhile' : 'ran or held its lock meanwhile';
  const who = cause.statement === null ? '' : ` ${capitalized(nameOf(cause.statement))}, ${did}.`;
  const allowed = boundInWords(limit, limits.bounds[limit][consequence] ?? 0);
  const because = `A ${kind}${where} took ${millisecondsInWords(during.longest)} beside the migration; the longest before was ${millisecondsInWords(before.longest)}, allowed are ${allowed}.${who}`;
  const fix = adviceAgainstStall(cause, observation);
  return [
    finding(`${kind}_stall`, {
      phase: 'load',
      because,
      fix,
      consequence,
      statement: cause.statement?.number ?? null,
      measured: during.longest,
    }),
  ];
}

function adviceAgainstStall({ statement, queued, lock }: StallCause, observation: Observation | null): string | null {
  if (statement === null) return null;
  if (queued) return queueAdvice(statement);
  return lock === null || observation === null ? adviceFor(statement.text) : adviceAgainst(lock, statement, observation);
}

function noisy(kind: 'read' | 'write', longest: number): RehearsalReason {
  const because = `A ${kind} took ${millisecondsInWords(longest)} before anything was migrated, so a ${kind} that takes as long beside the migration proves nothing.`;
  return finding('not_observed', { phase: 'load', because, fix: 'Rehearse again on a machine that does nothing else.', measured: longest });
}

function queueAdvice(statement: StatementTrace): string {
  return `It waited for its own lock, and everybody queued behind it: put \`SET lock_timeout = '2s';\` before ${nameOf(statement)}, and let the deployment try again when it runs out.`;
}

function errors(facts: RehearsalFacts, report: LoadReport, limits: Limits): RehearsalReason[] {
  const others = report.errors.filter(({ code, count }) => code !== DEADLOCK && count > 0);
  const count = others.reduce((sum, one) => sum + one.count, 0);
  if (count === 0) return [];
  const kinds = listed(
    others
      .toSorted((one, other) => other.count - one.count || (one.code < other.code ? -1 : 1))
      .map(({ code, meaning, count: times }) => `${times} × ${code} (${meaning})`),
    'and',
    5,
  );
  const because = `${count === 1 ? 'A statement' : `${count.toLocaleString('en-US')} statements`} of the load failed beside the migration: ${kinds}.`;
  // Class 42: what the statement names is not there any more, or is of another type.
  const suspect = others.some(({ code }) => code.startsWith('42')) ? (breaksEarlierVersion(migrationOf(facts))[0] ?? null) : null;
  const advice = suspect === null ? null : adviceFor(suspect.text);
  const fix = suspect === null || advice === null ? null : `Look at ${nameOf(suspect)}. ${advice}`;
  return chosen(limits, 'load-errors', 'load_errors', { phase: 'load', because, fix, statement: suspect?.number ?? null, measured: count });
}

function deadlocks({ observation }: PhaseFacts, report: LoadReport): RehearsalReason[] {
  const told = report.errors.filter(({ code }) => code === DEADLOCK).reduce((sum, { count }) => sum + count, 0);
  const count = Math.max(report.deadlocks, told);
  if (count <= 0) return [];
  const because = `The load ran into ${count === 1 ? 'a deadlock' : `${count} deadlocks`} with the migration.`;
  return [finding('load_deadlock', { phase: 'load', because, fix: deadlockAdvice(observation), measured: count })];
}

/** Names the tables that one transaction locks, in the order in which it does. */
function deadlockAdvice(observation: Observation | null): string | null {
  if (observation === null) return null;
  const transactionOf = new Map(observation.statements.map(({ number, transaction }) => [number, transaction]));
  const strong = observation.locks
    .filter(({ blocks, statement }) => blocks !== 'schema changes' && statement !== null)
    .toSorted((one, other) => one.from - other.from);
  const orders = [...Map.groupBy(strong, ({ statement }) => transactionOf.get(statement ?? 0)).values()].map((locks) => [
    ...new Set(locks.map(({ relation }) => relation)),
  ]);
  const longest = orders.toSorted((one, other) => other.length - one.length)[0] ?? [];
  if (longest.length < 2) return null;
  return `One transaction locks ${longest.slice(0, 4).join(', then ')}: give each table a transaction of its own, or lock them in the order in which the application does, with a \`lock_timeout\`.`;
}

/** The migration fails beside load although it comes through alone. */
function migrationBeside(facts: RehearsalFacts, { command, observation, outcome }: PhaseFacts): RehearsalReason[] {
  const failed = command === null ? outcome === 'failed' : command.ended !== 'success';
  if (!failed) return [];
  const last = lastError(observation);
  const at = last === null ? '' : ` ${capitalized(nameOf(last))}, failed with ${last.error}.`;
  const how = command === null ? 'does not come through' : endedInWords(command);
  const statement = last?.number ?? null;
  const victim =
    last?.error === DEADLOCK
      ? [
          finding('migration_deadlock', {
            phase: 'load',
            because: `The server ended a deadlock by ending the migration.${at}`,
            fix: deadlockAdvice(observation),
            statement,
          }),
        ]
      : [];
  if (!cameThrough(facts)) return victim;
  const because = `Beside readers and writers the migration ${how}, alone it comes through.${at}`;
  const fix =
    last?.error === LOCK_TIMEOUT
      ? `Its \`lock_timeout\` protected the application; let the deployment try ${nameOf(last)}, again until it gets its lock.`
      : null;
  return [...victim, finding('migration_failed_under_load', { phase: 'load', because, fix, statement })];
}
