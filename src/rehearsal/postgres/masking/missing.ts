import { ALL_OTHERS, type MaskingRules } from '../../masking/rules.ts';
import type { Catalog, Column, Table } from './catalog.ts';
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
  const fresh = lacking.filter(({ table }) => !rules.tables.has(table.name));
  if (fresh.length > 0)
    lines.push('Paste this below "tables:", and check every line:', '', ...fresh.flatMap((one) => block(one, proposals)), '');
  for (const one of lacking.filter(({ table }) => rules.tables.has(table.name))) {
    const first = Math.min(...[...(rules.tables.get(one.table.name)?.values() ?? [])].map(({ line }) => line));
    const where = Number.isFinite(first) ? ` (line ${first})` : '';
    lines.push(`Paste this to the columns of ${one.table.name}${where}, and check every line:`, '', ...block(one, proposals).slice(1), '');
  }
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
  return [`  ${yamlKey(table.name)}:`, ...columns.map((column) => `    ${yamlKey(column.name)}: ${proposals.of(column)}`)];
}

/** A key as YAML: quoted unless it is plainly a word. */
function yamlKey(name: string): string {
  return /^[A-Za-z_][\w.]*$/.test(name) && !/^(?:true|false|null|yes|no|on|off|y|n)$/i.test(name) && name !== ALL_OTHERS
    ? name
    : JSON.stringify(name);
}

class Proposals {
  private readonly rules: MaskingRules;
  private readonly linked = new Map<string, string[]>();
  private readonly catalog: Catalog;

  constructor(catalog: Catalog, rules: MaskingRules) {
    this.rules = rules;
    this.catalog = catalog;
    for (const { from, to } of catalog.links) {
      this.linked.set(from, [...(this.linked.get(from) ?? []), to]);
      this.linked.set(to, [...(this.linked.get(to) ?? []), from]);
    }
  }

  /** A rule with the reason for it as a comment. */
  of(column: Column): string {
    const [rule, why] = this.rule(column);
    return `${rule} # ${column.type.replaceAll(/[\r\n]/g, ' ')}${why === '' ? '' : `, ${why}`}`;
  }

  private rule(column: Column): readonly [string, string] {
    const group = this.groupOf(column.label);
    if (group.size > 1) {
      const declared = [...group].map((label) => this.declared(label)).find((rule) => rule !== undefined);
      if (declared === 'mask') return ['mask', 'a foreign key connects it with a masked column'];
      return ['keep', 'a foreign key connects it with others'];
    }
    return byItself(column);
  }

  private groupOf(label: string): ReadonlySet<string> {
    const group = new Set([label]);
    for (const one of group) for (const other of this.linked.get(one) ?? []) group.add(other);
    return group;
  }

  private declared(label: string): string | undefined {
    for (const table of this.catalog.tables) {
      const column = table.columns.find((one) => one.label === label);
      const columns = this.rules.tables.get(table.name);
      if (column !== undefined) return (columns?.get(column.name) ?? columns?.get(ALL_OTHERS))?.rule;
    }
    return undefined;
  }
}

/** What is proposed for a column that no other one is connected with. */
function byItself(column: Column): readonly [string, string] {
  const family = familyOf(column);
  const tells = nameTells(column.name);
  if (column.sort === 'e') return ['keep', 'an enum'];
  if (family === null) return unmaskable(column);
  if (family === 'text' && tells !== null) return ['mask', `looks like ${LOOKS[tells] ?? 'something personal'}`];
  if (column.primary) return ['keep', 'a key'];
  if (family === 'text') return textRule(column);
  if (family === 'json' || family === 'bytes' || family === 'inet') return ['mask', 'may hold anything'];
  if (family === 'date' && /birth|dob/i.test(column.name)) return ['mask', 'looks like a date of birth'];
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

function textRule(column: Column): readonly [string, string] {
  const longest = /\((\d+)\)/.exec(column.type)?.[1];
  if (longest !== undefined && Number(longest) <= SHORT) return ['keep', 'too short for anything personal'];
  if (column.checks.length > 0) return ['keep', 'a check constraint says what it may be'];
  return ['mask', 'may hold anything'];
}

const HARMLESS =
  /^(?:bool|interval|time|timetz|bit|varbit|money|oid|pg_lsn|box|circle|line|lseg|path|point|polygon|int4range|int8range|numrange)$/;

function unmaskable(column: Column): readonly [string, string] {
  if (HARMLESS.test(column.base) || column.notNull)
    return ['keep', column.notNull && !HARMLESS.test(column.base) ? 'cannot be masked, look at what it holds' : ''];
  return column.sort === 'b' ? ['null', 'cannot be masked'] : ['keep', 'cannot be masked, look at what it holds'];
}
