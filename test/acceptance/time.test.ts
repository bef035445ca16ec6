import { afterEach, describe, expect, it } from 'vitest';
import { startWorld, type World } from './world.ts';

let world: World;
afterEach(() => world.close());

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** Production with rules about time and no gate to approve twice; staging to soak in. The sandbox's clock starts on Monday, 2026-03-02T10:00Z. */
const pipeline = (rules: string, freezes = ''): string => `version: 1
environments:
  staging: { role: staging, deploy: { run: 'true' } }
  production: { role: production, gate: { approvals: 1, by: [octo-org/release] }, deploy: { run: 'echo deploying' }${rules} }
routes:
  - { name: mainline, branches: [main], path: [staging, production] }
${freezes}`;

const freeze = (from: number, until: number): string => {
  const local = (at: number) => new Date(at).toISOString().slice(0, 16);
  return `freezes: [{ environments: [production], from: ${local(from)}, until: ${local(until)}, zone: UTC, reason: stocktaking }]\n`;
};

/** A candidate that has passed staging and waits for production. */
async function atTheGate(rules: string, freezes = '', now = '2026-03-02T10:00:00Z') {
  world = await startWorld({ pipeline: pipeline(rules, freezes), now });
  const run = world.push();
  await run.promoteThrough('staging');
  return run;
}

async function approvedFor(rules: string, freezes = '', now?: string) {
  const run = await atTheGate(rules, freezes, now);
  run.approve('mona', 'production');
  return run;
}

/** Begins in Berlin at noon of the sandbox's first day. */
const STOCKTAKING = `freezes:
  - { environments: [production], from: 2026-03-02T12:00, until: 2026-03-04T08:00, zone: Europe/Berlin, reason: stocktaking }
`;

const inProduction = () => world.records().filter(({ environment }) => environment === 'production');

describe('whose clock it is', () => {
  it("a freeze on the runner's clock does not bar what GitHub's clock lets in", async () => {
    const runner = Date.now();
    const run = await approvedFor('', freeze(runner - DAY, runner + DAY), new Date(runner - 90 * DAY).toISOString());
    expect(await run.deploy('production')).toMatchObject({ exitCode: 0, outputs: { verdict: 'deploy' } });
  });

  it("a freeze on GitHub's clock bars what the runner's clock would let in", async () => {
    const github = Date.now() + 90 * DAY;
    const run = await approvedFor('', freeze(github - DAY, github + DAY), new Date(github).toISOString());
    const job = await run.deploy('production');
    expect(job).toMatchObject({ exitCode: 1, outputs: { verdict: 'wait', reason: 'frozen' } });
    expect(inProduction()).toEqual([]);
  });
});

