import { rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { RehearsalImpossible, type Restored } from '../database.ts';
import { type Address, reach } from './address.ts';
import { clientsNamed, findClient } from './binaries.ts';
import { diagnosisOf } from './client-messages.ts';
import { runProgram } from './client-program.ts';
import { connected } from './connection.ts';
import { sizeOf } from './databases.ts';
import { assertRoom, freeBytes } from './disk.ts';
import { failureOf } from './failure.ts';
import { majorOf } from './host.ts';
import { withProgress } from './progress.ts';
import { places, type Restore, refuseOtherMajor, restoreDump } from './restore.ts';

/** Every session of ours on somebody's database, so that it cannot be written to by mistake. */
const READ_ONLY = '-c default_transaction_read_only=on';

interface Running {
  readonly address: Address;
  readonly version: string;
  readonly bytes: number;
}

/**
 * Fills the database from a running one, which is only read: dumped into a folder and restored from there.
 * @param folder where the dump lies meanwhile
 * @throws RehearsalImpossible
 */
export async function copyRunning(url: string, folder: string, restore: Restore): Promise<Restored> {
  const running = await ask(url);
  const major = majorOf(running.version);
  refuseOtherMajor(major, restore, 'The running database');
  const program = findClient('pg_dump', { ...places(restore), near: restore.host.major, atLeast: major });
  if (program === null) throw noProgram(major, restore);
  assertRoom(restore.host.free() ?? freeBytes(folder), running.bytes, 'Copying the running database');
  const dump = join(folder, 'running');
  try {
    await dumpInto(dump, program.path, running, restore);
    restore.signal.throwIfAborted();
    await restoreDump(dump, { ...restore, expected: running.bytes });
    return { format: 'a copy of the running database', major };
  } finally {
    rmSync(dump, { recursive: true, force: true });
  }
}

async function ask(url: string): Promise<Running> {
  try {
    const address = await reach(url);
    return await connected(address.connection, async (client) => {
      await client.query('SET default_transaction_read_only = on');
      const { rows } = await client.query<{ version: string }>("SELECT split_part(current_setting('server_version'), ' ', 1) AS version");
      return { address, version: rows[0]?.version ?? '0', bytes: await sizeOf(client, address.connection.database) };
    });
  } catch (error) {
    throw new RehearsalImpossible(
      'snapshot_failed',
      `The running database that the snapshot is copied from could not be reached: ${failureOf(error)}. Check its URL, and that this machine may connect to it.`,
    );
  }
}

function noProgram(major: number, restore: Restore): RehearsalImpossible {
  const others = clientsNamed('pg_dump', places(restore)).map((program) => program.major);
  const has = others.length === 0 ? 'none' : `only of version ${others.join(' and ')}, which refuses newer servers`;
  return new RehearsalImpossible(
    'server_missing',
    `The running database is PostgreSQL ${major}, which "pg_dump" ${major} or newer copies, and there is ${has} beside the server, on PATH or in /usr/lib/postgresql. Install PostgreSQL's client in a step before ("sudo apt-get install postgresql-client-${major}").`,
  );
}

async function dumpInto(dump: string, path: string, { address }: Running, restore: Restore): Promise<void> {
  const { variables } = address.access(address.connection.database);
  const options = [variables['PGOPTIONS'] ?? '', READ_ONLY].join(' ').trim();
  const jobs = Math.min(4, availableParallelism());
  const parameters = [
    '--format=directory',
    '--compress=1',
    `--jobs=${jobs}`,
    '--no-owner',
    '--no-privileges',
    '--no-subscriptions',
    `--file=${dump}`,
  ];
  const { host, database, log, env, signal } = restore;
  const said = await withProgress({ what: 'Dumping the running database', host, database, log, share: () => null }, () =>
    runProgram({ path, parameters, variables: { ...variables, PGOPTIONS: options }, env, signal }),
  );
  signal.throwIfAborted();
  if (said !== null)
    throw new RehearsalImpossible(
      'snapshot_failed',
      `The running database could not be dumped: ${diagnosisOf(said)}. Run pg_dump against it yourself to see what it says.`,
    );
}
