/**
 * What `make` makes, made when it is first asked for. A schema takes longer to build than to use, and of all that a start loads it needs few.
 */
export function whenNeeded<T>(make: () => T): () => T {
  let made: { readonly value: T } | null = null;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
