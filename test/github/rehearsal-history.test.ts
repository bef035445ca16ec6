import { afterEach, describe, expect, test } from 'vitest';
import { createClient } from '../../src/github/client.ts';
import { withMigrationTime } from '../../src/github/migration-time.ts';
import { type RecordPayload, readRecordPayload } from '../../src/github/record-payload.ts';
import { openRecord, setRecordStatus } from '../../src/github/records.ts';
import { readRehearsalHistory } from '../../src/github/rehearsal-history.ts';
import type { Prediction } from '../../src/rehearsal/prediction.ts';
import { DIGEST } from '../digests.ts';
import { addresses, openShop, payloadFor, type Shop } from './shop.ts';

const shops: Shop[] = [];
afterEach(async () => {
  const opened = shops.splice(0);
  await Promise.all(opened.map((shop) => shop.close()));
  expect(opened.flatMap(({ github }) => github.violations)).toEqual([]);
});

async function open(): Promise<Shop> {
  const shop = await openShop();
  shops.push(shop);
  return shop;
}

const FIGURES = {
  seconds: 4.2,
  statements: 3,
  longestStatement: 4,
  readStall: 12,
  writeStall: 900,
  diskPeak: 1e9,
  wal: null,
  size: 5e9,
};
const RESULT = { verdict: 'pass', migrations: 'm1', snapshot: 's1', snapshotTakenAt: 1 } as const;

const where = ({ github: { owner, name: repo } }: Shop) => ({ owner, repo });

async function record(shop: Shop, environment: string, payload: Partial<RecordPayload>, description: string, state: 'success' | 'failure') {
  const { id } = await openRecord(shop.client, {
    ...where(shop),
    environment,
    production: environment === 'production',
    description: 'It',
    payload: payloadFor(shop, payload),
  });
  await setRecordStatus(shop.client, { ...where(shop), record: id, state, description, replacesEarlier: state === 'success' });
}

const rehearsed = (shop: Shop, version: string, digest: string, more: Partial<NonNullable<RecordPayload['rehearsal']>> = {}) =>
  record(
    shop,
    'uat',
    {
      kind: 'rehearsal',
      digest,
      candidate: { sha: shop.head, ref: 'refs/heads/main', version },
      rehearsal: { ...RESULT, figures: FIGURES, ...more },
    },
    'Rehearsed',
    more.verdict === 'fail' ? 'failure' : 'success',
  );

const promoted = (shop: Shop, version: string, digest: string, description: string, state: 'success' | 'failure' = 'success') =>
  record(shop, 'production', { digest, candidate: { sha: shop.head, ref: 'refs/heads/main', version } }, description, state);

const history = (shop: Shop, production: string | null = 'production', client = shop.client): Promise<Prediction> =>
  readRehearsalHistory(client, { ...where(shop), environment: 'uat', production, before: shop.github.clock.now() });

const requestsOf = (shop: Shop) => shop.github.requests.all.length;

