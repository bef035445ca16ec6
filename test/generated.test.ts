import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { INPUTS, OUTPUTS } from '../src/job/action-io.ts';
import { generated } from '../tools/generate/index.ts';

const root = join(import.meta.dirname, '..');
const read = (path: string): string => (existsSync(join(root, path)) ? readFileSync(join(root, path), 'utf8') : '');

describe('generated files', () => {
  it.each(Object.keys(generated))('%s says what the code says', async (path) => {
    expect(read(path) === (await generated[path]?.(read(path))), `run "npm run generate" and commit ${path}`).toBe(true);
  });
});

describe('the action’s interface', () => {
  const action = parse(read('action.yml'));

  it('has in action.yml exactly the inputs that the code reads, with the same defaults', () => {
    const declared = Object.entries(action.inputs).map(([name, input]) => [name, (input as { default?: string }).default]);
    expect(declared).toEqual(Object.entries(INPUTS).map(([name, input]) => [name, 'default' in input ? input.default : undefined]));
  });

  it('has in action.yml exactly the outputs that the code sets', () => {
    expect(Object.keys(action.outputs)).toEqual(Object.keys(OUTPUTS));
  });

  it('runs main and post from the committed bundle, the post phase whatever happened', () => {
    expect(action.runs).toEqual({ using: 'node24', main: 'dist/index.js', post: 'dist/index.js', 'post-if': 'always()' });
    expect(read(action.runs.main).length).toBeGreaterThan(100_000);
  });

  it('is listed whole in the README', () => {
    for (const name of [...Object.keys(INPUTS), ...Object.keys(OUTPUTS)]) expect(read('README.md')).toContain(`| \`${name}\` |`);
  });
});
