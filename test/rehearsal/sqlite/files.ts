/** A folder of a test's own, databases in it, and commands that reach them the way a migration does: from another process. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { promisify } from 'node:util';
import type { RehearsalServer } from '../../../src/rehearsal/database.ts';
import type { KnownNames } from '../../../src/rehearsal/known-names.ts';
import { sqlite } from '../../../src/rehearsal/sqlite/engine.ts';
import { EveryName } from '../postgres/servers.ts';

export const SHOP = `
  CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT NOT NULL, email TEXT UNIQUE);
  CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL REFERENCES customers (id), quantity INT NOT NULL CHECK (quantity > 0), note TEXT);
  CREATE INDEX orders_customer ON orders (customer_id);
  WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300)
    INSERT INTO customers SELECT i, 'Customer Person' || i, 'person' || i || '@shop-mail.org' FROM n;
  WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)
    INSERT INTO orders SELECT i, 1 + i % 300, 1 + i % 3, 'paid by invoice' FROM n;`;

export function newFolder(): string {
  return mkdtempSync(join(tmpdir(), 'promote-sqlite-'));
}

export function database(path: string, ...statements: readonly string[]): string {
  const made = new DatabaseSync(path, { enableForeignKeyConstraints: false });
  for (const sql of statements) made.exec(sql);
  made.close();
  return path;
}

export function checksum(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}

export interface OwnServer {
  readonly server: RehearsalServer;
  readonly logged: string[];
  readonly cancel: AbortController;
}

export async function startServer(folder: string, names: KnownNames = new EveryName()): Promise<OwnServer> {
  const logged: string[] = [];
  const cancel = new AbortController();
  const server = await sqlite.start({
    folder: mkdtempSync(join(folder, 'rehearsal-')),
    env: process.env,
    log: (line) => logged.push(line),
    signal: cancel.signal,
    watch: () => undefined,
    serverUrl: null,
    version: null,
    names,
  });
  return { server, logged, cancel };
}

/** Runs each piece of SQL in a process of its own, and waits that many milliseconds where it is a number. */
export async function migrate(path: string, ...steps: readonly (string | number)[]): Promise<void> {
  const program = `const { DatabaseSync } = require('node:sqlite');
    const database = new DatabaseSync(process.argv[1], { timeout: 5000, enableForeignKeyConstraints: false });
    for (const step of JSON.parse(process.argv[2])) {
      if (typeof step === 'number') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, step);
      else database.exec(step);
    }
    database.close();`;
  await promisify(execFile)(process.execPath, ['--no-warnings', '-e', program, path, JSON.stringify(steps)]);
}

export function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
}
