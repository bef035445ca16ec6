import { plainPart } from '../pipeline/limit.ts';
import type { RehearsalLimit, RehearsalLimits } from '../pipeline/model.ts';
import { bytesInWords, millisecondsInWords } from './amounts.ts';

/**
 * The one registry of a rehearsal's limits: what each bounds, in which unit, and where it stands when the pipeline file says nothing. The
 * table in `docs/rehearsal.md` is generated from it. Its keys are those of `limits` in `src/pipeline/schema.ts`.
 */
export interface LimitEntry {
  /** `time` is kept in milliseconds, `size` in bytes; a `consequence` bounds nothing and says what follows. */
  readonly unit: 'time' | 'size' | 'consequence';
  /** From above which value on it warns; `null`: never. Of a `consequence`: `null`. */
  readonly warn: number | null;
  /** From above which value on it fails; `null`: never. Of a `consequence`: `null`, each code's own consequence holds. */
  readonly fail: number | null;
  readonly meaning: string;
}

const MB = 1_000_000;
const SECOND = 1000;
const MINUTE = 60 * SECOND;

const bound = (unit: 'time' | 'size', meaning: string, values: { warn?: number; fail?: number } = {}) => {
  return { unit, meaning, warn: values.warn ?? null, fail: values.fail ?? null } as const;
};
const consequence = (meaning: string) => ({ unit: 'consequence', meaning, warn: null, fail: null }) as const;

export const LIMITS = {
  duration: bound('time', 'How long the migration may take, alone; time in which an index is built concurrently does not count.', {
    fail: 3 * MINUTE,
  }),
  statement: bound('time', 'How long one statement may take; an index that is built concurrently has a limit of its own.', {
    warn: 100,
  }),
  'concurrent-index': bound('time', 'How long building one index concurrently may take.', { fail: 5 * MINUTE }),
  lock: bound('time', 'How long a lock that stops reads or writes of a table may be held, with the migration alone.', {
    fail: SECOND,
  }),
  'read-stall': bound('time', 'How long a single read may take beside the migration.', { fail: SECOND }),
  'write-stall': bound('time', 'How long a single write may take beside the migration.', { fail: SECOND }),
  rewrite: bound('size', 'How large a table may be whose rows are all written anew; partitions count together.', {
    warn: 10 * MB,
    fail: 100 * MB,
  }),
  disk: bound('size', 'How much more disk than before the database may take for a while: the headroom that production has.'),
  wal: bound('size', 'How much write-ahead log the migration may write.'),
  'lock-timeout': consequence('A statement that waits for a lock which stops reads or writes, without a `lock_timeout`.'),
  'load-errors': consequence('Statements of the load that fail beside the migration.'),
  rollback: consequence('A pipeline file that names no way back.'),
  previous: consequence('The version that is live does not work on the migrated schema, or could not be tested on it.'),
  rerun: consequence('Running the finished migration once more fails or changes something.'),
  interrupted: consequence(
    'A migration that was killed in the middle cannot be run again, or ends with another schema or other numbers of rows.',
  ),
  leftovers: consequence('An invalid index or a constraint that was never validated is left behind.'),
  'row-changes': consequence('A table has more or fewer rows than before, and the checks file does not say why.'),
} as const satisfies Readonly<Record<string, LimitEntry>>;

export type LimitName = keyof typeof LIMITS;
export const LIMIT_NAMES = Object.keys(LIMITS) as readonly LimitName[];
type NameOf<Unit extends LimitEntry['unit']> = {
  [Name in LimitName]: (typeof LIMITS)[Name]['unit'] extends Unit ? Name : never;
}[LimitName];
export type BoundName = Exclude<LimitName, NameOf<'consequence'>>;
export type ConsequenceName = NameOf<'consequence'>;

/** Milliseconds or bytes above which something warns or fails; `null`: never. */
export interface Threshold {
  readonly warn: number | null;
  readonly fail: number | null;
}

