import { allRules, type Draft, isUnknown, present, soaksOf } from '../draft.ts';
import { nearest } from '../nearest.ts';
import { quote } from '../problem.ts';
import type { Report } from '../report.ts';
import { LONGEST_NAME } from '../schema.ts';
import { MOST_PROBLEMS, type Path } from '../source.ts';

/** GitHub takes none of these in an environment's name; the colon ends the names in the title of a hold. Last: control characters. */
const FORBIDDEN = /['"`,;:\\]|[^ -~\u00A0-\u{10FFFF}]/u;

/** Whether two names would be the same environment to GitHub, which does not count case. */
const fold = (name: string): string => name.toLowerCase();

/** Names that GitHub would refuse or take for the same, and names that mean something else to this product. */
export function checkNames(draft: Draft, report: Report): void {
  const seen = new Map<string, string>();
  for (const name of draft.names) {
    const path = ['environments', name];
    const twin = seen.get(fold(name));
    if (twin === undefined) seen.set(fold(name), name);
    else
      report.add(
        path,
        `${quote(name)} and ${quote(twin)} are the same environment to GitHub, which does not count case.`,
        'Rename one of them.',
        'key',
      );
    const mistake = nameMistake(name);
    if (mistake !== null) report.add(path, `${quote(name)} ${mistake}.`, 'Choose another name, such as "uat" or "production-eu".', 'key');
  }
  checkAcceptanceNames(draft, report, seen);
}

/**
 * The draft with the name that was meant in place of a misspelt one: of an environment that nothing names, where several places name one that is not
 * there and is near to it. Each of those places would be reported otherwise.
 */
export function mendNames(draft: Draft, report: Report): Draft {
  if (!draft.routesComplete) return draft;
  const uses = usesOf(draft);
  const strangers = [...uses].filter(([name, count]) => count > 1 && isUnknown(draft, name)).map(([name]) => name);
  const unused = draft.names.filter((name) => !uses.has(name));
  const meant = new Map<string, string>();
  for (const stranger of strangers.slice(0, MOST_PROBLEMS)) {
    const written = nearest(stranger, unused);
    if (written === null || meant.has(written)) continue;
    meant.set(written, stranger);
    const message = `Nothing names ${quote(written)}, and ${uses.get(stranger)} places name ${quote(stranger)}, which is not there.`;
    report.addMeant(['environments'], written, stranger, message);
  }
  if (meant.size === 0) return draft;
  const environments = [...draft.environments].map(([name, one]) => [meant.get(name) ?? name, one] as const);
  return { ...draft, environments: new Map(environments), names: draft.names.map((name) => meant.get(name) ?? name) };
}

/** How often each name is used, known or not. */
function usesOf(draft: Draft): ReadonlyMap<string, number> {
  const uses = new Map<string, number>();
  const use = (name: string): unknown => uses.set(name, (uses.get(name) ?? 0) + 1);
  for (const route of draft.routes) for (const { name } of [...route.stages.flat(), ...route.overrides]) use(name);
  for (const { path, rules } of allRules(draft)) for (const { soak } of soaksOf(rules.soak, path)) use(soak.in);
  for (const { input } of draft.freezes) for (const [, name] of present<string>(input.environments)) use(name);
  return uses;
}

function nameMistake(name: string): string | null {
  if (name.trim() === '') return 'is no name';
  if (name !== name.trim()) return 'begins or ends with a space';
  if (name.length > LONGEST_NAME) return `has ${name.length} characters, and GitHub takes ${LONGEST_NAME}`;
  if (FORBIDDEN.test(name)) return "has a character that an environment's name cannot have (' \" ` , ; : \\ or a control character)";
  return fold(name) === 'all' ? 'means every environment in the title of a hold' : null;
}

/** Who may accept in one environment must not thereby accept in another, or let something in. */
function checkAcceptanceNames(draft: Draft, report: Report, environments: ReadonlyMap<string, string>): void {
  const owners = new Map<string, string>();
  for (const { name, path, rules } of allRules(draft)) {
    if (rules.acceptance === undefined || rules.acceptance === false) continue;
    const chosen = rules.acceptance.environment;
    checkAcceptanceName({ name, chosen, path: [...path, 'acceptance'] }, report, environments, owners);
  }
}

interface AcceptanceName {
  readonly name: string;
  /** `undefined` where the pipeline file names none. */
  readonly chosen: string | undefined;
  readonly path: Path;
}

function checkAcceptanceName(
  { name, chosen, path }: AcceptanceName,
  report: Report,
  environments: ReadonlyMap<string, string>,
  owners: Map<string, string>,
): void {
  const meant = chosen ?? `${name}-acceptance`;
  const [place, of] = chosen === undefined ? ([path, 'key'] as const) : ([[...path, 'environment'], 'value'] as const);
  const target = environments.get(fold(meant));
  const owner = owners.get(fold(meant)) ?? name;
  owners.set(fold(meant), owner);
  const clash = target === undefined ? (owner === name ? null : `where ${quote(owner)} is accepted`) : `which deployments go to`;
  if (clash !== null) {
    const message = `The acceptance of ${quote(name)} would be given in ${quote(target ?? meant)}, ${clash}.`;
    report.add(place, message, 'Name another GitHub environment with "environment:".', of);
  }
  const mistake = nameMistake(meant);
  if (mistake !== null)
    report.add(place, `${quote(meant)} ${mistake}.`, 'Name a GitHub environment with "environment:", such as "uat-acceptance".', of);
}
