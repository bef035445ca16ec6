import type { ParseResult, ScanResult } from 'libpg-query';

/** PostgreSQL's own parser, as far as it is needed here. */
export interface SqlParser {
  /** @throws Error when it is no SQL */
  parse(text: string): ParseResult;
  /** @throws Error when even its words cannot be told apart */
  scan(text: string): ScanResult;
}

/** Loads the parser: megabytes of code that nothing but an observation needs. */
export async function loadParser(): Promise<SqlParser> {
  const { loadModule, parseSync, scanSync } = await import('libpg-query');
  await loadModule();
  return { parse: parseSync, scan: scanSync };
}
