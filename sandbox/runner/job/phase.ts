/** Runs one phase of a step (pre, main or post): its condition, its variables, its time, and what it tells the runner by files. */
import { join } from 'node:path';
import { asText, evaluate, evaluateToken, isTruthy, type Json, type Scope } from '../expressions.ts';
import { type CommandFiles, createCommandFiles } from './command-files.ts';
import type { StepConclusion } from './contract.ts';
import type { StepDefinition } from './definition.ts';
import { type Frame, type Job, LONGEST_TIMER, type StepContext } from './job.ts';
import { type CommandEffects, commandReader } from './workflow-commands.ts';

export interface Phase {
  readonly step: StepDefinition;
  readonly frame: Frame;
  /** As GitHub shows it; evaluated when the phase begins. */
  name(scope: Scope): string;
  readonly condition: string;
  /** Shared by the phases of one step. */
  readonly state: Record<string, string>;
  run(running: Running): Promise<void>;
}

/** A phase that is under way. */
export interface Running {
  readonly job: Job;
  readonly phase: Phase;
  readonly number: number | null;
  /** Variables as `env` shows them. */
  readonly env: Readonly<Record<string, string>>;
  /** Those of this step and of the steps around it. */
  readonly overlay: Readonly<Record<string, string>>;
  readonly scope: Scope;
  readonly outputs: Record<string, string>;
  readonly signal: AbortSignal;
  readonly files: CommandFiles;
  /** Prints a line of the runner's own. */
  print(line: string): void;
  /** Takes a line that the step printed. */
  take(line: string): void;
  warn(message: string): void;
  /** The step fails; with a message when there is one to be told. */
  fail(message?: string): void;
  addPath(folder: string): void;
  addSummary(markdown: string): void;
}

/** Runs a phase, or skips it. Never throws: what goes wrong is the step's failure. `onName` is told its name when it begins. */
export async function runPhase(job: Job, phase: Phase, number: number | null, onName?: (name: string) => void): Promise<StepContext> {
  const github = { action: phase.step.id ?? (phase.step.kind === 'run' ? '__run' : '__uses') };
  const outputs: Record<string, string> = {};
  const skipped: StepContext = { outputs, outcome: 'skipped', conclusion: 'skipped' };
  const failed = (error: unknown): StepContext => {
    job.tell('error', messageOf(error), number);
    return { outputs, outcome: 'failure', conclusion: 'failure' };
  };
  let overlay = phase.frame.overlay;
  const holds = (): boolean => isTruthy(evaluate(phase.condition, job.conditionScope(phase.frame, { ...job.env, ...overlay }, github)));
  try {
    if (job.ending.signal.aborted) return skipped;
    overlay = { ...overlay, ...evaluateVariables(phase.step.env, job.scope(phase.frame, { ...job.env, ...overlay }, github)) };
    if (!holds()) return skipped;
  } catch (error) {
    return failed(error);
  }
  const env = { ...job.env, ...overlay };
  const scope = job.scope(phase.frame, env, github);
  try {
    onName?.(job.masker.mask(phase.name(scope)));
  } catch (error) {
    return failed(error);
  }
  const stop = createStop(job, phase, scope, number, holds);
  try {
    const result = await underWay(job, phase, number, { env, overlay, scope, outputs, signal: stop.signal });
    return { outputs, ...conclude(job, phase, scope, stop, result.failed, number) };
  } finally {
    stop.end();
  }
}

/** Values of an `env` mapping. */
export function evaluateVariables(token: StepDefinition['env'], scope: Scope): Record<string, string> {
  if (token === null) return {};
  const values = evaluateToken(token, scope) as Readonly<Record<string, Json>>;
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, asText(value)]));
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

interface Given {
  readonly env: Readonly<Record<string, string>>;
  readonly overlay: Readonly<Record<string, string>>;
  readonly scope: Scope;
  readonly outputs: Record<string, string>;
  readonly signal: AbortSignal;
}

async function underWay(job: Job, phase: Phase, number: number | null, given: Given): Promise<{ failed: boolean }> {
  const result = { failed: false };
  const files = createCommandFiles(join(job.folders.temp, '_runner_file_commands'));
  const fail = (message?: string): void => {
    result.failed = true;
    if (message !== undefined) job.tell('error', message, number);
  };
  const print = (line: string): void => job.log(line, number);
  const effects: CommandEffects = {
    print,
    annotate: (annotation) => job.annotate(annotation, number),
    mask: (value) => job.masker.add(value),
    fail,
  };
  const running: Running = {
    ...{ job, phase, number, files, print, fail, ...given },
    take: commandReader(effects),
    warn: (message) => job.tell('warning', message, number),
    addPath: (folder) => {
      job.path = [folder, ...job.path.filter((other) => other !== folder)];
    },
    addSummary: (markdown) => addSummary(job, markdown, number),
  };
  try {
    await phase.run(running);
  } catch (error) {
    // What is stopped may fail in any way; why it was stopped is told elsewhere.
    fail(given.signal.aborted ? undefined : messageOf(error));
  }
  readCommandFiles(running);
  return result;
}

