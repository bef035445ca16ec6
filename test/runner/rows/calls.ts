import { expect } from 'vitest';
import { CONTEXTS, ENVIRONMENTS, job, REUSE, REUSE_REFERENCE, type Row, SCHEMA, SYNTAX } from './row.ts';

/** A workflow that can be called, with one job. */
const callable = (definition = '', jobText = job()): string => `
on:
  workflow_call:${definition}
jobs:
  work: ${jobText}`;

const caller = (more: string, uses = './.github/workflows/called.yml'): string => `
name: Caller
on: push
jobs:
  call: { uses: ${uses}, ${more} }`;

const refused = (problem: RegExp): Row['expect'] => {
  return (stage) => {
    expect(stage.run()).toMatchObject({ status: 'completed', conclusion: 'startup_failure' });
    expect(stage.run().problem).toMatch(problem);
    expect(stage.ran).toEqual([]);
  };
};

const levels = (count: number): Readonly<Record<string, string>> => {
  const files: Record<string, string> = {};
  for (let level = 1; level < count; level += 1) {
    const on = level === 1 ? 'push' : 'workflow_call';
    files[level === 1 ? 'ci.yml' : `level-${level}.yml`] = `
on: ${on}
jobs:
  call: { uses: ./.github/workflows/level-${level + 1}.yml }`;
  }
  files[`level-${count}.yml`] = `
on: workflow_call
jobs:
  work: ${job()}`;
  return files;
};

const INPUTS = `
    inputs:
      text: { type: string, default: nobody }
      flag: { type: boolean }
      count: { type: number, default: 3 }`;

