import { Document, stringify } from 'yaml';

/**
 * Pieces of YAML text. The files that are written here are read and edited by people, so they are put together line by line, with comments; every
 * name and every command in them that comes from outside goes through here.
 */

/** A value that may stand anywhere on one line: after a key, as a key, inside of `[…]` and `{…}`. */
export function scalar(value: string | number | boolean): string {
  const list = new Document([value], { flow: true });
  return list.toString({ lineWidth: 0, singleQuote: true, flowCollectionPadding: false }).trimEnd().slice(1, -1);
}

/** What stands on one line: scalars, lists of them and mappings to them, one in the other. */
export type Inline = string | number | boolean | readonly Inline[] | { readonly [key: string]: Inline };

/** A list as `[a, b]`, a mapping as `{ a: b }`. */
export function flow(value: Inline): string {
  if (typeof value !== 'object') return scalar(value);
  if (isList(value)) return `[${value.map(flow).join(', ')}]`;
  return `{ ${Object.entries(value)
    .map(([key, one]) => `${scalar(key)}: ${flow(one)}`)
    .join(', ')} }`;
}

function isList(value: Inline): value is readonly Inline[] {
  return Array.isArray(value);
}

/** `key: value` as lines; text of several lines becomes a block. */
export function entry(key: string, value: string, indent: number): readonly string[] {
  return indented(
    stringify({ [key]: value }, { lineWidth: 0, singleQuote: true })
      .trimEnd()
      .split('\n'),
    indent,
  );
}

export function indented(lines: readonly string[], spaces: number): readonly string[] {
  return lines.map((line) => (line === '' ? '' : `${' '.repeat(spaces)}${line}`));
}

/** Text inside of a comment: whatever it holds, it stays on the line. */
export function remark(text: string): string {
  return `# ${text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '�')}`;
}

/** Text in a workflow that GitHub shall not read an expression into. */
export function literal(text: string): string {
  return text.replaceAll('${{', "${{ '${{' }}");
}

/** Text inside of an expression. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
