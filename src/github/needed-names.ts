import { type Environment, type Pipeline, VERSION_POLICIES } from '../pipeline/model.ts';
import { selectRoute } from '../pipeline/routes.ts';
import { migrationPaths } from './gathered-migrations.ts';

/** Which names a decision about one ref needs to know of. */
export interface NeededNames {
  /** Everything on the ref's path, in its order. */
  readonly path: readonly string[];
  /** Environments whose records are needed: the path, and what tells which versions are accepted or live in production. */
  readonly records: readonly string[];
  /** GitHub environments whose protection is needed: the path's own and their acceptances'. */
  readonly protections: readonly string[];
  /** Environments in which a soak is measured. */
  readonly soaks: readonly string[];
  /** Paths of the migrations that are rehearsed on the path. */
  readonly migrations: readonly string[];
  /** By name, with the route's own rules. */
  readonly environments: ReadonlyMap<string, Environment>;
}

export function neededNames(pipeline: Pipeline, ref: string): NeededNames {
  const route = selectRoute(pipeline, ref);
  if (route === null) return { path: [], records: [], protections: [], soaks: [], migrations: [], environments: pipeline.environments };
  const path = distinct(route.path.flat());
  const entered = path.flatMap((name) => route.environments.get(name) ?? pipeline.environments.get(name) ?? []);
  const choosy = entered.some(({ accepts }) => VERSION_POLICIES.some((policy) => !accepts.includes(policy)));
  return {
    path,
    records: choosy ? distinct([...path, ...classifying(pipeline)]) : path,
    protections: distinct([...path, ...entered.flatMap(({ acceptance }) => acceptance?.environment ?? [])]),
    soaks: distinct(entered.flatMap(({ soak }) => soak.map(({ environment }) => environment))),
    migrations: migrationPaths(entered),
    environments: new Map([...pipeline.environments, ...route.environments]),
  };
}

/** Environments that tell whether a version is accepted or current: those with an acceptance on any route, and production. */
function classifying(pipeline: Pipeline): readonly string[] {
  const all = [pipeline.environments, ...pipeline.routes.map(({ environments }) => environments)];
  return all.flatMap((environments) =>
    [...environments.values()].filter(({ role, acceptance }) => role === 'production' || acceptance !== null).map(({ name }) => name),
  );
}

function distinct(names: readonly string[]): readonly string[] {
  return [...new Map(names.map((name) => [name.toLowerCase(), name])).values()];
}
