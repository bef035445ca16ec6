/** The main phase of a `run:` step. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { asText, evaluateToken } from '../expressions.ts';
import type { RunStep } from './definition.ts';
import type { Running } from './phase.ts';
import { runProcess } from './process.ts';
import { shellCommand } from './shells.ts';

/** `run:` defaults for the steps of a job; composite actions have none. */
export interface RunDefaults {
  readonly shell: string | null;
  readonly workingDirectory: string | null;
}

let scripts = 0;

export async function runScript(running: Running, step: RunStep, defaults: RunDefaults): Promise<void> {
  const { job, scope, env, print } = running;
  const text = (token: RunStep['run']): string => asText(evaluateToken(token, scope));
  const script = text(step.run);
  const shell = step.shell === null ? defaults.shell : text(step.shell);
  const folder = step.workingDirectory === null ? defaults.workingDirectory : text(step.workingDirectory);
  scripts += 1;
  mkdirSync(job.folders.temp, { recursive: true });
  const { command, args, extension } = shellCommand(shell, join(job.folders.temp, `script-${scripts}`));
  writeFileSync(join(job.folders.temp, `script-${scripts}${extension}`), script.endsWith('\n') ? script : `${script}\n`);
  print(`##[group]Run ${script.trimStart().split('\n')[0] ?? ''}`);
  for (const line of script.trimEnd().split('\n')) print(line);
  print(`shell: ${[command, ...args].join(' ')}`);
  printVariables(running);
  print('##[endgroup]');
  const whereTo = resolve(job.folders.workspace, folder ?? '');
  if (!existsSync(whereTo))
    throw new Error(
      `An error occurred trying to start process '${command}' with working directory '${whereTo}'. No such file or directory`,
    );
  const code = await runProcess({
    command,
    args,
    folder: whereTo,
    env: job.processEnvironment(env, ownVariables(running)),
    onLine: running.take,
    ...{ signal: running.signal, kill: job.ending.signal, patience: job.timing.patience },
  });
  if (code !== 0) running.fail(running.signal.aborted ? undefined : `Process completed with exit code ${code}.`);
}

/** What the runner sets for one step alone. */
export function ownVariables({ phase, files, scope }: Running): Record<string, string> {
  const github = scope.contexts['github'] as Readonly<Record<string, unknown>>;
  const own: Record<string, string> = { ...files.paths, GITHUB_ACTION: String(github['action'] ?? '') };
  const { action } = phase.frame;
  own['GITHUB_ACTION_REPOSITORY'] = action?.repository ?? '';
  own['GITHUB_ACTION_REF'] = action?.ref ?? '';
  if (action !== null) own['GITHUB_ACTION_PATH'] = action.folder;
  return own;
}

/** The step's variables, as GitHub shows them in the head of its log. */
export function printVariables({ env, print }: Running): void {
  const entries = Object.entries(env);
  if (entries.length === 0) return;
  print('env:');
  for (const [name, value] of entries) print(`  ${name}: ${value}`);
}
