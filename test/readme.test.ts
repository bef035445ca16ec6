import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import * as z from 'zod/mini';
import { INPUTS, OUTPUTS } from '../src/job/action-io.ts';
import { loadPipeline } from '../src/pipeline/load.ts';

const readme = readFileSync(join(import.meta.dirname, '..', 'README.md'), 'utf8');
const ownJobs = readFileSync(join(import.meta.dirname, '..', 'docs/own-jobs.md'), 'utf8');

/** The first YAML block after a text. */
function yamlAfter(page: string, marker: string): string {
  const block = /```yaml\n(.*?)```/s.exec(page.slice(page.indexOf(marker)));
  if (!page.includes(marker) || block?.[1] === undefined) throw new Error(`there is no YAML block after ${JSON.stringify(marker)}`);
  return block[1];
}

const Step = z.object({ uses: z.string(), with: z.optional(z.record(z.string(), z.unknown())) });
const Job = z.object({ permissions: z.record(z.string(), z.enum(['read', 'write'])), steps: z.array(Step) });
const Jobs = z.object({ jobs: z.record(z.string(), Job) });

const { jobs } = z.parse(
  Jobs,
  parse(`${yamlAfter(ownJobs, '<!-- workflow -->').trimEnd()}\n\n${yamlAfter(ownJobs, '<!-- acceptance -->')}`),
);
const steps = Object.values(jobs).flatMap((job) => job.steps);
const ours = steps.filter(({ uses }) => uses.includes('/promote-action@'));

describe('the documentation', () => {
  it('shows a pipeline file that loads', () => {
    const pipeline = loadPipeline(yamlAfter(readme, '## What a pipeline file can say'), '.github/promote.yml');
    expect([...pipeline.environments.keys()]).toEqual(['dev', 'uat', 'production']);
    expect(pipeline.routes.map(({ name }) => name)).toEqual(['release', 'mainline', 'feature']);
  });

  it('shows jobs that use commands, inputs and outputs as they are', () => {
    expect(Object.keys(jobs)).toEqual(['plan', 'deploy', 'accept']);
    expect(ours.map((step) => step.with?.['command'] ?? INPUTS.command.default)).toEqual(['plan', 'deploy', 'accept']);
    for (const step of ours) expect(Object.keys(INPUTS)).toEqual(expect.arrayContaining(Object.keys(step.with ?? {})));
    const outputs = [...yamlAfter(ownJobs, '<!-- workflow -->').matchAll(/steps\.promote\.outputs\.([\w-]+)/g)].map((match) => match[1]);
    expect(outputs).toEqual(['proceed', 'environments', 'sha', 'asked-for', 'policy-hash']);
    expect(Object.keys(OUTPUTS)).toEqual(expect.arrayContaining(outputs));
  });

  it('shows steps that migrate and rehearse with inputs and outputs as they are', () => {
    const shown = ['<!-- migration -->', '<!-- rehearsal -->'].map((marker) => yamlAfter(ownJobs, marker));
    const all = shown.flatMap((text) => z.parse(z.object({ steps: z.array(z.partial(Step)) }), parse(text)).steps);
    const inputs = all.filter(({ uses }) => uses?.includes('/promote-action@')).map((step) => Object.keys(step.with ?? {}));
    expect(inputs).toEqual([
      ['command', 'environment', 'migration-seconds'],
      ['command', 'environment'],
    ]);
    expect(Object.keys(INPUTS)).toEqual(expect.arrayContaining(inputs.flat()));
    const outputs = [...shown.join('\n').matchAll(/steps\.(?:promote|rehearse)\.outputs\.([\w-]+)/g)].map((match) => match[1]);
    expect(outputs).toEqual(['proceed', 'rehearsal-report', 'rehearsal-report']);
    expect(Object.keys(OUTPUTS)).toEqual(expect.arrayContaining(outputs));
  });

  it('pins what is not ours, and gives each job only what it needs', () => {
    for (const { uses } of steps.filter((step) => !ours.includes(step))) expect(uses).toMatch(/@[0-9a-f]{40}$/);
    const reads = { contents: 'read', deployments: 'read', actions: 'read', checks: 'read', issues: 'read', 'pull-requests': 'read' };
    expect(Object.fromEntries(Object.entries(jobs).map(([name, job]) => [name, job.permissions]))).toEqual({
      plan: reads,
      deploy: { ...reads, deployments: 'write' },
      accept: { ...reads, deployments: 'write' },
    });
  });
});
