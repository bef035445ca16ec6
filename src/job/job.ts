import type { GitHubClient } from '../github/client.ts';
import type { Outputs } from './outputs.ts';

export const COMMANDS = ['plan', 'deploy', 'accept', 'rehearse', 'resume', 'find-artifact', 'veto'] as const;
export type CommandName = (typeof COMMANDS)[number];

export const JOB_STATUSES = ['success', 'failure', 'cancelled'] as const;
export type JobStatus = (typeof JOB_STATUSES)[number];

/** What the action was asked to do, after every input has been checked (`action-io.ts` says what each means). Times in milliseconds. */
export interface ActionInput {
  readonly command: CommandName;
  /** `null` where the command does not need one. */
  readonly environment: string | null;
  readonly token: string;
  readonly reviewersToken: string | null;
  readonly pipelinePath: string;
  readonly artifactDigest: string | null;
  readonly artifactName: string | null;
  readonly artifactId: number | null;
  readonly artifactRunId: number | null;
  /** The artifact's zip, or the folder in which it is the only file. */
  readonly artifactFile: string | null;
  /** Blob id of the pipeline file that the run was planned with. */
  readonly policyHash: string | null;
  readonly ref: string | null;
  readonly sha: string | null;
  readonly version: string | null;
  readonly rollback: boolean;
  readonly migrations: string | null;
  readonly whenBlocked: 'fail' | 'continue';
  readonly url: string | null;
  readonly queueTimeout: number;
  readonly requestTimeout: number;
  readonly retryWait: number;
  readonly jobStatus: JobStatus;
  /** As given; only the post phase of `deploy` reads it. */
  readonly migrationSeconds: string | null;
}

/** What the runner says about the run. */
export interface RunEnvironment {
  readonly owner: string;
  readonly repo: string;
  readonly apiUrl: string;
  readonly graphqlUrl: string;
  readonly serverUrl: string;
  readonly runId: number;
  readonly runAttempt: number;
  readonly eventName: string;
  /** The event as delivered; not yet validated. */
  readonly payload: unknown;
  readonly sha: string;
  readonly ref: string;
  readonly actor: string;
  /** Who started this attempt; differs from `actor` in a re-run. */
  readonly triggeringActor: string;
  /** Name of the runner; `null` when it does not say one that could be recorded. */
  readonly runner: string | null;
  /** The checkout. */
  readonly workspace: string;
  /** `owner/repo/.github/workflows/file.yml@ref` of the workflow that the event started; empty where the runner does not say. */
  readonly workflowRef: string;
  /** Where the runner gives the job its identity, and what with; empty without `id-token: write`. */
  readonly identity: { readonly requestUrl: string; readonly requestToken: string };
}

/** What a command needs of the runner: `@actions/core` in the action, plain recorders in tests. */
export interface Toolkit {
  info(line: string): void;
  /** An annotation. Title and message are plain text. */
  annotate(level: 'notice' | 'warning' | 'error', title: string, message: string): void;
  /** A folded part of the log. */
  group<T>(title: string, body: () => Promise<T>): Promise<T>;
  setOutputs(outputs: Outputs): void;
  /** Appends to the job summary. */
  summarize(markdown: string): Promise<void>;
  /** The value must appear in no log from now on. */
  mask(value: string): void;
  /** Kept for the post phase of the same step. */
  saveState(value: PostState): void;
  /** The step ends as failed; the last thing a command does. */
  fail(): void;
}

/** What `deploy` leaves for its post phase; saved anew at each turn, so that a lost machine leaves the latest. */
export interface PostState {
  readonly record: number;
  readonly environment: string;
  /** `waiting`: nothing was touched yet · `running`: the promotion is under way and its own part has not come through · `started`: it
   * has, and the job's other steps decide · `closed`: the record has its final status. */
  readonly phase: 'waiting' | 'running' | 'started' | 'closed';
  /** A verification that runs after the job's own steps, because the deploy is theirs. */
  readonly verify: string | null;
  readonly environmentUrl: string | null;
  /** How long the pipeline file's own migration took; absent: it has not run. */
  readonly migrationSeconds?: number | undefined;
  /** `PROMOTE_*` for the verification. */
  readonly variables: Readonly<Record<string, string>>;
}

/** All that a command works with. */
export interface Job {
  readonly input: ActionInput;
  readonly run: RunEnvironment;
  readonly client: GitHubClient;
  /** With the token that may see teams; `null`: none was given. */
  readonly reviewersClient: GitHubClient | null;
  readonly toolkit: Toolkit;
  /** The text of a file in the checkout; `null` when there is none. */
  readonly readCheckout: (path: string) => string | null;
  /** The secret `PROMOTE_ENV` as the step was given it; empty without one. */
  readonly environmentSecrets: string;
  /** The secret `PROMOTE_ENV_OF_CALLER`; empty without one. */
  readonly callersSecrets: string;
  readonly sleep: (milliseconds: number) => Promise<void>;
}
