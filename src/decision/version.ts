const TAG = 'refs/tags/';

/** What people call a commit on a ref unless they say otherwise: the tag's name, else `<branch>@<first seven digits>`. */
export function madeVersion(ref: string, sha: string): string {
  if (ref.startsWith(TAG)) return ref.slice(TAG.length);
  return `${ref.replace(/^refs\/(?:heads\/)?/, '')}@${sha.slice(0, 7)}`;
}
