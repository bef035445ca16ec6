/**
 * Takes the data out of what the server or its programs say of a failure: what is in a row belongs in no log.
 * @param said lines as they came
 */
export function withoutData(said: string): string {
  return said
    .split('\n')
    .filter((line) => !/^\s*(LINE \d+:|Command was: (INSERT|UPDATE|COPY)|\^)|^\s*\^\s*$/.test(line))
    .map(withoutValues)
    .join('\n');
}

function withoutValues(line: string): string {
  return line
    .replace(/(CONTEXT:\s+COPY [^,]+, line \d+(, column [^:]+)?).*$/, '$1')
    .replace(/(Key \([^)]*\))=\(.*?\)(?= (already|is not|conflicts|is still|is duplicated))/g, '$1=(…)')
    .replace(/(Failing row contains) \(.*$/, '$1 (…).')
    .replace(/((?:invalid input syntax|invalid input value|out of range|malformed|invalid byte sequence)[^:]*): .*$/, '$1: …');
}
