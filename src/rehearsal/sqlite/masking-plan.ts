import { createHmac } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { RehearsalImpossible } from '../database.ts';
import { isUnnamed, type KnownNames } from '../known-names.ts';
import { ALL_OTHERS, type ColumnRule, type MaskingReport, type MaskingRules, type MaskKind } from '../masking/rules.ts';
import { unnamedLines } from '../masking/unnamed.ts';
import { rowsOf } from './driver.ts';
import type { Domain } from './masks.ts';
import { type Column, columnsOf, foreignKeysOf, fullName, tablesIn } from './tables.ts';

export interface PlannedColumn {
  readonly table: string;
  readonly column: Column;
  /** `main.customers.email`. */
  readonly label: string;
  /** The same for people. */
  readonly told: string;
  readonly rule: ColumnRule;
  /** `null`: kept or made null. */
  readonly domain: Domain | null;
}

export interface MaskingPlan {
  readonly columns: readonly PlannedColumn[];
  readonly pending: MaskingReport['pending'];
}

interface Declared {
  readonly table: string;
  readonly column: Column;
  readonly label: string;
  readonly told: string;
  readonly unique: boolean;
  readonly rule: ColumnRule | undefined;
}

/**
 * What becomes of every column.
 * @throws RehearsalImpossible `masking_incomplete` with what to paste, `masking_invalid` where the file contradicts the schema,
 * `masking_impossible` for what keeps data that cannot be masked
 */
export function planMasking(database: DatabaseSync, rules: MaskingRules, names: KnownNames): MaskingPlan {
  refuseVirtualTables(database, names);
  const all = tablesIn(database).flatMap((table) => declaredIn(database, table, rules, names));
  const missing = all.filter(({ rule, column }) => rule === undefined && !column.generated);
  if (missing.length > 0) throw new RehearsalImpossible('masking_incomplete', missingBlock(missing, rules, names));
  const links = linksIn(database);
  const mistakes = [...all.flatMap((one) => mistakeOf(one, rules)), ...linkMistakes(links, all, rules)];
  const domains = domainsOf(all, links, rules, mistakes);
  if (mistakes.length > 0)
    throw new RehearsalImpossible('masking_invalid', [`${rules.path} and the data contradict each other:`, ...mistakes].join('\n  '));
  const columns = all.flatMap(({ rule, table, column, label, told }) =>
    rule === undefined || column.generated ? [] : [{ table, column, label, told, rule, domain: domains.get(label) ?? null }],
  );
  return { columns, pending: pendingOf(all, rules) };
}

/** What full-text and other modules keep is a copy of values in a form of their own. */
function refuseVirtualTables(database: DatabaseSync, names: KnownNames): void {
  const [found] = rowsOf(database, `SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'virtual'`);
  if (found === undefined) return;
  throw new RehearsalImpossible(
    'masking_impossible',
    `${names.relation(fullName(String(found['name'])))} is a virtual table, which keeps values in a form of its own that cannot be masked. Drop it in the snapshot command, and let the migration or the tests make it anew.`,
  );
}

function declaredIn(database: DatabaseSync, table: string, rules: MaskingRules, names: KnownNames): readonly Declared[] {
  const columns = columnsOf(database, table);
  const own = rules.tables.get(fullName(table));
  const alone = rowsOf(
    database,
    `SELECT max(info.name) AS name FROM pragma_index_list(?) list JOIN pragma_index_info(list.name) info WHERE list."unique" GROUP BY list.name HAVING count(*) = 1`,
    table,
  ).map(({ name }) => String(name));
  const keys = columns.filter(({ key }) => key > 0);
  return columns.map((column) => ({
    table,
    column,
    label: `${fullName(table)}.${column.name}`,
    told: names.column(fullName(table), column.name),
    unique: alone.includes(column.name) || (keys.length === 1 && column.key === 1),
    rule: own?.get(column.name) ?? (column.generated ? undefined : own?.get(ALL_OTHERS)),
  }));
}

const ALL_COLUMNS =
  "SELECT t.name, c.cid + 1 AS number, c.name FROM pragma_table_list t JOIN pragma_table_xinfo(t.name) c WHERE t.schema = 'main' ORDER BY 1, 2";

function missingBlock(missing: readonly Declared[], rules: MaskingRules, names: KnownNames): string {
  const shown = missing.filter(({ told }) => !isUnnamed(told));
  const lines = [...Map.groupBy(shown, ({ table }) => table)].flatMap(([table, columns]) => [
    `  ${fullName(table)}:`,
    ...columns.map(
      ({ column }) =>
        `    ${column.name}: ${nameTells(column.name) === null ? 'keep' : 'mask'} # ${names.definition(column.type) || 'any type'}`,
    ),
  ]);
  const many = missing.length === 1 ? '1 column is' : `${missing.length} columns are`;
  return [
    `${many} declared neither keep, mask nor null in ${rules.path}.`,
    ...(shown.length === 0 ? [] : ['Paste this below "tables:", join it with what is there, and check every line:', '', ...lines, '']),
    ...unnamedLines(
      missing.map(({ told }) => told).filter((told) => isUnnamed(told)),
      ALL_COLUMNS,
    ),
  ]
    .join('\n')
    .trimEnd();
}

function mistakeOf({ rule, column, told }: Declared, rules: MaskingRules): readonly string[] {
  if (rule === undefined) return [];
  const at = `${rules.path}:${rule.line}: ${told}`;
  if (column.generated && rule.rule !== 'keep') return [`${at} is generated: it is computed anew. Fix: remove the line.`];
  if (rule.rule === 'null' && (column.notNull || column.key > 0)) return [`${at} cannot become null. Fix: write "mask".`];
  return [];
}

