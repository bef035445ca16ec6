import { createHmac } from 'node:crypto';
import { nearest } from '../../../pipeline/nearest.ts';
import { RehearsalImpossible } from '../../database.ts';
import { isUnnamed } from '../../known-names.ts';
import { ALL_OTHERS, type ColumnRule, type MaskingRules, type MaskKind, type PendingColumn } from '../../masking/rules.ts';
import type { Catalog, Column, Table, View } from './catalog.ts';
import { type Family, familyOf, guessKind, unfitting } from './families.ts';
import { type Limits, limitsOf, tighter } from './limits.ts';
import { missingBlock } from './missing.ts';

/** Columns in which the same value gets the same mask. */
export interface Domain {
  /** Counts from 0; names its key and its tables in the session. */
  readonly number: number;
  readonly kind: MaskKind;
  readonly family: Family;
  /** Different values must stay different. */
  readonly unique: boolean;
  readonly limits: Limits;
  /** Key of its HMAC, 32 bytes. */
  readonly key: Uint8Array;
  readonly members: readonly Member[];
}

export interface Member {
  readonly table: Table;
  readonly column: Column;
}

/** What becomes of one column. */
export type Treatment =
  | { readonly rule: 'keep'; readonly reviewed: boolean }
  | { readonly rule: 'null' }
  | { readonly rule: 'mask'; readonly domain: Domain };

export interface Plan {
  readonly tables: readonly TablePlan[];
  readonly domains: readonly Domain[];
  readonly counts: { readonly keep: number; readonly mask: number; readonly null: number };
  /** Declared columns that the data does not have. */
  readonly pending: readonly PendingColumn[];
  /** For the log: names that were probably meant, and what was said for all others. */
  readonly remarks: readonly string[];
}

export interface TablePlan {
  readonly table: Table;
  /** By column name; generated columns have none. */
  readonly treatments: ReadonlyMap<string, Treatment>;
  /** Whether any column changes. */
  readonly changes: boolean;
}

/**
 * What becomes of every column of the data.
 * @throws RehearsalImpossible `masking_incomplete` with what to paste, `masking_invalid` where the file contradicts itself or the schema
 */
export function planMasking(catalog: Catalog, rules: MaskingRules): Plan {
  const missing = catalog.tables.map((table) => ({
    table,
    columns: table.columns.filter((one) => !one.generated && ruleFor(rules, table, one) === undefined),
  }));
  const noObjects = catalog.largeObjects > 0 && rules.largeObjects === null;
  if (noObjects || missing.some(({ columns }) => columns.length > 0)) {
    throw new RehearsalImpossible('masking_incomplete', missingBlock(catalog, missing, rules, noObjects));
  }
  const mistakes = catalog.foreign.map(
    (name) =>
      `${name} is a foreign table: its rows lie on another server, where they cannot be masked. Fix: drop it when the snapshot is taken.`,
  );
  checkRules(catalog, rules, mistakes);
  const domains = mistakes.length > 0 ? [] : new Domains(catalog, rules, mistakes).make();
  if (mistakes.length > 0) {
    const heading =
      mistakes.length === 1
        ? `${rules.path} and the data contradict each other:`
        : `${rules.path} and the data contradict each other in ${mistakes.length} places:`;
    throw new RehearsalImpossible('masking_invalid', [heading, ...mistakes.map((one) => `  ${one}`)].join('\n'));
  }
  const domainOf = new Map(domains.flatMap((domain) => domain.members.map((member) => [member.column.label, domain] as const)));
  const tables = catalog.tables.map((table) => tablePlan(table, rules, domainOf));
  const counts = { keep: 0, mask: 0, null: 0 };
  for (const { treatments } of tables) for (const { rule } of treatments.values()) counts[rule] += 1;
  return { tables, domains, counts, ...pendingOf(catalog, rules) };
}

/** The rule for a column: its own, or that for all others of the table. */
export function ruleFor(rules: MaskingRules, table: Table, column: Column): ColumnRule | undefined {
  const columns = rules.tables.get(table.name);
  return columns?.get(column.name) ?? columns?.get(ALL_OTHERS);
}

