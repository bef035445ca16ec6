import { delimiter, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { openShop, SHORT, type Shop } from './shop.ts';

const machine = { PATH: [join(import.meta.dirname, '../../sandbox/runner/gh'), process.env['PATH']].join(delimiter) };
const pipeline = SHORT.replace('artifact: dist }', 'artifact: dist, attest: required }');

let shop: Shop;
afterEach(() => shop.close());

describe('attest: required', () => {
  it('has the build sign what it made, and each deployment verify it, without a word in the caller', async () => {
    shop = await openShop({ pipeline, machine });
    const run = await shop.push('main', 'attested');
    expect(shop.run(run).jobs).toMatchObject({ 'Build / Attest': 'success', 'Stage 1 (dev) / Deploy to dev': 'success' });
    expect(shop.log(run, 'Stage 1 (dev) / Deploy to dev')).toMatch(
      /is attested: built from \w{8} by org\/promote-action\/\.github\/workflows\/build\.yml/,
    );
    await shop.approve(run, 'production', 'mona');
    expect(shop.run(run).conclusion).toBe('success');
    expect(shop.live('production')?.message).toBe('attested');
  });

  it('keeps out what nothing attests, and a new commit is the way on', async () => {
    shop = await openShop({ pipeline: SHORT, machine });
    await shop.push('main', 'from before', { files: { '.github/promote.yml': pipeline } });
    // Built and in dev before the demand was there, or with an attestation that is gone since.
    shop.sandbox.state.attestations.length = 0;
    const late = await shop.push('main', 'later');
    shop.sandbox.state.attestations.length = 0;
    await shop.approve(late, 'production', 'mona');
    expect(shop.run(late)).toMatchObject({ conclusion: 'failure', jobs: { 'Stage 2 (production) / Deploy to production': 'failure' } });
    expect(shop.log(late, 'Stage 2 (production) / Deploy to production')).toContain('make a new commit');
    expect(shop.live('production')).toBeNull();
    const fresh = await shop.push('main', 'fresh');
    await shop.approve(fresh, 'production', 'mona');
    expect(shop.live('production')?.message).toBe('fresh');
  });
});