/** GitHub does not let a step change how Node.js runs in later ones. */
const KEPT_FROM_ENV = ['NODE_OPTIONS'];

function readCommandFiles({ job, phase, number, files, outputs, fail, addPath, addSummary: add }: Running): void {
  const attempt = (read: () => void): void => {
    try {
      read();
    } catch (error) {
      fail(messageOf(error));
    }
  };
  attempt(() => {
    for (const [name, value] of Object.entries(files.pairs('GITHUB_ENV'))) {
      if (KEPT_FROM_ENV.includes(name.toUpperCase()))
        job.tell('error', `Can't store ${name} output parameter using '$GITHUB_ENV' command.`, number);
      else job.env[name] = value;
    }
  });
  attempt(() => void Object.assign(outputs, files.pairs('GITHUB_OUTPUT')));
  attempt(() => void Object.assign(phase.state, files.pairs('GITHUB_STATE')));
  for (const folder of files.read('GITHUB_PATH').split(/\r?\n/)) if (folder !== '') addPath(folder);
  add(files.read('GITHUB_STEP_SUMMARY'));
}

const SUMMARY_LIMIT = 1024 * 1024;

function addSummary(job: Job, markdown: string, number: number | null): void {
  const size = Buffer.byteLength(markdown);
  if (size === 0) return;
  if (size > SUMMARY_LIMIT) {
    const found = `${SUMMARY_LIMIT / 1024}k, got ${Math.floor(size / 1024)}k`;
    job.tell('error', `$GITHUB_STEP_SUMMARY upload aborted, supports content up to a size of ${found}.`, number);
    return;
  }
  job.summaries.push(job.masker.mask(markdown));
}

interface Stop {
  readonly signal: AbortSignal;
  /** In minutes, when that was why it was stopped. */
  timedOut: number | null;
  end(): void;
}

/** Stops a phase when its time is over, when what is around it stops, or when the job is cancelled and its `if` does not hold any more. */
function createStop(job: Job, phase: Phase, scope: Scope, number: number | null, holds: () => boolean): Stop {
  const controller = new AbortController();
  const around = phase.frame.stopping;
  const onAround = (): void => controller.abort('cancel');
  const entry = {
    goesOn: () => {
      try {
        return holds();
      } catch {
        return false;
      }
    },
    stop: () => controller.abort('cancel'),
  };
  const stop: Stop = {
    signal: controller.signal,
    timedOut: null,
    end() {
      clearTimeout(timer);
      job.running.delete(entry);
      around?.removeEventListener('abort', onAround);
      job.ending.signal.removeEventListener('abort', onAround);
    },
  };
  const minutes = timeoutOf(job, phase, scope, number);
  const timer =
    minutes > 0
      ? setTimeout(
          () => {
            stop.timedOut = minutes;
            controller.abort('timeout');
          },
          Math.min(minutes * job.timing.minute, LONGEST_TIMER),
        )
      : undefined;
  job.running.add(entry);
  if (around?.aborted === true) controller.abort('cancel');
  around?.addEventListener('abort', onAround, { once: true });
  job.ending.signal.addEventListener('abort', onAround, { once: true });
  return stop;
}

/** In minutes; 0 without one. One that cannot be evaluated is told, and the step runs without, as on GitHub. */
function timeoutOf(job: Job, { step }: Phase, scope: Scope, number: number | null): number {
  if (step.timeoutMinutes === null) return 0;
  try {
    return Number(evaluateToken(step.timeoutMinutes, scope));
  } catch (error) {
    job.tell('error', messageOf(error), number);
    return 0;
  }
}

function conclude(
  job: Job,
  phase: Phase,
  scope: Scope,
  stop: Stop,
  failed: boolean,
  number: number | null,
): { outcome: StepConclusion; conclusion: StepConclusion } {
  if (stop.timedOut !== null) {
    const name = phase.name(scope);
    job.tell('error', `The action '${name}' has timed out after ${stop.timedOut} minutes.`, number);
  } else if (stop.signal.aborted) {
    job.tell('error', 'The operation was canceled.', number);
    return { outcome: 'cancelled', conclusion: 'cancelled' };
  }
  if (!failed && stop.timedOut === null) return { outcome: 'success', conclusion: 'success' };
  return { outcome: 'failure', conclusion: isForgiven(job, phase, scope, number) ? 'success' : 'failure' };
}

function isForgiven(job: Job, { step }: Phase, scope: Scope, number: number | null): boolean {
  if (step.continueOnError === null) return false;
  try {
    return isTruthy(evaluateToken(step.continueOnError, scope));
  } catch (error) {
    job.tell('error', messageOf(error), number);
    return false;
  }
}
