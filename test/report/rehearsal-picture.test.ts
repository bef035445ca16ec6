import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RehearsalEvidence } from '../../src/rehearsal/evidence.ts';
import { rehearsalGantt } from '../../src/report/rehearsal-gantt.ts';
import { rehearsalPage } from '../../src/report/rehearsal-page.ts';
import { type Browsing, browse, LAUNCH_TIMEOUT } from '../page/browser.ts';
import { faintTexts, nameless, overflow } from '../page/look.ts';
import { facts, load, lock, observation, phase, statement } from '../rehearsal/verdict/facts.ts';
import { BAD, evidenceOf, GOOD, IMPOSSIBLE } from './rehearsal-samples.ts';

/** What somebody might name things who wants to break a picture. */
const NASTY = '"; <script>x</script> :crit, %%{init: {}}%% # section end\u202e';
const ODD: RehearsalEvidence = evidenceOf(
  facts([
    phase('up', { observation: observation({ statements: [statement(1, NASTY), statement(2, 'x'.repeat(2000))], locks: [lock(NASTY)] }) }),
    phase('load', {
      observation: observation({ statements: [statement(1, NASTY, { error: '42P01' })], locks: [lock(NASTY)] }),
      load: load({ stalls: [{ kind: 'read', relation: NASTY, from: 0, lasted: 90 }] }),
    }),
  ]),
);
const SAMPLES = { BAD, GOOD, IMPOSSIBLE, ODD };

let browsing: Browsing;
let page: Page;
beforeAll(async () => {
  browsing = await browse();
}, LAUNCH_TIMEOUT);
afterAll(() => browsing.close());

describe.each(Object.entries(SAMPLES))('the page of %s', (_name, evidence) => {
  it.each([
    [1000, 'light'],
    [390, 'light'],
    [1000, 'dark'],
    [390, 'dark'],
  ] as const)('at %i pixels, %s: nothing sticks out, nothing is faint, every picture has a name', async (width, colorScheme) => {
    page = await browsing.open({ viewport: { width, height: 900 }, colorScheme });
    await page.setContent(rehearsalPage(evidence));
    expect(await overflow(page)).toEqual([]);
    const { looked, found } = await faintTexts(page);
    expect(looked).toBeGreaterThan(5);
    expect(found).toEqual([]);
    expect(await nameless(page)).toEqual([]);
    expect(await textsOutside(page)).toEqual([]);
    expect(await page.locator('script').count()).toBe(0);
    await page.close();
  });
});

describe('the timeline of the summary', () => {
  it.each(['BAD', 'GOOD', 'ODD'] as const)('of %s is drawn by Mermaid', async (name) => {
    const source = rehearsalGantt(SAMPLES[name]);
    page = await browsing.open();
    await page.addScriptTag({ path: join(import.meta.dirname, '../../node_modules/mermaid/dist/mermaid.min.js') });
    const drawn = await page.evaluate(
      `(async () => { mermaid.initialize({ startOnLoad: false, securityLevel: 'strict' }); return (await mermaid.render('one', ${JSON.stringify(source)})).svg; })()`,
    );
    const bars = (String(drawn).match(/<rect[^>]*class="task /g) ?? []).length;
    expect(bars).toBe(source?.split('\n').filter((line) => /^ {2}.+ :/.test(line)).length);
    expect(bars).toBeGreaterThan(2);
    await page.close();
  });

  it('is left out when nothing was observed', () => {
    expect(rehearsalGantt(IMPOSSIBLE)).toBeNull();
  });
});

it('nothing went wrong in any page', () => {
  expect(browsing.mishaps).toEqual([]);
});

/** Texts of the picture that are shown and reach over its edges. */
async function textsOutside(of: Page): Promise<readonly string[]> {
  return (await of.evaluate(`(() => {
    const picture = document.querySelector('svg.rt');
    if (picture === null) return [];
    const edge = picture.getBoundingClientRect();
    return [...picture.querySelectorAll('text')].filter((one) => {
      const box = one.getBoundingClientRect();
      return box.width > 0 && (box.left < edge.left - 0.5 || box.right > edge.right + 0.5 || box.bottom > edge.bottom);
    }).map((one) => one.textContent.slice(0, 60));
  })()`)) as string[];
}
