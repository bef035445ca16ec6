import { afterEach, expect, test } from 'vitest';
import { firstArtifact } from '../../src/github/artifacts.ts';
import { openShop, type Shop } from './shop.ts';

let shop: Shop | null = null;

afterEach(async () => {
  const opened = shop;
  shop = null;
  await opened?.close();
  expect(opened?.github.violations).toEqual([]);
});

const NAME = 'promote-000000000000';

/** The shop's own artifact, and then so many that a pull request's run uploaded under the same name on the same commit. */
async function crowded(count: number): Promise<{ opened: Shop; find: () => ReturnType<typeof firstArtifact> }> {
  shop = await openShop();
  const { github, head, client, run } = shop;
  const upload = (of: number): void =>
    void github.given.artifact(of, { name: NAME, file: import.meta.filename, size: 1, digest: `sha256:${'a'.repeat(64)}` });
  upload(run);
  const stranger = github.given.run({ headSha: head, headBranch: 'main', event: 'pull_request' }).id;
  for (let index = 0; index < count; index += 1) upload(stranger);
  const where = { owner: github.owner, repo: github.name };
  github.requests.reset();
  return { opened: shop, find: () => firstArtifact(client, where, { name: NAME, sha: head, run }) };
}

test('artifacts that pull requests upload under the same name do not hide the own one', async () => {
  const { opened, find } = await crowded(150);
  expect(await find()).toMatchObject({ run: opened.run });
});

test('more of them than are read are refused with what to delete, and deleting them helps', async () => {
  const { opened, find } = await crowded(2000);
  await expect(find()).rejects.toThrow(/2001 artifacts .* only 2000 could be read\. Delete those/);
  opened.github.state.artifacts.splice(1);
  expect(await find()).toMatchObject({ run: opened.run });
});
