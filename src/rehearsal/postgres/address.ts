import { parse } from 'pg-connection-string';
import type { Access } from '../database.ts';
import { type Connection, connected, variablesOf } from './connection.ts';

/** A server that somebody else runs, as its URL names it. */
export interface Address {
  /** To the URL's own database. */
  readonly connection: Connection;
  /** How commands reach one of its databases. */
  access(database: string): Access;
}

/** What a URL's parameters are called as variables: https://www.postgresql.org/docs/current/libpq-envars.html */
const VARIABLES: Readonly<Record<string, string>> = {
  sslmode: 'PGSSLMODE',
  sslrootcert: 'PGSSLROOTCERT',
  sslcert: 'PGSSLCERT',
  sslkey: 'PGSSLKEY',
  sslcrl: 'PGSSLCRL',
  sslsni: 'PGSSLSNI',
  sslnegotiation: 'PGSSLNEGOTIATION',
  channel_binding: 'PGCHANNELBINDING',
  gssencmode: 'PGGSSENCMODE',
  require_auth: 'PGREQUIREAUTH',
  options: 'PGOPTIONS',
};

/** `sslmode` values that bear a server without TLS. */
const OPPORTUNISTIC = ['prefer', 'allow'];

/**
 * Reads a URL as PostgreSQL's own programs do, `sslmode` included, and reaches the server once.
 * @throws Error when it cannot be read or reached; its message holds no password
 */
export async function reach(url: string): Promise<Address> {
  const parsed = parsedUrl(url);
  const connection = connectionOf(parsed);
  const secured = await secure(connection, parsed['sslmode']);
  const parameters = Object.entries(parsed).filter(([name, value]) => VARIABLES[name] !== undefined && typeof value === 'string');
  const told = Object.fromEntries(parameters.map(([name, value]) => [VARIABLES[name] ?? name, String(value)]));
  // Where the URL says nothing, the job's own variable may not either. Some tools take "prefer" for a demand.
  const variables = saysMode(url) ? told : { ...told, PGSSLMODE: secured.ssl === false ? 'disable' : 'prefer' };
  return {
    connection: secured,
    access: (database) => ({ url: urlWith(url, database), variables: { ...variables, ...variablesOf({ ...secured, database }) } }),
  };
}

type Parsed = ReturnType<typeof parse>;

function saysMode(url: string): boolean {
  return new URLSearchParams(url.slice(url.indexOf('?') + 1)).has('sslmode');
}

function parsedUrl(url: string): Parsed {
  if (!/^postgres(ql)?:\/\//.test(url)) throw new Error('it is no URL that begins with "postgresql://"');
  // libpq takes `prefer` where nothing is said.
  const complete = saysMode(url) ? url : `${url}${url.includes('?') ? '&' : '?'}sslmode=prefer`;
  try {
    return parse(complete, { useLibpqCompat: true });
  } catch (error) {
    // What is in it may be a password; the kind of mistake is enough.
    throw new Error(/Invalid URL|URI malformed/.test((error as Error).message) ? 'it cannot be read as a URL' : (error as Error).message);
  }
}

function connectionOf(parsed: Parsed): Connection {
  const user = parsed.user || process.env['PGUSER'] || 'postgres';
  return {
    host: parsed.host || 'localhost',
    port: Number(parsed.port || 5432),
    user,
    password: parsed.password ?? '',
    database: parsed.database || user,
    ssl: securityOf(parsed),
  };
}

/** A path is a socket in a folder, where TLS is not spoken. A certificate must be for the host also where that is a number. */
function securityOf({ host, ssl }: Parsed): Connection['ssl'] {
  if ((host ?? '').startsWith('/')) return false;
  if (typeof ssl !== 'object') return ssl === true || ssl === 'true';
  return { ...ssl, host: host || 'localhost' } as NonNullable<Connection['ssl']>;
}

/** The connection as it was reached: without TLS only where the URL allows for it and the server has none. */
async function secure(connection: Connection, mode: unknown): Promise<Connection> {
  try {
    await connected(connection, async () => undefined);
    return connection;
  } catch (error) {
    const { message } = error as Error;
    if (!OPPORTUNISTIC.includes(String(mode)) || !/does not support SSL/i.test(message)) throw error;
    const plain = { ...connection, ssl: false };
    await connected(plain, async () => undefined);
    return plain;
  }
}

function urlWith(url: string, database: string): string {
  const [base = '', ...parameters] = url.split('?');
  const [, start = base] = /^(postgres(?:ql)?:\/\/[^/]*)/.exec(base) ?? [];
  // A database among the parameters would win over the one in the path.
  const kept = parameters
    .join('?')
    .split('&')
    .filter((parameter) => parameter !== '' && !parameter.startsWith('dbname='));
  return `${start}/${encodeURIComponent(database)}${kept.length === 0 ? '' : `?${kept.join('&')}`}`;
}
