import { createHash } from 'node:crypto';
import { readSettings } from '../settings-file.ts';
import { type ColumnRule, MASK_KINDS, type MaskingRules } from './rules.ts';
import { type ColumnRuleInput, maskingSchema } from './schema.ts';

const KINDS = Object.keys(MASK_KINDS).join(', ');
const HINTS = {
  version: 'Write "version: 1".',
  tables: 'Write the table’s columns below it, one a line, each "keep", "mask" or "null".',
  mask: `Write what a masked value still is: ${KINDS}.`,
  domain: 'Write a short name; columns of one domain get the same masked value for the same value.',
  'large-objects': 'Write "keep" or "drop".',
  'schema-texts': 'Write "reviewed" once a person has looked at the comments and definitions of the schema, or remove it.',
};

/**
 * Reads the masking file:
 *
 *     version: 1
 *     tables:
 *       public.customers:
 *         id: keep
 *         email: mask
 *         name: { mask: name }
 *         phone: { mask: phone, domain: phone }
 *         notes: null
 *         bio: { keep: reviewed }
 *         "*": keep
 *
 * @param key of the HMACs: the same key gives the same masked values
 * @throws RehearsalImpossible `masking_invalid` with every mistake in it
 */
export function readMaskingRules(text: string, path: string, key: Uint8Array): MaskingRules {
  const file = readSettings(text, path, maskingSchema, 'masking_invalid', HINTS);
  const tables = new Map<string, ReadonlyMap<string, ColumnRule>>();
  for (const [table, columns] of Object.entries(file.value.tables)) {
    if (!/[^.]\.[^.]/.test(table))
      file.report.add(['tables', table], `"${table}" names no schema.`, `Write it as schema.table, such as public.${table}.`, 'key');
    const line = (column: string): number => file.lineOf(['tables', table, column]);
    tables.set(table, new Map(Object.entries(columns).map(([column, rule]) => [column, ruleOf(rule, line(column))])));
  }
  file.assertSound();
  return {
    path,
    file: `sha256:${createHash('sha256').update(text).digest('hex')}`,
    tables,
    largeObjects: file.value['large-objects'] ?? null,
    schemaReviewed: file.value['schema-texts'] !== undefined,
    key,
  };
}

function ruleOf(rule: ColumnRuleInput, line: number): ColumnRule {
  if (rule === null || rule === 'null') return { rule: 'null', line };
  if (rule === 'keep') return { rule, reviewed: false, line };
  if (rule === 'mask') return { rule, as: 'auto', domain: null, line };
  if ('keep' in rule) return { rule: 'keep', reviewed: true, line };
  return { rule: 'mask', as: rule.mask, domain: rule.domain ?? null, line };
}
