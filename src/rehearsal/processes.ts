import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
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

/**
 * When a process began, as the system counts: its number may belong to another one later.
 * @returns `-` where the system does not tell
 */
export function begunAt(pid: number): string {
  try {
    // The program's name is in parentheses and may hold anything; the 20th word after it is when it began.
    return readFileSync(`/proc/${pid}/stat`, 'utf8').trim().split(') ').at(-1)?.split(' ')[19] ?? '-';
  } catch {
    return '-';
  }
}

/** The variable by which everything that a rehearsal's commands start is found again, whatever group or session it puts itself into. */
const MARK = 'PROMOTE_REHEARSAL';

/** For every program that works for the rehearsal in a folder, but for its server. */
export function markOf(folder: string): Readonly<Record<string, string>> {
  return { [MARK]: folder };
}

/** The mark among the variables of a rehearsal. */
export function markIn(env: Readonly<Record<string, string | undefined>>): Readonly<Record<string, string>> {
  const folder = env[MARK];
  return folder === undefined ? {} : markOf(folder);
}

/** Ends what commands of the rehearsal in a folder left running. Only Linux tells which processes these are. */
export async function endMarked(folder: string): Promise<void> {
  // What is just being started while it is looked for is found the next time.
  for (let tries = 0; tries < MARKED_TRIES; tries += 1) {
    const found = marked(folder);
    if (found.length === 0) return;
    for (const pid of found) tryKill(pid, 'SIGKILL');
    await sleep(25);
  }
}

const MARKED_TRIES = 100;

function marked(folder: string): readonly number[] {
  const wanted = `${MARK}=${folder}`;
  return processes().filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(wanted);
    } catch {
      return false; // It has ended, or is somebody else's.
    }
  });
}

function processes(): readonly number[] {
  try {
    return readdirSync('/proc')
      .map(Number)
      .filter((pid) => pid > 0 && pid !== process.pid);
  } catch {
    return [];
  }
}

function tryKill(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false; // It ended by itself.
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
    if (!tryKill(pid, signal)) return;
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
