import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';

const program = join(import.meta.dirname, 'run-one-command.ts');

/** Runs one command in a process of its own, so that it can be signalled as the runner does. */
function start(run: string, env: Record<string, string> = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'promote-test-'));
  const child = spawn(process.execPath, [program, run], {
    cwd: folder,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = { text: '' };
  child.stdout.on('data', (data) => (output.text += data));
  child.stderr.on('data', (data) => (output.text += data));
  return { child, output, folder, ended: once(child, 'close') };
}

async function until(condition: () => boolean): Promise<void> {
  for (let tries = 0; !condition(); tries += 1) {
    if (tries > 400) throw new Error('waited for 10 s in vain');
    await sleep(25);
  }
}

function lives(pid: number): boolean {
  try {
    return process.kill(pid, 0) && !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
  } catch {
    return false;
  }
}

describe('a command of the pipeline file', () => {
  it('runs in bash that stops at the first failure, also inside a pipe', async () => {
    const { output, ended } = start('echo first; false | cat; echo after');
    await ended;
    expect(output.text).toContain('first');
    expect(output.text).not.toContain('after');
    expect(output.text).toContain('"ended":"failure","exitCode":1');
  });

  it('sees the variables of the promotion and not the inputs of the action', async () => {
    const { output, ended } = start('echo "to $PROMOTE_ENVIRONMENT with token [$INPUT_TOKEN]"', { INPUT_TOKEN: 'secret-token' });
    await ended;
    expect(output.text).toContain('to uat with token []');
    expect(output.text).toContain('"ended":"success"');
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('on %s closes first and stops everything the command started', async (signal) => {
    const { child, output, ended } = start('sleep 300 & echo "child $!"; trap "" INT; wait');
    await until(() => /child \d+/.test(output.text));
    const grandchild = Number(/child (\d+)/.exec(output.text)?.[1]);
    expect(lives(grandchild)).toBe(true);
    child.kill(signal);
    await ended;
    expect(output.text).toContain(`closed on ${signal}`);
    expect(output.text).toContain(`"ended":"cancelled","signal":"${signal}"`);
    expect(lives(grandchild)).toBe(false);
  });

  it('is not waited for where it only leaves something running, which goes on and is still heard', async () => {
    // The runner gives a step pipes; Node gives its children sockets.
    const run = '(sleep 2; echo "still here"; exec sleep 300) & echo "child $!"';
    const child = spawn('bash', ['-c', '"$0" "$@" 2>&1 | cat', process.execPath, program, run], { stdio: ['ignore', 'pipe', 'inherit'] });
    const output = { text: '' };
    child.stdout.on('data', (data) => (output.text += data));
    await until(() => output.text.includes('"ended":"success"'));
    expect(output.text).not.toContain('still here');
    const left = Number(/child (\d+)/.exec(output.text)?.[1]);
    await until(() => output.text.includes('still here'));
    expect(lives(left)).toBe(true);
    process.kill(left);
    await once(child, 'close');
  });

  it('finds nothing to read, as in a step of a workflow', async () => {
    const { output, ended } = start('cat; echo read');
    await ended;
    expect(output.text).toContain('read');
    expect(output.text).toContain('"ended":"success"');
  });

  it('ends a command that will not stop', async () => {
    const { child, output, ended } = start('trap "" TERM INT; echo "self $$"; while true; do sleep 0.2; done');
    await until(() => /self \d+/.test(output.text));
    child.kill('SIGTERM');
    await ended;
    expect(output.text).toContain('"ended":"cancelled"');
    expect(lives(Number(/self (\d+)/.exec(output.text)?.[1]))).toBe(false);
  });
});
