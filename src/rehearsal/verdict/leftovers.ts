import type { Leftover } from '../database.ts';
import type { PhaseName, RehearsalFacts } from '../evidence.ts';
import type { Limits } from '../limits.ts';
import type { RehearsalReason } from '../reasons.ts';
import { chosen } from './finding.ts';

const CODES = { 'invalid-index': 'invalid_index', 'unvalidated-constraint': 'unvalidated_constraint' } as const;

/** What is left unfinished, in whatever phase it is seen first. */
export function leftovers(facts: RehearsalFacts, limits: Limits): readonly RehearsalReason[] {
  const seen = facts.phases.flatMap(({ name: phase, leftovers: left }) => left.map((one) => ({ phase, one })));
  const distinct = new Map(seen.toReversed().map((found) => [JSON.stringify(found.one), found]));
  return [...distinct.values()].flatMap(({ phase, one }) =>
    chosen(limits, 'leftovers', CODES[one.kind], { phase, because: becauseOf(phase, one), fix: fixFor(one) }),
  );
}

const WHO: Partial<Record<PhaseName, string>> = {
  down: 'The way back',
  rerun: 'The migration, run once more,',
  load: 'The migration beside load',
  interrupted: 'The migration, killed in the middle and run again,',
};

function becauseOf(phase: PhaseName, { kind, name }: Leftover): string {
  const what = kind === 'invalid-index' ? `the index ${name}, which is invalid` : `the constraint ${name}, which was never validated`;
  return `${WHO[phase] ?? 'The migration'} leaves ${what}.`;
}

/** What would end a code span cannot be copied from one. */
const UNFIT = /[`\r\n]/;

function fixFor({ kind, sql }: Leftover): string | null {
  if (sql === null || UNFIT.test(`${sql.name}${sql.on}`)) return null;
  const { name, on } = sql;
  if (kind === 'invalid-index')
    return `Drop it with \`DROP INDEX CONCURRENTLY ${name};\` and build it again; begin the migration with \`DROP INDEX CONCURRENTLY IF EXISTS ${name};\` so that it may be run again.`;
  return `Run \`ALTER ${on} VALIDATE CONSTRAINT ${name};\` in a migration of its own.`;
}
