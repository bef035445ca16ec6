/** How what programs and servers say begins; any other line goes on with the one before. */
const BEGINS = /^(?:\S*pg_\w+: |line \d+: |(?:ERROR|FATAL|PANIC|WARNING|NOTICE|HINT|DETAIL|CONTEXT): |LINE \d+:|Command was: )/;

/**
 * Takes the data out of what the server or its programs say of a failure: what is in a row belongs in no log.
 * @param said lines as they came
 */
export function withoutData(said: string): string {
  let quoting = false;
  const lines = said.split('\n').filter((line) => !/^\s*(LINE \d+:|Command was: (INSERT|UPDATE|COPY)|\^)|^\s*\^\s*$/.test(line));
  return lines
    .flatMap((line) => {
      // A value may have several lines.
      quoting &&= !BEGINS.test(line);
      if (quoting) return [];
      const told = withoutValues(line);
      quoting = told !== line;
      return [told];
    })
    .join('\n');
}

/** More lines than these say no more. */
const MOST_LINES = 8;

/**
 * The last lines of what a program said; not the rest of a message whose beginning is cut off, which may be a value.
 * @param whole whether this is all that it said
 */
export function lastOf(said: string, whole: boolean): string {
  const lines = said.trim().split('\n');
  if (whole && lines.length <= MOST_LINES) return lines.join('\n');
  const last = lines.slice(-MOST_LINES);
  const first = last.findIndex((line) => BEGINS.test(line));
  return first < 0 ? '' : last.slice(first).join('\n');
}

function withoutValues(line: string): string {
  return line
    .replace(/(CONTEXT:\s+COPY [^,]+, line \d+(, column [^:]+)?).*$/, '$1')
    .replace(/(CONTEXT:\s+JSON data, line \d+).*$/, '$1')
    .replace(/(DETAIL:\s+Token|but found) ".*$/, '$1 …')
    .replace(/\bvalue ".*?(?:" is out of range|$)/, 'value … is out of range')
    .replace(/(Key \([^)]*\))=\(.*?\)(?= (already|is not|conflicts|is still|is duplicated))/g, '$1=(…)')
    .replace(/(Failing row contains) \(.*$/, '$1 (…).')
    .replace(/((?:invalid input syntax|invalid input value|out of range|malformed|invalid byte sequence)[^:]*): .*$/, '$1: …');
}
