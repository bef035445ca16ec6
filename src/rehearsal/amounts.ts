import type { Interval } from './observed.ts';

/** Amounts that a rehearsal measured, for people. Bytes count in thousands, as the pipeline file's limits do. */

/** `0.4 ms`, `230 ms`, `4.4 s`, `3 min 5 s`, `1 h 2 min`. */
export function millisecondsInWords(milliseconds: number): string {
  const value = Math.max(0, milliseconds);
  if (value < 1) return value === 0 ? '0 ms' : `${Math.max(0.1, round(value, 1))} ms`;
  if (value < 10) return `${round(value, 1)} ms`;
  if (value < 999.5) return `${Math.round(value)} ms`;
  if (value < 9_995) return `${round(value / 1000, 2)} s`;
  if (value < 59_950) return `${round(value / 1000, 1)} s`;
  return longTime(Math.round(value / 1000));
}

function longTime(seconds: number): string {
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60)];
  if (hours > 0) return minutes === 0 ? `${hours} h` : `${hours} h ${minutes} min`;
  return seconds % 60 === 0 ? `${minutes} min` : `${minutes} min ${seconds % 60} s`;
}

/** Of a time in seconds. */
export function secondsInWords(seconds: number): string {
  return millisecondsInWords(seconds * 1000);
}

/** `812 bytes`, `14 kB`, `1.06 GB`. */
export function bytesInWords(bytes: number): string {
  const value = Math.max(0, bytes);
  if (value < 1000) return `${Math.round(value)} bytes`;
  const power = Math.min(4, Math.floor(Math.log10(value) / 3));
  const shown = value / 1000 ** power;
  return `${round(shown, shown < 10 ? 2 : shown < 100 ? 1 : 0)} ${['', 'kB', 'MB', 'GB', 'TB'][power]}`;
}

/** Of data on its way, for a log: `1 kB`, `1.2 GB`. */
export function roughSize(bytes: number): string {
  if (bytes < 1_000_000) return `${Math.max(1, Math.round(bytes / 1000))} kB`;
  return bytes < 1e9 ? `${Math.round(bytes / 1e5) / 10} MB` : `${Math.round(bytes / 1e8) / 10} GB`;
}

/** What was measured by looking again and again: `between 1.2 s and 1.4 s`, or one figure where both read the same. */
export function intervalInWords({ atLeast, atMost }: Interval): string {
  const [least, most] = [millisecondsInWords(atLeast), millisecondsInWords(atMost)];
  return least === most ? least : `between ${least} and ${most}`;
}

/** The same for a cell of a table: `1.2 s – 1.4 s`. */
export function shortInterval({ atLeast, atMost }: Interval): string {
  const [least, most] = [millisecondsInWords(atLeast), millisecondsInWords(atMost)];
  return least === most ? least : `${least} – ${most}`;
}

/** `1 row`, `12,000 rows`. */
export function rowsInWords(count: number): string {
  return `${count.toLocaleString('en-US')} ${count === 1 ? 'row' : 'rows'}`;
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
