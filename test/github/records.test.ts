import { afterEach, describe, expect, test } from 'vitest';
import { gatherEvidence } from '../../src/github/evidence.ts';
import { fileVeto, readTitle } from '../../src/github/holds.ts';
import { waitForTurn } from '../../src/github/queue.ts';
import { fitsRecord, readRecordPayload } from '../../src/github/record-payload.ts';
import { openRecord, setRecordStatus } from '../../src/github/records.ts';
import { DIGEST } from '../digests.ts';
import { openShop, payloadFor, type Shop } from './shop.ts';

let shop: Shop | undefined;
afterEach(async () => {
  const violations = shop?.github.violations;
  await shop?.close();
  shop = undefined;
  expect(violations ?? []).toEqual([]);
});

async function opened(): Promise<Shop & { where: { owner: string; repo: string } }> {
  shop = await openShop();
  return { ...shop, where: { owner: shop.github.owner, repo: shop.github.name } };
}

describe('a record', () => {
  test('is a deployment of exactly the commit, in the environment it is about, with its payload', async () => {
    const { client, github, head, where, ...rest } = await opened();
    const payload = payloadFor({ client, github, head, ...rest });
    const { id, openedAt } = await openRecord(client, {
      ...where,
      environment: 'production',
      production: true,
      description: `Promotion ${'x'.repeat(200)}`,
      payload,
    });
    expect(openedAt).toBe(github.clock.now());
    expect(github.requests.all.map(({ method, path, body }) => ({ method, path, body }))).toEqual([
      {
        method: 'POST',
        path: '/repos/octo-org/shop/deployments',
        body: {
          ref: head,
          task: 'promote:promotion',
          auto_merge: false,
          required_contexts: [],
          payload,
          environment: 'production',
          description: expect.stringMatching(/^Promotion x{129}…$/),
          transient_environment: false,
          production_environment: true,
        },
      },
    ]);
    expect(id).toBeGreaterThan(0);
  });

  test('gets its statuses in one request each; only promotions replace what was active', async () => {
    const { client, github, where, ...rest } = await opened();
    const payload = payloadFor({ client, github, ...rest });
    const { id } = await openRecord(client, { ...where, environment: 'uat', production: false, description: 'Promotion', payload });
    github.requests.reset();
    await setRecordStatus(client, { ...where, record: id, state: 'in_progress', description: 'Deploying\nnow' });
    await setRecordStatus(client, {
      ...where,
      record: id,
      state: 'success',
      description: 'Deployed',
      environmentUrl: 'https://uat.example.com',
      logUrl: 'https://github.com/octo-org/shop/actions/runs/7',
      replacesEarlier: true,
    });
    expect(github.requests.all.map(({ body }) => body)).toEqual([
      { state: 'in_progress', description: 'Deploying now', auto_inactive: false },
      {
        state: 'success',
        description: 'Deployed',
        auto_inactive: true,
        environment_url: 'https://uat.example.com',
        log_url: 'https://github.com/octo-org/shop/actions/runs/7',
      },
    ]);
  });

  test('cannot be opened without the permission, and the error names it', async () => {
    const { client, github, where, ...rest } = await opened();
    github.inject({
      match: { method: 'POST' },
      fault: {
        status: 403,
        body: { message: 'Resource not accessible by integration' },
        headers: { 'x-accepted-github-permissions': 'deployments=write' },
      },
      times: Infinity,
    });
    const payload = payloadFor({ client, github, ...rest });
    await expect(openRecord(client, { ...where, environment: 'uat', production: false, description: 'x', payload })).rejects.toThrow(
      /"deployments: write"/,
    );
  });

  test('payload: as object, as text, as text of text; anything else is not ours', async () => {
    const payload = payloadFor(await opened());
    const text = JSON.stringify(payload);
    for (const form of [payload, text, JSON.stringify(text)]) expect(readRecordPayload(form)).toEqual(payload);
    const others = [
      null,
      '',
      '{',
      [],
      { ...payload, schema: 2 },
      { ...payload, run: {} },
      { ...payload, digest: 7 },
      JSON.stringify(JSON.stringify(text)),
    ];
    for (const other of others) expect(readRecordPayload(other)).toBe(null);
  });
});

