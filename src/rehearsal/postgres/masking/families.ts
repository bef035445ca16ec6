import { listed } from '../../../pipeline/listed.ts';
import type { MaskKind } from '../../masking/rules.ts';
import type { Column } from './catalog.ts';

/** Types that are masked in the same way. */
export type Family = 'text' | 'int' | 'numeric' | 'float' | 'date' | 'instant' | 'uuid' | 'bytes' | 'json' | 'inet';

const FAMILIES: Readonly<Record<string, Family>> = {
  text: 'text',
  varchar: 'text',
  bpchar: 'text',
  citext: 'text',
  name: 'text',
  int2: 'int',
  int4: 'int',
  int8: 'int',
  numeric: 'numeric',
  float4: 'float',
  float8: 'float',
  date: 'date',
  timestamp: 'instant',
  timestamptz: 'instant',
  uuid: 'uuid',
  bytea: 'bytes',
  json: 'json',
  jsonb: 'json',
  inet: 'inet',
};

/** What a family's values can be masked as; the first is what `auto` means where the name says nothing. */
const KINDS: Readonly<Record<Family, readonly [MaskKind, ...MaskKind[]]>> = {
  text: ['text', 'name', 'email', 'phone', 'digits', 'uuid', 'address', 'card'],
  int: ['number'],
  numeric: ['number'],
  float: ['number'],
  date: ['date'],
  instant: ['date'],
  uuid: ['uuid'],
  bytes: ['bytes'],
  json: ['json'],
  inet: ['text'],
};

/** Words of a column's name, lower case, and what they tell about its values. The first that fits counts. */
const NAMES: readonly (readonly [RegExp, MaskKind])[] = [
  [/e_?mail/, 'email'],
  [/phone|mobile|(^|_)(tel|fax|cell|msisdn)(_|$)/, 'phone'],
  [/street|address|(^|_)addr/, 'address'],
  [/(card|cc)_?(num|no|nr)|(^|_)(pan|credit_?card)(_|$)|^card$/, 'card'],
  [/(^|_)(ssn|iban|bic|passport|tax|vat|zip|post(al)?_?code|postcode|licen[cs]e|account_?(num|no|nr)|birth)/, 'digits'],
  [
    /(^|_)(first|last|full|given|family|sur|nick|maiden|middle|display|contact|customer|person|user|real)_?name|^name$|(^|_)(surname|forename|username|login|recipient|author)/,
    'name',
  ],
];

/** `null`: values of this type cannot be masked, only kept or made null. */
export function familyOf(column: Column): Family | null {
  return column.sort === 'b' ? (FAMILIES[column.base] ?? null) : null;
}

export function kindsOf(family: Family): readonly MaskKind[] {
  return KINDS[family];
}

/** What a value of the column is, by its type and its name. */
export function guessKind(column: Column, family: Family): MaskKind {
  return (family === 'text' ? nameTells(column.name) : null) ?? KINDS[family][0];
}

/** What the name alone tells; `null`: nothing personal. */
export function nameTells(name: string): MaskKind | null {
  const words = name
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .replaceAll(/[\s.-]+/g, '_');
  return NAMES.find(([pattern]) => pattern.test(words))?.[1] ?? null;
}

/** Why a kind does not fit a family; `null` when it does. */
export function unfitting(kind: MaskKind, family: Family): string | null {
  const kinds = KINDS[family];
  // "number" on text is what people write for digits.
  if (kind === 'auto' || kinds.includes(kind) || (family === 'text' && kind === 'number')) return null;
  return `Write ${listed(['mask', ...kinds.map((one) => `{ mask: ${one} }`)], 'or')}, "keep" or "null".`;
}
