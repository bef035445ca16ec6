/** More than these are found by the query. */
const MOST = 20;

/**
 * For columns and tables that nobody declared and whose names may not be shown: how many, which they are as far as that can be said, and how
 * whoever may see the data finds their names.
 * @param places such as `unnamed column 1 of public.people (number 4, text)`
 * @param query lists all columns of the database
 */
export function unnamedLines(places: readonly string[], query: string): readonly string[] {
  if (places.length === 0) return [];
  const left = places.length - MOST;
  return [
    'Not shown are names that neither the migrations nor the files which the pipeline names spell, since they may have been made from data:',
    ...places.slice(0, MOST).map((place) => `  ${place}`),
    ...(left > 0 ? [`  and ${left} more`] : []),
    `Whoever may see the data finds them there with: ${query}`,
    'Names that a file under "migrations" of the rehearsal spells are shown here.',
    '',
  ];
}
