/** The page in a real browser: what people see and do at a gate. */
import type { BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Browsing, browse, DESKTOP, LAUNCH_TIMEOUT, PHONE } from './browser.ts';
import { faintTexts, focused, nameless, overflow, tabTo } from './look.ts';
import { HOSTILE_BRANCH, openWorld, sampleFolder, type World } from './world.ts';

const sample = sampleFolder();
afterAll(() => sample.remove());

let browsing: Browsing;
let world: World;
let page: Page;

beforeAll(async () => {
  browsing = await browse();
}, LAUNCH_TIMEOUT);
afterAll(async () => {
  await browsing.close();
});
beforeEach(async () => {
  world = await openWorld(sample);
});
afterEach(async () => {
  await page.context().close();
  expect(browsing.mishaps).toEqual([]);
  expect(world.sandbox.violations).toEqual([]);
  await world.close();
});

async function look(rest: string, options: BrowserContextOptions = {}): Promise<void> {
  page = await browsing.open(options);
  await page.goto(world.address(rest));
}

const runPath = () => `/actions/runs/${world.waiting.id}`;
const button = (name: string) => page.getByRole('button', { name, exact: true });
const dialog = () => page.getByRole('dialog', { name: 'Review pending deployments' });
const signIn = (login: string) => page.getByLabel('Signed in as').selectOption(login);
const reviews = () => world.sandbox.state.runs.find((run) => run.id === world.waiting.id)?.reviews ?? [];

describe('a review', () => {
  it('approves with a comment, as who was chosen, and the page follows', async () => {
    await look(runPath());
    await signIn('mona');
    await button('Review deployments').click();
    await dialog().getByRole('checkbox', { name: 'uat' }).check();
    await dialog().getByLabel('Leave a comment').fill('looks <b>good</b>');
    await dialog().getByRole('button', { name: 'Approve and deploy' }).click();
    await dialog().waitFor({ state: 'hidden' });
    expect(reviews()).toMatchObject([{ user: 'mona', state: 'approved', comment: 'looks <b>good</b>', environments: ['uat'] }]);
    const card = page.getByRole('region', { name: 'Deployment protection rules' });
    await card.getByText('mona approved uat').waitFor();
    expect(await card.locator('blockquote').textContent()).toBe('looks <b>good</b>');
    expect(await button('Review deployments').count()).toBe(0);
    const asked = world.sandbox.requests.all.filter((request) => request.operation === 'actions/review-pending-deployments-for-run');
    expect(asked).toMatchObject([{ login: 'mona', status: 200 }]);
  });

  it('rejects, and the run has failed', async () => {
    await look(runPath());
    await button('Review deployments').click();
    await dialog().getByLabel('Review as').selectOption('mona');
    await dialog().getByRole('checkbox', { name: 'uat' }).check();
    await dialog().getByRole('button', { name: 'Reject' }).click();
    await page.getByRole('heading', { level: 1 }).getByRole('img', { name: 'Failure' }).waitFor();
    expect(reviews()).toMatchObject([{ user: 'mona', state: 'rejected' }]);
    expect(await page.locator('#announce').textContent()).toBe("The run's status is now: Failure");
  });

  it.each([
    ['octocat', 'octocat started this run and may not review it'],
    ['hubot', 'hubot is not a required reviewer of uat'],
  ])('by %s is refused, and says why where the form still is', async (login, words) => {
    await look(runPath());
    await signIn(login);
    await button('Review deployments').click();
    await dialog().getByRole('checkbox', { name: 'uat' }).check();
    await dialog().getByLabel('Leave a comment').fill('please');
    await dialog().getByRole('button', { name: 'Approve and deploy' }).click();
    await dialog().getByRole('alert').getByText(words, { exact: true }).waitFor();
    expect(await dialog().getByLabel('Leave a comment').inputValue()).toBe('please');
    expect(reviews()).toEqual([]);
    expect(world.waiting.status).toBe('waiting');
  });

  it('is given for one environment of two, and the dialog then offers the other', async () => {
    const { given, state } = world.sandbox;
    await look(runPath());
    await signIn('mona');
    given.waiting(world.waiting.id, 'production');
    await page.getByText('requested your review to deploy to uat and production').waitFor();
    await button('Review deployments').click();
    await dialog().getByRole('checkbox', { name: 'production' }).check();
    await dialog().getByRole('checkbox', { name: 'uat' }).uncheck();
    await dialog().getByRole('button', { name: 'Approve and deploy' }).click();
    await dialog().waitFor({ state: 'hidden' });
    expect(reviews()).toMatchObject([{ environments: ['production'] }]);
    expect(state.runs.find((run) => run.id === world.waiting.id)).toMatchObject({ status: 'waiting', waiting: ['uat'] });
    await page.getByText('requested your review to deploy to uat and production').waitFor({ state: 'hidden' });
    await button('Review deployments').click();
    expect(await dialog().getByRole('checkbox').count()).toBe(1);
    expect(await dialog().getByRole('checkbox', { name: 'uat' }).count()).toBe(1);
  });

  it('of nothing is not sent', async () => {
    await look(runPath());
    await button('Review deployments').click();
    await dialog().getByRole('checkbox', { name: 'uat' }).uncheck();
    await dialog().getByRole('button', { name: 'Approve and deploy' }).click();
    await dialog().getByRole('alert').getByText('Choose at least one environment.').waitFor();
    expect(world.sandbox.requests.all).toEqual([]);
  });
});

