import { blobId } from './blob-id.ts';
import { checkNames, mendNames } from './checks/names.ts';
import { checkPaths } from './checks/paths.ts';
import { checkRehearsals } from './checks/rehearsals.ts';
import { checkRoutes } from './checks/routes.ts';
import { checkRules } from './checks/rules.ts';
import { draftOf } from './draft.ts';
import { listed as inWords } from './listed.ts';
import type { Pipeline } from './model.ts';
import { PipelineFileError, type Problem, quote } from './problem.ts';
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
  const problems = problemsOf(source, path);
  if (problems.length > 0) throw new PipelineFileError(path, problems);
  return { version: 1, source: 'file', path, hash, ...resolve(source.value as PipelineInput) };
}

/**
 * The pipeline files that a file lists which has no pipeline of its own; `null` for any other file.
 * @throws {PipelineFileError} with the mistakes of the list.
 */
export function loadList(text: string, path: string): readonly string[] | null {
  const source = readSource(text);
  const listed = source.problems.length > 0 ? null : onlyLists(source.value);
  const problems = listed === null ? null : listProblems(source.value, path, new Report(source));
  if (problems !== null) throw new PipelineFileError(path, problems);
  return listed;
}

function problemsOf(source: Source, path: string): readonly Problem[] {
  const report = new Report(source);
  if (source.value === undefined) return report.problems;
  if (source.value === null && source.damagedFrom === null) return source.problems.length === 0 ? [EMPTY] : report.problems;
  if (hasTooMany(source.value, report)) return report.problems;
  mendKeys(source.value, report);
  if (hasTooMany(source.value, report)) return report.problems;
  const listed = onlyLists(source.value);
  if (listed !== null) return listProblems(source.value, path, report) ?? [onlyAList(listed)];
  const names = keysOf(valueAt(source.value, ['environments']));
  const routes = countOf(valueAt(source.value, ['routes']));
  checkListed(source.value, path, report);
  checkAttest(source.value, report);
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

/** Not a mistake of the file, but no pipeline either. */
function onlyAList(listed: readonly string[]): Problem {
  const fix = `Name one of them, in a job as the input "pipeline" and on the command line with --pipeline: ${inWords(listed, 'or')}.`;
  return { line: 1, column: 1, message: 'The file has no pipeline of its own; it lists others.', fix };
}

/** What is wrong with a file that only lists others; `null`: nothing. */
function listProblems(value: unknown, path: string, report: Report): readonly Problem[] | null {
  checkListed(value, path, report);
  for (const key of Object.keys(value as object)) {
    if (key === 'version' || key === 'pipelines') continue;
    const fix = 'Put it into the pipeline files that are listed, or give this file "environments" and "routes" of its own.';
    report.add([key], `"${key}" stands in a file that only lists other pipeline files, and counts for none of them.`, fix, 'key');
  }
  if (valueAt(value, ['version']) !== 1) report.add(['version'], 'The file has no "version: 1".', 'Add it.');
  return report.problems.length === 0 ? null : report.problems;
}

function checkAttest(value: unknown, report: Report): void {
  const [attest, artifact] = ['attest', 'artifact'].map((key) => valueAt(value, ['build', key]));
  if (attest === undefined || artifact !== undefined) return;
  report.add(
    ['build', 'attest'],
    'An attestation is about an artifact, and none is built.',
    'Name what the build leaves under "artifact", or remove the key.',
    'key',
  );
}

/** The list of pipeline files: it stands in one file only, and names files by the paths that jobs name them by. */
function checkListed(value: unknown, path: string, report: Report): void {
  const paths = valueAt(value, ['pipelines']);
  if (paths === undefined) return;
  if (path !== DEFAULT_PIPELINE_PATH) {
    report.add(['pipelines'], `Only ${DEFAULT_PIPELINE_PATH} lists pipeline files.`, 'Move the list there.', 'key');
    return;
  }
  const all = Array.isArray(paths) ? paths : [];
  for (const [index, one] of all.entries()) {
    if (typeof one !== 'string') continue;
    const place = ['pipelines', index];
    if (one === path) report.add(place, 'This file lists itself.', 'Remove it from the list; it counts anyway.');
    else if (all.indexOf(one) < index) report.add(place, `${quote(one)} is listed twice.`, 'Remove one of them.');
    else if (!LISTED.test(one)) report.add(place, `${quote(one)} is no path of a pipeline file.`, LISTED_AS);
  }
}

/** As the input `pipeline` takes it, and as Git spells it. */
const LISTED = /^(?![/.]\/|\/)(?!.*(?:\.\.|\/\/|\/\.\/))[^\0\n:\\*?]+\.ya?ml$/;
const LISTED_AS = 'Write the path from the root of the repository, such as services/shop/promote.yml, without patterns.';

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
