/** Makes phases of steps: which there are, in which order, and what each runs. */
import { asText, evaluateToken, type Scope } from '../expressions.ts';
import { type Action, type CompositeAction, isInWorkspace, loadAction } from './actions.ts';
import { type StepDefinition, Unsupported, type UsesStep } from './definition.ts';
import type { Frame, Job } from './job.ts';
import { type Phase, type Running, runPhase } from './phase.ts';
import { compositeOutputs, evaluateInputs, printHead, refuseValues, runJavaScript, standInCall, standInInputs } from './run-action.ts';
import { type RunDefaults, runScript } from './run-script.ts';

const NO_DEFAULTS: RunDefaults = { shell: null, workingDirectory: null };

/** A step in its place: what its phases share. */
export interface PlacedStep {
  readonly definition: StepDefinition;
  readonly frame: Frame;
  readonly state: Record<string, string>;
  /** `null` until it is known: an action of the workspace is looked at when its step begins. */
  action: Action | null;
  hasPost: boolean;
}

/** Post phases in the order in which they were announced; they run in the reverse one. */
export type Posts = Phase[];

/**
 * Places steps, and looks at the actions they use.
 * @throws Unsupported when the sandbox cannot run one of them
 */
export function placeSteps(job: Job, definitions: readonly StepDefinition[], frame: Frame): readonly PlacedStep[] {
  return definitions.map((definition) => {
    const step: PlacedStep = { definition, frame, state: {}, action: null, hasPost: false };
    if (definition.kind === 'uses' && !isInWorkspace(definition.uses)) step.action = lookAt(job, definition);
    return step;
  });
}

function lookAt(job: Job, step: UsesStep): Action {
  const action = loadAction(step.uses, {
    request: job.request,
    ports: job.ports,
    workspace: job.folders.workspace,
    actionsFolder: job.folders.actions,
  });
  if (action.kind === 'stand-in') refuseUnknownInputs(step, Object.keys(action.standIn.inputs));
  if (action.kind === 'composite')
    for (const inner of action.steps) if (inner.kind === 'uses' && !isInWorkspace(inner.uses)) lookAt(job, assertPath(inner));
  return action;
}

/** Source: actions/runner, PipelineConstants.TryParseSelfRepository, which steps of composite actions go through. */
function assertPath(step: UsesStep): UsesStep {
  if (step.uses === '$/') throw new Unsupported('`uses: $/` within a composite action names no path, as in $/path.');
  return step;
}

function refuseUnknownInputs(step: UsesStep, known: readonly string[]): void {
  for (const { key } of step.with ?? []) {
    const name = key.toString();
    if (known.some((one) => one.toLowerCase() === name.toLowerCase())) continue;
    const place = key.line === undefined ? '' : `Line ${key.line}: `;
    throw new Unsupported(`${place}the stand-in for ${step.uses} does not know the input "${name}". It knows ${known.join(', ')}.`);
  }
}

/** `pre` phases of JavaScript actions, those within composite actions too; actions of the workspace have none. */
export function prePhases(steps: readonly PlacedStep[], posts: Posts): readonly Phase[] {
  return steps.flatMap((step) => {
    const { action, definition } = step;
    if (action?.kind !== 'javascript' || action.pre === null || definition.kind !== 'uses') return [];
    const { file, condition } = action.pre;
    const run = async (running: Running): Promise<void> => {
      announcePost(step, definition, posts);
      await runJavaScript(running, action, file, evaluateInputs(running, definition, action.inputs, false));
    };
    return [phaseOf(step, 'Pre ', condition, run)];
  });
}

/** The main phase of a step; while it runs it announces its post phase. */
export function mainPhase(job: Job, step: PlacedStep, defaults: RunDefaults, posts: Posts): Phase {
  const { definition } = step;
  const run = async (running: Running): Promise<void> => {
    if (definition.kind === 'run') return runScript(running, definition, defaults);
    step.action ??= lookAt(job, definition);
    return runAction(running, step, definition, step.action, posts);
  };
  return phaseOf(step, '', definition.condition, run);
}

function phaseOf(step: PlacedStep, prefix: string, condition: string, run: Phase['run']): Phase {
  const { definition, frame, state } = step;
  return { step: definition, frame, state, condition, run, name: (scope) => prefix + displayName(definition, scope) };
}

/** As GitHub shows a step without a name: `Run` and the first line of its script, or its action. */
function displayName(step: StepDefinition, scope: Scope): string {
  const name = step.name === null ? '' : asText(evaluateToken(step.name, scope)).trim();
  if (name !== '') return name;
  if (step.kind === 'uses') return `Run ${step.uses}`;
  return `Run ${asText(evaluateToken(step.run, scope)).trimStart().split('\n')[0] ?? ''}`;
}

async function runAction(running: Running, step: PlacedStep, definition: UsesStep, action: Action, posts: Posts): Promise<void> {
  const known = action.kind === 'stand-in' ? standInInputs(action) : action.inputs;
  const inputs = evaluateInputs(running, definition, known, true);
  printHead(running, definition, inputs);
  if (action.kind === 'stand-in') refuseValues(action, inputs);
  announcePost(step, definition, posts);
  if (action.kind === 'composite') return runComposite(running, action, inputs, posts);
  if (action.kind === 'stand-in') return action.standIn.main(standInCall(running, action, inputs));
  if (action.pre !== null && isInWorkspace(definition.uses))
    running.warn(`\`pre\` execution is not supported for local action from '${definition.uses}'`);
  return runJavaScript(running, action, action.main, inputs);
}

function announcePost(step: PlacedStep, definition: UsesStep, posts: Posts): void {
  const { action } = step;
  if (step.hasPost || action === null) return;
  const run = postOf(definition, action);
  if (run === null) return;
  step.hasPost = true;
  const condition = action.kind === 'javascript' ? (action.post?.condition ?? 'always()') : 'always()';
  // It runs when what was around the step is long over, whether that was stopped or has failed.
  const frame: Frame = { ...step.frame, stopping: null, failed: false };
  posts.push(phaseOf({ ...step, frame }, 'Post ', condition, run));
}

/** The inputs are evaluated anew: `${{ job.status }}` tells the post phase how the job ended. */
function postOf(definition: UsesStep, action: Action): Phase['run'] | null {
  if (action.kind === 'javascript' && action.post !== null) {
    const { file } = action.post;
    return (running) => runJavaScript(running, action, file, evaluateInputs(running, definition, action.inputs, false));
  }
  if (action.kind === 'stand-in' && action.standIn.post !== undefined) {
    const post = action.standIn.post;
    return (running) => post(standInCall(running, action, evaluateInputs(running, definition, standInInputs(action), false)));
  }
  return null;
}

async function runComposite(
  running: Running,
  action: CompositeAction,
  inputs: Readonly<Record<string, string>>,
  posts: Posts,
): Promise<void> {
  const { job, number, overlay, env } = running;
  const { folder, repository, ref } = action;
  const frame: Frame = { steps: {}, inputs, overlay, action: { folder, repository, ref }, failed: false, stopping: running.signal };
  for (const step of placeSteps(job, action.steps, frame)) {
    const result = await runPhase(job, mainPhase(job, step, NO_DEFAULTS, posts), number);
    if (step.definition.id !== null) frame.steps[step.definition.id] = result;
    if (result.conclusion === 'failure') frame.failed = true;
  }
  compositeOutputs(running, action, job.scope(frame, { ...job.env, ...env }));
  if (frame.failed) running.fail();
}
