import { isUnnamed } from '../../known-names.ts';
import { ALL_OTHERS, type MaskingRules } from '../../masking/rules.ts';
import { unnamedLines } from '../../masking/unnamed.ts';
import type { Catalog, Column, Link, Table } from './catalog.ts';
import { familyOf, nameTells } from './families.ts';

interface Missing {
  readonly table: Table;
  readonly columns: readonly Column[];
}

/** Too short to be a text about somebody, or to be masked without collisions. */
const SHORT = 6;

/**
 * The message for columns that nobody declared: two blocks of YAML to paste, one with the tables that the file does not have, one with what
 * its tables lack. Each line proposes a rule and says why; whoever pastes it reviews it.
 */
export function missingBlock(catalog: Catalog, missing: readonly Missing[], rules: MaskingRules, largeObjects: boolean): string {
  const lacking = missing.filter(({ columns }) => columns.length > 0);
  const count = lacking.reduce((sum, { columns }) => sum + columns.length, 0);
  const proposals = new Proposals(catalog, rules);
  const lines = [];
  if (count > 0) lines.push(`${count} ${count === 1 ? 'column is' : 'columns are'} declared neither keep, mask nor null in ${rules.path}.`);
  const shown = lacking.filter(({ table, columns }) => !isUnnamed(table.told) && columns.some(({ told }) => !isUnnamed(told)));
  const fresh = shown.filter(({ table }) => !rules.tables.has(table.name));
  if (fresh.length > 0)
    lines.push('Paste this below "tables:", and check every line:', '', ...fresh.flatMap((one) => block(one, proposals)), '');
  for (const one of shown.filter(({ table }) => rules.tables.has(table.name))) {
    const first = Math.min(...[...(rules.tables.get(one.table.name)?.values() ?? [])].map(({ line }) => line));
    const where = Number.isFinite(first) ? ` (line ${first})` : '';
    lines.push(`Paste this to the columns of ${one.table.name}${where}, and check every line:`, '', ...block(one, proposals).slice(1), '');
  }
  lines.push(...unnamedLines(unnamedPlaces(lacking), ALL_COLUMNS));
  if (largeObjects) {
    lines.push(
      `The data has ${catalog.largeObjects} large objects, and ${rules.path} does not say what becomes of them. Paste this at its top level:`,
      '',
    );
    lines.push('large-objects: drop # or keep, if none of them holds anything personal', '');
  }
  return lines.join('\n').trimEnd();
}

function block({ table, columns }: Missing, proposals: Proposals): string[] {
  const shown = columns.filter(({ told }) => !isUnnamed(told));
  return [`  ${yamlKey(table.name)}:`, ...shown.map((column) => `    ${yamlKey(column.name)}: ${proposals.of(column)}`)];
}

const ALL_COLUMNS =
  "SELECT table_schema, table_name, ordinal_position, column_name FROM information_schema.columns WHERE table_schema NOT IN ('pg_catalog', 'information_schema') ORDER BY 1, 2, 3";

function unnamedPlaces(lacking: readonly Missing[]): readonly string[] {
  return lacking.flatMap(({ table, columns }) => {
    if (isUnnamed(table.told)) return [`${table.told}, ${columns.length === 1 ? '1 column' : `${columns.length} columns`}`];
    return columns.filter(({ told }) => isUnnamed(told)).map(({ told, toldType, number }) => `${told} (number ${number}, ${toldType})`);
  });
}

/** A key as YAML: quoted unless it is plainly a word. */
function yamlKey(name: string): string {
  return /^[A-Za-z_][\w.]*$/.test(name) && !/^(?:true|false|null|yes|no|on|off|y|n)$/i.test(name) && name !== ALL_OTHERS
    ? name
    : JSON.stringify(name);
}

/** A rule, and why it is proposed. */
type Proposal = readonly [rule: string, why: string];

class Proposals {
  private readonly rules: MaskingRules;
  private readonly linked = new Map<string, Link[]>();
  private readonly catalog: Catalog;

  constructor(catalog: Catalog, rules: MaskingRules) {
    this.rules = rules;
    this.catalog = catalog;
    for (const link of catalog.links) {
      this.linked.set(link.from, [...(this.linked.get(link.from) ?? []), link]);
      this.linked.set(link.to, [...(this.linked.get(link.to) ?? []), link]);
    }
  }

  /** A rule with the reason for it as a comment. */
  of(column: Column): string {
    const [rule, why] = this.rule(column);
    return `${rule} # ${column.toldType.replaceAll(/[\r\n]/g, ' ')}${why === '' ? '' : `, ${why}`}`;
  }

