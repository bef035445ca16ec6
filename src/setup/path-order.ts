import { listed } from '../pipeline/listed.ts';
import type { Pipeline, Route } from '../pipeline/model.ts';
import { quote } from '../pipeline/problem.ts';

/** The pipeline cannot be written as jobs. */
export class NoChain extends Error {
  override readonly name = 'NoChain';
}

/**
 * Everything that comes before each environment on some route, directly or by way of others; environments in an order in which what comes before
 * comes first.
 * @throws {NoChain} when routes go through two environments in opposite orders: jobs cannot wait for each other.
 */
export function pathOrder(pipeline: Pipeline): ReadonlyMap<string, readonly string[]> {
  const before = withWhatComesBeforeThat(directlyBefore(pipeline));
  for (const [name, earlier] of before) if (earlier.has(name)) throw new NoChain(circleMessage(pipeline, name, before));
  const order = [...before.keys()].toSorted((a, b) => (before.get(a)?.size ?? 0) - (before.get(b)?.size ?? 0));
  return new Map(order.map((name) => [name, order.filter((other) => before.get(name)?.has(other))]));
}

type Before = Map<string, Set<string>>;

function directlyBefore(pipeline: Pipeline): Before {
  const before: Before = new Map([...pipeline.environments.keys()].map((name) => [name, new Set<string>()]));
  for (const [earlier, later] of pipeline.routes.flatMap(stepsOf)) before.get(later)?.add(earlier);
  return before;
}

function withWhatComesBeforeThat(before: Before): Before {
  for (const [through, earlier] of before) {
    for (const names of before.values()) {
      if (names.has(through)) for (const name of earlier) names.add(name);
    }
  }
  return before;
}

/** Pairs of environments of which one comes in the stage after the other's. */
function stepsOf(route: Route): readonly (readonly [string, string])[] {
  return route.path
    .slice(1)
    .flatMap((stage, at) => stage.flatMap((later) => (route.path[at] ?? []).map((earlier) => [earlier, later] as const)));
}

function circleMessage(pipeline: Pipeline, name: string, before: ReadonlyMap<string, ReadonlySet<string>>): string {
  const other = [...before].find(([one, earlier]) => one !== name && earlier.has(name) && before.get(name)?.has(one))?.[0] ?? name;
  const both = pipeline.routes
    .filter((route) => route.environments.has(name) && route.environments.has(other))
    .map((route) => quote(route.name));
  return (
    `${pipeline.path}: routes go through ${quote(name)} and ${quote(other)} in opposite orders (${listed(both)}), and jobs cannot wait for each other. ` +
    'Fix: use the same order on every route, or the caller workflow (without --local), which has no such limit.'
  );
}
