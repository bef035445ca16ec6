import type { LoadReport } from '../observed.ts';
import { Durations, rounded } from './durations.ts';

export type OperationKind = 'read' | 'write';

/** A read or write that waits for its answer. */
export interface Operation {
  readonly kind: OperationKind;
  readonly relation: string;
  /** By the recorder's clock, milliseconds. */
  readonly sent: number;
  /** How often its client sends one, milliseconds. */
  readonly pace: number;
  /** How long it takes anyway, milliseconds: only what is beyond that counts. */
  readonly usual: number;
}

/** What a recorder tells in the end; the load adds what it worked on. */
export type Recorded = Omit<LoadReport, 'tables' | 'blind'>;

type Stall = LoadReport['stalls'][number];

/** Longer than this is told one by one, milliseconds. */
const STALL = 50;
const MOST_STALLS = 200;

/** The load goes on for that long behind the migration: what a short one has broken shows only once it is over, milliseconds. */
export const AFTERWARDS = 250;

const DEADLOCK = '40P01';
/** What stands for a table where it is the team's script that reads or writes. */
export const SCRIPT = 'the script';

/** Measures what clients of a load go through: first the baseline, then beside the migration. One that waits across is cut at the border. */
export class LoadRecorder {
  private readonly clock: () => number;
  private readonly meaningOf: (code: string) => string;
  private readonly waiting = new Set<Operation>();
  private baseline = new Part(0);
  private during: Part | null = null;
  private begunAt = Date.now();
  private usualScript = 0;

  /** @param clock steady, milliseconds */
  constructor(meaningOf: (code: string) => string, clock: () => number = () => performance.now()) {
    this.meaningOf = meaningOf;
    this.clock = clock;
  }

  /** Forgets what was measured while clients got going. */
  beginBaseline(): void {
    this.baseline = new Part(this.clock());
  }

  begin(): void {
    this.begunAt = Date.now();
    this.during = new Part(this.clock());
  }

  /** Whether it is measured beside the migration by now. */
  get beside(): boolean {
    return this.during !== null;
  }

  /** @param sent by the recorder's clock, where another thread measured it */
  start(kind: OperationKind, relation: string, pace: number, sent: number = this.clock(), usual = 0): Operation {
    const operation = { kind, relation, sent, pace, usual };
    this.waiting.add(operation);
    return operation;
  }

  /** @param code SQLSTATE, or what the kind of database has instead; `null` when it succeeded */
  end(operation: Operation, code: string | null, ended: number = this.clock()): void {
    if (!this.waiting.delete(operation)) return;
    if (operation.relation === SCRIPT && !this.beside) this.usualScript = Math.max(this.usualScript, ended - operation.sent);
    this.part.add(this.judged(operation), ended);
    if (code !== null) this.fail(code);
  }

  /** Something else than a read or write failed. */
  fail(code: string): void {
    this.part.errors.set(code, (this.part.errors.get(code) ?? 0) + 1);
  }

  /** The team's script: nobody knows how long it should take, so it counts from what it took at most before the migration. */
  startScript(kind: OperationKind, sent: number = this.clock()): Operation {
    return this.start(kind, SCRIPT, Number.POSITIVE_INFINITY, sent, this.beside ? this.usualScript : Number.POSITIVE_INFINITY);
  }

  /** How often each error came before the migration. */
  get errorsAtBaseline(): ReadonlyMap<string, number> {
    return this.baseline.errors;
  }

  /** Ends measuring. What still waits counts with its time so far. */
  finish(): Recorded {
    const now = this.clock();
    for (const operation of this.waiting) this.part.add(this.judged(operation), now);
    this.waiting.clear();
    const { baseline } = this;
    const during = this.during ?? new Part(now);
    return {
      begunAt: this.begunAt,
      baseline: baseline.figures(),
      during: during.figures(),
      errors: [...during.errors]
        .map(([code, count]) => ({ code, meaning: this.meaningOf(code), count }))
        .sort((one, other) => other.count - one.count),
      deadlocks: during.errors.get(DEADLOCK) ?? 0,
      stalls: during.longestStalls(),
    };
  }

  /** A script that waits across the border counts from what those before it took; where it is the first one, nobody knows. */
  private judged(operation: Operation): Operation {
    const across = operation.usual === Number.POSITIVE_INFINITY && this.beside && this.usualScript > 0;
    return across ? { ...operation, usual: this.usualScript } : operation;
  }

  private get part(): Part {
    return this.during ?? this.baseline;
  }
}

/** What was measured from one instant on. */
class Part {
  readonly errors = new Map<string, number>();
  private readonly began: number;
  private readonly reads = new Durations();
  private readonly writes = new Durations();
  private stalls: Stall[] = [];

  constructor(began: number) {
    this.began = began;
  }

  add({ kind, relation, sent, pace, usual }: Operation, ended: number): void {
    const from = Math.max(0, sent - this.began);
    const lasted = Math.max(0, ended - this.began - from) - usual;
    if (lasted < 0) return;
    (kind === 'read' ? this.reads : this.writes).add(lasted, pace);
    if (lasted <= STALL) return;
    this.stalls.push({ kind, relation, from: rounded(from), lasted: rounded(lasted) });
    if (this.stalls.length >= 2 * MOST_STALLS) this.stalls = longest(this.stalls);
  }

  figures(): LoadReport['baseline'] {
    return { reads: this.reads.figures(), writes: this.writes.figures() };
  }

  longestStalls(): readonly Stall[] {
    return longest(this.stalls).sort((one, other) => one.from - other.from);
  }
}

const longest = (stalls: readonly Stall[]): Stall[] => [...stalls].sort((one, other) => other.lasted - one.lasted).slice(0, MOST_STALLS);
