import { statfsSync } from 'node:fs';
import { roughSize } from '../amounts.ts';
import { RehearsalImpossible } from '../database.ts';

/** Left over whatever happens: the server writes ahead, and the runner has its own needs. */
const RESERVE = 128 * 1024 * 1024;

/** Bytes free for whoever is not root where a folder lies; `null` where the system does not tell. */
export function freeBytes(folder: string): number | null {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize;
  } catch {
    return null;
  }
}

/**
 * Refuses what would fill the disk.
 * @param need bytes that it will take, at least
 * @param what for people: `Restoring the snapshot`
 * @throws RehearsalImpossible
 */
export function assertRoom(free: number | null, need: number, what: string): void {
  if (free === null || free >= need + RESERVE) return;
  throw new RehearsalImpossible(
    'disk',
    `${what} takes ${roughSize(need)} of disk or more, and ${roughSize(free)} are free where the server keeps its data. Free some, use a runner with more, take a smaller snapshot, or rehearse on a server of your own ("server").`,
  );
}
