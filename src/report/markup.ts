import { codeSpan, escapeMarkdown } from './markdown.ts';
import { oneLine, withoutRunnerCommands } from './outside-text.ts';

/** How a sentence is written down where it is read. Every function takes plain text, outside text included, and makes it harmless. */
export interface Markup {
  text(text: string, longest?: number): string;
  strong(text: string): string;
  code(text: string): string;
}

/** For the job summary. */
export const MARKDOWN: Markup = {
  text: escapeMarkdown,
  strong: (text) => `**${escapeMarkdown(text)}**`,
  code: codeSpan,
};

/** For a log, an annotation, an output, a terminal. */
export const PLAIN: Markup = {
  text: (text, longest) => oneLine(withoutRunnerCommands(text), longest),
  strong: (text) => oneLine(withoutRunnerCommands(text)),
  code: (text) => oneLine(withoutRunnerCommands(text)),
};
