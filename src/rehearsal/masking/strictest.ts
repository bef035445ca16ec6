import { ALL_OTHERS, type ColumnRule, type MaskingRules } from './rules.ts';

type Columns = ReadonlyMap<string, ColumnRule>;

/** What counts where the default branch and the candidate each have a masking file. */
export interface Strictest {
  readonly rules: MaskingRules;
  /** Where the candidate's own rule does not count, for people. */
  readonly differences: readonly string[];
}

/**
 * The stricter of two rules for every column: `null` before a mask before `keep`, and of two masks, or of `keep` with and without a review, the default
 * branch's. A candidate may declare what it adds; it cannot make the rule of anything else weaker.
 * @param trusted of the default branch
 * @param own of the candidate
 */
export function strictestMasking(trusted: MaskingRules, own: MaskingRules): Strictest {
  const tables = new Map<string, Columns>();
  const differences: string[] = [];
  const optional = new Set<string>();
  for (const table of new Set([...trusted.tables.keys(), ...own.tables.keys()])) {
    const [theirs, ours] = [trusted.tables.get(table), own.tables.get(table)];
    const columns = theirs === undefined ? (ours ?? new Map()) : merged(table, theirs, ours ?? new Map(), differences);
    tables.set(table, columns);
    for (const column of theirs?.keys() ?? []) if (ours?.has(column) !== true) optional.add(`${table}.${column}`);
  }
  const largeObjects = [trusted.largeObjects, own.largeObjects].includes('drop') ? 'drop' : trusted.largeObjects;
  return { rules: { ...own, tables, largeObjects, schemaReviewed: trusted.schemaReviewed, optional }, differences };
}

function merged(table: string, theirs: Columns, ours: Columns, differences: string[]): Columns {
  const columns = new Map<string, ColumnRule>();
  for (const column of new Set([...theirs.keys(), ...ours.keys()])) {
    // What the default branch does not name is declared nowhere: a `*` of the candidate's alone must not cover it.
    if (column === ALL_OTHERS && !theirs.has(ALL_OTHERS)) {
      differences.push(`${table}: the candidate's "*" does not count, since the default branch has none`);
      continue;
    }
    const [trusted, own] = [theirs.get(column) ?? theirs.get(ALL_OTHERS), ours.get(column) ?? ours.get(ALL_OTHERS)];
    const rule = strictest(trusted, own);
    if (rule === undefined) continue;
    columns.set(column, rule);
    if (own !== undefined && rule !== own && told(rule) !== told(own))
      differences.push(`${table}.${column}: ${told(rule)}, as on the default branch, and not the candidate's ${told(own)}`);
  }
  return columns;
}

const STRICTNESS = { keep: 0, mask: 1, null: 2 } as const;

function strictest(trusted: ColumnRule | undefined, own: ColumnRule | undefined): ColumnRule | undefined {
  if (trusted === undefined || own === undefined) return trusted ?? own;
  return STRICTNESS[own.rule] > STRICTNESS[trusted.rule] ? own : trusted;
}

function told(rule: ColumnRule): string {
  if (rule.rule === 'keep') return rule.reviewed ? 'keep: reviewed' : 'keep';
  return rule.rule === 'mask' ? `mask (${rule.as}${rule.domain === null ? '' : `, ${rule.domain}`})` : 'null';
}
