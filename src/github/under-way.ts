import { setImmediate as nextTurn } from 'node:timers/promises';

/**
 * Resolves when a request made just before is on its way. Loading holds up everything else in the process, so what is to be loaded while
 * GitHub works has to wait until the connection was opened: one turn of the event loop.
 */
export function underWay(): Promise<void> {
  return nextTurn();
}
