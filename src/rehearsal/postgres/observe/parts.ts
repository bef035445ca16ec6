import type { Node } from 'libpg-query';
import type { SqlParser } from './parser.ts';

/** One statement of a text with several. */
export interface Part {
  readonly text: string;
  /** Characters of the text before it. */
  readonly offset: number;
}

/** Longer texts are sent on as they are: parsing them would keep everybody waiting. */
const LONGEST = 1_000_000;
/** Statements that mean something else outside of a block that a client opened, or that the protocol treats differently. */
const BLOCK_ONLY = ['TRANS_STMT_SAVEPOINT', 'TRANS_STMT_RELEASE', 'TRANS_STMT_ROLLBACK_TO'];
const TWO_PHASE = ['TRANS_STMT_PREPARE', 'TRANS_STMT_COMMIT_PREPARED', 'TRANS_STMT_ROLLBACK_PREPARED'];

/** Whether there is anything behind a semicolon. */
export function mayBeSeveral(text: string): boolean {
  const semicolon = text.indexOf(';');
  return semicolon >= 0 && /\S/.test(text.slice(semicolon + 1));
}

/**
 * Takes a text apart that may be run statement by statement, in a transaction of its own, without a difference.
 * @param block whether it runs in a transaction block already
 * @returns `null` when it is a single statement; `'whole'` when it is several that must stay together, or no SQL
 */
export function takeApart(parser: SqlParser, text: string, block: boolean): readonly Part[] | 'whole' | null {
  if (!mayBeSeveral(text)) return null;
  if (text.length > LONGEST) return 'whole';
  let statements: readonly { readonly stmt?: Node; readonly stmt_location?: number; readonly stmt_len?: number }[];
  try {
    statements = parser.parse(text).stmts ?? [];
  } catch {
    return 'whole';
  }
  if (statements.length < 2) return null;
  if (
    !divisible(
      statements.map(({ stmt }) => stmt),
      block,
    )
  )
    return 'whole';
  const bytes = Buffer.from(text);
  return statements.map(({ stmt_location: start = 0, stmt_len: length = 0 }) => ({
    text: bytes.toString('utf8', start, length === 0 ? bytes.length : start + length),
    offset: [...bytes.toString('utf8', 0, start)].length,
  }));
}

function divisible(statements: readonly (Node | undefined)[], block: boolean): boolean {
  let inside = block;
  for (const statement of statements) {
    if (statement === undefined) return false;
    if ('CopyStmt' in statement && statement.CopyStmt.filename === undefined) return false;
    if (!('TransactionStmt' in statement)) continue;
    const { kind = '', chain = false } = statement.TransactionStmt;
    if (chain || TWO_PHASE.includes(kind) || (BLOCK_ONLY.includes(kind) && !inside)) return false;
    if (!BLOCK_ONLY.includes(kind)) inside = kind === 'TRANS_STMT_BEGIN' || kind === 'TRANS_STMT_START';
  }
  return true;
}
