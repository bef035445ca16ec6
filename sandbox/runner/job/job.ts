/** One job while it runs: what its steps share, and what expressions see of it. */
import { randomUUID } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, delimiter, join } from 'node:path';
import type { Contexts, Json, Scope, StatusFunctions } from '../expressions.ts';
import type { Annotation, JobPorts, JobRequest, StepConclusion } from './contract.ts';
import { hashFiles } from './file-search.ts';
import { createMasker, type Masker } from './masker.ts';
import { TRACKING_VARIABLE } from './orphans.ts';
import type { Patience } from './process.ts';

export interface Timing {
  readonly patience: Patience;
  /** Machine milliseconds in a minute of `timeout-minutes`. */
  readonly minute: number;
  /** Machine milliseconds after a cancellation until everything is ended. GitHub: five minutes. */
  readonly grace: number;
}

export interface StepContext {
  outputs: Record<string, string>;
  outcome: StepConclusion;
  conclusion: StepConclusion;
}

/** Where steps stand: in the job, or in a composite action that a step uses. */
export interface Frame {
  /** By id: what `steps` shows. */
  readonly steps: Record<string, StepContext>;
  readonly inputs: Json;
  /** Variables of the steps around, which the job's own do not hold. */
  readonly overlay: Readonly<Record<string, string>>;
  /** `null` in the job itself. */
  readonly action: { readonly folder: string; readonly repository: string | null; readonly ref: string | null } | null;
  /** Whether one of its steps failed. */
  failed: boolean;
  /** Aborted when what is around is to stop. */
  readonly stopping: AbortSignal | null;
}

export interface Folders {
  readonly workspace: string;
  readonly temp: string;
  readonly toolCache: string;
  readonly home: string;
  readonly actions: string;
}

/** Node.js fires a longer one at once. */
export const LONGEST_TIMER = 2 ** 31 - 1;

const ANNOTATIONS_OF_A_STEP = 10;

/** A running step, as far as a cancellation concerns it. */
export interface Cancellable {
  /** Whether its `if` still holds now that the job is cancelled. */
  goesOn(): boolean;
  stop(): void;
}

export class Job {
  readonly request: JobRequest;
  readonly ports: JobPorts;
  readonly timing: Timing;
  readonly folders: Folders;
  readonly masker: Masker;
  readonly trackingId = `github_${randomUUID()}`;
  /** `env` of workflow and job, and what steps wrote to GITHUB_ENV. */
  readonly env: Record<string, string> = {};
  /** What steps wrote to GITHUB_PATH, the latest first. */
  path: readonly string[] = [];
  status: 'success' | 'failure' | 'cancelled' = 'success';
  readonly summaries: string[] = [];
  readonly running = new Set<Cancellable>();
  /** Aborts when the time after a cancellation is over: whatever still runs is ended, and no step begins. */
  readonly ending = new AbortController();
  readonly #annotations = new Map<string, number>();
  readonly #eventFile: string;
  #endTimer: NodeJS.Timeout | undefined;