export const callRows: readonly Row[] = [
  {
    behaviour: "inputs reach the called workflow with their types and defaults, and are the called workflow's only inputs",
    source: `${REUSE}#using-inputs-and-secrets-in-a-reusable-workflow`,
    workflow: { 'ci.yml': caller("with: { text: '${{ github.ref_name }}', flag: true }"), 'called.yml': callable(INPUTS) },
    expect: (stage) => expect(stage.request('call/work').contexts['inputs']).toEqual({ text: 'main', flag: true, count: 3 }),
  },
  {
    behaviour: 'inputs without value or default are empty by their type',
    source: `${SYNTAX}#onworkflow_callinputsinput_iddefault`,
    workflow: {
      'ci.yml': caller('with: {}'),
      'called.yml': callable(`
    inputs: { text: { type: string }, flag: { type: boolean }, count: { type: number } }`),
    },
    expect: (stage) => expect(stage.request('call/work').contexts['inputs']).toEqual({ text: '', flag: false, count: 0 }),
  },
  {
    behaviour: 'an input that the called workflow does not know is refused at the start',
    source: SCHEMA,
    workflow: { 'ci.yml': caller('with: { colour: red }'), 'called.yml': callable(INPUTS) },
    expect: refused(/ci\.yml:5:\d+: Invalid input, colour is not defined in the referenced workflow/),
  },
  {
    behaviour: 'a required input that is missing is refused at the start',
    source: SCHEMA,
    workflow: {
      'ci.yml': caller('with: {}'),
      'called.yml': callable(`
    inputs: { text: { type: string, required: true } }`),
    },
    expect: refused(/ci\.yml:5:\d+: Input text is required, but not provided while calling/),
  },
  {
    behaviour: 'an input of the wrong type is refused at the start',
    source: `${SYNTAX}#onworkflow_callinputsinput_idtype`,
    workflow: { 'ci.yml': caller('with: { flag: sometimes }'), 'called.yml': callable(INPUTS) },
    expect: refused(/ci\.yml:5:\d+: Unexpected value 'sometimes': input flag is a boolean/),
  },
  {
    behaviour: 'text computed for a boolean input fails the call; fromJSON makes it one',
    source: `${SYNTAX}#onworkflow_callinputsinput_idtype`,
    workflow: {
      'ci.yml': `
on: push
jobs:
  plan: ${job("outputs: { flag: '${{ steps.s.outputs.flag }}' }")}
  text: { needs: plan, uses: ./.github/workflows/called.yml, with: { flag: '\${{ needs.plan.outputs.flag }}' } }
  json: { needs: plan, uses: ./.github/workflows/called.yml, with: { flag: '\${{ fromJSON(needs.plan.outputs.flag) }}' } }`,
      'called.yml': callable(INPUTS),
    },
    options: { jobs: { plan: () => ({ outputs: { flag: 'true' } }) } },
    expect(stage) {
      expect(stage.results()).toEqual({ plan: 'success', text: 'failure', 'json/work': 'success' });
      expect(stage.request('json/work').contexts['inputs']).toMatchObject({ flag: true });
      expect(stage.job('text').annotations[0]?.message).toMatch(/input flag is a boolean/);
    },
  },
  {
    behaviour: 'a workflow without workflow_call cannot be called',
    source: `${REUSE}#creating-a-reusable-workflow`,
    workflow: { 'ci.yml': caller('with: {}'), 'called.yml': `on: push\njobs:\n  work: ${job()}` },
    play: async (stage) => {
      await stage.runner.push('main');
    },
    expect: (stage) =>
      expect(stage.sandbox.state.runs.find(({ workflowPath }) => workflowPath.endsWith('ci.yml'))?.problem).toMatch(
        /workflow_call key is not defined in the referenced workflow/,
      ),
  },
  {
    behaviour: 'a called workflow that is not there is refused at the start',
    source: `${REUSE}#calling-a-reusable-workflow`,
    workflow: caller('with: {}'),
    expect: refused(/workflow was not found: octo-org\/shop\/\.github\/workflows\/called\.yml/),
  },
  {
    behaviour: 'ten levels of workflows are allowed',
    source: `${REUSE_REFERENCE}#limitations-of-reusable-workflows`,
    workflow: levels(10),
    expect: (stage) => expect(stage.run()).toMatchObject({ conclusion: 'success', problem: null }),
  },
  {
    behaviour: 'eleven levels of workflows are refused',
    source: `${REUSE_REFERENCE}#limitations-of-reusable-workflows`,
    workflow: levels(11),
    expect: refused(/nested deeper than 10 levels/),
  },
  {
    behaviour: 'loops of calls are refused',
    source: `${REUSE}#nesting-reusable-workflows`,
    workflow: {
      'ci.yml': caller('with: {}'),
      'called.yml': `
on: workflow_call
jobs:
  again: { uses: ./.github/workflows/called.yml }`,
    },
    expect: refused(/is called by itself/),
  },
  {
    behaviour: 'outputs of a called workflow come from its jobs',
    source: `${REUSE}#using-outputs-from-a-reusable-workflow`,
    workflow: {
      'ci.yml': `
on: push
jobs:
  call: { uses: ./.github/workflows/called.yml }
  after: ${job('needs: call')}`,
      'called.yml': callable(
        `
    outputs: { version: { value: 'v\${{ jobs.work.outputs.version }}' } }`,
        job("outputs: { version: '${{ steps.s.outputs.v }}' }"),
      ),
    },
    options: { jobs: { 'call/work': () => ({ outputs: { version: '2' } }) } },
    expect: (stage) =>
      expect(stage.request('after').contexts['needs']).toEqual({ call: { result: 'success', outputs: { version: 'v2' } } }),
  },
  {
    behaviour: 'a matrix of calls gives the output of the last successful one that sets a value',
    source: `${REUSE}#using-outputs-from-a-reusable-workflow`,
    workflow: {
      'ci.yml': `
on: push
jobs:
  call:
    uses: ./.github/workflows/called.yml
    strategy: { fail-fast: false, matrix: { n: [1, 2, 3, 4] } }
  after: ${job('needs: call, if: always()')}`,
      'called.yml': callable(
        `
    outputs: { stopped: { value: '\${{ jobs.work.outputs.stopped }}' } }`,
        job("outputs: { stopped: '${{ steps.s.outputs.v }}' }"),
      ),
    },
    options: {
      parallelJobs: 1,
      jobs: {
        'call[0]/work': () => ({ outputs: { stopped: 'first' } }),
        'call[1]/work': () => ({ outputs: { stopped: 'second' } }),
        'call[2]/work': () => ({ outputs: {} }),
        'call[3]/work': () => ({ conclusion: 'failure', outputs: { stopped: 'failed' } }),
      },
    },
    expect: (stage) =>
      expect(stage.request('after').contexts['needs']).toEqual({ call: { result: 'failure', outputs: { stopped: 'second' } } }),
  },
  {
    behaviour: 'only the secrets that are passed reach a called workflow, and the token',
    source: `${REUSE}#passing-inputs-and-secrets-to-a-reusable-workflow`,
    workflow: {
      'ci.yml': caller("secrets: { key: '${{ secrets.DEPLOY_KEY }}', token: '${{ secrets.GITHUB_TOKEN }}' }"),
      'called.yml': callable(`
    secrets: { key: { required: true }, token: {} }`),
    },
    options: { secrets: { DEPLOY_KEY: 'sesame', OTHER: 'hidden' } },
    expect(stage) {
      const { contexts, secrets } = stage.request('call/work');
      const { token } = contexts['github'] as Record<string, string>;
      expect(contexts['secrets']).toEqual({ key: 'sesame', token, GITHUB_TOKEN: token });
      expect(secrets).toContain('sesame');
      expect(secrets).toContain(token);
      expect(secrets).not.toContain('hidden');
    },
  },
  {
    behaviour: 'secrets: inherit passes all of the caller, also down the chain when it is said again',
    source: `${REUSE}#passing-secrets-to-nested-workflows`,
    workflow: {
      'ci.yml': caller('secrets: inherit'),
      'called.yml': `
on: workflow_call
jobs:
  yes: { uses: ./.github/workflows/inner.yml, secrets: inherit }
  no: { uses: ./.github/workflows/inner.yml }`,
      'inner.yml': callable(),
    },
    options: { secrets: { KEY: 'sesame' } },
    expect(stage) {
      expect(stage.request('call/yes/work').contexts['secrets']).toMatchObject({ KEY: 'sesame' });
      expect(stage.request('call/no/work').contexts['secrets']).not.toHaveProperty('KEY');
    },
  },
  {
    behaviour: 'secrets: inherit passes nothing to a workflow of another owner',
    source: `${REUSE}#passing-inputs-and-secrets-to-a-reusable-workflow`,
    workflow: {
      'ci.yml': `
on: push
jobs:
  own: { uses: octo-org/tools/.github/workflows/called.yml@v1, secrets: inherit }
  other: { uses: monalisa/tools/.github/workflows/called.yml@v1, secrets: inherit }`,
    },
    options: {
      secrets: { KEY: 'sesame' },
      others: {
        'octo-org/tools': { '.github/workflows/called.yml': callable() },
        'monalisa/tools': { '.github/workflows/called.yml': callable() },
      },
    },
    expect(stage) {
      expect(stage.request('own/work').contexts['secrets']).toHaveProperty('KEY', 'sesame');
      expect(stage.request('other/work').contexts['secrets']).not.toHaveProperty('KEY');
    },
  },
  {
    behaviour: 'a secret that the called workflow does not know, or lacks, is refused at the start',
    source: SCHEMA,
    workflow: {
      'ci.yml': caller("secrets: { other: '${{ secrets.X }}' }"),
      'called.yml': callable(`
    secrets: { other: {}, key: { required: true } }`),
    },
    expect: refused(/Secret key is required, but not provided while calling/),
  },
  {
    behaviour: "environment secrets reach a called workflow of the same repository and no other's",
    source: `${REUSE_REFERENCE} and actions/runner issues 3206, 4453`,
    workflow: {
      'ci.yml': `
on: push
jobs:
  own: { uses: ./.github/workflows/called.yml }
  other: { uses: octo-org/tools/.github/workflows/called.yml@v1, secrets: inherit }
  plain: ${job('environment: Uat')}`,
      'called.yml': callable('', job('environment: uat')),
    },
    options: {
      environmentSecrets: { uat: { KEY: 'of-uat' } },
      environmentVariables: { uat: { WHERE: 'uat' } },
      variables: { WHERE: 'anywhere', WHAT: 'shop' },
      others: { 'octo-org/tools': { '.github/workflows/called.yml': callable('', job('environment: uat')) } },
    },
    expect(stage) {
      expect(stage.request('own/work').contexts['secrets']).toHaveProperty('KEY', 'of-uat');
      expect(stage.request('plain').contexts['secrets']).toHaveProperty('KEY', 'of-uat');
      expect(stage.request('plain').contexts['vars']).toEqual({ WHERE: 'uat', WHAT: 'shop' });
      expect(stage.request('other/work').contexts['secrets']).not.toHaveProperty('KEY');
    },
  },
  {
    behaviour: "the caller's env does not reach a called workflow",
    source: `${REUSE_REFERENCE}#limitations-of-reusable-workflows`,
    workflow: {
      'ci.yml': `
on: push
env: { A: caller }
jobs:
  plain: ${job()}
  call: { uses: ./.github/workflows/called.yml }`,
      'called.yml': `
on: workflow_call
env: { B: '\${{ github.ref_name }}' }
jobs:
  work: ${job()}`,
    },
    expect(stage) {
      expect(stage.request('plain').contexts['env']).toEqual({ A: 'caller' });
      expect(stage.request('call/work').contexts['env']).toEqual({ B: 'main' });
    },
  },
  {
    behaviour: "in a called workflow github is the caller's, and job.workflow_* names the called file",
    source: `${REUSE_REFERENCE} and ${CONTEXTS}#job-context`,
    workflow: caller('with: {}', 'octo-org/tools/.github/workflows/called.yml@v2'),
    options: { others: { 'octo-org/tools': { '.github/workflows/called.yml': callable() } } },
    expect(stage) {
      const { contexts, variables, workflowSource, callerSource, name } = stage.request('call/work');
      expect(name).toBe('call / work');
      expect(contexts['github']).toMatchObject({
        job: 'work',
        workflow: 'Caller',
        repository: 'octo-org/shop',
        workflow_ref: 'octo-org/shop/.github/workflows/ci.yml@refs/heads/main',
      });
      expect(contexts['job']).toMatchObject({
        workflow_ref: 'octo-org/tools/.github/workflows/called.yml@v2',
        workflow_repository: 'octo-org/tools',
        workflow_file_path: '.github/workflows/called.yml',
      });
      expect(variables).toMatchObject({
        GITHUB_WORKFLOW: 'Caller',
        GITHUB_JOB: 'work',
        GITHUB_WORKFLOW_REF: 'octo-org/shop/.github/workflows/ci.yml@refs/heads/main',
      });
      expect(workflowSource.repository).toBe('octo-org/tools');
      expect(callerSource.repository).toBe('octo-org/shop');
    },
  },
  {
    behaviour: '$/ calls a workflow of the repository of the calling file, ./ one of the repository that runs',
    source: 'https://github.blog/changelog/ 2026-07-30 and the workflow schema',
    workflow: {
      'ci.yml': caller('with: {}', 'octo-org/tools/.github/workflows/called.yml@v2'),
      'inner.yml': callable('', job('name: of-shop')),
    },
    options: {
      others: {
        'octo-org/tools': {
          '.github/workflows/called.yml': `
on: workflow_call
jobs:
  file: { uses: $/.github/workflows/inner.yml }
  run: { uses: ./.github/workflows/inner.yml }`,
          '.github/workflows/inner.yml': callable('', job('name: of-tools')),
        },
      },
    },
    expect(stage) {
      expect(stage.request('call/file/work').name).toBe('call / file / of-tools');
      expect(stage.request('call/run/work').name).toBe('call / run / of-shop');
      expect(stage.request('call/file/work').contexts['job']).toMatchObject({
        workflow_ref: 'octo-org/tools/.github/workflows/inner.yml@v2',
      });
    },
  },
  {
    behaviour: 'permissions are narrowed from level to level; what nobody says is what the call was given',
    source: `${REUSE_REFERENCE}#supported-keywords-for-jobs-that-call-a-reusable-workflow`,
    workflow: {
      'ci.yml': `
on: push
permissions: { contents: write, deployments: write, id-token: write }
jobs:
  plain: ${job()}
  call: { uses: ./.github/workflows/called.yml, permissions: { contents: read, deployments: write } }`,
      'called.yml': `
on: workflow_call
jobs:
  unsaid: ${job()}
  less: ${job('permissions: { deployments: read }')}`,
    },
    expect(stage) {
      expect(stage.request('plain').permissions).toEqual({ contents: 'write', deployments: 'write', 'id-token': 'write' });
      expect(stage.request('call/unsaid').permissions).toEqual({ contents: 'read', deployments: 'write' });
      expect(stage.request('call/less').permissions).toEqual({ deployments: 'read' });
    },
  },
  {
    behaviour: 'a called workflow that asks for more than it was given is refused at the start',
    source: `${REUSE_REFERENCE}#supported-keywords-for-jobs-that-call-a-reusable-workflow`,
    workflow: {
      'ci.yml': `
on: push
permissions: { contents: read }
jobs:
  call: { uses: ./.github/workflows/called.yml }`,
      'called.yml': `
on: workflow_call
jobs:
  deploy: ${job('if: false, permissions: { deployments: write }')}`,
    },
    expect: refused(/called\.yml:4:.*nested job 'deploy' is requesting 'deployments: write', but is only allowed 'deployments: none'/),
  },
  {
    behaviour: 'so is one whose file asks for more, whatever its jobs say',
    source: 'message of GitHub, as quoted in public notes on failed runs',
    workflow: {
      'ci.yml': `
on: push
permissions: { contents: read }
jobs:
  call: { uses: ./.github/workflows/called.yml }`,
      'called.yml': `
on: workflow_call
permissions: { contents: write }
jobs:
  work: ${job('permissions: { contents: read }')}`,
    },
    expect: refused(/The workflow is requesting 'contents: write', but is only allowed 'contents: read'/),
  },
  {
    behaviour: 'a job that calls a workflow cannot have an environment',
    source: `${SCHEMA} (${ENVIRONMENTS})`,
    workflow: { 'ci.yml': caller('environment: uat'), 'called.yml': callable() },
    expect: refused(/Unexpected value 'environment'/),
  },
  {
    behaviour: 'a call whose jobs are all skipped is skipped, and one with a failed job failed',
    source: `${SYNTAX}#jobsjob_idneeds`,
    workflow: {
      'ci.yml': `
on: push
jobs:
  none: { uses: ./.github/workflows/none.yml }
  bad: { uses: ./.github/workflows/bad.yml }
  after: ${job('needs: [none, bad], if: always()')}`,
      'none.yml': callable('', job('if: false')),
      'bad.yml': callable(),
    },
    options: { jobs: { 'bad/work': () => ({ conclusion: 'failure' }) } },
    expect: (stage) =>
      expect(stage.request('after').contexts['needs']).toEqual({
        none: { result: 'skipped', outputs: {} },
        bad: { result: 'failure', outputs: {} },
      }),
  },
];