  /** What columns of one group say must be the same for all of them. */
  private rule(column: Column): Proposal {
    const group = this.groupOf(column.label);
    const members = this.catalog.tables.flatMap(({ columns }) => columns.filter((one) => group.has(one.label) && !one.generated));
    const keyed = [...group].some((label) => this.linksOf(label).some(({ why }) => why === 'foreign key'));
    const connected = keyed ? this.foreignKey(column) : 'inheritance connects it';
    const declared = new Set(members.map((one) => this.declared(one)));
    if (declared.has('mask')) return ['mask', `${connected} with a masked column`];
    if (keyed) return keyedRule(column, members, connected);
    if (declared.has('keep')) return ['keep', `${connected} with a kept column`];
    if (declared.has('null')) return ['null', `${connected} with a column that becomes null`];
    return inheritedRule(members);
  }

  /** A foreign key of the column itself, or of one that it is one with by inheritance. */
  private foreignKey({ label }: Column): string {
    const own = this.linksOf(label).some(({ why }) => why === 'foreign key');
    return own ? 'a foreign key connects it' : 'inheritance and a foreign key connect it';
  }

  private linksOf(label: string): readonly Link[] {
    return this.linked.get(label) ?? [];
  }

  private groupOf(label: string): ReadonlySet<string> {
    const group = new Set([label]);
    for (const one of group) for (const { from, to } of this.linksOf(one)) group.add(from).add(to);
    return group;
  }

  private declared(column: Column): string | undefined {
    const table = this.catalog.tables.find(({ columns }) => columns.includes(column));
    const rules = table === undefined ? undefined : this.rules.tables.get(table.name);
    return (rules?.get(column.name) ?? rules?.get(ALL_OTHERS))?.rule;
  }
}

/** What foreign keys connect stays, so that keys stay keys, unless one of the columns looks personal: then all are masked, and still fit. */
function keyedRule(column: Column, members: readonly Column[], connected: string): Proposal {
  const own = personal(column);
  if (own !== null) return ['mask', own];
  const other = members.map(personal).find((one) => one !== null);
  return other === undefined ? ['keep', `${connected} with others`] : ['mask', `${connected} with a column that ${other}`];
}

/**
 * One column in several tables, of which one may say more than the others: a key may be one in the parent only, NOT NULL in an heir only.
 * Not by the column alone, since all need the same rule.
 */
function inheritedRule(members: readonly Column[]): Proposal {
  const proposals = members.map(byItself);
  const key = members.some(({ primary }) => primary) && !members.some((one) => personal(one) !== null);
  const wanted = key ? ['keep'] : ['mask', 'keep', 'null'];
  return wanted.map((rule) => proposals.find((one) => one[0] === rule)).find((one) => one !== undefined) ?? ['keep', ''];
}

/** What the column's name and type say about people; `null`: nothing. */
function personal(column: Column): string | null {
  const family = familyOf(column);
  const tells = nameTells(column.name);
  if (family === 'text' && tells !== null) return `looks like ${LOOKS[tells] ?? 'something personal'}`;
  return family === 'date' && !column.primary && /birth|dob/i.test(column.name) ? 'looks like a date of birth' : null;
}

/** What the column's own name and type propose. */
function byItself(column: Column): Proposal {
  const family = familyOf(column);
  const looks = personal(column);
  if (column.sort === 'e') return ['keep', 'an enum'];
  if (family === null) return unmaskable(column);
  if (looks !== null) return ['mask', looks];
  if (column.primary) return ['keep', 'a key'];
  if (family === 'text') return textRule(column);
  if (family === 'json' || family === 'bytes' || family === 'inet') return ['mask', 'may hold anything'];
  return ['keep', ''];
}

const LOOKS: Readonly<Record<string, string>> = {
  email: 'an e-mail address',
  phone: 'a phone number',
  address: 'an address',
  card: 'a card number',
  digits: 'an identifying number',
  name: 'a name',
};

function textRule(column: Column): Proposal {
  const longest = /\((\d+)\)/.exec(column.type)?.[1];
  if (longest !== undefined && Number(longest) <= SHORT) return ['keep', 'too short for anything personal'];
  if (column.checks.length > 0) return ['keep', 'a check constraint says what it may be'];
  return ['mask', 'may hold anything'];
}

const HARMLESS =
  /^(?:bool|interval|time|timetz|bit|varbit|money|oid|pg_lsn|box|circle|line|lseg|path|point|polygon|int4range|int8range|numrange)$/;

function unmaskable(column: Column): Proposal {
  if (HARMLESS.test(column.base) || column.notNull)
    return ['keep', column.notNull && !HARMLESS.test(column.base) ? 'cannot be masked, look at what it holds' : ''];
  return column.sort === 'b' ? ['null', 'cannot be masked'] : ['keep', 'cannot be masked, look at what it holds'];
}
