import { ALL_OTHERS, type ColumnRule, type MaskingRules } from './rules.ts';

type Columns = ReadonlyMap<string, ColumnRule>;

/** Whose masking files are compared, in words. */
export interface Parties {
  /** Such as `the default branch`. */
  readonly trusted: string;
  /** Such as `the candidate`. */
  readonly own: string;
}

/** What counts where two sides each have a masking file. */
export interface Strictest {
  readonly rules: MaskingRules;
  /** Where the other side's own rule does not count, and where it is the stricter one, for people. */
  readonly differences: readonly string[];
}

/**
 * The stricter of two rules for every column: `null` before a mask before `keep`, and of two masks, or of `keep` with and without a review, the trusted
 * side's. The other side may declare what it adds; it cannot make the rule of anything else weaker.
 * @param trusted of the default branch, or what it and the live version amount to
 * @param own of the candidate, or of the live version
 */
export function strictestMasking(trusted: MaskingRules, own: MaskingRules, parties: Parties): Strictest {
  const tables = new Map<string, Columns>();
  const differences: string[] = [];
  const optional = new Set<string>();
  for (const table of new Set([...trusted.tables.keys(), ...own.tables.keys()])) {
    const [theirs, ours] = [trusted.tables.get(table), own.tables.get(table)];
    const columns = theirs === undefined ? (ours ?? new Map()) : merged(table, theirs, ours ?? new Map(), parties, differences);
    tables.set(table, columns);
    for (const column of theirs?.keys() ?? []) if (ours?.has(column) !== true) optional.add(`${table}.${column}`);
    if (theirs === undefined) differences.push(`${table}: declared by ${parties.own} only, so its rules count`);
  }
  const largeObjects = [trusted.largeObjects, own.largeObjects].includes('drop') ? 'drop' : trusted.largeObjects;
  return { rules: { ...own, tables, largeObjects, schemaReviewed: trusted.schemaReviewed, optional }, differences };
}

function merged(table: string, theirs: Columns, ours: Columns, { trusted: them, own: us }: Parties, differences: string[]): Columns {
  const columns = new Map<string, ColumnRule>();
  for (const column of new Set([...theirs.keys(), ...ours.keys()])) {
    // What the default branch does not name is declared nowhere: a `*` of the candidate's alone must not cover it.
    if (column === ALL_OTHERS && !theirs.has(ALL_OTHERS)) {
      differences.push(`${table}: the "*" of ${us} does not count, since ${them} has none`);
      continue;
    }
    const [trusted, own] = [theirs.get(column) ?? theirs.get(ALL_OTHERS), ours.get(column) ?? ours.get(ALL_OTHERS)];
    const rule = strictest(trusted, own);
    if (rule === undefined) continue;
    columns.set(column, rule);
    const difference = own === undefined ? null : differenceOf(rule, trusted, own, { trusted: them, own: us });
    if (difference !== null) differences.push(`${table}.${column}: ${difference}`);
  }
  return columns;
}

/** `null`: both say the same. */
function differenceOf(rule: ColumnRule, trusted: ColumnRule | undefined, own: ColumnRule, parties: Parties): string | null {
  if (trusted === undefined) return `${told(own)}, as ${parties.own} says alone`;
  if (told(trusted) === told(own)) return null;
  if (rule === own) return `${told(own)}, as ${parties.own} says, and not ${told(trusted)}`;
  return `${told(rule)}, as ${parties.trusted} says, and not ${told(own)}, as ${parties.own} does`;
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
