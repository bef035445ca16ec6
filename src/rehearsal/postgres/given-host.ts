import { randomBytes } from 'node:crypto';
import { type EngineOptions, RehearsalImpossible } from '../database.ts';
import { type Address, reach } from './address.ts';
import { DEBIAN } from './binaries.ts';
import { connected } from './connection.ts';
import { failureOf } from './failure.ts';
import { type Host, majorOf } from './host.ts';
import { commentOf, databaseNameOf, ownership, removeAbandoned, standGuard } from './own-databases.ts';

/** `DROP DATABASE … WITH (FORCE)` came with it. */
const OLDEST = 13;

/** What the server says of itself and of the role. */
interface Server {
  readonly version: string;
  readonly may: boolean;
  readonly standby: boolean;
  readonly role: string;
}

/**
 * A server that was given: on it only databases that this rehearsal made itself are touched, and those that rehearsals whose process is
 * gone left.
 * @throws RehearsalImpossible when it cannot be reached or used
 */
export async function givenHost(options: EngineOptions, url: string): Promise<Host> {
  const address = await reached(url);
  const { connection } = address;
  const server = await askServer(address);
  refuseUnfit(server, options.version);
  await removeAbandoned(connection, options.log);
  const run = randomBytes(4).toString('hex');
  const guard = await standGuard(connection, run);
  return {
    version: server.version,
    major: majorOf(server.version),
    admin: connection,
    secrets: connection.password === '' ? [] : [connection.password],
    binaries: null,
    packages: DEBIAN,
    exclusive: false,
    databaseName: (part) => databaseNameOf(run, part),
    comment: commentOf(ownership(options.env)),
    access: (database) => address.access(database),
    free: () => null,
    close: () => guard.end(),
  };
}

async function reached(url: string): Promise<Address> {
  try {
    return await reach(url);
  } catch (error) {
    throw new RehearsalImpossible(
      'server_missing',
      `The server to rehearse on could not be reached: ${failureOf(error)}. Check its URL, and that this machine may connect to it; where none is named or given, a private one is started.`,
    );
  }
}

function askServer({ connection }: Address): Promise<Server> {
  return connected(connection, async (client) => {
    const { rows } = await client.query<Server>(`SELECT split_part(current_setting('server_version'), ' ', 1) AS version,
      rolcreatedb OR rolsuper AS may, pg_catalog.pg_is_in_recovery() AS standby, rolname::text AS role
      FROM pg_catalog.pg_roles WHERE rolname = current_user`);
    return rows[0] ?? { version: '0', may: false, standby: false, role: connection.user };
  });
}

function refuseUnfit({ version, may, standby, role }: Server, asked: number | null): void {
  const major = majorOf(version);
  if (major < OLDEST || (asked !== null && asked !== major))
    throw new RehearsalImpossible(
      'server_version',
      `The server to rehearse on is PostgreSQL ${version}, and ${asked === null ? `a rehearsal needs ${OLDEST} or newer` : `the pipeline file asks for ${asked}`}. Name another server, or none: then a private one is started.`,
    );
  if (standby)
    throw new RehearsalImpossible(
      'server_missing',
      'The server to rehearse on is a standby, which takes no database of its own. Name another.',
    );
  if (!may)
    throw new RehearsalImpossible(
      'server_missing',
      `The role "${role}" may not make databases on the server to rehearse on. Let an administrator run: ALTER ROLE "${role}" CREATEDB; the rehearsal touches no database but those it makes itself.`,
    );
}
