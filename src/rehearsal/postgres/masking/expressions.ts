import type { Column } from './catalog.ts';
import type { Domain } from './plan.ts';

/**
 * Masks as SQL expressions. Nothing of them is a function of the database's own but what JSON needs: plain expressions run in parallel
 * workers and inside one CREATE TABLE AS. `v` is the value, `t` its text, `x` its HMAC, 32 bytes.
 */

/** Letters that make a collision among 10 million values less likely than a broken disk: 80 bits. */
const ENOUGH_LETTERS = 20;
const EMAIL_DOMAIN = '@example.com';
/** E.164 allows 15 digits. */
const PHONE_PREFIX = '999';
const PHONE_DIGITS = 12;
/** Greatest whole number that every client reads without loss. */
const GREATEST_UNIQUE = Number.MAX_SAFE_INTEGER;
/** Digits of the longest card number but its last. */
const LONGEST_CARD = 18;
const DAYS = 365;
const YEAR = 31_536_000_000_000;

/** How the session calls a domain's two padded keys (RFC 2104). They are settings, so that no statement has them in its text. */
export function keySettings(domain: number): { readonly inner: string; readonly outer: string } {
  return { inner: `promote_masking.inner_${domain}`, outer: `promote_masking.outer_${domain}` };
}

/** HMAC-SHA-256 of a text; NULL of NULL. */
export function hmac(domain: Domain, text: string): string {
  const { inner, outer } = keySettings(domain.number);
  return `sha256(${key(outer)} || sha256(${key(inner)} || convert_to(${text}, 'UTF8')))`;
}

/** As a query of its own it is computed once, not once a row. */
function key(setting: string): string {
  return `(SELECT current_setting('${setting}')::bytea)`;
}

/** The text that stands for a value: equal for what the database takes as equal. */
export function canonical(domain: Domain, base: string, value: string): string {
  if (base === 'citext') return `lower(${value}::text)`;
  if (base === 'numeric') return `trim_scale(${value})::text`;
  if (domain.family === 'bytes') return `encode(${value}, 'hex')`;
  return `${value}::text`;
}

/** The masked value of a column, of its type or one that is assigned to it. `x` is the HMAC of the canonical text of `v`. */
export function masked(domain: Domain, column: Column, v: string, x: string): string {
  if (column.array) return maskedArray(domain, column, v);
  return `CASE WHEN ${v} IS NULL THEN NULL ELSE ${maskedValue(domain, column.base, v, x)} END`;
}

function maskedArray(domain: Domain, column: Column, v: string): string {
  // No mask calls anything of its own so.
  const one = `CASE WHEN element.e IS NULL THEN NULL ELSE ${maskedValue(domain, column.base, 'element.e', 'element.x')} END`;
  const elements = `SELECT u.e, u.n, ${hmac(domain, canonical(domain, column.base, 'u.e'))} AS x FROM unnest(${v}) WITH ORDINALITY u (e, n)`;
  return `CASE WHEN cardinality(${v}) = 0 OR ${v} IS NULL THEN ${v} ELSE (SELECT array_agg(${one} ORDER BY element.n) FROM (${elements}) element)::${column.type} END`;
}

/** The mask of a value that is not NULL. */
export function maskedValue(domain: Domain, base: string, v: string, x: string): string {
  switch (domain.family) {
    case 'text':
      return `CASE WHEN ${v}::text = '' THEN '' ELSE ${maskedText(domain, `${v}::text`, x)} END`;
    case 'int':
      return `(${wholeNumber(domain, v, x)})::${base}`;
    case 'numeric':
    case 'float':
      return `(${decimalNumber(domain, v, x)})::${base}`;
    case 'date':
      return `CASE WHEN isfinite(${v}) THEN date_trunc('year', ${v}::timestamp)::date + (${bits(x)} % ${DAYS})::int ELSE ${v} END`;
    case 'instant':
      return `CASE WHEN isfinite(${v}) THEN date_trunc('year', ${v}) + (${bits(x)} % ${YEAR}) * interval '1 microsecond' ELSE ${v} END`;
    case 'uuid':
      return `(${uuid(x)})::uuid`;
    case 'bytes':
      return `CASE WHEN octet_length(${v}) = 0 THEN ${v} ELSE decode(left(repeat(${hex(x)}, octet_length(${v}) / 32 + 1), 2 * octet_length(${v})), 'hex') END`;
    case 'json':
      return maskedJson(domain, base, v);
    case 'inet':
      return `CASE family(${v}) WHEN 4 THEN inet '198.18.0.0' + (${bits(x)} % 131072) ELSE inet 'fd00::' + ${bits(x)} END`;
  }
}

