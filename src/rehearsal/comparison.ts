import { isBookkeeping } from './bookkeeping.ts';
import type { KnownNames } from './known-names.ts';
import { withoutLiterals } from './sql-text.ts';

/** More than that say the same as these. */
const MOST_DIFFERENCES = 50;

/**
 * The table that an object of a description is or belongs to, as `schema.table`: `table public.goods`, `constraint … on public.goods`, an
 * index by its definition, a sequence by the column that owns it. Where that cannot be told, the object's own name.
 */
function tableOf(object: string, definition: string): string {
  const on = object.lastIndexOf(' on ');
  if (on !== -1) return object.slice(on + ' on '.length);
  const name = object.slice(object.lastIndexOf(' ') + 1);
  if (object.startsWith('index ')) return /\bON\s+(?:ONLY\s+)?([^\s(]+)/i.exec(definition)?.[1] ?? name;
  if (object.startsWith('sequence ')) return /^owned by (.*)\.[^.]+$/m.exec(definition)?.[1] ?? name;
  return name;
}

/**
 * What differs between two descriptions, one line each, without what belongs to migration tools. They are compared as they are, and told
 * without strings and numbers, and without names that nobody spells.
 * @returns at most 50 lines; the last says how many more there are
 */
export function differencesBetween(
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
  known: KnownNames,
): readonly string[] {
  const isOfTool = (name: string): boolean => isBookkeeping(tableOf(name, before.get(name) ?? after.get(name) ?? ''));
  known.learn(before);
  known.learn(after);
  const names = [...new Set([...before.keys(), ...after.keys()])].filter((name) => !isOfTool(name)).sort();
  const lines = names.flatMap((name) => difference(name, before.get(name), after.get(name), known));
  if (lines.length <= MOST_DIFFERENCES) return lines;
  return [...lines.slice(0, MOST_DIFFERENCES - 1), `and ${lines.length - MOST_DIFFERENCES + 1} more`];
}

/** What is told of a definition, by the lines that `other` does not have. */
function linesWithout(definition: string, other: string, tell: (line: string) => string): readonly string[] {
  const told = withoutLiterals(definition).split('\n');
  const others = new Set(other.split('\n'));
  return definition.split('\n').flatMap((line, index) => (others.has(line) ? [] : [tell(told[index]?.trim() ?? '') || '…']));
}

function difference(key: string, before: string | undefined, after: string | undefined, known: KnownNames): readonly string[] {
  if (before === after) return [];
  const name = known.object(key);
  if (before === undefined) return [`${name} is new`];
  if (after === undefined) return [`${name} is gone`];
  // A number of rows is what is to be told; a number in a definition may be data.
  const tell = (line: string): string => (key.startsWith('rows of ') ? line : known.definition(line));
  const removed = linesWithout(before, after, tell).map((line) => `${name}: was ${line}`);
  const added = linesWithout(after, before, tell).map((line) => `${name}: is ${line}`);
  const changed = [...removed, ...added];
  return changed.length === 0 ? [`${name} has its parts in another order`] : changed;
}
