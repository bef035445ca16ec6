import type { DatabaseSync } from 'node:sqlite';
import type { SchemaDescription } from '../database.ts';
import { clausesOf, normalized, partsOfTable } from './definition.ts';
import { rowsOf } from './driver.ts';
import { columnsOf, foreignKeysOf } from './tables.ts';

/**
 * Everything about the schema that a migration can change. Tables are told by what SQLite says of them, not by the text of their
 * definition: `ALTER TABLE` and a table made anew leave other texts for the same table.
 */
export function schemaOf(database: DatabaseSync): SchemaDescription {
  const description = new Map<string, string>();
  const objects = rowsOf(
    database,
    `SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY type, name`,
  );
  for (const { type, name, sql } of objects) {
    const text = String(sql ?? '');
    const table = type === 'table' && !/^\s*CREATE\s+VIRTUAL\b/i.test(text);
    description.set(`${type} main.${name}`, table ? tableText(database, String(name), text) : normalized(text));
  }
  return description;
}

function tableText(database: DatabaseSync, table: string, sql: string): string {
  const { parts, options } = partsOfTable(sql);
  const columns = columnsOf(database, table);
  const lines = columns.map((column) => {
    const part = parts.find(([first]) => first === column.name.toLowerCase()) ?? [];
    const collation = part.indexOf('collate');
    return [
      `column ${column.name} ${column.type || 'of any type'}`,
      ...(column.notNull ? ['not null'] : []),
      ...(column.default === null ? [] : [`default ${normalized(column.default)}`]),
      ...(column.generated ? [`generated as ${clausesOf(part, 'as').join(' ')} ${part.includes('stored') ? 'stored' : 'virtual'}`] : []),
      ...(collation === -1 ? [] : [`collate ${part[collation + 1]}`]),
    ].join(' ');
  });
  const key = columns.filter(({ key }) => key > 0).toSorted((one, other) => one.key - other.key);
  const more = [
    ...(key.length === 0 ? [] : [`primary key (${key.map(({ name }) => name).join(', ')})`]),
    ...uniqueConstraints(database, table),
    ...foreignKeysOf(database, table).map(({ columns: from, table: to, references, onUpdate, onDelete }) =>
      `foreign key (${from.join(', ')}) references ${to} (${references.join(', ')}) on update ${onUpdate} on delete ${onDelete}`.toLowerCase(),
    ),
    ...parts.flatMap((part) => clausesOf(part, 'check').map((check) => `check ${check}`)),
    ...(parts.some((part) => part.includes('autoincrement')) ? ['autoincrement'] : []),
    ...(options === '' ? [] : [options]),
  ];
  return [...lines, ...more.toSorted()].join('\n');
}

function uniqueConstraints(database: DatabaseSync, table: string): readonly string[] {
  return rowsOf(database, `SELECT name FROM pragma_index_list(?) WHERE origin = 'u'`, table).map(({ name }) => {
    const columns = rowsOf(database, 'SELECT name FROM pragma_index_info(?) ORDER BY seqno', String(name));
    return `unique (${columns.map((column) => String(column['name'])).join(', ')})`;
  });
}
