import { isBookkeeping } from './comparison.ts';
import type { StatementTrace } from './observed.ts';

/** What only prepares, asks or ends; everything else changes something. */
const PASSIVE =
  /^(?:BEGIN|START TRANSACTION|COMMIT|END|ROLLBACK|ABORT|SAVEPOINT|RELEASE|SET|RESET|SHOW|SELECT|WITH|VALUES|TABLE|DISCARD|PREPARE TRANSACTION|DEALLOCATE|LISTEN|UNLISTEN|NOTIFY|EXPLAIN|FETCH|CLOSE|DECLARE|MOVE|LOCK|CHECKPOINT)\b/i;

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
 * Whether a statement of a kind, such as `ALTER TABLE`, changes schema or data. What begins with `SELECT` may call a function that does;
 * nobody can tell. An empty statement, with which drivers ask whether the server is there, does nothing. What a migration tool writes into its own book is not a part of the migration.
 */
export function isActing({ kind, text }: Pick<StatementTrace, 'kind' | 'text'>): boolean {
  return kind !== '' && !(PASSIVE.test(kind) || isBookkeeping(targetOf(text)));
}

/**
 * Where a migration is killed: after half of its statements that change something, at least after the first.
 * @returns `null` when it has none
 */
export function middleOf(statements: readonly StatementTrace[]): { readonly statement: number; readonly of: number } | null {
  const acting = statements.filter((one) => one.error === null && isActing(one)).length;
  return acting === 0 ? null : { statement: Math.max(1, Math.floor(acting / 2)), of: acting };
}
