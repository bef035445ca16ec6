import { describe, expect, it } from 'vitest';
import type { RehearsalFacts } from '../../../src/rehearsal/evidence.ts';
import { readLimits } from '../../../src/rehearsal/limits.ts';
import type { Observation } from '../../../src/rehearsal/observed.ts';
import { REHEARSAL_REASONS, type RehearsalReasonCode } from '../../../src/rehearsal/reasons.ts';
import { judge } from '../../../src/rehearsal/verdict.ts';
import { CASES } from './cases.ts';
import { checks, command, facts, figures, load, lock, observation, phase, statement, wait } from './facts.ts';

const codes = (seen: RehearsalFacts, limits: Parameters<typeof readLimits>[0] = {}): readonly string[] =>
  judge(seen, readLimits(limits)).reasons.map(({ code }) => code);
const up = (more: Parameters<typeof observation>[0]): RehearsalFacts => facts([phase('up', { observation: observation(more) })]);

describe('a rehearsal without anything wrong', () => {
  it('passes', () => {
    expect(judge(facts(), readLimits({}))).toEqual({ verdict: 'pass', reasons: [] });
  });
});

describe.each(Object.entries(CASES))('%s', (name, { seen, limits = {}, because, fix, statement: number, measured }) => {
  const code = name as RehearsalReasonCode;

  it('is found, alone, with its figures and what to change', () => {
    const { verdict, reasons } = judge(seen, readLimits(limits));
    expect(reasons.map((reason) => reason.code)).toEqual([code]);
    expect(verdict).toBe(REHEARSAL_REASONS[code].consequence);
    const [reason] = reasons;
    expect(reason?.consequence).toBe(REHEARSAL_REASONS[code].consequence);
    expect(reason?.because).toMatch(because ?? /\S/);
    expect(reason?.fix).toMatch(fix ?? /\S/);
    expect(reason?.fix.length).toBeGreaterThan(10);
    if (number !== undefined) expect(reason?.statement).toBe(number);
    if (measured !== undefined) expect(reason?.measured).toBeCloseTo(measured, 3);
  });
});

describe('a finding that follows a limit', () => {
  const bound = Object.entries(CASES).flatMap(([name, { seen, limits = {} }]) => {
    const { limit } = REHEARSAL_REASONS[name as RehearsalReasonCode];
    return limit === null || limit === 'timeout' ? [] : [[name, limit, seen, limits] as const];
  });

  it.each(bound)('%s is none where %s is switched off', (_code, limit, seen, limits) => {
    expect(judge(seen, readLimits({ ...limits, [limit]: false }))).toEqual({ verdict: 'pass', reasons: [] });
  });

  it('is every second one at least', () => {
    expect(bound.length * 2).toBeGreaterThan(Object.keys(CASES).length);
  });
});

describe('what a limit says is the last value that is allowed', () => {
  const slow = (milliseconds: number): RehearsalFacts => up({ statements: [statement(1, 'SELECT 1', { seconds: milliseconds / 1000 })] });
  const held = (atLeast: number, atMost: number): RehearsalFacts =>
    up({ statements: [statement(1, 'ALTER TABLE a ADD COLUMN b int')], locks: [lock('public.a', { held: { atLeast, atMost } })] });

  it.each([
    ['a statement of 100 ms', slow(100), {}, []],
    ['a statement of 101 ms', slow(101), {}, ['warn']],
    ['a statement of 101 ms that may take 1 s', slow(101), { statement: '1s' }, []],
    ['a statement of 3 s that fails from 2 s on', slow(3000), { statement: { fail: '2s' } }, ['fail']],
    ['a lock of exactly a second', held(1000, 1000), {}, []],
    ['a lock that was held for longer for sure', held(1001, 1003), {}, ['fail']],
    ['a lock that was perhaps held for longer', held(990, 1010), {}, ['warn']],
    ['a rewrite of 10 MB', up({ rewrites: [{ relation: 'a', root: null, bytes: 10e6, statement: null }] }), {}, []],
    ['a rewrite of 11 MB', up({ rewrites: [{ relation: 'a', root: null, bytes: 11e6, statement: null }] }), {}, ['warn']],
    ['a rewrite of 101 MB', up({ rewrites: [{ relation: 'a', root: null, bytes: 101e6, statement: null }] }), {}, ['fail']],
    [
      'a rewrite of 101 MB, allowed up to 1 GB',
      up({ rewrites: [{ relation: 'a', root: null, bytes: 101e6, statement: null }] }),
      { rewrite: '1GB' },
      [],
    ],
    ['any disk, without a limit', up({ disk: { before: 0, peak: 9e12, after: 0 } }), {}, []],
    ['a database that shrinks', up({ disk: { before: 9e9, peak: 9e9, after: 1 } }), { disk: '1kB' }, []],
    ['a missing way back where one is asked for', CASES.rollback_missing.seen, { rollback: 'fail' }, ['fail']],
    ['an invalid index where that only warns', CASES.invalid_index.seen, { leftovers: 'warn' }, ['warn']],
    ['an unvalidated constraint where that fails', CASES.unvalidated_constraint.seen, { leftovers: 'fail' }, ['fail']],
  ] as const)('%s', (_what, seen, limits, expected) => {
    expect(judge(seen, readLimits(limits)).reasons.map(({ consequence }) => consequence)).toEqual(expected);
  });

  it('time in which indexes are built concurrently does not count as the migration’s', () => {
    const index = statement(1, 'CREATE INDEX CONCURRENTLY a ON b (c)', { seconds: 200 });
    const of = (seconds: number) =>
      facts([phase('up', { command: command('success', seconds), observation: observation({ statements: [index] }) })]);
    expect(codes(of(379))).toEqual([]);
    expect(codes(of(381))).toEqual(['duration']);
  });
});

