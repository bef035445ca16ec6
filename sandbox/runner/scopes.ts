/** Which contexts an expression may read, by where it stands. */
import type { Contexts, Json } from './expressions.ts';
import { type Group, type Instance, type Leg, needsOf, resultsContext } from './graph.ts';

/** What all expressions of a run share. */
export interface RunContexts {
  readonly github: Readonly<Record<string, Json>>;
  readonly vars: Readonly<Record<string, string>>;
}

/** For a workflow's own keys: `env`, `concurrency`, the values of its outputs. */
export function workflowContexts(shared: RunContexts, instance: Pick<Instance, 'inputs'>): Contexts {
  return { github: shared.github, inputs: instance.inputs, vars: shared.vars };
}

/** For a job's `if` and `strategy`. */
export function groupContexts(shared: RunContexts, group: Group): Contexts {
  return { ...workflowContexts(shared, group.instance), needs: resultsContext(needsOf(group)) };
}

/** For everything else of a job that is decided before it runs. */
export function legContexts(shared: RunContexts, leg: Pick<Leg, 'group' | 'strategy' | 'matrix'>): Contexts {
  return { ...groupContexts(shared, leg.group), strategy: leg.strategy, matrix: leg.matrix };
}
