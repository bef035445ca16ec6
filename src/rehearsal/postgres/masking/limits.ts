import type { Column } from './catalog.ts';

/** What a masked value must stay within. */
export interface Limits {
  /** Characters; infinite: no limit. */
  readonly longest: number;
  /** Least and greatest number, `null`: no limit. */
  readonly least: number | null;
  readonly greatest: number | null;
  /** Digits and decimal places of `numeric(p, s)`; `null`: any. */
  readonly precision: { readonly digits: number; readonly scale: number } | null;
}

/** Of a `varchar(n)` or `char(n)` the type modifier is four more than n. */
const MODIFIER_HEADER = 4;
const LONGEST_NAME = 63;
const GREATEST: Readonly<Record<string, number>> = { int2: 32_767, int4: 2_147_483_647 };

/** What the column's type allows, and those of its check constraints that are plain comparisons of it with numbers. */
export function limitsOf(column: Column): Limits {
  const sized = column.modifier >= MODIFIER_HEADER;
  const header = column.modifier - MODIFIER_HEADER;
  let longest = column.base === 'name' ? LONGEST_NAME : Number.POSITIVE_INFINITY;
  if (sized && (column.base === 'varchar' || column.base === 'bpchar')) longest = header;
  const precision =
    sized && column.base === 'numeric' ? { digits: (header >> 16) & 0xffff, scale: ((header & 0x7ff) ^ 1024) - 1024 } : null;
  let limits: Limits = { longest, least: null, greatest: GREATEST[column.base] ?? null, precision };
  for (const { definition, alone } of column.checks) if (alone) limits = tighter(limits, checkLimits(definition, column));
  return limits;
}

/** What satisfies both. */
export function tighter(one: Limits, other: Limits): Limits {
  const most = (a: number | null, b: number | null): number | null => (a === null ? b : b === null ? a : Math.max(a, b));
  const fewest = (a: number | null, b: number | null): number | null => (a === null ? b : b === null ? a : Math.min(a, b));
  return {
    longest: Math.min(one.longest, other.longest),
    least: most(one.least, other.least),
    greatest: fewest(one.greatest, other.greatest),
    precision:
      (one.precision?.digits ?? Number.POSITIVE_INFINITY) <= (other.precision?.digits ?? Number.POSITIVE_INFINITY)
        ? one.precision
        : other.precision,
  };
}

const NONE: Limits = { longest: Number.POSITIVE_INFINITY, least: null, greatest: null, precision: null };
const COMPARISON = /^(.+) (>=|>|<=|<|=) '?(-?\d+(?:\.\d+)?)'?(?:::[a-z ]+)?$/;
const LENGTH = /^(?:char_length|character_length|length)\((.+?)(?:::text)?\)$/;

/** Limits that a check constraint sets by comparing the column, or its length, with numbers. Nothing is read out of any other. */
function checkLimits(definition: string, column: Column): Limits {
  const parts = definition
    .replace(/^CHECK /, '')
    .split(' AND ')
    .map(bare);
  let limits = NONE;
  for (const part of parts) {
    const [, what = '', operator = '', number = ''] = COMPARISON.exec(part.replaceAll(/\((-?\d+(?:\.\d+)?)\)/g, '$1')) ?? [];
    const measured = LENGTH.exec(bare(what))?.[1];
    if (bare(what) === column.sql) limits = tighter(limits, bound(operator, Number(number)));
    else if (measured !== undefined && bare(measured) === column.sql && operator !== '>' && operator !== '>=')
      limits = tighter(limits, { ...NONE, longest: Number(number) - (operator === '<' ? 1 : 0) });
    else return NONE;
  }
  return limits;
}

function bound(operator: string, number: number): Limits {
  if (operator === '=') return { ...NONE, least: number, greatest: number };
  if (operator.startsWith('>')) return { ...NONE, least: operator === '>' && Number.isInteger(number) ? number + 1 : number };
  return { ...NONE, greatest: operator === '<' && Number.isInteger(number) ? number - 1 : number };
}

/** Without parentheses that stand around all of it or are left over from splitting. */
function bare(text: string): string {
  let rest = text.trim();
  const count = (sign: string): number => rest.split(sign).length - 1;
  for (;;) {
    if (rest.startsWith('(') && (count('(') > count(')') || (rest.endsWith(')') && wraps(rest)))) {
      rest = count('(') > count(')') ? rest.slice(1) : rest.slice(1, -1);
    } else if (rest.endsWith(')') && count(')') > count('(')) rest = rest.slice(0, -1);
    else return rest;
  }
}

/** Whether the first parenthesis is closed by the last one. */
function wraps(text: string): boolean {
  let depth = 0;
  for (const [index, sign] of [...text].entries()) {
    if (sign === '(') depth += 1;
    if (sign === ')') depth -= 1;
    if (depth === 0) return index === text.length - 1;
  }
  return false;
}