test('a deployment from its plan to its end is five requests', async () => {
  const { client, github, where, request, ...rest } = await opened();
  const counted = { client, github, request, ...rest };
  await gatherEvidence(client, request());
  expect(client.requestCount).toBe(1);
  const earlier = await gatherEvidence(client, request({ moment: 'door' }));
  const { id } = await openRecord(client, {
    ...where,
    environment: 'dev',
    production: false,
    description: 'x',
    payload: payloadFor(counted),
  });
  const locked = await gatherEvidence(client, request({ moment: 'door', earlier, ownRecord: id }));
  const records = locked.records.get('dev');
  if (records?.read !== true) throw new Error('unread');
  const never = () => Promise.reject(new Error('not needed'));
  const ports = { readRecords: never, runState: never, close: never, sleep: never, log: () => {} };
  const place = { ownRecord: id, run: { id: counted.run, attempt: 1 }, claim: 'claim-1', timeoutMs: 0, records: records.value };
  expect(await waitForTurn(ports, place)).toEqual({ turn: 'served', ownRecord: id, waited: false });
  await setRecordStatus(client, { ...where, record: id, state: 'in_progress', description: 'x' });
  await setRecordStatus(client, { ...where, record: id, state: 'success', description: 'x', replacesEarlier: true });
  expect(client.requestCount).toBe(6);
});

describe('a veto', () => {
  test('is filed as a labelled issue that names the version it is about', async () => {
    const { client, github, head, where } = await opened();
    const filed = await fileVeto(client, {
      ...where,
      version: 'v1.4.2',
      sha: head,
      digest: null,
      environment: 'production',
      reason: 'rolled back by octocat',
    });
    const [issue] = github.state.issues;
    expect(issue).toMatchObject({ number: filed.number, title: `${head.slice(0, 12)}: rolled back in production (v1.4.2)` });
    expect(github.requests.all[0]?.body).toMatchObject({ labels: ['promote:veto'] });
    expect(readTitle(issue?.title ?? '').names).toEqual([head.slice(0, 12)]);
  });

  test('names the artifact too, where a title can: in a long one nothing of it is lost', async () => {
    const { client, github, head, where } = await opened();
    const built = `sha256:${'ab'.repeat(32)}`;
    for (const digest of [built, 'build 7: the good one', `git:${head}`]) {
      await fileVeto(client, { ...where, version: 'v'.repeat(300), sha: head, digest, environment: 'production', reason: 'bad' });
    }
    const commit = head.slice(0, 12);
    expect(github.state.issues.map(({ title }) => readTitle(title).names)).toEqual([[commit, built], [commit], [commit]]);
    expect(github.state.issues.map(({ title }) => title.length)).toEqual([256, 256, 256]);
  });
});

describe('titles of holds and vetoes', () => {
  test.each([
    ['production: database upgrade', ['production'], 'database upgrade'],
    ['uat,  staging : data: refresh', ['uat', 'staging'], 'data: refresh'],
    ['production', ['production'], ''],
    ['v1.4.2: corrupts invoices', ['v1.4.2'], 'corrupts invoices'],
    [`${DIGEST}, v2: bad`, [DIGEST, 'v2'], 'bad'],
    [`git:${'ab'.repeat(20)}: bad`, [`git:${'ab'.repeat(20)}`], 'bad'],
    [`\u200b\`${DIGEST}\`: bad`, [DIGEST], 'bad'],
    ['"v1.4.2", `v1.4.1`: bad', ['v1.4.2', 'v1.4.1'], 'bad'],
    [': no name', [], 'no name'],
    ['', [], ''],
  ])('%j', (title, names, reason) => {
    expect(readTitle(title)).toEqual({ names, reason });
  });
});

describe('a text in a record', () => {
  test('is one line: it has any character but controls and the separators of lines and paragraphs', () => {
    const unfit: number[] = [];
    const odd: number[] = [];
    for (let code = 0; code <= 0x10ffff; code += code < 0x3000 ? 1 : 0x101) {
      const character = String.fromCodePoint(code);
      if (/[\p{Cc}\p{Zl}\p{Zp}]/u.test(character)) unfit.push(code);
      if (fitsRecord(`a${character}b`) === unfit.includes(code)) odd.push(code);
    }
    expect(unfit).toHaveLength(67);
    expect(odd).toEqual([]);
  });
});