describe('what is one finding', () => {
  it('statements of one text, told by the slowest', () => {
    const batches = Array.from({ length: 500 }, (_, index) =>
      statement(index + 1, 'UPDATE a SET b = $1 WHERE id > $2', { seconds: 0.2 + index / 1000 }),
    );
    const { reasons } = judge(up({ statements: batches }), readLimits({}));
    expect(reasons).toMatchObject([{ code: 'statement_slow', statement: 500 }]);
    expect(reasons[0]?.because).toContain('500 statements of this text');
  });

  it('the locks of one statement, and all statements without a timeout', () => {
    const statements = [1, 2].map((number) => statement(number, `ALTER TABLE public.t${number} ADD COLUMN a int`, { lockTimeout: 0 }));
    const held = { atLeast: 5000, atMost: 5001 };
    const locks = statements.flatMap(({ number }) => [
      lock(`public.t${number}`, { statement: number, held }),
      lock(`public.t${number}_pkey`, { statement: number, held }),
    ]);
    const { reasons } = judge(up({ statements, locks }), readLimits({}));
    expect(reasons.map(({ code, statement: number }) => [code, number])).toEqual([
      ['lock_held', 1],
      ['lock_held', 2],
      ['lock_without_timeout', 1],
    ]);
    expect(reasons[0]?.because).toContain('public.t1 and public.t1_pkey');
    expect(reasons[2]).toMatchObject({ measured: 2 });
  });

  it('a partitioned table that is written anew as one table, with all its partitions', () => {
    const part = (relation: string, by: number | null) => ({ relation, root: 'public.ev', bytes: 4e6, statement: by });
    const statements = [statement(1, 'ALTER TABLE ev ALTER COLUMN who TYPE text'), statement(2, 'VACUUM FULL e3')];
    const told = (...rewrites: Observation['rewrites']) => judge(up({ statements, rewrites }), readLimits({})).reasons;
    expect(told(part('public.e1', 1), part('public.e2', 1))).toEqual([]);
    expect(told(part('public.e1', 1), part('public.e2', 1), part('public.e3', 1))).toMatchObject([
      {
        code: 'table_rewritten',
        because: expect.stringMatching(
          /^Statement 1, .*, writes 3 partitions of public\.ev anew, 12 MB; allowed are tables up to 10 MB\.$/,
        ),
        statement: 1,
        measured: 12e6,
      },
    ]);
    expect(told(part('public.e1', 1), part('public.e2', 1), part('public.e3', 2))).toMatchObject([
      { because: expect.stringMatching(/^The migration writes 3 partitions of public\.ev anew, 12 MB;/), statement: null },
    ]);
    expect(told(part('public.e1', 1), part('public.e1', 1), part('public.e1', 1))).toEqual([]);
  });

  it('nothing of what a migration tool does to its own book', () => {
    const statements = [statement(1, 'TRUNCATE public.schema_migrations', { lockTimeout: 0 })];
    const held = { atLeast: 5000, atMost: 5001 };
    const locks = ['public.schema_migrations', 'public.schema_migrations_pkey'].map((relation) =>
      lock(relation, { table: 'public.schema_migrations', held }),
    );
    const rewrites = [{ relation: 'public.schema_migrations', root: null, bytes: 1e9, statement: 1 }];
    expect(codes(up({ statements, locks, rewrites }))).toEqual([]);
  });

  it('a migration that changes something and could not be killed in the middle', () => {
    const because = 'it ended before statement 2 of 4 and could not be killed';
    const killed = phase('interrupted', { outcome: 'skipped', because, command: null });
    const changing = phase('up', { observation: observation({ touched: ['public.orders'] }) });
    expect(judge(facts([changing, killed]), readLimits({})).reasons).toMatchObject([
      { code: 'not_observed', phase: 'interrupted', because: `The migration was not killed in the middle: ${because}.` },
    ]);
    const ignored = readLimits({ interrupted: 'ignore' });
    expect(judge(facts([changing, killed]), ignored).reasons).toEqual([]);
    const harmless = phase('up', { observation: observation({ touched: ['public.schema_migrations'] }) });
    expect(judge(facts([harmless, killed]), readLimits({})).reasons).toEqual([]);
  });

  it.each([
    ['before anybody heard how the migration ended', null],
    ['while its command says that all went well', command('success', 1)],
  ])('a server that is lost %s', (_when, ended) => {
    const lost = phase('up', {
      outcome: 'failed',
      because: 'the server was lost: connect ECONNREFUSED',
      command: ended,
      observation: null,
    });
    expect(judge(facts([lost]), readLimits({})).reasons).toMatchObject([
      { code: 'connection_lost', phase: 'up', because: 'The server was lost: connect ECONNREFUSED.' },
    ]);
  });

  it('what stays behind, in whatever phases it is seen', () => {
    const leftovers = [{ kind: 'invalid-index', name: 'public.a on public.b', sql: null }] as const;
    const { reasons } = judge(facts([phase('up', { leftovers }), phase('interrupted', { leftovers })]), readLimits({}));
    expect(reasons).toMatchObject([{ code: 'invalid_index', phase: 'up' }]);
  });

  it('a sentence about what could not be observed', () => {
    const blind = ['No query texts.'];
    expect(
      codes(facts([phase('up', { observation: observation({ blind }) }), phase('load', { observation: observation({ blind }) })])),
    ).toEqual(['not_observed']);
  });

  it('locks of which nobody knows whether they had a timeout', () => {
    const locks = [
      lock('public.a', { statement: null }),
      lock('public.b', { statement: 9 }),
      lock('c', { mode: 'EXCLUSIVE', statement: null }),
    ];
    const { verdict, reasons } = judge(up({ locks }), readLimits({}));
    expect(verdict).toBe('warn');
    expect(reasons).toMatchObject([{ code: 'not_observed', measured: 2 }]);
  });
});

