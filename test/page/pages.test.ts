/** What the page's server answers, without a browser. */
import { writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openShop } from '../sandbox/shop.ts';
import { openWorld, sampleFolder, type World } from './world.ts';

const sample = sampleFolder();
afterAll(() => sample.remove());

let world: World;
beforeEach(async () => {
  world = await openWorld(sample);
});
afterEach(async () => {
  expect(world.sandbox.violations).toEqual([]);
  await world.close();
});

const get = (rest: string, headers: Record<string, string> = {}) => fetch(world.address(rest), { headers, redirect: 'manual' });

/** As `fetch` does not let one say another host. */
function statusAs(host: string): Promise<number> {
  const { port } = new URL(world.sandbox.url);
  return new Promise((resolve, reject) => {
    const asking = request({ host: '127.0.0.1', port, path: '/octo-org/shop', headers: { host } }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    asking.on('error', reject);
    asking.end();
  });
}

describe('a page', () => {
  it.each([
    ['/deployments/activity_log?environments_filter=UAT', 'v1.4.0'],
    ['/issues', 'database &lt;upgrade&gt;'],
    ['/issues/1', 'Until <strong>noon</strong>.'],
    ['/actions/workflows/pipeline.yml', 'Write invoices'],
  ])('%s has %s', async (path, words) => {
    const response = await get(path);
    expect(response.status).toBe(200);
    expect(await response.text()).toContain(words);
  });

  it('of a commit lists its runs, and of a record shows its environment', async () => {
    expect(await (await get(`/commit/${world.waiting.headSha}`)).text()).toContain(`/actions/runs/${world.waiting.id}"`);
    const [record] = world.sandbox.state.deployments;
    expect(await (await get(`/deployments/${record?.id}`)).text()).toContain('Deployments <span class="muted">uat</span>');
  });

  it.each([
    '/pulls',
    '/actions/runs/1',
    '/actions/runs/1/job/2',
    '/issues/99',
    '/commit/abcdef1',
    '/commit/nothing',
    '/actions/runs/x/..%2f',
  ])('%s is not there, and says so', async (path) => {
    const response = await get(path);
    expect(response.status).toBe(404);
    expect(await response.text()).toContain('Not here');
  });

  it('is at the root for people, and the API is there for programs', async () => {
    const page = await fetch(world.sandbox.url, { headers: { accept: 'text/html' }, redirect: 'manual' });
    expect([page.status, page.headers.get('location')]).toEqual([302, '/octo-org/shop']);
  });

  it('allows nothing from elsewhere, and no script or style within', async () => {
    const policy = (await get('')).headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self';");
    expect(policy).not.toContain('unsafe');
    const text = await (await get(`/actions/runs/${world.failed.id}`)).text();
    expect(text).toContain('&lt;img/src=x/onerror=alert(1)&gt;&amp;&#39;`$(id)');
    expect(text).not.toContain('<img/src');
    expect(text.match(/(?:src|href)="(?!\/)[^"#]*"/g) ?? []).toEqual([]);
  });

  it('is sent again only when it changed', async () => {
    const tag = (await get('/actions')).headers.get('etag') ?? '';
    expect((await get('/actions', { 'if-none-match': tag })).status).toBe(304);
    world.sandbox.given.finishRun(world.waiting.id, 'cancelled');
    expect((await get('/actions', { 'if-none-match': tag })).status).toBe(200);
  });

  it('sends the lines of a log that the browser lacks', async () => {
    const text = await (await get(`/actions/runs/${world.failed.id}/job/${world.broken.id}`, { 'x-lines-shown': '9' })).text();
    expect([...text.matchAll(/<li value="(\d+)"/g)].map((match) => match[1])).toEqual(['10', '11']);
  });

  it('of a GitHub Enterprise Server asks the API where that one has it', async () => {
    const enterprise = await openShop(sample.repository.path, { ghes: {} });
    const text = await (await fetch(`${enterprise.sandbox.url}/octo-org/shop`)).text();
    await enterprise.close();
    expect(text).toContain('data-api="/api/v3"');
    expect(await (await get('')).text()).toContain('data-api=""');
  });

  it('is not counted as a request to the API', async () => {
    await get('/actions');
    expect(world.sandbox.requests.count).toBe(0);
  });

  it('gives an artifact as GitHub does, until it expires', async () => {
    const file = join(sample.repository.path, '..', 'dist.zip');
    writeFileSync(file, 'PK');
    const artifact = world.sandbox.given.artifact(world.waiting.id, { name: 'dist', file });
    const path = `/actions/runs/${world.waiting.id}/artifacts/${artifact.id}`;
    const { headers } = await get(path);
    expect(await (await fetch(headers.get('location') ?? '')).text()).toBe('PK');
    const page = join(sample.repository.path, '..', 'report.html');
    writeFileSync(page, '<h1>It</h1>');
    const shown = world.sandbox.given.artifact(world.waiting.id, { name: 'report.html', file: page, type: 'text/html; charset=utf-8' });
    const { headers: to } = await get(`/actions/runs/${world.waiting.id}/artifacts/${shown.id}`);
    const answer = await fetch(to.get('location') ?? '');
    expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(answer.headers.get('content-disposition')).toBe('inline; filename="report.html"');
    expect(await answer.text()).toBe('<h1>It</h1>');
    world.sandbox.clock.advance(91 * 86_400_000);
    expect((await get(path)).status).toBe(404);
    expect(await (await get(`/actions/runs/${world.waiting.id}`)).text()).toContain('Expired');
  });
});

describe('who one is', () => {
  const ask = (path: string, login: string, headers: Record<string, string>) =>
    fetch(`${world.sandbox.url}${path}`, { method: 'POST', body: new URLSearchParams({ login }), headers, redirect: 'manual' });

  it('is kept in a cookie, and gives the token of that person', async () => {
    const origin = world.sandbox.url;
    const chosen = await ask('/-/page/sign-in', 'mona', { origin, referer: world.address('/actions') });
    expect([chosen.status, chosen.headers.get('location')]).toEqual([303, '/octo-org/shop/actions']);
    const cookie = chosen.headers.get('set-cookie') ?? '';
    expect(cookie).toContain('sandbox-user=mona; Path=/; SameSite=Strict; HttpOnly');
    expect(await (await get('', { cookie: cookie.split(';')[0] ?? '' })).text()).toContain('<option value="mona" selected>');
    const { token } = (await (await ask('/-/page/token', 'mona', { origin })).json()) as { token: string };
    expect((await world.shop.get('/user', token)).body.login).toBe('mona');
  });

  it('cannot be asked by another site, nor under another name of this machine', async () => {
    expect((await ask('/-/page/token', 'mona', { origin: 'http://evil.example' })).status).toBe(403);
    expect((await ask('/-/page/token', 'mona', {})).status).toBe(403);
    expect((await ask('/-/page/token', 'nobody', { origin: world.sandbox.url })).status).toBe(422);
    expect((await ask('/-/page/token', 'github-actions[bot]', { origin: world.sandbox.url })).status).toBe(422);
    const { port } = new URL(world.sandbox.url);
    expect([await statusAs(`evil.example:${port}`), await statusAs(`localhost:${port}`)]).toEqual([403, 200]);
    const away = await ask('/-/page/sign-in', 'mona', { origin: world.sandbox.url, referer: 'http://evil.example/x' });
    expect(away.headers.get('location')).toBe('/');
  });
});
