/**
 * Nothing of a demo stays: not when it ends, not when it is killed, not when the machine was switched off. `node demo/leftovers.ts <folder>`
 * is what a guard starts once the demo has gone.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, readlinkSync, realpathSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { runningShops } from './running-shop.ts';
import { DEFAULT_FOLDER } from './settings.ts';

/** The part of a demo's folder where jobs and shops work: a process in there is the demo's own. */
export function machineFolder(folder: string): string {
  return join(folder, 'machine');
}

/** SHOP_HOME of every job. */
export function shopHome(folder: string): string {
  return join(machineFolder(folder), 'environments');
}

/** Where a demo writes down the address of its pages; it marks the folder as a demo's. */
export function addressFile(folder: string): string {
  return join(folder, 'address');
}

/** Whether a folder holds nothing but what demos made. */
export function isDemoFolder(folder: string): boolean {
  return folder === DEFAULT_FOLDER || !existsSync(folder) || existsSync(addressFile(folder)) || readdirSync(folder).length === 0;
}

/** The address of the demo that works in the folder now; `null`: none does. */
export async function demoAt(folder: string): Promise<string | null> {
  if (!existsSync(addressFile(folder))) return null;
  const address = readFileSync(addressFile(folder), 'utf8').trim();
  const answers = await fetch(address, { signal: AbortSignal.timeout(2000) }).then(
    () => true,
    () => false,
  );
  return answers ? address : null;
}

/** Ends every process that works for a demo, and removes its folder. */
export async function removeLeftovers(folder: string): Promise<void> {
  if (!existsSync(folder)) return;
  for (let tries = 0; tries < 20; tries += 1) {
    const left = processesOf(realpathSync(folder));
    if (left.length === 0) break;
    for (const pid of left) kill(pid);
    await sleep(100);
  }
  rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
}

function processesOf(folder: string): readonly number[] {
  if (existsSync('/proc/self/cwd'))
    return readdirSync('/proc')
      .map(Number)
      .filter((pid) => pid > 0 && worksIn(machineFolder(folder), pid));
  return runningShops(shopHome(folder)).flatMap(({ pid }) => (commandOf(pid).includes(folder) ? [pid] : []));
}

function worksIn(folder: string, pid: number): boolean {
  try {
    return `${readlinkSync(`/proc/${pid}/cwd`)}/`.startsWith(`${folder}/`);
  } catch {
    return false; // Somebody else's, or gone in the meantime.
  }
}

/** On machines without /proc. The number may belong to another process by now. */
function commandOf(pid: number): string {
  return spawnSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' }).stdout ?? '';
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended already.
  }
}

/**
 * Outlives this process by a moment, however that ends, and removes what it left.
 * @returns lets the guard go, once everything is removed
 */
export function guard(folder: string): () => Promise<void> {
  const script = 'cat > /dev/null; exec "$0" "$1" "$2"';
  const child = spawn('bash', ['-c', script, process.execPath, import.meta.filename, folder], {
    cwd: '/',
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  child.unref();
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  return async () => {
    child.ref();
    child.stdin?.end();
    await ended;
  };
}

if (import.meta.main) await removeLeftovers(process.argv[2] ?? '');
