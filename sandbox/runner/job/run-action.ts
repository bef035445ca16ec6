/** The phases of a step that uses an action. */
import { join } from 'node:path';
import { asText, evaluateToken, type Json } from '../expressions.ts';
import type { StandInCall } from '../stand-ins/index.ts';
import type { ActionInput, CompositeAction, JavaScriptAction, StandInAction } from './actions.ts';
import type { UsesStep } from './definition.ts';
import type { Running } from './phase.ts';
import { phaseVariables } from './phase-variables.ts';
import { runProcess } from './process.ts';
import { ownVariables, printVariables } from './run-script.ts';

export type Inputs = Readonly<Record<string, string>>;

/**
 * What the step gives the action: its `with`, evaluated, and the defaults of what it leaves out. Names are those of `action.yml`,
 * which GitHub compares without regard to case.
 */
export function evaluateInputs(running: Running, step: UsesStep, known: readonly ActionInput[], tell: boolean): Inputs {
  const { scope } = running;
  const given = step.with === null ? {} : (evaluateToken(step.with, scope) as Readonly<Record<string, Json>>);
  const find = (name: string): ActionInput | undefined => known.find((one) => one.name.toLowerCase() === name.toLowerCase());
  if (tell) tellAboutInputs(running, Object.keys(given), known, find);
  const defaults = known.map((input) => [input.name, input.default === null ? '' : asText(evaluateToken(input.default, scope))] as const);
  const values = Object.entries(given).map(([name, value]) => [find(name)?.name ?? name, asText(value)] as const);
  return Object.fromEntries([...defaults, ...values]);
}

function tellAboutInputs(
  { print, warn }: Running,
  given: readonly string[],
  known: readonly ActionInput[],
  find: (name: string) => ActionInput | undefined,
): void {
  const unexpected = given.filter((name) => find(name) === undefined);
  if (unexpected.length > 0)
    warn(`Unexpected input(s) '${unexpected.join("', '")}', valid inputs are ['${known.map((input) => input.name).join("', '")}']`);
  for (const name of given) {
    const message = find(name)?.deprecation ?? null;
    if (message !== null) warn(`Input '${name}' has been deprecated with message: ${message}`);
  }
  const missing = known.filter((input) => input.required && input.default === null && !given.some((name) => find(name) === input));
  for (const input of missing) print(`##[warning]Input required and not supplied: ${input.name}`);
}

/** The head of a step's log. */
export function printHead(running: Running, step: UsesStep, inputs: Inputs): void {
  const { print } = running;
  print(`##[group]Run ${step.uses}`);
  const entries = Object.entries(inputs).filter(([, value]) => value !== '');
  if (entries.length > 0) print('with:');
  for (const [name, value] of entries) print(`  ${name}: ${value}`);
  printVariables(running);
  print('##[endgroup]');
}

/** Runs one file of a JavaScript action with the Node.js that runs the sandbox. */
export async function runJavaScript(running: Running, action: JavaScriptAction, file: string, inputs: Inputs): Promise<void> {
  const { job, env, phase } = running;
  const code = await runProcess({
    command: process.execPath,
    args: [join(action.folder, file)],
    folder: job.folders.workspace,
    env: job.processEnvironment(env, {
      ...ownVariables(running),
      GITHUB_ACTION_REPOSITORY: action.repository ?? '',
      GITHUB_ACTION_REF: action.ref ?? '',
      ...phaseVariables(inputs, phase.state),
    }),
    onLine: running.take,
    ...{ signal: running.signal, kill: job.ending.signal, patience: job.timing.patience },
  });
  if (code !== 0) running.fail();
}

/** The inputs that a stand-in has, in the form of those of an `action.yml`. */
export function standInInputs({ standIn }: StandInAction): readonly ActionInput[] {
  return Object.keys(standIn.inputs).map((name) => ({ name, default: null, required: false, deprecation: null }));
}

/** @throws Error when an input has a value that the stand-in refuses */
export function refuseValues({ standIn }: StandInAction, given: Inputs): void {
  for (const [name, { default: usual, only }] of Object.entries(standIn.inputs)) {
    const value = given[name]?.trim() ?? '';
    if (only !== undefined && value !== '' && value !== usual)
      throw new Error(`The stand-in for ${standIn.name} does not take \`${name}: ${value}\`: ${only}`);
  }
}

export function standInCall(running: Running, action: StandInAction, given: Inputs): StandInCall {
  const { job, env } = running;
  const { standIn } = action;
  const input = (name: string): string => {
    const known = standIn.inputs[name];
    if (known === undefined) throw new Error(`The stand-in for ${standIn.name} has no input "${name}".`);
    const value = given[name]?.trim() ?? '';
    return value === '' ? known.default : value;
  };
  const github = (job.request.contexts['github'] ?? {}) as Readonly<Record<string, Json>>;
  return {
    github: (name) => asText(github[name] ?? null),
    request: job.request,
    ports: job.ports,
    workspace: job.folders.workspace,
    input,
    flag(name) {
      const value = input(name).toLowerCase();
      if (value !== 'true' && value !== 'false')
        throw new Error(`Input does not meet YAML 1.2 "Core Schema" specification: ${name}: ${value}`);
      return value === 'true';
    },
    env: job.processEnvironment(env, {}),
    home: job.folders.home,
    temp: job.folders.temp,
    log: running.print,
    warning: running.warn,
    setOutput(name, value) {
      running.outputs[name] = value;
    },
    saveState(name, value) {
      running.phase.state[name] = value;
    },
    state: running.phase.state,
    addPath: running.addPath,
    addSummary: running.addSummary,
    signal: running.signal,
  };
}

/** Outputs of a composite action, computed from its own steps. */
export function compositeOutputs(running: Running, action: CompositeAction, scope: Running['scope']): void {
  for (const { name, value } of action.outputs) running.outputs[name] = asText(evaluateToken(value, scope));
}
