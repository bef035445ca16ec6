/**
 * A message of the core in the words of the command line: it names the action's inputs, which are options there, and the token a variable.
 */
export function inOptions(message: string): string {
  return message
    .replaceAll('the input "token"', 'GH_TOKEN')
    .replaceAll('Input "environment" is ', 'The environment asked for is ')
    .replaceAll(/in (?:the input )?"(pipeline|ref|sha|version)"/g, 'with --$1')
    .replaceAll(/[Tt]he inputs? "([a-z-]+)"(?: and "([a-z-]+)")?/g, (_all, one: string, other?: string) =>
      other === undefined ? `--${one}` : `--${one} and --${other}`,
    );
}
