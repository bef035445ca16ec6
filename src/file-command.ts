import { EOL } from 'node:os';

/**
 * Values as a step leaves them in a file of the runner's, such as the one that `GITHUB_OUTPUT` names.
 * https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#multiline-strings
 * @param values by name; anything may stand in a value
 */
export function fileCommand(values: Readonly<Record<string, string>>): string {
  const delimiter = delimiterFor(Object.entries(values).flat().join('\n'));
  return Object.entries(values)
    .map(([name, value]) => `${name}<<${delimiter}${EOL}${value}${EOL}${delimiter}${EOL}`)
    .join('');
}

/** What ends a value is found in none: nobody can end one early, however well the delimiter is known. */
function delimiterFor(text: string): string {
  let number = 0;
  while (text.includes(`promote_end_${number}`)) number += 1;
  return `promote_end_${number}`;
}
