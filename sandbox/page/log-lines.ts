/** Lines of a log as GitHub shows them: colours, groups, and what `##[…]` marks. */
import { escapeHtml, Html, html } from './html.ts';

const MARK = /^##\[(error|warning|notice|debug|command|group|endgroup|section)\]/;
const BARE_COMMAND = /^\[command\]/;
// Escape sequences: those that set colours are heeded, all others dropped.
// biome-ignore lint/suspicious/noControlCharactersInRegex: the escape character is what is looked for
const SEQUENCE = /\u001b\[([\d;]*)([A-Za-z])|\u001b\][^\u0007]*\u0007/g;

/** Time that the runner puts before each line. */
const STAMP = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z /;

const COLOURS = ['black', 'red', 'green', 'yellow', 'blue', 'magenta', 'cyan', 'white'] as const;

interface Style {
  colour: string | null;
  bold: boolean;
}

/** One line, escaped; `number` is its place in the job's log, from 1. */
export function logLine(text: string, number: number): Html {
  const line = text.replace(STAMP, '');
  const kind = MARK.exec(line)?.[1] ?? (BARE_COMMAND.test(line) ? 'command' : 'plain');
  const bare = line.replace(MARK, '').replace(BARE_COMMAND, '');
  if (kind === 'endgroup') return html`<li value="${number}" class="line-endgroup"></li>`;
  return html`<li value="${number}" class="line-${kind}"><span class="line-text">${spoken(kind)}${coloured(bare)}</span></li>`;
}

/** What the colour of a line says, in a word. */
function spoken(kind: string): Html | null {
  const word = { error: 'Error: ', warning: 'Warning: ', notice: 'Notice: ' }[kind];
  return word === undefined ? null : html`<b>${word}</b>`;
}

function coloured(text: string): Html {
  const style: Style = { colour: null, bold: false };
  let built = '';
  let done = 0;
  for (const match of text.matchAll(SEQUENCE)) {
    built += piece(text.slice(done, match.index), style);
    if (match[2] === 'm') restyle(style, match[1] ?? '');
    done = match.index + match[0].length;
  }
  return new Html(built + piece(text.slice(done), style));
}

function piece(text: string, { colour, bold }: Style): string {
  if (text === '') return '';
  const classes = [...(colour === null ? [] : [`ansi-${colour}`]), ...(bold ? ['ansi-bold'] : [])];
  return classes.length === 0 ? escapeHtml(text) : `<span class="${classes.join(' ')}">${escapeHtml(text)}</span>`;
}

function restyle(style: Style, codes: string): void {
  for (const code of codes.split(';').map(Number)) {
    if (code === 0) Object.assign(style, { colour: null, bold: false });
    else if (code === 1) style.bold = true;
    else if (code === 22) style.bold = false;
    else if (code === 39) style.colour = null;
    else if ((code >= 30 && code <= 37) || (code >= 90 && code <= 97)) style.colour = COLOURS[code % 10] ?? null;
  }
}
