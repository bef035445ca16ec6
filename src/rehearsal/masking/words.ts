/** Words of a value, and of what may hold it: letters and digits, ASCII case not counted. Everything between them separates. */

/** Values of more words are known by their first ones. */
export const MOST_WORDS = 12;
/** Shorter values are found everywhere by chance. Letters and digits. */
export const SHORTEST = 8;
/** Fewer digits are found everywhere by chance. */
export const SHORTEST_NUMBER = 10;

/** Told of every run of words in a field that may be a value. */
export interface WordListener {
  /** The last `words` words of the field so far, of at least eight letters and digits: `size` of them, of which `digits` are digits. */
  run(high: number, low: number, words: number, size: number, digits: number): void;
  /** Digits in one number, whatever stands between them: `+49 (151) 234-56` is one. Of at least ten, `digits` in all. */
  number(high: number, low: number, start: number, end: number, digits: number): void;
}

const LETTER = 1;
const DIGIT = 2;
const KINDS = new Uint8Array(256);
const FOLDED = new Uint8Array(256);
for (let byte = 0; byte < 256; byte += 1) {
  FOLDED[byte] = byte >= 65 && byte <= 90 ? byte + 32 : byte;
  if (byte >= 48 && byte <= 57) KINDS[byte] = DIGIT;
  else if (byte >= 128 || (byte >= 65 && byte <= 90) || (byte >= 97 && byte <= 122)) KINDS[byte] = LETTER;
}
const BACKSLASH = 92;
const HYPHEN = 45;
const AT = 64;
const POINT = 46;
const ZERO = 48;
/** Between the digits of one phone or card number: blank ( ) - . / */
const JOINS = new Uint8Array(256);
for (const sign of ' ()-./') JOINS[sign.charCodeAt(0)] = 1;

/** Reads the words of fields as COPY writes them. One reader has one seed, so that its fingerprints tell nobody else anything. */
export class WordReader {
  private readonly seedHigh: number;
  private readonly seedLow: number;
  private readonly highs = new Uint32Array(MOST_WORDS);
  private readonly lows = new Uint32Array(MOST_WORDS);
  private readonly sizes = new Uint32Array(MOST_WORDS);
  private readonly digits = new Uint32Array(MOST_WORDS);
  private readonly counts = new Uint8Array(MOST_WORDS);
  /** The number that is being read; `size` 0: none is. */
  private readonly number = { size: 0, start: 0, end: -1, high: 0, low: 0, tainted: false };
  /** After reading: words, letters and digits, and whether there were only digits. */
  words = 0;
  size = 0;
  digitsOnly = true;
  /** Whether an `@` stands in it. */
  address = false;

  constructor(seed: readonly [number, number]) {
    [this.seedHigh, this.seedLow] = seed;
  }

  /**
   * @param json whether a backslash stands for a sign of JSON too
   * @param onlyAll tell of runs that begin with the field only: what a value itself is
   */
  read(bytes: Uint8Array, from: number, to: number, json: boolean, listener: WordListener, onlyAll = false): void {
    this.words = 0;
    this.size = 0;
    this.digitsOnly = true;
    this.address = false;
    this.number.size = 0;
    for (let at = from; at < to; ) {
      const byte = bytes[at] as number;
      if (KINDS[byte] !== 0) at = this.readWord(bytes, at, to, from, listener, onlyAll);
      // COPY writes a backslash and a letter for what is not printable; JSON inside does so with a backslash, which COPY doubles.
      else if (byte === BACKSLASH) at += json && bytes[at + 1] === BACKSLASH ? 3 : 2;
      else {
        if (byte === AT) this.address = true;
        at += 1;
      }
    }
    this.endNumber(listener);
  }

