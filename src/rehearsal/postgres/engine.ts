import type { EngineOptions, RehearsalDatabase, RehearsalEngine } from '../database.ts';
import { endProcess } from '../processes.ts';
import { findBinaries } from './binaries.ts';
import { variablesOf } from './connection.ts';
import { takeStock } from './contents.ts';
import { restoreDump } from './dump.ts';
import { startServer } from './server.ts';
import { reachableBinaries, reaches, serverUser } from './server-user.ts';

/** A private PostgreSQL from the machine's own programs, started for one rehearsal and thrown away with it. */
export const postgres: RehearsalEngine = {
  worksIn: (base) => reaches(serverUser(), base),
  start,
};

async function start(options: EngineOptions): Promise<RehearsalDatabase> {
  const user = serverUser();
  const found = findBinaries(options.env);
  const server = await startServer(options, reachableBinaries(found, user, options.folder), user);
  const { connection } = server;
  const url = `postgresql://${connection.user}:${connection.password}@${connection.host}:${connection.port}/${connection.database}`;
  return {
    server: `PostgreSQL ${server.version}`,
    url,
    secrets: [connection.password, url],
    variables: variablesOf(connection),
    restore: (dump) => restoreDump(dump, { connection, binaries: found, env: options.env, signal: options.signal }),
    takeStock: () => takeStock(connection),
    stop: async () => {
      await endProcess(server.pid);
      options.watch(null);
    },
  };
}
