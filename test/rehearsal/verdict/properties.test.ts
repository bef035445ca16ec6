import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PHASES, type PhaseFacts, type RehearsalFacts, type Verdict } from '../../../src/rehearsal/evidence.ts';
import { type BoundName, LIMIT_NAMES, LIMITS, type Limits, readLimits, type Threshold } from '../../../src/rehearsal/limits.ts';
import type { LoadReport, LockTrace, Observation, StatementTrace, WaitTrace } from '../../../src/rehearsal/observed.ts';
import { REHEARSAL_REASONS, type RehearsalReason } from '../../../src/rehearsal/reasons.ts';
import { judge, verdictOf } from '../../../src/rehearsal/verdict.ts';
import { CASES } from './cases.ts';
import { facts } from './facts.ts';

const RANK = { none: -1, pass: 0, warn: 1, fail: 2 } as const;
const RUNS = 300;

/** Amounts around every limit, as well as odd ones. */
const amount = fc.oneof(
  fc.constantFrom(0, 99.9, 100, 101, 999, 1000, 1001, 180_000, 180_001, 1e7, 1e8 + 1, 1e12),
  fc.double({ min: 0, max: 1e13, noNaN: true }),
);
const interval = fc.tuple(amount, amount).map(([one, other]) => ({ atLeast: Math.min(one, other), atMost: Math.max(one, other) }));
const seconds = amount.map((milliseconds) => milliseconds / 1000);
const small = fc.integer({ min: 0, max: 5 });
const relation = fc.constantFrom('public.a', 'public.b', 'c', '');
const sql = fc.oneof(
  fc.constantFrom(
    'ALTER TABLE public.a ADD COLUMN b int',
    'CREATE INDEX CONCURRENTLY i ON a (b)',
    'CREATE INDEX i ON a (b)',
    'UPDATE a SET b = $1',
    'ALTER TABLE a RENAME b TO c',
    'LOCK TABLE a NOWAIT',
  ),
  fc.string({ maxLength: 60 }),
);
const number = fc.option(fc.integer({ min: 1, max: 6 }), { nil: null });
const error = fc.option(fc.constantFrom('40P01', '53100', '57P01', '08006', '42P01', '55P03', ''), { nil: null });

