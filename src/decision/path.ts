import type { Environment, Route } from '../pipeline/model.ts';

/** One environment of a path, with the route's own rules merged in. */
export interface Step {
  readonly environment: Environment;
  /** Position of its stage on the path, from 1. */
  readonly stage: number;
}

export interface Path {
  /** Every environment, in the order of the path. */
  readonly steps: readonly Step[];
  /** Position among the steps, by environment name in lower case. */
  readonly positions: ReadonlyMap<string, number>;
}

const paths = new WeakMap<Route, Path>();

/** A route's path laid out flat; worked out once per route. */
export function pathOf(route: Route): Path {
  const known = paths.get(route);
  if (known !== undefined) return known;
  const steps: Step[] = [];
  const positions = new Map<string, number>();
  for (const [index, stage] of route.path.entries()) {
    for (const name of stage) {
      const environment = route.environments.get(name);
      if (environment === undefined || positions.has(name.toLowerCase())) continue;
      positions.set(name.toLowerCase(), steps.length);
      steps.push({ environment, stage: index + 1 });
    }
  }
  const path = { steps, positions };
  paths.set(route, path);
  return path;
}
