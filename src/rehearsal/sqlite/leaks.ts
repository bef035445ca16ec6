import { randomBytes, randomInt } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { quoted } from '../identifier.ts';
import type { KnownNames } from '../known-names.ts';
import type { Draws } from '../masking/chance.ts';
import { FieldScan, type Hits, type Surface } from '../masking/field-scan.ts';
import type { MaskKind } from '../masking/rules.ts';
import { SourceValues } from '../masking/source-values.ts';
import type { PlannedColumn } from './masking-plan.ts';
import { columnsOf, fullName, tablesIn } from './tables.ts';

const PIECE = 4 * 2 ** 20;
/** Many rows share a day, and the mask of one may be the day of another. */
const DAY = /^\d{4}-\d\d-\d\d/;

/** Before masking: what the masked columns hold, and those that become null. Kept as fingerprints, in memory only. */
export function collectValues(database: DatabaseSync, columns: readonly PlannedColumn[]): SourceValues {
  const source = newSource();
  for (const { table, column, told } of columns) {
    const number = source.column(told);
    const name = quoted(column.name);
    const values = database.prepare(`SELECT DISTINCT CAST(${name} AS TEXT) AS value FROM ${quoted(table)} WHERE ${name} IS NOT NULL`);
    for (const { value } of values.iterate()) for (const text of textsIn(String(value))) add(source, text, number);
  }
  return source;
}

const newSource = (): SourceValues => new SourceValues([randomInt(2 ** 32), randomInt(2 ** 32)]);

function add(source: SourceValues, text: string, column: number): void {
  if (DAY.test(text)) return;
  const bytes = copied(text);
  source.add(bytes, 0, bytes.length, column);
}

/** Of JSON each text and number by itself, since that is what is masked. */
function textsIn(value: string): readonly string[] {
  if (!/^\s*[[{]/.test(value)) return [value];
  try {
    return leavesOf(JSON.parse(value));
  } catch {
    return [value];
  }
}

function leavesOf(part: unknown): string[] {
  if (typeof part === 'string' || typeof part === 'number') return [String(part)];
  return typeof part === 'object' && part !== null ? Object.values(part).flatMap(leavesOf) : [];
}

/** As COPY would write it, which is what the scan reads. */
function copied(text: string): Buffer {
  return Buffer.from(text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('\t', '\\t'));
}

export interface Scan {
  readonly columns: number;
  readonly planted: number;
  readonly hits: readonly Hits[];
}

/**
 * Looks through every text of the database for what was in masked columns, and for what looks personal in it. First it proves on canaries
 * of its own that it finds what is there.
 */
export function scanForLeaks(database: DatabaseSync, planned: readonly PlannedColumn[], source: SourceValues, names: KnownNames): Scan {
  const planted = proveFinding(database);
  const plans = new Map(planned.map((column) => [column.label, column]));
  const surfaces = tablesIn(database).flatMap((table) =>
    columnsOf(database, table).map(({ name, type }) => {
      const label = `${fullName(table)}.${name}`;
      const told = names.column(fullName(table), name);
      return { table: quoted(table), name, surface: surfaceOf(told, type, plans.get(label)) };
    }),
  );
  const hits = surfaces.flatMap(({ table, name, surface }) => scanColumn(database, table, name, surface, source));
  return { columns: surfaces.length, planted, hits };
}

function surfaceOf(label: string, type: string, plan: PlannedColumn | undefined): Surface {
  const reviewed = plan?.rule.rule === 'keep' && plan.rule.reviewed;
  const draws = plan?.rule.rule === 'mask' ? drawsOf(plan.domain?.kind) : null;
  const looked = plan !== undefined && !reviewed;
  return { label, reviewed, json: type.includes('JSON'), detect: { emails: looked, numbers: looked && draws === null }, draws };
}

/** Masks that keep digits digits are few enough to meet another value by chance. */
function drawsOf(kind: MaskKind | undefined): Draws | null {
  if (kind === 'digits' || kind === 'number') return 'codes';
  return kind === 'json' ? 'numbers' : null;
}

function scanColumn(database: DatabaseSync, table: string, name: string, surface: Surface, source: SourceValues): readonly Hits[] {
  const scan = new FieldScan(source, [surface]);
  const column = quoted(name);
  const cells = database.prepare(`SELECT CAST(${column} AS TEXT) AS cell FROM ${table} WHERE typeof(${column}) IN ('text', 'blob')`);
  for (const { cell } of cells.iterate()) {
    const bytes = copied(String(cell));
    scan.batch(bytes, 0, bytes.length);
    scan.field(bytes, 0, bytes.length, 0);
  }
  return scan.hits();
}

/** A scan that finds nothing may be one that cannot find. @returns how many canaries it found */
function proveFinding(database: DatabaseSync): number {
  const mark = (): string =>
    randomBytes(8)
      .toString('hex')
      .replaceAll(/\d/g, (digit) => 'ghijklmnop'.charAt(Number(digit)));
  const values = [
    `Canary ${mark()} ${mark()}`,
    `${mark()}@${mark()}.org`,
    `+1 ${randomInt(200, 1000)} ${randomInt(200, 1000)} ${randomInt(1000, 10_000)}`,
  ];
  const source = newSource();
  for (const value of values) add(source, value, source.column(value));
  database.exec('CREATE TEMP TABLE promote_canaries (plain TEXT, inside TEXT, bytes BLOB)');
  const insert = database.prepare('INSERT INTO temp.promote_canaries VALUES (?, ?, ?)');
  for (const value of values)
    insert.run(`before ${value.toUpperCase()}, after`, JSON.stringify({ deep: [`first\n${value}`] }), Buffer.from(`in bytes ${value}.`));
  for (const name of ['plain', 'inside', 'bytes']) {
    const surface = { label: name, reviewed: false, json: name === 'inside', detect: { emails: false, numbers: false }, draws: null };
    const found = scanColumn(database, 'temp.promote_canaries', name, surface, source).flatMap((hits) => [...hits.values.keys()]);
    if (found.length !== values.length) throw new Error(`The scan for leaks does not find its own canaries in ${name}.`);
  }
  database.exec('DROP TABLE temp.promote_canaries');
  return values.length;
}

/** Whether the bytes of the file hold one of the values: in a page that is free, in a statistic, wherever SQL does not show it. */
export function bytesHold(path: string, wanted: readonly Buffer[]): boolean {
  const overlap = Math.max(0, ...wanted.map(({ length }) => length));
  const file = openSync(path, 'r');
  try {
    const piece = Buffer.alloc(PIECE + overlap);
    for (let at = 0; ; at += PIECE) {
      const read = readSync(file, piece, 0, piece.length, at);
      if (wanted.some((bytes) => piece.subarray(0, read).includes(bytes))) return true;
      if (read < piece.length) return false;
    }
  } finally {
    closeSync(file);
  }
}
