import type { RehearsalEvidence, RehearsalFacts } from '../../src/rehearsal/evidence.ts';
import { readLimits } from '../../src/rehearsal/limits.ts';
import { judge } from '../../src/rehearsal/verdict.ts';
import { command, facts, figures, load, lock, observation, phase, statement, wait } from '../rehearsal/verdict/facts.ts';

/** Evidence of rehearsals that went well and badly, for reports to be looked at. */
export function evidenceOf(seen: RehearsalFacts): RehearsalEvidence {
  return { schema: 1, ...seen, ...judge(seen, readLimits({})) };
}

const ABOUT: Partial<RehearsalFacts> = {
  candidate: { sha: '0123456789abcdef0123456789abcdef01234567', version: 'v2.7.0', digest: `sha256:${'ab'.repeat(32)}` },
  migrations: `sha256:${'cd'.repeat(32)}`,
  snapshot: {
    id: `sha256:${'ef'.repeat(32)}`,
    takenAt: 1_790_000_000_000 - 31 * 3_600_000,
    format: 'a custom dump',
    major: 18,
    tables: 41,
    bytes: 3_480_000_000,
  },
  masking: {
    file: `sha256:${'12'.repeat(32)}`,
    columns: { keep: 310, mask: 22, null: 4 },
    rows: 5_120_000,
    seconds: 61,
    scan: { columns: 212, values: 8_300_000, canaries: 66, seconds: 22 },
    pending: [],
  },
  prediction: {
    last: {
      version: 'v2.6.3',
      at: 1_789_000_000_000,
      verdict: 'pass',
      figures: {
        seconds: 12.3,
        statements: 3,
        longestStatement: 1.2,
        readStall: 41,
        writeStall: 42,
        diskPeak: 0,
        wal: 12_000_000,
        size: 3_400_000_000,
      },
    },
    production: { version: 'v2.6.3', environment: 'production', rehearsedSeconds: 12.3, tookSeconds: 15.9, factor: 15.9 / 12.3 },
  },
};

const COPY = { how: 'FILE_COPY with file_copy_method=clone', seconds: 0.27, bytes: 3_480_000_000 };

const GOOD_STATEMENTS = [
  statement(1, 'SET lock_timeout = $1', { began: 320, seconds: 0.0003 }),
  statement(2, 'ALTER TABLE public.orders ADD COLUMN delivered_on date', { began: 322, seconds: 0.002, rows: 0 }),
  statement(3, 'CREATE INDEX CONCURRENTLY orders_delivered_on ON public.orders (delivered_on) WHERE delivered_on IS NOT NULL', {
    began: 326,
    seconds: 3.1,
  }),
  statement(4, 'INSERT INTO public.schema_migrations (version) VALUES ($1)', { began: 3430, seconds: 0.001, rows: 1 }),
];
const GOOD_LOCKS = [
  lock('public.orders', { statement: 2, from: 322, held: { atLeast: 2, atMost: 4 } }),
  lock('public.orders', {
    statement: 3,
    from: 326,
    held: { atLeast: 3095, atMost: 3099 },
    mode: 'ShareUpdateExclusiveLock',
    blocks: 'schema changes',
  }),
];

/** A column and an index, both the gentle way. */
export const GOOD: RehearsalEvidence = evidenceOf(
  facts(
    [
      phase('up', {
        copy: COPY,
        command: command('success', 3.9),
        observation: observation({
          statements: GOOD_STATEMENTS,
          locks: GOOD_LOCKS,
          touched: ['public.orders'],
          disk: { before: 3.48e9, peak: 3.52e9, after: 3.51e9 },
          wal: 34_000_000,
        }),
      }),
      phase('load', {
        copy: COPY,
        command: command('success', 4.2),
        observation: observation({ statements: GOOD_STATEMENTS, locks: GOOD_LOCKS, begunAt: 1_000_050 }),
        load: load({
          during: { reads: figures(41), writes: { ...figures(62), p99: 14 } },
          stalls: [{ kind: 'write', relation: 'public.orders', from: 3100, lasted: 62 }],
        }),
      }),
      phase('interrupted', { killedAfter: { statement: 1, of: 2 }, copy: COPY }),
    ],
    ABOUT,
  ),
);

