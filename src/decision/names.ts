/** Logins, teams and environment names count without regard to case, as on GitHub. */

/** Whether two names are the same; equal spelling, the usual case, costs no conversion. */
export function sameName(one: string, other: string): boolean {
  return one === other || (one.length === other.length && one.toLowerCase() === other.toLowerCase());
}

export function includesName(names: readonly string[], name: string): boolean {
  for (const one of names) if (sameName(one, name)) return true;
  return false;
}
