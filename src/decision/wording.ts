/** How facts are written inside a reason. */

/** The beginning of a commit's sha that people know it by. */
export function shortSha(sha: string): string {
  return sha.slice(0, 8);
}

/** A version with its commit: `v1.4.2 (c0ffee12)`; only the commit where the version already says it. */
export function versionOf(record: { readonly version: string; readonly sha: string }): string {
  const short = shortSha(record.sha);
  return record.version === '' || record.version.includes(short.slice(0, 7)) ? record.version || short : `${record.version} (${short})`;
}

const LATEST = 8_640_000_000_000_000;

/** An instant (epoch milliseconds) in UTC to the minute: `2026-12-20T00:00Z`. */
export function instantText(at: number): string {
  if (!(Math.abs(at) <= LATEST)) return 'an unknown time';
  return `${new Date(at).toISOString().slice(0, -8)}Z`;
}
