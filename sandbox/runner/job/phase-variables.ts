/** What a JavaScript action finds its inputs in, and what its earlier phases saved. */
export function phaseVariables(inputs: Readonly<Record<string, string>>, state: Readonly<Record<string, string>>): Record<string, string> {
  const variables = Object.entries(inputs).map(([name, value]) => [`INPUT_${name.replaceAll(' ', '_').toUpperCase()}`, value] as const);
  const saved = Object.entries(state).map(([name, value]) => [`STATE_${name}`, value] as const);
  return Object.fromEntries([...variables, ...saved]);
}