interface Link {
  readonly from: string;
  readonly to: string;
}

function linksIn(database: DatabaseSync): readonly Link[] {
  const tables = tablesIn(database);
  const named = (name: string): string => tables.find((table) => table.toLowerCase() === name.toLowerCase()) ?? name;
  const column = (table: string, name: string): string =>
    columnsOf(database, table).find((one) => one.name.toLowerCase() === name.toLowerCase())?.name ?? name;
  return tables.flatMap((table) =>
    foreignKeysOf(database, table).flatMap(({ columns, table: parent, references }) => {
      const other = named(parent);
      const keys = columnsOf(database, other).filter(({ key }) => key > 0);
      const to = references.length > 0 ? references : keys.toSorted((a, b) => a.key - b.key).map(({ name }) => name);
      return columns.map((from, index) => ({
        from: `${fullName(table)}.${column(table, from)}`,
        to: `${fullName(other)}.${column(other, to[index] ?? '')}`,
      }));
    }),
  );
}

/** Both ends of a foreign key must agree, or rows lose each other. */
function linkMistakes(links: readonly Link[], all: readonly Declared[], rules: MaskingRules): readonly string[] {
  const ruleOf = new Map(all.map(({ label, rule }) => [label, rule]));
  const toldOf = new Map(all.map(({ label, told }) => [label, told]));
  return links.flatMap(({ from, to }) => {
    const [one, other] = [ruleOf.get(from), ruleOf.get(to)];
    if (one === undefined || other === undefined || one.rule === other.rule || one.rule === 'null') return [];
    return [
      `${rules.path}:${one.line}: ${toldOf.get(from)} is "${one.rule}" and ${toldOf.get(to)} is "${other.rule}" (line ${other.line}), but a foreign key connects them. Fix: write the same for both.`,
    ];
  });
}

/** What foreign keys or the file connect is one domain. */
function domainsOf(all: readonly Declared[], links: readonly Link[], rules: MaskingRules, mistakes: string[]): ReadonlyMap<string, Domain> {
  const above = new Map<string, string>();
  const root = (label: string): string => {
    let at = label;
    for (let next = above.get(at); next !== undefined; next = above.get(at)) at = next;
    return at;
  };
  const connect = (one: string, other: string): void => {
    const [first = '', second = ''] = [root(one), root(other)].sort();
    if (first !== second) above.set(second, first);
  };
  for (const { from, to } of links) connect(from, to);
  const masked = all.flatMap((one) => (one.rule?.rule === 'mask' ? [{ ...one, rule: one.rule }] : []));
  for (const { label, rule } of masked) if (rule.domain !== null) connect(label, ` ${rule.domain}`);
  const domains = new Map<string, Domain>();
  for (const members of Map.groupBy(masked, ({ label }) => root(label)).values()) {
    const explicit = [...new Set(members.map(({ rule }) => rule.as).filter((kind) => kind !== 'auto'))];
    if (explicit.length > 1)
      mistakes.push(
        `${rules.path}:${members[0]?.rule.line}: ${members.map(({ told }) => told).join(', ')} hold the same values and are masked as ${explicit.join(' and ')}. Fix: write one kind for all of them.`,
      );
    const guessed = members.map(({ column }) => guessKind(column));
    const name = members.map(({ rule }) => rule.domain).find((one) => one !== null) ?? members.map(({ label }) => label).sort()[0] ?? '';
    const domain = {
      kind: explicit[0] ?? guessed.find((kind) => kind !== 'text') ?? 'text',
      unique: members.some(({ unique }) => unique),
      key: createHmac('sha256', rules.key).update(`domain ${name}`).digest(),
    };
    for (const { label } of members) domains.set(label, domain);
  }
  return domains;
}

const NAMES: readonly (readonly [RegExp, MaskKind])[] = [
  [/e_?mail/, 'email'],
  [/phone|mobile|(^|_)(tel|fax)(_|$)/, 'phone'],
  [/card_?(number|no)|(^|_)pan$/, 'card'],
  [/street|address/, 'address'],
  [/iban|passport|tax_?id|(^|_)ssn|account_?(number|no)/, 'digits'],
  [/birth|(^|_)dob$/, 'date'],
  [/(first|last|full|middle|sur|user|real|fore|nick)_?name|^name$|login|recipient|author/, 'name'],
];

function nameTells(name: string): MaskKind | null {
  const words = name.replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2').toLowerCase();
  return NAMES.find(([pattern]) => pattern.test(words))?.[1] ?? null;
}

function guessKind({ name, type }: Column): MaskKind {
  if (/JSON/.test(type)) return 'json';
  if (/UUID/.test(type)) return 'uuid';
  if (/DATE|TIME/.test(type)) return 'date';
  return nameTells(name) ?? 'text';
}

/** What the file names and the data does not have: a migration may bring it. */
function pendingOf(all: readonly Declared[], rules: MaskingRules): MaskingReport['pending'] {
  const there = new Set(all.map(({ label }) => label));
  return [...rules.tables].flatMap(([name, columns]) =>
    [...columns.keys()]
      .filter((column) => column !== ALL_OTHERS && !there.has(`${name}.${column}`) && rules.optional?.has(`${name}.${column}`) !== true)
      .map((column) => ({ schema: name.slice(0, name.indexOf('.')), table: name.slice(name.indexOf('.') + 1), column })),
  );
}
