import type { ObserveOptions } from '../../database.ts';
import type { StatementTrace } from '../../observed.ts';
import { isActing } from '../../statement-kinds.ts';

const NO_KINDS: ReadonlySet<string> = new Set();

/** Counts the statements that did something, and says when it is time to hold everything back. */
export class StopAfter {
  private readonly asked: ObserveOptions['stopAfter'];
  private readonly hang: () => void;
  private counted = 0;
  fired = false;

  /** @param hang cuts every connection to the server */
  constructor(asked: ObserveOptions['stopAfter'], hang: () => void) {
    this.asked = asked;
    this.hang = hang;
  }

  get armed(): boolean {
    return this.asked !== undefined;
  }

  /** Counts a statement that is done, where it is one that counts. */
  done(statement: Pick<StatementTrace, 'kind' | 'text'>): void {
    if (isActing(statement, this.asked?.kinds ?? NO_KINDS)) this.counted += 1;
  }

  /** @returns whether nothing may pass any more; the first time it is so, everybody is told */
  check(): boolean {
    if (!this.fired && this.asked !== undefined && this.counted >= this.asked.statements) {
      this.fired = true;
      this.hang();
      this.asked.reached();
    }
    return this.fired;
  }
}
