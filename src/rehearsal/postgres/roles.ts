import type pg from 'pg';
import { type Connection, connected } from './connection.ts';
import { failureOf } from './failure.ts';

const ROLES = "SELECT rolname::text AS name FROM pg_catalog.pg_roles WHERE rolname !~ '^pg_'";

/** The roles of a server, without the server's own. */
export async function rolesOf(client: pg.Client): Promise<readonly string[]> {
  return (await client.query<{ name: string }>(ROLES)).rows.map(({ name }) => name);
}

/** Drops every role that is not among `kept`. For a private server only, whose roles are the rehearsal's own. */
export async function dropRolesBut(connection: Connection, kept: readonly string[], log: (line: string) => void): Promise<void> {
  await connected(connection, async (client) => {
    const roles = (await rolesOf(client)).filter((name) => !kept.includes(name));
    for (const name of roles) {
      const quoted = client.escapeIdentifier(name);
      await client
        .query(`DROP OWNED BY ${quoted}; DROP ROLE ${quoted}`)
        .catch((error: Error) => log(`A role that the migration made could not be removed: ${failureOf(error)}`));
    }
  });
}