describe('the keyboard alone', () => {
  it('approves: chooses who, opens the dialog, ticks, writes, sends', async () => {
    await look(runPath());
    await page.keyboard.press('Tab');
    expect((await focused(page)).name).toBe('Skip to content');
    await tabTo(page, 'Signed in as');
    await page.keyboard.type('mona');
    await tabTo(page, 'Review deployments');
    await page.keyboard.press('Enter');
    await dialog().waitFor();
    expect((await focused(page)).name).toBe('Review as');
    await tabTo(page, 'uat');
    if (!(await dialog().getByRole('checkbox', { name: 'uat' }).isChecked())) await page.keyboard.press('Space');
    await tabTo(page, 'Leave a comment');
    await page.keyboard.type('by hand');
    await tabTo(page, 'Approve and deploy');
    await page.keyboard.press('Enter');
    await page.getByText('mona approved uat').waitFor();
    expect(reviews()).toMatchObject([{ user: 'mona', comment: 'by hand' }]);
  });

  it('stays in the dialog, and leaves it with Escape to where it came from', async () => {
    await look(runPath());
    await button('Review deployments').focus();
    await page.keyboard.press('Enter');
    await dialog().waitFor();
    const seen = new Set<string>();
    for (let pressed = 0; pressed < 14; pressed += 1) {
      await page.keyboard.press('Tab');
      seen.add(
        (await page.evaluate(`document.activeElement.closest('dialog') !== null || document.activeElement === document.body`))
          ? 'inside'
          : 'outside',
      );
    }
    expect([...seen]).toEqual(['inside']);
    await page.keyboard.press('Escape');
    await dialog().waitFor({ state: 'hidden' });
    expect((await focused(page)).name).toBe('Review deployments');
    expect(reviews()).toEqual([]);
  });

  it('opens a step of a log', async () => {
    await look(`/actions/runs/${world.failed.id}/job/${world.broken.id}`);
    await tabTo(page, /Run actions\/checkout@v5/);
    await page.keyboard.press('Enter');
    await page.getByText('Syncing repository: octo-org/shop').waitFor();
  });
});

describe('a summary', () => {
  it('is shown as on GitHub: tables, a diagram as a picture, and none of its scripts', async () => {
    await look(runPath());
    const card = page.getByRole('region', { name: 'plan summary' });
    expect(await card.getByRole('table').count()).toBeGreaterThanOrEqual(2);
    await card.getByRole('cell', { name: 'Merge v1.4.1 into main and promote the result.' }).waitFor();
    const picture = card.frameLocator('iframe').locator('svg');
    await picture.getByText('branch main').first().waitFor();
    const size = await card.locator('iframe').boundingBox();
    expect(size?.height).toBeGreaterThan(60);
    expect(await card.locator('pre').isVisible()).toBe(false);
    expect(await card.locator('script, img').count()).toBe(0);
    await card.getByText("<script>document.title = 'taken'</script>").waitFor();
    expect(await page.title()).toContain('Keep one line per article');
    await card.getByText('What stands before the other environments').click();
    await card.getByRole('cell', { name: 'uat is not passed.' }).waitFor();
  });

  it('whose diagram cannot be read shows its source', async () => {
    world.plan.summary = '```mermaid\nflowchart ((((\n```\n';
    await look(runPath());
    await page.getByRole('region', { name: 'plan summary' }).locator('pre', { hasText: 'flowchart ((((' }).waitFor();
    expect(await page.locator('iframe').count()).toBe(0);
  });

  it('keeps its picture while other things change', async () => {
    await look(runPath());
    await page.frameLocator('iframe').locator('svg').waitFor();
    await page.evaluate(`document.querySelector('iframe').dataset.mark = 'same'`);
    world.sandbox.given.job(world.waiting.id, { name: 'stage-4 (production) / deploy' });
    await page.getByText('stage-4 (production)').first().waitFor();
    expect(await page.locator('iframe[data-mark=same]').count()).toBe(1);
  });
});

