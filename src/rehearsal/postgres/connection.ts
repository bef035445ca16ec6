import pg from 'pg';

/** How to get to the private server. */
export interface Connection {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

/** What PostgreSQL's own programs and most tools read: https://www.postgresql.org/docs/current/libpq-envars.html */
export function variablesOf({ host, port, user, password, database }: Connection): Readonly<Record<string, string>> {
  return { PGHOST: host, PGPORT: String(port), PGUSER: user, PGPASSWORD: password, PGDATABASE: database, PGSSLMODE: 'disable' };
}

/** Opens one connection for as long as `work` needs it. What `pg` throws is passed on. */
export async function connected<T>(connection: Connection, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ ...connection, ssl: false, connectionTimeoutMillis: 5000, application_name: 'promote' });
  // A server that ends while nobody is asking anything is noticed by whoever asks next.
  client.on('error', () => undefined);
  try {
    await client.connect();
    return await work(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}
