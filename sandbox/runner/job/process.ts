/** Runs one process of a step and stops it the way GitHub's runner does. */
import { type ChildProcess, spawn } from 'node:child_process';
import { StringDecoder } from 'node:string_decoder';

/**
 * Milliseconds of patience. Source of the first two:
 * https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-cancellation
 */
export interface Patience {
  /** Between SIGINT and SIGTERM. */
  readonly afterInterrupt: number;
  /** Between SIGTERM and the end of the whole process tree. */
  readonly afterTerminate: number;
  /** For the output of children that outlive the step's process. */
  readonly afterExit: number;
}

export const RUNNER_PATIENCE: Patience = { afterInterrupt: 7500, afterTerminate: 2500, afterExit: 5000 };

export interface ProcessOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  /** One line of standard output or standard error. */
  readonly onLine: (line: string) => void;
  /** Asks the process to stop. */
  readonly signal: AbortSignal;
  /** Ends it and its children without asking. */
  readonly kill: AbortSignal;
  readonly patience: Patience;
}

/**
 * @returns the exit code; of a process that a signal ended, 128 and the signal's number, as shells say it
 * @throws when the process cannot be started
 */
export function runProcess(options: ProcessOptions): Promise<number> {
  const { command, args, folder, env, signal, kill, patience } = options;
  // A process group of its own: whoever is left can be ended with it, and Ctrl-C in a terminal does not reach it.
  const child = spawn(command, args, { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  const stop = stopper(child, patience);
  const flush = [lines(child.stdout, options.onLine), lines(child.stderr, options.onLine)];
  return new Promise<number>((resolve, reject) => {
    let waiting: NodeJS.Timeout | undefined;
    child.on('error', reject);
    child.on('exit', () => {
      stop.end();
      waiting = setTimeout(() => {
        child.stdout?.destroy();
        child.stderr?.destroy();
      }, patience.afterExit);
    });
    child.on('close', (code, signalName) => {
      clearTimeout(waiting);
      for (const end of flush) end();
      resolve(code ?? 128 + signalNumber(signalName));
    });
    if (signal.aborted) stop.begin();
    signal.addEventListener('abort', stop.begin, { once: true });
    kill.addEventListener('abort', stop.kill, { once: true });
  }).finally(() => {
    stop.end();
    signal.removeEventListener('abort', stop.begin);
    kill.removeEventListener('abort', stop.kill);
  });
}

/** SIGINT to the step's process, then SIGTERM, then SIGKILL to its whole group. */
function stopper(child: ChildProcess, patience: Patience): { begin(): void; kill(): void; end(): void } {
  let timer: NodeJS.Timeout | undefined;
  const kill = (): void => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    } catch {
      // It is gone already.
    }
  };
  return {
    kill,
    begin() {
      child.kill('SIGINT');
      timer = setTimeout(() => {
        child.kill('SIGTERM');
        timer = setTimeout(kill, patience.afterTerminate);
      }, patience.afterInterrupt);
    },
    end: () => clearTimeout(timer),
  };
}

/** @returns what gives out a last line without a line break */
function lines(stream: NodeJS.ReadableStream | null, onLine: (line: string) => void): () => void {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  const take = (text: string): void => {
    const parts = (rest + text).split('\n');
    rest = parts.pop() ?? '';
    for (const line of parts) onLine(line.replace(/\r$/, ''));
  };
  stream?.on('data', (data: Buffer) => take(decoder.write(data)));
  return () => {
    take(decoder.end());
    if (rest !== '') onLine(rest);
    rest = '';
  };
}

const SIGNAL_NUMBERS: Readonly<Record<string, number>> = { SIGINT: 2, SIGKILL: 9, SIGTERM: 15 };

function signalNumber(name: string | null): number {
  return SIGNAL_NUMBERS[name ?? ''] ?? 0;
}
