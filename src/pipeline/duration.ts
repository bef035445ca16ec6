const UNITS = [
  ['w', 7 * 24 * 60 * 60 * 1000],
  ['d', 24 * 60 * 60 * 1000],
  ['h', 60 * 60 * 1000],
  ['m', 60 * 1000],
  ['s', 1000],
] as const;

/** What a duration looks like in the pipeline file: whole numbers with a unit, the larger unit first: `4h`, `1h30m`, `7d`. */
export const DURATION_PATTERN = /^(?=.)(?:(\d{1,6})w)?(?:(\d{1,6})d)?(?:(\d{1,6})h)?(?:(\d{1,6})m)?(?:(\d{1,6})s)?$/;

/** Milliseconds of `90s`, `30m`, `4h`, `7d`, `2w` or a mix such as `1h30m`; a day is 24 hours. `null` when the text is no duration. */
export function parseDuration(text: string): number | null {
  const match = DURATION_PATTERN.exec(text);
  if (match === null) return null;
  return UNITS.reduce((sum, [, length], index) => sum + Number(match[index + 1] ?? 0) * length, 0);
}

/**
 * A duration as one would write it in the pipeline file, at most two units: `4h`, `1h30m`, `6d23h`. Below a second: `0s`. What the two units do not
 * show is rounded up, so that "in 2h" is never too early.
 */
export function formatDuration(milliseconds: number): string {
  const whole = Math.max(0, Math.ceil(milliseconds / 1000)) * 1000;
  const first = UNITS.findIndex(([unit, length]) => unit !== 'w' && whole >= length);
  if (first < 0) return '0s';
  const smallest = UNITS[Math.min(first + 1, UNITS.length - 1)]?.[1] ?? 1000;
  return spell(Math.ceil(whole / smallest) * smallest);
}

/** A duration exactly as the pipeline file would say it, in as many units as it takes. */
export function spell(milliseconds: number): string {
  let rest = milliseconds;
  let text = '';
  for (const [unit, length] of UNITS) {
    if (unit === 'w') continue;
    const count = Math.floor(rest / length);
    rest -= count * length;
    if (count > 0) text += `${count}${unit}`;
  }
  return text === '' ? '0s' : text;
}
