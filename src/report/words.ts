/** `1 commit`, `12 commits`. */
export function counted(count: number, one: string, many: string = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** A sentence without its full stop, to be continued. */
export function unfinished(sentence: string): string {
  return sentence.replace(/[\s.]+$/, '');
}

/** `refs/heads/main` to `branch main`, `refs/tags/v1` to `tag v1`. */
export function refInWords(ref: string): { readonly kind: string; readonly name: string } {
  const [, kind, name] = /^refs\/(heads|tags)\/(.+)$/s.exec(ref) ?? [];
  return name === undefined ? { kind: 'ref', name: ref } : { kind: kind === 'tags' ? 'tag' : 'branch', name };
}

/** `sha256:0123456789ab`: enough to compare by eye; the whole one is in the decision. */
export function shortDigest(digest: string): string {
  const [algorithm = '', value] = digest.split(':', 2);
  return value === undefined ? digest.slice(0, 12) : `${algorithm}:${value.slice(0, 12)}`;
}
