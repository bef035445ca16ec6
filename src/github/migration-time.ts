/**
 * How long a migration took stands in the words of its record's success: GitHub keeps them beside the record, and people read them.
 * What is written here is read back here.
 */
const MARK = ' · migration ';

/** Longest that is believed: GitHub ends a job after five days on a machine of one's own. */
const LONGEST = 5 * 24 * 3600;

/** A duration in seconds as somebody may write it; `null` when it is none. */
export function readSeconds(text: string): number | null {
  const seconds = /^\d{1,6}(?:\.\d{1,9})?$/.test(text) ? Number(text) : Number.NaN;
  return seconds <= LONGEST ? Math.round(seconds * 100) / 100 : null;
}

/** `Deployed · migration 12.42 s`; without a time the words alone. */
export function withMigrationTime(words: string, seconds: number | null): string {
  return seconds === null ? words : `${words}${MARK}${seconds.toFixed(2)} s`;
}

/** The seconds that a description tells; `null` when it tells none. */
export function migrationTimeIn(description: string): number | null {
  const at = description.lastIndexOf(MARK);
  return at === -1 ? null : readSeconds(description.slice(at + MARK.length).replace(/ s$/, ''));
}
