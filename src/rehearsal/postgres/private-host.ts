import { type Access, type EngineOptions, RehearsalImpossible } from '../database.ts';
import { endProcess } from '../processes.ts';
import { DEBIAN, findBinaries, howToInstall } from './binaries.ts';
import { type Connection, urlOf, variablesOf } from './connection.ts';
import { freeBytes } from './disk.ts';
import { type Host, majorOf } from './host.ts';
import { startServer } from './server.ts';
import { reachableBinaries, serverUser } from './server-user.ts';

/**
 * Starts a server for one rehearsal from the machine's own programs; it goes with it.
 * @throws RehearsalImpossible
 */
export async function privateHost(options: EngineOptions): Promise<Host> {
  const user = serverUser();
  const found = findBinaries(options.env, options.version);
  const server = await startServer(options, reachableBinaries(found, user, options.folder), user);
  const close = async (): Promise<void> => {
    await endProcess(server.pid);
    options.watch(null);
  };
  const major = majorOf(server.version);
  if (options.version !== null && major !== options.version) {
    await close();
    throw new RehearsalImpossible(
      'server_version',
      `The pipeline file asks for PostgreSQL ${options.version}, and ${found.folder} has ${server.version}. ${howToInstall(options.version)}`,
    );
  }
  const { connection } = server;
  return {
    version: server.version,
    major,
    admin: { ...connection, database: 'postgres' },
    secrets: [connection.password],
    binaries: found,
    packages: DEBIAN,
    exclusive: true,
    databaseName: (part) => (part === 'source' ? connection.database : `${connection.database}_${part}`),
    comment: null,
    access: (database) => accessTo({ ...connection, database }),
    free: () => freeBytes(options.folder),
    close,
  };
}

function accessTo(connection: Connection): Access {
  // Over loopback nobody needs TLS, whatever the job says about the servers that it reaches otherwise.
  return { url: urlOf(connection), variables: { ...variablesOf(connection), PGSSLMODE: 'disable' } };
}
