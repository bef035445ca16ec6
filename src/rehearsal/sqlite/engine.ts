import { chmodSync, constants, existsSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type Access,
  type Contents,
  type DatabaseCopy,
  type EngineOptions,
  type RehearsalEngine,
  RehearsalImpossible,
  type RehearsalServer,
  type Restored,
} from '../database.ts';
import { quoted } from '../identifier.ts';
import type { MaskingReport, MaskingRules } from '../masking/rules.ts';
import { inOwnWords } from '../own-words.ts';
import { accessTo, FileCopy, SIDECARS } from './copy.ts';
import { rowsOf, sqliteModule, withDatabase, withoutData, withoutItsWords } from './driver.ts';
import { maskFile } from './masking.ts';
import { copyRunning, restoreInto } from './snapshot.ts';
import { tablesIn } from './tables.ts';

/** SQLite: a file and a library instead of a server. The same rehearsal, as far as a file can be watched from outside. */
export const sqlite: RehearsalEngine = {
  worksIn: () => true,
  async start(options) {
    if (options.serverUrl !== null)
      throw new RehearsalImpossible('unsupported', 'SQLite has no server: remove "server" from the rehearsal in the pipeline file.');
    const version = process.versions['sqlite'] ?? '';
    sqliteModule();
    if (options.version !== null && String(options.version) !== version.split('.')[0])
      throw new RehearsalImpossible(
        'server_version',
        `The pipeline file names version ${options.version} of SQLite, and this is SQLite ${version}. Remove "version".`,
      );
    return inOwnWords(new FileServer(options, version), withoutItsWords);
  },
};

class FileServer implements RehearsalServer {
  readonly name: string;
  readonly major = null;
  readonly secrets: readonly string[] = [];
  readonly source: Access;
  private readonly options: EngineOptions;
  private readonly folder: string;
  private readonly path: string;
  private copies = 0;

  constructor(options: EngineOptions, version: string) {
    this.options = options;
    this.name = `SQLite ${version}`;
    this.folder = join(options.folder, 'databases');
    mkdirSync(this.folder, { mode: 0o700 });
    this.path = join(this.folder, 'source.db');
    writeFileSync(this.path, '', { mode: 0o600 });
    this.source = accessTo(this.path);
  }

  async restore(dump: string): Promise<Restored> {
    const restored = await restoreInto(this.path, dump, this.options.names);
    // The dump may have been one that nobody may write to.
    chmodSync(this.path, 0o600);
    return restored;
  }

  copyFrom(url: string): Promise<Restored> {
    return copyRunning(this.path, url, this.options.names);
  }

  async takeStock(): Promise<Contents> {
    try {
      return withDatabase(this.path, { readOnly: false }, (database) => {
        database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
        const tables = tablesIn(database);
        const rows = tables.some((table) => rowsOf(database, `SELECT 1 AS one FROM ${quoted(table)} LIMIT 1`).length > 0);
        return { tables: tables.length, rows, bytes: statSync(this.path).size };
      });
    } catch (error) {
      throw new RehearsalImpossible(
        'snapshot_unreadable',
        `What the snapshot command left at DATABASE_URL is no database of SQLite: ${withoutData(error, this.options.names)}.`,
      );
    }
  }

  mask(rules: MaskingRules): Promise<MaskingReport> {
    return maskFile(this.path, rules, this.options);
  }

  async freeze(): Promise<void> {
    withDatabase(this.path, { readOnly: false }, (database) => database.exec('PRAGMA wal_checkpoint(TRUNCATE)'));
    for (const ending of SIDECARS) {
      if (ending !== '-journal' && existsSync(this.path + ending)) rmSync(this.path + ending, { force: true });
    }
  }

  async copy(phase: string): Promise<DatabaseCopy> {
    this.options.signal.throwIfAborted();
    this.copies += 1;
    const path = join(this.folder, `${this.copies}-${phase}.db`);
    const began = performance.now();
    const how = await copyFast(this.path, path);
    const report = { how, seconds: Math.round(performance.now() - began) / 1000, bytes: statSync(path).size };
    return inOwnWords(new FileCopy(path, this.path, report, this.options.names), withoutItsWords);
  }

  async stop(): Promise<void> {
    try {
      rmSync(this.folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
    } catch (error) {
      this.options.log(`${this.folder} could not be removed: ${(error as Error).message}`);
    }
  }
}

/** @returns how, for people */
async function copyFast(from: string, to: string): Promise<string> {
  try {
    await copyFile(from, to, constants.COPYFILE_FICLONE_FORCE);
    return 'a clone of the file that shares its blocks';
  } catch {
    try {
      await copyFile(from, to);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      throw new RehearsalImpossible('disk', 'There is not enough disk for a copy of the database.');
    }
    return 'a copy of the file';
  }
}
