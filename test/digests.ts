/** What was built, wherever a test needs to name it. */
export const DIGEST = `sha256:${'ab'.repeat(32)}`;

/** Something else was built. */
export const OTHER_DIGEST = `sha256:${'cd'.repeat(32)}`;

/** What was built from that commit and no other. */
export function digestOf(sha: string): string {
  return `sha256:${sha}${'0'.repeat(64 - sha.length)}`;
}
