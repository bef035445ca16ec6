import type { DatabaseSync, SQLInputValue, SQLOutputValue } from 'node:sqlite';
import { type EngineOptions, RehearsalImpossible } from '../database.ts';
import { quoted } from '../identifier.ts';
import type { KnownNames } from '../known-names.ts';
import type { MaskingReport, MaskingRules } from '../masking/rules.ts';
import { rowsOf, withDatabase, withoutData } from './driver.ts';
import { bytesHold, collectValues, type Scan, scanForLeaks } from './leaks.ts';
import { type MaskingPlan, planMasking } from './masking-plan.ts';
import { maskOf } from './masks.ts';

const MASK = 'promote_mask';

/**
 * Replaces the values of masked columns in a file, and proves that none is left in it: neither in what SQL shows nor in its bytes.
 * @throws RehearsalImpossible when a column is undeclared, a value cannot be masked, or a value leaked; then the file is made empty
 */
export async function maskFile(
  path: string,
  rules: MaskingRules,
  { log, names, signal }: Pick<EngineOptions, 'log' | 'names' | 'signal'>,
): Promise<MaskingReport> {
  const began = performance.now();
  return withDatabase(path, { readOnly: false }, (database) => {
    const plan = planMasking(database, rules, names);
    signal.throwIfAborted();
    const source = collectValues(
      database,
      plan.columns.filter(({ rule }) => rule.rule !== 'keep'),
    );
    let rows = 0;
    try {
      rows = rewrite(database, plan);
    } catch (error) {
      throw new RehearsalImpossible('masking_impossible', `Masking stopped: ${constraintIn(error, names)}.`);
    }
    signal.throwIfAborted();
    const seconds = (performance.now() - began) / 1000;
    log(`Masked ${rows} rows.`);
    const scanning = performance.now();
    const scan = scanForLeaks(database, plan.columns, source, names);
    assertNone(
      database,
      path,
      scan,
      unexplained(
        database,
        plan,
        source.canaries.map(({ bytes }) => bytes),
      ),
    );
    return {
      file: rules.file,
      columns: countsOf(plan),
      rows,
      seconds: rounded(seconds),
      scan: {
        columns: scan.columns,
        values: source.fingerprints.size,
        canaries: source.canaries.length + scan.planted,
        seconds: rounded((performance.now() - scanning) / 1000),
      },
      pending: plan.pending,
    };
  });
}

/** In one transaction and without the application's triggers, which might copy what is replaced. @returns rows that were written */
function rewrite(database: DatabaseSync, plan: MaskingPlan): number {
  const changing = plan.columns.filter(({ rule }) => rule.rule !== 'keep');
  const mask = (index: SQLOutputValue, value: SQLOutputValue): SQLInputValue => {
    const domain = changing[Number(index)]?.domain ?? null;
    return domain === null ? null : maskOf(value, domain);
  };
  database.function(MASK, { useBigIntArguments: true, deterministic: true }, mask as (...cells: SQLOutputValue[]) => SQLInputValue);
  const triggers = rowsOf(database, `SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'`);
  let rows = 0;
  database.exec('BEGIN IMMEDIATE');
  try {
    for (const { name } of triggers) database.exec(`DROP TRIGGER ${quoted(String(name))}`);
    for (const [table, columns] of Map.groupBy(changing, (column) => column.table)) {
      const sets = columns.map((column) => {
        const name = quoted(column.column.name);
        return `${name} = ${column.rule.rule === 'null' ? 'NULL' : `${MASK}(${changing.indexOf(column)}, ${name})`}`;
      });
      rows += Number(database.prepare(`UPDATE ${quoted(table)} SET ${sets.join(', ')}`).run().changes);
    }
    // Samples of values that ANALYZE took.
    for (const name of ['sqlite_stat3', 'sqlite_stat4'])
      if (rowsOf(database, 'SELECT 1 AS one FROM sqlite_schema WHERE name = ?', name).length > 0) database.exec(`DELETE FROM ${name}`);
    for (const { sql } of triggers) database.exec(String(sql));
    database.exec('COMMIT');
  } catch (error) {
    database.exec('ROLLBACK');
    throw error;
  }
  // What was replaced is still in pages that are free.
  database.exec('PRAGMA wal_checkpoint(TRUNCATE); VACUUM; PRAGMA wal_checkpoint(TRUNCATE)');
  return rows;
}

/** Names of tables and columns are in SQLite's message, values never, unless a check constraint has no name: then its text. */
function constraintIn(error: unknown, names: KnownNames): string {
  const said = withoutData(error, names);
  const failed = /^(UNIQUE|NOT NULL|FOREIGN KEY|CHECK) constraint failed/.exec(said);
  if (failed?.[1] === 'CHECK') return 'a masked value is not what a check constraint allows; keep the column, or mask it as another kind';
  if (failed?.[1] === 'UNIQUE') return `two different values got the same mask (${said}); mask the column as text`;
  return failed === null ? `SQLite refused it (error ${(error as { errcode?: number }).errcode ?? 'unknown'})` : said;
}

/** Canaries that no column which a person has reviewed holds. */
function unexplained(database: DatabaseSync, { columns }: MaskingPlan, canaries: readonly Buffer[]): readonly Buffer[] {
  const kept = columns.filter(({ rule }) => rule.rule === 'keep' && rule.reviewed);
  const holds = kept.map(({ table, column }) =>
    database.prepare(`SELECT 1 AS one FROM ${quoted(table)} WHERE instr(CAST(${quoted(column.name)} AS TEXT), ?) > 0 LIMIT 1`),
  );
  return canaries.filter((canary) => holds.every((statement) => statement.get(canary.toString('utf8')) === undefined));
}

function assertNone(database: DatabaseSync, path: string, { hits }: Scan, canaries: readonly Buffer[]): void {
  // The file is read past SQLite: by now this process alone has it, and has no lock on it.
  const hidden = hits.length === 0 && bytesHold(path, canaries);
  if (hits.length === 0 && !hidden) return;
  empty(database);
  const where = hidden ? 'the bytes of the file, outside of every table, hold values of masked columns' : inWords(hits);
  throw new RehearsalImpossible(
    'leak',
    `After masking, ${where}. The copy was destroyed. Mask those columns as well, make them null, or write "keep: reviewed" where a person has looked.`,
  );
}

function inWords(hits: Scan['hits']): string {
  const sentences = hits.map(({ surface, values, looks }) => {
    const found = [
      ...[...values].map(([label, count]) => `${count} × a value of ${label}`),
      ...[...looks].map(([what, count]) => `${count} × what looks like a ${what}`),
    ];
    return `${surface} holds ${found.join(', ')}`;
  });
  return sentences.slice(0, 20).join('; ');
}

/** Nothing unmasked stays behind. */
function empty(database: DatabaseSync): void {
  for (const { type, name } of rowsOf(
    database,
    `SELECT type, name FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'`,
  ))
    database.exec(`DROP ${type} IF EXISTS ${quoted(String(name))}`);
  database.exec('VACUUM; PRAGMA wal_checkpoint(TRUNCATE)');
}

function countsOf({ columns }: MaskingPlan): MaskingReport['columns'] {
  const counts = { keep: 0, mask: 0, null: 0 };
  for (const { rule } of columns) counts[rule.rule] += 1;
  return counts;
}

const rounded = (seconds: number): number => Math.round(seconds * 1000) / 1000;
