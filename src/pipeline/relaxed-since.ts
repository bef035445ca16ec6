import type { Environment, Pipeline, Route } from './model.ts';
import { relaxations } from './relaxations.ts';
import { selectRoute } from './routes.ts';

/**
 * What a pipeline allows in one environment that an earlier version of the file did not, one sentence each, on the route of a ref: relaxed rules, and
 * commands other than those that were there. Empty: people who agreed to the earlier one agree to this one. A comment, stricter rules, a freeze and the
 * rules of other environments make no difference.
 */
export function relaxedSince(before: Pipeline, now: Pipeline, ref: string, environment: string): readonly string[] {
  const [earlier, later] = [selectRoute(before, ref), selectRoute(now, ref)];
  const [base, own] = [earlier?.environments.get(environment), later?.environments.get(environment)];
  if (earlier === null || later === null || base === undefined || own === undefined) return [`No route led to ${environment} before.`];
  const shorter = stagesBefore(earlier, environment).filter((name) => !stagesBefore(later, environment).includes(name));
  return [
    ...relaxations(later.name, base, own),
    ...shorter.map((name) => `Route ${later.name}: ${environment} is entered without ${name}.`),
    ...(base.verify === null && own.verify !== null
      ? [`Route ${later.name}: ${environment} is verified by a command that was not there.`]
      : []),
  ];
}

/** The same for its acceptance alone, which says nothing about how the version came there. */
export function acceptanceRelaxedSince(before: Pipeline, now: Pipeline, ref: string, environment: string): readonly string[] {
  const base = selectRoute(before, ref)?.environments.get(environment);
  const later = selectRoute(now, ref);
  const own = later?.environments.get(environment);
  if (later === null || base === undefined || own === undefined) return [`No route led to ${environment} before.`];
  const then: Environment = { ...own, acceptance: base.acceptance };
  return relaxations(later.name, then, own);
}

function stagesBefore(route: Route, environment: string): readonly string[] {
  return route.path
    .slice(
      0,
      route.path.findIndex((stage) => stage.includes(environment)),
    )
    .flat();
}
