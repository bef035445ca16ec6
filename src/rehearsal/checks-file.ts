import * as z from 'zod/mini';
import type { ChecksFile, RowChange } from './checks.ts';
import { readSettings } from './settings-file.ts';

const text = z.string().check(z.minLength(1));
const MOST_QUERIES = 500;

/** `any`, `more`, `fewer`, a number such as 3 or -1, or a span such as `0..100`. */
const CHANGE = /^(?:any|more|fewer|[+-]?\d{1,15}|[+-]?\d{1,15}\.\.[+-]?\d{1,15})$/;
const rowChange = z.union([z.int(), z.string().check(z.regex(CHANGE))]);

const checksSchema = z.strictObject({
  version: z.literal(1),
  invariants: z.optional(z.array(z.strictObject({ name: text, sql: text })).check(z.maxLength(MOST_QUERIES))),
  lookups: z.optional(
    z.array(z.strictObject({ name: text, sql: text, rows: z.optional(z.int().check(z.gte(1))) })).check(z.maxLength(MOST_QUERIES)),
  ),
  'row-changes': z.optional(z.record(z.string(), rowChange)),
  lacks: z.optional(z.record(z.string(), text)),
});

const HINTS = {
  rows: 'Write how many rows the test case needs, a whole number from 1.',
  sql: 'Write one query.',
  name: 'Say in a few words what it is about.',
  lacks: 'Write the name of the check of the default branch, and why this version does not have what it asks for.',
  'row-changes': 'Write "any", "more", "fewer", how many rows more such as 3 or -1, or a span such as 0..100.',
};

/**
 * Reads the file with the checks:
 *
 *     version: 1
 *     invariants:
 *       - { name: every order has a customer, sql: SELECT FROM orders WHERE customer_id IS NULL }
 *     lookups:
 *       - { name: a customer with several orders, sql: …, rows: 2 }
 *     row-changes:
 *       public.orders: fewer
 *     lacks:
 *       every order has a colour: the column comes with 2.8
 *
 * @throws RehearsalImpossible with every mistake in it
 */
export function readChecks(text: string, path: string): ChecksFile {
  const file = readSettings(text, path, checksSchema, 'checks_invalid', HINTS);
  const changes = Object.entries(file.value['row-changes'] ?? {});
  for (const [table, change] of changes) {
    const { fewest, most } = rowChangeOf(change);
    const at = ['row-changes', table];
    if (!table.includes('.'))
      file.report.add(at, `"${table}" names no schema.`, `Write it as schema.table, such as public.${table}.`, 'key');
    if (fewest > most) file.report.add(at, `The span "${change}" ends before it begins.`, `Write ${most}..${fewest}.`);
  }
  file.assertSound();
  return {
    invariants: file.value.invariants ?? [],
    lookups: (file.value.lookups ?? []).map(({ name, sql, rows = 1 }) => ({ name, sql, rows })),
    lacks: new Map(Object.entries(file.value.lacks ?? {})),
    rowChanges: new Map(changes.map(([table, change]) => [table, rowChangeOf(change)])),
  };
}

function rowChangeOf(change: string | number): RowChange {
  if (change === 'any') return { fewest: Number.NEGATIVE_INFINITY, most: Number.POSITIVE_INFINITY };
  if (change === 'more') return { fewest: 1, most: Number.POSITIVE_INFINITY };
  if (change === 'fewer') return { fewest: Number.NEGATIVE_INFINITY, most: -1 };
  const [first, last] = String(change).split('..').map(Number);
  return { fewest: first ?? 0, most: last ?? first ?? 0 };
}