  /** @returns where the word ends */
  private readWord(bytes: Uint8Array, start: number, to: number, from: number, listener: WordListener, onlyAll: boolean): number {
    let at = start;
    let high = this.seedHigh;
    let low = this.seedLow;
    let kinds = 0;
    let digits = 0;
    for (; at < to; at += 1) {
      const byte = bytes[at] as number;
      const kind = KINDS[byte] as number;
      if (kind === 0) break;
      kinds |= kind;
      digits += kind >> 1;
      const folded = FOLDED[byte] as number;
      high = Math.imul(high ^ folded, 0x01000193);
      low = Math.imul(low + folded + 1, 0x9e3779b1);
      low ^= low >>> 15;
    }
    const empty = kinds === DIGIT ? emptyDigits(bytes, from, start, at) : 0;
    this.word(high, low, at - start - empty, digits - empty, listener, onlyAll);
    if (kinds === DIGIT) this.addDigits(bytes, start, at, from, empty, listener);
    else {
      this.digitsOnly = false;
      // A number that goes on with a hyphen and letters is no number.
      if (start === this.number.end + 1 && bytes[this.number.end] === HYPHEN) this.number.tainted = true;
      this.endNumber(listener);
    }
    return at;
  }

  private addDigits(bytes: Uint8Array, start: number, end: number, from: number, empty: number, listener: WordListener): void {
    const { number } = this;
    if (number.size === 0 || !this.joins(bytes, number.end, start)) {
      this.endNumber(listener);
      number.start = start;
      number.high = this.seedLow;
      number.low = this.seedHigh;
      // A group of a UUID, or of another word with hyphens, is no number.
      number.tainted = start - 2 >= from && bytes[start - 1] === HYPHEN && KINDS[bytes[start - 2] as number] === LETTER;
    }
    for (let index = start; index < end; index += 1) {
      const digit = bytes[index] as number;
      number.high = Math.imul(number.high ^ digit, 0x01000193);
      number.low = Math.imul(number.low + digit + 1, 0x85ebca6b);
      number.low ^= number.low >>> 15;
    }
    number.size += end - start - empty;
    number.end = end;
  }

  private endNumber(listener: WordListener): void {
    const { number } = this;
    if (number.size >= SHORTEST_NUMBER && !number.tainted) listener.number(number.high, number.low, number.start, number.end, number.size);
    number.size = 0;
  }

  private joins(bytes: Uint8Array, from: number, to: number): boolean {
    if (to - from > 3) return false;
    for (let index = from; index < to; index += 1) if (JOINS[bytes[index] as number] !== 1) return false;
    return true;
  }

  private word(high: number, low: number, length: number, digits: number, listener: WordListener, onlyAll: boolean): void {
    const fresh = this.words % MOST_WORDS;
    this.words += 1;
    this.size += length;
    if (onlyAll && this.words > MOST_WORDS) return;
    this.highs[fresh] = this.seedHigh;
    this.lows[fresh] = this.seedLow;
    this.sizes[fresh] = 0;
    this.digits[fresh] = 0;
    this.counts[fresh] = 0;
    const open = onlyAll ? 1 : Math.min(this.words, MOST_WORDS);
    for (let slot = 0; slot < open; slot += 1) {
      const runHigh = mix((this.highs[slot] as number) ^ high, low);
      const runLow = mix((this.lows[slot] as number) + low, runHigh);
      this.highs[slot] = runHigh;
      this.lows[slot] = runLow;
      this.sizes[slot] = (this.sizes[slot] as number) + length;
      this.digits[slot] = (this.digits[slot] as number) + digits;
      this.counts[slot] = (this.counts[slot] as number) + 1;
      const size = this.sizes[slot] as number;
      if (size >= SHORTEST) listener.run(runHigh >>> 0, runLow >>> 0, this.counts[slot] as number, size, this.digits[slot] as number);
    }
  }
}

/** Zeros behind the point of a number below one: they say how small it is, and its mask keeps them. */
function emptyDigits(bytes: Uint8Array, from: number, start: number, end: number): number {
  const whole = start - 2;
  if (whole < from || bytes[whole] !== ZERO || bytes[start - 1] !== POINT) return 0;
  if (whole > from && KINDS[bytes[whole - 1] as number] !== 0) return 0;
  let at = start;
  while (at < end && bytes[at] === ZERO) at += 1;
  return at - start;
}

function mix(value: number, other: number): number {
  let mixed = Math.imul(value ^ (value >>> 16), 0x85ebca6b) ^ other;
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}
