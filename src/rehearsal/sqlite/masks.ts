import { createHmac } from 'node:crypto';
import type { MaskKind } from '../masking/rules.ts';

/** What SQLite has in a cell, whatever its column is declared as. */
export type Cell = null | bigint | number | string | Uint8Array;

export interface Domain {
  readonly kind: MaskKind;
  /** Different values must stay different. */
  readonly unique: boolean;
  /** Key of its HMACs. */
  readonly key: Uint8Array;
}

/** Letters that make a collision among 10 million values less likely than a broken disk. */
const ENOUGH_LETTERS = 20;
const YEAR = 31_536_000_000;

/** The mask of a value: equal for equal values of a domain, of the same kind of storage, and as long where that is what it is. */
export function maskOf(value: Cell, domain: Domain): Cell {
  if (value === null) return null;
  if (typeof value === 'bigint') return wholeNumber(value, domain);
  if (typeof value === 'number') return Number.isFinite(value) ? decimal(value, domain) : value;
  if (typeof value !== 'string') return stretched(hmacOf(domain, Buffer.from(value).toString('hex')), value.length);
  return value === '' ? '' : maskedText(value, domain);
}

function hmacOf({ key }: Domain, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

/** As many bytes as wanted. */
function stretched(bytes: Buffer, length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (bytes[index % bytes.length] ?? 0) ^ (index >> 5));
}

function maskedText(value: string, domain: Domain): string {
  const x = hmacOf(domain, value);
  const unique = domain.unique ? ` ${letters(x, ENOUGH_LETTERS)}` : '';
  switch (domain.kind) {
    case 'email':
      return `${letters(x, ENOUGH_LETTERS)}@example.com`;
    case 'phone':
      return `${value.startsWith('+') ? '+' : ''}999${digits(x, 12)}`;
    case 'uuid':
      return uuid(x);
    case 'name':
      return `${value.trim().includes(' ') ? `${word(x, 16, 3)} ` : ''}${word(x, 0, 4)}${unique}`;
    case 'address':
      return `${1 + (x.readUInt16BE(0) % 999)} ${word(x, 16, 4)} Street${unique}`;
    case 'digits':
    case 'number':
      return formatted(value, x);
    case 'card':
      return card(value, x);
    case 'date':
      return date(value, x) ?? letters(x, value.length);
    case 'json':
      return json(value, domain) ?? letters(x, value.length);
    default:
      return letters(x, domain.unique ? Math.max(value.length, ENOUGH_LETTERS) : value.length);
  }
}

/** Letters from a to p. */
function letters(x: Buffer, length: number): string {
  const hex = Buffer.from(stretched(x, Math.ceil(length / 2))).toString('hex');
  return hex.slice(0, length).replaceAll(/\d/g, (digit) => 'ghijklmnop'[Number(digit)] ?? 'a');
}

function digits(x: Buffer, count: number): string {
  return String(x.readBigUInt64BE(8) % 10n ** BigInt(count)).padStart(count, '0');
}

/** Syllables that begin with a capital. */
function word(x: Buffer, from: number, syllables: number): string {
  let text = '';
  for (let index = from; index < from + syllables; index += 1) {
    const byte = x[index] ?? 0;
    text += `${'bdfghjklmnprstvz'[byte >> 4]}${'aeiou'[(byte & 15) % 5]}`;
  }
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function uuid(x: Buffer): string {
  const hex = x.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** Digits by digits, letters by letters of the same case; whatever else is ASCII stays. */
function formatted(value: string, x: Buffer): string {
  const bytes = stretched(x, value.length);
  return [...value].map((sign, index) => formattedSign(sign, bytes[index % bytes.length] ?? 0)).join('');
}

function formattedSign(sign: string, byte: number): string {
  if (/\d/.test(sign)) return String(byte % 10);
  if (/[A-Z]/.test(sign)) return String.fromCharCode(65 + (byte % 26));
  return /[a-z]/.test(sign) || sign > '\x7f' ? String.fromCharCode(97 + (byte % 26)) : sign;
}

/** Begins with 9, which no network uses; the check digit is right (Luhn). */
function card(value: string, x: Buffer): string {
  const length = Math.min(19, Math.max(12, value.replaceAll(/\D/g, '').length));
  const body = `9${digits(x, 18)}`.slice(0, length - 1);
  let sum = 0;
  for (const [index, digit] of [...body].reverse().entries()) {
    const doubled = Number(digit) * (index % 2 === 0 ? 2 : 1);
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return `${body}${(10 - (sum % 10)) % 10}`;
}

/** Another instant of the same year, written as the value is. */
function date(value: string, x: Buffer): string | null {
  const found = /^(\d{4})-\d\d-\d\d(?:([T ])\d\d:\d\d(:\d\d)?(\.\d+)?(.*))?$/.exec(value);
  if (found === null) return null;
  const [, year, between, seconds, fraction, rest] = found;
  const iso = new Date(Date.UTC(Number(year), 0, 1) + Number(x.readBigUInt64BE(0) % BigInt(YEAR))).toISOString();
  if (between === undefined) return iso.slice(0, 10);
  const time = `${iso.slice(11, 16)}${seconds === undefined ? '' : iso.slice(16, 19)}`;
  return `${iso.slice(0, 10)}${between}${time}${fraction === undefined ? '' : `.${digits(x, fraction.length - 1)}`}${rest}`;
}

/** Texts and numbers inside are masked. */
function json(value: string, domain: Domain): string | null {
  const inside = { ...domain, kind: 'text', unique: false } as const;
  const masked = (part: unknown): unknown => {
    if (typeof part === 'string') return maskOf(part, part.includes('@') ? { ...inside, kind: 'email' } : inside);
    if (typeof part === 'number') return Number.isSafeInteger(part) ? Number(wholeNumber(BigInt(part), inside)) : decimal(part, inside);
    if (Array.isArray(part)) return part.map(masked);
    if (typeof part !== 'object' || part === null) return part;
    return Object.fromEntries(Object.entries(part).map(([name, one]) => [name, masked(one)]));
  };
  try {
    return JSON.stringify(masked(JSON.parse(value)));
  } catch {
    return null;
  }
}

/** As many digits; where values are unique, any whole number that every client reads without loss. */
function wholeNumber(value: bigint, domain: Domain): bigint {
  const bits = hmacOf(domain, String(value)).readBigUInt64BE(0);
  if (domain.unique) return 1n + (bits % BigInt(Number.MAX_SAFE_INTEGER));
  if (value === 0n) return 0n;
  const size = value < 0n ? -value : value;
  const power = 10n ** BigInt(String(size).length - 1);
  const greatest = 2n ** 63n - 1n;
  const span = 9n * power < greatest - power ? 9n * power : greatest - power;
  const masked = power + (bits % span);
  return value < 0n ? -masked : masked;
}

function decimal(value: number, domain: Domain): number {
  if (value === 0) return 0;
  const [mantissa = '', exponent] = String(Math.abs(value)).split('e');
  const masked = formatted(mantissa, hmacOf(domain, String(value))).replace(/^0/, '1');
  return Math.sign(value) * Number(exponent === undefined ? masked : `${masked}e${exponent}`);
}
