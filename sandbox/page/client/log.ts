/** A log that grows: whoever reads its end goes on reading its end, everybody else stays where they are. */

const NEAR = 48;

/** Whether the reader sees the end of a log that is still written. */
export function logPosition(): boolean {
  const log = document.querySelector<HTMLElement>('[data-log]');
  if (log === null || log.dataset['live'] !== 'yes') return false;
  const below = log.getBoundingClientRect().bottom - window.innerHeight;
  return below > -NEAR && below < NEAR;
}

export function followLog(wasAtEnd: boolean): void {
  if (wasAtEnd) document.querySelector('[data-log]')?.scrollIntoView({ block: 'end', behavior: 'instant' });
}
