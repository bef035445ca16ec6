/**
 * Which command runs a `run:` script.
 * https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#defaultsrunshell
 */

export interface ShellCommand {
  readonly command: string;
  readonly args: readonly string[];
  /** With its dot. */
  readonly extension: string;
}

/** Keywords of GitHub that the sandbox's machine runs. `{0}` is the script's file. */
const KEYWORDS: Readonly<Record<string, { readonly template: string; readonly extension: string }>> = {
  bash: { template: 'bash --noprofile --norc -e -o pipefail {0}', extension: '.sh' },
  sh: { template: 'sh -e {0}', extension: '.sh' },
  python: { template: 'python3 {0}', extension: '.py' },
};

/** What runs a script whose step names no shell. */
const UNSPECIFIED = { template: 'bash -e {0}', extension: '.sh' };

/** Whether the sandbox has the shell; otherwise why not. */
export function shellProblem(shell: string | null): string | null {
  if (shell === null || shell in KEYWORDS || shell.includes('{0}')) return null;
  return `The sandbox does not run the shell "${shell}". It runs bash, sh, python, and templates with {0} for the script's file.`;
}

/** @throws Error when the sandbox does not have that shell */
export function shellCommand(shell: string | null, script: string): ShellCommand {
  const problem = shellProblem(shell);
  if (problem !== null) throw new Error(problem);
  const { template, extension } = shell === null ? UNSPECIFIED : (KEYWORDS[shell] ?? { template: shell, extension: '' });
  const [command = '', ...args] = template.split(' ').filter((part) => part !== '');
  const file = `${script}${extension}`;
  return { command, args: args.map((part) => part.replaceAll('{0}', file).replace(/^(['"])(.*)\1$/, '$2')), extension };
}
