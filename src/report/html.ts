import { oneLine } from './outside-text.ts';

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** Outside text on one line, harmless as content and inside a quoted attribute of HTML or SVG. */
export function escapeHtml(text: string, longest?: number): string {
  return oneLine(text, longest).replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}

/** Plain text with code between backticks. */
export function inlineHtml(text: string): string {
  return text
    .split('`')
    .map((piece, position) => {
      if (position % 2 === 1) return `<code>${escapeHtml(piece, 2000)}</code>`;
      const [before, after] = [/^\s/.test(piece) ? ' ' : '', /\S\s+$/.test(piece) ? ' ' : ''];
      return `${before}${escapeHtml(piece, 2000)}${after}`;
    })
    .join('');
}
