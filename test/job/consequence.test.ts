import { expect, test } from 'vitest';
import { GitHubError } from '../../src/github/client.ts';
import { orElse } from '../../src/job/consequence.ts';

test('what was wanted is given', async () => {
  expect(await orElse('Nothing was touched.', () => Promise.resolve(7))).toBe(7);
});

test('a failure of GitHub is told with its consequence first, and stays of its kind', async () => {
  const failing = orElse('Nothing was touched.', () =>
    Promise.reject(new GitHubError('limit', 'No requests left. Run the job again then.')),
  );
  await expect(failing).rejects.toMatchObject({
    failure: 'limit',
    message: 'Nothing was touched. No requests left. Run the job again then.',
  });
});

test('other errors speak for themselves', async () => {
  await expect(orElse('Nothing was touched.', () => Promise.reject(new Error('No such tag.')))).rejects.toThrow(/^No such tag\.$/);
});
