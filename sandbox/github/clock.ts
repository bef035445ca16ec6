import type { Clock } from './api.ts';

/** The sandbox's own time, from which every timestamp and the `Date` header come. */
export function createClock(start: Date | string | number, mode: 'frozen' | 'running'): Clock {
  let base = epoch(start);
  let since = Date.now();
  const passed = () => (mode === 'running' ? Date.now() - since : 0);
  return {
    now: () => base + passed(),
    set(instant) {
      base = epoch(instant);
      since = Date.now();
    },
    advance(milliseconds) {
      base += milliseconds;
    },
  };
}

function epoch(instant: Date | string | number): number {
  const value = typeof instant === 'number' ? instant : new Date(instant).getTime();
  if (Number.isNaN(value)) throw new RangeError(`sandbox: ${String(instant)} is no instant. Write it like 2026-03-02T10:00:00Z.`);
  return value;
}

/** GitHub's timestamps have whole seconds. */
export function timestamp(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, 19)}Z`;
}
