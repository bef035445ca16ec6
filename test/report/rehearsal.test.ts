import { describe, expect, it } from 'vitest';
import type { RehearsalEvidence } from '../../src/rehearsal/evidence.ts';
import { LONGEST_BRIEF } from '../../src/report/brief.ts';
import { MARKDOWN, PLAIN } from '../../src/report/markup.ts';
import { rehearsalBrief, rehearsalSentence, rehearsalText } from '../../src/report/rehearsal.ts';
import { rehearsalPage } from '../../src/report/rehearsal-page.ts';
import { timelineSvg } from '../../src/report/rehearsal-timeline.ts';
import { facts, lock, observation, phase, statement } from '../rehearsal/verdict/facts.ts';
import { BAD, evidenceOf, GOOD, IMPOSSIBLE } from './rehearsal-samples.ts';

const RECORD = { id: 5, url: 'https://github.com/octo-org/shop/actions/runs/1' };
const WARNED: RehearsalEvidence = evidenceOf(facts([], { commands: { migrate: 'm', rollback: null, previous: null } }));

describe('the verdict in one sentence', () => {
  it.each([
    [GOOD, 'The migration of **v2.7.0** passed its rehearsal for **staging**.'],
    [WARNED, 'The migration of **v1.4.2** passed its rehearsal for **staging**, with 1 warning.'],
    [BAD, 'The migration of **v2.7.0** failed its rehearsal for **staging**: 10 findings.'],
    [IMPOSSIBLE, 'The migration of **v1.4.2** could not be rehearsed for **staging**, and nothing is recorded.'],
  ])('%#', (evidence, sentence) => {
    expect(rehearsalSentence(evidence, MARKDOWN)).toBe(sentence);
    expect(rehearsalSentence(evidence, PLAIN)).toBe(sentence.replaceAll('**', ''));
  });
});

