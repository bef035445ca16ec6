import type { Environment, Gate, Pipeline, Role, Route } from '../pipeline/model.ts';
import { patternOf } from '../pipeline/ref-patterns.ts';

/** A gate or an acceptance, and the route whose candidates it is for. */
export interface DemandedGate {
  readonly route: string;
  readonly gate: Gate;
}

/** Refs on which jobs of an environment run. */
export interface DemandedRefs {
  readonly type: 'branch' | 'tag';
  /** Filter patterns, as in the pipeline file. */
  readonly patterns: readonly string[];
  /** `null`: the default branch, where what is started by hand runs. */
  readonly route: string | null;
}

/** What the pipeline demands of one environment on GitHub. */
export interface Demand {
  readonly environment: string;
  readonly purpose: 'entry' | 'acceptance';
  readonly role: Role;
  /** The team that owns it, who may stand in where nobody is named as reviewer. */
  readonly owner: string | null;
  /** Empty: nobody is asked. */
  readonly gates: readonly DemandedGate[];
  readonly refs: readonly DemandedRefs[];
}

/** What pipelines demand of GitHub: their environments, and the ones in which acceptance is given, each once, in the order of the files. */
export function demandsOf(pipelines: readonly Pipeline[], defaultBranch: string): readonly Demand[] {
  const demands = pipelines.flatMap((pipeline) =>
    [...pipeline.environments.values()].flatMap((environment) => [
      entryDemand(pipeline, environment, defaultBranch),
      ...acceptanceDemands(pipeline, environment, defaultBranch),
    ]),
  );
  const merged = new Map<string, Demand>();
  for (const demand of demands) {
    const known = merged.get(demand.environment.toLowerCase());
    merged.set(demand.environment.toLowerCase(), known === undefined ? demand : both(known, demand));
  }
  return [...merged.values()];
}

function both(one: Demand, other: Demand): Demand {
  return { ...one, gates: [...one.gates, ...other.gates], refs: [...one.refs, ...other.refs] };
}

function entryDemand(pipeline: Pipeline, { name, role, owner }: Environment, defaultBranch: string): Demand {
  const routes = pipeline.routes.filter((route) => route.environments.has(name));
  const gates = routes.flatMap((route) => {
    const gate = route.environments.get(name)?.gate ?? null;
    return gate === null ? [] : [{ route: route.name, gate }];
  });
  return { environment: name, purpose: 'entry', role, owner, gates, refs: refsOf(routes, defaultBranch) };
}

function acceptanceDemands(pipeline: Pipeline, { name, role, owner }: Environment, defaultBranch: string): readonly Demand[] {
  return pipeline.routes.flatMap((route): Demand[] => {
    const acceptance = route.environments.get(name)?.acceptance ?? null;
    if (acceptance === null) return [];
    const gates = [{ route: route.name, gate: acceptance }];
    return [{ environment: acceptance.environment, purpose: 'acceptance', role, owner, gates, refs: refsOf([route], defaultBranch) }];
  });
}

function refsOf(routes: readonly Route[], defaultBranch: string): readonly DemandedRefs[] {
  return [
    ...routes.flatMap(({ name, branches, tags }): DemandedRefs[] => [
      ...(branches.length === 0 ? [] : [{ type: 'branch' as const, patterns: branches, route: name }]),
      ...(tags.length === 0 ? [] : [{ type: 'tag' as const, patterns: tags, route: name }]),
    ]),
    { type: 'branch', patterns: [patternOf(defaultBranch)], route: null },
  ];
}
