import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { secondsSince } from '../rehearsal/elapsed.ts';

/** How a command of the pipeline file ended. */
export type CommandResult =
  | { readonly ended: 'success'; readonly seconds: number }
  | { readonly ended: 'failure'; readonly exitCode: number; readonly seconds: number }
  | { readonly ended: 'cancelled'; readonly signal: NodeJS.Signals; readonly seconds: number }
  /** It took longer than it may, or was killed on purpose. */
  | { readonly ended: 'timeout' | 'killed'; readonly seconds: number };

export interface CommandOptions {
  /** The shell text, as in a workflow's `run:`. */
  readonly run: string;
  readonly cwd: string;
  /** Added to the job's own variables. */
  readonly variables: Readonly<Record<string, string>>;
  /** Called at once when the job is cancelled, while the command is being stopped. */
  readonly onCancel: (signal: NodeJS.Signals) => Promise<void>;
  /** Milliseconds between asking the command's processes to stop and ending them. */
  readonly grace?: number;
  /** Milliseconds after which it is stopped. */
  readonly timeout?: number;
  /** Once aborted, the command is ended without being asked. */
  readonly kill?: AbortSignal;
  /**
   * Where it notes its process group while it runs, in a folder "command-*", for whoever outlives this process. What the command leaves
   * running in its group is ended with it then. Default: somewhere else, and what it leaves goes on, as after a step of a workflow.
   */
  readonly folder?: string;
}

/** In a few words: `failed with exit code 1`. */
export function howItEnded(result: CommandResult): string {
  if (result.ended === 'success') return 'succeeded';
  if (result.ended === 'failure') return `failed with exit code ${result.exitCode}`;
  if (result.ended === 'cancelled') return `cancelled (${result.signal})`;
  return result.ended === 'timeout' ? `stopped after ${result.seconds} s` : 'killed';
}

/**
 * The runner sends SIGINT on cancel, SIGTERM 7.5 s later, and ends the process 2.5 s after that
 * (https://docs.github.com/en/actions/reference/workflow-cancellation-reference): the grace must fit in.
 */
const GRACE = 4000;

/**
 * Job control gives the command a process group of its own, so that all it started can be signalled together; its id goes into a file
 * for whoever outlives this process. The inner shell has the flags of a workflow's `shell: bash`.
 */
const START = 'set -m; bash --noprofile --norc -eo pipefail -c "$1" <&0 & echo $! > "$2"; set +m; wait $! 2> /dev/null';
const THEN_END_ALL = 'ended=$?; kill -s KILL -- "-$!" 2> /dev/null; exit $ended';

/**
 * Runs a command of the pipeline file in bash, its output going where this process's goes. On SIGINT or SIGTERM its whole process group
 * is stopped.
 * Never throws for a failing command; throws when bash cannot be started.
 */
export async function runCommand(options: CommandOptions): Promise<CommandResult> {
  const folder = mkdtempSync(options.folder === undefined ? join(tmpdir(), 'promote-') : join(options.folder, 'command-'));
  const groupFile = join(folder, 'group');
  const started = performance.now();
  let stopping: Promise<NodeJS.Signals> | null = null;
  let cutShort: 'timeout' | 'killed' | null = null;
  const onSignal = (signal: NodeJS.Signals): void => {
    stopping ??= stop(signal, groupFile, options);
  };
  const cut = (why: 'timeout' | 'killed'): void => {
    if (stopping !== null || cutShort !== null) return;
    cutShort = why;
    void stop('SIGTERM', groupFile, { ...options, grace: why === 'killed' ? 0 : options.grace, onCancel: async () => undefined });
  };
  const onKill = (): void => cut('killed');
  const timer = options.timeout === undefined ? undefined : setTimeout(() => cut('timeout'), options.timeout);
  options.kill?.addEventListener('abort', onKill);
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  try {
    const wrapper = options.folder === undefined ? START : `${START}; ${THEN_END_ALL}`;
    const exitCode = await bash(['-c', wrapper, 'promote', options.run, groupFile], options);
    const seconds = secondsSince(started);
    if (stopping !== null) return { ended: 'cancelled', signal: await stopping, seconds };
    if (cutShort !== null) return { ended: cutShort, seconds };
    return exitCode === 0 ? { ended: 'success', seconds } : { ended: 'failure', exitCode, seconds };
  } finally {
    clearTimeout(timer);
    options.kill?.removeEventListener('abort', onKill);
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * The toolkit's `exec` is no help here: it reads the output through pipes of its own, which whatever a command leaves running holds open,
 * and this process would wait for it. Output that goes straight to the runner does not come past this process.
 * @returns the exit code; of a shell that a signal ended, 128 and the signal's number, as shells say it
 * @throws Error when bash cannot be started
 */
function bash(words: readonly string[], { cwd, variables }: CommandOptions): Promise<number> {
  return new Promise((resolve, reject) => {
    const env = { ...withoutInputs(process.env), ...variables };
    const child = spawn('bash', ['--noprofile', '--norc', ...words], { cwd, env, stdio: ['ignore', 'inherit', 'inherit'] });
    child.on('error', (error) => reject(new Error(`bash could not be started in ${cwd}: ${error.message}. Both must exist.`)));
    child.on('exit', (code, signal) => resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])));
  });
}

async function stop(
  signal: NodeJS.Signals,
  groupFile: string,
  options: Pick<CommandOptions, 'onCancel'> & { readonly grace?: number | undefined },
): Promise<NodeJS.Signals> {
  const closing = options.onCancel(signal);
  let asked = false;
  for (let waited = 0; waited < (options.grace ?? GRACE); waited += 50) {
    // The signal may come before the command's group is known, so it is looked up until it is there.
    const group = readGroup(groupFile);
    if (!asked) asked = signalGroup(group, 'SIGTERM');
    else if (!signalGroup(group, 0)) break;
    await sleep(50);
  }
  signalGroup(readGroup(groupFile), 'SIGKILL');
  await closing;
  return signal;
}

/** `null` when the command had not started yet. */
function readGroup(file: string): number | null {
  try {
    return Number.parseInt(readFileSync(file, 'utf8'), 10) || null;
  } catch {
    return null;
  }
}

function signalGroup(group: number | null, signal: NodeJS.Signals | 0): boolean {
  if (group === null) return false;
  try {
    return process.kill(-group, signal);
  } catch {
    return false; // It ended by itself.
  }
}

/** The action's own inputs (the token among them), outputs, state and other environments' secrets are no business of the command. */
function withoutInputs(env: NodeJS.ProcessEnv): Record<string, string> {
  const kept = Object.entries(env).filter(
    ([name, value]) => value !== undefined && !/^(INPUT|STATE)_|^GITHUB_(STATE|OUTPUT)$|^PROMOTE_ENV$/.test(name),
  );
  return Object.fromEntries(kept) as Record<string, string>;
}
