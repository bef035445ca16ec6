import type { StatementTrace } from './observed.ts';

/** What only prepares, asks or ends; everything else changes something. */
const PASSIVE =
  /^(?:BEGIN|START TRANSACTION|COMMIT|END|ROLLBACK|ABORT|SAVEPOINT|RELEASE|SET|RESET|SHOW|SELECT|WITH|VALUES|TABLE|DISCARD|PREPARE TRANSACTION|DEALLOCATE|LISTEN|UNLISTEN|NOTIFY|EXPLAIN|FETCH|CLOSE|DECLARE|MOVE|LOCK|CHECKPOINT)\b/i;

/** Whether a statement of a kind, such as `ALTER TABLE`, changes schema or data. What begins with `SELECT` may call a function that does; nobody can tell. */
export function isActing(kind: string): boolean {
  return !PASSIVE.test(kind);
}

/**
 * Where a migration is killed: after half of its statements that change something, at least after the first.
 * @returns `null` when it has none
 */
export function middleOf(statements: readonly StatementTrace[]): { readonly statement: number; readonly of: number } | null {
  const acting = statements.filter(({ kind, error }) => error === null && isActing(kind)).length;
  return acting === 0 ? null : { statement: Math.max(1, Math.floor(acting / 2)), of: acting };
}
