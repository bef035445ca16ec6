import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { SQL_PROGRAM } from './database-commands.ts';
import { type Commands, candidate, closeWorld, leftIn, type OnOutput, recorded, rehearse, serversIn, temp, world } from './rehearsing.ts';

afterEach(closeWorld);

describe('a rehearsal that is ended in the middle', () => {
  const SLOW: Commands = { migrate: 'echo "migrating now"; node sql.cjs "SELECT pg_sleep(60)"' };

  it.each(['SIGTERM', 'SIGINT'] as const)('by %s stops everything at once and records nothing', async (signal) => {
    const run = await candidate(SLOW);
    const job = await rehearse(run, {}, when('migrating now', signal));
    expect(job.exitCode).toBe(1);
    expect(job.outputs['explanation']).toContain(`The job was cancelled (${signal})`);
    expect(recorded()).toEqual([]);
    expect([leftIn(temp), serversIn(temp)]).toEqual([[], []]);
  });

  it('by SIGTERM while the server starts, too', async () => {
    const run = await candidate();
    const job = await rehearse(run, {}, when('Rehearsing the migration', 'SIGTERM'));
    expect(job.exitCode).toBe(1);
    expect(job.outputs['explanation']).toContain('The job was cancelled (SIGTERM)');
    expect([leftIn(temp), serversIn(temp)]).toEqual([[], []]);
  });

  it('by SIGKILL leaves neither a server nor data', async () => {
    const run = await candidate(SLOW);
    const job = await run.main(
      { command: 'rehearse', environment: 'staging', 'artifact-digest': world.artifactOf(run.sha) },
      when('migrating now', 'SIGKILL'),
    );
    expect(job.exitCode).toBeNull();
    await until(() => serversIn(temp).length === 0 && leftIn(temp).length === 0);
    expect([leftIn(temp), serversIn(temp), recorded()]).toEqual([[], [], []]);
  });

  it('with its guard, by a lost machine, is cleared up by the next run', async () => {
    const run = await candidate(SLOW);
    const digest = world.artifactOf(run.sha);
    const lost = new Promise<void>((resolve) => {
      const inputs = { command: 'rehearse', environment: 'staging', 'artifact-digest': digest };
      run.main(inputs, (log, child) => {
        if (!log.includes('migrating now') || child.killed) return;
        child.on('exit', () => resolve());
        const guard = serversIn(temp).find((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('promote-guard'));
        process.kill(Number(guard), 'SIGKILL');
        child.kill('SIGKILL');
      });
    });
    await lost;
    // Who was killed is still listed for a moment.
    await until(() => serversIn(temp).length === 1);
    expect(leftIn(temp)).toHaveLength(1);
    expect(serversIn(temp)).toHaveLength(1);
    const next = await rehearse(world.push('main', 'Faster', { 'sql.cjs': SQL_PROGRAM.replace('process.argv.slice(2)', "['SELECT 1']") }));
    expect(next.log).toContain('Removing what an earlier rehearsal left');
    expect([leftIn(temp), serversIn(temp)]).toEqual([[], []]);
  });
});

function when(text: string, signal: NodeJS.Signals): OnOutput {
  let sent = false;
  return (log, child) => {
    if (sent || !log.includes(text)) return;
    sent = true;
    child.kill(signal);
  };
}

async function until(condition: () => boolean): Promise<void> {
  for (let tries = 0; tries < 200 && !condition(); tries += 1) await sleep(50);
}
