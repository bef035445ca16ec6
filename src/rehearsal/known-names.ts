import { isBookkeeping } from './bookkeeping.ts';
import type { SchemaDescription } from './database.ts';
import { isSqlWord, TYPE_LENGTH, withoutLiterals } from './sql-text.ts';

/** What an object is, and what it belongs to. */
interface Place {
  readonly kind: string;
  /** `schema.table`; `null`: it belongs to nothing. */
  readonly of: string | null;
}

/** Rows of a dump among its statements: they are no text of anybody's. */
const COPIED_ROWS = /^COPY\b[^\n]*\bFROM\s+stdin;\n[\s\S]*?^\\\.$/gim;
/** A body in dollars is code behind these words, and a string elsewhere. */
const CODE = /(?<=\b(?:AS|DO|plpgsql|sql)\s*)\$(?<tag>\w*)\$(?<body>[\s\S]*?)\$\k<tag>\$/gi;
const WORD = /"(?:[^"]|"")+"|`[^`\n]+`|[\p{L}_][\p{L}\p{N}_$]*/gu;
/** One of a name's parts, which dots separate. */
const PART = /"(?:[^"]|"")*"|[^."]+/g;
/** Schemas that every database of a kind has. */
const USUAL = ['public', 'main', 'pg_catalog', 'information_schema'];

/**
 * The names that a rehearsal may show. A name in a database may have been made from data: a partition is called after a customer, a label of
 * an enum after a diagnosis. So only those are shown that the team's own texts spell: the statements of the migration, the migration files, the
 * masking file, the checks and the script of the load. Every other object is told by what it is, what it belongs to, and a number:
 * `unnamed partition 1 of public.events`. One object of this class goes through a whole rehearsal, so that a number means the same everywhere.
 */
export class KnownNames {
  #words = new Set<string>(USUAL);
  #places = new Map<string, Place>();
  #numbers = new Map<string, string>();
  #counts = new Map<string, number>();

  /** Takes the names out of SQL: what stands in strings and comments is none, nor are the rows of a dump. */
  spellSql(text: string): void {
    this.#take(withoutLiterals(text.replaceAll(COPIED_ROWS, '').replaceAll(CODE, ' $<body> ')));
  }

  /** Takes every word of a text in another language, where names stand in strings. */
  spellText(text: string): void {
    this.#take(text.replaceAll(COPIED_ROWS, ''));
  }

  /** Takes names as they are, such as the keys of a file: `public.order items`. */
  add(...names: readonly string[]): void {
    for (const name of names) for (const part of [name, ...name.split('.')]) this.#words.add(part.toLowerCase());
  }

  /** Notes what the objects of a database are, and what they belong to. */
  learn(schema: SchemaDescription): void {
    for (const [key, definition] of schema) {
      const [, kind = '', name = ''] = /^((?:materialized |foreign )?(?:table|view)|index|sequence) (.*)$/s.exec(key) ?? [];
      if (name !== '') this.#places.set(name, placeOf(kind, definition));
    }
  }

  /** Whether a name is spelled, with its schema and all its parts. */
  has(name: string): boolean {
    const bare = name.replaceAll('"', '').toLowerCase();
    return this.#words.has(bare) || (bare.includes('.') && bare.split('.').every((part) => this.#words.has(part) || isBookkeeping(part)));
  }

  /** A table, an index or whatever else has rows, by `schema.name`. */
  relation(name: string): string {
    if (this.has(name)) return name;
    const { kind, of } = this.#places.get(name) ?? { kind: 'table', of: null };
    return this.unnamed(kind, name, of);
  }

  /** A column of a table: `public.people.email`, `unnamed column 2 of public.people`. */
  column(table: string, column: string): string {
    const name = `${table}.${column}`;
    return this.has(table) && this.has(column) ? name : this.unnamed('column', name, table);
  }

  /** What is on a table, such as a constraint: `orders_check on public.orders`, `unnamed constraint 1 of public.orders`. */
  on(kind: string, name: string, of: string): string {
    return this.has(name) ? `${name} on ${this.relation(of)}` : this.unnamed(kind, `${name} on ${of}`, of);
  }

  /** An object by the key of its description: `constraint orders_check on public.orders`. */
  object(key: string): string {
    const kind = KINDS.find((one) => key.startsWith(`${one} `));
    if (kind === undefined) return this.definition(key);
    const rest = key.slice(kind.length + 1);
    if (kind === 'rows of') return `rows of ${this.relation(rest)}`;
    const [name, of] = BELONGING.includes(kind) ? splitAtLast(rest, ' on ') : [rest, null];
    if (of !== null) return this.has(name) ? `${kind} ${name} on ${this.relation(of)}` : this.unnamed(kind, key, of);
    const [bare, parameters] = ROUTINES.includes(kind) ? splitAtFirst(name, '(') : [name, ''];
    if (this.has(bare)) return `${kind} ${bare}${this.definition(parameters)}`;
    const place = this.#places.get(bare) ?? { kind, of: null };
    return this.unnamed(place.kind, bare, place.of);
  }

