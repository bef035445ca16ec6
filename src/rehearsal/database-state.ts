/** What a rehearsal remembers of a copy, to tell later what a command has done to it. */
import { isBookkeeping } from './bookkeeping.ts';
import { differencesBetween } from './comparison.ts';
import type { DatabaseCopy, SchemaDescription } from './database.ts';
import type { KnownNames } from './known-names.ts';
import type { Observation } from './observed.ts';

/** Rows of each table, by `schema.table`. */
export type RowCounts = ReadonlyMap<string, number>;

export interface DatabaseState {
  readonly schema: SchemaDescription;
  readonly rows: RowCounts;
  /** What the rows of some tables hold, as `DatabaseCopy.fingerprintRows` tells it. */
  readonly contents: ReadonlyMap<string, string>;
}

/** @param tables whose contents count, as `schema.table`; of the others only how many rows they have */
export async function stateOf(
  copy: Pick<DatabaseCopy, 'describeSchema' | 'countRows' | 'fingerprintRows'>,
  tables: readonly string[],
): Promise<DatabaseState> {
  return { schema: await copy.describeSchema(), rows: await copy.countRows(), contents: await copy.fingerprintRows(tables) };
}

/** The tables that a migration wrote to, altered or made, without its tool's own. */
export function writtenTables(before: RowCounts, migrated: { readonly rows: RowCounts; readonly observation: Observation }): string[] {
  const made = [...migrated.rows.keys()].filter((table) => !before.has(table));
  return [...new Set([...migrated.observation.touched, ...made])].filter((table) => !isBookkeeping(table));
}

/** What differs between two states, one line each. No value is told, only that there is another. */
export function changesBetween(before: DatabaseState, after: DatabaseState, known: KnownNames): readonly string[] {
  const counts = countsBetween(before.rows, after.rows, known);
  const others = [...before.contents].filter(
    ([table, print]) => after.contents.get(table) !== print && before.rows.get(table) === after.rows.get(table),
  );
  return [
    ...differencesBetween(before.schema, after.schema, known),
    ...counts,
    ...others.map(([table]) => `rows of ${known.relation(table)} hold other values than before`),
  ];
}

/**
 * What a copy has become, compared with what an undisturbed run of the migration left. Values may differ from run to run, such as the time of
 * the migration; how many rows there are does not.
 */
export async function differencesFrom(
  run: Pick<DatabaseState, 'schema' | 'rows'>,
  copy: Pick<DatabaseCopy, 'describeSchema' | 'countRows'>,
  known: KnownNames,
): Promise<readonly string[]> {
  const schema = differencesBetween(run.schema, await copy.describeSchema(), known);
  return [...schema, ...countsBetween(run.rows, await copy.countRows(), known)];
}

/** Tables with other numbers of rows, one line each and number. */
function countsBetween(before: RowCounts, after: RowCounts, known: KnownNames): readonly string[] {
  return differencesBetween(asText(before), asText(after), known);
}

/**
 * Tables that the way back leaves with other numbers of rows than before, although the migration did not: what it took away may be gone for
 * good, and is looked at by itself.
 */
export function lostOnTheWayBack(before: RowCounts, migrated: RowCounts, after: RowCounts, known: KnownNames): readonly string[] {
  const changed = [...before].filter(([table, rows]) => {
    const [there, back] = [migrated.get(table), after.get(table)];
    return there !== undefined && back !== undefined && back !== rows && back !== there;
  });
  return countsBetween(new Map(changed), new Map(changed.map(([table]) => [table, after.get(table) ?? 0])), known);
}

const asText = (counts: RowCounts): ReadonlyMap<string, string> =>
  new Map([...counts].map(([table, count]) => [`rows of ${table}`, String(count)]));
