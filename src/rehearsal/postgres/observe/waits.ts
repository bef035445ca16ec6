import type { Interval } from '../../observed.ts';
import { OWN_NAME } from '../connection.ts';
import type { Statement } from './journal.ts';
import type { Sampled } from './sampler.ts';

/** Who does not get a lock, at one look. */
export interface Waiting {
  readonly pid: number;
  readonly behind: readonly number[];
  readonly relation: number | null;
  readonly mode: string | null;
  /** How long already, milliseconds; `null` when it has just begun. */
  readonly waited: number | null;
}

export type Party = 'migration' | 'load' | 'other';

/** A wait in which the migration had a part. */
export interface Wait {
  readonly who: Party;
  readonly behind: Party;
  readonly statement: Statement | null;
  readonly relation: number | null;
  readonly mode: string | null;
  readonly from: number;
  /** How much earlier it may have begun. */
  readonly earliest: number;
  seen: number;
  lasted: Interval;
}

/** Waits, put together from looks at them. */
export class WaitBook {
  readonly waits: Wait[] = [];
  private readonly open = new Map<string, Wait>();
  private readonly names = new Map<number, string>();
  private readonly observed: () => readonly Sampled[];
  private looked = 0;

  constructor(observed: () => readonly Sampled[]) {
    this.observed = observed;
  }

  /**
   * Takes down one look.
   * @param from when the server was asked
   * @param by when it had answered
   * @param namesOf how backends name themselves, by pid
   */
  async look(
    waiting: readonly Waiting[],
    from: number,
    by: number,
    namesOf: (pids: readonly number[]) => Promise<ReadonlyMap<number, string>>,
  ): Promise<void> {
    const involved = waiting.length === 0 ? [] : this.involved(waiting);
    const unknown = [...new Set(involved.flatMap(({ pid, behind }) => [pid, ...behind]))].filter((pid) => !this.names.has(pid));
    if (unknown.length > 0) for (const [pid, name] of await namesOf(unknown)) this.names.set(pid, name);
    const seen = new Set<string>();
    for (const one of involved) {
      const key = `${one.pid} ${one.relation} ${one.mode}`;
      if (this.enter(key, one, from, by)) seen.add(key);
    }
    for (const [key, wait] of this.open) if (!seen.has(key)) this.finish(key, wait, by);
    this.looked = from;
  }

  /** Nobody of the migration is there any more to wait or to be waited for. */
  close(by: number): void {
    for (const [key, wait] of this.open) this.finish(key, wait, by);
  }

  /** Those of the migration, and those who wait for it, also in a queue behind others. */
  private involved(waiting: readonly Waiting[]): readonly Waiting[] {
    const own = new Set(this.observed().map(({ pid }) => pid));
    const behind = new Map(waiting.map((one) => [one.pid, one.behind]));
    const reaches = (pid: number, passed: ReadonlySet<number>): boolean =>
      own.has(pid) || (!passed.has(pid) && (behind.get(pid) ?? []).some((next) => reaches(next, new Set([...passed, pid]))));
    return waiting.filter(({ pid }) => reaches(pid, new Set()));
  }

  private enter(key: string, one: Waiting, from: number, by: number): boolean {
    const known = this.open.get(key);
    if (known !== undefined) {
      known.seen = Math.max(known.seen, from);
      return true;
    }
    const who = this.partyOf(one.pid);
    const behind = this.partyBehind(one);
    if (who === null || behind === null) return false;
    const statement = this.statementOf(one);
    // A statement of the migration cannot have waited before it began.
    const least = who === 'migration' ? (statement?.began ?? 0) : 0;
    const began = Math.max(least, one.waited === null ? by : by - one.waited);
    const wait: Wait = {
      who,
      behind,
      statement,
      relation: one.relation,
      mode: one.mode,
      from: began,
      earliest: Math.max(least, one.waited === null ? this.looked : from - one.waited),
      seen: Math.max(began, from),
      lasted: { atLeast: 0, atMost: 0 },
    };
    this.open.set(key, wait);
    this.waits.push(wait);
    return true;
  }

  private finish(key: string, wait: Wait, by: number): void {
    this.open.delete(key);
    const ended = wait.who === 'migration' ? Math.min(by, wait.statement?.ended ?? by) : by;
    wait.lasted = { atLeast: Math.max(0, wait.seen - wait.from), atMost: Math.max(0, ended - Math.min(wait.earliest, wait.from)) };
  }

  /** `null`: the rehearsal itself, which is no business of anybody. */
  private partyOf(pid: number): Party | null {
    if (this.observed().some((sampled) => sampled.pid === pid)) return 'migration';
    const name = this.names.get(pid) ?? '';
    if (name === OWN_NAME) return null;
    return name.startsWith(`${OWN_NAME}-load`) ? 'load' : 'other';
  }

  private partyBehind({ behind }: Waiting): Party | null {
    const parties = behind.map((pid) => this.partyOf(pid)).filter((party) => party !== null);
    return (['migration', 'load', 'other'] as const).find((party) => parties.includes(party)) ?? null;
  }

  /** Of the migration, what waits; else what is waited for. */
  private statementOf({ pid, behind, relation }: Waiting): Statement | null {
    const observed = this.observed();
    const waits = observed.find((sampled) => sampled.pid === pid);
    if (waits !== undefined) return waits.running[0] ?? null;
    const holds = observed.find((sampled) => behind.includes(sampled.pid));
    return holds === undefined ? null : (holds.transaction?.locks.takerOf(relation) ?? holds.running[0] ?? null);
  }
}
