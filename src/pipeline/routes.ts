import type { Environment, Pipeline, Route } from './model.ts';
import { matchesPatterns } from './ref-patterns.ts';

const BRANCH = 'refs/heads/';
const TAG = 'refs/tags/';

/** Refs of one pipeline that were already asked about; a decision asks about the same one again and again. */
const answers = new WeakMap<Pipeline, Map<string, Route | null>>();
const MOST_ANSWERS = 1000;

/**
 * The first route of the file that takes a full ref (`refs/heads/…`, `refs/tags/…`). `null` when none does, and for every other ref
 * (`refs/pull/…`), which no route can name.
 */
export function selectRoute(pipeline: Pipeline, ref: string): Route | null {
  const known = answers.get(pipeline) ?? new Map<string, Route | null>();
  const answer = known.get(ref);
  if (answer !== undefined) return answer;
  if (known.size >= MOST_ANSWERS) known.clear();
  const route = pipeline.routes.find((one) => takesRef(one, ref)) ?? null;
  answers.set(pipeline, known.set(ref, route));
  return route;
}

/** The route of that name; `undefined` where no route takes the candidate, or the name comes from another pipeline. */
export function routeNamed(pipeline: Pipeline, name: string | null): Route | undefined {
  return pipeline.routes.find((route) => route.name === name);
}

/** An environment's rules on a route, else as the pipeline states them outside of any; `undefined` where it has no such environment. */
export function rulesOnRoute(pipeline: Pipeline, route: string | null, environment: string): Environment | undefined {
  return routeNamed(pipeline, route)?.environments.get(environment) ?? pipeline.environments.get(environment);
}

function takesRef(route: Route, ref: string): boolean {
  if (ref.startsWith(BRANCH)) return matchesPatterns(route.branches, ref.slice(BRANCH.length));
  if (ref.startsWith(TAG)) return matchesPatterns(route.tags, ref.slice(TAG.length));
  return false;
}
