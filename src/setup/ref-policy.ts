import type { NamePattern, RefPolicy } from '../github/settings.ts';
import { matchesPatterns } from '../pipeline/ref-patterns.ts';
import type { DemandedRefs } from './demands.ts';

/**
 * Branch policies of environments against the patterns of routes. The two languages differ: in a route `**` matches a slash, in a policy (Ruby's fnmatch with
 * FNM_PATHNAME) nothing does but a double star in place of whole folders, with a slash after it. Whether a policy takes every name that a route takes is tried on
 * names that the route takes.
 */

/** Names that a list of filter patterns takes, at least one for each pattern that is not taken back. */
export function sampleNames(patterns: readonly string[]): readonly string[] {
  const names = patterns
    .filter((pattern) => !pattern.startsWith('!'))
    .flatMap((pattern) => ['x', 'x/y/z'].map((stars) => sampleName(pattern, stars)));
  return [...new Set(names)].filter((name) => name !== '' && matchesPatterns(patterns, name));
}

/** One name of a pattern, with `stars` where it has a double star. */
function sampleName(pattern: string, stars: string): string {
  return pattern.replaceAll(PIECES, (piece, escaped: string | undefined, set: string | undefined) => {
    if (escaped !== undefined) return escaped;
    if (set !== undefined) return [...set][0] ?? '';
    if (piece === '**') return stars;
    return piece === '*' ? 'x' : '';
  });
}

/** What means something in a filter pattern: an escaped character, a set, stars, a mark that repeats. */
const PIECES = /\\(.)|\[([^\]]+)\]|\*\*|[*?+]/gu;

/** Whether jobs on a ref of that name may enter. */
export function takes(policy: RefPolicy, type: 'branch' | 'tag', name: string): boolean {
  if (policy.kind === 'all') return true;
  if (policy.kind === 'protected') return type === 'branch' && policy.branches.includes(name);
  return policy.patterns.some((pattern) => pattern.type === type && isMatch(pattern.name, name));
}

/** Whether a policy's pattern matches a name, as Ruby's `File.fnmatch(pattern, name, File::FNM_PATHNAME)` says. */
export function isMatch(pattern: string, name: string): boolean {
  const source = pattern.replaceAll(
    /\\(.)|\[([!^]?)([^\]]+)\]|(?<=^|\/)\*\*\/|\*+|\?|[$()+./[\]^{|}\\-]/gu,
    (piece, escaped, negated, set) => {
      if (escaped !== undefined) return asItIs(escaped);
      if (set !== undefined) return `(?!/)[${negated === '' ? '' : '^'}${set.replaceAll(/[[\]\\^&]/g, '\\$&')}]`;
      if (piece === '**/') return '(?:[^/]+/)*';
      if (piece.startsWith('*')) return '[^/]*';
      return piece === '?' ? '[^/]' : asItIs(piece);
    },
  );
  return new RegExp(`^${source}$`, 'u').test(name);
}

/** A character in a regular expression that means itself. */
function asItIs(character: string): string {
  return /[$()*+./?[\]^{|}\\-]/.test(character) ? `\\${character}` : character;
}

/** Whether the refs that are brought are every one of their kind, so that no list of patterns is worth having. */
export function isEverything({ type, patterns }: DemandedRefs): boolean {
  return type === 'branch' && patterns.includes('**');
}

/** Patterns for a policy that takes what a route takes; where the policy's language is poorer, a little more. */
export function policyPatterns({ type, patterns }: DemandedRefs): readonly NamePattern[] {
  const names = patterns.filter((pattern) => !pattern.startsWith('!')).flatMap(translated);
  return [...new Set(names)].map((name) => ({ type, name }));
}

/** Stands for a double star that is done with. No name has this character. */
const FOLDERS = '\u0000';

function translated(pattern: string): readonly string[] {
  const plain = pattern
    .replaceAll(/(\\.|\[[^\]]+\])\+/gu, '$1*')
    .replaceAll(/([^*\]\\])\+/gu, '$1*')
    .replaceAll(/(?:\\.|\[[^\]]+\]|[^*\\])\?/gu, '*');
  // Whole folders mean the same in both; at the end, a policy wants to be told of the name in the last folder.
  const folders = plain.replaceAll(/(?<=^|\/)\*\*(?=\/)/gu, FOLDERS).replace(/(?<=^|\/)\*\*$/u, `${FOLDERS}/*`);
  const parts = folders.includes('**') ? [folders.replaceAll('**', '*'), folders.replaceAll('**', `*/${FOLDERS}/*`)] : [folders];
  return parts.map((part) => part.replaceAll(FOLDERS, '**'));
}
