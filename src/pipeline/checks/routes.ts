import { type Draft, present, type RouteDraft } from '../draft.ts';
import { quote } from '../problem.ts';
import { leavesAnything, searchBudget } from '../ref-coverage.ts';
import { compilePattern, PatternError } from '../ref-patterns.ts';
import type { Report } from '../report.ts';

const KINDS = ['branches', 'tags'] as const;
type Kind = (typeof KINDS)[number];

/** Control characters and ends of lines. */
const UNPRINTABLE = /[^ -~\u00A0-\u2027\u202A-\u{10FFFF}]/u;

interface Readable {
  readonly route: RouteDraft;
  readonly patterns: Readonly<Record<Kind, readonly string[]>>;
}

/** Patterns that say nothing, routes that take nothing, and routes that an earlier one leaves nothing to. */
export function checkRoutes(draft: Draft, report: Report): void {
  checkTitles(draft, report);
  const readable = draft.routes.flatMap((route) => readPatterns(route, report) ?? []);
  const budget = searchBudget();
  for (const [index, one] of readable.entries()) checkReachable(one, readable.slice(0, index), budget, report);
}

function checkTitles(draft: Draft, report: Report): void {
  const seen = new Set<string>();
  for (const route of draft.routes) {
    if (seen.has(route.title))
      report.add([...route.path, 'name'], `There are two routes with the name ${quote(route.title)}.`, 'Rename one of them.');
    if (UNPRINTABLE.test(route.title)) {
      const message = `The name ${quote(route.title)} has a control character or more than one line.`;
      report.add([...route.path, 'name'], message, 'Write it on one line, in characters that can be seen.');
    }
    seen.add(route.title);
  }
}

/** `null` when a pattern is unreadable: then nothing can be said about what the route takes. */
function readPatterns(route: RouteDraft, report: Report): Readable | null {
  const { branches = [], tags = [] } = route.input;
  const unreadable = KINDS.flatMap((kind) =>
    present<string>(route.input[kind]).filter(([index, pattern]) => isUnreadable(pattern, [...route.path, kind, index], report)),
  );
  const holes = [...branches, ...tags].includes(undefined as never);
  return unreadable.length > 0 || holes ? null : { route, patterns: { branches, tags } };
}

function isUnreadable(pattern: string, path: readonly (string | number)[], report: Report): boolean {
  const full = /^!?refs\/(heads|tags)\/(.*)$/s.exec(pattern);
  if (full !== null) {
    const key = full[1] === 'heads' ? 'branches' : 'tags';
    report.add(path, `${quote(pattern)} is a full ref; patterns match names.`, `Write ${quote(full[2] ?? '')} under "${key}".`);
    return true;
  }
  try {
    compilePattern(pattern);
    return false;
  } catch (error) {
    if (!(error instanceof PatternError)) throw error;
    report.add(path, `${quote(pattern)} is no pattern: ${error.message}.`, error.fix);
    return true;
  }
}

function checkReachable({ route, patterns }: Readable, earlier: readonly Readable[], budget: { left: number }, report: Report): void {
  if (patterns.branches.length + patterns.tags.length === 0) {
    report.add(route.path, `Route ${quote(route.title)} takes no branch and no tag.`, 'Add "branches: [main]" or "tags: [\'v*\']".');
    return;
  }
  for (const kind of KINDS) {
    const own = patterns[kind];
    if (!own.some((pattern) => pattern.startsWith('!')) || leavesAnything([], own, budget)) continue;
    report.add(
      [...route.path, kind],
      `The ${kind} of route ${quote(route.title)} match nothing.`,
      'Put a pattern without "!" first; patterns with "!" only take back what earlier ones matched.',
      'key',
    );
    return;
  }
  const lefts = KINDS.filter((kind) => patterns[kind].length > 0).map((kind) =>
    leavesAnything(
      earlier.map((one) => one.patterns[kind]).filter((list) => list.length > 0),
      patterns[kind],
      budget,
    ),
  );
  if (lefts.includes(true)) return;
  const takers = earlier.filter((one) =>
    KINDS.some((kind) => patterns[kind].length > 0 && !leavesAnything([one.patterns[kind]], patterns[kind], budget)),
  );
  const who = takers[0] === undefined ? 'the routes before it take' : `route ${quote(takers[0].route.title)} before it takes`;
  report.add(
    route.path,
    `Route ${quote(route.title)} can never be selected: ${who} everything that it would.`,
    'Move it further up, or remove it; the first route that matches is selected.',
  );
}
