import type { Statement } from './journal.ts';

/** A lock that a backend was seen to hold: on the relation with an OID. */
export interface SeenLock {
  readonly relation: number;
  readonly mode: string;
}

/** A lock that a transaction held. It was taken between the first two times and given back between the last two. */
export interface Hold extends SeenLock {
  readonly statement: Statement | null;
  readonly takenAfter: number;
  readonly takenBy: number;
  heldUntil: number;
  goneBy: number | null;
}

/** Locks of one transaction, put together from looks at them. */
export class LockLedger {
  readonly holds: Hold[] = [];
  private readonly open = new Map<string, Hold>();
  /** When they were last looked at: what is new at the next look was taken since. */
  private looked = 0;

  /**
   * Takes down one look.
   * @param from when the server was asked; a lock that it does not name was not held at some time since
   * @param by when it had answered; a lock that it names was held at some time before
   * @param statement whose doing new locks are
   */
  look(seen: readonly SeenLock[], from: number, by: number, statement: Statement | null): void {
    // A look that was asked for earlier and answered later knows less.
    if (from < this.looked) return;
    const keys = new Set<string>();
    for (const { relation, mode } of seen) {
      const key = `${relation} ${mode}`;
      keys.add(key);
      const hold = this.open.get(key);
      if (hold === undefined)
        this.take(key, { relation, mode }, Math.max(this.looked, statement?.began ?? 0), Math.min(by, statement?.ended ?? by), statement);
      else hold.heldUntil = Math.max(hold.heldUntil, from);
    }
    for (const [key, hold] of this.open) {
      if (keys.has(key)) continue;
      hold.goneBy = by;
      this.open.delete(key);
    }
    this.looked = from;
  }

  /** Takes down a look whose answer came when the transaction had ended: what it names was held at some time between. */
  lookLate(seen: readonly SeenLock[], from: number, ended: number, statement: Statement | null): void {
    if (from < this.looked || from > ended) return;
    for (const { relation, mode } of seen) {
      if (this.holds.some((hold) => hold.relation === relation && hold.mode === mode && hold.goneBy === ended)) continue;
      const takenAfter = Math.max(this.looked, statement?.began ?? 0);
      this.holds.push({ relation, mode, statement, takenAfter, takenBy: ended, heldUntil: ended, goneBy: ended });
    }
  }

  /** @returns the statement that took a lock which is still held on a relation */
  takerOf(relation: number | null): Statement | null {
    const held = [...this.open.values()].filter((hold) => hold.relation === relation && hold.statement !== null);
    return (held.find(({ mode }) => mode === 'AccessExclusiveLock') ?? held.at(-1))?.statement ?? null;
  }

  /** The transaction ended between the two times. */
  release(from: number, by: number): void {
    for (const hold of this.open.values()) {
      hold.heldUntil = Math.max(hold.heldUntil, from);
      hold.goneBy = by;
    }
    this.open.clear();
  }

  private take(key: string, lock: SeenLock, takenAfter: number, takenBy: number, statement: Statement | null): void {
    const hold: Hold = { ...lock, statement, takenAfter, takenBy, heldUntil: takenBy, goneBy: null };
    this.open.set(key, hold);
    this.holds.push(hold);
  }
}