function tablePlan(table: Table, rules: MaskingRules, domainOf: ReadonlyMap<string, Domain>): TablePlan {
  const treatments = new Map<string, Treatment>();
  for (const column of table.columns) {
    const rule = column.generated ? undefined : ruleFor(rules, table, column);
    const domain = domainOf.get(column.label);
    if (rule?.rule === 'mask' && domain !== undefined) treatments.set(column.name, { rule: 'mask', domain });
    else if (rule?.rule === 'keep') treatments.set(column.name, { rule: 'keep', reviewed: rule.reviewed });
    else if (rule?.rule === 'null') treatments.set(column.name, { rule: 'null' });
  }
  return { table, treatments, changes: [...treatments.values()].some(({ rule }) => rule !== 'keep') };
}

/** What the file says that the schema does not allow. */
function checkRules(catalog: Catalog, rules: MaskingRules, mistakes: string[]): void {
  for (const table of catalog.tables) {
    for (const column of table.columns) {
      const own = rules.tables.get(table.name)?.get(column.name);
      const rule = column.generated ? own : ruleFor(rules, table, column);
      if (rule === undefined) continue;
      const wrong = column.generated ? generatedMistake(rule) : ruleMistake(rule, column);
      if (wrong !== null) mistakes.push(`${rules.path}:${rule.line}: ${column.told} ${wrong}`);
    }
  }
}

function generatedMistake(rule: ColumnRule): string | null {
  if (rule.rule === 'keep') return null;
  return 'is generated: it is computed anew from the masked columns. Fix: remove the line.';
}

function ruleMistake(rule: ColumnRule, column: Column): string | null {
  if (rule.rule === 'null' && column.notNull) return 'is NOT NULL, so it cannot become null. Fix: write "mask".';
  if (rule.rule !== 'mask') return null;
  const family = familyOf(column);
  if (family === null)
    return `is of the type ${column.toldType}, whose values cannot be masked. Fix: write "keep"${column.notNull ? '' : ' or "null"'}.`;
  const unfit = unfitting(rule.as, family);
  return unfit === null ? null : `is of the type ${column.toldType}, which cannot be masked as ${rule.as}. Fix: ${unfit}`;
}

/** Puts columns into domains: what foreign keys, inheritance or the file connect is one. */
class Domains {
  private readonly catalog: Catalog;
  private readonly rules: MaskingRules;
  private readonly mistakes: string[];
  private readonly above = new Map<string, string>();

  constructor(catalog: Catalog, rules: MaskingRules, mistakes: string[]) {
    this.catalog = catalog;
    this.rules = rules;
    this.mistakes = mistakes;
  }

  make(): readonly Domain[] {
    for (const { from, to } of this.catalog.links) this.connect(from, to);
    const columns = this.catalog.tables.flatMap((table) =>
      table.columns.filter((one) => !one.generated).map((column) => ({ table, column, rule: ruleFor(this.rules, table, column) })),
    );
    this.checkLinks(new Map(columns.map((one) => [one.column.label, one])));
    const groups = new Map<string, Asked[]>();
    for (const { column, rule } of columns) {
      if (rule?.rule === 'mask' && rule.domain !== null) this.connect(column.label, ` ${rule.domain}`);
    }
    for (const { table, column, rule } of columns) {
      const family = familyOf(column);
      if (rule?.rule !== 'mask' || family === null) continue;
      const root = this.root(column.label);
      groups.set(root, [...(groups.get(root) ?? []), { table, column, rule, family }]);
    }
    return [...groups.values()].map((members, number) => this.domain(members, number)).filter((one) => one !== null);
  }

  /** Both ends of a foreign key must agree, or rows lose each other. */
  private checkLinks(columns: ReadonlyMap<string, { column: Column; rule: ColumnRule | undefined }>): void {
    for (const { from, to, why } of this.catalog.links) {
      const [one, other] = [columns.get(from), columns.get(to)];
      if (one?.rule === undefined || other?.rule === undefined || one.rule.rule === other.rule.rule) continue;
      if (one.rule.rule === 'null' && why === 'foreign key') continue;
      this.mistakes.push(
        `${this.rules.path}:${one.rule.line}: ${one.column.told} is "${one.rule.rule}" and ${other.column.told} is "${other.rule.rule}" (line ${other.rule.line}), but ${why === 'foreign key' ? 'a foreign key connects them' : 'they are one column by inheritance'}. Fix: write the same for both.`,
      );
    }
  }

