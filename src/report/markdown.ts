import { oneLine } from './outside-text.ts';

/** GitHub-flavoured Markdown. Everything that takes plain text escapes it; `link`, `table` and `details` take Markdown. */

/** One link target is never longer than this. */
const LONGEST_URL = 2000;

/**
 * What has a meaning inside a line: Markdown, HTML, table cells, mathematics, and what GitHub turns into a link or a mention on its own.
 * An exclamation mark at the end would make an image of a link that follows.
 */
const MEANINGFUL = /[\\`*_[\]|~&<>@$]|:(?=\/\/)|(?<=www)\.|!$/gi;

/** What would begin a heading, a list or a rule. */
const BEGINNING = /^(?:[#+=-]|\d{1,9}(?=[.)]))/;

/** Letters that stand for themselves inside a code span, in a table as well. */
const PLAIN_CODE = /^[\w./:@#+=,^~-]+$/;

const REPLACEMENTS: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  // An empty-width character keeps GitHub from telling somebody that they were mentioned.
  '@': '@&#8203;',
  $: '<span>$</span>',
};

/** Outside text as Markdown that shows exactly this text, on one line, cut to `longest` characters. */
export function escapeMarkdown(text: string, longest?: number): string {
  return escapeLine(oneLine(text, longest));
}

/**
 * Outside text in which addresses of this repository's own issues, pull requests and runs are links, and no others. GitHub's own
 * addresses cannot lead a reader anywhere else.
 */
export function escapeWithLinks(text: string, repositoryUrl: string, longest?: number): string {
  const own = new RegExp(`(${repositoryUrl.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')}/(?:issues|pull|actions/runs)/\\d{1,15})(?![\\w/])`);
  return oneLine(text, longest)
    .split(own)
    .map((piece, position) =>
      position % 2 === 0 ? escapeLine(piece) : link(escapeLine(piece.slice(piece.lastIndexOf('/', piece.lastIndexOf('/') - 1) + 1)), piece),
    )
    .join('');
}

function escapeLine(line: string): string {
  const escaped = line.replace(MEANINGFUL, (character) => REPLACEMENTS[character] ?? `\\${character}`);
  return escaped.replace(BEGINNING, (start) => (/\d/.test(start) ? `${start}\\` : `\\${start}`));
}

/** Outside text in a fixed-width font: a sha, a ref, a code. */
export function codeSpan(text: string, longest?: number): string {
  const line = oneLine(text, longest);
  return PLAIN_CODE.test(line) ? `\`${line}\`` : `<code>${escapeLine(line)}</code>`;
}

/** A link around a label that is Markdown already; the label alone when the address is not one of the web. */
export function link(label: string, url: string): string {
  if (url.length > LONGEST_URL || !URL.canParse(url)) return label;
  const { protocol, href } = new URL(url);
  if (protocol !== 'https:' && protocol !== 'http:') return label;
  const target = href.replace(/[()|\\`<>\s]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
  return `[${label}](${target.replaceAll('&', '&amp;')})`;
}

/** A table of Markdown cells; the empty string without rows. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return '';
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(header), line(header.map(() => '---')), ...rows.map(line)].join('\n');
}

/** A part that is folded away until somebody opens it. */
export function details(summary: string, body: string): string {
  return `<details>\n<summary>${summary}</summary>\n\n${body}\n\n</details>`;
}
