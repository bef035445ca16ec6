import type { SqlParser } from './parser.ts';

const LONGEST = 2000;
/** Longer texts are data, and scanning them takes longer than it is worth. */
const LONGEST_SCANNED = 32_000;
/** How a literal begins: quoted, escaped, national, bits, dollar-quoted, a number. A parameter (`$1`) is none. */
const LITERAL = /^(?:'|[eEbBxXnN]'|[uU]&'|\$(?!\d)|\.?\d)/;
const COMMENT = /^(?:--|\/\*)/;
/** Where a literal, a comment or a quoted name may begin. */
const DOUBTFUL = /['"$\d]|--|\/\*/;

/**
 * A statement's text without what may be data: literals become `?`, comments go, space is one blank. Where it cannot be told what is a
 * literal, everything from the first doubtful sign on goes.
 * @param plain whether a backslash in a plain literal is a backslash (`standard_conforming_strings`)
 */
export function redact(parser: SqlParser, text: string, plain: boolean = true): string {
  return shortened((text.length <= LONGEST_SCANNED && plain ? scanned(parser, text) : null) ?? beginning(text));
}

function scanned(parser: SqlParser, text: string): string | null {
  try {
    let redacted = '';
    let end = 0;
    for (const token of parser.scan(text).tokens) {
      if (COMMENT.test(token.text)) continue;
      redacted += token.start > end && redacted !== '' ? ' ' : '';
      redacted += LITERAL.test(token.text) ? '?' : token.text;
      end = token.end;
      if (redacted.length > LONGEST) break;
    }
    return redacted.replace(/(?:\s*;)+$/, '');
  } catch {
    return null;
  }
}

function beginning(text: string): string {
  const doubtful = text.search(DOUBTFUL);
  const sure = doubtful < 0 ? text : text.slice(0, doubtful);
  return `${sure.replaceAll(/\s+/g, ' ').trim()}${text.trim() === '' ? '' : ' …'}`.trim();
}

function shortened(text: string): string {
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST - 1)}…`;
}