/** Bits of a domain's masks at least; fewer than 80 and unique: collisions are looked for and resolved before anything is written. */
export function bitsOf(domain: Domain): number {
  const { longest } = domain.limits;
  const letters = 4 * Math.min(longest, ENOUGH_LETTERS);
  if (domain.family === 'uuid') return 120;
  if (domain.family !== 'text') return 0;
  switch (domain.kind) {
    case 'uuid':
      return longest >= 36 ? 120 : 0;
    case 'email':
      return 4 * emailLetters(longest);
    case 'name':
    case 'address':
      return longest >= ENOUGH_LETTERS + 24 ? 80 : 0;
    case 'phone':
    case 'digits':
    case 'card':
      return 0;
    default:
      return letters;
  }
}

/** Why no value at all can be masked within the domain's limits; `null`: some can. */
export function impossibleWithin(domain: Domain): string | null {
  if (domain.family === 'text' && domain.kind === 'email' && emailLetters(domain.limits.longest) < 4)
    return `an e-mail address needs ${EMAIL_DOMAIN.length + 4} characters, and there are ${domain.limits.longest}`;
  if (domain.family === 'text' && domain.kind === 'uuid' && domain.limits.longest < 36)
    return `a UUID needs 36 characters, and there are ${domain.limits.longest}`;
  const { least, greatest } = domain.limits;
  if (least !== null && greatest !== null && least > greatest) return 'its check constraints allow no number';
  return null;
}

function emailLetters(longest: number): number {
  return Math.min(ENOUGH_LETTERS, longest - EMAIL_DOMAIN.length);
}

function maskedText(domain: Domain, t: string, x: string): string {
  const { longest } = domain.limits;
  const cut = (text: string): string => (Number.isFinite(longest) ? `left(${text}, ${longest})` : text);
  const unique = domain.unique ? ` || ' ' || ${letters(x, String(ENOUGH_LETTERS))}` : '';
  switch (domain.kind) {
    case 'email':
      return `${letters(x, String(emailLetters(longest)))} || '${EMAIL_DOMAIN}'`;
    case 'phone':
      return cut(`CASE WHEN left(${t}, 1) = '+' THEN '+' ELSE '' END || '${PHONE_PREFIX}' || ${digits(x, PHONE_DIGITS)}`);
    case 'uuid':
      return uuid(x);
    case 'name':
      return cut(`CASE WHEN position(' ' IN ${t}) > 0 THEN ${word(x, 8, 3)} || ' ' || ${word(x, 0, 4)} ELSE ${word(x, 0, 4)} END${unique}`);
    case 'address':
      return cut(`(1 + ${bits(x)} % 999)::text || ' ' || ${word(x, 8, 4)} || ' Street'${unique}`);
    case 'digits':
      return formatted(t, x, longest);
    case 'card':
      return cut(card(t, x));
    default: {
      const wanted = domain.unique ? `greatest(length(${t}), ${ENOUGH_LETTERS})` : `length(${t})`;
      return letters(x, Number.isFinite(longest) ? `least(${wanted}, ${longest})` : wanted);
    }
  }
}

function hex(x: string): string {
  return `encode(${x}, 'hex')`;
}

/** Hexadecimal digits behind a letter from a to p: a word of digits only might look like a card number. */
function letters(x: string, length: string): string {
  const first = `chr(97 + (get_byte(${x}, 31) & 15))`;
  if (/^\d+$/.test(length))
    return `${first} || left(encode(substr(${x}, 1, ${Math.ceil(Number(length) / 2)}), 'hex'), ${Number(length) - 1})`;
  return `left(${first} || CASE WHEN ${length} > 64 THEN repeat(${hex(x)}, ${length} / 64 + 1) ELSE ${hex(x)} END, ${length})`;
}

/** 64 syllables of two letters, one behind the other. */
const SYLLABLES = [...'bdfgklmnprstvz'].flatMap((consonant) => [...'aeiou'].map((vowel) => consonant + vowel)).slice(0, 64);
const SYLLABLE_BYTES = `'\\x${Buffer.from(SYLLABLES.join('')).toString('hex')}'::bytea`;

