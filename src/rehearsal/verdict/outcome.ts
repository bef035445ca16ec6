import { millisecondsInWords, secondsInWords } from '../amounts.ts';
import type { PhaseFacts, RehearsalFacts } from '../evidence.ts';
import { boundInWords, exceeds, type Limits } from '../limits.ts';
import type { Observation, StatementTrace } from '../observed.ts';
import type { RehearsalReason, RehearsalReasonCode } from '../reasons.ts';
import { buildsIndexConcurrently } from './advice.ts';
import { capitalized, finding, nameOf } from './finding.ts';

/** How the migration ended, alone, and how long it took. */
export function outcome(facts: RehearsalFacts, limits: Limits): readonly RehearsalReason[] {
  return facts.phases.flatMap((phase) => (phase.name === 'up' ? [...failureOf(phase), ...durationOf(phase, limits)] : []));
}

const DEADLOCK = '40P01';
const DISK_FULL = '53100';

function failureOf(phase: PhaseFacts): RehearsalReason[] {
  const { command, observation } = phase;
  if (phase.outcome === 'skipped') return [];
  if (command === null || command.ended === 'success') return lostUnnoticed(phase);
  const after = `after ${secondsInWords(command.seconds)}`;
  const last = lastError(observation);
  const at = last === null ? '' : ` ${capitalized(nameOf(last))}, failed with ${last.error}.`;
  const statement = (last ?? lastStatement(observation))?.number ?? null;
  if (command.ended === 'timeout') {
    return [
      finding('migration_timeout', {
        phase: 'up',
        because: `It was stopped ${after}.${at}`,
        statement: statement,
        measured: command.seconds * 1000,
      }),
    ];
  }
  if (command.ended === 'killed') {
    const because = `A signal ended it ${after}, from outside or for want of memory.${at}`;
    return [finding('migration_failed', { phase: 'up', because, statement })];
  }
  const known = codeOf(last, observation);
  // Why a phase failed is told where its command cannot have said so: the server was not there any more.
  const code = known === 'migration_failed' && phase.because !== null ? 'connection_lost' : known;
  const exit = command.exitCode === null ? '' : ` with exit code ${command.exitCode}`;
  return [finding(code, { phase: 'up', because: `It ended${exit} ${after}.${at}`, statement, measured: null })];
}

/** The command did not fail, or nobody heard how it ended: what makes the phase fail is that the server was not there any more. */
function lostUnnoticed({ outcome: ended, because }: PhaseFacts): RehearsalReason[] {
  return ended === 'failed' && because !== null ? [finding('connection_lost', { phase: 'up', because: `${capitalized(because)}.` })] : [];
}

function codeOf(last: StatementTrace | null, observation: Observation | null): RehearsalReasonCode {
  if (last?.error === DEADLOCK) return 'migration_deadlock';
  if (last?.error === DISK_FULL) return 'disk_full';
  if (last?.error != null) return lostConnection(last.error) ? 'connection_lost' : 'migration_failed';
  return observation?.transactions.at(-1)?.ended === 'lost' ? 'connection_lost' : 'migration_failed';
}

/** Class 08 is a connection exception; 57P01 to 57P05: the server ends the session, has crashed, or cannot be reached now. */
function lostConnection(error: string): boolean {
  return error.startsWith('08') || /^57P0[1-5]$/.test(error);
}

/** What a migration tool may have tried and borne came before. */
export function lastError(observation: Observation | null): StatementTrace | null {
  const failed = (observation?.statements ?? []).filter(({ error }) => error !== null);
  return failed.reduce<StatementTrace | null>((last, one) => (last === null || one.number >= last.number ? one : last), null);
}

function lastStatement(observation: Observation | null): StatementTrace | null {
  return observation?.statements.at(-1) ?? null;
}

function durationOf({ command, observation, outcome: ended }: PhaseFacts, limits: Limits): RehearsalReason[] {
  if (command === null || ended === 'skipped' || command.ended === 'timeout') return [];
  const concurrent = sum((observation?.statements ?? []).filter(buildsIndexConcurrently).map(({ seconds }) => seconds));
  const took = Math.max(0, command.seconds - concurrent) * 1000;
  const consequence = exceeds(limits.bounds.duration, took);
  if (consequence === null) return [];
  const without = concurrent === 0 ? '' : `, without the ${secondsInWords(concurrent)} in which indexes were built concurrently`;
  const because = `The migration takes ${millisecondsInWords(took)}${without}; allowed ${isOrAre(limits, consequence)}.`;
  return [finding('duration', { phase: 'up', because, consequence, measured: took })];
}

function isOrAre(limits: Limits, consequence: 'fail' | 'warn'): string {
  return `are ${boundInWords('duration', limits.bounds.duration[consequence] ?? 0)}`;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
