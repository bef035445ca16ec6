import { isBookkeeping } from './comparison.ts';
import type { DatabaseCopy } from './database.ts';
import type { CheckFacts } from './evidence.ts';
import { quoted } from './identifier.ts';
import type { PendingColumn } from './masking/rules.ts';

/** What the checks file says. */
export interface ChecksFile {
  /** Each query finds what must not be: a row is a violation. */
  readonly invariants: readonly { readonly name: string; readonly sql: string }[];
  /** Each query finds what the essential test cases need, in at least so many rows. */
  readonly lookups: readonly { readonly name: string; readonly sql: string; readonly rows: number }[];
  /** By `schema.table`: how many rows the migration may add (negative: take away), from the fewest to the most. */
  readonly rowChanges: ReadonlyMap<string, RowChange>;
}

export interface RowChange {
  readonly fewest: number;
  readonly most: number;
}

/** Asks the migrated database what the team wants to know of it. @param rows how many rows each table has, by `schema.table` */
export async function checkData(
  copy: Pick<DatabaseCopy, 'query'>,
  checks: ChecksFile | null,
  rows: { readonly before: ReadonlyMap<string, number>; readonly after: ReadonlyMap<string, number> },
  pending: readonly PendingColumn[],
): Promise<{ readonly facts: CheckFacts; readonly failed: boolean }> {
  const invariants = [];
  for (const { name, sql } of checks?.invariants ?? []) {
    const { rows, error } = await ask(copy, sql);
    invariants.push({ name, violations: rows, error });
  }
  const lookups = [];
  for (const { name, sql, rows: expected } of checks?.lookups ?? []) {
    const { rows, error } = await ask(copy, sql);
    lookups.push({ name, found: rows, expected, error });
  }
  const rowChanges = rowChangesBetween(rows.before, rows.after, checks?.rowChanges ?? new Map());
  const missingColumns = await withoutColumn(copy, pending);
  const failed =
    missingColumns.length > 0 ||
    invariants.some(({ violations, error }) => violations > 0 || error !== null) ||
    lookups.some(({ found, expected, error }) => found < expected || error !== null) ||
    rowChanges.some(({ explained }) => !explained);
  return { facts: { invariants, lookups, rowChanges, missingColumns }, failed };
}

async function withoutColumn(copy: Pick<DatabaseCopy, 'query'>, pending: readonly PendingColumn[]): Promise<readonly string[]> {
  const missing: string[] = [];
  for (const { schema, table, column } of pending) {
    const { error } = await ask(copy, `SELECT ${quoted(column)} FROM ${quoted(schema)}.${quoted(table)} LIMIT 0`);
    if (error !== null) missing.push(`${schema}.${table}.${column}`);
  }
  return missing;
}

/** Rows are only counted. What is said of an error holds no value of the data: that is the copy's business. */
async function ask(copy: Pick<DatabaseCopy, 'query'>, sql: string): Promise<{ rows: number; error: string | null }> {
  try {
    return { rows: (await copy.query(sql)).length, error: null };
  } catch (error) {
    return { rows: 0, error: (error as Error).message };
  }
}

/** Tables that have other numbers of rows than before. New tables, and those of migration tools, need no explanation. */
function rowChangesBetween(
  before: ReadonlyMap<string, number>,
  after: ReadonlyMap<string, number>,
  explanations: ReadonlyMap<string, RowChange>,
): CheckFacts['rowChanges'] {
  const tables = [...new Set([...before.keys(), ...after.keys()])].sort();
  return tables.flatMap((table) => {
    const was = before.get(table) ?? null;
    const is = after.get(table) ?? null;
    const change = (is ?? 0) - (was ?? 0);
    if (change === 0) return [];
    const said = explanations.get(table);
    const isSaid = said !== undefined && change >= said.fewest && change <= said.most;
    return [{ table, before: was, after: is, explained: isSaid || was === null || isBookkeeping(table) }];
  });
}
