import * as fc from 'fast-check';
import { micromark } from 'micromark';
import { gfm, gfmHtml } from 'micromark-extension-gfm';
import { describe, expect, it } from 'vitest';
import { codeSpan, details, escapeMarkdown, escapeWithLinks, link, table } from '../../src/report/markdown.ts';
import { oneLine } from '../../src/report/outside-text.ts';
import { REPOSITORY } from './samples.ts';

/** Markdown as GitHub would show it, with HTML let through as GitHub lets harmless HTML through. */
function render(markdown: string): string {
  return micromark(markdown, { extensions: [gfm()], htmlExtensions: [gfmHtml()], allowDangerousHtml: true });
}

/** The text a reader sees: our own `span` around a dollar sign and the empty-width character after an at sign show nothing. */
function seen(html: string): string {
  return html
    .replace(/<\/?span>/g, '')
    .replaceAll('@\u200B', '@')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&');
}

const ATTACKS = [
  '`rm -rf`',
  '``` fence',
  '| a | b |',
  'a|b',
  '\\| a',
  '[click](https://evil.example)',
  '[click][1]',
  '![pixel](https://evil.example/p.png)',
  '<img src=x onerror=alert(1)>',
  '<!-- hidden',
  '</details>',
  '<https://evil.example>',
  'https://evil.example/path?x=1',
  'HTTP://evil.example',
  'www.evil.example',
  'WWW.evil.example',
  'someone@evil.example',
  'mailto:someone@evil.example',
  '@octocat @octo-org/release',
  '# heading',
  '- item',
  '+ item',
  '* item',
  '---',
  '===',
  '1. item',
  '12) item',
  '> quote',
  '[ ] task',
  '**bold** _it_ ~~gone~~ ~gone~',
  '&lt;b&gt; &copy; &#64;',
  'ends with a backslash \\',
  'ends with !',
  '[^1]: footnote [^1]',
  '    indented code',
  '$\\color{white}{hidden}$ $$x$$',
  '::error::x',
];

describe('outside text as Markdown', () => {
  it.each(ATTACKS)('shows %j as itself', (attack) => {
    const html = render(escapeMarkdown(attack));
    expect(seen(html)).toBe(`<p>${oneLine(attack)}</p>`);
  });

  it.each(ATTACKS)('shows %j as itself in a cell, in bold, and before a link', (attack) => {
    const html = render(table(['a', 'b'], [[escapeMarkdown(attack), `**${escapeMarkdown(`x${attack}x`)}**`]]));
    expect(html.match(/<td>/g)).toHaveLength(2);
    const cells = [...html.matchAll(/<td>([\s\S]*?)<\/td>/g)].map((match) => seen(match[1] ?? ''));
    expect(cells).toEqual([oneLine(attack), `<strong>x${attack.replace(/\s+/g, ' ')}x</strong>`]);
    expect(render(`${escapeMarkdown(attack)}[ours](https://github.com)`)).not.toContain('<img');
  });

  it.each(ATTACKS)('shows %j as itself in fixed width', (attack) => {
    const html = render(`| a |\n| --- |\n| ${codeSpan(attack)} |`);
    expect(seen(html)).toContain(`<td><code>${oneLine(attack)}</code></td>`);
  });

  it('shows any text as itself', () => {
    const pieces = fc.array(fc.constantFrom(...'`*_[]()<>|~!#-+=.:/\\@$&wht1ps \n\t', 'www.', 'https://', 'a', '1.'), { maxLength: 24 });
    const texts = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      pieces.map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(texts, (text) => {
        const shown = oneLine(text);
        expect(seen(render(`x ${escapeMarkdown(text)} x`))).toBe(`<p>x ${shown} x</p>`);
        expect(seen(render(`- ${escapeMarkdown(text)}`)).replace(/\s*\n\s*/g, '')).toBe(`<ul><li>${shown}</li></ul>`);
      }),
      { numRuns: 300 },
    );
  });

  it('tells nobody that they were mentioned', () => {
    expect(render(escapeMarkdown('thanks @octocat'))).toBe('<p>thanks @\u200Boctocat</p>');
  });

  it('keeps ordinary text readable in its source', () => {
    expect(escapeMarkdown('production: database upgrade, 09:00-16:00 (v1.4.2)')).toBe('production: database upgrade, 09:00-16:00 (v1.4.2)');
    expect(codeSpan('refs/heads/hotfix/pay-by-invoice')).toBe('`refs/heads/hotfix/pay-by-invoice`');
  });
});

describe('links', () => {
  it.each([
    'javascript:alert(1)',
    'data:text/html,x',
    'file:///etc/passwd',
    '/relative',
    'not an address',
    `https://a.example/${'x'.repeat(3000)}`,
  ])('does not link to %s', (url) => {
    expect(link('label', url)).toBe('label');
  });

  it('keeps an address from ending its link, its cell or its attribute', () => {
    const html = render(table(['a'], [[link('label', 'https://github.com/a(b)c|d`e"f<g>?x=1&copy;=2')]]));
    expect(html).toContain('<td><a href="https://github.com/a%28b%29c%7Cd%60e%22f%3Cg%3E?x=1&amp;copy;=2">label</a></td>');
  });

  it('links addresses of this repository and no others', () => {
    const text = `held (${REPOSITORY}/issues/31), see ${REPOSITORY}/pull/4x, ${REPOSITORY}.evil.example/issues/1 and https://evil.example/issues/2`;
    const hrefs = [...render(escapeWithLinks(text, REPOSITORY)).matchAll(/href="([^"]*)"/g)].map((match) => match[1]);
    expect(hrefs).toEqual([`${REPOSITORY}/issues/31`]);
  });
});

describe('details', () => {
  it('folds Markdown away', () => {
    const html = render(`before\n\n${details('3 more', '- one\n- two')}\n\nafter`);
    expect(html).toContain('<summary>3 more</summary>');
    expect(html).toContain('<li>one</li>');
    expect(html).toContain('</details>\n<p>after</p>');
  });
});
