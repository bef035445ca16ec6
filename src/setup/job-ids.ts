/** Jobs that are there for every environment together. */
const TAKEN = ['plan', 'veto', 'build', 'attest', 'resume'];

/**
 * An id for the jobs of each environment: its name, as far as ids may hold it, and a number where two would be the same. Gates and acceptances append to it,
 * so no id may look like another one with something appended.
 */
export function jobIds(environments: readonly string[]): ReadonlyMap<string, string> {
  const ids = new Map<string, string>();
  const used = new Set(TAKEN);
  for (const name of environments) {
    const plain = name
      .toLowerCase()
      .replaceAll(/[^a-z0-9_]+/g, '-')
      .replaceAll(/^-+|-+$/g, '');
    const id = /^[a-z_]/.test(plain) ? plain : `environment-${plain}`.replace(/-$/, '');
    const free = [id, ...Array.from({ length: environments.length + TAKEN.length }, (_, index) => `${id}-${index + 2}`)].find(
      (candidate) => !clashes(candidate, used),
    );
    ids.set(name, free ?? id);
    used.add(free ?? id);
  }
  return ids;
}

function clashes(id: string, used: ReadonlySet<string>): boolean {
  const bare = (text: string) => text.replace(/(?:-accept)?(?:-gate-\d+)?$/, '');
  return used.has(id) || (bare(id) !== id && used.has(bare(id)));
}
