import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { evaluate, isTruthy, type Json } from '../../sandbox/runner/expressions.ts';
import { loadPipeline } from '../../src/pipeline/load.ts';
import type { Pipeline } from '../../src/pipeline/model.ts';
import { callerFile } from '../../src/setup/caller-file.ts';
import { chainFile } from '../../src/setup/chain-file.ts';
import { expressionsIn, workflowErrors } from './parsed.ts';

interface Job {
  readonly if?: string;
  readonly permissions?: Readonly<Record<string, string>>;
  readonly needs?: string | readonly string[];
  readonly environment?: { readonly name: string; readonly url?: string; readonly deployment: boolean };
  readonly env?: unknown;
  readonly steps: readonly {
    readonly uses?: string;
    readonly run?: string;
    readonly with?: Record<string, unknown>;
    readonly env?: Record<string, string>;
  }[];
}

function load(text: string, path = '.github/promote.yml'): Pipeline {
  return loadPipeline(`version: 1\n${text}`, path);
}

function jobsOf(pipeline: Pipeline): Readonly<Record<string, Job>> {
  return parse(chainFile(pipeline, { nodeVersionFile: null })).jobs as Record<string, Job>;
}

const TWO_ROUTES = load(`
build: { run: make, artifact: dist }
environments:
  dev: { role: development }
  uat: { role: uat, gate: { approvals: 1 }, acceptance: { approvals: 2 }, deploy: { run: ./deploy } }
  training: { role: training, deploy: { run: ./deploy } }
  production: { role: production, url: 'https://shop.example', gate: { approvals: 2 }, deploy: { run: ./deploy } }
routes:
  - { name: mainline, branches: [main], path: [dev, [uat, training], production] }
  - { name: hotfix, branches: ['hotfix/**'], path: [production], environments: { production: { gate: { approvals: 3 } } } }
`);

/** Whether a job would run, given what the plan says and how the jobs that it needs ended. */
function runs(job: Job | undefined, entries: Json, ended: Readonly<Record<string, { result?: string; entered?: string }>> = {}): boolean {
  if (job?.if === undefined) throw new Error('no such job, or no condition');
  const ids = typeof job.needs === 'string' ? [job.needs] : (job.needs ?? []);
  const needs = Object.fromEntries(
    ids.map((id) => {
      const { result = 'success', entered = 'true' } = ended[id] ?? {};
      // What a job did not say, or GitHub dropped, is not there.
      return [id, { result, outputs: result === 'success' && entered !== '' ? { entered } : {} }];
    }),
  );
  const outputs = { entries: JSON.stringify(entries) };
  const failed = Object.values(needs).some(({ result }) => result === 'failure');
  const contexts = { inputs: {}, needs: { ...needs, plan: { result: 'success', outputs } }, github: { event_name: 'push' } };
  const functions = { success: () => !failed, failure: () => failed, cancelled: () => false };
  return isTruthy(evaluate(job.if.replace(/^\$\{\{|\}\}$/g, ''), { contexts, functions }));
}

const NOBODY = { deploy: true, approvals: 0, acceptance: '', 'acceptance-approvals': 0, rehearsal: false };

