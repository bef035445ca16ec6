import { describe, expect, it } from 'vitest';
import type { Job } from '../../sandbox/github/index.ts';
import { html } from '../../sandbox/page/html.ts';
import { groupJobs } from '../../sandbox/page/job-groups.ts';
import { logLine } from '../../sandbox/page/log-lines.ts';
import { renderMarkdown } from '../../sandbox/page/markdown.ts';
import { duration, relative } from '../../sandbox/page/times.ts';

describe('HTML', () => {
  it('takes what is put into it as text, unless it is HTML', () => {
    const bad = `<b a="1" c='2'>&`;
    expect(html`<p title="${bad}">${[bad, html`<i>${1}</i>`, null, false]}</p>`.text).toBe(
      '<p title="&lt;b a=&quot;1&quot; c=&#39;2&#39;&gt;&amp;">&lt;b a=&quot;1&quot; c=&#39;2&#39;&gt;&amp;<i>1</i></p>',
    );
  });
});

describe('Markdown', () => {
  it.each([
    ['**a** `b` ~~c~~', '<p><strong>a</strong> <code>b</code> <del>c</del></p>'],
    ['a<br/>b', '<p>a<br>b</p>'],
    ['<b onclick="x()">a</b>', '<p><b>a</b></p>'],
    ['<script>x</script>', '&lt;script&gt;x&lt;/script&gt;'],
    ['a <img src=x onerror=y>', '<p>a &lt;img src=x onerror=y&gt;</p>'],
    ['<a href="https://example.com/?a=1&b=2" onclick=x>y</a>', '<p><a href="https://example.com/?a=1&amp;b=2">y</a></p>'],
    ['<a href="javascript:x">y</a>', '<p><a>y</a></p>'],
    ['[a](javascript:x)', '<p><a href="">a</a></p>'],
    ['</main></section> a', '&lt;/main&gt;&lt;/section&gt; a'],
    ['<code>(<span class="x">$</span>1)</code>', '<p><code>(<span>$</span>1)</code></p>'],
    ['</details> a', ' a'],
    ['a <!-- b --> c', '<p>a  c</p>'],
    ['<td align="right" style="x">a</td>', '<td align="right">a</td>'],
    ['a < b &amp; c', '<p>a &lt; b &amp; c</p>'],
    ['<details>\n<summary>s &lt; t</summary>\n\nb', '<details>\n<summary>s &lt; t</summary>\n<p>b</p></details>'],
    ['<details open ontoggle=x><summary>s', '<details open><summary>s</summary></details>'],
  ])('%j', (source, expected) => {
    expect(renderMarkdown(source).text.replaceAll('\n\n', '\n')).toBe(expected);
  });
});

describe('a line of a log', () => {
  const shown = (text: string) => logLine(text, 7).text;
  it.each([
    ['a <b>', '<li value="7" class="line-plain"><span class="line-text">a &lt;b&gt;</span></li>'],
    ['##[error]no', '<li value="7" class="line-error"><span class="line-text"><b>Error: </b>no</span></li>'],
    ['2026-03-02T10:00:00.1234567Z ##[group]Run x', '<li value="7" class="line-group"><span class="line-text">Run x</span></li>'],
    ['[command]git fetch', '<li value="7" class="line-command"><span class="line-text">git fetch</span></li>'],
    ['##[endgroup]', '<li value="7" class="line-endgroup"></li>'],
    [
      '\u001b[1;31mx<\u001b[0my\u001b[2Kz',
      '<li value="7" class="line-plain"><span class="line-text"><span class="ansi-red ansi-bold">x&lt;</span>yz</span></li>',
    ],
    ['\u001b]8;;http://x\u0007link', '<li value="7" class="line-plain"><span class="line-text">link</span></li>'],
  ])('%j', (text, expected) => {
    expect(shown(text)).toBe(expected);
  });
});

describe('times', () => {
  it.each([
    [0, '0.0s'],
    [1234, '1.2s'],
    [61_000, '1m 1s'],
    [3_720_000, '1h 2m'],
    [90_000_000, '1d 1h'],
  ])('%d ms is %s', (milliseconds, words) => {
    expect(duration(milliseconds)).toBe(words);
  });

  it.each([
    [0, 'now'],
    [60_000, '1 minute ago'],
    [7_200_000, '2 hours ago'],
    [-172_800_000, 'in 2 days'],
  ])('%d ms back is %s', (back, words) => {
    expect(relative(1e12 - back, 1e12)).toBe(words);
  });
});

it('groups jobs by the call that brought them', () => {
  const jobs = ['plan', 'build', 'stage-1 (dev) / deploy', 'p / stage (uat) / gate', 'stage-1 (dev) / accept', 'resume'].map(
    (name) => ({ name }) as Job,
  );
  expect(groupJobs(jobs).map(({ name, jobs: own }) => [name, own.map((job) => job.name)])).toEqual([
    [null, ['plan', 'build']],
    ['stage-1 (dev)', ['stage-1 (dev) / deploy', 'stage-1 (dev) / accept']],
    ['p / stage (uat)', ['p / stage (uat) / gate']],
    [null, ['resume']],
  ]);
});
