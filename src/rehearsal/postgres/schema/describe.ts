import type pg from 'pg';
import type { SchemaDescription } from '../../database.ts';
import { type Connection, connected } from '../connection.ts';
import { CODE } from './code.ts';
import { RELATIONS } from './relations.ts';
import { TYPES } from './types.ts';
import { WIDE } from './wide.ts';

interface Described {
  readonly key: string;
  readonly definition: string | null;
}

/**
 * Everything about the schema that a migration can change, as text that is equal when the schemas are: one entry an object, one line a
 * property, so that a comparison reads well. Neither numbers that the server gives out nor gaps that dropped columns leave are in it. What
 * belongs to an extension is described by the extension alone.
 */
export function describeSchema(connection: Connection, signal: AbortSignal): Promise<SchemaDescription> {
  const describe = async (client: pg.Client): Promise<SchemaDescription> => {
    // One moment for all of it; and no schema is searched, so that every name comes with its own.
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    await client.query(
      "SELECT pg_catalog.set_config('search_path', '', true), pg_catalog.set_config('quote_all_identifiers', 'off', true)",
    );
    await client.query(
      "SET LOCAL timezone = 'UTC'; SET LOCAL datestyle = 'ISO'; SET LOCAL intervalstyle = 'postgres'; SET LOCAL extra_float_digits = 1",
    );
    const { rows: version } = await client.query<{ number: string }>("SELECT current_setting('server_version_num') AS number");
    const major = Math.floor(Number(version[0]?.number ?? 0) / 10_000);
    const entries: (readonly [string, string])[] = [];
    for (const query of [...RELATIONS, ...TYPES, ...CODE, ...WIDE]) {
      const { rows } = await client.query<Described>(query(major));
      entries.push(...rows.map(({ key, definition }) => [key, definition ?? ''] as const));
    }
    return new Map(entries.sort(([one], [other]) => (one < other ? -1 : 1)));
  };
  return connected(connection, describe, signal);
}
