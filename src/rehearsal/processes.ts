import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** How long a server gets to end its own processes before they are killed, milliseconds. */
const GRACE = 6000;

export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** The folder in a rehearsal's folder where a server keeps its data. */
export function dataFolder(folder: string): string {
  return join(folder, 'data');
}

/** Ends a server that an earlier rehearsal left running in its folder. Processes that merely have its number now are left alone. */
export async function endServer(folder: string): Promise<void> {
  const data = dataFolder(folder);
  const pid = firstNumber(join(data, 'postmaster.pid'));
  if (pid === null || !commandLine(pid).includes(data)) return;
  await endProcess(pid);
}

/**
 * Ends a server at once, without writing down anything: its data is thrown away. SIGQUIT makes PostgreSQL end all its processes; what
 * does not listen is killed.
 */
export async function endProcess(pid: number): Promise<void> {
  for (const signal of ['SIGQUIT', 'SIGKILL'] as const) {
    try {
      process.kill(pid, signal);
    } catch {
      return; // It ended by itself.
    }
    for (let waited = 0; waited < GRACE; waited += 25) {
      if (!isAlive(pid)) return;
      await sleep(25);
    }
  }
}

function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return spawnSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' }).stdout ?? ''; // No Linux.
  }
}

function firstNumber(file: string): number | null {
  try {
    return Number.parseInt(readFileSync(file, 'utf8'), 10) || null;
  } catch {
    return null;
  }
}
