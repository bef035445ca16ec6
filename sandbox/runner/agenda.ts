/** What falls due at a moment of the sandbox's clock. Nothing sleeps until then: the clock is moved to it. */

interface Entry {
  readonly at: number;
  readonly act: () => void;
}

export class Agenda {
  #entries: Entry[] = [];

  /** @returns takes the entry back */
  add(at: number, act: () => void): () => void {
    const entry = { at, act };
    this.#entries.push(entry);
    return () => {
      this.#entries = this.#entries.filter((other) => other !== entry);
    };
  }

  /** The next moment at which something falls due; Infinity: never. */
  get next(): number {
    return Math.min(...this.#entries.map((entry) => entry.at), Number.POSITIVE_INFINITY);
  }

  /** Does everything that is due. */
  fire(now: number): void {
    const due = this.#entries.filter((entry) => entry.at <= now).toSorted((a, b) => a.at - b.at);
    this.#entries = this.#entries.filter((entry) => !due.includes(entry));
    for (const entry of due) entry.act();
  }
}
