import { type FragmentDefinitionNode, Kind, parse, type SelectionNode, type SelectionSetNode } from 'graphql';

/**
 * What GitHub charges for a query by its published rule: one request for each list, multiplied by the sizes of the lists around it;
 * the sum divided by a hundred and rounded, at least one.
 */
export function pointCost(text: string): number {
  const document = parse(text);
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  }
  const requests = (set: SelectionSetNode | undefined, around: number): number =>
    (set?.selections ?? []).reduce((sum, selection) => sum + requestsFor(selection, around), 0);
  const requestsFor = (selection: SelectionNode, around: number): number => {
    if (selection.kind === Kind.FRAGMENT_SPREAD) return requests(fragments.get(selection.name.value)?.selectionSet, around);
    if (selection.kind === Kind.INLINE_FRAGMENT) return requests(selection.selectionSet, around);
    const size = selection.arguments?.find(({ name }) => name.value === 'first' || name.value === 'last')?.value;
    if (size?.kind !== Kind.INT) return requests(selection.selectionSet, around);
    return around + requests(selection.selectionSet, around * Number(size.value));
  };
  const operation = document.definitions.find((definition) => definition.kind === Kind.OPERATION_DEFINITION);
  return Math.max(1, Math.round(requests(operation?.selectionSet, 1) / 100));
}
