/** The seam between the half that decides what runs (GitHub's server) and the half that runs one job (GitHub's runner). */
import type { Contexts, Json } from '../expressions.ts';
import type { MappingToken } from '../github-parser.ts';

/** One repository as a job sees it. */
export interface CheckoutSource {
  /** `owner/name`. */
  readonly repository: string;
  /** Folder with a Git repository, or with plain files when `sha` is `null`: the project's own working copy. */
  readonly folder: string;
  readonly sha: string | null;
}

/** Reason of a cancellation that gives nobody time: processes are ended, and no further step runs. */
export const AT_ONCE = 'at once';

/** What the server half offers while a job runs. */
export interface JobPorts {
  /** Where an action of another repository is taken from, by `owner/name` and ref. `null`: there is none. */
  repository(name: string, ref: string): CheckoutSource | null;
  /** One line of the job's log, secrets masked already. */
  log(line: string, step: number | null): void;
  /** A step began or ended. */
  stepChanged(step: StepState): void;
  annotation(annotation: Annotation): void;
  readonly artifacts: ArtifactStore;
  /**
   * Aborts when the run is cancelled: the running step is asked to stop (SIGINT, then SIGTERM, then SIGKILL), `always()` and
   * `cancelled()` steps still run. With `AT_ONCE` as its reason, everything just ends.
   */
  readonly cancellation: AbortSignal;
}

export interface JobRequest {
  readonly id: number;
  readonly runId: number;
  readonly attempt: number;
  /** As in `needs`. */
  readonly key: string;
  readonly name: string;
  /** `jobs.<id>` as it stands in the file, checked against GitHub's schema. */
  readonly definition: MappingToken;
  /** The workflow file: `$/` is resolved in its repository. */
  readonly workflowSource: CheckoutSource;
  /** What triggered the run: what `actions/checkout` and `./` take by default. */
  readonly callerSource: CheckoutSource;
  /** Everything but `steps`, `job.status`, `runner` and the job's own `env`, which the job makes itself. `env` holds the workflow's. */
  readonly contexts: Contexts;
  /** The event's payload, for GITHUB_EVENT_PATH. */
  readonly event: Json;
  /** GITHUB_* variables that do not depend on the machine. */
  readonly variables: Readonly<Record<string, string>>;
  /** What the machine adds to every process environment: where it keeps its tools. A `PATH` here takes the place of the host's. */
  readonly machine: Readonly<Record<string, string>>;
  /** What `github.token` may do, after all narrowing, by the names of `permissions:` (`contents`, `id-token`, …). */
  readonly permissions: Readonly<Record<string, 'read' | 'write' | 'none'>>;
  /** Values to be masked; `github.token` is among them. */
  readonly secrets: readonly string[];
  /** `run:` defaults of the workflow: shell and working directory. */
  readonly defaults: { readonly shell: string | null; readonly workingDirectory: string | null };
  /** An empty folder of its own: workspace, temporary files, command files. */
  readonly folder: string;
}

export type StepConclusion = 'success' | 'failure' | 'cancelled' | 'skipped';

export interface StepState {
  /** From 1, as in GitHub's list of a job's steps (`Set up job` is the first). */
  readonly number: number;
  readonly name: string;
  readonly status: 'queued' | 'in_progress' | 'completed';
  readonly conclusion: StepConclusion | null;
  /** Machine time, epoch milliseconds. */
  readonly startedAt: number | null;
  readonly completedAt: number | null;
}

export interface Annotation {
  readonly level: 'notice' | 'warning' | 'error';
  readonly message: string;
  readonly title: string | null;
  readonly file: string | null;
  readonly line: number | null;
}

export interface JobResult {
  readonly conclusion: 'success' | 'failure' | 'cancelled';
  /** Outputs of the job; those that hold a secret are left out, and said so in the log. */
  readonly outputs: Readonly<Record<string, string>>;
  /** Evaluated after the steps; `null` without one. */
  readonly environmentUrl: string | null;
  /** Markdown of the steps' summaries, in their order. */
  readonly summary: string;
}

export type ExecuteJob = (request: JobRequest, ports: JobPorts) => Promise<JobResult>;

export interface NewArtifact {
  readonly runId: number;
  readonly attempt: number;
  readonly name: string;
  readonly content: Buffer;
  /** As in `StoredArtifact`. */
  readonly type: string | null;
  readonly retentionDays: number;
}

export interface StoredArtifact {
  readonly id: number;
  readonly name: string;
  readonly runId: number;
  /** Media type of a file that was uploaded as it was; `null`: a zip. */
  readonly type: string | null;
  /** Bytes. */
  readonly size: number;
  /** `sha256:…` of them. */
  readonly digest: string;
  readonly expired: boolean;
}

/** Artifacts of the repository: files on disk, known to the API. */
export interface ArtifactStore {
  /** @throws when this attempt of the run has an artifact of that name already; another attempt may have one */
  upload(artifact: NewArtifact): StoredArtifact;
  /** Those of every attempt, in the order of their ids. */
  list(runId: number): readonly StoredArtifact[];
  find(id: number): StoredArtifact | null;
  /** @throws when it is expired or gone */
  download(id: number): Buffer;
  remove(id: number): void;
  /** Keeps an attestation. @param digest `sha256:…` of what it is about */
  attest(digest: string, bundle: Readonly<Record<string, unknown>>): void;
}