describe('a lock of which nobody knows whose it is', () => {
  const at = (from: number, ...timeouts: (number | null)[]): RehearsalFacts =>
    up({
      statements: timeouts.map((lockTimeout, index) =>
        statement(index + 1, 'ALTER TABLE a', { lockTimeout, connection: index, began: 50 }),
      ),
      locks: [lock('a', { statement: null, from })],
    });

  it.each([
    ['had a timeout where every connection had one', at(60, 2000, 500), []],
    ['had perhaps none where one had none', at(60, 2000, 0), ['not_observed']],
    ['had perhaps none where one is not known', at(60, 2000, null), ['not_observed']],
    ['had perhaps none before anything began', at(40, 2000), ['not_observed']],
  ])('%s', (_what, seen, expected) => {
    expect(codes(seen)).toEqual(expected);
  });
});

describe('a migration that builds an index concurrently and gets stuck', () => {
  it('is told what to drop first', () => {
    const statements = [statement(1, 'CREATE UNIQUE INDEX CONCURRENTLY a ON public.b (c)')];
    const stuck = phase('interrupted', { outcome: 'failed', command: command('failure') });
    const [reason] = judge(facts([phase('up', { observation: observation({ statements }) }), stuck]), readLimits({})).reasons;
    expect(reason?.fix).toContain('`DROP INDEX CONCURRENTLY IF EXISTS a;` before statement 1');
  });
});

describe('what is no finding', () => {
  it.each([
    [
      'a lock that stops nobody but schema changes',
      up({
        statements: [statement(1, 'UPDATE a', { lockTimeout: 0 })],
        locks: [lock('a', { mode: 'RowExclusiveLock', blocks: 'schema changes', held: { atLeast: 9e6, atMost: 9e6 } })],
      }),
    ],
    ['a lock that is not waited for', up({ statements: [statement(1, 'LOCK TABLE a NOWAIT', { lockTimeout: 0 })], locks: [lock('a')] })],
    [
      'an index that is dropped concurrently',
      up({ statements: [statement(1, 'DROP INDEX CONCURRENTLY a', { lockTimeout: 0 })], locks: [lock('public.a')] }),
    ],
    ['an error that the tool bore', up({ statements: [statement(1, 'SELECT a', { error: '42P01' })] })],
    [
      'row changes that are explained',
      facts([phase('verify', { checks: checks({ rowChanges: [{ table: 'a', before: 1, after: 2, explained: true }] }) })]),
    ],
    [
      'a way back that is deliberately none',
      facts([phase('down', { outcome: 'skipped', command: null })], { commands: { migrate: 'm', rollback: false, previous: null } }),
    ],
  ])('%s', (_what, seen) => {
    expect(judge(seen, readLimits({}))).toEqual({ verdict: 'pass', reasons: [] });
  });
});