/** Syllables that begin with a capital; one byte of the HMAC each, from 0. */
function word(x: string, from: number, syllables: number): string {
  const parts = Array.from(
    { length: syllables },
    (_, index) => `substr(${SYLLABLE_BYTES}, 1 + 2 * (get_byte(${x}, ${from + index}) & 63), 2)`,
  );
  return `initcap(convert_from(${parts.join(' || ')}, 'UTF8'))`;
}

function uuid(x: string): string {
  const part = (from: number, length: number): string => `substr(${hex(x)}, ${from}, ${length})`;
  return `${part(1, 8)} || '-' || ${part(9, 4)} || '-4' || ${part(14, 3)} || '-8' || ${part(18, 3)} || '-' || ${part(21, 12)}`;
}

/** A whole number from 0 to 2^56, from seven bytes of the HMAC, which count from 1. */
function bits(x: string, from = 1): string {
  return `('x' || encode(substr(${x}, ${from}, 7), 'hex'))::bit(56)::bigint`;
}

/** Up to 16 decimal digits. */
function digits(x: string, count: number, from = 1): string {
  return `lpad((${bits(x, from)} % ${10n ** BigInt(count)})::text, ${count}, '0')`;
}

/**
 * Digits by digits, letters by letters, of the same case; whatever else is ASCII stays. Where there are only digits and what usually groups
 * them, `to_char` writes all at once.
 */
function formatted(t: string, x: string, longest: number): string {
  const v = Number.isFinite(longest) ? `left(${t}, ${longest})` : t;
  const all = `${digits(x, 16)} || ${digits(x, 16, 9)}`;
  const quick = `to_char(right(${all}, length(translate(${v}, ' -/()', '')))::numeric, 'FM' || translate(${v}, '123456789', '000000000'))`;
  const code = 'ascii(s.c)';
  const letter = `get_byte(q.x, (s.n * 7 % 32)::int) % 26`;
  return `CASE WHEN length(${v}) <= 30 AND translate(${v}, '0123456789 -/()', '') = '' AND ${v} ~ '[0-9]' THEN ${quick} ELSE
    (SELECT string_agg(CASE WHEN ${code} BETWEEN 48 AND 57 THEN substr(q.d, 1 + ((s.n - 1) % 32)::int, 1)
    WHEN ${code} BETWEEN 65 AND 90 THEN chr(65 + ${letter}) WHEN ${code} BETWEEN 97 AND 122 OR ${code} > 127 THEN chr(97 + ${letter}) ELSE s.c END, '' ORDER BY s.n)
    FROM (SELECT ${all} AS d, ${x} AS x) q, regexp_split_to_table(${v}, '') WITH ORDINALITY s (c, n)) END`;
}

/** 12 to 19 digits, as many as the value has. The check digit makes the sum of all, every second one doubled, a multiple of ten (Luhn). */
function card(t: string, x: string): string {
  const length = `least(greatest(length(translate(${t}, ' -/.', '')), 12), 19)`;
  const places = Array.from({ length: LONGEST_CARD }, (_, place) => {
    const digit = `get_byte(p.n, ${place}) - 48`;
    return place % 2 === (LONGEST_CARD - 1) % 2 ? `get_byte('\\x00020406080103050709'::bytea, ${digit})` : `(${digit})`;
  });
  const number = `left('9' || ${digits(x, 16)} || ${digits(x, 16, 9)}, ${length} - 1)`;
  return `(SELECT ltrim(p.b, '0') || ((10 - (${places.join(' + ')}) % 10) % 10)::text
    FROM (SELECT q.b, convert_to(q.b, 'UTF8') AS n FROM (SELECT lpad(${number}, ${LONGEST_CARD}, '0') AS b OFFSET 0) q OFFSET 0) p)`;
}

function wholeNumber(domain: Domain, v: string, x: string): string {
  const { least, greatest } = domain.limits;
  if (least !== null && greatest !== null && (checked(domain) || domain.unique)) return span(least, greatest, x);
  if (domain.unique) {
    const low = Math.max(1, least ?? 1);
    const high = Math.max(low, Math.min(greatest ?? GREATEST_UNIQUE, GREATEST_UNIQUE));
    return least === null && greatest !== null && greatest < 1 ? `${greatest} - ${bits(x)} % ${GREATEST_UNIQUE}` : span(low, high, x);
  }
  const n = `greatest(${v}::bigint, -${GREATEST_BIGINT})`;
  const power = `(${POWERS})[length(abs(${n})::text)]`;
  const most = greatest ?? GREATEST_BIGINT;
  return clamped(
    domain,
    `CASE WHEN ${v} = 0 THEN 0 ELSE sign(${v})::bigint * (${power} + ${bits(x)} % least(9 * ${power}, greatest(1, ${most} - ${power} + 1))) END`,
  );
}

