/**
 * Definitions as SQLite keeps them are the text that somebody once wrote. Here they become equal when they mean the same: without
 * comments, line ends, the quotes of names and the case of what has none.
 */

/** Comment | string | quoted name in three ways | word or number | any other sign. */
const TOKEN = /--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|'(?:[^']|'')*'|"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\]|[\p{L}\p{N}_$.]+|\S/gu;

export function tokensOf(sql: string): readonly string[] {
  return [...sql.matchAll(TOKEN)]
    .map(([token]) => token)
    .filter((token) => !token.startsWith('--') && !token.startsWith('/*'))
    .map(plain);
}

function plain(token: string): string {
  const first = token[0];
  if (first === "'") return token;
  if (first === '"' || first === '`')
    return token
      .slice(1, -1)
      .replaceAll(first + first, first)
      .toLowerCase();
  if (first === '[') return token.slice(1, -1).toLowerCase();
  return token.toLowerCase();
}

export const normalized = (sql: string): string => tokensOf(sql).join(' ');

/** The parts of a `CREATE TABLE` between its outer parentheses, and what stands behind them. */
export function partsOfTable(sql: string): { readonly parts: readonly (readonly string[])[]; readonly options: string } {
  const tokens = tokensOf(sql);
  const parts: string[][] = [[]];
  let depth = 0;
  let index = tokens.indexOf('(');
  if (index === -1) return { parts: [], options: tokens.join(' ') };
  for (; index < tokens.length; index += 1) {
    const token = tokens[index] ?? '';
    if (token === ')') depth -= 1;
    if (depth === 0 && token === ')') break;
    if (depth === 1 && token === ',') parts.push([]);
    else if (depth > 0) parts.at(-1)?.push(token);
    if (token === '(') depth += 1;
  }
  return { parts, options: tokens.slice(index + 1).join(' ') };
}

/** What stands in parentheses behind each such word: `check ( … )`. */
export function clausesOf(part: readonly string[], word: string): readonly string[] {
  const clauses: string[] = [];
  for (let index = part.indexOf(word); index !== -1; index = part.indexOf(word, index + 1)) {
    const open = index + 1;
    if (part[open] === '(') clauses.push(part.slice(open, closing(part, open) + 1).join(' '));
  }
  return clauses;
}

function closing(part: readonly string[], open: number): number {
  let depth = 0;
  for (let index = open; index < part.length; index += 1) {
    if (part[index] === '(') depth += 1;
    if (part[index] === ')') depth -= 1;
    if (depth === 0) return index;
  }
  return part.length;
}