describe('the chain as jobs', () => {
  const jobs = jobsOf(TWO_ROUTES);

  it('has the jobs that any route may want, each after all that may come before', () => {
    expect(Object.fromEntries(Object.entries(jobs).map(([id, job]) => [id, job.needs ?? []]))).toEqual({
      plan: [],
      veto: 'plan',
      build: 'plan',
      dev: ['plan', 'veto', 'build'],
      uat: ['plan', 'veto', 'build', 'dev'],
      'uat-accept-gate-1': ['plan', 'veto', 'build', 'dev', 'uat'],
      'uat-accept': ['plan', 'veto', 'build', 'dev', 'uat', 'uat-accept-gate-1'],
      training: ['plan', 'veto', 'build', 'dev'],
      'production-gate-1': ['plan', 'veto', 'build', 'dev', 'uat', 'uat-accept', 'training'],
      'production-gate-2': ['plan', 'veto', 'build', 'dev', 'uat', 'uat-accept', 'training', 'production-gate-1'],
      production: ['plan', 'veto', 'build', 'dev', 'uat', 'uat-accept', 'training', 'production-gate-1', 'production-gate-2'],
      resume: [],
    });
    expect(jobs['production']?.environment).toEqual({ name: 'production', url: 'https://shop.example#promote' });
    expect(jobs['uat-accept']?.environment).toEqual({ name: 'uat-acceptance', url: expect.stringMatching(/\/runs\/.*#promote$/) });
  });

  it('enters what the plan of the run leads to, and nothing else', () => {
    const entries = { production: { ...NOBODY, approvals: 2 } };
    const skipped = {
      build: { result: 'skipped' },
      dev: { result: 'skipped' },
      uat: { result: 'skipped' },
      training: { result: 'skipped' },
    };
    expect(runs(jobs['dev'], entries)).toBe(false);
    expect(runs(jobs['production-gate-1'], entries, skipped)).toBe(true);
    expect(runs(jobs['production-gate-2'], entries, skipped)).toBe(false);
    expect(runs(jobs['production'], entries, skipped)).toBe(true);
    expect(runs(jobs['production-gate-2'], { production: { ...NOBODY, approvals: 3 } }, skipped)).toBe(true);
    expect(runs(jobs['production'], {})).toBe(false);
  });

  it('goes no further once an environment failed, was refused, or stopped quietly', () => {
    const entries = { uat: NOBODY, training: NOBODY, production: NOBODY };
    expect(runs(jobs['production'], entries)).toBe(true);
    expect(runs(jobs['production'], entries, { training: { result: 'failure' } })).toBe(false);
    expect(runs(jobs['production'], entries, { 'production-gate-1': { result: 'failure' } })).toBe(false);
    expect(runs(jobs['production'], entries, { uat: { entered: 'false' } })).toBe(false);
    expect(runs(jobs['production'], entries, { uat: { entered: '' } })).toBe(false);
    expect(
      runs(jobs['production'], entries, { dev: { entered: 'false' }, uat: { result: 'skipped' }, training: { result: 'skipped' } }),
    ).toBe(false);
  });

  it('asks for an acceptance that is missing where the version is already', () => {
    const entries = { uat: { ...NOBODY, deploy: false, acceptance: 'uat-acceptance', 'acceptance-approvals': 2 } };
    expect(runs(jobs['uat'], entries)).toBe(false);
    expect(runs(jobs['uat-accept-gate-1'], entries, { uat: { result: 'skipped' } })).toBe(true);
    expect(runs(jobs['uat-accept'], entries, { uat: { result: 'skipped' } })).toBe(true);
    expect(runs(jobs['uat-accept'], { uat: NOBODY })).toBe(false);
    expect(runs(jobs['uat-accept'], { uat: { ...NOBODY, acceptance: 'uat-acceptance' } }, { uat: { entered: 'false' } })).toBe(false);
  });

  it('fails where nothing would be deployed: no command in the pipeline file, and no steps yet', () => {
    expect(jobs['dev']?.steps.some(({ run }) => run?.includes('Write here how this environment is deployed'))).toBe(true);
    expect(jobs['uat']?.steps.some(({ run }) => run?.includes('Write here'))).toBe(false);
  });

  it('leaves out the build where the commit itself is deployed', () => {
    const plain = jobsOf(load('environments:\n  dev: { role: development }\nroutes:\n  - { name: all, branches: ["**"], path: [dev] }\n'));
    expect(Object.keys(plain)).toEqual(['plan', 'veto', 'dev', 'resume']);
    expect(plain['dev']?.steps.filter(({ uses }) => uses?.includes('download-artifact'))).toEqual([]);
  });
});

describe('what starts the workflow', () => {
  const started = (feature: string) =>
    parse(callerFile(load(`environments: { dev: { role: development } }\nroutes: [{ name: feature, branches: ${feature}, path: [dev] }]`)))
      .on.push;

  it('is no push of GitHub’s merge queue or of Dependabot, unless a route asks for it', () => {
    expect(started("['**']")).toEqual({ branches: ['**', '!gh-readonly-queue/**', '!dependabot/**'] });
    expect(started("['**', 'dependabot/npm/**']")).toEqual({ branches: ['**', '!gh-readonly-queue/**'] });
    expect(started('[main]')).toEqual({ branches: ['main'] });
  });
});

describe('names and commands from outside', () => {
  const NAMES = [
    'plan',
    'Build',
    'on',
    'eu west/1',
    '1st',
    'a#b',
    '${{ github.token }}',
    '- [x]: {y}'.replace(':', ''),
    'ünïcode & <b>',
    'plan-2',
    'uat',
    'uat-accept',
  ];
  const RUN = 'echo "it\'s ${{ secrets.NOT_READ }}"\n  indented: # no comment\n\ttabbed\n';
  const ARTIFACT = 'out: "dir" #1/${{ x }}';
  const environments = Object.fromEntries(NAMES.map((name) => [name, { role: 'qa', deploy: { run: './d' } }]));
  const text = JSON.stringify({
    version: 1,
    build: { run: RUN, artifact: ARTIFACT },
    environments: { ...environments, uat: { role: 'uat', acceptance: { approvals: 1 } } },
    routes: [{ name: 'all: #1', branches: ['fix/[0-9]*', '!fix/0', 'a b', '*'], tags: ["v'*"], path: [NAMES] }],
  });
  const path = 'services/a: b/#1/promote.yml';
  const pipeline = loadPipeline(text, path);
  const chain = chainFile(pipeline, { nodeVersionFile: null });

  it('stay what they are', async () => {
    expect(await workflowErrors(chain)).toEqual([]);
    const jobs = parse(chain).jobs as Record<string, Job>;
    const said = (value: unknown) => String(value).replaceAll("${{ '${{' }}", '${{');
    const deploying = Object.entries(jobs).filter(([, { steps }]) => steps.some((step) => step.with?.['command'] === 'deploy'));
    expect(deploying.map(([, { environment }]) => said(environment?.name)).toSorted()).toEqual(NAMES.toSorted());
    for (const [, { environment, steps }] of deploying)
      expect(steps.find((step) => step.with?.['command'] === 'deploy')?.with?.['environment']).toBe(environment?.name);
    expect(said(jobs['build']?.steps.find(({ run }) => run?.startsWith('echo'))?.run)).toBe(RUN);
    expect(said(jobs['build']?.steps.find(({ run }) => run?.includes('tar --create'))?.env?.['ARTIFACT'])).toBe(ARTIFACT);
    for (const id of Object.keys(jobs)) expect(id).toMatch(/^[a-z_][a-z0-9_-]*$/);
    expect(parse(chain).on.push).toEqual({ branches: ['fix/[0-9]*', 'a b', '*'], tags: ["v'*"] });
  });

  it('run nothing of the repository where issues may be written or an identity be taken', () => {
    const jobs = Object.values(parse(chain).jobs as Record<string, Job>);
    const writing = jobs.filter(({ permissions = {} }) => permissions['issues'] === 'write' || permissions['id-token'] === 'write');
    expect(writing).toHaveLength(1);
    for (const { steps } of writing) expect(steps.map((step) => step.with?.['command'])).toEqual(['veto']);
  });

  it('are read by no expression', () => {
    const contexts = expressionsIn(chain).flatMap((expression) => [
      ...expression.replaceAll(/'(?:[^']|'')*'/g, '').matchAll(/(?<![\w.-])(\w+)\.[\w.*-]+/g),
    ]);
    const read = new Set(contexts.map(([whole]) => whole.replace(/\.outputs\..*/, '.outputs')));
    expect(
      [...read].filter(
        (one) =>
          !/^(?:github\.(?:token|run_id|run_attempt|event_name|server_url|repository|workflow_ref)|needs\.[a-z_][\w-]*\.(?:outputs|result)|steps\.(?:promote|before|upload)\.outputs|runner\.temp|inputs\.(?:environment|ref|sha|rollback))$/.test(
            one,
          ),
      ),
    ).toEqual([]);
    expect(read).toContain('needs.plan.outputs');
    // One in each job that fetches the artifact, none from a name.
    expect(expressionsIn(chain).filter((expression) => expression === 'github.token')).toHaveLength(NAMES.length);
  });

  it('come through to the caller', async () => {
    const caller = callerFile(pipeline);
    expect(await workflowErrors(caller)).toEqual([]);
    expect(parse(caller).jobs.promote.with.pipeline).toBe(path);
  });
});
