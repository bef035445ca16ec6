import { blobId } from './blob-id.ts';
import { checkNames, mendNames } from './checks/names.ts';
import { checkPaths } from './checks/paths.ts';
import { checkRehearsals } from './checks/rehearsals.ts';
import { checkRoutes } from './checks/routes.ts';
import { checkRules } from './checks/rules.ts';
import { draftOf } from './draft.ts';
import type { Pipeline } from './model.ts';
import { PipelineFileError, type Problem } from './problem.ts';
import { Report } from './report.ts';
import { resolve } from './resolve.ts';
import { MOST_ENVIRONMENTS, MOST_ROUTES, type PipelineInput } from './schema.ts';
import { checkShape, mendKeys, valueAt } from './shape.ts';
import { readSource, type Source } from './source.ts';

/** Where a repository keeps its pipeline file unless it says otherwise. */
export const DEFAULT_PIPELINE_PATH = '.github/promote.yml';

/**
 * Reads a pipeline file. `path` is where it comes from, for messages. The text is not trusted: a hostile one ends in an error as soon as an honest one.
 *
 * @param hash the file's blob id, where it is known already
 * @throws {PipelineFileError} with everything that is wrong with the file, in its order.
 */
export function loadPipeline(text: string, path: string, hash: string = blobId(text)): Pipeline {
  const source = readSource(text);
  const problems = problemsOf(source);
  if (problems.length > 0) throw new PipelineFileError(path, problems);
  return { version: 1, source: 'file', path, hash, ...resolve(source.value as PipelineInput) };
}

function problemsOf(source: Source): readonly Problem[] {
  const report = new Report(source);
  if (source.value === undefined) return report.problems;
  if (source.value === null && source.damagedFrom === null) return source.problems.length === 0 ? [EMPTY] : report.problems;
  if (hasTooMany(source.value, report)) return report.problems;
  mendKeys(source.value, report);
  if (hasTooMany(source.value, report)) return report.problems;
  const listed = onlyLists(source.value);
  if (listed !== null) return [{ ...ONLY_A_LIST, fix: `Name one of them: ${listed.join(', ')}.` }];
  const names = keysOf(valueAt(source.value, ['environments']));
  const routes = countOf(valueAt(source.value, ['routes']));
  checkShape(source.value, report);
  if (source.damagedFrom !== null) return report.problems;
  const complete = routes !== null && countOf(valueAt(source.value, ['routes'])) === routes;
  const draft = mendNames(draftOf(source.value, names, complete), report);
  for (const check of [checkNames, checkPaths, checkRoutes, checkRules, checkRehearsals]) check(draft, report);
  return report.problems;
}

const EMPTY: Problem = {
  line: 1,
  column: 1,
  message: 'The file is empty.',
  fix: 'Write a pipeline, or delete the file: without one, the built-in pipeline applies.',
};

const ONLY_A_LIST: Omit<Problem, 'fix'> = { line: 1, column: 1, message: 'The file has no pipeline of its own; it lists others.' };

/** The pipeline files that a file lists which has nothing else; `null` for any other file. */
function onlyLists(value: unknown): readonly string[] | null {
  const listed = valueAt(value, ['pipelines']);
  const hasMore = ['environments', 'routes'].some((key) => valueAt(value, [key]) !== undefined);
  return !hasMore && Array.isArray(listed) && listed.length > 0 && listed.every((one) => typeof one === 'string') ? listed : null;
}

/** So many that looking closer would take longer than anybody waits. */
function hasTooMany(value: unknown, report: Report): boolean {
  const counts = [
    ['environments', keysOf(valueAt(value, ['environments']))?.length ?? 0, MOST_ENVIRONMENTS],
    ['routes', rawLength(value), MOST_ROUTES],
  ] as const;
  for (const [key, count, most] of counts) {
    if (count > most)
      report.add([key], `There are ${count} ${key}; a pipeline file may have ${most}.`, 'Remove some, or split the pipeline.', 'key');
  }
  return counts.some(([, count, most]) => count > most);
}

function rawLength(value: unknown): number {
  const routes = valueAt(value, ['routes']);
  return Array.isArray(routes) ? routes.length : 0;
}

/** `null` when it is no mapping. */
function keysOf(value: unknown): readonly string[] | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.keys(value) : null;
}

/** Entries that are there; `null` when it is no list. */
function countOf(value: unknown): number | null {
  return Array.isArray(value) ? value.filter((entry) => entry !== undefined).length : null;
}
