/** Runs one step of the committed bundle as a process, the way GitHub's runner does: variables, event file, command files, main and post. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

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
}

export interface StepOptions {
  readonly folder: string;
  readonly workspace: string;
  readonly inputs: Readonly<Record<string, string>>;
  /** GITHUB_* variables. */
  readonly variables: Readonly<Record<string, string>>;
  readonly event: unknown;
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
  const file = (name: string, content = ''): string => {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  };
  const files = {
    GITHUB_OUTPUT: file('output'),
    GITHUB_STATE: file('state'),
    GITHUB_STEP_SUMMARY: file('summary.md'),
    GITHUB_ENV: file('env'),
    GITHUB_PATH: file('path'),
    GITHUB_EVENT_PATH: file('event.json', JSON.stringify(options.event)),
  };
  const inputs = Object.entries({ ...RUNNER_DEFAULTS, ...options.inputs }).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value]);
  const state = Object.entries(options.state ?? {}).map(([name, value]) => [`STATE_${name}`, value]);
  const before = options.countRequests();
  const child = spawn(process.execPath, [bundle], {
    cwd: options.workspace,
    env: {
      PATH: process.env['PATH'],
      HOME: folder,
      RUNNER_TEMP: folder,
      CI: 'true',
      GITHUB_ACTIONS: 'true',
      ...options.variables,
      ...files,
      ...Object.fromEntries([...inputs, ...state]),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const { exitCode, log } = await ended(child, options.onOutput);
  const read = (name: string): string => readFileSync(join(folder, name), 'utf8');
  return {
    exitCode,
    log,
    outputs: commandFile(read('output')),
    state: commandFile(read('state')),
    summary: read('summary.md'),
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

/** Reads `name<<delimiter … delimiter` blocks and `name=value` lines, as the runner does. */
function commandFile(text: string): Record<string, string> {
  const values: Record<string, string> = {};
  const lines = text.split('\n');
  for (let at = 0; at < lines.length; at += 1) {
    const block = /^([^=<]+)<<(.+)$/.exec(lines[at] ?? '');
    if (block === null) {
      const pair = /^([^=]+)=(.*)$/.exec(lines[at] ?? '');
      if (pair !== null) values[pair[1] as string] = pair[2] as string;
      continue;
    }
    const end = lines.indexOf(block[2] as string, at + 1);
    values[block[1] as string] = lines.slice(at + 1, end).join('\n');
    at = end;
  }
  return values;
}
