import { Fingerprints } from './fingerprints.ts';

/** How many letters and digits a value has. */
export interface Shape {
  readonly letters: number;
  readonly digits: number;
}

/** Which masks in a column are digit by digit what they are, so that one of them may be another value by chance. */
export type Draws = 'numbers' | 'codes';

/** Values of a shape, of which a mask is any: letters are drawn out of 26, digits out of 10; the first digit of a number in JSON is no zero. */
function possible({ letters, digits }: Shape): number {
  return 0.9 * 26 ** letters * 10 ** digits;
}

/** Of more possible values, none of ten million is met by chance. */
const MOST_POSSIBLE = 1e18;
/** What chance brings less often than once in so many columns is a leak. */
const ODDS = 100_000;
const LONGEST = 64;

/** Whether a value of this shape may be met by chance. Words without digits never are: they are leaks, be there one of them or a million. */
export function mayBeChance(shape: Shape): boolean {
  return shape.digits > 0 && possible(shape) <= MOST_POSSIBLE;
}

function keyOf({ letters, digits }: Shape): number {
  return LONGEST * letters + digits;
}

/** Different values by column that they come from and by shape. */
export class ShapeCounts {
  private readonly counts = new Map<number, number>();

  add(shape: Shape): void {
    if (!mayBeChance(shape)) return;
    const key = keyOf(shape);
    this.counts.set(key, (this.counts.get(key) ?? 0) + 1);
  }

  /** Values of one side that are found on the other side, when both were drawn without looking at each other. */
  expectedIn(other: ShapeCounts): number {
    let sum = 0;
    for (const [key, count] of this.counts) {
      const shape = { letters: Math.floor(key / LONGEST), digits: key % LONGEST };
      sum += (count * (other.counts.get(key) ?? 0)) / possible(shape);
    }
    return sum;
  }
}

/**
 * Judges values that are met in a column of masks made of digits. Among half a million masks of ten digits about twenty are a number that
 * the column had in another row, whatever the masking does short of looking into the column: that they are there tells nobody anything, and
 * refusing them would refuse masks that are right, with one key every time. How many there are does tell: of values that were left in place,
 * swapped or shifted, all are found, not one in ten thousand. So they are counted, and are a leak unless chance explains their number.
 *
 * It counts different values: one that many rows have is drawn once. It takes its rate from what it reads, masks and values before masking,
 * and asks the masking nothing; where values are few or long, the rate is next to nothing and the first one found is a leak.
 */
export class ChanceFinds {
  private readonly seen = new Fingerprints();
  private readonly masks = new ShapeCounts();
  /** By column that the values come from. */
  private readonly finds = new Map<number, { times: number; different: number }>();

  /** @param column that the value comes from; `null`: it is none of the values before masking */
  met(high: number, low: number, shape: Shape, column: number | null): void {
    const fresh = this.seen.add(high, low, 0);
    if (fresh) this.masks.add(shape);
    if (column === null) return;
    const found = this.finds.get(column) ?? { times: 0, different: 0 };
    this.finds.set(column, found);
    found.times += 1;
    if (fresh) found.different += 1;
  }

  /**
   * Columns whose values were found more often than chance explains, and how often.
   * @param before values of a column before masking
   */
  leaks(before: (column: number) => ShapeCounts): ReadonlyMap<number, number> {
    const leaks = [...this.finds].filter(([column, { different }]) => !byChance(different, this.masks.expectedIn(before(column))));
    return new Map(leaks.map(([column, { times }]) => [column, times]));
  }
}

/** Whether chance brings so many where it brings `expected` on average: the Chernoff bound for a sum of rare events. */
function byChance(found: number, expected: number): boolean {
  return found <= expected || found - expected + found * Math.log(expected / found) >= -Math.log(ODDS);
}
