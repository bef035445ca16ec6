import { appendFileSync, cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { openShop, type Shop } from './shop.ts';

const PROJECT = join(import.meta.dirname, '../..');
const versions = mkdtempSync(join(tmpdir(), 'promote-versions-'));

let shop: Shop;
afterEach(async () => {
  await shop.close();
  rmSync(versions, { recursive: true, force: true });
});

/** The product in a folder of its own, with other bytes than every version before. */
function release(number: number): string {
  const folder = join(versions, `v1.${number}.0`);
  for (const part of ['action.yml', '.github', 'dist']) cpSync(join(PROJECT, part), join(folder, part), { recursive: true });
  for (const file of readdirSync(join(folder, '.github/workflows')))
    appendFileSync(join(folder, '.github/workflows', file), `# ${number}\n`);
  appendFileSync(join(folder, 'dist/index.js'), `\nprocess.stdout.write('version ${number}\\n');\n`);
  return folder;
}

it('ten upgrades in the middle of a promotion strand nothing', { timeout: 120_000 }, async () => {
  let number = 1;
  let current = release(number);
  const upgrade = () => {
    number += 1;
    current = release(number);
  };
  shop = await openShop({ product: () => current });
  const run = await shop.push('main', 'through ten versions');
  upgrade();
  await shop.approve(run, 'uat', 'mona');
  upgrade();
  await shop.approve(run, 'production', 'mona');
  upgrade();
  await shop.runner.cancel(run);
  await shop.runner.settled();
  upgrade();
  await shop.rerun(run);
  expect(shop.log(run, 'Plan')).toContain('version 5');
  upgrade();
  shop.breakServer('production');
  await shop.approve(run, 'production', 'hubot');
  expect(shop.run(run)).toMatchObject({ conclusion: 'failure', attempt: 2 });
  shop.mendServer('production');
  upgrade();
  await shop.rerun(run, { failedOnly: true });
  upgrade();
  await shop.approve(run, 'production', 'hubot');
  expect(shop.run(run)).toMatchObject({ conclusion: 'success', attempt: 3 });
  upgrade();
  await shop.advance(24);
  upgrade();
  const again = await shop.byHand({ environment: 'production', ref: 'refs/heads/main' });
  expect(shop.log(again, 'Plan')).toContain('version 10');
  upgrade();
  const next = await shop.push('main', 'the next one');
  await shop.approve(next, 'uat', 'mona');
  await shop.approve(next, 'production', 'mona', 'hubot');
  expect(shop.run(next).conclusion).toBe('success');

  const each = (message: string) => ['dev', 'uat', 'staging', 'production'].map((environment) => `${environment} ${message}`);
  expect(shop.history()).toEqual([...each('through ten versions'), ...each('the next one')]);
  expect(number).toBe(11);
});
