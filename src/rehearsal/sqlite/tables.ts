import type { DatabaseSync } from 'node:sqlite';
import { rowsOf } from './driver.ts';

/** How the rehearsal calls a table of a SQLite file: its one schema is `main`. */
export const fullName = (table: string): string => `main.${table}`;

/** Names of the tables with rows of their own: not SQLite's, no virtual ones, and not those that virtual ones keep their data in. */
export function tablesIn(database: DatabaseSync): readonly string[] {
  return rowsOf(
    database,
    `SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name`,
  ).map(({ name }) => String(name));
}

export interface Column {
  readonly name: string;
  /** As declared, in upper case. */
  readonly type: string;
  readonly notNull: boolean;
  readonly default: string | null;
  /** Place in the primary key from 1; 0: not in it. */
  readonly key: number;
  readonly generated: boolean;
}

export function columnsOf(database: DatabaseSync, table: string): readonly Column[] {
  return (
    rowsOf(database, 'SELECT * FROM pragma_table_xinfo(?) ORDER BY cid', table)
      // 1 is a hidden column of a virtual table, 2 and 3 are generated ones.
      .filter(({ hidden }) => hidden !== 1n)
      .map((row) => ({
        name: String(row['name']),
        type: String(row['type']).toUpperCase(),
        notNull: row['notnull'] === 1n,
        default: row['dflt_value'] === null ? null : String(row['dflt_value']),
        key: Number(row['pk']),
        generated: row['hidden'] !== 0n,
      }))
  );
}

export interface ForeignKey {
  readonly columns: readonly string[];
  readonly table: string;
  /** Empty: the other table's primary key. */
  readonly references: readonly string[];
  readonly onUpdate: string;
  readonly onDelete: string;
}

export function foreignKeysOf(database: DatabaseSync, table: string): readonly ForeignKey[] {
  const rows = rowsOf(database, 'SELECT * FROM pragma_foreign_key_list(?) ORDER BY id, seq', table);
  return [...Map.groupBy(rows, ({ id }) => id).values()].map((parts) => ({
    columns: parts.map(({ from }) => String(from)),
    table: String(parts[0]?.['table']),
    references: parts.flatMap(({ to }) => (to === null ? [] : [String(to)])),
    onUpdate: String(parts[0]?.['on_update']),
    onDelete: String(parts[0]?.['on_delete']),
  }));
}
