/** What is done with the parts of a plain dump, in their order. */
export interface PlainDumpHandler {
  /** One statement, without what follows it. `line` is where it begins, from 1. */
  statement(sql: string, line: number): Promise<void>;
  /** A `COPY … FROM stdin`, whose rows follow. */
  copyBegins(sql: string, line: number): Promise<void>;
  /** Some of its rows, whole or not. */
  copyRows(rows: Buffer): Promise<void>;
  copyEnds(): Promise<void>;
  /** A command to psql, such as `\connect shop`. */
  meta(command: string, line: number): Promise<void>;
}

const COPY = /^COPY\s[\s\S]*\bFROM\s+stdin\b/i;
const ROUTINE = /^CREATE\s+(OR\s+REPLACE\s+)?(FUNCTION|PROCEDURE)\b/i;

/** Comments and blanks before a statement. */
const LEADING = /^(\s+|--[^\n]*(\n|$)|\/\*[\s\S]*?\*\/)+/;

const END_OF_ROWS = /\n\\\.\r?\n/g;

/** What may begin something in which a semicolon ends nothing, or end a statement. */
const TOKEN = /--[^\n]*|\/\*|[eE]'|'|"|\$(?:[A-Za-z_\x80-\xff][\w\x80-\xff]*)?\$|[();]|[A-Za-z_\x80-\xff][\w$\x80-\xff]*|\d[\w.]*/g;

/**
 * Takes a plain dump apart as psql does: statements end at a semicolon outside of quotes, comments, parentheses and routine bodies; after
 * `COPY … FROM stdin` come rows up to `\.`. Text is handled as latin1, one character a byte, so that whatever the encoding nothing is lost:
 * all that matters here is ASCII.
 */
export class PlainDumpReader {
  private readonly handler: PlainDumpHandler;
  private rest = '';
  private line = 0;
  private rows = false;
  private statement = new StatementScanner();
  private lines: string[] = [];
  private begins = 0;

  constructor(handler: PlainDumpHandler) {
    this.handler = handler;
  }

  async take(bytes: Buffer): Promise<void> {
    const text = this.rest + bytes.toString('latin1');
    let at = 0;
    for (;;) {
      if (this.rows) at = await this.takeRows(text, at);
      const end = text.indexOf('\n', at);
      if (end < 0 || this.rows) break;
      await this.takeLine(text.slice(at, end + 1));
      at = end + 1;
    }
    this.rest = text.slice(at);
  }

  /** @throws Error when the dump ends in the middle of something */
  async end(): Promise<void> {
    if (this.rows && /^\\\.\r?$/.test(this.rest)) await this.endRows();
    else if (this.rows) throw new Error('COPY data ended before its end');
    else if (this.rest !== '') await this.takeLine(`${this.rest}\n`);
    const left = this.lines.join('').replace(LEADING, '').trim();
    if (left === '') return;
    if (this.statement.open) throw new Error(`line ${this.begins}: the statement that begins here does not end: unexpected end of file`);
    await this.handler.statement(utf8(left), this.begins);
  }

  /** Rows go on as they come, up to the line that ends them. @returns where it went on */
  private async takeRows(text: string, at: number): Promise<number> {
    END_OF_ROWS.lastIndex = Math.max(0, at - 1);
    const found = text.startsWith('\\.', at) ? /^\\\.\r?\n/.exec(text.slice(at, at + 4)) : null;
    const end = found === null ? END_OF_ROWS.exec(text) : null;
    if (found !== null || end !== null) {
      const begins = end === null ? at : end.index + 1;
      await this.pass(text.slice(at, begins));
      await this.endRows();
      return found === null ? END_OF_ROWS.lastIndex : at + found[0].length;
    }
    const whole = text.lastIndexOf('\n') + 1;
    if (whole <= at) return at;
    await this.pass(text.slice(at, whole));
    return whole;
  }

  private async pass(rows: string): Promise<void> {
    if (rows === '') return;
    for (let at = rows.indexOf('\n'); at >= 0; at = rows.indexOf('\n', at + 1)) this.line += 1;
    await this.handler.copyRows(Buffer.from(rows, 'latin1'));
  }

  private async endRows(): Promise<void> {
    this.rows = false;
    this.line += 1;
    await this.handler.copyEnds();
  }