describe('what goes together', () => {
  it('a migration that fails skips the rest, and only that is told', () => {
    const because = 'the migration does not come through';
    const skipped = (['verify', 'previous', 'down', 'equal', 'up-again', 'rerun', 'load', 'interrupted'] as const).map((name) =>
      phase(name, { outcome: 'skipped', because, command: null, observation: null, load: null, checks: null }),
    );
    const failed = phase('up', { outcome: 'failed', command: command('failure') });
    expect(codes(facts([failed, ...skipped]))).toEqual(['migration_failed']);
  });

  it('failures come first, then the order of the cycle', () => {
    const seen = facts([
      phase('up', {
        observation: observation({ statements: [statement(1, 'SELECT 1', { seconds: 1 })], locks: [], blind: ['x'] }),
        command: command('success', 999),
      }),
      phase('previous', { outcome: 'failed', command: command('failure') }),
      phase('load', { load: load({ deadlocks: 1, during: { reads: figures(5000), writes: figures(5000) } }) }),
    ]);
    const { verdict, reasons } = judge(seen, readLimits({}));
    expect(verdict).toBe('fail');
    expect(reasons.map(({ code }) => code)).toEqual([
      'duration',
      'previous_broken',
      'read_stall',
      'write_stall',
      'load_deadlock',
      'statement_slow',
      'not_observed',
    ]);
  });

  it('a migration that is the victim of a deadlock beside load', () => {
    const statements = [statement(1, 'ALTER TABLE a ADD COLUMN b int', { error: '40P01' })];
    const seen = facts([phase('load', { outcome: 'failed', command: command('failure'), observation: observation({ statements }) })]);
    expect(codes(seen)).toEqual(['migration_deadlock', 'migration_failed_under_load']);
  });

  it('a stall while the statement itself waited for its lock asks for a timeout', () => {
    const seen = facts([
      phase('load', {
        observation: observation({
          statements: [statement(1, 'ALTER TABLE public.a ADD COLUMN b int', { began: 0, seconds: 3 })],
          locks: [lock('public.a', { from: 2990 })],
          waits: [wait({ from: 5, lasted: { atLeast: 2980, atMost: 2985 } })],
        }),
        load: load({
          during: { reads: figures(2900), writes: figures(1) },
          stalls: [{ kind: 'read', relation: 'public.a', from: 20, lasted: 2900 }],
        }),
      }),
    ]);
    const [reason] = judge(seen, readLimits({})).reasons;
    expect(reason).toMatchObject({ code: 'read_stall', statement: 1 });
    expect(reason?.because).toContain('waited for its own lock');
    expect(reason?.fix).toContain("SET lock_timeout = '2s';");
  });

  it('a load that stalls as long without any migration proves nothing', () => {
    const noise = load({ baseline: { reads: figures(4000), writes: figures(1) }, during: { reads: figures(3000), writes: figures(1) } });
    expect(judge(facts([phase('load', { load: noise })]), readLimits({}))).toMatchObject({
      verdict: 'warn',
      reasons: [{ code: 'not_observed' }],
    });
  });

  it('a quick statement that keeps its lock is told apart from the slow one after it', () => {
    const statements = [
      statement(1, 'ALTER TABLE public.a ADD COLUMN b int', { seconds: 0.002 }),
      statement(2, 'UPDATE public.c SET d = $1', { seconds: 5 }),
    ];
    const [reason] = judge(
      up({ statements, locks: [lock('public.a', { held: { atLeast: 5001, atMost: 5004 } })] }),
      readLimits({}),
    ).reasons;
    expect(reason?.fix).toMatch(/transaction of its own, apart from statement 2.*UPDATE public\.c SET … WHERE id IN/);
  });
});

describe('no verdict', () => {
  it.each([
    ['where it could not take place', facts([], { impossible: { code: 'disk', message: 'full' } })],
    [
      'where it ended early, whatever was seen',
      { ...CASES.migration_failed.seen, impossible: { code: 'cancelled', message: 'cancelled' } as const },
    ],
    ['where nothing was run', facts([], { phases: [] })],
    ['where the migration was not run', facts([phase('up', { outcome: 'skipped' })])],
  ])('%s', (_when, seen) => {
    expect(judge(seen, readLimits({}))).toEqual({ verdict: 'none', reasons: [] });
  });
});

describe('a phase that failed and told nothing', () => {
  it.each(['up', 'verify', 'previous', 'down', 'equal', 'up-again', 'rerun', 'load', 'interrupted'] as const)(
    '%s is a failure all the same',
    (name) => {
      const seen = facts([phase(name, { outcome: 'failed', command: null, observation: null, load: null, checks: null })], {
        commands: { migrate: 'm', rollback: false, previous: null },
      });
      expect(judge(seen, readLimits({})).verdict).toBe('fail');
    },
  );
});