  constructor(request: JobRequest, ports: JobPorts, timing: Timing) {
    this.request = request;
    this.ports = ports;
    this.timing = timing;
    const name = basename(request.callerSource.repository);
    const folder = (...parts: string[]): string => {
      const path = join(request.folder, ...parts);
      mkdirSync(path, { recursive: true });
      return path;
    };
    this.folders = {
      workspace: folder('work', name, name),
      temp: folder('temp'),
      toolCache: folder('tools'),
      home: folder('home'),
      actions: folder('actions'),
    };
    this.masker = createMasker(request.secrets);
    this.#eventFile = join(folder('temp', '_github_workflow'), 'event.json');
    writeFileSync(this.#eventFile, JSON.stringify(request.event));
  }

  /** Prints to the log, masked, line by line. */
  log(text: string, step: number | null): void {
    for (const line of this.masker.mask(text).split('\n')) this.ports.log(line, step);
  }

  /** Ten of each level are kept of a step: https://docs.github.com/en/rest/checks/runs */
  annotate(annotation: Annotation, step: number | null): void {
    const key = `${step} ${annotation.level}`;
    const count = (this.#annotations.get(key) ?? 0) + 1;
    this.#annotations.set(key, count);
    if (count > ANNOTATIONS_OF_A_STEP) return;
    const { message, title } = annotation;
    this.ports.annotation({ ...annotation, message: this.masker.mask(message), title: title === null ? null : this.masker.mask(title) });
  }

  /** A message with its annotation, as `##[error]` and `##[warning]` of the runner itself. */
  tell(level: 'error' | 'warning', message: string, step: number | null): void {
    this.log(`##[${level}]${message}`, step);
    this.annotate({ level, message, title: null, file: null, line: null }, step);
  }

  /** Cancels: steps whose `if` does not hold any more are stopped; `always()` and `cancelled()` ones go on. */
  cancel(): void {
    if (this.status === 'cancelled') return;
    this.status = 'cancelled';
    this.#endTimer = setTimeout(() => this.ending.abort(), this.timing.grace);
    for (const step of this.running) if (!step.goesOn()) step.stop();
  }

  close(): void {
    clearTimeout(this.#endTimer);
  }

  /** What expressions in `frame` may read. `env` holds the variables of the step they stand in. */
  contexts(frame: Frame, env: Readonly<Record<string, string>>, github: Readonly<Record<string, Json>>): Contexts {
    const given = this.request.contexts;
    return {
      ...{ vars: {}, needs: {}, strategy: {}, matrix: null, secrets: {} },
      ...given,
      github: { ...(given['github'] as Contexts | undefined), ...this.#githubContext(frame), ...github },
      inputs: frame.inputs,
      env,
      steps: frame.steps as unknown as Json,
      job: { ...(given['job'] as Contexts | undefined), status: this.status },
      runner: this.runnerContext(),
    };
  }

  scope(frame: Frame, env: Readonly<Record<string, string>>, github: Readonly<Record<string, Json>> = {}): Scope {
    return { contexts: this.contexts(frame, env, github), functions: { hashFiles: this.#hashFiles } };
  }

  /** As `scope`, for `if`: with `success()` and its kind, which in a composite action speak of its own steps. */
  conditionScope(frame: Frame, env: Readonly<Record<string, string>>, github: Readonly<Record<string, Json>> = {}): Scope {
    const cancelled = (): boolean => this.status === 'cancelled';
    const failed = (): boolean => (frame.action === null ? this.status === 'failure' : frame.failed);
    const functions: StatusFunctions = {
      success: () => !cancelled() && !failed(),
      failure: () => !cancelled() && failed(),
      cancelled,
      hashFiles: this.#hashFiles,
    };
    return { contexts: this.contexts(frame, env, github), functions };
  }

  readonly #hashFiles = (...patterns: string[]): string => hashFiles(patterns, this.folders.workspace, this.folders.home);

  runnerContext(): Readonly<Record<string, string>> {
    return {
      os: process.platform === 'darwin' ? 'macOS' : 'Linux',
      arch: process.arch === 'arm64' ? 'ARM64' : 'X64',
      name: 'sandbox',
      environment: 'github-hosted',
      tool_cache: this.folders.toolCache,
      temp: this.folders.temp,
      workspace: join(this.folders.workspace, '..'),
      debug: '',
    };
  }

  #githubContext(frame: Frame): Readonly<Record<string, Json>> {
    return {
      workspace: this.folders.workspace,
      event_path: this.#eventFile,
      action_path: frame.action?.folder ?? '',
      action_repository: frame.action?.repository ?? '',
      action_ref: frame.action?.ref ?? '',
      ...(frame.action === null ? {} : { action_status: frame.failed ? 'failure' : 'success' }),
    };
  }

  /**
   * The whole environment of a step's process: nothing of the host's but PATH, then the machine's, the step's `env`, and what the
   * runner sets, which no `env` changes.
   */
  processEnvironment(env: Readonly<Record<string, string>>, own: Readonly<Record<string, string>>): Record<string, string> {
    const { machine, variables, key } = this.request;
    const runner = this.runnerContext();
    const whole: Record<string, string> = {
      PATH: process.env['PATH'] ?? '',
      LANG: 'C.UTF-8',
      CI: 'true',
      ...machine,
      HOME: this.folders.home,
      ...env,
      GITHUB_JOB: key,
      ...variables,
      GITHUB_ACTIONS: 'true',
      GITHUB_WORKSPACE: this.folders.workspace,
      GITHUB_EVENT_PATH: this.#eventFile,
      RUNNER_OS: runner['os'] ?? '',
      RUNNER_ARCH: runner['arch'] ?? '',
      RUNNER_NAME: runner['name'] ?? '',
      RUNNER_ENVIRONMENT: runner['environment'] ?? '',
      RUNNER_TEMP: this.folders.temp,
      RUNNER_TOOL_CACHE: this.folders.toolCache,
      RUNNER_WORKSPACE: runner['workspace'] ?? '',
      [TRACKING_VARIABLE]: env[TRACKING_VARIABLE] ?? this.trackingId,
      ...own,
    };
    return { ...whole, PATH: [...this.path, whole['PATH']].join(delimiter) };
  }
}
