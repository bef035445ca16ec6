import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { assertCheckedOut } from '../../src/commands/rehearsal-checkout.ts';
import type { Candidate } from '../../src/decision/evidence.ts';
import type { Job } from '../../src/job/job.ts';
import { RehearsalImpossible } from '../../src/rehearsal/database.ts';

let folder = '';
let sha = '';
const git = (...words: string[]): string => execFileSync('git', ['-C', folder, ...words], { encoding: 'utf8' }).trim();
const write = (path: string, text: string): void => {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
};

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'checkout-'));
  git('init', '--quiet');
  for (const [key, value] of [
    ['user.name', 'mona'],
    ['user.email', 'mona@example.com'],
  ] as const)
    git('config', key, value);
  write('db/migrations/001.sql', 'CREATE TABLE orders ();');
  write('db/[a].sql', 'SELECT 1;');
  write('cart.js', '');
  write('.gitignore', '*.local.sql');
  git('add', '.');
  git('commit', '--quiet', '--message', 'A shop');
  sha = git('rev-parse', 'HEAD');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const warnings: string[] = [];
beforeEach(() => warnings.splice(0));

function check(migrations: readonly string[], candidate: Partial<Candidate> = {}): Promise<string> {
  const job = { run: { workspace: folder }, toolkit: { annotate: (_: string, title: string) => warnings.push(title) } } as unknown as Job;
  return assertCheckedOut(job, { sha, ref: 'refs/heads/main', version: 'v1', ...candidate } as Candidate, migrations).then(
    () => 'as it was committed',
    (error: unknown) => {
      expect(error).toBeInstanceOf(RehearsalImpossible);
      expect((error as RehearsalImpossible).code).toBe('checkout');
      return (error as Error).message;
    },
  );
}

describe('the checkout of a rehearsal', () => {
  it('is the candidate’s commit with its migrations as they were committed', async () => {
    expect(await check([])).toBe('as it was committed');
    expect(await check(['db/migrations', 'db/[a].sql'])).toBe('as it was committed');
    expect(warnings).toEqual([]);
  });

  it('may have other files changed beside', async () => {
    write('cart.js', 'changed');
    write('dist/shop.js', 'built');
    expect(await check(['db/migrations'])).toBe('as it was committed');
  });

  it.each<[string, () => void, string]>([
    ['changed', () => write('db/migrations/001.sql', 'DROP TABLE orders;'), 'db/migrations/001.sql'],
    ['changed and staged', () => [write('db/migrations/001.sql', 'x'), git('add', '.')], 'db/migrations/001.sql'],
    ['added', () => write('db/migrations/002.sql', 'SELECT 2;'), 'db/migrations/002.sql'],
    ['added where Git does not look', () => write('db/migrations/003.local.sql', 'SELECT 3;'), 'db/migrations/003.local.sql'],
    ['taken away', () => rmSync(join(folder, 'db/migrations/001.sql')), 'db/migrations/001.sql'],
    ['changed in a file named like a pattern', () => write('db/[a].sql', 'SELECT 3;'), 'db/[a].sql'],
  ])('may not have its migrations %s', async (_, change, named) => {
    change();
    expect(await check(['db/migrations', 'db/[a].sql'])).toContain(
      `was checked out: ${named}. Let no step before the rehearsal write there`,
    );
  });

  it('must have what the pipeline file names', async () => {
    expect(await check(['db/migrations', 'db/gone'])).toMatch(
      /^The pipeline file says that the migrations are in db\/migrations and db\/gone, and .* has no db\/gone\./,
    );
  });

  it('may not be another commit', async () => {
    expect(await check([], { sha: 'a'.repeat(40) })).toContain('is checked out: its migrations are not the candidate');
  });

  it('without Git is taken with a warning', async () => {
    rmSync(join(folder, '.git'), { recursive: true });
    expect(await check(['db/migrations'])).toBe('as it was committed');
    expect(warnings).toEqual(['Whose migrations these are is not known']);
  });
});
