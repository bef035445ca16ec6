import type pg from 'pg';
import type {
  Access,
  CopyReport,
  DatabaseCopy,
  Leftover,
  LoadOptions,
  ObserveOptions,
  Observer,
  RunningLoad,
  SchemaDescription,
} from '../database.ts';
import type { KnownNames } from '../known-names.ts';
import { inOwnWords } from '../own-words.ts';
import { type Connection, connected } from './connection.ts';
import { countRows, fingerprintRows, leftovers } from './contents.ts';
import { failureOf, withoutItsWords } from './failure.ts';
import { describeSchema } from './schema/describe.ts';

/** How long one query of the checks may take, milliseconds. */
const LONGEST_QUERY = 300_000;

interface CopyOptions {
  readonly connection: Connection;
  readonly access: Access;
  readonly copied: CopyReport;
  /** Whether commands may get to the server's other databases: on a given server those are not the rehearsal's. */
  readonly alone: boolean;
  readonly signal: AbortSignal;
  readonly names: KnownNames;
  readonly drop: () => Promise<void>;
}

/** One copy of the data on a PostgreSQL. Who observes it and who puts load on it is loaded when it is asked for. */
export class PostgresCopy implements DatabaseCopy {
  readonly access: Access;
  readonly copied: CopyReport;
  readonly drop: () => Promise<void>;
  private readonly connection: Connection;
  private readonly alone: boolean;
  private readonly signal: AbortSignal;
  private readonly names: KnownNames;

  constructor({ connection, access, copied, alone, signal, names, drop }: CopyOptions) {
    this.signal = signal;
    this.names = names;
    this.alone = alone;
    this.connection = connection;
    this.access = access;
    this.copied = copied;
    this.drop = drop;
  }

  async observe(options: ObserveOptions = {}): Promise<Observer> {
    const { observe } = await import('./observe/observer.ts');
    const { database } = this.connection;
    const reaches = (asked: string): boolean => asked === database;
    const observer = await observe(this.connection, { ...options, names: this.names, ...(this.alone ? { reaches } : {}) });
    return inOwnWords(observer, withoutItsWords);
  }

  async load(options: LoadOptions): Promise<RunningLoad> {
    const { startLoad } = await import('./load/load.ts');
    return inOwnWords(await startLoad(this.connection, options, this.names), withoutItsWords);
  }

  describeSchema(): Promise<SchemaDescription> {
    return describeSchema(this.connection, this.signal);
  }

  countRows(): Promise<ReadonlyMap<string, number>> {
    return countRows(this.connection, this.signal);
  }

  fingerprintRows(tables: readonly string[]): Promise<ReadonlyMap<string, string>> {
    return fingerprintRows(this.connection, tables, this.signal);
  }

  query(sql: string): Promise<readonly Readonly<Record<string, unknown>>[]> {
    const ask = async (client: pg.Client): Promise<Record<string, unknown>[]> => {
      await client.query('BEGIN READ ONLY');
      await client.query(`SET LOCAL statement_timeout = ${LONGEST_QUERY}`);
      // The extended protocol takes one statement: nothing can end the transaction and go on.
      const { rows } = await client.query<Record<string, unknown>>({ text: sql, queryMode: 'extended' } as { text: string });
      return rows;
    };
    return connected(this.connection, ask, this.signal).catch((error: unknown) => {
      this.signal.throwIfAborted();
      throw new Error(failureOf(error, sql));
    });
  }

  leftovers(): Promise<readonly Leftover[]> {
    return leftovers(this.connection, this.names);
  }
}
