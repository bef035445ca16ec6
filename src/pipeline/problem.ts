/** One mistake in a pipeline file: where it is, what is wrong with it, and what to write instead. Line and column count from 1. */
export interface Problem {
  readonly line: number;
  readonly column: number;
  readonly message: string;
  readonly fix: string;
}

/** A pipeline file that cannot be used. Its message lists every problem as `path:line:column: message Fix: fix`. */
export class PipelineFileError extends Error {
  override readonly name = 'PipelineFileError';
  /** In the order of the file; never empty. */
  readonly problems: readonly Problem[];
  /** Path of the file as it was named to the loader. */
  readonly path: string;

  constructor(path: string, problems: readonly Problem[]) {
    super(describeProblems(path, problems));
    this.problems = problems;
    this.path = path;
  }
}

/** All mistakes of a file under a heading, a line each. */
export function describeProblems(path: string, problems: readonly Problem[]): string {
  const heading = problems.length === 1 ? `${path} has a mistake:` : `${path} has ${problems.length} mistakes:`;
  return [heading, ...problems.map((problem) => `  ${describeProblem(path, problem)}`)].join('\n');
}

/** One line that editors and terminals turn into a link to the place. */
export function describeProblem(path: string, problem: Problem): string {
  return `${path}:${problem.line}:${problem.column}: ${problem.message} Fix: ${problem.fix}`;
}

const LONGEST_QUOTE = 80;
/** A text, not an expression: V8 looks its classes up in the character database whenever it comes past one, and hardly any text needs it. */
const UNPRINTABLE = '[\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}]';

/** Text from the file as it may stand in a message: quoted, on one line, without control characters, shortened. */
export function quote(text: string): string {
  const shown = text.length > LONGEST_QUOTE ? `${text.slice(0, LONGEST_QUOTE)}…` : text;
  return `"${/^[ -~]*$/.test(shown) ? shown : shown.replaceAll(new RegExp(UNPRINTABLE, 'gu'), '�')}"`;
}