const BAD_STATEMENTS = [
  statement(1, 'BEGIN', { began: 310, seconds: 0.0002, transaction: 1, lockTimeout: 0 }),
  statement(2, 'ALTER TABLE public.orders ALTER COLUMN total TYPE numeric(14, 2)', {
    began: 312,
    seconds: 11.2,
    transaction: 1,
    lockTimeout: 0,
  }),
  statement(
    3,
    'CREATE INDEX orders_customer_total ON public.orders (customer_id, total) /* for the "best customers" page <b> & others */',
    {
      began: 11_520,
      seconds: 4.4,
      transaction: 1,
      lockTimeout: 0,
    },
  ),
  statement(4, 'ALTER TABLE public.customers RENAME COLUMN name TO full_name', {
    began: 15_930,
    seconds: 0.003,
    transaction: 1,
    lockTimeout: 0,
  }),
  statement(5, 'UPDATE public.customers SET full_name = trim(full_name) WHERE full_name <> trim(full_name) AND id BETWEEN $1 AND $2', {
    began: 15_940,
    seconds: 2.13,
    rows: 120_411,
    transaction: 1,
    lockTimeout: 0,
  }),
  statement(6, 'COMMIT', { began: 18_080, seconds: 0.04, transaction: 1, lockTimeout: 0 }),
];
const BAD_LOCKS = [
  lock('public.orders', { statement: 2, from: 313, held: { atLeast: 17_790, atMost: 17_812 } }),
  lock('public.orders', { statement: 3, from: 11_521, held: { atLeast: 6580, atMost: 6600 }, mode: 'ShareLock', blocks: 'writes' }),
  lock('public.customers', { statement: 4, from: 15_931, held: { atLeast: 1700, atMost: 2200 } }),
  lock('public.customers', {
    statement: 5,
    from: 15_941,
    held: { atLeast: 2130, atMost: 2190 },
    mode: 'RowExclusiveLock',
    blocks: 'schema changes',
  }),
];

/** A rewrite, an index and a rename in one transaction, under load. */
export const BAD: RehearsalEvidence = evidenceOf(
  facts(
    [
      phase('up', {
        copy: COPY,
        command: command('success', 18.4),
        observation: observation({
          begunAt: 500_000,
          statements: BAD_STATEMENTS,
          locks: BAD_LOCKS,
          rewrites: [{ relation: 'public.orders', root: null, bytes: 896_000_000, statement: 2 }],
          touched: ['public.orders', 'public.customers'],
          disk: { before: 3.48e9, peak: 4.414e9, after: 3.518e9 },
          wal: 1_056_000_000,
        }),
      }),
      phase('previous', { outcome: 'failed', command: command('failure', 6) }),
      phase('equal', {
        outcome: 'failed',
        differences: [
          'table public.orders: column total numeric(12,2) → numeric(14,2)',
          'index public.orders_customer_total is still there',
        ],
      }),
      phase('up-again', { outcome: 'skipped', because: 'the way back leaves another schema', command: null, seconds: 0 }),
      phase('load', {
        copy: COPY,
        command: command('success', 21.7),
        observation: observation({
          statements: BAD_STATEMENTS.map((one) => ({
            ...one,
            began: one.number > 1 ? one.began + 2900 : one.began,
            seconds: one.number === 2 ? 14.1 : one.seconds,
          })).map((one) => (one.number === 2 ? { ...one, began: 312 } : one)),
          locks: BAD_LOCKS.map((one) => ({ ...one, from: one.from + 2900 })),
          waits: [
            wait({ statement: 2, from: 313, lasted: { atLeast: 2880, atMost: 2904 }, relation: 'public.orders' }),
            wait({
              who: 'load',
              statement: null,
              behind: 'migration',
              from: 315,
              lasted: { atLeast: 11_000, atMost: 11_060 },
              mode: 'RowExclusiveLock',
            }),
            wait({
              who: 'load',
              statement: null,
              behind: 'migration',
              from: 321,
              lasted: { atLeast: 10_900, atMost: 11_060 },
              mode: 'AccessShareLock',
            }),
            wait({
              who: 'load',
              statement: null,
              behind: 'migration',
              from: 12_000,
              lasted: { atLeast: 9000, atMost: 9040 },
              mode: 'AccessShareLock',
            }),
          ],
        }),
        load: load({
          during: {
            reads: { count: 412, p50: 0.5, p99: 20_400, longest: 20_710 },
            writes: { count: 388, p50: 0.9, p99: 20_500, longest: 20_730 },
          },
          stalls: [
            { kind: 'read', relation: 'public.orders', from: 330, lasted: 20_710 },
            { kind: 'read', relation: 'public.customers', from: 18_830, lasted: 2210 },
            { kind: 'write', relation: 'public.orders', from: 318, lasted: 20_730 },
            { kind: 'write', relation: 'public.customers', from: 18_820, lasted: 2230 },
          ],
          errors: [{ code: '42703', meaning: 'undefined column', count: 160 }],
        }),
      }),
      phase('interrupted', { killedAfter: { statement: 1, of: 4 }, copy: COPY }),
    ],
    ABOUT,
  ),
);

/** Nothing came of it. */
export const IMPOSSIBLE: RehearsalEvidence = evidenceOf(
  facts([], {
    phases: [],
    impossible: {
      code: 'masking_incomplete',
      message:
        'Two columns are declared neither keep, mask nor null. Add to masking.yml:\n\n  public.customers:\n    nickname: mask\n    `odd`: keep',
    },
    snapshot: ABOUT.snapshot ?? null,
  }),
);
