import type * as z from 'zod/mini';
import { listed } from '../pipeline/listed.ts';
import { describeProblems, quote } from '../pipeline/problem.ts';
import { chooseFrom, Report } from '../pipeline/report.ts';
import { valueAt } from '../pipeline/shape.ts';
import { type Path, readSource } from '../pipeline/source.ts';
import { RehearsalImpossible } from './database.ts';
import type { Impossibility } from './impossible.ts';

/** A file of the checkout that says how to rehearse, read as the pipeline file is: nothing in it is trusted, and all its mistakes are told at once. */
export interface SettingsFile<Value> {
  readonly value: Value;
  /** Reports a mistake that only a closer look shows. */
  readonly report: Report;
  /** Line of the value at a path, from 1. */
  lineOf(path: Path): number;
  /** @throws RehearsalImpossible when anything was reported */
  assertSound(): void;
}

/** What to write for a key, for values whose shape does not say it: by the key, or by the key of the list or mapping around it. */
export type Hints = Readonly<Record<string, string>>;

/**
 * @param code what its mistakes make of the rehearsal
 * @throws RehearsalImpossible with every mistake: path, line, column, what is wrong and the fix
 */
export function readSettings<Schema extends z.core.$ZodType>(
  text: string,
  path: string,
  schema: Schema,
  code: Impossibility,
  hints: Hints,
): SettingsFile<z.output<Schema>> {
  const source = readSource(text);
  const report = new Report(source);
  const assertSound = (): void => {
    if (report.problems.length > 0) throw new RehearsalImpossible(code, describeProblems(path, report.problems));
  };
  const parsed = (schema as unknown as { safeParse(value: unknown): z.core.util.SafeParseResult<z.output<Schema>> }).safeParse(
    source.value,
  );
  if (!parsed.success) {
    const teller = new Teller(source.value, report, hints, keysOf(schema));
    for (const issue of parsed.error.issues) teller.tell(issue, []);
  }
  assertSound();
  if (!parsed.success) throw new RehearsalImpossible(code, `${path} does not have the shape that it should have.`);
  return { value: parsed.data, report, lineOf: (at) => source.place(at, 'value').line, assertSound };
}

class Teller {
  private readonly value: unknown;
  private readonly report: Report;
  private readonly hints: Hints;
  private readonly keys: readonly string[];

  constructor(value: unknown, report: Report, hints: Hints, keys: readonly string[]) {
    this.value = value;
    this.report = report;
    this.hints = hints;
    this.keys = keys;
  }

  tell(issue: z.core.$ZodIssue, above: Path): void {
    const path = [...above, ...issue.path.map((part) => (typeof part === 'number' ? part : String(part)))];
    if (issue.code === 'invalid_union') this.tellUnion(issue, path);
    else if (issue.code === 'unrecognized_keys') {
      for (const key of issue.keys) this.report.add([...path, key], `${quote(key)} is not a key here.`, chooseFrom(key, this.keys), 'key');
    } else this.tellValue(issue, path);
  }

  private tellValue(issue: z.core.$ZodIssue, path: Path): void {
    const here = valueAt(this.value, path);
    if (here === undefined) this.report.addMissing(path.slice(0, -1), `${nameOf(path)} is missing.`, this.fix(path, [issue]), 'key');
    else this.report.add(path, `${nameOf(path)} is ${shown(here)}.`, this.fix(path, [issue]));
  }

  /** The alternative that was meant is the one that got further than the kind of value. */
  private tellUnion(issue: z.core.$ZodIssueInvalidUnion, path: Path): void {
    const meant = issue.errors.find((errors) => errors.some((one) => one.path.length > 0 || one.code === 'unrecognized_keys'));
    if (meant !== undefined) for (const one of meant) this.tell(one, path);
    else this.report.add(path, `${nameOf(path)} is ${shown(valueAt(this.value, path))}.`, this.fix(path, issue.errors.flat()));
  }

  private fix(path: Path, issues: readonly z.core.$ZodIssue[]): string {
    const hint = path.toReversed().map((part) => this.hints[String(part)]);
    return hint.slice(0, 2).find((one) => one !== undefined) ?? expected(issues);
  }
}

/** Every key that a schema knows, at whatever depth: a typo is compared with them. */
function keysOf(schema: z.core.$ZodType): readonly string[] {
  const { shape, innerType, options, element, valueType } = schema._zod.def as unknown as {
    shape?: Readonly<Record<string, z.core.$ZodType>>;
    innerType?: z.core.$ZodType;
    options?: readonly z.core.$ZodType[];
    element?: z.core.$ZodType;
    valueType?: z.core.$ZodType;
  };
  const inside = [...Object.values(shape ?? {}), ...(options ?? []), innerType, element, valueType];
  const below = inside.flatMap((one) => (one === undefined ? [] : keysOf(one)));
  return [...new Set([...Object.keys(shape ?? {}), ...below])];
}

function expected(issues: readonly z.core.$ZodIssue[]): string {
  const kinds = issues.flatMap((issue) => {
    if (issue.code === 'invalid_type') return [KINDS[issue.expected] ?? issue.expected];
    return issue.code === 'invalid_value' ? issue.values.map((one) => (typeof one === 'string' ? quote(one) : String(one))) : [];
  });
  return kinds.length === 0 ? 'Correct it.' : `Write ${listed([...new Set(kinds)], 'or')}.`;
}

const KINDS: Readonly<Record<string, string>> = {
  string: 'text',
  int: 'a whole number',
  number: 'a number',
  object: 'a mapping',
  record: 'a mapping',
  array: 'a list',
};

function nameOf(path: Path): string {
  const last = path.at(-1);
  if (last === undefined) return 'The file';
  return typeof last === 'number' ? `Entry ${last + 1} of ${quote(String(path.at(-2)))}` : quote(last);
}

function shown(here: unknown): string {
  if (typeof here === 'string') return quote(here);
  if (here === null) return 'empty';
  if (Array.isArray(here)) return 'a list';
  return typeof here === 'object' ? 'a mapping' : String(here);
}
