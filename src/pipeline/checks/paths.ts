import { type Draft, isGated, isUnknown, type Named, type RouteDraft, ruleOf, soaksOf } from '../draft.ts';
import { listed } from '../listed.ts';
import { nearest } from '../nearest.ts';
import { quote } from '../problem.ts';
import type { Report } from '../report.ts';
import { MOST_PROBLEMS, type Path } from '../source.ts';

/** Names that lead nowhere, paths that come back, rules that no path can keep, and production without anybody asked. */
export function checkPaths(draft: Draft, report: Report): void {
  for (const route of draft.routes) {
    checkStages(draft, route, report);
    checkOverrides(draft, route, report);
    checkProductionGate(draft, route, report);
  }
  checkSoaks(draft, report);
  checkSoakNames(draft, report);
  checkReached(draft, report);
}

function checkStages(draft: Draft, route: RouteDraft, report: Report): void {
  const seen = new Set<string>();
  for (const { name, path } of route.stages.flat()) {
    if (isUnknown(draft, name)) report.addUnknown(path, 'environment', name, draft.names);
    else if (seen.has(name))
      report.add(path, `The path of route ${quote(route.title)} enters ${quote(name)} a second time.`, 'Name every environment once.');
    seen.add(name);
  }
}

function checkOverrides(draft: Draft, route: RouteDraft, report: Report): void {
  const onPath = route.stages.flat().map((one) => one.name);
  const known = onPath.filter((name) => !isUnknown(draft, name));
  for (const { name, path } of route.overrides) {
    if (isUnknown(draft, name)) report.addUnknown(path, 'environment', name, known.length > 0 ? known : draft.names, 'key');
    // Where a stage is misspelt, the name may be the one that was meant.
    else if (!onPath.includes(name) && known.length === onPath.length) {
      report.add(
        path,
        `Route ${quote(route.title)} has rules for ${quote(name)}, which is not on its path.`,
        `Add ${quote(name)} to the path, or remove the rules.`,
        'key',
      );
    }
  }
}

/** A person must be asked on the way into production: at its own gate, or at a gate or an acceptance of an earlier stage. */
function checkProductionGate(draft: Draft, route: RouteDraft, report: Report): void {
  for (const [at, stage] of route.stages.entries()) {
    for (const { name } of stage) {
      if (draft.environments.get(name)?.rules.role !== 'production' || isGated(draft, route, name)) continue;
      const before = route.stages.slice(0, at).flat();
      if (before.some((one) => isGated(draft, route, one.name) || isAccepted(draft, route, one))) continue;
      const { path } = ruleOf(draft, route, name, 'gate');
      report.add(
        path,
        `Route ${quote(route.title)} reaches production environment ${quote(name)} without asking anybody.`,
        `Give ${quote(name)} a gate, or an earlier environment of the path a gate or an acceptance.`,
      );
    }
  }
}

function isAccepted(draft: Draft, route: RouteDraft, { name }: Named): boolean {
  const { value } = ruleOf(draft, route, name, 'acceptance');
  return value !== undefined && value !== false;
}

/** Routes on which a soak names an environment that does not come before, by the place of the soak. */
interface LostSoak {
  readonly path: Path;
  readonly name: string;
  readonly waitsFor: string;
  readonly overridden: boolean;
  readonly routes: string[];
}

function checkSoaks(draft: Draft, report: Report): void {
  const lost = new Map<string, LostSoak>();
  for (const route of draft.routes) {
    // A misspelt stage may be the one that is waited in.
    if (route.stages.flat().some((one) => isUnknown(draft, one.name))) continue;
    for (const [at, stage] of route.stages.entries()) {
      const before = route.stages.slice(0, at).flatMap((one) => one.map((named) => named.name));
      for (const { name } of stage) collectLostSoaks(draft, route, name, before, lost);
    }
  }
  for (const soak of lost.values()) {
    const instead = `Add ${quote(soak.waitsFor)} before ${quote(soak.name)}, name an earlier environment`;
    report.add(
      [...soak.path, 'in'],
      `${quote(soak.name)} waits for time in ${quote(soak.waitsFor)}, which does not come before it on route ${listed(soak.routes.map(quote))}.`,
      soak.overridden
        ? `${instead}, or write "soak: false".`
        : `${instead}, or write "environments: { ${soak.name}: { soak: false } }" in the route.`,
    );
  }
}

function checkSoakNames(draft: Draft, report: Report): void {
  for (const environment of [...draft.environments.values(), ...draft.routes.flatMap((route) => route.overrides)]) {
    for (const { soak, path } of soaksOf(environment.rules.soak, [...environment.path, 'soak'])) {
      if (isUnknown(draft, soak.in)) report.addUnknown([...path, 'in'], 'environment', soak.in, draft.names);
    }
  }
}

function collectLostSoaks(draft: Draft, route: RouteDraft, name: string, before: readonly string[], lost: Map<string, LostSoak>): void {
  const rule = ruleOf(draft, route, name, 'soak');
  for (const { soak, path } of soaksOf(rule.value, rule.path)) {
    if (before.includes(soak.in) || isUnknown(draft, soak.in)) continue;
    const known = lost.get(JSON.stringify(path));
    if (known === undefined)
      lost.set(JSON.stringify(path), { path, name, waitsFor: soak.in, overridden: rule.overridden, routes: [route.title] });
    else known.routes.push(route.title);
  }
}

function checkReached(draft: Draft, report: Report): void {
  if (!draft.routesComplete) return;
  const written = draft.routes.flatMap((route) => route.stages.flat().map((one) => one.name));
  const unknown = [...new Set(written)].filter((name) => isUnknown(draft, name));
  // So many that they are not even all told; comparing them all would take longer than anybody waits.
  if (unknown.length > MOST_PROBLEMS) return;
  const reached = new Set([...written, ...unknown.map((name) => nearest(name, draft.names) ?? name)]);
  for (const name of draft.names) {
    if (reached.has(name)) continue;
    report.add(['environments', name], `No route leads to ${quote(name)}.`, 'Add it to the path of a route, or remove it.', 'key');
  }
}
