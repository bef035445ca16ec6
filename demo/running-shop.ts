import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isAlive } from '../src/rehearsal/processes.ts';

/** What runs in one environment of the shop, as its deploy script wrote it down. */
export interface RunningShop {
  readonly environment: string;
  readonly pid: number;
  readonly port: number;
  readonly version: string;
}

/** What runs under SHOP_HOME. @param home the folder that was given to the deploy script as SHOP_HOME */
export function runningShops(home: string): readonly RunningShop[] {
  if (!existsSync(home)) return [];
  return readdirSync(home)
    .sort()
    .flatMap((environment) => {
      const state = join(home, environment, 'running.json');
      return existsSync(state) ? [{ environment, ...JSON.parse(readFileSync(state, 'utf8')) }] : [];
    });
}

/** Ends the servers of every environment, and waits until they have ended. */
export async function stopShops(home: string): Promise<void> {
  for (const { pid } of runningShops(home)) signal(pid, 'SIGTERM');
  for (let tries = 0; tries < 100 && runningShops(home).some(({ pid }) => isAlive(pid)); tries += 1) await sleep(50);
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has ended already.
  }
}
