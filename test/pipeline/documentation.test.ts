import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROLES } from '../../src/pipeline/model.ts';
import { pipelineDocs } from '../../tools/generate/pipeline-docs.ts';
import { PIPELINE_KEYS } from '../../tools/generate/pipeline-keys.ts';
import { pipelineJsonSchema, undescribedKeys } from '../../tools/generate/pipeline-schema.ts';
import { said } from './problems.ts';

const root = join(import.meta.dirname, '../..');
const docs = readFileSync(join(root, 'docs/pipeline.md'), 'utf8');
const schema = readFileSync(join(root, 'schema/pipeline.schema.json'), 'utf8');

describe('the reference of the pipeline file', () => {
  it('has a meaning for every key that the loader takes', () => {
    expect(undescribedKeys()).toEqual([]);
  });

  it('has no key that the loader does not take', () => {
    const described = Object.values(PIPELINE_KEYS).flatMap((section) => Object.values(section));
    const unused = described.filter((meaning) => !schema.includes(JSON.stringify(meaning.replaceAll('`', '"'))));
    expect(described.length).toBeGreaterThan(40);
    expect(unused).toEqual([]);
  });

  it('is as generated, and so is the schema for editors', () => {
    expect(pipelineDocs(docs)).toBe(docs);
    expect(pipelineJsonSchema()).toBe(schema);
  });

  it('shows every section and every role', () => {
    for (const section of Object.keys(PIPELINE_KEYS)) expect(docs).toContain(`<!-- generated: ${section === '' ? 'file' : section} -->\n|`);
    for (const role of ROLES) expect(docs).toMatch(new RegExp(`^\\| \`${role}\` \\|`, 'm'));
  });

  it('shows a rehearsal with every key, and it loads', () => {
    const [example = ''] = [...docs.matchAll(/```yaml\n(rehearsal:\n[\s\S]*?)```/g)].map((match) => match[1] ?? '');
    const keys = [...example.matchAll(/^ {2}([a-z]+):/gm)].map((match) => match[1]);
    expect(keys.sort()).toEqual(Object.keys(PIPELINE_KEYS['rehearsal'] ?? {}).sort());
    const indented = example.replaceAll(/^/gm, '    ');
    const text = `version: 1\nenvironments:\n  staging:\n    role: staging\n${indented}\nroutes: [{ name: a, branches: [a], path: [staging] }]\n`;
    expect(said(text)).toEqual([]);
  });

  it('shows routes that load', () => {
    const examples = [...docs.matchAll(/```yaml\n(routes:\n[\s\S]*?)```/g)].map((match) => match[1] ?? '');
    expect(examples.length).toBeGreaterThan(0);
    for (const example of examples) {
      expect(said(`version: 1\nenvironments: { staging: { role: staging }, production: { role: production } }\n${example}`)).toEqual([]);
    }
  });
});