  private async takeLine(line: string): Promise<void> {
    this.line += 1;
    if (!this.statement.begun && line.startsWith('\\')) return this.handler.meta(line.trim(), this.line);
    let from = 0;
    for (const end of this.statement.ends(line)) {
      this.hold(line.slice(from, end));
      from = end;
      await this.finish();
    }
    if (this.statement.begun) this.hold(line.slice(from));
    else this.lines = [];
  }

  private hold(text: string): void {
    if (this.lines.length === 0) this.begins = this.line;
    this.lines.push(text);
  }

  private async finish(): Promise<void> {
    const sql = utf8(this.lines.join('').replace(LEADING, ''));
    const line = this.begins;
    this.lines = [];
    if (sql.trim() === ';') return;
    if (!COPY.test(sql)) return this.handler.statement(sql, line);
    this.rows = true;
    return this.handler.copyBegins(sql, line);
  }
}

/** Follows one statement through its lines, to where it ends. */
class StatementScanner {
  /** What ends what it is in now: a quote, a dollar tag, a comment; `null`: nothing. */
  private inside: string | null = null;
  private comments = 0;
  private parentheses = 0;
  private blocks = 0;
  private words = '';

  /** Whether anything but blanks and comments has come. */
  get begun(): boolean {
    return this.words !== '' || this.open;
  }

  get open(): boolean {
    return this.inside !== null || this.parentheses > 0 || this.blocks > 0;
  }

  /** Where statements end in the next line, after their semicolons. */
  *ends(line: string): Generator<number> {
    let at = 0;
    while (at < line.length) {
      if (this.inside !== null) {
        at = this.leave(line, at, this.inside);
        continue;
      }
      TOKEN.lastIndex = at;
      const [token] = TOKEN.exec(line) ?? [];
      if (token === undefined) return;
      at = TOKEN.lastIndex;
      if (this.enter(token)) yield at;
    }
  }

  /** @returns whether the statement ends here */
  private enter(token: string): boolean {
    if (token.startsWith('--')) return false;
    if (token === '/*') {
      this.inside = '*/';
      this.comments = 1;
      return false;
    }
    if (token === ';') return this.semicolon();
    if (token === '(') this.parentheses += 1;
    else if (token === ')') this.parentheses = Math.max(0, this.parentheses - 1);
    else if (/^[eE]'$/.test(token)) this.inside = "e'";
    else if (token === "'" || token === '"' || token.startsWith('$')) this.inside = token;
    else this.block(token.toLowerCase());
    // A few words tell what kind of statement it is.
    if (this.words.length < 60) this.words += `${token} `;
    return false;
  }

  private semicolon(): boolean {
    if (this.parentheses > 0 || this.blocks > 0) return false;
    this.words = '';
    return true;
  }

  /** Bodies in SQL itself, `BEGIN ATOMIC … END`, hold semicolons. */
  private block(word: string): void {
    if (word === 'begin' && this.parentheses === 0 && ROUTINE.test(this.words)) this.blocks += 1;
    else if (word === 'case' && this.blocks > 0) this.blocks += 1;
    else if (word === 'end' && this.blocks > 0) this.blocks -= 1;
  }

  /** @returns where it went on */
  private leave(line: string, from: number, inside: string): number {
    if (inside === '*/') return this.leaveComment(line, from);
    if (inside === "e'") return this.leaveEscaped(line, from);
    const end = line.indexOf(inside, from);
    if (end < 0) return line.length;
    this.inside = null;
    return end + inside.length;
  }

  private leaveComment(line: string, from: number): number {
    const marks = /\/\*|\*\//g;
    marks.lastIndex = from;
    for (let mark = marks.exec(line); mark !== null; mark = marks.exec(line)) {
      this.comments += mark[0] === '/*' ? 1 : -1;
      if (this.comments > 0) continue;
      this.inside = null;
      return marks.lastIndex;
    }
    return line.length;
  }

  /** In `E'…'` a backslash hides what follows; two quotes are one. */
  private leaveEscaped(line: string, from: number): number {
    const marks = /\\[\s\S]|''|'/g;
    marks.lastIndex = from;
    for (let mark = marks.exec(line); mark !== null; mark = marks.exec(line)) {
      if (mark[0] !== "'") continue;
      this.inside = null;
      return marks.lastIndex;
    }
    return line.length;
  }
}

function utf8(latin1: string): string {
  return Buffer.from(latin1, 'latin1').toString('utf8');
}