const statement: fc.Arbitrary<StatementTrace> = fc.record({
  number: fc.integer({ min: 1, max: 6 }),
  text: sql,
  kind: fc.constantFrom('ALTER TABLE', 'CREATE INDEX CONCURRENTLY', ''),
  connection: small,
  transaction: small,
  began: amount,
  seconds,
  lockTimeout: fc.option(fc.constantFrom(0, 2000), { nil: null }),
  error,
  rows: fc.option(small, { nil: null }),
});
const lock: fc.Arbitrary<LockTrace> = fc.record({
  relation,
  table: relation,
  mode: fc.constantFrom('AccessExclusiveLock', 'ShareLock', 'odd'),
  statement: number,
  from: amount,
  held: interval,
  blocks: fc.constantFrom('reads and writes', 'writes', 'schema changes'),
});
const who = fc.constantFrom('migration', 'load', 'other');
const wait: fc.Arbitrary<WaitTrace> = fc.record({
  who,
  statement: number,
  relation: fc.option(relation, { nil: null }),
  mode: fc.constant(null),
  from: amount,
  lasted: interval,
  behind: who,
});
const some = <T>(one: fc.Arbitrary<T>): fc.Arbitrary<T[]> => fc.array(one, { maxLength: 5 });
const observation: fc.Arbitrary<Observation> = fc.record({
  begunAt: amount,
  lasted: amount,
  statements: some(statement),
  transactions: some(
    fc.record({ number: small, began: amount, seconds, block: fc.boolean(), ended: fc.constantFrom('commit', 'rollback', 'lost') }),
  ),
  locks: some(lock),
  waits: some(wait),
  rewrites: some(fc.record({ relation, root: fc.option(relation, { nil: null }), bytes: amount, statement: number })),
  touched: some(relation),
  writers: fc.array(small),
  disk: fc.record({ before: amount, peak: amount, after: amount }),
  wal: fc.option(amount, { nil: null }),
  blind: some(fc.constantFrom('', 'Nothing seen.')),
});
const operation = fc.record({ count: small, p50: amount, p99: amount, longest: amount });
const loadFigures = fc.record({ reads: operation, writes: operation });
const load: fc.Arbitrary<LoadReport> = fc.record({
  begunAt: amount,
  baseline: loadFigures,
  during: loadFigures,
  errors: some(fc.record({ code: fc.constantFrom('40P01', '42703', '57014'), meaning: fc.string(), count: small })),
  deadlocks: small,
  stalls: some(fc.record({ kind: fc.constantFrom('read', 'write'), relation, from: amount, lasted: amount })),
  tables: some(relation),
  blind: fc.constant([]),
});
const checks = fc.record({
  invariants: some(
    fc.record({
      name: fc.string(),
      violations: small,
      error: fc.option(fc.string(), { nil: null }),
      lacks: fc.option(fc.string(), { nil: null }),
    }),
  ),
  lookups: some(
    fc.record({
      name: fc.string(),
      found: small,
      expected: small,
      error: fc.option(fc.string(), { nil: null }),
      lacks: fc.option(fc.string(), { nil: null }),
    }),
  ),
  rowChanges: some(
    fc.record({
      table: relation,
      before: fc.option(small, { nil: null }),
      after: fc.option(small, { nil: null }),
      explained: fc.boolean(),
    }),
  ),
  missingColumns: some(relation),
  missingTables: some(relation),
});
const outcome = fc.constantFrom('done', 'failed', 'skipped');
const phase: fc.Arbitrary<PhaseFacts> = fc.record({
  name: fc.constantFrom(...PHASES),
  outcome,
  because: fc.option(fc.string(), { nil: null }),
  seconds,
  copy: fc.constant(null),
  command: fc.option(
    fc.record({ ended: fc.constantFrom('success', 'failure', 'timeout', 'killed'), exitCode: fc.option(small, { nil: null }), seconds }),
    { nil: null },
  ),
  observation: fc.option(observation, { nil: null }),
  load: fc.option(load, { nil: null }),
  leftovers: some(
    fc.record({
      kind: fc.constantFrom('invalid-index', 'unvalidated-constraint'),
      name: fc.oneof(fc.string(), fc.constant('public.i on public.a')),
      sql: fc.option(fc.record({ name: fc.string(), on: fc.string() }), { nil: null }),
    }),
  ),
  differences: some(fc.string()),
  checks: fc.option(checks, { nil: null }),
  killedAfter: fc.option(fc.record({ statement: small, of: small }), { nil: null }),
});
const anything: fc.Arbitrary<RehearsalFacts> = fc
  .record({
    phases: fc.array(phase, { maxLength: 12 }),
    rollback: fc.constantFrom('make rollback', false as const, null),
    previous: fc.constantFrom('make test', null),
  })
  .map(({ phases, rollback, previous }) => facts([], { phases, commands: { migrate: 'm', rollback, previous } }));

const threshold: fc.Arbitrary<Threshold> = fc.record({ warn: fc.option(amount, { nil: null }), fail: fc.option(amount, { nil: null }) });
const bounds = LIMIT_NAMES.filter((name) => LIMITS[name].unit !== 'consequence');
const consequences = LIMIT_NAMES.filter((name) => LIMITS[name].unit === 'consequence');
const byName = <T>(names: readonly string[], one: fc.Arbitrary<T>): fc.Arbitrary<Record<string, T>> =>
  fc.record(Object.fromEntries(names.map((name) => [name, one])));
const limits = fc.record({
  bounds: byName(bounds, threshold),
  consequences: byName(consequences, fc.constantFrom('fail', 'warn', 'ignore', null)),
}) as unknown as fc.Arbitrary<Limits>;

/** One limit, made to allow more. */
function loosened(before: Limits, name: string, by: number): Limits {
  const more = (value: number | null): number | null => (value === null || by > 1e12 ? null : value + by);
  if (Object.hasOwn(before.bounds, name)) {
    const { warn, fail } = before.bounds[name as BoundName];
    return { ...before, bounds: { ...before.bounds, [name]: { warn: more(warn), fail: more(fail) } } };
  }
  const was = before.consequences[name as keyof Limits['consequences']];
  return { ...before, consequences: { ...before.consequences, [name]: was === 'fail' ? 'warn' : 'ignore' } };
}

