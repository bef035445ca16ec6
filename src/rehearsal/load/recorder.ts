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
}

/** What a recorder tells in the end; the load adds what it worked on. */
export type Recorded = Omit<LoadReport, 'tables' | 'blind'>;

type Stall = LoadReport['stalls'][number];

/** Longer than this is told one by one, milliseconds. */
const STALL = 50;
const MOST_STALLS = 200;

const DEADLOCK = '40P01';

/** Measures what clients of a load go through: first the baseline, then beside the migration. One that waits across is cut at the border. */
export class LoadRecorder {
  private readonly clock: () => number;
  private readonly meaningOf: (code: string) => string;
  private readonly waiting = new Set<Operation>();
  private baseline = new Part(0);
  private during: Part | null = null;
  private begunAt = Date.now();

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

  start(kind: OperationKind, relation: string, pace: number): Operation {
    const operation = { kind, relation, sent: this.clock(), pace };
    this.waiting.add(operation);
    return operation;
  }

  /** @param code SQLSTATE, or what the kind of database has instead; `null` when it succeeded */
  end(operation: Operation, code: string | null): void {
    if (!this.waiting.delete(operation)) return;
    this.part.add(operation, this.clock());
    if (code !== null) this.fail(code);
  }

  /** Something else than a read or write failed. */
  fail(code: string): void {
    this.part.errors.set(code, (this.part.errors.get(code) ?? 0) + 1);
  }

  /** A wait that is measured elsewhere: it ended just now. */
  stalled(kind: OperationKind, relation: string, lasted: number): void {
    const now = this.clock();
    this.part.add({ kind, relation, sent: now - lasted, pace: Number.POSITIVE_INFINITY }, now);
  }

  /** How often each error came before the migration. */
  get errorsAtBaseline(): ReadonlyMap<string, number> {
    return this.baseline.errors;
  }

  /** Ends measuring. What still waits counts with its time so far. */
  finish(): Recorded {
    const now = this.clock();
    for (const operation of this.waiting) this.part.add(operation, now);
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

  add({ kind, relation, sent, pace }: Operation, ended: number): void {
    const from = Math.max(0, sent - this.began);
    const lasted = ended - this.began - from;
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
