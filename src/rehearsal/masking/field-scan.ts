import { ChanceFinds, type Draws, mayBeChance } from './chance.ts';
import { hasEmail, hasIban, hasPhone, isCard, type Looks } from './detectors.ts';
import { columnOf, isAddress, type SourceValues } from './source-values.ts';
import type { WordListener } from './words.ts';

/** A place that is looked through. */
export interface Surface {
  /** For people: `public.orders.note`, `the comment on table public.orders`. */
  readonly label: string;
  /** Values that only look personal count: not where a person has looked, nor where digits are masks. */
  readonly detect: { readonly emails: boolean; readonly numbers: boolean };
  /** A person has looked at what it holds: only e-mail addresses of masked columns count. */
  readonly reviewed: boolean;
  readonly json: boolean;
  /** Masks in it that may be other values by chance; `null`: every value that is found is a leak. */
  readonly draws: Draws | null;
}

/** What was found where; no value of it. */
export interface Hits {
  readonly surface: string;
  /** Times that a value was found, by the column it comes from. */
  readonly values: ReadonlyMap<string, number>;
  /** Times that something was found which looks personal. */
  readonly looks: ReadonlyMap<Looks, number>;
}

const AT = 64;
const SHORTEST_IBAN = 15;

/** Looks through the fields of one query for values of masked columns and for what looks personal. */
export class FieldScan {
  private readonly source: SourceValues;
  private readonly surfaces: readonly Surface[];
  private readonly values: Map<string, number>[];
  /** Canaries that were found: they count where their words were not found. */
  private readonly canaries: Map<string, number>[];
  private readonly looks: Map<Looks, number>[];
  private readonly chances: (ChanceFinds | null)[];
  private bytes: Buffer = Buffer.alloc(0);
  private nextAt = -1;
  private index = 0;
  private readonly words: WordListener;

  constructor(source: SourceValues, surfaces: readonly Surface[]) {
    this.source = source;
    this.surfaces = surfaces;
    this.values = surfaces.map(() => new Map());
    this.canaries = surfaces.map(() => new Map());
    this.looks = surfaces.map(() => new Map());
    this.chances = surfaces.map(({ draws }) => (draws === null ? null : new ChanceFinds()));
    const { fingerprints, lengths } = source;
    this.words = {
      run: (high, low, words, size, digits) => {
        if (lengths[words] === 1) this.meet(high, low, fingerprints.find(high, low), size - digits, digits);
      },
      number: (high, low, start, end, digits) => {
        this.meet(high, low, fingerprints.find(high, low), 0, digits);
        if (this.surfaces[this.index]?.detect.numbers === true) this.lookAtNumber(start, end);
      },
    };
  }

  /** Canaries are looked for in the bytes as they come, by nothing that goes by words. */
  batch(bytes: Buffer, from: number, to: number): void {
    this.nextAt = bytes.indexOf(AT, from);
    for (const { bytes: canary, origin } of this.source.canaries) {
      for (let at = bytes.indexOf(canary, from); at !== -1 && at < to; at = bytes.indexOf(canary, at + canary.length))
        this.foundAt(bytes, at, origin);
    }
  }

  field(bytes: Buffer, from: number, to: number, index: number): void {
    const surface = this.surfaces[index];
    if (surface === undefined) return;
    this.bytes = bytes;
    this.index = index;
    this.source.reader.read(bytes, from, to, surface.json, this.words);
    if (surface.detect.emails) this.lookForEmail(from, to);
    if (surface.detect.numbers && to - from >= SHORTEST_IBAN && this.mayHoldIban(from, to) && hasIban(bytes.toString('latin1', from, to)))
      this.count(this.looks[index], 'IBAN');
  }

  hits(): readonly Hits[] {
    return this.surfaces
      .map(({ label }, index) => ({
        surface: label,
        values: this.valuesIn(index),
        looks: this.looks[index] ?? new Map(),
      }))
      .filter(({ values, looks }) => values.size > 0 || looks.size > 0);
  }

  private valuesIn(index: number): ReadonlyMap<string, number> {
    const values = new Map([...(this.canaries[index] ?? []), ...(this.values[index] ?? [])]);
    const leaks = this.chances[index]?.leaks((column) => this.source.shapesOf(column)) ?? [];
    for (const [column, times] of leaks) {
      const label = this.source.labels[column] ?? '';
      values.set(label, (values.get(label) ?? 0) + times);
    }
    return values;
  }

  /** What stands here, whether it is a value or not: in a column of masks, how many there are says how many may be values by chance. */
  private meet(high: number, low: number, origin: number, letters: number, digits: number): void {
    const chance = this.chances[this.index] ?? null;
    const drawn = letters === 0 || this.surfaces[this.index]?.draws === 'codes';
    // An address is nobody's mask.
    if (chance === null || !drawn || (origin !== -1 && isAddress(origin)) || !mayBeChance({ letters, digits }))
      this.found(origin, this.values);
    else chance.met(high, low, { letters, digits }, origin === -1 ? null : columnOf(origin));
  }

  private lookForEmail(from: number, to: number): void {
    if (this.nextAt !== -1 && this.nextAt < from) this.nextAt = this.bytes.indexOf(AT, from);
    if (this.nextAt !== -1 && this.nextAt < to && hasEmail(this.bytes.toString('utf8', from, to)))
      this.count(this.looks[this.index], 'e-mail address');
  }

  private lookAtNumber(start: number, end: number): void {
    if (isCard(this.bytes.toString('latin1', start, end))) this.count(this.looks[this.index], 'card number');
    else if (hasPhone(this.bytes.toString('latin1', Math.max(0, start - 1), end + 1))) this.count(this.looks[this.index], 'phone number');
  }

  /** Two capitals and two digits. */
  private mayHoldIban(from: number, to: number): boolean {
    for (let at = from; at + 4 <= to; at += 1) {
      if (isCapital(this.bytes[at]) && isCapital(this.bytes[at + 1]) && isDigit(this.bytes[at + 2]) && isDigit(this.bytes[at + 3]))
        return true;
    }
    return false;
  }

  /** The field of a row that a place lies in. */
  private foundAt(bytes: Buffer, at: number, origin: number): void {
    const row = bytes.lastIndexOf(10, at) + 1;
    this.index = bytes.subarray(row, at).filter((byte) => byte === 9).length;
    this.found(origin, this.canaries);
  }

  private found(origin: number, counts: readonly Map<string, number>[]): void {
    if (origin === -1) return;
    if (this.surfaces[this.index]?.reviewed === true && !isAddress(origin)) return;
    this.count(counts[this.index], this.source.labels[columnOf(origin)] ?? '');
  }

  private count<Key>(counts: Map<Key, number> | undefined, key: Key): void {
    counts?.set(key, (counts.get(key) ?? 0) + 1);
  }
}

function isCapital(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 65 && byte <= 90;
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 48 && byte <= 57;
}