describe('the summary', () => {
  const brief = rehearsalBrief(BAD, RECORD);

  it('has the verdict, then every finding with what to change, failures first', () => {
    expect(brief.startsWith('### ❌ The migration')).toBe(true);
    const told = [...brief.matchAll(/^- (❌|⚠️) `(\w+)`/gmu)].map(([, sign, code]) => [sign, code]);
    expect(told).toEqual(BAD.reasons.map(({ code, consequence }) => [consequence === 'fail' ? '❌' : '⚠️', code]));
    expect(brief.match(/\*\*Change:\*\*/g)).toHaveLength(BAD.reasons.length);
    expect(brief).toContain('CREATE INDEX CONCURRENTLY');
  });

  it('has cycle, timeline, statements, readers and writers, disk, comparison and production', () => {
    const headings = [...brief.matchAll(/^#### (.+)$/gm)].map(([, title]) => title);
    expect(headings).toEqual([
      'The cycle',
      'Timeline',
      'Statements, alone',
      'Readers and writers',
      'Disk',
      'Compared with the last rehearsal',
      'Production',
    ]);
    expect(brief).toContain('| Migrate again | ○ skipped |  | the way back leaves another schema |');
    expect(brief).toMatch(/\| writes, beside the migration \| 388 \| .*20\\\.7 s \|/);
    expect(brief).toContain('4.41 GB at its peak (+934 MB)');
    expect(brief).toMatch(/\| migration, alone \| 12\\\.3 s \| 18\\\.4 s \| ▲ 50 % \|/);
    expect(brief).toContain('v2.6.3 rehearsed 12.3 s, took 15.9 s in production: factor 1.29, 29 % more than rehearsed.');
    expect(brief).toContain('this migration takes 23.8 s in production: 18.4 s × 1.29.');
    expect(brief).toContain('31 hours before this rehearsal');
    expect(brief).toContain('22 columns masked');
    expect(brief).toContain('[5](https://github.com/octo-org/shop/actions/runs/1)');
  });

  it('shows what is to be copied as it is', () => {
    const none = rehearsalBrief(IMPOSSIBLE, null);
    expect(none).toContain('```text\n  public.customers:\n    nickname: mask\n    `odd`: keep\n```');
    expect(none).not.toContain('Record:');
    expect(none).not.toContain('Masking');
  });

  it('of thousands of statements and findings stays short', () => {
    const statements = Array.from({ length: 3000 }, (_, index) =>
      statement(index + 1, `ALTER TABLE t${index} ADD COLUMN ${'x'.repeat(1900)} int`, { seconds: 2, lockTimeout: 0 }),
    );
    const locks = statements.map(({ number }) => lock(`public.t${number}`, { statement: number, held: { atLeast: 2000, atMost: 2001 } }));
    const long = evidenceOf(facts([phase('up', { observation: observation({ statements, locks }) })]));
    const text = rehearsalBrief(long, RECORD);
    expect(Buffer.byteLength(text)).toBeLessThan(LONGEST_BRIEF / 3);
    expect(text).toMatch(/… and \d+ more in the full report/);
    expect(text).toContain('… and 2980 more in the full report.');
    expect(timelineSvg(long)).toContain('without 2975 shorter ones');
    expect(Buffer.byteLength(timelineSvg(long))).toBeLessThan(300_000);
  });
});

describe('what others have named', () => {
  const hostile = '</code><script>alert(1)</script>\n::error::x `tick` | @octocat ![a](https://example.org)';
  const evidence = evidenceOf(
    facts(
      [
        phase('up', {
          outcome: 'failed',
          because: hostile,
          command: { ended: 'failure', exitCode: 1, seconds: 1 },
          observation: observation({
            statements: [statement(1, hostile, { error: '42P01', seconds: 3 })],
            locks: [lock(hostile)],
            blind: [hostile],
          }),
        }),
        phase('equal', { outcome: 'failed', differences: [hostile] }),
      ],
      { candidate: { sha: 'a'.repeat(40), version: hostile, digest: hostile }, environment: hostile, migrations: hostile },
    ),
  );

  it('is harmless in the summary', () => {
    const text = rehearsalBrief(evidence, { id: 1, url: 'javascript:alert(1)' });
    expect(text).not.toMatch(/<script|javascript:|(?<!\\)!\[a\]|@octocat/);
  });

  it('is harmless in the log', () => {
    expect(rehearsalText(evidence)).not.toMatch(/^\s*::|\n::/);
    expect(rehearsalText(evidence).includes('::')).toBe(false);
  });

  it('is harmless in the page and the picture', () => {
    for (const text of [rehearsalPage(evidence), timelineSvg(evidence)]) {
      expect(text).toContain('&lt;script&gt;');
      expect(text).not.toMatch(/<script|<img|https:\/\/example\.org"/);
    }
  });
});

describe('the page', () => {
  it.each([
    ['good', GOOD],
    ['bad', BAD],
  ])('of a %s rehearsal needs nothing from elsewhere', (_name, evidence) => {
    const page = rehearsalPage(evidence);
    expect(page).not.toMatch(/\b(?:src|href)=|@import|url\((?!#)/);
    expect(page).toContain("default-src 'none'");
    // These two do not fall back to default-src.
    expect(page).toContain("base-uri 'none'; form-action 'none'");
    expect(page.match(/<svg[^>]*class="rt"/g)).toHaveLength(1);
  });

  it('has every statement and every finding', () => {
    const page = rehearsalPage(BAD);
    for (const { code } of BAD.reasons) expect(page).toContain(`<code>${code}</code>`);
    for (const { number } of BAD.phases[0]?.observation?.statements ?? [])
      expect(page).toContain(`<td data-label="#" class="number"><span>${number}</span></td>`);
    expect(page).toContain('index public.orders_customer_total is still there');
  });
});

describe('the picture', () => {
  const picture = timelineSvg(BAD);

  it('stands alone, named, in light and dark, without scripts', () => {
    expect(picture).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
    expect(picture).toContain('<title>Timeline of the migration of v2.7.0</title>');
    expect(picture).toMatch(/<desc id="rt-desc">.*Alone: Statements, 6 rows; Locks, 2 rows\..*Stalls/);
    expect(picture).toContain('prefers-color-scheme:dark');
    expect(picture).not.toContain('<script');
  });

  it('shows for each lock what is sure and what is possible', () => {
    const bar =
      /<g><title>AccessExclusiveLock on public\.customers by statement 4, held between 1\.7 s and 2\.2 s: stops reads and writes<\/title>(.*?)<\/g>/.exec(
        picture,
      )?.[1] ?? '';
    const widths = [...bar.matchAll(/ width="([\d.]+)%"/g)].map(([, width]) => Number(width));
    expect(bar).toContain('class="rt-everybody"');
    expect(bar).toContain('fill="url(#rt-hatch-everybody)"');
    expect((widths[1] ?? 0) / (widths[0] ?? 1)).toBeCloseTo(500 / 1700, 1);
  });

  it('keeps every bar between its edges', () => {
    const bars = [...picture.matchAll(/<rect (?:class="rt-\w+"|fill="[^"]+") x="([\d.]+)%" y="\d+" width="([\d.]+)%"/g)].map(
      ([, x, width]) => [Number(x), Number(width)] as const,
    );
    expect(bars.length).toBeGreaterThan(25);
    for (const [x, width] of bars) expect(x + width).toBeLessThanOrEqual(100.02);
  });

  it('is left out when nothing was observed', () => {
    expect(timelineSvg(IMPOSSIBLE)).toBe('');
  });
});
