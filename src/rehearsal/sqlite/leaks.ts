import { closeSync, openSync, readSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { quoted } from './driver.ts';
import { columnsOf, fullName, tablesIn } from './tables.ts';

/** Shorter values are found everywhere by chance. Letters and digits. */
const SHORTEST = 8;
const SHORTEST_NUMBER = 10;
/** Many rows share a day, and the mask of one may be the day of another. */
const DAY = /^\d{4}-\d\d-\d\d/;
/** Words that a value has at most to be found inside of a longer text. */
const MOST_WORDS = 5;
const CANARIES = 64;
const PIECE = 4 * 2 ** 20;

/** What was in masked columns. It is kept in memory only, for as long as it is looked for. */
export class SourceValues {
  readonly canaries: string[] = [];
  private readonly values = new Map<string, string>();

  get size(): number {
    return this.values.size;
  }

  /** @param label of the column that it comes from */
  add(value: string, label: string): void {
    const words = wordsOf(value);
    const text = words.join(' ');
    const size = text.replaceAll(' ', '').length;
    if (size < (/^[\d ]+$/.test(text) ? SHORTEST_NUMBER : SHORTEST) || DAY.test(value) || this.values.has(text)) return;
    this.values.set(text, label);
    if (this.canaries.length < CANARIES && !this.canaries.some((one) => one === value)) this.canaries.push(value);
  }

  /** @returns the column of a value that the text holds; `null`: it holds none */
  foundIn(text: string): string | null {
    const words = wordsOf(text);
    const whole = this.values.get(words.join(' '));
    if (whole !== undefined) return whole;
    for (let from = 0; from < words.length; from += 1) {
      let run = '';
      for (let to = from; to < Math.min(words.length, from + MOST_WORDS); to += 1) {
        run = run === '' ? (words[to] ?? '') : `${run} ${words[to]}`;
        const found = run.length < SHORTEST ? undefined : this.values.get(run);
        if (found !== undefined) return found;
      }
    }
    return null;
  }
}

/** Letters and digits, whatever stands between them: so a value is found in JSON, in an address and in a sentence. */
function wordsOf(text: string): readonly string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
}

export interface Scan {
  readonly columns: number;
  readonly values: number;
  /** `main.orders.notes holds values of main.customers.email`. */
  readonly leaks: readonly string[];
}

/** Looks through every text of the database for what was in masked columns. @param reviewed labels that are left out */
export function scanForLeaks(database: DatabaseSync, source: SourceValues, reviewed: ReadonlySet<string>): Scan {
  const leaks = new Set<string>();
  const columns = tablesIn(database).flatMap((table) => columnsOf(database, table).map(({ name }) => ({ table, name })));
  const looked = columns.filter(({ table, name }) => !reviewed.has(`${fullName(table)}.${name}`));
  let values = 0;
  for (const { table, name } of looked) {
    const column = quoted(name);
    const cells = database.prepare(
      `SELECT CAST(${column} AS TEXT) AS cell FROM ${quoted(table)} WHERE typeof(${column}) IN ('text', 'blob')`,
    );
    for (const { cell } of cells.iterate()) {
      values += 1;
      const found = typeof cell === 'string' ? source.foundIn(cell) : null;
      if (found !== null) leaks.add(`${fullName(table)}.${name} holds values of ${found}`);
    }
  }
  return { columns: looked.length, values, leaks: [...leaks] };
}

/** Whether the bytes of the file still hold one of the canaries: in a page that is free, a statistic, whatever SQL does not show. */
export function bytesHold(path: string, canaries: readonly string[]): boolean {
  const wanted = canaries.map((text) => Buffer.from(text));
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
