import type pg from 'pg';
import type { KnownNames } from '../../known-names.ts';
import type { MaskingReport, MaskingRules } from '../../masking/rules.ts';
import { type Connection, connect, connected } from '../connection.ts';
import { type Catalog, readCatalog } from './catalog.ts';
import { resolveCollisions } from './collisions.ts';
import { JSON_FUNCTION } from './expressions.ts';
import { step } from './failure.ts';
import { giveKeys } from './keys.ts';
import { type Plan, planMasking } from './plan.ts';
import { Rewriting, withoutForeignKeys } from './rewrite.ts';
import { collectValues, scanForLeaks } from './scan.ts';

export interface MaskOptions {
  readonly log: (line: string) => void;
  readonly signal: AbortSignal;
  /** The names that may be shown. */
  readonly names: KnownNames;
}

/**
 * Replaces the values of masked columns and proves that none is left in the database. Values are equal wherever they were equal before, within
 * a domain. Nothing of the schema changes. When it throws, the database is neither masked nor whole: the caller destroys it.
 *
 * What may still hold unmasked values afterwards are files of the server, not of the database: write-ahead log from filling it, which the
 * checkpoint at the end makes the server reuse or remove but not overwrite. They go with the server's data folder. On a server that is not
 * private they stay until it has written as much log again.
 *
 * @throws RehearsalImpossible `masking_incomplete`, `masking_invalid`, `masking_impossible`, `disk` or `leak`; no message holds a value, nor a name that nobody spells
 */
export async function maskDatabase(target: Connection, rules: MaskingRules, options: MaskOptions): Promise<MaskingReport> {
  const { signal } = options;
  signal.throwIfAborted();
  const client = await connect(target);
  const cancel = (): void => void cancelBackend(target, client);
  signal.addEventListener('abort', cancel, { once: true });
  try {
    return await maskWith(client, rules, options);
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener('abort', cancel);
    await client.end().catch(() => undefined);
  }
}

async function maskWith(client: pg.Client, rules: MaskingRules, { log, names, signal }: MaskOptions): Promise<MaskingReport> {
  const began = performance.now();
  const superuser = await prepare(client);
  const catalog = await step('reading the schema', () => readCatalog(client, names));
  const plan = planMasking(catalog, rules);
  for (const remark of plan.remarks) log(remark);
  const source = await step('reading the values', () => collectValues(client, plan, signal));
  const collected = performance.now();
  await step('handing over the keys', () => giveKeys(client, plan.domains));
  if (plan.domains.some(({ family }) => family === 'json')) await step('masking JSON', () => client.query(JSON_FUNCTION));
  const resolved = await resolveCollisions(client, plan.domains);
  const changing = plan.tables.filter(({ changes }) => changes);
  let rows = 0;
  await withoutForeignKeys(
    client,
    names,
    changing.map(({ table }) => table),
    async () => {
      const rewriting = new Rewriting(client, superuser, resolved);
      for (const table of changing) {
        signal.throwIfAborted();
        const written = await rewriting.rewrite(table);
        rows += written;
        log(`${table.table.told}: ${written} rows`);
      }
    },
  );
  await cleanUp(client, catalog, plan, rules, superuser);
  const masked = performance.now();
  const found = await step('looking for leaks', () => scanForLeaks(client, { catalog, plan, rules, names }, source, signal));
  const scanned = performance.now();
  return {
    file: rules.file,
    columns: plan.counts,
    rows,
    seconds: (masked - collected) / 1000,
    scan: { ...found, seconds: (scanned - masked + collected - began) / 1000 },
    pending: plan.pending,
  };
}

/** Values as text must not depend on the server's settings, and nothing of the data belongs into its log. */
const SETTINGS = [
  "SET search_path = ''",
  "SET datestyle = 'ISO, YMD'",
  "SET timezone = 'UTC'",
  "SET intervalstyle = 'postgres'",
  'SET extra_float_digits = 1',
  "SET bytea_output = 'hex'",
  "SET client_encoding = 'UTF8'",
  // Rows that a policy hides would stay as they are; this makes it an error.
  'SET row_security = off',
  'SET statement_timeout = 0',
  'SET lock_timeout = 0',
  'SET idle_in_transaction_session_timeout = 0',
  'SET synchronous_commit = off',
  'SET jit = off',
  "SET work_mem = '64MB'",
  "SET maintenance_work_mem = '256MB'",
];
/** For a superuser only. The first keeps triggers, rules and event triggers from firing beyond what is switched off table by table. */
const SUPERUSER_SETTINGS = [
  'SET session_replication_role = replica',
  "SET log_min_messages = 'panic'",
  "SET log_min_error_statement = 'panic'",
  "SET log_statement = 'none'",
  'SET log_min_duration_statement = -1',
];

async function prepare(client: pg.Client): Promise<boolean> {
  for (const setting of SETTINGS) await client.query(setting);
  const { rows } = await client.query<{ superuser: boolean }>('SELECT rolsuper AS superuser FROM pg_roles WHERE rolname = current_user');
  const superuser = rows[0]?.superuser === true;
  if (superuser) for (const setting of SUPERUSER_SETTINGS) await client.query(setting);
  return superuser;
}

/** What was made from unmasked values is made anew. */
async function cleanUp(client: pg.Client, catalog: Catalog, plan: Plan, rules: MaskingRules, superuser: boolean): Promise<void> {
  for (const { told, sql } of catalog.views.filter(({ populated }) => populated)) {
    await step(`refreshing ${told}`, () => client.query(`REFRESH MATERIALIZED VIEW ${sql}`));
  }
  if (rules.largeObjects === 'drop')
    await step('dropping large objects', () => client.query('SELECT count(lo_unlink(oid)) FROM pg_largeobject_metadata'));
  const changed = [...plan.tables.filter(({ changes }) => changes).map(({ table }) => table), ...catalog.views];
  if (superuser) {
    // ANALYZE leaves alone what a column with the statistics target 0 has.
    await client.query(
      `DELETE FROM pg_statistic s USING pg_class c WHERE c.oid = s.starelid AND (c.oid = ANY ($1::oid[]) OR coalesce(pg_partition_root(c.oid)::oid, c.oid) = ANY ($1::oid[])
         OR EXISTS (SELECT FROM pg_index i WHERE i.indexrelid = c.oid AND coalesce(pg_partition_root(i.indrelid)::oid, i.indrelid) = ANY ($1::oid[])))`,
      [changed.map(({ oid }) => oid)],
    );
    await client.query(
      `DELETE FROM pg_statistic_ext_data d USING pg_statistic_ext e WHERE e.oid = d.stxoid AND coalesce(pg_partition_root(e.stxrelid)::oid, e.stxrelid) = ANY ($1::oid[])`,
      [changed.map(({ oid }) => oid)],
    );
  }
  for (const { told, sql } of changed) await step(`statistics of ${told}`, () => client.query(`ANALYZE ${sql}`));
  // Rows that were deleted there still hold the most frequent values until the files are written anew.
  for (const table of ['pg_statistic', 'pg_statistic_ext_data', ...(rules.largeObjects === 'drop' ? ['pg_largeobject'] : [])]) {
    await step('statistics', () => client.query(`VACUUM FULL pg_catalog.${table}`));
  }
  await client.query('CHECKPOINT').catch(() => undefined); // Only with the right for it; the server makes one by itself sooner or later.
}

async function cancelBackend(target: Connection, client: pg.Client): Promise<void> {
  const { processID } = client as unknown as { processID: number };
  await connected(target, (other) => other.query('SELECT pg_cancel_backend($1)', [processID])).catch(() => undefined);
}
