/** What the probe needs from outside; tests give a sandbox. */
export interface ProbePorts {
  /** Asks the REST API as the maintainer, or as the approver. Never fails for what GitHub answers. */
  readonly ask: (method: string, path: string, body?: unknown, as?: 'maintainer' | 'approver') => Promise<Answer>;
  /** Puts files, and nothing else, on the branch of the repository, as `owner/name`, whatever it held. Gives the commit. */
  readonly push: (repository: string, branch: string, files: Readonly<Record<string, string>>) => Promise<string>;
  readonly removeBranch: (repository: string, branch: string) => Promise<void>;
  /** Gives an environment of the repository a secret. */
  readonly setSecret: (repository: string, environment: string, name: string, value: string) => Promise<void>;
  readonly sleep: (milliseconds: number) => Promise<void>;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Whether somebody asked it to stop. */
  readonly isStopped: () => boolean;
  readonly log: (line: string) => void;
}

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** The probe cannot go on; the message is for people. */
export class ProbeError extends Error {}

/** The list at a key of an answer, or the answer itself. */
export function listIn(answer: Answer, key?: string): readonly Readonly<Record<string, unknown>>[] {
  const value = key === undefined ? answer.body : (answer.body as Record<string, unknown> | null)?.[key];
  return Array.isArray(value) ? value : [];
}

/** A text at a key; empty where there is none. */
export function textOf(object: unknown, key: string): string {
  const value = (object as Record<string, unknown> | null)?.[key];
  return typeof value === 'string' ? value : '';
}

/** A number at a key; 0 where there is none. */
export function numberOf(object: unknown, key: string): number {
  const value = (object as Record<string, unknown> | null)?.[key];
  return typeof value === 'number' ? value : 0;
}