  private domain(members: readonly Asked[], number: number): Domain | null {
    const [first] = members;
    if (first === undefined) return null;
    const named = [...new Set(members.map(({ rule }) => rule.domain).filter((one) => one !== null))];
    const explicit = [...new Set(members.map(({ rule }) => rule.as).filter((one) => one !== 'auto'))];
    const families = [...new Set(members.map(({ family }) => family))];
    const where = (): string =>
      `${this.rules.path}:${first.rule.line}: ${members
        .slice(0, 6)
        .map(({ column }) => column.told)
        .join(', ')}`;
    if (explicit.length > 1)
      this.mistakes.push(
        `${where()} hold the same values and are masked as ${explicit.join(' and ')}. Fix: write one kind for all of them.`,
      );
    if (named.length > 1)
      this.mistakes.push(
        `${where()} are connected, and are said to be in the domains ${named.join(' and ')}. Fix: write one domain for all of them.`,
      );
    if (families.length > 1)
      this.mistakes.push(
        `${where()} hold the same values, but are of types that are masked differently. Fix: give them domains of their own, or keep them.`,
      );
    const guessed = members.map(({ column, family }) => guessKind(column, family)).toSorted();
    const kind = explicit[0] ?? guessed.find((one) => one !== 'text') ?? guessed[0] ?? 'text';
    const name = named[0] ?? members.map(({ column }) => column.label).toSorted()[0] ?? '';
    return {
      number,
      kind: kind === 'number' && first.family === 'text' ? 'digits' : kind,
      family: first.family,
      unique: members.some(({ column }) => column.unique && !column.array),
      limits: members.map(({ column }) => limitsOf(column)).reduce(tighter),
      key: createHmac('sha256', this.rules.key).update(`domain ${name}`).digest(),
      members,
    };
  }

  private connect(one: string, other: string): void {
    const [a, b] = [this.root(one), this.root(other)];
    const [first = a, second = b] = [a, b].toSorted();
    if (first !== second) this.above.set(second, first);
  }

  private root(label: string): string {
    let at = label;
    for (let next = this.above.get(at); next !== undefined; next = this.above.get(at)) at = next;
    return at;
  }
}

interface Asked extends Member {
  readonly rule: Extract<ColumnRule, { rule: 'mask' }>;
  readonly family: Family;
}

/** What the file names and the data does not have: a migration may bring it, or it is a typing mistake. */
function pendingOf(catalog: Catalog, rules: MaskingRules): { pending: PendingColumn[]; remarks: string[] } {
  const pending: PendingColumn[] = [];
  const remarks: string[] = [];
  const relations = new Map([...catalog.tables, ...catalog.views].map((one) => [one.name, one]));
  for (const [name, columns] of rules.tables) {
    const known = relations.get(name)?.columns ?? [];
    const names = known.map((one) => one.name);
    const others = known.filter((one) => !one.generated && !columns.has(one.name));
    const all = columns.get(ALL_OTHERS);
    if (all !== undefined && others.length > 0)
      remarks.push(`${name}: ${all.rule} for every column that is not named: ${others.map(lastOf).join(', ')}`);
    const absent = [...columns].filter(([column]) => column !== ALL_OTHERS && !names.includes(column));
    for (const [column, { line }] of absent) {
      if (rules.optional?.has(`${name}.${column}`) === true) {
        remarks.push(`the data has no ${name}.${column}, which only the default branch's masking file names: it does not apply here`);
        continue;
      }
      pending.push(columnOf(name, column));
      const meant = meantBy(name, column, known, [...relations.values()]);
      remarks.push(`${rules.path}:${line}: the data has no ${name}.${column}: a migration must bring it${hintAt(meant)}`);
    }
  }
  return { pending, remarks };
}

/** The name that is nearest, of those that may be shown: a column where the table is there, else a table. */
function meantBy(table: string, column: string, columns: readonly Column[], relations: readonly (Table | View)[]): string | null {
  const names = (all: readonly { readonly name: string; readonly told: string }[]): string[] => all.filter(isShown).map(({ name }) => name);
  return relations.some(({ name }) => name === table) ? nearest(column, names(columns)) : nearest(table, names(relations));
}

/** Of a column whose name is shown, that name alone. */
function lastOf({ name, told }: Column): string {
  return isUnnamed(told) ? told : name;
}

function isShown({ told }: { readonly told: string }): boolean {
  return !isUnnamed(told);
}

const hintAt = (meant: string | null): string => (meant === null ? '' : `, or did you mean "${meant}"?`);

function columnOf(name: string, column: string): PendingColumn {
  const dot = name.indexOf('.');
  return { schema: name.slice(0, dot), table: name.slice(dot + 1), column };
}
