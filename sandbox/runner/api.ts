/** What tests, the demo and the page see of the runner. */
import type { Sandbox } from '../github/index.ts';
import type { Json } from './expressions.ts';
import type { ExecuteJob } from './job/contract.ts';

export interface RunnerOptions {
  readonly sandbox: Sandbox;
  /** Where jobs have their folders. */
  readonly folder: string;
  /** Working copies of other repositories by `owner/name`, whatever ref is asked for: the project itself as `org/promote-action`. */
  readonly repositories: Readonly<Record<string, string>>;
  /** Secrets and variables of the repository. */
  readonly secrets?: Readonly<Record<string, string>>;
  readonly variables?: Readonly<Record<string, string>>;
  /** Secrets of environments: by environment, then by name. They reach only workflows of the repository itself. */
  readonly environmentSecrets?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Variables of environments, as `environmentSecrets`. */
  readonly environmentVariables?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** What runs one job. Default: the sandbox's own machine. */
  readonly executeJob?: ExecuteJob;
  /** Variables added to every job's process environment: where the machine keeps its tools. */
  readonly machine?: Readonly<Record<string, string>>;
  /** Jobs that run at the same time. Default 2. */
  readonly parallelJobs?: number;
  /** What the repository grants GITHUB_TOKEN when a workflow says nothing. Default `read`. */
  readonly defaultPermissions?: 'read' | 'write';
}

export type RunnerEvent =
  | { readonly kind: 'run'; readonly runId: number }
  | { readonly kind: 'job'; readonly runId: number; readonly jobId: number }
  | { readonly kind: 'log'; readonly runId: number; readonly jobId: number; readonly line: string };

/** Runs the workflow files of the sandbox's repository. Runs, jobs, steps, logs and artifacts stand in the sandbox's state. */
export interface Runner {
  /** A branch or tag of the sandbox's repository was pushed by `actor`: starts what its workflow files ask for. Gives the runs' ids. */
  push(ref: string, options?: { actor?: string; before?: string }): Promise<readonly number[]>;
  /** Any other event; its workflow files are those of the default branch, as on GitHub. */
  trigger(event: string, payload: Json, options?: { actor?: string; ref?: string; sha?: string }): Promise<readonly number[]>;
  /** @throws when the workflow has no `workflow_dispatch` or an input is wrong */
  dispatch(workflow: string, options: { ref: string; actor?: string; inputs?: Readonly<Record<string, string>> }): Promise<number>;
  /** As *Review deployments* on GitHub's page. `listed: false`: the API does not tell. @throws when the user may not */
  review(
    runId: number,
    review: { user: string; environments: readonly string[]; state: 'approved' | 'rejected'; comment?: string; listed?: boolean },
  ): Promise<void>;
  /** As *Start all waiting jobs* of an administrator. @throws when the user may not */
  bypass(runId: number, review: { user: string; environments: readonly string[]; comment?: string; listed?: boolean }): Promise<void>;
  cancel(runId: number, options?: { user?: string }): Promise<void>;
  /** All jobs, those that did not succeed, or one; and what depends on them. @throws as GitHub refuses */
  rerun(runId: number, options?: { user?: string; failedOnly?: boolean; jobId?: number }): Promise<void>;
  /** Moves the sandbox's clock, stopping at everything that falls due in between: schedules, wait timers, expired gates and runs. */
  advance(milliseconds: number): Promise<void>;
  /** When nothing runs any more: every run is over, or waits for a person or for time. */
  settled(): Promise<void>;
  onEvent(listener: (event: RunnerEvent) => void): void;
  /** The whole log of a job, masked. */
  log(jobId: number): string;
  /** Stops everything that runs. */
  close(): Promise<void>;
}
