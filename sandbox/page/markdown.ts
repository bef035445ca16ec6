/**
 * Markdown as GitHub shows it. HTML in it passes when it is one of a few harmless elements, without attributes but those listed here,
 * and is shown as text otherwise: what comes out is put together from known pieces, nothing of the source's markup is taken over.
 */
import { micromark } from 'micromark';
import { gfm, gfmHtml } from 'micromark-extension-gfm';
import { escapeHtml, Html } from './html.ts';

type HtmlExtension = NonNullable<NonNullable<Parameters<typeof micromark>[1]>['htmlExtensions']>[number];

const ALLOWED = new Set(
  'a details summary b strong i em u s del ins sub sup kbd code samp span var pre p blockquote ul ol li table thead tbody tr th td h1 h2 h3 h4 h5 h6 br hr'.split(
    ' ',
  ),
);
const EMPTY = new Set(['br', 'hr']);
const TAG = /<!--[\s\S]*?-->|<\/?[a-zA-Z][^<>]*>/g;

/** Renders one text. Elements that it leaves open are closed at its end, and ends without a beginning are dropped. */
export function renderMarkdown(source: string): Html {
  const open: string[] = [];
  const rendered = micromark(source, {
    allowDangerousHtml: false,
    extensions: [gfm()],
    htmlExtensions: [gfmHtml(), harmlessHtml(open)],
  });
  const ends = open.toReversed().map((name) => `</${name}>`);
  return new Html(rendered + ends.join(''));
}

/** Takes the place of micromark's own answer to HTML, which is to show all of it as text. */
function harmlessHtml(open: string[]): HtmlExtension {
  return {
    enter: {
      htmlFlow(token) {
        this.lineEndingIfNeeded();
        this.raw(harmless(this.sliceSerialize(token), open));
      },
      htmlText(token) {
        this.raw(harmless(this.sliceSerialize(token), open));
      },
    },
    exit: { htmlFlow() {}, htmlFlowData() {}, htmlText() {}, htmlTextData() {} },
  };
}

function harmless(markup: string, open: string[]): string {
  let text = '';
  let done = 0;
  for (const match of markup.matchAll(TAG)) {
    text += escapeEntities(markup.slice(done, match.index)) + harmlessTag(match[0], open);
    done = match.index + match[0].length;
  }
  return text + escapeEntities(markup.slice(done));
}

/** Text between tags; references like `&amp;` stay what they are. */
function escapeEntities(text: string): string {
  return escapeHtml(text).replace(/&amp;(#\d{1,7}|#x[\da-f]{1,6}|[a-z]\w{1,30});/gi, '&$1;');
}

function harmlessTag(tag: string, open: string[]): string {
  if (tag.startsWith('<!--')) return '';
  const [, slash = '', written = '', rest = ''] = /^<(\/?)([a-zA-Z][\w-]*)([^<>]*)>$/.exec(tag) ?? [];
  const name = written.toLowerCase();
  if (!ALLOWED.has(name)) return escapeHtml(tag);
  if (slash === '') return openingTag(name, rest, open);
  const at = open.lastIndexOf(name);
  if (at === -1) return '';
  const closed = open.splice(at);
  return closed
    .toReversed()
    .map((one) => `</${one}>`)
    .join('');
}

function openingTag(name: string, rest: string, open: string[]): string {
  if (EMPTY.has(name)) return `<${name}>`;
  open.push(name);
  const shown = name === 'details' && /^\s+open\b/i.test(rest) ? ' open' : '';
  const href = name === 'a' ? /\shref=["']?(https?:\/\/[^\s"'<>]+)/i.exec(rest)?.[1] : undefined;
  if (href !== undefined) return `<a href="${escapeEntities(href)}">`;
  const align = /^t[hd]$/.test(name) ? /\balign="?(left|right|center)\b/i.exec(rest)?.[1]?.toLowerCase() : undefined;
  return `<${name}${shown}${align === undefined ? '' : ` align="${align}"`}>`;
}