describe('a log', () => {
  const step = (status: 'in_progress' | 'completed') => ({
    number: 1,
    name: 'Deploy',
    status,
    conclusion: status === 'completed' ? ('success' as const) : null,
    startedAt: 0,
    completedAt: status === 'completed' ? 900 : null,
  });

  it('grows while it is looked at; who reads elsewhere stays there', async () => {
    const { gate } = world;
    Object.assign(gate, { status: 'in_progress', steps: [step('in_progress')], logSteps: [], log: [] });
    const write = (text: string) => {
      gate.log.push(text);
      gate.logSteps?.push(1);
    };
    for (let number = 1; number <= 120; number += 1) write(`line ${number}`);
    await look(`${runPath()}/job/${gate.id}`);
    await page.getByText('line 120', { exact: true }).waitFor();
    await page.evaluate('window.scrollTo(0, 300)');
    write('line 121 <i>');
    await page.getByText('line 121 <i>', { exact: true }).waitFor();
    expect(await page.evaluate('window.scrollY')).toBe(300);
    await page.evaluate(`document.querySelector('[data-log]').scrollIntoView({ block: 'end' })`);
    expect(await page.evaluate('window.scrollY')).toBeGreaterThan(300);
    const before = Number(await page.evaluate('window.scrollY'));
    for (let number = 122; number <= 140; number += 1) write(`line ${number}`);
    await page.getByText('line 140', { exact: true }).waitFor();
    expect(Number(await page.evaluate('window.scrollY'))).toBeGreaterThan(before);
    expect(await page.locator('.lines > li').count()).toBe(140);
    Object.assign(gate, { status: 'completed', conclusion: 'success', steps: [step('completed')] });
    await page.getByRole('heading', { level: 2 }).getByRole('img', { name: 'Success' }).waitFor();
  });

  it('keeps what the reader closed', async () => {
    Object.assign(world.gate, { status: 'in_progress', steps: [step('in_progress')], logSteps: [1], log: ['first'] });
    await look(`${runPath()}/job/${world.gate.id}`);
    await page.locator('summary', { hasText: 'Deploy' }).click();
    await page.getByText('first', { exact: true }).waitFor({ state: 'hidden' });
    Object.assign(world.gate, { steps: [step('completed')] });
    await page.locator('details.step').getByRole('img', { name: 'Success' }).waitFor();
    expect(await page.getByText('first', { exact: true }).isVisible()).toBe(false);
  });
});

describe('a run', () => {
  it('is cancelled by who may, and by nobody else', async () => {
    await look(runPath());
    await signIn('mona');
    await button('Cancel workflow').click();
    await page.getByRole('alert').getByText('Must have admin rights to Repository.').waitFor();
    expect(world.waiting.status).toBe('waiting');
    await signIn('hubot');
    await button('Cancel workflow').click();
    await page.getByRole('heading', { level: 1 }).getByRole('img', { name: 'Cancelled' }).waitFor();
    expect(world.waiting.conclusion).toBe('cancelled');
  });

  it.each([
    ['Re-run all jobs', false],
    ['Re-run failed jobs', true],
  ])('is run again: %s', async (name, failedOnly) => {
    const asked: unknown[] = [];
    const never = async () => {
      throw new Error('not asked for');
    };
    world.sandbox.attach({
      dispatch: never,
      repositoryDispatch: never,
      cancel: never,
      review: never,
      rerun: async (...all) => {
        asked.push(all);
        world.sandbox.given.rerun(world.failed.id);
      },
    });
    await look(`/actions/runs/${world.failed.id}`);
    await Promise.all([page.waitForEvent('framenavigated'), button(name).click()]);
    await page.getByRole('link', { name: 'Attempt 2' }).waitFor();
    expect(asked).toEqual([[world.failed.id, { user: 'octocat', failedOnly }]]);
    await page.getByRole('link', { name: 'Attempt 1' }).click();
    await page.getByText('This is attempt 1 of 2.').waitFor();
    expect(await page.getByRole('navigation', { name: 'Jobs' }).getByRole('link', { name: 'build' }).count()).toBe(1);
  });
});

