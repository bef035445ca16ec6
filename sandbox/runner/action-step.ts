/** Runs one step of the committed bundle as a process, the way GitHub's runner does: variables, event file, command files, main and post. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createCommandFiles } from './job/command-files.ts';
import { phaseVariables } from './job/phase-variables.ts';

const bundle = join(import.meta.dirname, '../../dist/index.js');

export interface StepResult {
  /** `null` when a signal ended the process. */
  readonly exitCode: number | null;
  readonly outputs: Readonly<Record<string, string>>;
  readonly summary: string;
  /** Everything the step printed, workflow commands included. */
  readonly log: string;
  readonly state: Readonly<Record<string, string>>;
  /** HTTP requests that the step made. */
  readonly requests: number;
  /** From the process's start to its end. */
  readonly milliseconds: number;
}

export interface StepOptions {
  readonly folder: string;
  readonly workspace: string;
  readonly inputs: Readonly<Record<string, string>>;
  /** GITHUB_* variables. */
  readonly variables: Readonly<Record<string, string>>;
  /** What the event file holds: a value to be written as JSON, or the very text where that is what a scenario is about. */
  readonly event: unknown;
  readonly eventText?: string | undefined;
  /** What an earlier phase saved. */
  readonly state?: Readonly<Record<string, string>>;
  readonly countRequests: () => number;
  /** Called as output arrives, with everything printed so far. */
  readonly onOutput?: (log: string, child: ChildProcess) => void;
}

/** Values that the runner gives an input its workflow leaves out. */
const RUNNER_DEFAULTS: Readonly<Record<string, string>> = {
  command: 'plan',
  pipeline: '.github/promote.yml',
  'when-blocked': 'fail',
  rollback: 'false',
};

let steps = 0;

/** Runs main, or post when `state` says that main ran. */
export async function runStep(options: StepOptions): Promise<StepResult> {
  steps += 1;
  const folder = join(options.folder, `step-${steps}`);
  mkdirSync(folder, { recursive: true });
  const eventFile = join(folder, 'event.json');
  writeFileSync(eventFile, options.eventText ?? JSON.stringify(options.event));
  const files = createCommandFiles(folder);
  const before = options.countRequests();
  const started = performance.now();
  const child = spawn(process.execPath, [bundle], {
    cwd: options.workspace,
    env: {
      PATH: process.env['PATH'],
      HOME: folder,
      RUNNER_TEMP: folder,
      CI: 'true',
      GITHUB_ACTIONS: 'true',
      ...options.variables,
      ...files.paths,
      GITHUB_EVENT_PATH: eventFile,
      ...phaseVariables({ ...RUNNER_DEFAULTS, ...options.inputs }, options.state ?? {}),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const { exitCode, log } = await ended(child, options.onOutput);
  return {
    milliseconds: performance.now() - started,
    exitCode,
    log,
    outputs: files.pairs('GITHUB_OUTPUT'),
    state: files.pairs('GITHUB_STATE'),
    summary: files.read('GITHUB_STEP_SUMMARY'),
    requests: options.countRequests() - before,
  };
}

function ended(child: ChildProcess, onOutput: StepOptions['onOutput']): Promise<{ exitCode: number | null; log: string }> {
  let log = '';
  const collect = (data: Buffer): void => {
    log += data.toString('utf8');
    onOutput?.(log, child);
  };
  child.stdout?.on('data', collect);
  child.stderr?.on('data', collect);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (exitCode) => resolve({ exitCode, log }));
  });
}
