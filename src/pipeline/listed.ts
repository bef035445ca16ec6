/** `a`, `a and b`, `a, b and c`; with more than `most`, `a, b and 4 more`. Duplicates count once. */
export function listed(items: readonly string[], last: 'and' | 'or' = 'and', most: number = 12): string {
  const distinct = [...new Set(items)];
  const shown = distinct.length > most ? [...distinct.slice(0, most - 1), `${distinct.length - most + 1} more`] : distinct;
  const end = shown.at(-1) ?? '';
  return shown.length < 2 ? end : `${shown.slice(0, -1).join(', ')} ${last} ${end}`;
}
