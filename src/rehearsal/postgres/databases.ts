import type pg from 'pg';
import type { CopyReport } from '../database.ts';
import { secondsSince } from '../elapsed.ts';
import { connected } from './connection.ts';
import { assertRoom } from './disk.ts';
import { failureOf } from './failure.ts';
import type { Host } from './host.ts';

/** A way to copy a database, from the fastest on. */
interface Method {
  readonly how: string;
  /** Servers from this major version on have it. */
  readonly since: number;
  /** What the session is told first; it holds for this connection only. */
  readonly settings: readonly string[];
  readonly strategy: string;
}

const METHODS: readonly Method[] = [
  {
    how: 'FILE_COPY with file_copy_method=clone',
    since: 18,
    settings: ['SET file_copy_method = clone'],
    strategy: 'STRATEGY FILE_COPY',
  },
  { how: 'FILE_COPY', since: 15, settings: [], strategy: 'STRATEGY FILE_COPY' },
  { how: 'WAL_LOG', since: 15, settings: [], strategy: 'STRATEGY WAL_LOG' },
  { how: 'CREATE DATABASE', since: 0, settings: [], strategy: '' },
];

/** Bytes of a database from which on a copy's share of the disk is more than the server's own noise. */
const WORTH_MEASURING = 200_000_000;

/** Makes and drops the rehearsal's databases on one host. */
export class Databases {
  private readonly host: Host;
  private readonly signal: AbortSignal;
  private readonly made = new Set<string>();
  private methods: Method[];
  /** Part of its size that a copy takes: nearly nothing where the file system shares the blocks. Until one was made, all of it. */
  private share = 1;

  constructor(host: Host, signal: AbortSignal) {
    this.host = host;
    this.signal = signal;
    this.methods = METHODS.filter(({ since }) => since <= host.major);
  }

  /** A new empty database. */
  async create(name: string): Promise<void> {
    await connected(this.host.admin, async (client) => {
      this.made.add(name);
      await client.query(`CREATE DATABASE ${name} TEMPLATE template0 ENCODING 'UTF8'`);
      await this.comment(client, name);
    });
  }

  /** Notes a database that is there already. */
  adopt(name: string): void {
    this.made.add(name);
  }

  /**
   * Copies a database to which nobody is connected.
   * @throws RehearsalImpossible when there is too little disk
   */
  async copy(source: string, name: string): Promise<CopyReport> {
    const copying = async (client: pg.Client): Promise<CopyReport> => {
      const bytes = await sizeOf(client, source);
      this.made.add(name);
      const before = this.host.free();
      assertRoom(before, bytes * this.share, 'A copy of the database');
      const started = performance.now();
      const how = await this.copyBy(client, source, name);
      const seconds = secondsSince(started);
      const after = this.host.free();
      if (before !== null && after !== null && bytes > WORTH_MEASURING) this.share = Math.min(1, Math.max(0, before - after) / bytes);
      await this.comment(client, name);
      return { how, seconds, bytes };
    };
    return connected(this.host.admin, copying, this.signal);
  }

  /** The first way that works is taken from then on: which one does depends on the file system. */
  private async copyBy(client: pg.Client, source: string, name: string): Promise<string> {
    for (;;) {
      const [method, ...slower] = this.methods;
      if (method === undefined) throw new Error('No way to copy a database is known for this server.');
      try {
        for (const setting of method.settings) await client.query(setting);
        await client.query(`CREATE DATABASE ${name} TEMPLATE ${source} ${method.strategy}`);
        return method.how;
      } catch (error) {
        if (slower.length === 0 || !isAboutFiles(error) || this.signal.aborted) throw error;
        if (method.settings.length > 0) await client.query('RESET file_copy_method').catch(() => undefined);
        this.methods = slower;
      }
    }
  }

  async drop(name: string): Promise<void> {
    await connected(this.host.admin, (client) => client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`));
    this.made.delete(name);
  }

  /** Never throws. */
  async dropAll(log: (line: string) => void): Promise<void> {
    for (const name of this.made)
      await this.drop(name).catch((error: Error) => log(`The database ${name} could not be removed: ${failureOf(error)}`));
  }

  private async comment(client: pg.Client, name: string): Promise<void> {
    if (this.host.comment !== null) await client.query(`COMMENT ON DATABASE ${name} IS '${this.host.comment.replaceAll("'", "''")}'`);
  }
}

export async function sizeOf(client: pg.Client, database: string): Promise<number> {
  const { rows } = await client.query<{ bytes: string }>('SELECT pg_catalog.pg_database_size($1) AS bytes', [database]);
  return Number(rows[0]?.bytes ?? 0);
}

/** The server could not copy files in that way, or does not know the way: https://www.postgresql.org/docs/current/errcodes-appendix.html */
function isAboutFiles(error: unknown): boolean {
  const { code = '' } = error as { code?: string };
  // No such parameter value or feature; system error other than a full disk, which none of the ways mends.
  return ['22023', '0A000', '42704', 'XX000'].includes(code) || /^58/.test(code);
}
