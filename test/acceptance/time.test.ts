import { afterEach, describe, expect, it } from 'vitest';
import { startWorld, type World } from './world.ts';

let world: World;
afterEach(() => world.close());

/** Production alone, so that each scenario is about time; the sandbox's clock starts on Monday, 2 March 2026, 10:00 UTC. */
const pipeline = (rules: string, rest = ''): string => `version: 1
environments:
  staging: { role: staging, deploy: { run: 'true' } }
  production: { role: production, gate: { approvals: 1, by: [octo-org/release] }, deploy: { run: 'true' }${rules} }
routes:
  - { name: mainline, branches: [main], path: [staging, production] }
${rest}`;

const FREEZE = `freezes:
  - { environments: [production], from: 2026-03-02T12:00, until: 2026-03-04T08:00, zone: Europe/Berlin, reason: stocktaking }
`;

/** A candidate that has passed staging and waits for production. */
async function atTheGate(rules: string, rest = '') {
  world = await startWorld({ pipeline: pipeline(rules, rest) });
  const run = world.push();
  await run.promoteThrough('staging');
  return run;
}

describe('time', () => {
  it('a freeze that begins while a reviewer thinks closes the door that the plan saw open', async () => {
    const run = await atTheGate('', FREEZE);
    expect((await run.plan()).outputs).toMatchObject({ verdict: 'ask', environment: 'production' });

    world.sandbox.clock.set('2026-03-02T11:30:00Z');
    run.approve('mona', 'production');
    const job = await run.deploy('production');
    expect(job).toMatchObject({
      exitCode: 1,
      outputs: { verdict: 'wait', reason: 'frozen', 'lifts-at': '2026-03-04T07:00:00.000Z', proceed: 'false' },
    });
    expect(job.log).toContain('stocktaking');
    expect(world.records().filter(({ environment }) => environment === 'production')).toEqual([]);

    world.sandbox.clock.set('2026-03-04T07:00:00Z');
    expect(await run.deploy('production')).toMatchObject({ exitCode: 0, outputs: { proceed: 'true' } });
  });

  it('a freeze that begins while the job waits in line withdraws its record', async () => {
    const run = await atTheGate('', FREEZE);
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

  it('a soak counts healthy hours: too few wait, enough open, interrupted ones begin again', async () => {
    const run = await atTheGate(', soak: { in: staging, for: 4h }');
    world.sandbox.clock.advance(3 * 3_600_000);
    expect((await run.plan()).outputs).toMatchObject({ verdict: 'wait', reason: 'soak_running', 'lifts-at': '2026-03-02T14:00:00.000Z' });
    world.sandbox.clock.advance(2 * 3_600_000);
    expect((await run.plan()).outputs).toMatchObject({ verdict: 'ask', environment: 'production' });

    const newer = world.push('main', 'A newer one');
    await newer.promoteThrough('staging');
    world.sandbox.clock.advance(3_600_000);
    expect((await newer.plan()).outputs).toMatchObject({ verdict: 'wait', reason: 'soak_running' });
  });
});
