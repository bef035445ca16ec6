/** Small builders of what a rehearsal sees; everything that is not said is harmless. */
import type { CheckFacts, CommandFacts, PhaseFacts, PhaseName, RehearsalFacts } from '../../../src/rehearsal/evidence.ts';
import { PHASES } from '../../../src/rehearsal/evidence.ts';
import type { LoadReport, LockTrace, Observation, OperationFigures, StatementTrace, WaitTrace } from '../../../src/rehearsal/observed.ts';

export function command(ended: CommandFacts['ended'] = 'success', seconds = 2): CommandFacts {
  return { ended, exitCode: ended === 'success' ? 0 : ended === 'failure' ? 1 : null, seconds };
}

export function statement(number: number, text: string, more: Partial<StatementTrace> = {}): StatementTrace {
  const kind = text.split(' ').slice(0, 2).join(' ');
  const base = { number, text, kind, connection: 1, transaction: 1, began: number * 100, seconds: 0.01 };
  return { ...base, lockTimeout: 2000, error: null, rows: null, ...more };
}

export function lock(relation: string, more: Partial<LockTrace> = {}): LockTrace {
  const base = { relation, table: relation, mode: 'AccessExclusiveLock', statement: 1, from: 100, held: { atLeast: 5, atMost: 7 } };
  return { ...base, blocks: 'reads and writes', ...more };
}

export function wait(more: Partial<WaitTrace> = {}): WaitTrace {
  const base = { relation: 'public.orders', mode: 'AccessExclusiveLock', from: 100, lasted: { atLeast: 100, atMost: 102 } };
  return { who: 'migration', statement: 1, behind: 'load', ...base, ...more };
}

export function observation(more: Partial<Observation> = {}): Observation {
  const nothing = { statements: [], transactions: [], locks: [], waits: [], rewrites: [], touched: [], writers: [], blind: [] };
  return { begunAt: 1_000_000, lasted: 2000, ...nothing, disk: { before: 1e9, peak: 1e9, after: 1e9 }, wal: 0, ...more };
}

const CALM: OperationFigures = { count: 1000, p50: 0.4, p99: 2, longest: 9 };

export function load(more: Partial<LoadReport> = {}): LoadReport {
  const calm = { reads: CALM, writes: CALM };
  const nothing = { errors: [], deadlocks: 0, stalls: [], blind: [] };
  return { begunAt: 1_000_000, baseline: calm, during: calm, tables: ['public.orders'], ...nothing, ...more };
}

export function figures(longest: number): OperationFigures {
  return { ...CALM, p99: longest / 2, longest };
}

export function checks(more: Partial<CheckFacts> = {}): CheckFacts {
  return { invariants: [], lookups: [], rowChanges: [], missingColumns: [], missingTables: [], ...more };
}

export function phase(name: PhaseName, more: Partial<PhaseFacts> = {}): PhaseFacts {
  const runs = name !== 'verify' && name !== 'equal';
  return {
    name,
    outcome: 'done',
    because: null,
    seconds: 2,
    copy: null,
    command: runs ? command() : null,
    observation: name === 'up' || name === 'load' ? observation() : null,
    load: name === 'load' ? load() : null,
    leftovers: [],
    differences: [],
    checks: name === 'verify' ? checks() : null,
    killedAfter: null,
    ...more,
  };
}

/** A rehearsal in which every phase went well, but for those given. */
export function facts(phases: readonly PhaseFacts[] = [], more: Partial<RehearsalFacts> = {}): RehearsalFacts {
  return {
    candidate: { sha: 'a'.repeat(40), version: 'v1.4.2', digest: '' },
    environment: 'staging',
    migrations: '',
    at: 1_790_000_000_000,
    server: { name: 'PostgreSQL 18.4', major: 18 },
    snapshot: null,
    masking: null,
    deviations: [],
    commands: { migrate: 'make migrate', rollback: 'make rollback', previous: 'make test' },
    phases: PHASES.map((name) => phases.find((one) => one.name === name) ?? phase(name)),
    impossible: null,
    prediction: null,
    ...more,
  };
}
