import { expect } from 'vitest';
import { EXPRESSIONS, job, MATRIX, type Row, SCHEMA, SYNTAX } from './row.ts';

const fails = () => ({ conclusion: 'failure' as const });

export const jobRows: readonly Row[] = [
  {
    behaviour: 'a job waits for the jobs it needs; without needs all start at once',
    source: `${SYNTAX}#jobsjob_idneeds`,
    workflow: `
on: push
jobs:
  c: ${job('needs: [a, b]')}
  a: ${job()}
  b: ${job('needs: a')}`,
    expect(stage) {
      expect(stage.ran.map(({ key }) => key)).toEqual(['a', 'b', 'c']);
      expect(stage.run()).toMatchObject({ status: 'completed', conclusion: 'success' });
    },
  },
  {
    behaviour: 'a failure skips what needs it, however far away, and fails the run',
    source: `${SYNTAX}#jobsjob_idneeds`,
    workflow: `
on: push
jobs:
  a: ${job()}
  b: ${job('needs: a')}
  c: ${job('needs: b')}
  d: ${job()}`,
    options: { jobs: { a: fails } },
    expect(stage) {
      expect(stage.results()).toEqual({ a: 'failure', b: 'skipped', c: 'skipped', d: 'success' });
      expect(stage.run().conclusion).toBe('failure');
    },
  },
  {
    behaviour: 'a skip applies to all jobs of the chain after it, even behind one that ran all the same',
    source: `${SYNTAX}#jobsjob_idneeds`,
    workflow: `
on: push
jobs:
  a: ${job('if: false')}
  b: ${job('needs: a, if: always()')}
  c: ${job('needs: b')}
  d: ${job("needs: b, if: '!failure() && !cancelled()'")}`,
    expect(stage) {
      expect(stage.results()).toEqual({ a: 'skipped', b: 'success', c: 'skipped', d: 'success' });
      expect(stage.run().conclusion).toBe('success');
    },
  },
  {
    behaviour: 'failure() of a job is true when any ancestor failed',
    source: `${EXPRESSIONS}#failure`,
    workflow: `
on: push
jobs:
  a: ${job()}
  b: ${job('needs: a, if: always()')}
  c: ${job('needs: b, if: failure()')}
  d: ${job('needs: b, if: success()')}`,
    options: { jobs: { a: fails } },
    expect: (stage) => expect(stage.results()).toEqual({ a: 'failure', b: 'success', c: 'success', d: 'skipped' }),
  },
  {
    behaviour: 'an if without a status function holds only when everything before succeeded',
    source: `${EXPRESSIONS}#status-check-functions`,
    workflow: `
on: push
jobs:
  a: ${job()}
  b: ${job("needs: a, if: needs.a.result == 'failure'")}
  c: ${job('needs: a, if: "!cancelled() && needs.a.result == \'failure\'"')}`,
    options: { jobs: { a: fails } },
    expect: (stage) => expect(stage.results()).toEqual({ a: 'failure', b: 'skipped', c: 'success' }),
  },
  {
    behaviour: 'a run whose jobs are all skipped is skipped',
    source: "GitHub's OpenAPI description of a run's conclusion",
    workflow: `
on: push
jobs:
  a: ${job('if: false')}`,
    expect: (stage) => expect(stage.run()).toMatchObject({ status: 'completed', conclusion: 'skipped' }),
  },
  {
    behaviour: 'needs gives results and outputs of direct needs alone',
    source: 'reference/workflows-and-actions/contexts#needs-context',
    workflow: `
on: push
jobs:
  a: ${job("outputs: { version: '${{ steps.x.outputs.v }}' }")}
  b: ${job('needs: a')}
  c: ${job('needs: b')}`,
    options: { jobs: { a: () => ({ outputs: { version: '1.2.0' } }) } },
    expect(stage) {
      expect(stage.request('b').contexts['needs']).toEqual({ a: { result: 'success', outputs: { version: '1.2.0' } } });
      expect(stage.request('c').contexts['needs']).toEqual({ b: { result: 'success', outputs: {} } });
    },
  },
  {
    behaviour: 'continue-on-error lets the run pass, and what needs the job go on',
    source: `${SYNTAX}#jobsjob_idcontinue-on-error`,
    workflow: `
on: push
jobs:
  a: ${job('continue-on-error: true')}
  b: ${job('needs: a')}`,
    options: { jobs: { a: fails } },
    expect(stage) {
      expect(stage.results()).toEqual({ a: 'failure', b: 'success' });
      expect(stage.run().conclusion).toBe('success');
    },
  },
  {
    behaviour: 'a cycle of needs is refused at the start',
    source: SCHEMA,
    workflow: `
on: push
jobs:
  a: ${job()}
  b: ${job('needs: c')}
  c: ${job('needs: b')}`,
    expect(stage) {
      expect(stage.run()).toMatchObject({ status: 'completed', conclusion: 'startup_failure' });
      expect(stage.run().problem).toMatch(/ci\.yml:5:.*'b' depends on job 'c' which creates a cycle/);
      expect(stage.ran).toEqual([]);
    },
  },
  {
    behaviour: 'a matrix makes a job of every combination, in order',
    source: `${MATRIX}#using-a-multi-dimension-matrix`,
    workflow: `
on: push
jobs:
  a: ${job('strategy: { matrix: { os: [x, y], version: [1, 2] } }')}`,
    options: { parallelJobs: 1 },
    expect(stage) {
      expect(stage.ran.map(({ name }) => name)).toEqual(['a (x, 1)', 'a (x, 2)', 'a (y, 1)', 'a (y, 2)']);
      expect(stage.ran[2]?.contexts).toMatchObject({
        matrix: { os: 'y', version: 1 },
        strategy: { 'job-index': 2, 'job-total': 4, 'fail-fast': true, 'max-parallel': 4 },
      });
    },
  },
  {
    behaviour: 'include grows combinations that it does not contradict, and else adds one',
    source: `${MATRIX}#expanding-or-adding-matrix-configurations`,
    workflow: `
on: push
jobs:
  a:
    runs-on: ubuntu-latest
    steps: [{ run: 'true' }]
    strategy:
      matrix:
        fruit: [apple, pear]
        animal: [cat, dog]
        include:
          - color: green
          - { color: pink, animal: cat }
          - { fruit: apple, shape: circle }
          - fruit: banana
          - { fruit: banana, animal: cat }`,
    options: { parallelJobs: 1 },
    expect: (stage) =>
      expect(stage.ran.map(({ contexts }) => contexts['matrix'])).toEqual([
        { fruit: 'apple', animal: 'cat', color: 'pink', shape: 'circle' },
        { fruit: 'apple', animal: 'dog', color: 'green', shape: 'circle' },
        { fruit: 'pear', animal: 'cat', color: 'pink' },
        { fruit: 'pear', animal: 'dog', color: 'green' },
        { fruit: 'banana' },
        { fruit: 'banana', animal: 'cat' },
      ]),
  },
  {
    behaviour: 'a matrix of include alone has one job for each entry',
    source: `${MATRIX}#example-adding-configurations`,
    workflow: `
on: push
jobs:
  a: ${job('strategy: { matrix: { include: [{ site: production }, { site: staging }] } }')}`,
    expect: (stage) => expect(stage.ran.map(({ name }) => name)).toEqual(['a (production)', 'a (staging)']),
  },
  {
    behaviour: 'exclude takes away every combination that it matches in part',
    source: `${MATRIX}#excluding-matrix-configurations`,
    workflow: `
on: push
jobs:
  a: ${job('strategy: { matrix: { os: [x, y], version: [1, 2], exclude: [{ os: x }, { os: y, version: 1 }] } }')}`,
    expect: (stage) => expect(stage.ran.map(({ name }) => name)).toEqual(['a (y, 2)']),
  },
  {
    behaviour: 'a matrix may come from an output, with objects as entries',
    source: `${EXPRESSIONS}#fromjson`,
    workflow: `
on: push
jobs:
  plan: ${job("outputs: { list: '${{ steps.x.outputs.l }}' }")}
  deploy: ${job("needs: plan, name: 'to ${{ matrix.entry.environment }}', strategy: { matrix: { entry: '${{ fromJSON(needs.plan.outputs.list) }}' } }")}`,
    options: { jobs: { plan: () => ({ outputs: { list: '[{"environment":"dev","n":1},{"environment":"qa","n":2}]' } }) } },
    expect(stage) {
      expect(stage.ran.map(({ name }) => name)).toEqual(['plan', 'to dev', 'to qa']);
      expect(stage.request('deploy[1]').contexts['matrix']).toEqual({ entry: { environment: 'qa', n: 2 } });
    },
  },
  {
    behaviour: 'a matrix without values is an error',
    source: 'message of GitHub, as quoted in public notes on failed runs',
    workflow: `
on: push
jobs:
  a: ${job("strategy: { matrix: { entry: '${{ fromJSON(''[]'') }}' } }").replace("'${{ fromJSON(''[]'') }}'", '"${{ fromJSON(\'[]\') }}"')}`,
    expect(stage) {
      expect(stage.results()).toEqual({ a: 'failure' });
      expect(stage.job('a').annotations[0]?.message).toMatch(/ci\.yml:4:.*Matrix vector 'entry' does not contain any values/);
    },
  },
  {
    behaviour: 'a matrix of more than 256 jobs is refused',
    source: `${SYNTAX}#jobsjob_idstrategymatrix`,
    workflow: `
on: push
jobs:
  a: ${job(`strategy: { matrix: { n: [${Array.from({ length: 257 }, (_, n) => n)}] } }`)}`,
    expect(stage) {
      expect(stage.run().conclusion).toBe('failure');
      expect(stage.job('a').annotations[0]?.message).toContain('257 combinations');
    },
  },
  {
    behaviour: 'fail-fast cancels the rest of the matrix',
    source: `${SYNTAX}#jobsjob_idstrategyfail-fast`,
    workflow: `
on: push
jobs:
  a: ${job('strategy: { matrix: { n: [1, 2, 3] } }')}
  b: ${job('needs: a, if: always()')}`,
    options: { parallelJobs: 1, jobs: { 'a[0]': fails } },
    expect(stage) {
      expect(stage.results()).toEqual({ 'a[0]': 'failure', 'a[1]': 'cancelled', 'a[2]': 'cancelled', b: 'success' });
      expect(stage.request('b').contexts['needs']).toEqual({ a: { result: 'failure', outputs: {} } });
    },
  },
  {
    behaviour: 'fail-fast: false lets the rest of the matrix go on',
    source: `${SYNTAX}#jobsjob_idstrategyfail-fast`,
    workflow: `
on: push
jobs:
  a: ${job('strategy: { fail-fast: false, matrix: { n: [1, 2, 3] } }')}`,
    options: { parallelJobs: 1, jobs: { 'a[0]': fails } },
    expect(stage) {
      expect(stage.results()).toEqual({ 'a[0]': 'failure', 'a[1]': 'success', 'a[2]': 'success' });
      expect(stage.run().conclusion).toBe('failure');
    },
  },
  {
    behaviour: 'a failing job that may fail does not cancel the rest of its matrix',
    source: `${SYNTAX}#jobsjob_idstrategyfail-fast`,
    workflow: `
on: push
jobs:
  a: ${job("continue-on-error: '${{ matrix.may }}', strategy: { matrix: { include: [{ may: true }, { may: false }] } }")}`,
    options: { parallelJobs: 1, jobs: { 'a[0]': fails } },
    expect(stage) {
      expect(stage.results()).toEqual({ 'a[0]': 'failure', 'a[1]': 'success' });
      expect(stage.run().conclusion).toBe('success');
    },
  },
  {
    behaviour: 'max-parallel bounds how many jobs of a matrix run at a time',
    source: `${SYNTAX}#jobsjob_idstrategymax-parallel`,
    workflow: `
on: push
jobs:
  a: ${job('strategy: { max-parallel: 1, matrix: { n: [1, 2] } }')}`,
    options: { parallelJobs: 8 },
    async play(stage) {
      const busy: string[][] = [];
      stage.runner.onEvent(() =>
        busy.push(stage.sandbox.state.jobs.filter(({ status }) => status === 'in_progress').map(({ key }) => key)),
      );
      await stage.runner.push('main');
      await stage.runner.settled();
      expect(busy.filter((keys) => keys.length > 0).length).toBeGreaterThan(1);
      expect(busy.every((keys) => keys.length <= 1)).toBe(true);
    },
    expect: (stage) => expect(stage.results()).toEqual({ 'a[0]': 'success', 'a[1]': 'success' }),
  },
  {
    behaviour: 'jobs of a matrix with one output give the value of the one that completed last',
    source: `${SYNTAX}#using-job-outputs-in-a-matrix-job`,
    workflow: `
on: push
jobs:
  a: ${job("outputs: { x: '${{ steps.s.outputs.x }}', y1: '${{ steps.s.outputs.y1 }}', y2: '${{ steps.s.outputs.y2 }}' }, strategy: { matrix: { n: [1, 2] } }")}
  b: ${job('needs: a')}`,
    options: {
      parallelJobs: 1,
      jobs: { 'a[0]': () => ({ outputs: { x: 'one', y1: 'left' } }), 'a[1]': () => ({ outputs: { x: 'two', y2: 'right' } }) },
    },
    expect: (stage) =>
      expect(stage.request('b').contexts['needs']).toEqual({ a: { result: 'success', outputs: { x: 'two', y1: 'left', y2: 'right' } } }),
  },
  {
    behaviour: 'machines that are no Linux of GitHub are refused by name',
    source: 'the sandbox has no other machine',
    workflow: `
on: push
jobs:
  a: { runs-on: windows-latest, steps: [{ run: 'true' }] }`,
    violations: /ci\.yml:4:\d+: "runs-on: windows-latest" is not supported by the sandbox/,
    expect: (stage) => expect(stage.results()).toEqual({ a: 'failure' }),
  },
];
