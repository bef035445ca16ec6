/**
 * The files through which a step tells the runner something: GITHUB_OUTPUT, GITHUB_ENV and so on.
 * https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#environment-files
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const FILES = {
  GITHUB_OUTPUT: 'set_output',
  GITHUB_ENV: 'set_env',
  GITHUB_PATH: 'add_path',
  GITHUB_STATE: 'save_state',
  GITHUB_STEP_SUMMARY: 'step_summary',
} as const;

export type CommandFile = keyof typeof FILES;

export interface CommandFiles {
  /** Where each file lies, by the name of its variable. */
  readonly paths: Readonly<Record<CommandFile, string>>;
  /** What stands in it now; empty when the step removed it. */
  read(file: CommandFile): string;
  /** The pairs in it. @throws CommandFileProblem */
  pairs(file: CommandFile): Readonly<Record<string, string>>;
}

/** A command file that cannot be understood; the step that wrote it fails. */
export class CommandFileProblem extends Error {}

let counted = 0;

/** Makes the files of one step, empty, in a folder. */
export function createCommandFiles(folder: string): CommandFiles {
  mkdirSync(folder, { recursive: true });
  counted += 1;
  const entries = Object.entries(FILES).map(([name, prefix]) => [name, join(folder, `${prefix}_${process.pid}_${counted}`)] as const);
  for (const [, path] of entries) writeFileSync(path, '');
  const paths = Object.fromEntries(entries) as Record<CommandFile, string>;
  const read = (file: CommandFile): string => {
    try {
      return readFileSync(paths[file], 'utf8');
    } catch {
      return '';
    }
  };
  return {
    paths,
    read,
    pairs(file) {
      try {
        return parsePairs(read(file));
      } catch (error) {
        throw new CommandFileProblem(
          `Unable to process file command '${FILES[file].split('_')[1]}' successfully. ${(error as Error).message}`,
        );
      }
    },
  };
}

/**
 * Reads `name=value` lines and `name<<delimiter … delimiter` blocks; a later pair of a name wins.
 * @throws Error when a line is neither, a name or delimiter is empty, or a block is not closed
 */
export function parsePairs(text: string): Record<string, string> {
  const pairs: Record<string, string> = {};
  const lines = text.split('\n');
  // What follows the last line break is a line only when something stands there.
  if (lines.at(-1) === '') lines.pop();
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at] as string;
    if (line === '') continue;
    const block = /^(?<name>[^=]*?)<<(?<delimiter>.*)$/.exec(line)?.groups;
    if (block === undefined) {
      const [name, value] = parsePair(line);
      pairs[name] = value;
      continue;
    }
    const { name = '', delimiter = '' } = block;
    if (name === '' || delimiter === '')
      throw new Error(`Invalid format '${line}'. Name must not be empty and delimiter must not be empty`);
    const end = lines.indexOf(delimiter, at + 1);
    if (end === -1) throw new Error(`Invalid value. Matching delimiter not found '${delimiter}'`);
    pairs[name] = lines.slice(at + 1, end).join('\n');
    at = end;
  }
  return pairs;
}

function parsePair(line: string): [name: string, value: string] {
  const equals = line.indexOf('=');
  if (equals === -1) throw new Error(`Invalid format '${line}'`);
  if (equals === 0) throw new Error(`Invalid format '${line}'. Name must not be empty`);
  return [line.slice(0, equals), line.slice(equals + 1)];
}
