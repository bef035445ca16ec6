import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { convertWorkflowTemplate, NoOperationTraceWriter, parseWorkflow } from '../sandbox/runner/github-parser.ts';
import { workflowFiles } from '../tools/workflow-checks/older-syntax.ts';

const root = join(import.meta.dirname, '..');

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}
interface Job {
  readonly permissions?: unknown;
  readonly environment?: unknown;
  readonly concurrency?: unknown;
  readonly steps?: readonly Step[];
  readonly [key: string]: unknown;
}
interface Workflow {
  readonly permissions?: unknown;
  readonly jobs: Readonly<Record<string, Job>>;
}

function workflow(path: string): Workflow {
  return parse(readFileSync(join(root, path), 'utf8')) as Workflow;
}

describe.each(workflowFiles(root))('%s', (path) => {
  const text = readFileSync(join(root, path), 'utf8');
  const jobs = Object.entries(workflow(path).jobs);

  test('is what GitHub’s own parser takes', async () => {
    const parsed = parseWorkflow({ name: path, content: text.replaceAll('$default-branch', 'main') }, new NoOperationTraceWriter());
    expect(parsed.context.errors.getErrors().map(({ message }) => message)).toEqual([]);
    if (parsed.value === undefined) throw new Error('no workflow');
    const template = await convertWorkflowTemplate(parsed.context, parsed.value, undefined, { maxReusableWorkflowDepth: 10 });
    expect(template.errors ?? []).toEqual([]);
  });

  test('grants each job its own permissions, each with a word why', () => {
    expect(jobs.filter(([, job]) => job.permissions === undefined).map(([id]) => id)).toEqual([]);
    const granted = text.split('\n').filter((line) => /^ {6}[a-z-]+: (?:read|write)\b/.test(line));
    expect(granted.filter((line) => !line.includes(' # '))).toEqual([]);
  });

  test('gives each job that runs a limit of time', () => {
    expect(jobs.filter(([, job]) => job.steps !== undefined && job['timeout-minutes'] === undefined).map(([id]) => id)).toEqual([]);
  });

  test('names nothing an outsider can name in the text of a command', () => {
    const commands = jobs.flatMap(([, job]) => (job.steps ?? []).flatMap(({ run }) => (run === undefined ? [] : [run])));
    expect(commands.filter((run) => run.includes('${{'))).toEqual([]);
  });

  test('pins what comes from elsewhere by commit, and leaves no credentials behind', () => {
    const steps = jobs.flatMap(([, job]) => job.steps ?? []);
    const foreign = steps.flatMap(({ uses }) => (uses === undefined || /^[.$]\/|^org\/promote-action/.test(uses) ? [] : [uses]));
    expect(foreign.filter((uses) => !/@[0-9a-f]{40}$/.test(uses))).toEqual([]);
    const checkouts = steps.filter(({ uses }) => uses?.startsWith('actions/checkout@'));
    expect(checkouts.filter((step) => step.with?.['persist-credentials'] !== false)).toEqual([]);
  });

  test('names itself by a path that is documented', () => {
    const named = jobs.flatMap(([, job]) => [job['uses'], ...(job.steps ?? []).map((step) => step.uses)]);
    const own = named.map(String).filter((uses) => uses.startsWith('$'));
    for (const uses of own) expect(uses).toMatch(/^\$\/\.github\/(?:actions\/promote|workflows\/\w+\.yml)$/);
  });

  test('has no concurrency where people are waited for', () => {
    expect(jobs.filter(([, job]) => job.environment !== undefined && job.concurrency !== undefined)).toEqual([]);
  });
});

describe('a job that runs what the candidate brings', () => {
  const shipped = workflowFiles(root).filter((path) => path.startsWith('.github/') && !path.endsWith('ci.yml'));
  const runsCandidate = ({ steps = [] }: Job): boolean =>
    steps.some(({ run, with: input }) => run?.includes('"$BUILD"') || ['deploy', 'rehearse'].includes(String(input?.['command'])));
  const running = shipped.flatMap((path) =>
    Object.entries(workflow(path).jobs).flatMap(([id, job]) => (runsCandidate(job) ? [{ name: `${path} ${id}`, job }] : [])),
  );
  const may = ({ permissions }: Job) => permissions as Readonly<Record<string, string>>;
  const under = ({ job }: { readonly job: Job }) => String(job['if']);

  test('is found', () => {
    expect(running.map(({ name }) => name.replace('.github/workflows/', ''))).toEqual([
      'build.yml build',
      ...['deploy', 'deploy-oidc'].map((id) => `deploy.yml ${id}`),
      ...['rehearse', 'rehearse-oidc'].map((id) => `rehearse.yml ${id}`),
    ]);
  });

  test('has an identity only where that is asked for, and signs nothing', () => {
    const withIdentity = running.filter(({ job }) => may(job)['id-token'] !== undefined);
    expect(withIdentity).toHaveLength(2);
    expect(withIdentity.filter((one) => !/(?<!!)inputs\.oidc/.test(under(one)))).toEqual([]);
    expect(running.filter(({ job }) => may(job)['attestations'] === 'write')).toEqual([]);
  });

  test('never writes issues: a rollback vetoes what it leaves in a job before, which runs nothing of the candidate', () => {
    expect(running.filter(({ job }) => may(job)['issues'] === 'write').map(({ name }) => name)).toEqual([]);
    const { veto } = workflow('.github/workflows/deploy.yml').jobs;
    expect(veto?.steps?.map(({ with: input }) => input?.['command'])).toEqual(['veto']);
  });

  test('is one of several that do the same', () => {
    for (const path of ['deploy.yml', 'rehearse.yml']) {
      const bodies = running.filter(({ name }) => name.includes(path)).map(({ job }) => [job.steps, job['outputs'], job.environment]);
      for (const body of bodies) expect(body).toEqual(bodies[0]);
    }
  });
});

test('all stages of the pipeline are alike', () => {
  const { jobs } = workflow('.github/workflows/pipeline.yml');
  const alike = (stage: number): unknown => {
    const { name, needs, if: condition, ...rest } = jobs[`stage-${stage}`] ?? {};
    return JSON.parse(JSON.stringify({ ...rest }).replaceAll(`[${stage - 1}]`, '[n]'));
  };
  expect(Object.keys(jobs).filter((id) => id.startsWith('stage-'))).toHaveLength(8);
  for (let stage = 2; stage <= 8; stage += 1) expect(alike(stage)).toEqual(alike(1));
});
