import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import * as z from 'zod/mini';
import { DIFFERENCES } from '../../src/setup/differences.ts';
import { CALLER_GRANTS } from '../../src/setup/permissions.ts';
import { workflowErrors } from './parsed.ts';

const ROOT = join(import.meta.dirname, '../..');
const FOLDER = join(ROOT, 'workflows-templates');
const names = readdirSync(FOLDER);
const templates = names.filter((name) => name.endsWith('.yml')).map((name) => name.slice(0, -'.yml'.length));
const read = (name: string) => readFileSync(join(FOLDER, name), 'utf8');

/** https://docs.github.com/en/actions/how-tos/reuse-automations/create-workflow-templates */
const propertiesSchema = z.strictObject({
  name: z.string().check(z.minLength(1)),
  description: z.string().check(z.minLength(1)),
  iconName: z.string(),
  categories: z.array(z.string()).check(z.minLength(1)),
  filePatterns: z.optional(z.array(z.string()).check(z.minLength(1))),
});

describe('the folder of starter workflows', () => {
  it('has a workflow, its properties and their icon, and nothing else', () => {
    expect(templates).toEqual(['promote-by-hand', 'promote-chain', 'promote-monorepo', 'promote']);
    const expected = [...templates.flatMap((name) => [`${name}.yml`, `${name}.properties.json`]), 'promote.svg'];
    expect(names.toSorted()).toEqual(expected.toSorted());
    expect(read('promote.svg')).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"[^>]* viewBox="/);
  });
});

describe.each(templates)('%s', (name) => {
  it('is what GitHub’s own parser takes, as it stands and once it is filled in', async () => {
    const text = read(`${name}.yml`);
    expect(await workflowErrors(text)).toEqual([]);
    expect(await workflowErrors(text.replaceAll('$default-branch', 'main'))).toEqual([]);
  });

  it('pins the actions of others by commit, with the version, and says how to pin this one', () => {
    const text = read(`${name}.yml`);
    const uses = text.split('\n').filter((line) => /^\s*(?:- )?uses:/.test(line));
    const others = uses.filter((line) => !line.includes('org/promote-action'));
    expect(others.filter((line) => !/@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(line))).toEqual([]);
    expect(text).toContain('gh api repos/org/promote-action/commits/v1 --jq .sha');
  });

  it('has properties as GitHub reads them', () => {
    const properties = z.parse(propertiesSchema, JSON.parse(read(`${name}.properties.json`)));
    expect(names).toContain(`${properties.iconName}.svg`);
    for (const pattern of properties.filePatterns ?? []) expect(() => new RegExp(pattern)).not.toThrow();
  });
});

interface Job {
  readonly permissions: Record<string, string>;
  readonly uses?: string;
  readonly with?: Record<string, unknown>;
  readonly secrets?: Record<string, unknown>;
}
interface Workflow {
  readonly on: { readonly workflow_call: { readonly inputs: Record<string, unknown>; readonly secrets: Record<string, unknown> } };
  readonly jobs: Record<string, Job>;
}

/** What the jobs of a shipped workflow ask for, at most. A caller that grants less is refused before anything runs. */
function asked(workflow: Workflow): Record<string, string> {
  const most: Record<string, string> = {};
  for (const { permissions } of Object.values(workflow.jobs)) {
    for (const [permission, level] of Object.entries(permissions)) if (most[permission] !== 'write') most[permission] = level;
  }
  return most;
}

describe.each(['promote', 'promote-by-hand', 'promote-monorepo'])('what %s calls', (name) => {
  const { promote } = (parse(read(`${name}.yml`)) as Workflow).jobs;
  const file = promote?.uses?.match(/^org\/promote-action\/(.+)@v1$/)?.[1] ?? '';
  const called = parse(readFileSync(join(ROOT, file), 'utf8')) as Workflow;

  it('has the inputs and the secrets that it is given', () => {
    expect(Object.keys(called.on.workflow_call.inputs)).toEqual(expect.arrayContaining(Object.keys(promote?.with ?? {})));
    expect(Object.keys(called.on.workflow_call.secrets)).toEqual(expect.arrayContaining(Object.keys(promote?.secrets ?? {})));
  });

  it('asks for what it is granted, no more and no less', () => {
    expect(promote?.permissions).toEqual(asked(called));
  });
});

it('promote init grants the same', () => {
  const granted = Object.fromEntries(CALLER_GRANTS.map(([name, level]) => [name, level]));
  expect((parse(read('promote.yml')) as Workflow).jobs['promote']?.permissions).toEqual(granted);
});

describe('the page on starting', () => {
  const page = readFileSync(join(ROOT, 'docs/starting.md'), 'utf8');

  it('tells every difference that doctor finds, and no other', () => {
    const told = [...page.matchAll(/^\| `(\w+)` \|/gm)].map((match) => match[1]);
    expect(told.toSorted()).toEqual([...DIFFERENCES].toSorted());
  });

  it('tells every starter workflow', () => {
    expect([...page.matchAll(/^\| `([\w-]+)\.yml` \|/gm)].map((match) => match[1]).toSorted()).toEqual(templates.toSorted());
  });
});
