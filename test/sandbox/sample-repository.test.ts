import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { createSampleRepository } from '../../sandbox/github/sample-repository.ts';

const folder = mkdtempSync(join(tmpdir(), 'sample-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('gives the same shas every time, whatever the machine', () => {
  const [one, two] = [createSampleRepository(join(folder, 'one')), createSampleRepository(join(folder, 'two'))];
  expect(one.main).toEqual(two.main);
  expect(one.main[0]).toBe('1c031d7706f25a3445c2a294d6fdaf3fc4e3b2f0');
  expect(one.repository.git('log', '--format=%an <%ae> %cI %s', 'main')).toBe(
    [
      'hubot <hubot@example.com> 2026-01-05T09:40:00+00:00 Keep one line per article in the cart',
      'mona <mona@example.com> 2026-01-05T09:20:00+00:00 Write invoices',
      'hubot <hubot@example.com> 2026-01-05T09:10:00+00:00 Add a cart',
      'octocat <octocat@example.com> 2026-01-05T09:00:00+00:00 Open the shop',
    ].join('\n'),
  );
});

it('branches, merges, tags, removes and exports', () => {
  const { repository, main } = createSampleRepository(join(folder, 'three'));
  const fix = repository.commit('hotfix/x', { 'fix.txt': '1\n', 'src/cart.js': null }, 'Fix', 'mona', 'v1.0.0');
  const merged = repository.merge('main', 'hotfix/x');
  expect(repository.git('rev-parse', `${merged}^1`, `${merged}^2`).split('\n')).toEqual([main[3], fix]);
  repository.tag('light', fix);
  const annotated = repository.annotatedTag('v2.0.0', 'main');
  expect(repository.git('cat-file', '-t', 'refs/tags/light')).toBe('commit');
  expect(repository.git('cat-file', '-t', annotated)).toBe('tag');
  expect(repository.sha('v2.0.0')).toBe(merged);
  repository.exportTo(fix, join(folder, 'fix'));
  expect(readFileSync(join(folder, 'fix', 'fix.txt'), 'utf8')).toBe('1\n');
  expect(existsSync(join(folder, 'fix', 'src/cart.js'))).toBe(false);
  repository.deleteRef('refs/heads/hotfix/x');
  expect(() => repository.sha('hotfix/x')).toThrow('names no commit');
});
