import { styleText } from 'node:util';

/** How a terminal wants its text. */
export interface Terminal {
  /** Columns; lines are wrapped at words, a longer word stands alone. */
  readonly width: number;
  readonly colour: boolean;
}

export type Style = 'green' | 'magenta' | 'yellow' | 'red' | 'gray' | 'bold';

const NARROWEST = 40;

/** Lines of a terminal, collected. Everything passed in has been made harmless before. */
export class Page {
  readonly #lines: string[] = [];
  readonly #terminal: Terminal;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  blank(): void {
    this.#lines.push('');
  }

  /** Text wrapped at words and indented by a number of columns; later lines by `hanging` more. */
  paragraph(text: string, indent: number, style: Style | null = null, hanging: number = 0): void {
    const width = Math.max(NARROWEST, this.#terminal.width) - indent;
    const [first = '', ...others] = wrapped(text, width, hanging);
    for (const [position, line] of [first, ...others].entries()) {
      this.#lines.push(`${' '.repeat(indent + (position > 0 ? hanging : 0))}${this.#styled(line, style)}`);
    }
  }

  heading(text: string): void {
    this.blank();
    this.paragraph(text, 0, 'bold');
  }

  /** `label    text`, the label in a column of its own. */
  labelled(label: string, text: string, indent: number, column: number, style: Style | null = null): void {
    this.paragraph(`${label.padEnd(column, '\u00A0')}${text}`, indent, style, column);
  }

  text(): string {
    return `${this.#lines.join('\n').replaceAll('\u00A0', ' ')}\n`;
  }

  #styled(line: string, style: Style | null): string {
    return this.#terminal.colour && style !== null ? styleText(style, line, { validateStream: false }) : line;
  }
}

/** Lines of at most `width` columns, the later ones shorter by `hanging`. */
function wrapped(text: string, width: number, hanging: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const room = width - (lines.length > 0 ? hanging : 0);
    if (line !== '' && line.length + 1 + word.length > room) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
