import { afterEach, describe, expect, it } from 'vitest';
import { DIGEST } from '../digests.ts';
import { PIPELINE, PRODUCTION_ONLY, productionWith, startWorld, type World } from './world.ts';

let world: World;
afterEach(() => world.close());

const SOAKING = PIPELINE.replace(
  'role: production\n',
  'role: production\n    url: https://shop.example\n    soak: { in: staging, for: 4h }\n',
);

/** The stages that the plan says its run can go through. */
function way(outputs: Readonly<Record<string, string>>): unknown {
  return JSON.parse(outputs['chain'] ?? '');
}

describe('the chain that a plan hands to the jobs after it', () => {
  it('holds every stage to come, with the approvals that each asks for', async () => {
    world = await startWorld();
    const { outputs } = await world.push().plan();
    expect(way(outputs)).toEqual([['dev'], ['uat'], ['staging'], ['production']]);
    const entry = { deploy: true, acceptance: '', 'acceptance-approvals': 0, rehearsal: false, url: '' };
    expect(JSON.parse(outputs['entries'] ?? '')).toEqual({
      dev: { ...entry, approvals: 0 },
      uat: { ...entry, approvals: 1 },
      staging: { ...entry, approvals: 0 },
      production: { ...entry, approvals: 2 },
    });
    expect(outputs).toMatchObject({ build: 'true', 'build-run': 'npm run build', 'artifact-path': 'dist', 'artifact-id': '' });
  });

  it('ends before a soak, so that nobody approves in vain, and holds what follows once the time has passed', async () => {
    world = await startWorld({ pipeline: SOAKING });
    const run = world.push();
    const plan = await run.plan();
    expect(way(plan.outputs)).toEqual([['dev'], ['uat'], ['staging']]);
    expect(plan.summary).toContain(
      'The way of this run: dev → uat → staging. It ends before production: 4h of healthy time in staging are asked for',
    );
    run.approve('mona', 'uat');
    await run.promoteThrough('dev', 'uat', 'staging');
    expect(way((await run.plan()).outputs)).toEqual([]);
    world.sandbox.clock.advance(4 * 3_600_000);
    expect(way((await run.plan()).outputs)).toEqual([['production']]);
  });

  it('is empty for a candidate that may go nowhere', async () => {
    world = await startWorld();
    world.sandbox.given.issue({ title: 'all: no', labels: ['promote:hold'], author: 'mona' });
    const { outputs } = await world.push().plan();
    expect(outputs).toMatchObject({ chain: '[]', build: 'false' });
  });
});

describe('where the artifact is kept', () => {
  it('is on record after the first deploy, and any later run of the commit finds it there without building again', async () => {
    world = await startWorld();
    const run = world.push();
    world.sandbox.given.run({ id: 17, headSha: run.sha });
    await run.deploy('dev', { 'artifact-digest': DIGEST, 'artifact-id': '4711', 'artifact-run-id': '17' });
    expect((await run.plan()).outputs).toMatchObject({
      build: 'false',
      'artifact-digest': DIGEST,
      'artifact-id': '4711',
      'artifact-run-id': '17',
    });
    run.approve('mona', 'uat');
    await run.deploy('uat');
    expect(world.records().at(-1)?.payload).toMatchObject({ artifact: { id: 4711, run: 17 } });
  });
});

describe('the secret PROMOTE_ENV', () => {
  const secrets = [
    'TOKEN=everyones-token',
    'production.TOKEN=productions-token',
    "production.KEY='line one\nline two'",
    'staging.OTHER=stagings-secret',
  ].join('\n');

  it('reaches the environment’s own command, its values masked, and no other environment’s', async () => {
    const run =
      'test "$TOKEN" = productions-token; test "$(echo "$KEY" | tail -1)" = "line two"; test -z "$OTHER"; test -z "$PROMOTE_ENV"; echo all well';
    world = await startWorld({ pipeline: productionWith(run.replaceAll("'", "''")) });
    world.variables['PROMOTE_ENV'] = secrets;
    const candidate = world.push();
    candidate.approve('mona', 'production');
    const job = await candidate.deploy('production');
    expect(job.log).toContain('all well');
    for (const value of ['everyones-token', 'productions-token', 'line one', 'line two', 'stagings-secret'])
      expect(job.log).toContain(`::add-mask::${value}`);
    expect(JSON.stringify([job.outputs, job.summary, job.state, world.records()])).not.toMatch(/token|line one|stagings-secret/);
  });

  it('is told by its lines where it is not understood, and hidden there all the same', async () => {
    world = await startWorld({ pipeline: productionWith('test "$TOKEN" = productions-token; env') });
    const lines = [
      '# for everybody',
      'production.TOKEN=productions-token',
      'prod eu.TOKEN=token-of-a-space',
      '',
      'prod/eu.TOKEN="token-of-a-slash"',
      "production.KEY='first line",
      'second line',
      "third line'",
      'pröd.TOKEN=token-of-a-letter',
      'token-without-a-name',
      'production.TOKEN=productions-token # twice',
    ];
    world.variables['PROMOTE_ENV'] = lines.join('\r\n');
    const candidate = world.push();
    candidate.approve('mona', 'production');
    const job = await candidate.deploy('production');
    expect(job.exitCode, job.log).toBe(0);
    expect(job.log).toMatch(/^::warning title=PROMOTE_ENV is not understood in line 3%2C 5%2C 9 and 10::/m);
    const hidden = ['token-of-a-space', 'token-of-a-slash', 'token-of-a-letter', 'token-without-a-name'];
    for (const value of hidden) expect(job.log).toContain(`::add-mask::${value}\n`);
    expect(job.log.replaceAll(/^::add-mask::.*$/gm, '')).not.toMatch(/token-(?:of|without)/);
  });

  it('is warned of where a line would hide ordinary text, by its number and never by what it says', async () => {
    world = await startWorld({ pipeline: productionWith('true') });
    world.variables['PROMOTE_ENV'] = 'production.KEY=\'{\n  "a": "long enough to be told"\n}\'\nwait\nproduction.NAME=a-name';
    const candidate = world.push();
    candidate.approve('mona', 'production');
    const { log } = await candidate.deploy('production');
    expect(log).toMatch(/^::warning title=PROMOTE_ENV hides ordinary text%3A line 3 and 4::/m);
    expect(log).not.toContain('long enough to be told"\n}');
  });

  it('keeps PROMOTE_ENV from a command where it holds nothing for it', async () => {
    world = await startWorld({ pipeline: PRODUCTION_ONLY.replace('sleep 0.2', 'env') });
    world.variables['PROMOTE_ENV'] = 'staging.TOKEN=stagings-secret';
    const candidate = world.push();
    candidate.approve('mona', 'production');
    const { log } = await candidate.deploy('production');
    expect(log.replace('::add-mask::stagings-secret', '')).not.toContain('stagings-secret');
  });
});
