import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { REHEARSAL_REASONS } from '../../../src/rehearsal/reasons.ts';

const page = readFileSync(join(import.meta.dirname, '../../../docs/rehearsal-reasons.md'), 'utf8');

describe.each(Object.entries(REHEARSAL_REASONS))('%s', (code, { meaning, fix }) => {
  it('says what it means and what to change, here and on the page', () => {
    expect(meaning).toMatch(/^[A-Z].{15,}\.$/);
    expect(fix).toMatch(/^[A-Z].{10,}\.$/);
    const [, section = ''] = page.split(`### ${code}\n`);
    expect(page.split(`### ${code}\n`)).toHaveLength(2);
    expect(section.split('### ')[0]).toContain(meaning);
    expect(section.split('### ')[0]).toContain(fix);
  });
});
