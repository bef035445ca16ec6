/**
 * Makes the jobs of a matrix.
 * https://docs.github.com/en/actions/how-tos/write-workflows/choose-what-workflows-do/run-job-variations
 */
import { isDeepStrictEqual } from 'node:util';
import { asText, isTruthy, type Json } from './expressions.ts';
import { WorkflowProblem } from './problems.ts';

/** The values of one job of a matrix, by name. */
export type Combination = Readonly<Record<string, Json>>;

export interface Strategy {
  /** `null`: there is no matrix, and one job. */
  readonly combinations: readonly Combination[] | null;
  readonly failFast: boolean;
  /** Infinity: as many as there are machines. */
  readonly maxParallel: number;
}

const LIMIT = 256;

/**
 * Reads an evaluated `strategy`.
 * @throws Error with GitHub's reason when there is no job to be made of it
 */
export function readStrategy(value: Json): Strategy {
  const strategy = isRecord(value) ? value : {};
  const matrix = strategy['matrix'] ?? null;
  const failFast = strategy['fail-fast'] ?? true;
  const maxParallel = Number(strategy['max-parallel'] ?? Number.POSITIVE_INFINITY);
  if (!(maxParallel >= 1))
    throw new WorkflowProblem(`max-parallel must be a number above 0, not ${asText(strategy['max-parallel'] ?? null)}.`);
  return {
    combinations: 'matrix' in strategy ? expandMatrix(matrix) : null,
    failFast: isTruthy(failFast),
    maxParallel,
  };
}

/**
 * The combinations of a matrix, in GitHub's order: the last name varies fastest, combinations that `include` adds come last.
 * @throws Error when there are none, or more than 256
 */
export function expandMatrix(matrix: Json): readonly Combination[] {
  if (!isRecord(matrix)) throw new WorkflowProblem('Matrix must be a mapping.');
  const vectors = Object.entries(matrix).filter(([name]) => name !== 'include' && name !== 'exclude');
  let combinations: readonly Combination[] = vectors.length === 0 ? [] : [{}];
  for (const [name, values] of vectors) {
    if (!Array.isArray(values)) throw new WorkflowProblem(`Matrix vector '${name}' must be a sequence.`);
    if (values.length === 0) throw new WorkflowProblem(`Matrix vector '${name}' does not contain any values.`);
    combinations = combinations.flatMap((combination) => values.map((one: Json) => ({ ...combination, [name]: one })));
  }
  const excluded = listOf(matrix, 'exclude');
  const kept = combinations.filter((combination) => !excluded.some((filter) => covers(combination, filter)));
  const all = include(kept, listOf(matrix, 'include'), new Set(vectors.map(([name]) => name)));
  if (all.length === 0) throw new WorkflowProblem('Matrix must define at least one combination.');
  if (all.length > LIMIT) throw new WorkflowProblem(`Matrix has ${all.length} combinations; GitHub allows ${LIMIT}.`);
  return all;
}

/** Adds to every combination that an entry does not contradict; an entry that fits none is one of its own. */
function include(combinations: readonly Combination[], entries: readonly Combination[], own: ReadonlySet<string>): readonly Combination[] {
  const grown: Combination[] = combinations.map((combination) => ({ ...combination }));
  const added: Combination[] = [];
  for (const entry of entries) {
    const shared = Object.keys(entry).filter((name) => own.has(name));
    const part = Object.fromEntries(shared.map((name) => [name, entry[name] ?? null]));
    let fits = false;
    for (const [index, original] of combinations.entries()) {
      if (!covers(original, part)) continue;
      grown[index] = { ...grown[index], ...entry };
      fits = true;
    }
    if (!fits) added.push(entry);
  }
  return [...grown, ...added];
}

/** Whether a combination has all that a filter names. */
function covers(combination: Combination, filter: Combination): boolean {
  return Object.entries(filter).every(([name, value]) => isDeepStrictEqual(combination[name], value));
}

function listOf(matrix: Combination, key: 'include' | 'exclude'): readonly Combination[] {
  const list = matrix[key] ?? [];
  if (!Array.isArray(list) || !list.every(isRecord)) throw new WorkflowProblem(`Matrix ${key} must be a sequence of mappings.`);
  return list;
}

function isRecord(value: Json): value is Combination {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const LONGEST_NAME = 100;

/** What GitHub adds to the name of a matrix job that does not tell itself apart: ` (uat, 3)`. */
export function matrixSuffix(combination: Combination): string {
  const segments = leaves(combination).filter((segment) => segment !== '');
  return segments.length === 0 ? '' : ` (${segments.join(', ')})`;
}

/** Names longer than GitHub shows are cut. */
export function cutName(name: string): string {
  return name.length <= LONGEST_NAME ? name : `${name.slice(0, LONGEST_NAME - 3)}...`;
}

function leaves(value: Json): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(leaves);
  return isRecord(value) ? Object.values(value).flatMap(leaves) : [asText(value)];
}
