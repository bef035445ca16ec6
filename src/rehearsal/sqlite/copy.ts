import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
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
import { quoted } from '../identifier.ts';
import type { KnownNames } from '../known-names.ts';
import { inOwnWords } from '../own-words.ts';
import { type Row, rowsOf, withDatabase, withoutData, withoutItsWords } from './driver.ts';
import { startLoad } from './load.ts';
import { observeFile } from './observe.ts';
import { schemaOf } from './schema.ts';
import { columnsOf, fullName, tablesIn } from './tables.ts';

/** What SQLite may keep beside a database. */
export const SIDECARS = ['-wal', '-shm', '-journal'] as const;

export class FileCopy implements DatabaseCopy {
  readonly access: Access;
  readonly copied: CopyReport;
  private readonly path: string;
  private readonly source: string;
  private readonly names: KnownNames;
  private loads = 0;

  /**
   * @param source the frozen file that it was made from
   * @param names those that may be shown
   */
  constructor(path: string, source: string, copied: CopyReport, names: KnownNames) {
    this.names = names;
    this.path = path;
    this.source = source;
    this.copied = copied;
    this.access = accessTo(path);
  }

  async observe(options: ObserveOptions = {}): Promise<Observer> {
    const { path, source: before, access } = this;
    const [mode] = withDatabase(path, { readOnly: true }, (database) => rowsOf(database, 'PRAGMA journal_mode'));
    const wal = mode?.['journal_mode'] === 'wal';
    return observeFile({ path, before, access, wal, loaded: () => this.loads > 0, names: this.names }, options);
  }

  async load(options: LoadOptions): Promise<RunningLoad> {
    this.loads += 1;
    const ended = (): void => {
      this.loads -= 1;
    };
    try {
      return inOwnWords(await startLoad(this.path, options, this.names, ended), withoutItsWords);
    } catch (error) {
      this.loads = 0;
      throw error;
    }
  }

  async describeSchema(): Promise<SchemaDescription> {
    return withDatabase(this.path, { readOnly: true }, schemaOf);
  }

  async countRows(): Promise<ReadonlyMap<string, number>> {
    return withDatabase(
      this.path,
      { readOnly: true },
      (database) =>
        new Map(
          tablesIn(database).map((table) => [
            fullName(table),
            Number(rowsOf(database, `SELECT count(*) AS rows FROM ${quoted(table)}`)[0]?.['rows']),
          ]),
        ),
    );
  }

  async fingerprintRows(tables: readonly string[]): Promise<ReadonlyMap<string, string>> {
    return withDatabase(
      this.path,
      { readOnly: true },
      (database) =>
        new Map(
          tablesIn(database)
            .filter((table) => tables.includes(fullName(table)))
            .map((table) => [fullName(table), fingerprintOf(database, table)]),
        ),
    );
  }

  async query(sql: string): Promise<readonly Row[]> {
    try {
      return withDatabase(this.path, { readOnly: true }, (database) => rowsOf(database, sql));
    } catch (error) {
      throw new Error(withoutData(error, this.names, sql));
    }
  }

  /** SQLite never validates rows that are there already: a table made anew may refer to rows that do not exist. */
  async leftovers(): Promise<readonly Leftover[]> {
    const before = brokenReferences(this.source, this.names);
    return [...brokenReferences(this.path, this.names)]
      .filter(([name, rows]) => rows > (before.get(name) ?? 0))
      .map(([name, rows]) => ({
        kind: 'unvalidated-constraint',
        name: `${name}, broken by ${rows === 1 ? 'a row' : `${rows} rows`}`,
        sql: null,
      }));
  }

  async drop(): Promise<void> {
    for (const ending of ['', ...SIDECARS]) rmSync(this.path + ending, { force: true, maxRetries: 5 });
  }
}

/** The sum of the rows' hashes, so that their order does not matter. */
function fingerprintOf(database: DatabaseSync, table: string): string {
  const values = columnsOf(database, table).map(({ name }) => `quote(${quoted(name)})`);
  let [rows, sum] = [0, 0n];
  for (const { row } of database.prepare(`SELECT ${values.join(" || ',' || ")} AS row FROM ${quoted(table)}`).iterate()) {
    rows += 1;
    sum = BigInt.asUintN(64, sum + createHash('sha256').update(String(row)).digest().readBigUInt64LE());
  }
  return `${rows}/${sum}`;
}

function brokenReferences(path: string, known: KnownNames): ReadonlyMap<string, number> {
  return withDatabase(path, { readOnly: true }, (database) => {
    const names = rowsOf(database, 'PRAGMA foreign_key_check').map(
      ({ table, parent }) => `foreign key on ${known.relation(fullName(String(table)))} to ${known.relation(fullName(String(parent)))}`,
    );
    return new Map([...Map.groupBy(names, (name) => name)].map(([name, all]) => [name, all.length]));
  });
}

/**
 * `file:` is the address that SQLite itself defines (https://www.sqlite.org/uri.html), and what Prisma, Drizzle, goose and its shell take.
 * Tools that have a scheme of their own, such as SQLAlchemy's, get theirs in SQLALCHEMY_DATABASE_URI; everybody else the bare path.
 */
export function accessTo(path: string): Access {
  const encoded = path.split('/').map(encodeURIComponent).join('/');
  return {
    url: `file:${encoded}`,
    variables: { DATABASE_PATH: path, SQLITE_PATH: path, SQLALCHEMY_DATABASE_URI: `sqlite:///${path}` },
  };
}
