import type { OperationFigures } from '../observed.ts';

/** Each bucket is that much wider than the one before: percentiles are exact to half of it, however long the load runs. */
const GROWTH = 1.01;
const LOG_GROWTH = Math.log(GROWTH);
/** The narrowest bucket, milliseconds. */
const FINEST = 0.001;

/** Durations of one kind of operation, in milliseconds, in memory that does not grow with their number. */
export class Durations {
  private readonly buckets = new Map<number, number>();
  private count = 0;
  private weight = 0;
  private longest = 0;

  /**
   * Adds one. A client that waits sends nothing meanwhile; those that it would have sent, one every `pace` milliseconds, would have waited
   * too, each that much shorter. Percentiles count them, or one long stall of everybody would be a handful of operations among thousands.
   */
  add(milliseconds: number, pace: number): void {
    this.count += 1;
    this.longest = Math.max(this.longest, milliseconds);
    this.weigh(milliseconds);
    for (let unsent = milliseconds - pace; unsent > pace; unsent -= pace) this.weigh(unsent);
  }

  figures(): OperationFigures {
    const sorted = [...this.buckets].sort(([one], [other]) => one - other);
    return {
      count: this.count,
      p50: this.percentile(sorted, 0.5),
      p99: this.percentile(sorted, 0.99),
      longest: rounded(this.longest),
    };
  }

  private weigh(milliseconds: number): void {
    const bucket = Math.round(Math.log(Math.max(milliseconds, FINEST) / FINEST) / LOG_GROWTH);
    this.buckets.set(bucket, (this.buckets.get(bucket) ?? 0) + 1);
    this.weight += 1;
  }

  private percentile(sorted: readonly (readonly [number, number])[], share: number): number {
    let below = 0;
    for (const [bucket, count] of sorted) {
      below += count;
      if (below >= this.weight * share) return rounded(Math.min(this.longest, FINEST * GROWTH ** bucket));
    }
    return 0;
  }
}

/** To the microsecond. */
export function rounded(milliseconds: number): number {
  return Math.round(milliseconds * 1000) / 1000;
}
