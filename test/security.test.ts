import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..');
const page = readFileSync(join(ROOT, 'SECURITY.md'), 'utf8');
const threats = page.slice(page.indexOf('## Threats'), page.indexOf('## What is left'));
const rows = [...threats.matchAll(/^\| (\d+) \|.*\| (.+) \|$/gm)].map(([, number = '', proof = '']) => ({ number, proof }));

/** The tests that a cell names: files, each with the titles that follow it. */
function testsIn(proof: string): readonly { readonly file: string; readonly titles: readonly string[] }[] {
  return [...proof.matchAll(/`(test\/[^`]+)`([^`]*)/g)].map(([, file = '', rest = '']) => ({
    file,
    titles: [...rest.matchAll(/\*([^*]+)\*/g)].map(([, title = '']) => title.replace(/ ?…$/, '')),
  }));
}

describe('what SECURITY.md promises', () => {
  it('has a test for every threat', () => {
    expect(rows.map(({ number }) => Number(number))).toEqual(rows.map((_, index) => index + 1));
    expect(rows.length).toBeGreaterThan(20);
  });

  it.each(rows)('is shown for threat $number by tests that exist', ({ proof }) => {
    const named = testsIn(proof);
    expect(named.length).toBeGreaterThan(0);
    for (const { file, titles } of named) {
      const text = readFileSync(join(ROOT, file), 'utf8');
      for (const title of titles) expect(text, file).toContain(title);
    }
  });

  it('cites rows that exist', () => {
    const cited = [...page.slice(0, page.indexOf('## Threats')).matchAll(/\((\d+(?:(?:, | to )\d+)*)\)/g)].flatMap(([, list = '']) =>
      list.split(/, | to /),
    );
    expect(cited.length).toBeGreaterThan(10);
    for (const number of cited) expect(rows.map((row) => row.number)).toContain(number);
  });
});
