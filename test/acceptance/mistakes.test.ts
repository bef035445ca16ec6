import { afterEach, describe, expect, it } from 'vitest';
import type { StepResult } from '../../sandbox/runner/action-step.ts';
import { type JobResult, startWorld, type World } from './world.ts';

let world: World;
afterEach(() => world.close());

const PATH = '.github/promote.yml';

/** The step ends with one error, without an answer, and leaves nothing behind; no stack trace is anybody's answer. */
function expectFailed(step: StepResult): string {
  expect(step.exitCode).toBe(1);
  expect(step.outputs).toEqual({});
  const errors = step.log.split('\n').filter((line) => line.startsWith('::error'));
  expect(errors).toHaveLength(1);
  expect(step.log).not.toMatch(/^\s+at .*:\d+:\d+\)?$/m);
  expect(world.records()).toEqual([]);
  return decodeURIComponent((errors[0] ?? '').replace(/^::error[^:]*::/, ''));
}

function expectIdlePost(job: JobResult): void {
  expect(job.post).toMatchObject({ exitCode: 0, requests: 0, outputs: {} });
}

describe('a pipeline file with mistakes on the default branch', () => {
  const FAULTY = `version: 1
environments:
  uat: { role: uta, gate: { approvals: 1 } }
  production: { role: production, gate: { approvals: zero } }
routes:
  - { name: mainline, branchs: [main], path: [uat, production] }
`;

  it('fails with one error that lists every mistake with its place and its fix; no record is left, and the post phase has nothing to do', async () => {
    world = await startWorld({ pipeline: FAULTY });
    const run = world.push();
    const message = expectFailed(await run.plan());
    for (const place of ['3:16', '4:', '6:']) expect(message).toContain(`${PATH}:${place}`);
    for (const fix of ['"uta"', 'uat', '"zero"', '"branchs"', 'branches']) expect(message).toContain(fix);
    expect(message.match(/Fix: /g)?.length).toBe(message.match(/promote\.yml:\d+:\d+: /g)?.length);

    run.approve('mona', 'uat');
    const job = await run.deploy('uat');
    expect(expectFailed(job)).toBe(message);
    expectIdlePost(job);
  });

  it('is not repaired by a candidate whose own copy is right', async () => {
    world = await startWorld({ pipeline: FAULTY });
    const right = 'version: 1\nenvironments: { dev: { role: development } }\nroutes: [{ name: any, branches: ["**"], path: [dev] }]\n';
    const run = world.push('feature/repair', 'Repair the pipeline', { [PATH]: right });
    expect(expectFailed(await run.deploy('dev'))).toContain(`${PATH}:3:16`);
  });

  it('made to exhaust whoever reads it ends in an error within seconds', async () => {
    const laughs = Array.from({ length: 30 }, (_, level) => `a${level + 1}: &a${level + 1} [${Array(9).fill(`*a${level}`).join(', ')}]`);
    world = await startWorld({ pipeline: `a0: &a0 ha\n${laughs.join('\n')}\nversion: 1\n` });
    const started = performance.now();
    const message = expectFailed(await world.push().plan());
    expect(message).toContain(PATH);
    expect(message.length).toBeLessThan(20_000);
    // Far above what a process needs on a busy machine, far below what nine to the power of thirty would.
    expect(performance.now() - started).toBeLessThan(20_000);
  });

  it('cannot speak to the runner through the names it is quoted with', async () => {
    const hostile = `version: 1
environments:
  dev: { role: development }
  "x\\n::add-mask::dev\\n::set-output name=proceed::true": { role: "\\r\\n::warning::gotcha" }
routes:
  - { name: "::stop-commands::x", branches: [main], path: [dev], "\\n::error::mine": 1 }
`;
    world = await startWorld({ pipeline: hostile });
    const step = await world.push().plan();
    expectFailed(step);
    expect(step.log).not.toMatch(/^\s*::(?!error::|add-mask::ghs_)/m);
    expect(step.log).not.toMatch(/^##\[/m);
  });
});

describe('what a workflow asks for', () => {
  it('an environment that the pipeline does not have is refused with the nearest name', async () => {
    world = await startWorld();
    const run = world.push();
    const job = await run.deploy('prodution');
    const message = expectFailed(job);
    expect(message).toContain('"prodution"');
    expect(message).toContain('Did you mean "production"?');
    expectIdlePost(job);
    expect(expectFailed(await run.plan({ environment: 'stagin' }))).toContain('Did you mean "staging"?');
  });

  it('an environment counts in other letter case, as on GitHub', async () => {
    world = await startWorld();
    const job = await world.push().deploy('DEV');
    expect(job).toMatchObject({ exitCode: 0, outputs: { verdict: 'deploy', environment: 'dev' } });
    expect(world.records()).toMatchObject([{ environment: 'dev', outcome: 'success' }]);
  });

  it('inputs that cannot be used are reported all at once, before anything is asked of GitHub, and the post phase does nothing', async () => {
    world = await startWorld();
    const job = await world.push().job({
      command: 'deploy',
      pipeline: '/etc/passwd',
      'artifact-digest': 'latest',
      ref: 'main',
      sha: 'c0ffee',
      'when-blocked': 'ignore',
      'queue-timeout': 'soon',
      rollback: 'yes',
    });
    const message = expectFailed(job);
    for (const name of ['environment', 'pipeline', 'artifact-digest', 'ref', 'sha', 'when-blocked', 'queue-timeout', 'rollback']) {
      expect(message).toContain(`Input "${name}" is`);
    }
    expect(job.requestsInAll).toBe(0);
    expect(job.post.outputs).toEqual({});
    expect(world.records()).toEqual([]);
  });

  it('an unknown command is refused with those that there are', async () => {
    world = await startWorld();
    const message = expectFailed(await world.push().main({ command: 'depoly' }));
    expect(message).toContain('plan, deploy, accept');
  });
});

describe('an event file that the runner cannot have left like that', () => {
  it.each([
    ['cut off', '{"ref": "refs/heads/ma'],
    ['empty', ''],
    ['replaced by a page', '<html>oops</html>'],
  ])('%s fails with one error that names it and says what to do, before anything is asked of GitHub', async (_how, eventText) => {
    world = await startWorld();
    const { sha } = world.push();
    const job = await world.run({ sha, eventText }).job({ command: 'deploy', environment: 'dev' });
    const message = expectFailed(job);
    expect(message).toMatch(/^The event file \S+event\.json, named by GITHUB_EVENT_PATH, is not JSON: .*run the job again\.$/);
    expect(job.requestsInAll).toBe(0);
    expectIdlePost(job);
  });
});
