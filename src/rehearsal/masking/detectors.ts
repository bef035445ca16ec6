/** What personal data looks like, whoever's it is. */

export type Looks = 'e-mail address' | 'phone number' | 'card number' | 'IBAN';

const DOMAIN = /^(?:[\p{L}\d-]+\.)+\p{L}{2,}/u;
const LOCAL = /[\p{L}\d._%+-]/u;
const LONGEST_DOMAIN = 253;
/** Domains that belong to nobody: RFC 2606, RFC 6761. */
const RESERVED = /(?:^|\.)(?:example\.(?:com|net|org)|example|invalid|test|localhost)$/i;
/** With a country code other than 999, which nobody has, or as North Americans write them. */
const PHONE =
  /(?<![\w+])\+(?!999)[1-9](?:[ ().\-/]{0,2}\d){7,14}(?!\d)|(?<![\w-])\(\d{3}\) ?\d{3}-\d{4}(?![\w-])|(?<![\w.-])[2-9]\d\d-\d{3}-\d{4}(?![\w-])/;
const IBAN = /(?<![A-Za-z\d])[A-Z]{2}\d{2}(?: ?[A-Z\d]{4}){2,7}(?: ?[A-Z\d]{1,3})?(?![A-Za-z\d])/g;

/** Goes by the `@`, since most text has none and most masks have one. */
export function hasEmail(text: string): boolean {
  for (let at = text.indexOf('@', 1); at !== -1; at = text.indexOf('@', at + 1)) {
    const [domain] = DOMAIN.exec(text.slice(at + 1, at + 1 + LONGEST_DOMAIN)) ?? [];
    if (domain !== undefined && LOCAL.test(text.charAt(at - 1)) && !RESERVED.test(domain)) return true;
  }
  return false;
}

export function hasPhone(text: string): boolean {
  return PHONE.test(text);
}

/** ISO 13616: the four signs from the front go to the end, letters become numbers, and the rest modulo 97 is 1. */
export function hasIban(text: string): boolean {
  for (const [found] of text.matchAll(IBAN)) {
    const bare = found.replaceAll(' ', '');
    if (bare.length < 15 || bare.length > 34) continue;
    const number = `${bare.slice(4)}${bare.slice(0, 4)}`.replaceAll(/[A-Z]/g, (letter) => String(letter.charCodeAt(0) - 55));
    if (BigInt(number) % 97n === 1n) return true;
  }
  return false;
}

/** Prefixes and lengths of the large networks: Visa, Mastercard, American Express, Discover, Diners Club, JCB. */
const NETWORKS =
  /^(?:4\d{12}(?:\d{3})?|(?:5[1-5]\d\d|222[1-9]|22[3-9]\d|2[3-6]\d\d|27[01]\d|2720)\d{12}|3[47]\d{13}|6(?:011|5\d\d|4[4-9]\d)\d{12}|3(?:0[0-5]|[68]\d)\d{11}|35(?:2[89]|[3-8]\d)\d{12})$/;

/** Whether digits, and what joins them, are a card number with a valid check digit (Luhn). */
export function isCard(text: string): boolean {
  const digits = text.replaceAll(/\D/g, '');
  if (!NETWORKS.test(digits)) return false;
  let sum = 0;
  for (let place = 0; place < digits.length; place += 1) {
    const digit = Number(digits[digits.length - 1 - place]);
    sum += place % 2 === 0 ? digit : digit > 4 ? 2 * digit - 9 : 2 * digit;
  }
  return sum % 10 === 0;
}
