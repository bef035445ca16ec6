import { isBookkeeping } from './bookkeeping.ts';
import type { Observation, StatementTrace } from './observed.ts';

/** What only prepares, asks or ends; everything else changes something. */
const PASSIVE =
  /^(?:BEGIN|START TRANSACTION|COMMIT|END|ROLLBACK|ABORT|SAVEPOINT|RELEASE|SET|RESET|SHOW|SELECT|WITH|VALUES|TABLE|DISCARD|PREPARE TRANSACTION|DEALLOCATE|LISTEN|UNLISTEN|NOTIFY|EXPLAIN|FETCH|CLOSE|DECLARE|MOVE|LOCK|CHECKPOINT)\b/i;

const NO_KINDS: ReadonlySet<string> = new Set();

/** Space and comments in front. */
const GAP = /(?:\s|--[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/)*/y;
/** Up to the table that a statement makes, fills or empties. */
const TARGET =
  /(?:INSERT\s+INTO|UPDATE(?:\s+ONLY)?|DELETE\s+FROM(?:\s+ONLY)?|TRUNCATE(?:\s+TABLE)?(?:\s+ONLY)?|(?:CREATE|ALTER|DROP)\s+TABLE(?:\s+IF\s+(?:NOT\s+)?EXISTS)?)\s+((?:"[^"]+"|[\w$.])+)/iy;

/** The table that a statement is about, as it is written; empty when that cannot be told from its beginning. */
function targetOf(text: string): string {
  GAP.lastIndex = 0;
  TARGET.lastIndex = GAP.exec(text)?.[0].length ?? 0;
  return TARGET.exec(text)?.[1] ?? '';
}

/**
 * Whether a statement of a kind, such as `ALTER TABLE`, changes schema or data. What begins with `SELECT` may call a function that does,
 * which its text does not tell: then its kind is among the `further` ones. An empty statement, with which drivers ask whether the server is there, does nothing. What a migration tool writes into its own book is not a part of the migration.
 */
export function isActing({ kind, text }: Pick<StatementTrace, 'kind' | 'text'>, further: ReadonlySet<string> = NO_KINDS): boolean {
  return kind !== '' && (further.has(kind) || !PASSIVE.test(kind)) && !isBookkeeping(targetOf(text));
}

/** Where a migration is killed: after how many of the statements that count, and of how many. */
export interface Middle {
  readonly statement: number;
  readonly of: number;
  /** What counts beside the statements whose text says that they change something: `SELECT`, where a function does. */
  readonly kinds: ReadonlySet<string>;
}

/**
 * After half of the statements that change something, at least after the first.
 * @returns `null` when it has none
 */
export function middleOf({ statements, writers }: Pick<Observation, 'statements' | 'writers'>): Middle | null {
  const succeeded = statements.filter(({ error }) => error === null);
  const secret = succeeded.filter(({ number, kind }) => writers.includes(number) && ASKING.test(kind));
  const kinds = new Set(secret.map(({ kind }) => kind));
  const counted = succeeded.filter((one) => isActing(one, kinds));
  const acting = counted.flatMap((one, at) => (isActing(one) || secret.includes(one) ? [at + 1] : []));
  const middle = acting[Math.max(1, Math.floor(acting.length / 2)) - 1];
  return middle === undefined ? null : { statement: middle, of: counted.length, kinds };
}

/** What may call a function that does more than to answer. */
const ASKING = /^(?:SELECT|WITH|VALUES|EXPLAIN|FETCH)\b/i;
