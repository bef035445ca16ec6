import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCycle } from '../../../src/rehearsal/cycle.ts';
import type { RehearsalServer } from '../../../src/rehearsal/database.ts';
import type { RehearsalFacts } from '../../../src/rehearsal/evidence.ts';
import { KnownNames } from '../../../src/rehearsal/known-names.ts';
import { readLimits } from '../../../src/rehearsal/limits.ts';
import { postgres } from '../../../src/rehearsal/postgres/engine.ts';
import { judge } from '../../../src/rehearsal/verdict.ts';
import { POSTGRES_15_BIN, POSTGRES_BIN } from '../database-commands.ts';
import { DANGEROUS } from './dangerous.ts';
import type { KnownMigration } from './migration.ts';
import { COMMANDS, startTool } from './plain-tool.ts';
import { SAFE } from './safe.ts';
import { SHOP } from './shop-database.ts';

/** Whatever depends on how busy the machine is stands far off, unless a migration is about it. */
const CALM = { statement: false, lock: false, 'read-stall': '20s', 'write-stall': '20s', rewrite: '1MB' } as const;

interface House {
  readonly server: RehearsalServer;
  close(): Promise<void>;
}

async function openHouse(binaries: string): Promise<House> {
  const folder = mkdtempSync(join(tmpdir(), 'known-migrations-'));
  chmodSync(folder, 0o711);
  const server = await postgres.start({
    folder,
    env: { ...process.env, PROMOTE_POSTGRES_BIN: binaries },
    log: () => undefined,
    signal: new AbortController().signal,
    watch: () => undefined,
    serverUrl: null,
    version: null,
    names: new KnownNames(),
  });
  const client = new pg.Client({ connectionString: server.source.url });
  await client.connect();
  await client.query(SHOP);
  await client.end();
  await server.takeStock();
  await server.freeze();
  return {
    server,
    close: async () => {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Rehearsals at a time: most of each is waiting for the server's files, and more of them would stall each other's load. */
const SIDE_BY_SIDE = 3;
const waiting: (() => void)[] = [];
let running = 0;

async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  if (running >= SIDE_BY_SIDE) await new Promise<void>((resolve) => waiting.push(resolve));
  running += 1;
  try {
    return await work();
  } finally {
    running -= 1;
    waiting.shift()?.();
  }
}

async function rehearse(server: RehearsalServer, migration: KnownMigration) {
  const { down, live, checks, load = false } = migration;
  const rules = {
    migrate: COMMANDS.migrate,
    rollback: Array.isArray(down) ? COMMANDS.rollback : (down as false | null),
    previous: live === undefined ? null : COMMANDS.previous,
    load: load ? { script: null } : (false as const),
  };
  const phases = await runCycle({
    server,
    rules,
    checks: checks === undefined ? null : { invariants: [], lookups: [], rowChanges: new Map(), lacks: new Map(), ...checks },
    pendingColumns: [],
    loadScript: null,
    names: new KnownNames(),
    baseline: 300,
    ports: {
      start: (request) => startTool(migration, request),
      checkOutPrevious: async () => ({ folder: '.' }),
      log: () => undefined,
      ended: () => undefined,
      signal: new AbortController().signal,
    },
  });
  const facts: RehearsalFacts = {
    candidate: { sha: 'a'.repeat(40), version: 'v1', digest: '' },
    environment: 'staging',
    migrations: '',
    at: 0,
    server: { name: server.name, major: server.major },
    snapshot: null,
    masking: null,
    deviations: [],
    commands: rules,
    phases,
    impossible: null,
    prediction: null,
  };
  return { phases, ...judge(facts, readLimits({ ...CALM, ...migration.limits })) };
}

describe.each([
  ['18', POSTGRES_BIN],
  ['15', POSTGRES_15_BIN],
])('on PostgreSQL %s, a migration that', (_version, binaries) => {
  let house: House;
  beforeAll(async () => {
    house = await openHouse(binaries);
  });
  afterAll(() => house.close());

  it.concurrent.each([...SAFE, ...DANGEROUS].map((one) => [one.name, one] as const))('%s', async (_name, migration) => {
    const { verdict, reasons, phases } = await inTurn(() => rehearse(house.server, migration));
    const told = reasons.map(({ code, because, phase }) => `${phase} ${code}: ${because}`).join('\n');
    expect([...new Set(reasons.map(({ code }) => code))].sort(), told).toEqual([...migration.reasons].sort());
    expect(verdict, told).toBe(migration.verdict);
    expect(phases.map(({ name }) => name).sort()).toEqual(
      ['down', 'equal', 'interrupted', 'load', 'previous', 'rerun', 'up', 'up-again', 'verify'].sort(),
    );
  });
});

describe('the collection', () => {
  it('has forty migrations at least, each with a name of its own', () => {
    const names = [...SAFE, ...DANGEROUS].map(({ name }) => name);
    expect(names.length).toBeGreaterThanOrEqual(40);
    expect(new Set(names).size).toBe(names.length);
  });
});
