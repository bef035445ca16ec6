import { listed } from './listed.ts';
import { nearest } from './nearest.ts';
import type { Problem } from './problem.ts';
import { quote } from './problem.ts';
import { MOST_PROBLEMS, type Path, type Source } from './source.ts';

/** Collects the problems of one file by the paths of the values they are about. */
export class Report {
  private readonly source: Source;
  private readonly found = new Map<string, Problem>();
  private untold = 0;

  constructor(source: Source) {
    this.source = source;
    for (const problem of source.problems) {
      if (this.isFull) this.untold += 1;
      else this.keep(problem);
    }
  }

  /**
   * One mistake at a value, or at its key. After broken YAML nothing is what it seems, so what lies there is not reported. `fix` may be a function
   * where finding it costs time: only mistakes that are told are worth that.
   */
  add(path: Path, message: string, fix: string | (() => string), of: 'key' | 'value' = 'value'): void {
    if (this.isFull) {
      this.untold += 1;
      return;
    }
    const place = this.source.place(path, of);
    const known = this.source.problems.some((one) => one.line === place.line && one.column === place.column && of === 'value');
    if (!known && place.line < (this.source.damagedFrom ?? Number.POSITIVE_INFINITY)) {
      this.keep({ ...place, message, fix: typeof fix === 'string' ? fix : fix() });
    }
  }

  /** A key that is none, but meant to be one: what the file says is read on as if it were written right. */
  addMeant(path: Path, key: string, meant: string, message: string): void {
    this.add([...path, key], message, `Did you mean ${quote(meant)}?`, 'key');
    this.source.readAs(path, key, meant);
  }

  /** Nothing more is kept, only counted. */
  private get isFull(): boolean {
    return this.found.size >= MOST_PROBLEMS;
  }

  /** Something that is not there, although it must be: in a file with broken YAML it may be there all the same. */
  addMissing(path: Path, message: string, fix: string, of: 'key' | 'value'): void {
    if (this.source.damagedFrom === null) this.add(path, message, fix, of);
  }

  /** A name that means nothing, with the one that was probably meant. */
  addUnknown(path: Path, what: string, word: string, known: readonly string[], of: 'key' | 'value' = 'value'): void {
    this.add(path, `There is no ${what} ${quote(word)}.`, () => chooseFrom(word, known), of);
  }

  /** Everything found, in the order of the file. */
  get problems(): readonly Problem[] {
    const sorted = [...this.found.values()].sort((a, b) => a.line - b.line || a.column - b.column);
    const last = sorted.at(-1);
    if (this.untold === 0 || last === undefined) return sorted;
    return [...sorted, { line: last.line, column: last.column, message: `And ${this.untold} more mistakes.`, fix: 'Mend these first.' }];
  }

  private keep(problem: Problem): void {
    this.found.set(`${problem.line}:${problem.column}:${problem.message}`, problem);
  }
}

const MOST_NAMED = 13;

/** The fix for a word that is not among the known ones. */
export function chooseFrom(word: string, known: readonly string[]): string {
  const meant = nearest(word, known);
  if (meant !== null) return `Did you mean ${quote(meant)}?`;
  if (known.length === 0) return 'Remove it; there is nothing that could be named here.';
  const shown = known.slice(0, MOST_NAMED).map((one) => quote(one));
  return `Use ${listed(known.length > MOST_NAMED ? [...shown, `one of ${known.length - MOST_NAMED} others`] : shown, 'or', MOST_NAMED + 1)}.`;
}
