import { DEFAULT_PIPELINE_PATH } from './load.ts';
import { PipelineFileError, type Problem, quote } from './problem.ts';
import { Report } from './report.ts';
import { valueAt } from './shape.ts';
import { readSource, type Source } from './source.ts';

/** Paths that the text of `.github/promote.yml` lists under `pipelines`, each once; none where it lists none or is no YAML. */
export function listedPaths(root: string | null): readonly string[] {
  if (root === null) return [];
  const source = readSource(root);
  const value = source.problems.length > 0 ? undefined : valueAt(source.value, ['pipelines']);
  return Array.isArray(value) ? [...new Set(value.filter((one): one is string => typeof one === 'string'))] : [];
}

/** A pipeline file by its path. */
export interface PipelineText {
  readonly path: string;
  readonly text: string;
}

/** An environment that two files have. */
interface Shared {
  readonly name: string;
  /** `path:line` in each of them. */
  readonly places: readonly [string, string];
}

/** The first environment of a file that another file has, too; GitHub does not count case. Files that are no YAML have none. */
export function sharedEnvironment(file: PipelineText, others: readonly PipelineText[]): Shared | null {
  const own = environmentsOf(file);
  for (const other of others) {
    const theirs = environmentsOf(other);
    for (const [folded, { name, place }] of own) {
      const twin = theirs.get(folded);
      if (twin !== undefined) return { name, places: [place, twin.place] };
    }
  }
  return null;
}

/** What is said about it. */
export function sharedWords({ name, places: [one, other] }: Shared): string {
  return `Environment ${quote(name)} is in two pipeline files, ${one} and ${other}, and can belong to one of them only.`;
}

function environmentsOf({ path, text }: PipelineText): ReadonlyMap<string, { name: string; place: string }> {
  const source = readSource(text);
  const names = source.problems.length > 0 ? {} : (valueAt(source.value, ['environments']) ?? {});
  return new Map(
    Object.keys(names).map((name) => [name.toLowerCase(), { name, place: `${path}:${source.place(['environments', name], 'key').line}` }]),
  );
}

/**
 * Checks a checkout's list of pipeline files: each must be there, and an environment belongs to one of them.
 * @param read text of a file of the checkout; `null`: there is none
 * @throws {PipelineFileError} with the mistakes of the list, by their places in `.github/promote.yml`
 */
export function assertListing(read: (path: string) => string | null): void {
  const root = read(DEFAULT_PIPELINE_PATH);
  if (root === null) return;
  const problems = [...missingFiles(readSource(root), read), ...sharedOnes(root, read)];
  if (problems.length > 0) throw new PipelineFileError(DEFAULT_PIPELINE_PATH, problems);
}

function missingFiles(source: Source, read: (path: string) => string | null): readonly Problem[] {
  const value = source.problems.length > 0 ? undefined : valueAt(source.value, ['pipelines']);
  const report = new Report(source);
  for (const [index, path] of (Array.isArray(value) ? value : []).entries()) {
    if (typeof path !== 'string' || read(path) !== null) continue;
    report.add(['pipelines', index], `There is no file ${quote(path)}.`, 'Correct the path, add the file, or remove it from the list.');
  }
  return report.problems;
}

function sharedOnes(root: string, read: (path: string) => string | null): readonly Problem[] {
  const files = [DEFAULT_PIPELINE_PATH, ...listedPaths(root)].flatMap((path) => {
    const text = read(path);
    return text === null ? [] : [{ path, text }];
  });
  const report = new Report(readSource(root));
  for (const [index, file] of files.entries()) {
    const shared = sharedEnvironment(file, files.slice(0, index));
    if (shared !== null) report.add(['pipelines'], sharedWords(shared), 'Rename or remove it in one of them.', 'key');
  }
  return report.problems;
}
