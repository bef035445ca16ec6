/** Ends what a job left running, as GitHub's runner does when it cleans up: known by a variable that every process inherits. */
import { readdirSync, readFileSync } from 'node:fs';

/** A process that takes the variable out of its environment, or changes it, is left alone: on GitHub's runner, too. */
export const TRACKING_VARIABLE = 'RUNNER_TRACKING_ID';

export interface Orphan {
  readonly pid: number;
  readonly name: string;
}

/** Ends every process that carries the job's id. On machines without `/proc` it finds none. */
export function endOrphans(trackingId: string): readonly Orphan[] {
  const wanted = `${TRACKING_VARIABLE}=${trackingId}`;
  return processIds().flatMap((pid) => {
    const environment = readText(`/proc/${pid}/environ`);
    if (!environment.split('\0').includes(wanted)) return [];
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      return [];
    }
    return [{ pid, name: readText(`/proc/${pid}/comm`).trim() }];
  });
}

function processIds(): number[] {
  try {
    return readdirSync('/proc')
      .map(Number)
      .filter((pid) => pid > 0 && pid !== process.pid);
  } catch {
    return [];
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // Somebody else's, or gone in the meantime.
    return '';
  }
}
