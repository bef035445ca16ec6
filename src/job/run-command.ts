import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

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
  /** Names of the job's own variables that the command does not get. */
  readonly withheld?: ReadonlySet<string>;
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
 * Output goes straight to the runner where the system lets it, not through the toolkit's pipes: whatever a command leaves running would hold
 * those open, and this process would wait for it and then close them under it. A step of a workflow has no such pipes either.
 */
const STRAIGHT_OUT =
  'if [ -p "/proc/$PPID/fd/1" ] && [ -p "/proc/$PPID/fd/2" ]; then exec >> "/proc/$PPID/fd/1" 2>> "/proc/$PPID/fd/2"; fi';
/**
 * Job control gives the command a process group of its own, so that all it started can be signalled together; its id goes into a file
 * because the toolkit does not hand out the child process. The inner shell has the flags of a workflow's `shell: bash`, and nothing to read.
 */
const START = 'set -m; bash --noprofile --norc -eo pipefail -c "$1" < /dev/null & echo $! > "$2"; set +m; wait $! 2> /dev/null';
const THEN_END_ALL = 'ended=$?; kill -s KILL -- "-$!" 2> /dev/null; exit $ended';

/** How long output of a command that has ended is waited for where it did come through pipes, milliseconds. */
const LAST_WORDS = 2000;

/**
 * Runs a command of the pipeline file in bash, its output streamed. On SIGINT or SIGTERM its whole process group is stopped.
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
    // Loaded only now: a cancellation that comes meanwhile is heard already.
    const { exec } = await import('@actions/exec');
    const wrapper = [STRAIGHT_OUT, START, ...(options.folder === undefined ? [] : [THEN_END_ALL])].join('; ');
    const exitCode = await exec('bash', ['--noprofile', '--norc', '-c', wrapper, 'promote', options.run, groupFile], {
      cwd: options.cwd,
      env: { ...withoutInputs(process.env, options.withheld), ...options.variables },
      ignoreReturnCode: true,
      silent: true,
      delay: LAST_WORDS,
      listeners: { stdout: (data) => process.stdout.write(data), stderr: (data) => process.stderr.write(data) },
    });
    // To the hundredth.
    const seconds = Math.round((performance.now() - started) / 10) / 100;
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
function withoutInputs(env: NodeJS.ProcessEnv, withheld: ReadonlySet<string> = new Set()): Record<string, string> {
  const kept = Object.entries(env).filter(
    ([name, value]) =>
      value !== undefined && !withheld.has(name) && !/^(INPUT|STATE)_|^GITHUB_(STATE|OUTPUT)$|^PROMOTE_ENV(_OF_CALLER)?$/.test(name),
  );
  return Object.fromEntries(kept) as Record<string, string>;
}
