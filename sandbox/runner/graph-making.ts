/** Makes the parts of the graph: workflows at work, their groups, the legs of these, and the jobs that the sandbox's state shows. */
import { asText, evaluateToken } from './expressions.ts';
import type { TemplateToken } from './github-parser.ts';
import type { Group, Instance, Leg } from './graph.ts';
import { type Combination, cutName, matrixSuffix } from './matrix.ts';
import { legContexts, type RunContexts } from './scopes.ts';
import { childOf, type JobDefinition, type WorkflowTree } from './workflow-file.ts';

/** A workflow at work, with all its groups waiting. @param call the leg that calls it; `null`: it is the run's own */
export function newInstance(tree: WorkflowTree, call: Leg | null, given: Pick<Instance, 'inputs' | 'secrets' | 'grants'>): Instance {
  const groups = new Map<string, Group>();
  const instance: Instance = { tree, call, ...given, groups, cancelled: false };
  for (const definition of tree.file.jobs) groups.set(definition.id, newGroup(definition, instance));
  return instance;
}

function newGroup(definition: JobDefinition, instance: Instance): Group {
  const key = instance.call === null ? definition.id : `${instance.call.key}/${definition.id}`;
  return {
    definition,
    instance,
    key,
    legs: [],
    maxParallel: Number.POSITIVE_INFINITY,
    failFast: true,
    result: null,
    outputs: {},
    ran: false,
  };
}

/** Adds a leg to its group. @param matrix `null`: the group has no matrix */
export function newLeg(shared: RunContexts, group: Group, matrix: Combination | null, index: number, total: number): Leg {
  const strategy = {
    'fail-fast': group.failFast,
    'job-index': index,
    'job-total': total,
    'max-parallel': Number.isFinite(group.maxParallel) ? group.maxParallel : total,
  };
  const leg: Leg = {
    group,
    key: matrix === null ? group.key : `${group.key}[${index}]`,
    name: nameOf(shared, { group, matrix, strategy }),
    matrix,
    strategy,
    cancellation: new AbortController(),
    state: 'idle',
    result: null,
    outputs: {},
    place: 0,
    job: null,
    instance: null,
    tickets: [],
    gate: null,
    withdrawals: [],
  };
  group.legs.push(leg);
  return leg;
}

type Unnamed = Pick<Leg, 'group' | 'matrix' | 'strategy'>;

function nameOf(shared: RunContexts, leg: Unnamed): string {
  const { definition, instance } = leg.group;
  const token = childOf(definition.token, 'name');
  const given = token === undefined ? '' : computedName(shared, token, leg);
  const suffix = leg.matrix === null || token?.isExpression === true ? '' : matrixSuffix(leg.matrix);
  const own = cutName(`${given === '' ? definition.id : given}${suffix}`);
  return instance.call === null ? own : `${instance.call.name} / ${own}`;
}

/** A name that cannot be computed is no reason to fail: the job's id stands for it. */
function computedName(shared: RunContexts, token: TemplateToken, leg: Unnamed): string {
  try {
    return asText(evaluateToken(token, { contexts: legContexts(shared, leg) }));
  } catch {
    return '';
  }
}
