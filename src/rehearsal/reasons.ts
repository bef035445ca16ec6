import type { PhaseName } from './evidence.ts';

/**
 * The closed registry of what a rehearsal can find: what each code means, whether it fails or warns where no limit says otherwise, and
 * what to change. `docs/rehearsal-reasons.md` is generated from it. A code is never reused for another meaning.
 */
export interface RehearsalReasonEntry {
  readonly consequence: 'fail' | 'warn';
  /** The limit of the pipeline file that decides; `null`: none does. */
  readonly limit: string | null;
  readonly meaning: string;
  readonly fix: string;
}

/** One finding. */
export interface RehearsalReason {
  readonly code: RehearsalReasonCode;
  readonly consequence: 'fail' | 'warn';
  readonly phase: PhaseName;
  /** What was found, in one sentence with its figures. */
  readonly because: string;
  /** What to change, for this finding. May hold SQL. */
  readonly fix: string;
  /** The statement that it is about, by its number in the phase's observation. */
  readonly statement: number | null;
  /** What was measured, as a number, for comparisons: milliseconds, bytes or a count. */
  readonly measured: number | null;
}

export const REHEARSAL_REASONS = {
  migration_failed: {
    consequence: 'fail',
    limit: null,
    meaning: 'The migration ended with an error.',
    fix: 'Mend the migration; the log has what it said.',
  },
  migration_timeout: {
    consequence: 'fail',
    limit: 'timeout',
    meaning: 'The migration did not end in time and was stopped.',
    fix: 'Find what it waits for in the table of statements; raise `timeout` if it is merely long.',
  },
  connection_lost: {
    consequence: 'fail',
    limit: null,
    meaning: 'The server ended the connection while the migration ran.',
    fix: 'Look at the statement that ran last; production would lose its connections too.',
  },
  disk_full: {
    consequence: 'fail',
    limit: null,
    meaning: 'The disk was full while the migration ran.',
    fix: 'Rewrite less at once, or give the server more room; production needs the same headroom.',
  },
  migration_deadlock: {
    consequence: 'fail',
    limit: null,
    meaning: 'The migration was chosen as the victim of a deadlock.',
    fix: 'Lock tables one at a time and in the order in which the application does.',
  },
  duration: {
    consequence: 'fail',
    limit: 'duration',
    meaning: 'The migration takes longer than allowed.',
    fix: 'Split it, or move the data in batches outside of the deployment.',
  },
  statement_slow: {
    consequence: 'warn',
    limit: 'statement',
    meaning: 'A statement takes longer than allowed.',
    fix: 'Split it, or run it in batches.',
  },
  concurrent_index_slow: {
    consequence: 'fail',
    limit: 'concurrent-index',
    meaning: 'Building an index concurrently takes longer than allowed.',
    fix: 'Build it outside of the deployment.',
  },
  lock_held: {
    consequence: 'fail',
    limit: 'lock',
    meaning: 'A lock that others wait for is held longer than allowed.',
    fix: 'Use the form of the statement that takes a weaker lock, and keep transactions short.',
  },
  lock_without_timeout: {
    consequence: 'fail',
    limit: 'lock-timeout',
    meaning:
      'A statement waits for a lock that stops readers or writers, without a `lock_timeout`: behind one long transaction everybody queues.',
    fix: "Put `SET lock_timeout = '2s'` before it and let the deployment try again.",
  },
  read_stall: {
    consequence: 'fail',
    limit: 'read-stall',
    meaning: 'While it migrated, a read waited longer than allowed.',
    fix: 'Use the form of the statement that does not lock readers out.',
  },
  write_stall: {
    consequence: 'fail',
    limit: 'write-stall',
    meaning: 'While it migrated, a write waited longer than allowed.',
    fix: 'Use the form of the statement that does not lock writers out.',
  },
  load_errors: {
    consequence: 'fail',
    limit: 'load-errors',
    meaning: 'While it migrated, statements of the application failed.',
    fix: 'Keep what the running version uses until no version uses it any more.',
  },
  load_deadlock: {
    consequence: 'fail',
    limit: null,
    meaning: 'While it migrated, the application ran into a deadlock.',
    fix: 'Lock tables one at a time and in the order in which the application does.',
  },
  migration_failed_under_load: {
    consequence: 'fail',
    limit: null,
    meaning: 'The migration succeeds alone and fails beside readers and writers.',
    fix: 'Let it try again after a `lock_timeout`, and keep each transaction to one table.',
  },
  table_rewritten: {
    consequence: 'fail',
    limit: 'rewrite',
    meaning: 'A table larger than allowed was written anew.',
    fix: 'Add a new column, fill it in batches, and switch over.',
  },
  disk_peak: {
    consequence: 'fail',
    limit: 'disk',
    meaning: 'The migration takes more disk for a while than allowed.',
    fix: 'Rewrite less at once, or raise the limit to the headroom that production has.',
  },
  wal_volume: {
    consequence: 'warn',
    limit: 'wal',
    meaning: 'The migration writes more write-ahead log than allowed; replicas and backups have to follow.',
    fix: 'Work in batches with pauses.',
  },
  invalid_index: {
    consequence: 'fail',
    limit: 'leftovers',
    meaning: 'The migration leaves an index that is invalid: it costs every write and serves no read.',
    fix: 'Drop it with `DROP INDEX CONCURRENTLY` and build it again.',
  },
  unvalidated_constraint: {
    consequence: 'warn',
    limit: 'leftovers',
    meaning: 'The migration leaves a constraint that was never validated.',
    fix: 'Run `ALTER TABLE … VALIDATE CONSTRAINT` in a migration of its own.',
  },
  invariant_violated: {
    consequence: 'fail',
    limit: null,
    meaning: 'An invariant of the checks file does not hold after the migration.',
    fix: 'Mend the migration or the invariant.',
  },
  lookup_empty: {
    consequence: 'fail',
    limit: null,
    meaning: 'A look-up of the checks file finds fewer rows than the test case needs.',
    fix: 'Mend the migration, or fetch a snapshot that has such a record.',
  },
  check_failed: {
    consequence: 'fail',
    limit: null,
    meaning: 'A query of the checks file ended with an error.',
    fix: 'Mend the query; it runs on the migrated schema.',
  },
  check_ahead: {
    consequence: 'fail',
    limit: null,
    meaning:
      "A check that only the default branch has asks for a table, a column or a function that this candidate's database lacks. It only warns where the candidate's checks file says why, under `lacks`.",
    fix: "If the check is newer than the candidate, merge the default branch into it. If the candidate stays without it, or takes that thing away, write the check's name with why under `lacks` of the candidate's checks file.",
  },
  row_change_unexplained: {
    consequence: 'fail',
    limit: 'row-changes',
    meaning: 'A table has more or fewer rows than before, and the checks file does not say why.',
    fix: 'Explain it under `row-changes` of the checks file, or mend the migration.',
  },
  previous_broken: {
    consequence: 'fail',
    limit: 'previous',
    meaning: 'The version that is live does not work on the migrated schema.',
    fix: 'Expand first, contract in a later release: keep what the live version uses.',
  },
  previous_unavailable: {
    consequence: 'warn',
    limit: 'previous',
    meaning: 'The version that is live could not be tested on the migrated schema.',
    fix: 'Let the job fetch the commit that is live.',
  },
  rollback_missing: {
    consequence: 'warn',
    limit: 'rollback',
    meaning: 'The pipeline file names no way back.',
    fix: 'Name a `rollback` command, or `rollback: false` to say that there is deliberately none.',
  },
  rollback_failed: {
    consequence: 'fail',
    limit: null,
    meaning: 'The way back ended with an error or not in time.',
    fix: 'Mend the rollback command.',
  },
  rollback_incomplete: {
    consequence: 'fail',
    limit: null,
    meaning:
      'After the way back the schema differs from what it was before, or rows are missing or too many that the migration left alone.',
    fix: 'Take back everything that the migration did.',
  },
  not_repeatable: {
    consequence: 'fail',
    limit: null,
    meaning: 'After the way back the migration cannot be run again.',
    fix: 'Let the rollback also take back what the migration tool remembers.',
  },
  rerun_failed: {
    consequence: 'fail',
    limit: 'rerun',
    meaning: 'Running the finished migration once more fails.',
    fix: 'Let the tool remember what it has done, or write the migration so that it may run twice.',
  },
  rerun_changes: {
    consequence: 'fail',
    limit: 'rerun',
    meaning: 'Running the finished migration once more changes the database.',
    fix: 'Let the tool remember what it has done, or write the migration so that it may run twice.',
  },
  interrupted_stuck: {
    consequence: 'fail',
    limit: 'interrupted',
    meaning: 'Killed in the middle, the migration cannot be run again.',
    fix: 'Put it into one transaction, or let each step bear what an earlier attempt left.',
  },
  interrupted_differs: {
    consequence: 'fail',
    limit: 'interrupted',
    meaning: 'Killed in the middle and run again, the migration ends with another schema, or with other numbers of rows.',
    fix: 'Put it into one transaction, or let each step bear what an earlier attempt left.',
  },
  masking_pending: {
    consequence: 'fail',
    limit: null,
    meaning:
      'The masking file names a column of a table, which neither the snapshot nor the migrated schema has. A whole table that is not there is only noted.',
    fix: 'Correct the name in the masking file.',
  },
  not_observed: {
    consequence: 'warn',
    limit: null,
    meaning: 'Something could not be observed, so nothing can be said about it.',
    fix: 'See what is named.',
  },
} as const satisfies Readonly<Record<string, RehearsalReasonEntry>>;

export type RehearsalReasonCode = keyof typeof REHEARSAL_REASONS;