const SIZES = { phone: PHONE, desktop: DESKTOP };
const PAGES: Readonly<Record<string, (made: World) => string>> = {
  overview: () => '',
  runs: () => '/actions',
  run: (made) => `/actions/runs/${made.waiting.id}`,
  job: (made) => `/actions/runs/${made.failed.id}/job/${made.broken.id}`,
  deployments: () => '/deployments',
  issue: () => '/issues/1',
};

describe.each(['light', 'dark'] as const)('in %s', (colorScheme) => {
  it.each(['phone', 'desktop'] as const)('every page fits a %s, is easy to read, and has names for everything', async (size) => {
    page = await browsing.open({ viewport: SIZES[size], colorScheme });
    for (const [name, pathOf] of Object.entries(PAGES)) {
      await page.goto(world.address(pathOf(world)));
      if (name === 'run') {
        await page.locator('iframe').waitFor();
        await button('Review deployments').click();
      }
      const { looked, found } = await faintTexts(page);
      expect(looked, name).toBeGreaterThan(10);
      expect(found, name).toEqual([]);
      expect(await overflow(page), name).toEqual([]);
      expect(await nameless(page), name).toEqual([]);
      expect(await page.getByRole('main').count(), name).toBe(1);
    }
    const back = await page.evaluate('getComputedStyle(document.body).backgroundColor');
    expect(back).toBe(colorScheme === 'light' ? 'rgb(255, 255, 255)' : 'rgb(13, 17, 23)');
  });
});

it('moves nothing for those who asked for less motion', async () => {
  world.gate.status = 'in_progress';
  const moving = 'document.getAnimations().length';
  await look(runPath());
  expect(await page.evaluate(moving)).toBeGreaterThan(0);
  await page.emulateMedia({ reducedMotion: 'reduce' });
  expect(await page.evaluate(moving)).toBe(0);
});

it('shows a branch of any name, and lets it do nothing', async () => {
  await look('/actions');
  await page.getByText(HOSTILE_BRANCH, { exact: true }).waitFor();
  expect(await page.locator('main img').count()).toBe(0);
});

it('says what is live where, who is on the way, and what is held', async () => {
  await look('/deployments');
  const card = (name: string) => page.locator('.environment', { has: page.getByRole('link', { name, exact: true }) });
  expect(await card('uat').textContent()).toMatch(/v1\.4\.0[\s\S]*run #2 waits for a review/);
  expect(await card('production').textContent()).toMatch(
    /v1\.3\.2[\s\S]*v1\.4\.2 is being deployed[\s\S]*held: production: database <upgrade>/,
  );
  expect(await card('staging').textContent()).toContain('nothing is live');
});

it('would see faint text, what sticks out, what has no name, and a focus that does not show', async () => {
  await look('/issues', { viewport: PHONE });
  await page.evaluate(`document.querySelector('.foot').innerHTML =
    '<p id="faint">faint</p><div id="wide">w</div><button type="button"></button><svg></svg><i id="twin"></i><i id="twin"></i><button type="button" id="unseen">go</button>'`);
  await page.evaluate(`document.querySelector('#faint').style.color = '#999999'`);
  // The footer is the one part that is never brought up to date.
  await page.evaluate(`document.querySelector('#wide').style.width = '500px'`);
  await page.evaluate(`document.querySelector('#unseen').style.outline = 'none'`);
  expect((await faintTexts(page)).found).toEqual([expect.stringMatching(/^faint: 2\.8\d/)]);
  expect(await overflow(page)).toEqual(['div.']);
  expect(await nameless(page)).toEqual([expect.stringContaining('<button'), expect.stringContaining('<svg'), 'twice #twin']);
  await expect(tabTo(page, 'go')).rejects.toThrow('the focus on "go" cannot be seen');
});
