/** For each code the facts that its meaning names, and nothing else. */

import type { RehearsalLimits } from '../../../src/pipeline/model.ts';
import type { RehearsalFacts } from '../../../src/rehearsal/evidence.ts';
import type { RehearsalReasonCode } from '../../../src/rehearsal/reasons.ts';
import { checks, command, facts, figures, load, lock, observation, phase, statement } from './facts.ts';

export interface Case {
  readonly seen: RehearsalFacts;
  readonly limits?: RehearsalLimits;
  /** A part of what it must tell. */
  readonly because?: RegExp;
  readonly fix?: RegExp;
  readonly statement?: number;
  readonly measured?: number;
}

const failedUp = (error: string | null, more: Parameters<typeof statement>[2] = {}): RehearsalFacts =>
  facts([
    phase('up', {
      outcome: 'failed',
      command: command('failure'),
      observation: observation({
        statements: [statement(1, 'CREATE TABLE a (id int)'), statement(2, 'ALTER TABLE a ADD COLUMN b int', { error, ...more })],
      }),
    }),
  ]);

const up = (more: Parameters<typeof observation>[0], took = 2): RehearsalFacts =>
  facts([phase('up', { command: command('success', took), observation: observation(more) })]);

export const CASES: Readonly<Record<RehearsalReasonCode, Case>> = {
  migration_failed: { seen: failedUp('42P07'), because: /exit code 1.*Statement 2.*42P07/, statement: 2 },
  migration_timeout: {
    seen: facts([phase('up', { outcome: 'failed', command: command('timeout', 60) })]),
    because: /stopped after 1 min/,
    measured: 60_000,
  },
  connection_lost: { seen: failedUp('57P01'), statement: 2 },
  disk_full: { seen: failedUp('53100'), statement: 2 },
  migration_deadlock: { seen: failedUp('40P01'), statement: 2 },
  duration: { seen: up({}, 180.001), because: /3 min/, measured: 180_001 },
  statement_slow: {
    seen: up({ statements: [statement(1, 'UPDATE public.orders SET a = $1', { seconds: 0.101 })] }),
    because: /takes 101 ms; allowed are 100 ms/,
    fix: /UPDATE public\.orders SET … WHERE id IN/,
    statement: 1,
    measured: 101,
  },
  concurrent_index_slow: {
    seen: up({ statements: [statement(3, 'CREATE UNIQUE INDEX CONCURRENTLY a ON b (c)', { seconds: 301 })] }, 302),
    statement: 3,
    measured: 301_000,
  },
  lock_held: {
    seen: up({
      statements: [statement(1, 'CREATE INDEX a ON public.orders (b)', { seconds: 0.09 })],
      locks: [lock('public.orders', { mode: 'ShareLock', blocks: 'writes', held: { atLeast: 1001, atMost: 1400 } })],
    }),
    because: /ShareLock on public\.orders for between 1 s and 1\.4 s, which stops writes; allowed are 1 s/,
    fix: /`CREATE INDEX CONCURRENTLY a ON public\.orders \(b\);`/,
    statement: 1,
    measured: 1001,
  },
  lock_without_timeout: {
    seen: up({
      statements: [statement(1, 'ALTER TABLE public.orders ADD COLUMN a int', { lockTimeout: 0 })],
      locks: [lock('public.orders')],
    }),
    because: /waits for a lock on public\.orders/,
    fix: /SET lock_timeout = '2s';/,
    statement: 1,
    measured: 1,
  },
  read_stall: {
    seen: facts([
      phase('load', {
        observation: observation({
          statements: [statement(4, 'ALTER TABLE public.orders ALTER COLUMN note SET NOT NULL', { began: 10, seconds: 2 })],
          locks: [lock('public.orders', { statement: 4, from: 10, held: { atLeast: 2000, atMost: 2003 } })],
        }),
        load: load({
          during: { reads: figures(1990), writes: figures(20) },
          stalls: [{ kind: 'read', relation: 'public.orders', from: 12, lasted: 1990 }],
        }),
      }),
    ]),
    because: /A read of public\.orders took 1\.99 s .* before was 9 ms, allowed are 1 s\. Statement 4/,
    fix: /CHECK \(note IS NOT NULL\) NOT VALID;`, then `ALTER TABLE public\.orders VALIDATE CONSTRAINT orders_note_not_null;/,
    statement: 4,
    measured: 1990,
  },
  write_stall: {
    seen: facts([phase('load', { load: load({ during: { reads: figures(20), writes: figures(1000.1) } }) })]),
    measured: 1000.1,
  },
  load_errors: {
    seen: facts([
      phase('up', { observation: observation({ statements: [statement(1, 'ALTER TABLE public.a DROP COLUMN b')] }) }),
      phase('load', { load: load({ errors: [{ code: '42703', meaning: 'undefined column', count: 160 }] }) }),
    ]),
    because: /160 statements of the load failed .* 160 × 42703 \(undefined column\)/,
    fix: /Expand, then contract/,
    statement: 1,
    measured: 160,
  },
  load_deadlock: {
    seen: facts([
      phase('load', {
        observation: observation({
          statements: [statement(1, 'LOCK TABLE a'), statement(2, 'LOCK TABLE b')],
          locks: [lock('public.a', { from: 5 }), lock('public.b', { statement: 2, from: 9 })],
        }),
        load: load({ deadlocks: 2, errors: [{ code: '40P01', meaning: 'deadlock detected', count: 2 }] }),
      }),
    ]),
    because: /2 deadlocks/,
    fix: /public\.a, then public\.b/,
    measured: 2,
  },
  migration_failed_under_load: {
    seen: facts([
      phase('load', {
        outcome: 'failed',
        command: command('failure'),
        observation: observation({ statements: [statement(1, 'ALTER TABLE a ADD COLUMN b int', { error: '55P03' })] }),
      }),
    ]),
    because: /alone it comes through.*55P03/,
    fix: /try statement 1/,
    statement: 1,
  },
  table_rewritten: {
    seen: up({
      statements: [statement(1, 'ALTER TABLE public.orders ALTER COLUMN total TYPE numeric(14, 2) USING total::numeric')],
      rewrites: [{ relation: 'public.orders', root: null, bytes: 100_000_001, statement: 1 }],
    }),
    fix: /ADD COLUMN total_new numeric\(14, 2\);`/,
    statement: 1,
    measured: 100_000_001,
  },
  disk_peak: {
    seen: up({ disk: { before: 5e9, peak: 6.1e9, after: 5.05e9 } }),
    limits: { disk: '1GB' },
    because: /up to 1\.1 GB more than before, and 50 MB of it stay; allowed are 1 GB/,
    measured: 1.1e9,
  },
  wal_volume: { seen: up({ wal: 1_056_000_000 }), limits: { wal: '1GB' }, measured: 1_056_000_000 },
  invalid_index: {
    seen: facts([
      phase('up', {
        leftovers: [
          { kind: 'invalid-index', name: 'public.A b on public.orders', sql: { name: 'public."A b"', on: 'TABLE public.orders' } },
        ],
      }),
    ]),
    because: /leaves the index public\.A b on public\.orders, which is invalid\./,
    fix: /DROP INDEX CONCURRENTLY public\."A b";.*DROP INDEX CONCURRENTLY IF EXISTS public\."A b";/,
  },
  unvalidated_constraint: {
    seen: facts([
      phase('up', {
        leftovers: [
          {
            kind: 'unvalidated-constraint',
            name: 'Odd Schema.ck.1 on x on Odd Schema.My.Table',
            sql: { name: '"ck.1 on x"', on: 'TABLE "Odd Schema"."My.Table"' },
          },
        ],
      }),
    ]),
    fix: /`ALTER TABLE "Odd Schema"\."My\.Table" VALIDATE CONSTRAINT "ck\.1 on x";`/,
  },
  invariant_violated: {
    seen: facts([
      phase('verify', { outcome: 'failed', checks: checks({ invariants: [{ name: 'sums', violations: 3, error: null, lacks: null }] }) }),
    ]),
    because: /"sums" is violated by 3 rows/,
    measured: 3,
  },
  lookup_empty: {
    seen: facts([
      phase('verify', {
        outcome: 'failed',
        checks: checks({ lookups: [{ name: 'a vip', found: 1, expected: 2, error: null, lacks: null }] }),
      }),
    ]),
    because: /"a vip" finds 1 row; the test case needs 2/,
    measured: 1,
  },
  check_ahead: {
    seen: facts([
      phase('verify', {
        outcome: 'failed',
        checks: checks({
          lookups: [
            { name: 'colours', found: 0, expected: 1, error: 'a column is missing (undefined_column) (SQLSTATE 42703)', lacks: '' },
          ],
        }),
      }),
    ]),
    because: /^Only the default branch has the look-up "colours", and it asks for something that this database lacks: a column is missing/,
  },
  check_failed: {
    seen: facts([
      phase('verify', {
        outcome: 'failed',
        checks: checks({
          invariants: [
            { name: 'sums', violations: 0, error: 'a column is missing (undefined_column), at character 8 (SQLSTATE 42703)', lacks: null },
          ],
        }),
      }),
    ]),
    because: /invariant "sums" ended with an error: a column is missing \(undefined_column\), at character 8 \(SQLSTATE 42703\)\.$/,
  },
  row_change_unexplained: {
    seen: facts([
      phase('verify', {
        outcome: 'failed',
        checks: checks({ rowChanges: [{ table: 'public.visits', before: 1200, after: 1190, explained: false }] }),
      }),
    ]),
    because: /public\.visits has 10 fewer rows than before \(1,200 → 1,190\)/,
    fix: /`public\.visits: fewer`/,
    measured: 10,
  },
  previous_broken: {
    seen: facts([
      phase('up', {
        observation: observation({ statements: [statement(7, 'ALTER TABLE public.customers RENAME COLUMN name TO full_name')] }),
      }),
      phase('previous', { outcome: 'failed', command: command('failure') }),
    ]),
    fix: /statement 7.*add full_name beside name in public\.customers/,
    statement: 7,
  },
  previous_unavailable: {
    seen: facts([phase('previous', { outcome: 'skipped', because: 'nothing is live yet', command: null })]),
    because: /nothing is live yet/,
  },
  rollback_missing: { seen: facts([], { commands: { migrate: 'm', rollback: null, previous: null } }) },
  rollback_failed: { seen: facts([phase('down', { outcome: 'failed', command: command('failure') })]), because: /exit code 1/ },
  rollback_incomplete: {
    seen: facts([phase('equal', { outcome: 'failed', differences: ['index public.a is still there'] })]),
    because: /index public\.a is still there/,
    measured: 1,
  },
  not_repeatable: { seen: facts([phase('up-again', { outcome: 'failed', command: command('failure') })]) },
  rerun_failed: { seen: facts([phase('rerun', { outcome: 'failed', command: command('failure') })]) },
  rerun_changes: {
    seen: facts([phase('rerun', { outcome: 'failed', differences: ['rows of public.products: 3 → 4'] })]),
    because: /rows of public\.products: 3 → 4/,
    measured: 1,
  },
  interrupted_stuck: {
    seen: facts([phase('interrupted', { outcome: 'failed', command: command('failure'), killedAfter: { statement: 1, of: 3 } })]),
    because: /Killed after 1 of its 3 statements/,
    measured: 1,
  },
  interrupted_differs: {
    seen: facts([phase('interrupted', { outcome: 'failed', differences: ['column a is missing'], killedAfter: { statement: 2, of: 3 } })]),
    because: /column a is missing/,
  },
  masking_pending: {
    seen: facts([phase('verify', { checks: checks({ missingColumns: ['public.a.b'] }) })]),
    because: /public\.a\.b/,
    measured: 1,
  },
  not_observed: {
    seen: facts([phase('up', { observation: observation({ blind: ['The server tells no query texts.'] }) })]),
    because: /no query texts/,
  },
};
