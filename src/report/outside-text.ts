/**
 * Text that an outsider can choose: branch and tag names, titles of commits, pull requests and issues, names in commits. Before it is
 * shown anywhere it becomes one line in which nothing is hidden; what else it needs depends on where it is shown (`markup.ts`).
 */

/** Longest piece of outside text that is shown, in characters. */
const LONGEST = 600;

/** Characters that print nothing or change how their neighbours are read. A joiner inside an emoji is left alone. */
const HIDDEN = String.raw`(?<!\p{Extended_Pictographic}|\p{Emoji_Modifier}|\uFE0F)\u200D|(?!\u200D)[\p{Cc}\p{Cf}\u115F\u1160\u3164\uFFA0]`;

/** More marks on one letter than any script needs would grow over the neighbouring lines. */
const PILED_MARKS = String.raw`(\p{M}{4})\p{M}+`;

/**
 * One line of well-formed text: white space collapsed, hidden and direction-changing characters replaced by `�`, cut to `longest`
 * characters with `…`.
 */
export function oneLine(text: string, longest: number = LONGEST): string {
  const line = unhidden(
    text
      .slice(0, longest * 8)
      .toWellFormed()
      .replace(/\s+/g, ' ')
      .trim(),
  );
  const characters = [...line];
  return characters.length <= longest ? line : `${characters.slice(0, longest - 1).join('')}…`;
}

/** Nothing of ASCII but its control characters is hidden; setting up the classes for all the rest takes longer than writing a brief. */
function unhidden(line: string): string {
  if (/^[ -~]*$/.test(line)) return line;
  return line.replace(new RegExp(HIDDEN, 'gu'), '\uFFFD').replace(new RegExp(PILED_MARKS, 'gu'), '$1');
}

/**
 * Makes text harmless in a job's log, where the runner would carry out `::command::` at the beginning of a line and `##[command]`
 * anywhere.
 */
export function withoutRunnerCommands(text: string): string {
  return text.replaceAll(/:(?=:)/g, ': ').replaceAll('##[', '## [');
}
