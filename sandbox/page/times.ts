/** Times as people read them, by the sandbox's clock. */
import { timestamp } from '../github/clock.ts';
import { type Html, html } from './html.ts';

const UNITS: readonly (readonly [number, string])[] = [
  [86_400_000, 'day'],
  [3_600_000, 'hour'],
  [60_000, 'minute'],
];

/** `3 minutes ago`, `in 2 hours`, `now`. */
export function relative(instant: number, now: number): string {
  const distance = Math.abs(now - instant);
  for (const [length, unit] of UNITS) {
    const count = Math.floor(distance / length);
    if (count === 0) continue;
    const amount = `${count} ${unit}${count === 1 ? '' : 's'}`;
    return instant > now ? `in ${amount}` : `${amount} ago`;
  }
  return 'now';
}

/** How long something took: `1h 4m`, `2m 3s`, `0.4s`. */
export function duration(milliseconds: number): string {
  if (milliseconds < 10_000) return `${(milliseconds / 1000).toFixed(1)}s`;
  const seconds = Math.round(milliseconds / 1000);
  const [days, hours, minutes] = [Math.floor(seconds / 86_400), Math.floor(seconds / 3600) % 24, Math.floor(seconds / 60) % 60];
  if (days > 0) return `${days}d ${hours}h`;
  if (hours > 0) return `${hours}h ${minutes}m`;
  return minutes > 0 ? `${minutes}m ${seconds % 60}s` : `${seconds}s`;
}

/** An instant: relative to see, exact to point at. */
export function when(instant: number, now: number): Html {
  const exact = timestamp(instant);
  return html`<time datetime="${exact}" title="${exact.replace('T', ' ').replace('Z', ' UTC')}">${relative(instant, now)}</time>`;
}
