import { ShapeCounts } from './chance.ts';
import { Fingerprints } from './fingerprints.ts';
import { MOST_WORDS, WordReader } from './words.ts';

/** A value known in full, to be looked for letter by letter. Held in memory only, and told to nobody. */
export interface Canary {
  readonly bytes: Buffer;
  readonly origin: number;
}

const CANARIES_PER_COLUMN = 2;
const MOST_CANARIES = 64;
const SHORTEST_CANARY = 12;
const LONGEST_CANARY = 120;
/** Only of what is written everywhere as it is, in JSON and arrays too. Values that are tried and are not: */
const MOST_TRIED = 1000;
const PLAIN = /^[A-Za-z\d][A-Za-z\d @._+-]*$/;

/**
 * What the masked columns held before masking, as fingerprints. It knows nothing of how masking works: it reads values as text, and finds
 * them by their words.
 */
export class SourceValues {
  readonly fingerprints = new Fingerprints();
  readonly canaries: Canary[] = [];
  /** By number of words: whether any value has that many. */
  readonly lengths = new Uint8Array(MOST_WORDS + 1);
  readonly reader: WordReader;
  readonly labels: string[] = [];
  private readonly shapes: ShapeCounts[] = [];
  private readonly taken: number[] = [];
  private readonly tried: number[] = [];
  private high = 0;
  private low = 0;
  private words = 0;
  private size = 0;
  private digits = 0;
  private numbers: (readonly [high: number, low: number, digits: number])[] = [];
  private readonly collector = {
    run: (high: number, low: number, words: number, size: number, digits: number): void => {
      this.high = high;
      this.low = low;
      this.words = words;
      this.size = size;
      this.digits = digits;
    },
    number: (high: number, low: number, _start: number, _end: number, digits: number): void => {
      this.numbers.push([high, low, digits]);
    },
  };

  constructor(seed: readonly [number, number]) {
    this.reader = new WordReader(seed);
  }

  /** @returns the number of a column that values come from */
  column(label: string): number {
    this.labels.push(label);
    this.shapes.push(new ShapeCounts());
    this.taken.push(0);
    this.tried.push(0);
    return this.labels.length - 1;
  }

  /** Adds one value, as COPY writes it. */
  add(bytes: Buffer, from: number, to: number, column: number): void {
    this.words = 0;
    this.numbers = [];
    this.reader.read(bytes, from, to, false, this.collector, true);
    const origin = 2 * column + (this.reader.address ? 1 : 0);
    if (this.reader.digitsOnly) {
      const [only] = this.numbers;
      if (only !== undefined && this.numbers.length === 1) {
        const [high, low, digits] = only;
        if (this.fingerprints.add(high, low, origin)) this.shapesOf(column).add({ letters: 0, digits });
      }
      return;
    }
    if (this.words === 0) return;
    const { size, digits } = this;
    if (this.fingerprints.add(this.high, this.low, origin)) this.shapesOf(column).add({ letters: size - digits, digits });
    this.lengths[this.words] = 1;
    this.takeCanary(bytes, from, to, origin);
  }

  /** How many different values of each shape come from a column. */
  shapesOf(column: number): ShapeCounts {
    return this.shapes[column] as ShapeCounts;
  }

  private takeCanary(bytes: Buffer, from: number, to: number, origin: number): void {
    const column = origin >> 1;
    this.tried[column] = (this.tried[column] as number) + 1;
    if ((this.tried[column] as number) > MOST_TRIED) return;
    if ((this.taken[column] as number) >= CANARIES_PER_COLUMN || this.canaries.length >= MOST_CANARIES) return;
    if (to - from < SHORTEST_CANARY || to - from > LONGEST_CANARY) return;
    const text = bytes.toString('latin1', from, to);
    if (!PLAIN.test(text)) return;
    this.taken[column] = (this.taken[column] as number) + 1;
    this.canaries.push({ bytes: Buffer.from(text, 'latin1'), origin });
  }
}

/** Column that an origin names. */
export function columnOf(origin: number): number {
  return origin >> 1;
}

/** Whether the value is an e-mail address, which is personal wherever it stands. */
export function isAddress(origin: number): boolean {
  return (origin & 1) === 1;
}
