import { appendFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { CALLER, openShop, SHORT, type Shop } from './shop.ts';

let shop: Shop;
afterEach(() => shop.close());

const GATE = 'Stage 2 (production) / Deploy to production';

describe('what was built once', () => {
  it('is not deployed when its bytes are others than they were', async () => {
    shop = await openShop({ pipeline: SHORT });
    const run = await shop.push();
    appendFileSync(shop.sandbox.state.artifacts[0]?.file ?? '', 'something else');
    await shop.approve(run, 'production', 'mona');
    expect(shop.run(run)).toMatchObject({ conclusion: 'failure', jobs: { [GATE]: 'failure' } });
    expect(shop.live('production')).toBeNull();
  });

  it('is not deployed when somebody put another artifact in its place, digest and all', async () => {
    shop = await openShop({ pipeline: SHORT });
    const run = await shop.push('main', 'the real one');
    const other = await shop.push('feature/other', 'not this');
    const [first, second] = [run, other].map((id) => shop.sandbox.state.artifacts.find(({ runId }) => runId === id));
    if (first === undefined || second === undefined) throw new Error('nothing was built');
    Object.assign(first, { file: second.file, digest: second.digest, size: second.size });
    await shop.approve(run, 'production', 'mona');
    expect(shop.run(run)).toMatchObject({ conclusion: 'failure' });
    expect(shop.log(run, GATE)).toContain('The artifact is not what was built');
    expect(shop.live('production')).toBeNull();
  });

  it('is not built again when it is gone: what nobody tested does not go to production', async () => {
    shop = await openShop({ pipeline: SHORT, secrets: {} });
    const run = await shop.push();
    for (const artifact of shop.sandbox.state.artifacts) artifact.expiresAt = shop.sandbox.clock.now() - 1;
    await shop.approve(run, 'production', 'mona');
    expect(shop.run(run)).toMatchObject({ conclusion: 'failure' });
    expect(shop.live('production')).toBeNull();
  });

  it('has its provenance attested where that is asked for', async () => {
    const caller = CALLER.replace('    secrets:', '    with: { attest: true }\n    secrets:');
    shop = await openShop({ pipeline: SHORT, caller });
    const run = await shop.push('feature/attested', 'attested');
    expect(shop.run(run)).toMatchObject({ conclusion: 'success', jobs: { 'Build / Build': 'success' } });
    expect(shop.log(run, 'Build / Build')).toMatch(/attestation/i);
    expect(shop.job(run, 'Build / Build').steps.find(({ name }) => name === 'Attest provenance')).toMatchObject({ conclusion: 'success' });
  });
});
