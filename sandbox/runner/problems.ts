/** What is wrong with a workflow, and what the sandbox cannot do with one that is right. */
import type { TemplateToken } from './github-parser.ts';

/** GitHub would refuse it, too: the run cannot start. */
export class WorkflowProblem extends Error {}

/** GitHub would run it; the sandbox cannot. */
export class NotSupported extends Error {}

/** Place of a token in its file, as compilers write it: `.github/workflows/ci.yml:12:7`. */
export function placeOf(path: string, token: TemplateToken | undefined): string {
  return token?.line === undefined ? path : `${path}:${token.line}:${token.col}`;
}

export function problemAt(path: string, token: TemplateToken | undefined, message: string): WorkflowProblem {
  return new WorkflowProblem(`${placeOf(path, token)}: ${message}`);
}

export function notSupported(path: string, token: TemplateToken | undefined, what: string): NotSupported {
  return new NotSupported(`${placeOf(path, token)}: ${what} is not supported by the sandbox.`);
}
