/**
 * Finds files by patterns as GitHub's actions and `hashFiles` do: `*`, `?`, `[…]`, `**`, `!` to take away again, `#` for a
 * comment, `~` for the home folder; a folder that matches stands for everything in it.
 * https://github.com/actions/toolkit/tree/main/packages/glob
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, isAbsolute, join, resolve, sep } from 'node:path';

export interface FileSearch {
  /** Absolute, sorted. */
  readonly files: readonly string[];
  /** Where the search began: the folders (or the file) before the first wildcard, none of them within another. */
  readonly roots: readonly string[];
}

export interface FileSearchOptions {
  /** What relative patterns are relative to. */
  readonly folder: string;
  readonly home: string;
  /** Whether files and folders whose name begins with a dot are passed over. */
  readonly withoutHidden?: boolean;
}

interface Pattern {
  readonly takesAway: boolean;
  readonly root: string;
  readonly matches: RegExp;
}

/** Searches with patterns, one a line. Symbolic links are followed; broken ones are left out. */
export function findFiles(patterns: string, options: FileSearchOptions): FileSearch {
  const parsed = patterns
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => parsePattern(line, options));
  const starts = [...new Set(parsed.filter((pattern) => !pattern.takesAway).map((pattern) => pattern.root))];
  const roots = starts.filter((root) => !starts.some((other) => other !== root && isWithin(root, other)));
  const found = roots.flatMap((root) => walk(root, options.withoutHidden === true, []));
  const files = found.filter((file) => parsed.reduce((taken, { matches, takesAway }) => (matches.test(file) ? !takesAway : taken), false));
  return { files: [...new Set(files)].sort(), roots };
}

/** `hashFiles`: sha256 of the sha256 of every file found, in hex; empty when there is none. Only files in the workspace count. */
export function hashFiles(patterns: readonly string[], workspace: string, home: string): string {
  const { files } = findFiles(patterns.join('\n'), { folder: workspace, home });
  const inside = files.filter((file) => isWithin(file, workspace));
  if (inside.length === 0) return '';
  const all = createHash('sha256');
  for (const file of inside) all.update(createHash('sha256').update(readFileSync(file)).digest());
  return all.digest('hex');
}

function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}

function parsePattern(line: string, { folder, home }: FileSearchOptions): Pattern {
  const takesAway = line.startsWith('!');
  let text = takesAway ? line.slice(1).trim() : line;
  if (text === '~' || text.startsWith('~/')) text = home + text.slice(1);
  const whole = (isAbsolute(text) ? text : join(escapeGlob(folder), text)).replace(/\/+$/, '') || '/';
  const segments = resolveDots(whole.split('/').slice(1));
  const wild = segments.findIndex((segment) => /[*?[]/.test(segment.replaceAll(/\[(.)\]/g, '')));
  const literal = (wild === -1 ? segments : segments.slice(0, wild)).map((segment) => segment.replaceAll(/\[(.)\]/g, '$1'));
  return { takesAway, root: resolve(`/${literal.join('/')}`), matches: toRegExp(segments) };
}

function escapeGlob(path: string): string {
  return path.replaceAll(/[*?[]/g, '[$&]');
}

function resolveDots(segments: readonly string[]): string[] {
  const kept: string[] = [];
  for (const segment of segments) {
    if (segment === '..') kept.pop();
    else if (segment !== '.' && segment !== '') kept.push(segment);
  }
  return kept;
}

function toRegExp(segments: readonly string[]): RegExp {
  const parts = segments.map((segment, index) => {
    if (segment !== '**') return `/${segmentExpression(segment)}`;
    return index === segments.length - 1 ? '(?:/.*)?' : '(?:/[^/]+)*';
  });
  return new RegExp(`^${parts.join('')}(?:/.*)?$`);
}

function segmentExpression(segment: string): string {
  return segment.replaceAll(/\[!?[^\]]*\]|[*?]|[.+^${}()|\\[\]]/g, (token) => {
    if (token === '*') return '[^/]*';
    if (token === '?') return '[^/]';
    if (token.length === 1) return `\\${token}`;
    return token
      .replace(/^\[!/, '[^')
      .replaceAll('\\', '\\\\')
      .replace(/^\[(\^|\[)\]$/, '\\$1');
  });
}

/** Files at and under a path; folders already above are not entered again through a link. */
function walk(path: string, withoutHidden: boolean, above: readonly string[]): string[] {
  if (withoutHidden && basename(path).startsWith('.')) return [];
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return [];
  if (!stat.isDirectory()) return [path];
  const identity = `${stat.dev}:${stat.ino}`;
  if (above.includes(identity)) return [];
  return readdirSync(path).flatMap((name) => walk(join(path, name), withoutHidden, [...above, identity]));
}
