/** `"` around a name, for SQL. */
export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;
