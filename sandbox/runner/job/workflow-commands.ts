/**
 * What a step tells the runner by printing it: `::error::`, `::add-mask::` and so on.
 * https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
 */
import type { Annotation } from './contract.ts';

export interface CommandEffects {
  /** A line for the log, not masked yet. */
  print(line: string): void;
  annotate(annotation: Annotation): void;
  mask(value: string): void;
  /** The step fails, whatever its exit code. */
  fail(message: string): void;
}

interface Command {
  readonly name: string;
  readonly properties: Readonly<Record<string, string>>;
  readonly data: string;
}

const LEVELS = ['error', 'warning', 'notice'] as const;
/** Commands that GitHub replaced by files: a warning, and nothing happens. */
const REPLACED: Readonly<Record<string, string>> = { 'set-output': 'GITHUB_OUTPUT', 'save-state': 'GITHUB_STATE' };
/** Commands that GitHub disabled: the step fails. */
const DISABLED = ['set-env', 'add-path'];
/** Commands that GitHub has and the sandbox has not. */
const UNSUPPORTED = ['add-matcher', 'remove-matcher', 'internal-set-repo-path'];

/** Takes the output of one step line by line. What is no command is printed as it is. */
export function commandReader(effects: CommandEffects): (line: string) => void {
  let stoppedUntil: string | null = null;
  return (line) => {
    const command = parseCommand(line);
    if (stoppedUntil !== null) {
      if (command?.name === stoppedUntil) stoppedUntil = null;
      effects.print(line);
      return;
    }
    if (command?.name === 'stop-commands') {
      stoppedUntil = command.data;
      effects.print(line);
      return;
    }
    if (command === null || !obey(command, line, effects)) effects.print(line);
  };
}

/** @returns whether it was a command; what is none is text */
function obey(command: Command, line: string, effects: CommandEffects): boolean {
  const { name, data } = command;
  const level = LEVELS.find((one) => one === name);
  if (level !== undefined) {
    effects.print(`##[${level}]${data}`);
    effects.annotate(annotationOf(level, command));
    return true;
  }
  if (name === 'debug' || name === 'echo') return true;
  if (name === 'group' || name === 'endgroup') {
    effects.print(`##[${name}]${data}`);
    return true;
  }
  if (name === 'add-mask') {
    if (data.trim() === '') effects.print("##[warning]Can't add secret mask for empty string in ##[add-mask] command.");
    else effects.mask(data);
    return true;
  }
  return refuse(name, line, effects);
}

function refuse(name: string, line: string, effects: CommandEffects): boolean {
  const file = REPLACED[name];
  if (file !== undefined) {
    const message = `The \`${name}\` command does nothing any more. Write to the file that $${file} names.`;
    effects.print(`##[warning]${message}`);
    effects.annotate({ level: 'warning', message, title: null, file: null, line: null });
    return true;
  }
  if (DISABLED.includes(name))
    effects.fail(`Unable to process command '${line.trim()}' successfully. The \`${name}\` command is disabled.`);
  else if (UNSUPPORTED.includes(name)) effects.fail(`The sandbox does not run the \`${name}\` command.`);
  else return false;
  return true;
}

function annotationOf(level: Annotation['level'], { properties, data }: Command): Annotation {
  const line = Number.parseInt(properties['line'] ?? '', 10);
  return {
    level,
    message: data,
    title: properties['title'] ?? null,
    file: properties['file'] ?? null,
    line: Number.isNaN(line) ? null : line,
  };
}

/** `::name key=value,key=value::data`, or the older `##[name key=value;key=value]data`. `null`: no command. */
function parseCommand(line: string): Command | null {
  const found = /^\s*::(?<name>[^\s:]+)(?: (?<properties>.*?))?::(?<data>.*)$/s.exec(line);
  if (found?.groups !== undefined) return commandOf(found.groups, ',');
  const older = /^\s*##\[(?<name>[^\s\]]+)(?: (?<properties>[^\]]*))?\](?<data>.*)$/s.exec(line);
  return older?.groups === undefined ? null : commandOf(older.groups, ';');
}

function commandOf(groups: Readonly<Record<string, string | undefined>>, separator: string): Command {
  const pairs = (groups['properties'] ?? '').split(separator).flatMap((part) => {
    const equals = part.indexOf('=');
    return equals === -1 ? [] : [[part.slice(0, equals).trim(), unescapeProperty(part.slice(equals + 1))] as const];
  });
  return { name: (groups['name'] ?? '').toLowerCase(), properties: Object.fromEntries(pairs), data: unescapeData(groups['data'] ?? '') };
}

function unescapeData(text: string): string {
  return text.replaceAll('%0D', '\r').replaceAll('%0A', '\n').replaceAll('%25', '%');
}

function unescapeProperty(text: string): string {
  return unescapeData(text.replaceAll('%3A', ':').replaceAll('%2C', ','));
}