const GREATEST_BIGINT = '9223372036854775807';
/** Of ten. */
const POWERS = `'{${Array.from({ length: 19 }, (_, index) => 10n ** BigInt(index)).join(',')}}'::bigint[]`;

/** Whether both limits come from constraints, not from the type alone. */
function checked(domain: Domain): boolean {
  return domain.limits.least !== null && domain.limits.greatest !== null;
}

function span(low: number, high: number, x: string): string {
  return `${low} + ${bits(x)} % ${high - low + 1}`;
}

/** Below 1e-323 a number may be too small for a double, and the server refuses it. */
const MOST_FLOAT_PLACES = 322;

function decimalNumber(domain: Domain, v: string, x: string): string {
  const { precision } = domain.limits;
  const n = `${v}::numeric`;
  const wide = `(${bits(x)}::numeric * ${10n ** 17n} + ${bits(x, 9)})`;
  const power = (places: string): string => `('1' || repeat('0', ${places}))::numeric`;
  const places = domain.family === 'float' ? `least(scale(${n}), ${MOST_FLOAT_PLACES})` : `scale(${n})`;
  const scale = precision === null ? places : String(Math.max(0, precision.scale));
  const shift = power(scale);
  const count = domain.unique ? String(Math.min(precision?.digits ?? 15, 30)) : `length(trunc(abs(${n}) * ${shift})::text)`;
  const from = power(`(${count}) - 1`);
  const number = `sign(${n}) * round((${from} + ${wide} % (9 * ${from})) / ${shift}, ${scale})`;
  const special = `${v}::text IN ('NaN', 'Infinity', '-Infinity')`;
  return `CASE WHEN ${special} THEN ${v} ELSE ${clamped(domain, number)}::${domain.family === 'float' ? 'float8' : 'numeric'} END`;
}

function clamped(domain: Domain, number: string): string {
  const { least, greatest } = domain.limits;
  const low = least === null ? number : `greatest(${least}, ${number})`;
  return `(${greatest === null ? low : `least(${greatest}, ${low})`})`;
}

const JSON_NUMBER = { limits: { precision: null, least: null, greatest: null, longest: 0 }, unique: false, family: 'numeric' };

/**
 * Text and numbers inside; each has its own HMAC, so that it is masked as it would be elsewhere in the domain. PL/pgSQL, because a function
 * in SQL that calls itself is planned anew for every value: that took fourteen times as long.
 */
export const JSON_FUNCTION = `CREATE OR REPLACE FUNCTION pg_temp.promote_json(v jsonb, ki bytea, ko bytea) RETURNS jsonb LANGUAGE plpgsql STABLE AS $body$
DECLARE
  kind text := jsonb_typeof(v);
  t text;
  n numeric;
  x bytea;
BEGIN
  IF kind = 'object' THEN
    RETURN coalesce((SELECT jsonb_object_agg(o.key, pg_temp.promote_json(o.value, ki, ko)) FROM jsonb_each(v) o), '{}');
  ELSIF kind = 'array' THEN
    RETURN coalesce((SELECT jsonb_agg(pg_temp.promote_json(a.e, ki, ko) ORDER BY a.n) FROM jsonb_array_elements(v) WITH ORDINALITY a (e, n)), '[]');
  ELSIF kind IN ('string', 'number') THEN
    t := v #>> '{}';
    x := sha256(ko || sha256(ki || convert_to(t, 'UTF8')));
    IF kind = 'number' THEN
      n := t::numeric;
      RETURN to_jsonb(${decimalNumber(JSON_NUMBER as unknown as Domain, 'n', 'x')});
    END IF;
    RETURN to_jsonb(CASE WHEN t = '' THEN '' WHEN position('@' IN t) > 1 THEN ${letters('x', '20')} || '${EMAIL_DOMAIN}' ELSE ${letters('x', 'length(t)')} END);
  END IF;
  RETURN v;
END $body$`;

function maskedJson(domain: Domain, base: string, v: string): string {
  const { inner, outer } = keySettings(domain.number);
  return `pg_temp.promote_json(${v}::jsonb, ${key(inner)}, ${key(outer)})::${base}`;
}
