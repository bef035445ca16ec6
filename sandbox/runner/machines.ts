/** The machines on which jobs run: as many at a time as there are, in the order in which they were queued. */
export class Machines {
  readonly #count: number;
  #busy = 0;
  #closed = false;
  readonly #queue: (() => Promise<void>)[] = [];

  readonly #freed: () => void;

  /** @param freed called whenever a job is over */
  constructor(count: number, freed: () => void) {
    this.#count = count;
    this.#freed = freed;
  }

  /** Jobs that run or are queued. */
  get load(): number {
    return this.#busy + this.#queue.length;
  }

  /** Runs the work when a machine is free. @returns takes it back, as long as it has not begun */
  run(work: () => Promise<void>): () => void {
    if (!this.#closed) this.#queue.push(work);
    this.#fill();
    return () => {
      const at = this.#queue.indexOf(work);
      if (at !== -1) this.#queue.splice(at, 1);
    };
  }

  /** What has not begun does not begin any more. */
  close(): void {
    this.#closed = true;
    this.#queue.length = 0;
  }

  #fill(): void {
    while (this.#busy < this.#count) {
      const work = this.#queue.shift();
      if (work === undefined) return;
      this.#busy += 1;
      work().finally(() => {
        this.#busy -= 1;
        this.#fill();
        this.#freed();
      });
    }
  }
}