const rank = (verdict: Verdict): number => RANK[verdict];

describe('whatever was seen', () => {
  it('there is a verdict, and it is that of the findings', () => {
    const seenCodes = new Set<string>();
    fc.assert(
      fc.property(anything, limits, (seen, rules) => {
        const { verdict, reasons } = judge(seen, rules);
        for (const { code } of reasons) seenCodes.add(code);
        const ran = seen.phases.some(({ name, outcome: ended }) => name === 'up' && ended !== 'skipped');
        expect(verdict).toBe(ran ? verdictOf(reasons) : 'none');
        for (const { because, fix, measured } of reasons) {
          expect(because.trim()).not.toBe('');
          expect(fix.trim()).not.toBe('');
          expect(because + fix).not.toMatch(/\b(?:NaN|undefined|null|Infinity)\b/);
          expect(measured === null || Number.isFinite(measured)).toBe(true);
        }
        const failures = reasons.map(({ consequence }) => consequence);
        expect(failures).toEqual(failures.toSorted((one, other) => (one === other ? 0 : one === 'fail' ? -1 : 1)));
      }),
      { numRuns: RUNS },
    );
    expect(seenCodes.size).toBeGreaterThan(Object.keys(REHEARSAL_REASONS).length * 0.8);
  });

  it('a phase that failed is never part of a pass, unless its findings are ignored', () => {
    fc.assert(
      fc.property(anything, (seen) => {
        const { verdict } = judge(seen, readLimits({}));
        if (seen.phases.some(({ outcome: ended }) => ended === 'failed')) expect(verdict).not.toBe('pass');
      }),
      { numRuns: RUNS },
    );
  });

  it('the same facts get the same verdict, and are left as they are', () => {
    fc.assert(
      fc.property(anything, limits, (seen, rules) => {
        const before = structuredClone(seen);
        expect(judge(seen, rules)).toEqual(judge(structuredClone(seen), structuredClone(rules)));
        expect(seen).toEqual(before);
      }),
      { numRuns: 100 },
    );
  });

  it('a limit that allows more never makes the verdict worse', () => {
    fc.assert(
      fc.property(
        anything,
        limits,
        fc.constantFrom(...LIMIT_NAMES),
        fc.double({ min: 0, max: 2e12, noNaN: true }),
        (seen, rules, name, by) => {
          expect(rank(judge(seen, loosened(rules, name, by)).verdict)).not.toBeGreaterThan(rank(judge(seen, rules).verdict));
        },
      ),
      { numRuns: RUNS },
    );
  });
});

describe('one finding more', () => {
  const reason = fc
    .constantFrom(...Object.values(CASES))
    .map(({ seen, limits: written = {} }) => judge(seen, readLimits(written)).reasons[0] as RehearsalReason);

  it('never makes the verdict better', () => {
    fc.assert(
      fc.property(fc.array(reason, { maxLength: 6 }), reason, (reasons, one) => {
        expect(RANK[verdictOf([...reasons, one])]).toBeGreaterThanOrEqual(RANK[verdictOf(reasons)]);
      }),
    );
  });

  it('of another phase stays, whatever else there is', () => {
    const cases = Object.entries(CASES).filter(([, { seen }]) => seen.phases.every(({ outcome: ended }) => ended !== 'failed'));
    fc.assert(
      fc.property(fc.constantFrom(...cases), phase, ([code, { seen, limits: written = {} }], other) => {
        const without = seen.phases.filter(({ name }) => name !== other.name);
        const touched = judge({ ...seen, phases: without }, readLimits(written)).reasons.map((one) => one.code);
        if (other.name === 'up' || !touched.includes(code as RehearsalReason['code'])) return;
        expect(judge({ ...seen, phases: [...without, other] }, readLimits(written)).reasons.map((one) => one.code)).toContain(code);
      }),
      { numRuns: RUNS },
    );
  });
});
