import type { RepositoryFiles } from './repository.ts';

/** Directory of a path; empty for the root. */
export function directoryOf(path: string): string {
  return path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '';
}

export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** Somebody else's code, and examples of one's own, say nothing about the repository. */
const ELSEWHERE = /(?:^|\/)(?:node_modules|vendor|third_party|\.venv|venv|testdata|fixtures|examples?)\//;

/** Files whose name, or whose whole path, matches; the ones nearest to the root first. */
export function findFiles(files: RepositoryFiles, pattern: RegExp): readonly string[] {
  const depth = (path: string) => path.split('/').length;
  return files.paths
    .filter((path) => !ELSEWHERE.test(path) && pattern.test(path))
    .toSorted((a, b) => depth(a) - depth(b) || (a < b ? -1 : 1));
}

export function findFile(files: RepositoryFiles, pattern: RegExp): string | null {
  return findFiles(files, pattern)[0] ?? null;
}

/** A word of a command line as a shell takes it. */
export function shellWord(text: string): string {
  return /^[\w./:@%+=,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** A command to run in a directory, as it is run from the root. */
export function inDirectory(directory: string, command: string): string {
  return directory === '' ? command : `(cd ${shellWord(directory)} && ${command})`;
}
