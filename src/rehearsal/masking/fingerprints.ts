/**
 * Fingerprints of values, 64 bits each with the number of where they come from, in memory that does not hold the values. Open addressing in
 * two arrays: a million values take 12 to 24 MB, where a Set of numbers takes several times that.
 */
export class Fingerprints {
  private slots = 1 << 16;
  private halves = new Uint32Array(2 * this.slots);
  private origins = new Uint16Array(this.slots);
  private count = 0;

  get size(): number {
    return this.count;
  }

  /**
   * @param origin from 0
   * @returns whether it is new
   */
  add(high: number, low: number, origin: number): boolean {
    if (this.find(high, low) !== -1) return false;
    if (this.count * 2 >= this.slots) this.grow();
    this.put(high, low, origin + 1);
    this.count += 1;
    return true;
  }

  /** Where a value comes from; -1: it is none of them. */
  find(high: number, low: number): number {
    const mask = this.slots - 1;
    for (let slot = (high ^ (low >>> 7)) & mask; ; slot = (slot + 1) & mask) {
      const origin = this.origins[slot] as number;
      if (origin === 0) return -1;
      if (this.halves[2 * slot] === high >>> 0 && this.halves[2 * slot + 1] === low >>> 0) return origin - 1;
    }
  }

  private put(high: number, low: number, origin: number): void {
    const mask = this.slots - 1;
    let slot = (high ^ (low >>> 7)) & mask;
    while (this.origins[slot] !== 0) slot = (slot + 1) & mask;
    this.halves[2 * slot] = high;
    this.halves[2 * slot + 1] = low;
    this.origins[slot] = origin;
  }

  private grow(): void {
    const { halves, origins, slots } = this;
    this.slots = slots * 2;
    this.halves = new Uint32Array(2 * this.slots);
    this.origins = new Uint16Array(this.slots);
    for (let slot = 0; slot < slots; slot += 1) {
      if (origins[slot] !== 0) this.put(halves[2 * slot] as number, halves[2 * slot + 1] as number, origins[slot] as number);
    }
  }
}
