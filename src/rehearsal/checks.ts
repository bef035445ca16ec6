import { isBookkeeping } from './bookkeeping.ts';
import type { DatabaseCopy } from './database.ts';
import type { CheckFacts } from './evidence.ts';
import { quoted } from './identifier.ts';
import type { PendingColumn } from './masking/rules.ts';

/** What the checks file says. */
export interface ChecksFile {
  /** Each query finds what must not be: a row is a violation. */
  readonly invariants: readonly (Trusted & { readonly name: string; readonly sql: string })[];
  /** Each query finds what the essential test cases need, in at least so many rows. */
  readonly lookups: readonly (Trusted & { readonly name: string; readonly sql: string; readonly rows: number })[];
  /** By `schema.table`: how many rows the migration may add (negative: take away), from the fewest to the most. */
  readonly rowChanges: ReadonlyMap<string, RowChange>;
  /** By the name of a check that only the default branch has: why this version lacks what it asks for. */
  readonly lacks: ReadonlyMap<string, string>;
}

interface Trusted {
  /** Only the default branch's file has it: the candidate's has none of that name and text. */
  readonly trusted?: boolean;
}

/**
 * What is checked where the default branch and the candidate each have a file: everything that either asks. A candidate can add checks, and say how many
 * rows its own migration changes; it cannot take a check away.
 */
export function allChecks(trusted: ChecksFile, own: ChecksFile): ChecksFile {
  return {
    lacks: own.lacks,
    invariants: joined(trusted.invariants, own.invariants, (one, other) => one.sql === other.sql),
    lookups: joined(trusted.lookups, own.lookups, (one, other) => one.sql === other.sql && one.rows <= other.rows),
    rowChanges: new Map([...trusted.rowChanges, ...own.rowChanges]),
  };
}

/** How the checks of a candidate differ from the default branch's, for people. */
export function checkDifferences(trusted: ChecksFile, own: ChecksFile): readonly string[] {
  const all = allChecks(trusted, own);
  const queries = [...all.invariants, ...all.lookups];
  const theirs = [...trusted.invariants, ...trusted.lookups];
  const changes = [...own.rowChanges].filter(([table, one]) => {
    const other = trusted.rowChanges.get(table);
    return other?.fewest !== one.fewest || other.most !== one.most;
  });
  return [
    ...queries.flatMap((one) =>
      one.trusted === true ? [`check "${one.name}": asked as the default branch has it; the candidate lacks it`] : [],
    ),
    ...queries.flatMap((one) =>
      one.trusted !== true && !theirs.some(({ name, sql }) => name === one.name && sql === one.sql)
        ? [`check "${one.name}": asked as the candidate has it`]
        : [],
    ),
    ...changes.map(([table]) => `row-changes of ${table}: as the candidate says`),
    ...[...own.lacks].map(([name, why]) => `check "${name}": the candidate says that it lacks what it asks for: ${why}`),
  ];
}

/** The candidate's, and those of the default branch that none of them says as well. */
function joined<Check extends { readonly name: string }>(
  trusted: readonly Check[],
  own: readonly Check[],
  covers: (one: Check, other: Check) => boolean,
): readonly Check[] {
  const missing = trusted.filter((one) => !own.some((other) => covers(one, other)));
  return [...own, ...missing.map((one) => ({ ...one, trusted: true }))];
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
  for (const { name, sql, trusted } of checks?.invariants ?? []) {
    const { rows, ...how } = await ask(copy, sql, trusted === true ? (checks?.lacks.get(name) ?? '') : null);
    invariants.push({ name, violations: rows, ...how });
  }
  const lookups = [];
  for (const { name, sql, rows: expected, trusted } of checks?.lookups ?? []) {
    const { rows, ...how } = await ask(copy, sql, trusted === true ? (checks?.lacks.get(name) ?? '') : null);
    lookups.push({ name, found: rows, expected, ...how });
  }
  const rowChanges = rowChangesBetween(rows.before, rows.after, checks?.rowChanges ?? new Map());
  const { missingColumns, missingTables } = await withoutColumn(copy, pending);
  const failed =
    missingColumns.length > 0 ||
    invariants.some(({ violations, error, lacks }) => violations > 0 || (error !== null && !lacks)) ||
    lookups.some(({ found, expected, error, lacks }) => (error === null ? found < expected : !lacks)) ||
    rowChanges.some(({ explained }) => !explained);
  return { facts: { invariants, lookups, rowChanges, missingColumns, missingTables }, failed };
}

/** What the masking file names and the migrated database does not have. A whole table that is not there holds nothing to be masked. */
async function withoutColumn(
  copy: Pick<DatabaseCopy, 'query'>,
  pending: readonly PendingColumn[],
): Promise<Pick<CheckFacts, 'missingColumns' | 'missingTables'>> {
  const missingColumns: string[] = [];
  const missingTables = new Set<string>();
  for (const { schema, table, column } of pending) {
    const name = `${quoted(schema)}.${quoted(table)}`;
    if ((await ask(copy, `SELECT ${quoted(column)} FROM ${name} LIMIT 0`)).error === null) continue;
    if ((await ask(copy, `SELECT 1 FROM ${name} LIMIT 0`)).error === null) missingColumns.push(`${schema}.${table}.${column}`);
    else missingTables.add(`${schema}.${table}`);
  }
  return { missingColumns, missingTables: [...missingTables] };
}

/** SQLSTATEs and SQLite's words for a column, a table or a function that is not there. */
const ASKS_FOR_MORE = /\b(?:42703|42P01|42883|42704)\b|no such (?:column|table|function)/;

/**
 * Rows are only counted. What is said of an error holds no value of the data: that is the copy's business.
 * @param explained of a check that only the default branch has: why the candidate lacks what it asks for, empty where it does not say; `null`: of another
 */
async function ask(
  copy: Pick<DatabaseCopy, 'query'>,
  sql: string,
  explained: string | null = null,
): Promise<{ rows: number; error: string | null; lacks: string | null }> {
  try {
    return { rows: (await copy.query(sql)).length, error: null, lacks: null };
  } catch (error) {
    const { message } = error as Error;
    return { rows: 0, error: message, lacks: ASKS_FOR_MORE.test(message) ? explained : null };
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
