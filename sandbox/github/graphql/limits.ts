/**
 * GitHub's limits on a query: every connection says how many it wants (at most 100), all together at most 500,000 nodes, and a
 * query costs points. Source: https://docs.github.com/en/graphql/overview/rate-limits-and-query-limits-for-the-graphql-api
 */
import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  isInterfaceType,
  isObjectType,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';

export interface QueryCost {
  readonly points: number;
  readonly nodes: number;
  readonly problems: readonly string[];
}

const MOST_PER_CONNECTION = 100;
const MOST_NODES = 500_000;

interface Walk {
  readonly schema: GraphQLSchema;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  requests: number;
  nodes: number;
  readonly problems: string[];
}

/** What a valid query costs, and which limits it breaks. */
export function queryCost(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
): QueryCost {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions)
    if (definition.kind === 'FragmentDefinition') fragments.set(definition.name.value, definition);
  const walk: Walk = { schema, variables: { ...defaults(operation), ...variables }, fragments, requests: 0, nodes: 0, problems: [] };
  const root = operation.operation === 'mutation' ? 'Mutation' : 'Query';
  walkSelections(walk, root, operation.selectionSet, 1);
  if (walk.nodes > MOST_NODES)
    walk.problems.push(`by the time this query traverses to the end it asks for ${walk.nodes} nodes, over the limit of ${MOST_NODES}`);
  return { points: Math.max(1, Math.round(walk.requests / 100)), nodes: walk.nodes, problems: walk.problems };
}

function defaults(operation: OperationDefinitionNode): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const { variable, defaultValue } of operation.variableDefinitions ?? []) {
    if (defaultValue?.kind === 'IntValue') values[variable.name.value] = Number(defaultValue.value);
  }
  return values;
}

function walkSelections(walk: Walk, type: string, selections: SelectionSetNode, times: number): void {
  for (const selection of selections.selections) {
    if (selection.kind === 'Field') walkField(walk, type, selection, times);
    else if (selection.kind === 'InlineFragment')
      walkSelections(walk, selection.typeCondition?.name.value ?? type, selection.selectionSet, times);
    else {
      const fragment = walk.fragments.get(selection.name.value);
      if (fragment !== undefined) walkSelections(walk, fragment.typeCondition.name.value, fragment.selectionSet, times);
    }
  }
}

function walkField(walk: Walk, type: string, field: FieldNode, times: number): void {
  const parent = walk.schema.getType(type);
  const definition = isObjectType(parent) || isInterfaceType(parent) ? parent.getFields()[field.name.value] : undefined;
  if (definition === undefined || field.selectionSet === undefined) return;
  const inner = nameOf(definition.type);
  const names = definition.args.map((argument) => argument.name);
  if (!names.includes('first') || !names.includes('last')) {
    walkSelections(walk, inner, field.selectionSet, times);
    return;
  }
  const size = sizeOf(walk, field);
  walk.requests += times;
  walk.nodes += times * size;
  walkSelections(walk, inner, field.selectionSet, times * size);
}

function nameOf(type: GraphQLOutputType): string {
  return getNamedType(type).name;
}

function sizeOf(walk: Walk, field: FieldNode): number {
  const given = (field.arguments ?? []).filter((argument) => argument.name.value === 'first' || argument.name.value === 'last');
  for (const { name, value } of given) {
    const size = value.kind === 'Variable' ? walk.variables[value.name.value] : value.kind === 'IntValue' ? Number(value.value) : null;
    if (typeof size !== 'number') continue;
    if (size < 1 || size > MOST_PER_CONNECTION) {
      walk.problems.push(
        `requesting ${size} records on the "${field.name.value}" connection is outside of 1 to ${MOST_PER_CONNECTION} for "${name.value}"`,
      );
    }
    return size;
  }
  walk.problems.push(`the "${field.name.value}" connection needs a "first" or "last"`);
  return 0;
}
