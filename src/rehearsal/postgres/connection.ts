import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';

/** How to get to a database of a server. */
export interface Connection {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  /** As `pg` takes it. `false` for the private server, which listens on loopback only. */
  readonly ssl: pg.ClientConfig['ssl'];
}

/** How connections of the rehearsal's own name themselves, so that observers leave them out. */
export const OWN_NAME = 'promote';

/** What PostgreSQL's own programs and most tools read: https://www.postgresql.org/docs/current/libpq-envars.html */
export function variablesOf({ host, port, user, password, database }: Connection): Readonly<Record<string, string>> {
  return { PGHOST: host, PGPORT: String(port), PGUSER: user, PGPASSWORD: password, PGDATABASE: database };
}

/** What commands get as DATABASE_URL. Holds the password. */
export function urlOf({ host, port, user, password, database }: Connection): string {
  return `postgresql://${encodeURIComponent(user)}:${encodeURIComponent(password)}@${host}:${port}/${encodeURIComponent(database)}`;
}

/** How a server says that it is just starting, or starting again after a crash; and how long that may take, milliseconds. */
const STARTING = '57P03';
const LONGEST_RECOVERY = 30_000;

/**
 * Opens a connection that its caller ends; a server that is starting is waited for. What `pg` throws is passed on.
 * @param name how it names itself to the server
 * @param signal once it is aborted, no more is waited
 */
export async function connect(connection: Connection, name: string = OWN_NAME, signal?: AbortSignal): Promise<pg.Client> {
  const until = performance.now() + LONGEST_RECOVERY;
  for (;;) {
    try {
      return await tryToConnect(connection, name);
    } catch (error) {
      signal?.throwIfAborted();
      if ((error as { code?: string }).code !== STARTING || performance.now() > until) throw error;
      await sleep(50);
    }
  }
}

async function tryToConnect(connection: Connection, name: string): Promise<pg.Client> {
  const client = new pg.Client({ ...connection, connectionTimeoutMillis: 5000, keepAlive: true, application_name: name });
  // A server that ends while nobody is asking anything is noticed by whoever asks next.
  client.on('error', () => undefined);
  try {
    await client.connect();
    return client;
  } catch (error) {
    await client.end().catch(() => undefined);
    throw error;
  }
}

/**
 * Opens one connection for as long as `work` needs it. What `pg` throws is passed on.
 * @param signal once it is aborted, what the connection is doing is cancelled, and its reason is thrown
 */
export async function connected<T>(connection: Connection, work: (client: pg.Client) => Promise<T>, signal?: AbortSignal): Promise<T> {
  signal?.throwIfAborted();
  const client = await connect(connection, OWN_NAME, signal);
  const onAbort = (): void => void cutOff(client, connection);
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    return await work(client);
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  } finally {
    signal?.removeEventListener('abort', onAbort);
    await client.end().catch(() => undefined);
  }
}

/** How long a cancelled statement may take to end in good order, milliseconds. */
const CANCELLED = 2000;

/** A statement that is merely hung up on goes on at the server: a database that is being made would appear after everything was removed. */
async function cutOff(client: pg.Client, connection: Connection): Promise<void> {
  const { processID } = client as unknown as { processID: number };
  await connected(connection, (other) => other.query('SELECT pg_catalog.pg_cancel_backend($1)', [processID])).catch(() => undefined);
  setTimeout(() => void client.end().catch(() => undefined), CANCELLED).unref();
}