describe('what earlier rehearsals said', () => {
  test('is nothing where there is none, in one request', async () => {
    const shop = await open();
    await promoted(shop, 'v1', DIGEST, withMigrationTime('Deployed', 8.4));
    shop.github.requests.reset();
    expect(await history(shop)).toEqual({ last: null, production: null });
    expect(requestsOf(shop)).toBe(1);
  });

  test('is the last one’s figures and how much slower production was, in two requests', async () => {
    const shop = await open();
    await rehearsed(shop, 'v1', 'sha256:one1111', { figures: { ...FIGURES, seconds: 2 } });
    await promoted(shop, 'v1', 'sha256:one1111', withMigrationTime('Deployed and verified', 5));
    await rehearsed(shop, 'v2', 'sha256:two2222', { verdict: 'warn' });
    await promoted(shop, 'v2', 'sha256:two2222', withMigrationTime('Deployed', 8.4));
    await promoted(shop, 'v2', 'sha256:two2222', 'Deployed');
    await promoted(shop, 'v3', 'sha256:never11', withMigrationTime('Deployed', 1));
    await rehearsed(shop, 'v4', 'sha256:four444', { verdict: 'fail', figures: { ...FIGURES, wal: 7 } });
    await promoted(shop, 'v4', 'sha256:four444', withMigrationTime('Deployed', 1));
    shop.github.requests.reset();
    expect(await history(shop)).toEqual({
      last: { version: 'v4', at: shop.github.clock.now(), verdict: 'fail', figures: { ...FIGURES, wal: 7 } },
      production: { version: 'v2', environment: 'production', rehearsedSeconds: 4.2, tookSeconds: 8.4, factor: 2 },
    });
    expect(requestsOf(shop)).toBe(2);
    expect(await history(shop, null)).toMatchObject({ last: { version: 'v4' }, production: null });
  });

  test('leaves out what failed in production, what took no time, and records without figures', async () => {
    const shop = await open();
    await rehearsed(shop, 'v1', 'sha256:one1111');
    await promoted(shop, 'v1', 'sha256:one1111', withMigrationTime('The job ended as failure', 8), 'failure');
    await rehearsed(shop, 'v2', 'sha256:two2222', { figures: { ...FIGURES, seconds: 0 } });
    await promoted(shop, 'v2', 'sha256:two2222', withMigrationTime('Deployed', 1));
    await record(shop, 'uat', { kind: 'rehearsal', rehearsal: RESULT }, 'Rehearsed', 'success');
    expect(await history(shop)).toMatchObject({ last: { version: 'v2' }, production: null });
  });

  test('is nothing that was recorded later', async () => {
    const shop = await open();
    const before = shop.github.clock.now();
    shop.github.clock.advance(60_000);
    await rehearsed(shop, 'v1', DIGEST);
    expect(await readRehearsalHistory(shop.client, { ...where(shop), environment: 'uat', production: null, before })).toEqual({
      last: null,
      production: null,
    });
  });

  test('is left out where it cannot be read, and never an error', async () => {
    const shop = await open();
    await rehearsed(shop, 'v1', DIGEST);
    const token = shop.github.token({ permissions: { contents: 'read' } });
    const client = createClient({ ...addresses(shop.github), token, requestTimeoutMs: 5000, retryWaitMs: 1, log: () => undefined });
    expect(await history(shop, 'production', client)).toEqual({ last: null, production: null });
    const noGraphql = { ...shop.client, graphql: () => Promise.reject(new Error('down')) };
    expect(await history(shop, 'production', noGraphql)).toMatchObject({ last: { version: 'v1' }, production: null });
    const strange = { ...shop.client, graphql: async () => ({ data: { repository: null }, errors: [], date: 0 }) };
    expect(await history(shop, 'production', strange)).toMatchObject({ last: { version: 'v1' }, production: null });
  });
});

describe('a rehearsal’s record', () => {
  const payload = (rehearsal: unknown) =>
    readRecordPayload({
      ...payloadFor({ head: 'a'.repeat(40), run: 1 } as Shop, { kind: 'rehearsal' }),
      rehearsal,
    });

  test('keeps figures, reasons, server and the digest of the evidence', () => {
    const whole = { ...RESULT, figures: FIGURES, reasons: ['write_stall', 'duration'], server: 'PostgreSQL 18.4', evidence: DIGEST };
    expect(payload(whole)?.rehearsal).toEqual(whole);
    expect(Buffer.byteLength(JSON.stringify(whole))).toBeLessThan(1000);
  });

  test('of before they were kept is still read', () => {
    expect(payload(RESULT)?.rehearsal).toEqual(RESULT);
  });

  test('with too many reasons, or figures that are none, is not trusted', () => {
    expect(payload({ ...RESULT, reasons: Array(51).fill('x') })).toBeNull();
    expect(payload({ ...RESULT, figures: { ...FIGURES, seconds: -1 } })).toBeNull();
    expect(payload({ ...RESULT, figures: { seconds: 1 } })).toBeNull();
  });
});