/** `null`: what the code of the finding says by itself. */
export type Consequence = 'fail' | 'warn' | 'ignore' | null;

export interface Limits {
  readonly bounds: Readonly<Record<BoundName, Threshold>>;
  readonly consequences: Readonly<Record<ConsequenceName, Consequence>>;
}

/**
 * The limits that hold: the defaults, and what the pipeline file says otherwise. A plain value takes the place of the default and of
 * its warning; of `{warn, fail}` what is not named stays as it is; `false` switches off.
 * @throws Error for what the schema of the pipeline file does not let through
 */
export function readLimits(written: RehearsalLimits): Limits {
  const unknown = Object.keys(written).find((name) => !Object.hasOwn(LIMITS, name));
  if (unknown !== undefined) throw new Error(`There is no limit "${unknown}". There are: ${LIMIT_NAMES.join(', ')}.`);
  const bounds = new Map<string, Threshold>();
  const consequences = new Map<string, Consequence>();
  for (const name of LIMIT_NAMES) {
    const value = Object.hasOwn(written, name) ? written[name] : undefined;
    if (LIMITS[name].unit === 'consequence') consequences.set(name, readConsequence(name, value));
    else bounds.set(name, readBound(name, LIMITS[name], value));
  }
  return { bounds: Object.fromEntries(bounds), consequences: Object.fromEntries(consequences) } as unknown as Limits;
}

function readBound(name: LimitName, entry: LimitEntry, value: RehearsalLimits[string]): Threshold {
  if (value === undefined) return { warn: entry.warn, fail: entry.fail };
  if (value === false) return { warn: null, fail: null };
  if (typeof value === 'string') return { warn: null, fail: null, [plainPart(name)]: parse(name, entry, value) };
  return {
    warn: value.warn === undefined ? entry.warn : parse(name, entry, value.warn),
    fail: value.fail === undefined ? entry.fail : parse(name, entry, value.fail),
  };
}

function readConsequence(name: LimitName, value: RehearsalLimits[string]): Consequence {
  if (value === undefined) return null;
  if (value === false) return 'ignore';
  if (value === 'fail' || value === 'warn' || value === 'ignore') return value;
  throw new Error(`The limit "${name}" takes fail, warn or ignore.`);
}

const UNITS: Readonly<Record<'time' | 'size', Readonly<Record<string, number>>>> = {
  time: { ms: 1, s: SECOND, m: MINUTE, h: 60 * MINUTE },
  size: { kB: 1000, MB, GB: 1000 * MB, TB: 1_000_000 * MB },
};

/** Milliseconds of `500ms`, `1.5s`, `3m`, `1h`; bytes of `100MB`, `2GB`, in thousands. */
function parse(name: LimitName, entry: LimitEntry, value: RehearsalLimit): number | null {
  if (value === false) return null;
  const [, amount, unit = ''] = /^(\d+(?:\.\d+)?)([A-Za-z]+)$/.exec(value) ?? [];
  const factor = entry.unit === 'consequence' ? undefined : UNITS[entry.unit][unit];
  if (amount === undefined || factor === undefined || !Number.isFinite(Number(amount))) {
    throw new Error(
      `The limit "${name}" cannot be "${value}": it takes ${entry.unit === 'size' ? 'a size such as 100MB' : 'a time such as 500ms or 3m'}.`,
    );
  }
  return Math.round(Number(amount) * factor);
}

/** What follows from a value: strictly more than the threshold is too much. */
export function exceeds(threshold: Threshold, value: number): 'fail' | 'warn' | null {
  if (threshold.fail !== null && value > threshold.fail) return 'fail';
  return threshold.warn !== null && value > threshold.warn ? 'warn' : null;
}

/** A threshold's value as one would say it. */
export function boundInWords(name: BoundName, value: number): string {
  return LIMITS[name].unit === 'size' ? bytesInWords(value) : millisecondsInWords(value);
}