describe('waiting for time', () => {
  it('a freeze that begins while a reviewer thinks closes the door that the plan saw open', async () => {
    const run = await atTheGate('', STOCKTAKING);
    expect((await run.plan()).outputs).toMatchObject({ verdict: 'ask', environment: 'production' });

    world.sandbox.clock.set('2026-03-02T11:30:00Z');
    run.approve('mona', 'production');
    const job = await run.deploy('production');
    expect(job).toMatchObject({
      exitCode: 1,
      outputs: { verdict: 'wait', reason: 'frozen', 'lifts-at': '2026-03-04T07:00:00.000Z', proceed: 'false' },
    });
    expect(job.log).toContain('stocktaking');
    expect(inProduction()).toEqual([]);

    world.sandbox.clock.set('2026-03-04T07:00:00Z');
    expect(await run.deploy('production')).toMatchObject({ exitCode: 0, outputs: { proceed: 'true' } });
  });

  it('a freeze that begins while the job waits in line withdraws its record', async () => {
    const run = await atTheGate('', STOCKTAKING);
    run.approve('mona', 'production');
    const atOpening = { operation: 'repos/create-deployment' };
    world.sandbox.after(atOpening, () => world.sandbox.clock.set('2026-03-02T11:30:00Z'));
    expect(await run.deploy('production')).toMatchObject({ exitCode: 1, outputs: { reason: 'frozen' } });
    expect(world.records().at(-1)).toMatchObject({ environment: 'production', outcome: 'inactive' });
  });

  it('outside its window production waits until it opens, in the zone of the pipeline', async () => {
    const run = await atTheGate(", windows: [{ days: mon-thu, hours: '09:00-16:00', zone: Europe/Berlin }]");
    world.sandbox.clock.set('2026-03-26T16:00:00Z');
    const plan = await run.plan();
    // Clocks in Berlin go forward on Sunday, 29 March: Monday's nine o'clock is seven in UTC, not eight.
    expect(plan.outputs).toMatchObject({ verdict: 'wait', reason: 'outside_window', 'lifts-at': '2026-03-30T07:00:00.000Z' });
    expect(plan.summary).toContain('2026-03-30 09:00 Europe/Berlin (07:00 UTC)');
  });

  it('a window that closes while reviewers think: the door waits until the next one, in UTC for programs and in local time for people', async () => {
    const run = await approvedFor(", windows: [{ days: mon-thu, hours: '09:00-16:00', zone: Europe/Berlin }]");
    expect((await run.plan()).outputs).toMatchObject({ verdict: 'deploy', 'lifts-at': '' });
    world.sandbox.clock.set('2026-03-02T15:00:00Z');
    const job = await run.deploy('production');
    expect(job).toMatchObject({
      exitCode: 1,
      outputs: { verdict: 'wait', reason: 'outside_window', 'lifts-at': '2026-03-03T08:00:00.000Z' },
    });
    expect(job.summary).toContain('2026-03-03 09:00 Europe/Berlin (08:00 UTC)');
    expect(inProduction()).toEqual([]);

    world.sandbox.clock.set('2026-03-03T08:00:00Z');
    expect(await run.deploy('production')).toMatchObject({ exitCode: 0, outputs: { verdict: 'deploy' } });
  });

  it('the same hour of the wall clock is another one in UTC after the clocks went back', async () => {
    const window = ", windows: [{ days: mon-fri, hours: '09:00-16:00', zone: Europe/Berlin }]";
    const run = await approvedFor(window, '', '2026-10-23T07:30:00Z');
    // Friday in summer time: open since 07:00 UTC. On the Monday after it opens at 08:00 UTC, an hour later.
    expect((await run.plan()).outputs).toMatchObject({ verdict: 'deploy' });
    world.sandbox.clock.set('2026-10-26T07:30:00Z');
    expect((await run.deploy('production')).outputs).toMatchObject({ verdict: 'wait', 'lifts-at': '2026-10-26T08:00:00.000Z' });
  });

  it('a freeze that ends outside the window lifts when the window opens after it', async () => {
    const frozenUntilFriday = freeze(Date.parse('2026-03-02T00:00Z'), Date.parse('2026-03-06T00:00Z'));
    const run = await approvedFor(", windows: [{ days: mon-thu, hours: '09:00-16:00', zone: Europe/Berlin }]", frozenUntilFriday);
    expect((await run.plan()).outputs).toMatchObject({ verdict: 'wait', reason: 'frozen', 'lifts-at': '2026-03-09T08:00:00.000Z' });
  });

  it('a job that asked to continue goes on without entering, and nothing is called an error', async () => {
    const run = await approvedFor('', freeze(Date.parse('2026-03-02T00:00Z'), Date.parse('2026-03-03T00:00Z')));
    const job = await run.deploy('production', { 'when-blocked': 'continue' });
    expect(job).toMatchObject({ exitCode: 0, outputs: { verdict: 'wait', proceed: 'false', 'lifts-at': '2026-03-03T00:00:00.000Z' } });
    expect(job.log).toMatch(/^::notice /m);
    expect(job.log).not.toMatch(/^::error /m);
    expect(inProduction()).toEqual([]);
  });
});

describe('a soak', () => {
  it('counts healthy hours: too few wait, enough open, interrupted ones begin again', async () => {
    const run = await atTheGate(', soak: { in: staging, for: 4h }');
    world.sandbox.clock.advance(3 * HOUR);
    expect((await run.plan()).outputs).toMatchObject({ verdict: 'wait', reason: 'soak_running', 'lifts-at': '2026-03-02T14:00:00.000Z' });
    world.sandbox.clock.advance(2 * HOUR);
    expect((await run.plan()).outputs).toMatchObject({ verdict: 'ask', environment: 'production' });

    const newer = world.push('main', 'A newer one');
    await newer.promoteThrough('staging');
    world.sandbox.clock.advance(HOUR);
    expect((await newer.plan()).outputs).toMatchObject({ verdict: 'wait', reason: 'soak_running' });
  });

  it('is served where it was long enough, although another version has taken its place since', async () => {
    const run = await approvedFor(', soak: { in: staging, for: 4h }');
    expect((await run.deploy('production')).outputs).toMatchObject({ reason: 'soak_running', 'lifts-at': '2026-03-02T14:00:00.000Z' });
    world.sandbox.clock.advance(4 * HOUR);
    await world.push('main', 'A newer one').promoteThrough('staging');
    expect(await run.deploy('production')).toMatchObject({ exitCode: 0, outputs: { verdict: 'deploy' } });
  });

  it('that another version cut short is not finished by waiting: no time lifts it, and the explanation says what does', async () => {
    const run = await approvedFor(', soak: { in: staging, for: 4h }');
    world.sandbox.clock.advance(HOUR);
    await world.push('main', 'A newer one').promoteThrough('staging');
    world.sandbox.clock.advance(10 * HOUR);
    const job = await run.deploy('production');
    expect(job).toMatchObject({ exitCode: 1, outputs: { verdict: 'blocked', reason: 'soak_interrupted', 'lifts-at': '' } });
    expect(job.outputs['explanation']).toContain('Fix: Deploy the candidate to staging again and leave it there');
    expect(inProduction()).toEqual([]);
  });
});
