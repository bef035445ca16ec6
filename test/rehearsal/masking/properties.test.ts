import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Connection, connected } from '../../../src/rehearsal/postgres/connection.ts';
import { describeSchema } from '../../../src/rehearsal/postgres/schema/describe.ts';
import { mask, rows, startWorld, type World } from './world.ts';

const RUNS = 12;

let world: World;
beforeAll(async () => {
  world = await startWorld(18);
});
afterAll(() => world.stop());

/** A type, and values of it as text. */
interface Kind {
  readonly type: string;
  readonly value: fc.Arbitrary<string>;
  /** Whether a masked value may by chance be what it was: of few values there are few others. */
  readonly wide: (value: string) => boolean;
}

// What PostgreSQL stores: no zero byte, no half of a surrogate pair.
const text = (longest: number): fc.Arbitrary<string> =>
  fc
    .string({ unit: 'grapheme', maxLength: longest })
    .map((one) => [...one.replaceAll('\0', '')].slice(0, longest).join(''))
    .filter((one) => one.isWellFormed());
const long = (value: string): boolean => value.length >= SHORTEST;
const never = (): boolean => false;
const SHORTEST = 8;
const KINDS: readonly Kind[] = [
  { type: 'text', value: text(90), wide: long },
  { type: 'varchar(20)', value: text(20), wide: long },
  { type: 'char(9)', value: text(9), wide: never },
  { type: 'int2', value: fc.integer({ min: -32768, max: 32767 }).map(String), wide: never },
  { type: 'int', value: fc.integer().map(String), wide: never },
  { type: 'int8', value: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String), wide: (value) => value.length > 12 },
  { type: 'numeric', value: fc.double({ noDefaultInfinity: true }).map(String), wide: never },
  { type: 'numeric(7,3)', value: fc.integer({ min: -9_999_999, max: 9_999_999 }).map((n) => (n / 1000).toFixed(3)), wide: never },
  { type: 'float8', value: fc.double().map(String), wide: never },
  { type: 'date', value: fc.integer({ min: -700_000, max: 800_000 }).map((days) => `2000-01-01 + ${days}`), wide: never },
  {
    type: 'timestamptz',
    value: fc.date({ min: new Date('0100-01-01'), max: new Date('9999-01-01'), noInvalidDate: true }).map((date) => date.toISOString()),
    wide: never,
  },
  { type: 'uuid', value: fc.uuid(), wide: () => true },
  {
    type: 'bytea',
    value: fc.uint8Array({ maxLength: 40 }).map((bytes) => `\\x${Buffer.from(bytes).toString('hex')}`),
    wide: (value) => value.length > 20,
  },
  {
    type: 'jsonb',
    value: fc.jsonValue({ maxDepth: 3 }).map((json) => JSON.stringify(json).replaceAll(/\\u0000|\\ud[89a-f]../gi, '')),
    wide: never,
  },
  { type: 'inet', value: fc.ipV4(), wide: never },
  {
    type: 'text[]',
    value: fc
      .array(text(30), { maxLength: 3 })
      .map((list) => `{${list.map((one) => JSON.stringify(one).replaceAll(/\\[^"\\]/g, '')).join(',')}}`),
    wide: never,
  },
];

const column = fc.constantFrom(...KINDS).chain((kind) =>
  fc.record({
    kind: fc.constant(kind),
    unique: fc.boolean(),
    rule: fc.constantFrom('mask', 'mask', 'mask', 'keep', 'null'),
    values: fc.array(fc.option(kind.value, { freq: 6 }), { minLength: 12, maxLength: 12 }),
  }),
);

type Columns = readonly {
  readonly kind: Kind;
  readonly unique: boolean;
  readonly rule: string;
  readonly values: readonly (string | null)[];
}[];
type Texts = readonly Readonly<Record<string, string | null>>[];

const nameOf = (index: number): string => `"C ${index}"`;
const UNINDEXED = 'jsonb';

/** A table of twelve rows. Where a column is unique, rows whose values the database takes as equal go. */
async function made(columns: Columns): Promise<Connection> {
  const target = await world.database('CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t SELECT generate_series(1, 12)');
  await connected(target, async (client) => {
    for (const [index, { kind, values, unique }] of columns.entries()) {
      await client.query(`ALTER TABLE t ADD ${nameOf(index)} ${kind.type}`);
      for (const [row, value] of values.entries())
        await client.query(update(kind, index, value, row + 1), [kind.type === 'date' ? (value?.split(' + ')[0] ?? null) : value]);
      if (!unique || kind.type === UNINDEXED) continue;
      await client.query(`DELETE FROM t a USING t b WHERE a.id > b.id AND a.${nameOf(index)} = b.${nameOf(index)}`);
      await client.query(`CREATE UNIQUE INDEX ON t (${nameOf(index)})`);
    }
  });
  return target;
}

function update({ type }: Kind, index: number, value: string | null, id: number): string {
  const days = type === 'date' && value !== null ? ` + ${value.split(' + ')[1]}` : '';
  return `UPDATE t SET ${nameOf(index)} = $1::${type}${days} WHERE id = ${id}`;
}

const texts = (target: Connection, columns: Columns): Promise<Texts> =>
  rows(target, `SELECT ${columns.map((_, index) => `${nameOf(index)}::text AS c${index}`).join(', ')} FROM t ORDER BY id`);

/** What must hold for one column. */
function expectColumn({ rule, kind }: Columns[number], before: readonly (string | null)[], after: readonly (string | null)[]): void {
  if (rule === 'keep') expect(after).toEqual(before);
  if (rule === 'null') expect(after).toEqual(before.map(() => null));
  if (rule !== 'mask') return;
  expect(after.map((one) => one === null)).toEqual(before.map((one) => one === null));
  expect(after.map((one) => one === '')).toEqual(before.map((one) => one === ''));
  expect(before.map((one) => after[before.indexOf(one)])).toEqual(after);
  expect(before.filter((one, row) => one !== null && kind.wide(one) && after[row] === one)).toEqual([]);
}

it('holds for any table: NULL stays, equal stays equal, unique stays unique, the schema stays, keep keeps, mask masks', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(column, { minLength: 1, maxLength: 6 }), async (columns) => {
      const target = await made(columns);
      const [before, schema] = [await texts(target, columns), await describeSchema(target, new AbortController().signal)];
      const rules = columns.map(({ rule }, index) => `    "C ${index}": ${rule === 'keep' ? '{ keep: reviewed }' : rule}`);
      await mask(target, ['  public.t:', '    id: keep', ...rules].join('\n'));
      const after = await texts(target, columns);
      expect(after).toHaveLength(before.length);
      const values = (of: Texts, index: number): (string | null)[] => of.map((row) => row[`c${index}`] ?? null);
      for (const [index, one] of columns.entries()) expectColumn(one, values(before, index), values(after, index));
      expect(await describeSchema(target, new AbortController().signal)).toEqual(schema);
    }),
    { numRuns: RUNS, endOnFailure: true },
  );
}, 120_000);
