import type { Access } from '../database.ts';
import type { Binaries } from './binaries.ts';
import type { Connection } from './connection.ts';

/** A server with what is the rehearsal's own on it: a private server has nothing else, on a given one everything else is left alone. */
export interface Host {
  /** As the server tells it, without what a distribution adds: `18.4`. */
  readonly version: string;
  readonly major: number;
  /** Where databases are made and dropped from. Never a database of the rehearsal's own. */
  readonly admin: Connection;
  readonly secrets: readonly string[];
  /** The server's programs, where there are some. */
  readonly binaries: Binaries | null;
  /** Where Debian's packages lie, with the client programs among them. */
  readonly packages: string;
  /** Whether nobody else is on the server, and its roles are the rehearsal's own too. */
  readonly exclusive: boolean;
  /** Name of one of the rehearsal's databases: `source`, or a phase. */
  databaseName(part: string): string;
  /** To be said on a database as soon as it has been made; `null`: nothing. */
  readonly comment: string | null;
  access(database: string): Access;
  /** Bytes free where the data lies; `null` where nobody can tell. */
  free(): number | null;
  /** Ends what it started. Never throws. */
  close(): Promise<void>;
}

export function connectionTo(host: Host, database: string): Connection {
  return { ...host.admin, database };
}

/** `18` of `18.4`. */
export function majorOf(version: string): number {
  return Number.parseInt(version, 10);
}