  /** A line of a definition without strings and numbers, and without names that are not spelled. */
  definition(text: string): string {
    return text.replaceAll(TOKEN, (token, length: string | undefined) => {
      if (length !== undefined || isSqlWord(token.replaceAll('$', '')) || this.has(unquoted(token))) return token;
      return '…';
    });
  }

  /**
   * A sentence about objects, such as `the policy % on %`. Of each name the parts are shown that are spelled: `the policy … on public.people`.
   * @param names as the server spells them, in the order of the `%`; `public.tax(integer)` and `checked on public.orders` are names too
   */
  filled(sentence: string, names: readonly (string | null)[]): string {
    let next = 0;
    return sentence.replaceAll('%', () => this.#parts(names[next++] ?? ''));
  }

  #parts(name: string): string {
    const [own, of] = splitAtLast(name, ' on ');
    if (of !== null) return `${this.#parts(own)} on ${this.#parts(of)}`;
    const [bare, parameters] = splitAtFirst(name, '(');
    const parts = [...bare.matchAll(PART)].map(([part]) => (this.has(part) ? part : '…'));
    return `${parts.join('.')}${this.definition(parameters)}`;
  }

  /** An object whose name is not spelled. */
  unnamed(kind: string, name: string, of: string | null): string {
    const known = this.#numbers.get(`${kind} ${name}`);
    if (known !== undefined) return known;
    const parent = of === null ? '' : ` of ${this.relation(of)}`;
    const counted = `${kind}${parent}`;
    const number = (this.#counts.get(counted) ?? 0) + 1;
    this.#counts.set(counted, number);
    const told = `unnamed ${kind} ${number}${parent}`;
    this.#numbers.set(`${kind} ${name}`, told);
    return told;
  }

  #take(text: string): void {
    for (const [word] of text.matchAll(WORD)) {
      const bare = unquoted(word).toLowerCase();
      this.#words.add(bare);
      if (/\W/.test(bare)) for (const [part] of bare.matchAll(/[\p{L}_][\p{L}\p{N}_$]*/gu)) this.#words.add(part);
    }
  }
}

/** Whether a name was not shown. */
export function isUnnamed(told: string): boolean {
  return /^unnamed .* \d+\b/.test(told);
}

const unquoted = (word: string): string => (/^["`]/.test(word) ? word.slice(1, -1).replaceAll('""', '"') : word);

const ROUTINES: readonly string[] = ['function', 'procedure', 'aggregate'];
/** What is on a table. */
const BELONGING: readonly string[] = ['constraint', 'trigger', 'policy', 'rule'];
const KINDS: readonly string[] = [
  ...ROUTINES,
  ...BELONGING,
  'rows of',
  'materialized view',
  'foreign table',
  'table',
  'view',
  'index',
  'sequence',
  'statistics',
  'schema',
  'type',
  'collation',
  'extension',
  'publication',
  'subscription',
  'event trigger',
];

function splitAtLast(text: string, separator: string): readonly [string, string | null] {
  const at = text.lastIndexOf(separator);
  return at === -1 ? [text, null] : [text.slice(0, at), text.slice(at + separator.length)];
}

function splitAtFirst(text: string, separator: string): readonly [string, string] {
  const at = text.indexOf(separator);
  return at === -1 ? [text, ''] : [text.slice(0, at), text.slice(at)];
}

/** A length of a type | a quoted name | how a body begins and ends | a word or a number. */
const TOKEN = new RegExp(String.raw`${TYPE_LENGTH}|"(?:[^"]|"")*"|\$\w*\$|[\p{L}\p{N}_]+(?:[.][\p{N}]+)?`, 'giu');

/** Of a description: `partition of public.events FOR VALUES …`, an index by its definition, a sequence by the column that owns it. */
function placeOf(kind: string, definition: string): Place {
  const [, parent] = /^partition of (\S+)/m.exec(definition) ?? [];
  if (kind === 'index') {
    const [, table] = /\bON\s+(?:ONLY\s+)?((?:"(?:[^"]|"")+"|[^\s(."]+)(?:\.(?:"(?:[^"]|"")+"|[^\s(."]+))?)/i.exec(definition) ?? [];
    return { kind, of: table?.replaceAll('"', '') ?? null };
  }
  if (kind === 'sequence') return { kind, of: /^owned by (.*)\.[^.]+$/m.exec(definition)?.[1]?.replaceAll('"', '') ?? null };
  return parent === undefined ? { kind, of: null } : { kind: 'partition', of: parent.replaceAll('"', '') };
}
