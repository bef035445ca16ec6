/** Runs one job the way GitHub's runner does: set up, pre phases, steps, post phases in reverse, clean up. */
import { asText, evaluateToken, type Json } from '../expressions.ts';
import { type TemplateToken, tokens } from '../github-parser.ts';
import { AT_ONCE, type ExecuteJob, type JobRequest, type JobResult, type StepConclusion, type StepState } from './contract.ts';
import { mappingOf, readSteps, Unsupported } from './definition.ts';
import { type Frame, Job, LONGEST_TIMER, type Timing } from './job.ts';
import { endOrphans } from './orphans.ts';
import { evaluateVariables, messageOf, type Phase, runPhase } from './phase.ts';
import { RUNNER_PATIENCE } from './process.ts';
import type { RunDefaults } from './run-script.ts';
import { mainPhase, type PlacedStep, type Posts, placeSteps, prePhases } from './steps.ts';

/** How long GitHub's runner waits for what. */
export const RUNNER_TIMING: Timing = { patience: RUNNER_PATIENCE, minute: 60_000, grace: 5 * 60_000 };

export const executeJob: ExecuteJob = createJobExecutor(RUNNER_TIMING);

/** For tests that cannot wait as long as GitHub does. */
export function createJobExecutor(timing: Timing): ExecuteJob {
  return async (request, ports) => {
    const job = new Job(request, ports, timing);
    const onCancel = (): void => {
      job.cancel();
      if (ports.cancellation.reason === AT_ONCE) job.ending.abort();
    };
    ports.cancellation.addEventListener('abort', onCancel, { once: true });
    if (ports.cancellation.aborted) onCancel();
    try {
      return await run(job);
    } finally {
      ports.cancellation.removeEventListener('abort', onCancel);
      job.close();
      endOrphans(job.trackingId);
    }
  };
}

async function run(job: Job): Promise<JobResult> {
  const frame: Frame = {
    steps: {},
    inputs: job.request.contexts['inputs'] ?? {},
    overlay: {},
    action: null,
    failed: false,
    stopping: null,
  };
  const list = new StepList(job);
  const stopTimer = startTimer(job);
  const posts: Posts = [];
  const prepared = await list.run('Set up job', () => prepare(job, frame));
  if (prepared !== null) {
    const { steps, defaults } = prepared;
    const pres = prePhases(steps, posts);
    const mains = steps.map((step) => ({ step, phase: mainPhase(job, step, defaults, posts) }));
    const numbers = list.expect([...pres, ...mains.map(({ phase }) => phase)], job.scope(frame, job.env));
    for (const phase of pres) await list.runPhase(phase, numbers.get(phase));
    for (const { step, phase } of mains) {
      const result = await list.runPhase(phase, numbers.get(phase));
      if (step.definition.id !== null) frame.steps[step.definition.id] = result;
    }
    for (const phase of posts.reverse()) await list.runPhase(phase, undefined);
  }
  clearTimeout(stopTimer);
  const completed = await list.run('Complete job', () => complete(job, frame));
  return { conclusion: job.status, summary: job.summaries.join('\n'), ...(completed ?? { outputs: {}, environmentUrl: null }) };
}

interface Prepared {
  readonly steps: readonly PlacedStep[];
  readonly defaults: RunDefaults;
}

/** Keys of a job that need a machine the sandbox is not. */
const FOREIGN_KEYS = ['container', 'services', 'snapshot'];

function prepare(job: Job, frame: Frame): Prepared {
  const { request } = job;
  const { definition, defaults, permissions } = request;
  for (const key of FOREIGN_KEYS) {
    const found = definition.find(key);
    if (found !== undefined) throw new Unsupported(`Line ${found.line}: the sandbox does not run jobs with \`${key}\`.`);
  }
  job.log('##[group]GITHUB_TOKEN Permissions', 1);
  for (const [name, level] of Object.entries(permissions)) if (level !== 'none') job.log(`${name}: ${level}`, 1);
  job.log('##[endgroup]', 1);
  Object.assign(job.env, workflowVariables(request));
  Object.assign(job.env, evaluateVariables(mappingOf(definition.find('env')), job.scope(frame, job.env)));
  const own = mappingOf(mappingOf(definition.find('defaults'))?.find('run'));
  const text = (key: string): string | null => {
    const token = own?.find(key);
    return token === undefined ? null : asText(evaluateToken(token, job.scope(frame, job.env)));
  };
  const steps = placeSteps(job, readSteps(definition.find('steps')), frame);
  return {
    steps,
    defaults: { shell: text('shell') ?? defaults.shell, workingDirectory: text('working-directory') ?? defaults.workingDirectory },
  };
}

function workflowVariables({ contexts }: JobRequest): Record<string, string> {
  const given = (contexts['env'] ?? {}) as Readonly<Record<string, Json>>;
  return Object.fromEntries(Object.entries(given).map(([name, value]) => [name, asText(value)]));
}

const SIX_HOURS = 360;

/** A job whose time is over is cancelled. */
function startTimer(job: Job): NodeJS.Timeout {
  const token = job.request.definition.find('timeout-minutes');
  let minutes = SIX_HOURS;
  try {
    if (token !== undefined) minutes = Number(evaluateToken(token, { contexts: job.request.contexts }));
  } catch {
    // The default stands; the server half has refused what it could not evaluate.
  }
  return setTimeout(
    () => {
      job.tell('error', `The job has exceeded the maximum execution time of ${minutes} minutes`, null);
      job.cancel();
    },
    Math.min(minutes * job.timing.minute, LONGEST_TIMER),
  );
}

function complete(job: Job, frame: Frame): Pick<JobResult, 'outputs' | 'environmentUrl'> {
  const scope = job.scope(frame, job.env);
  const url = environmentUrl(job.request.definition.find('environment'));
  const environmentUrlText = url === null ? null : asText(evaluateToken(url, scope));
  const outputs: Record<string, string> = {};
  for (const { key, value } of mappingOf(job.request.definition.find('outputs')) ?? []) {
    const name = key.toString();
    const text = asText(evaluateToken(value, scope));
    if (text === '') continue;
    if (job.masker.holdsSecret(text)) job.tell('warning', `Skip output '${name}' since it may contain secret.`, null);
    else outputs[name] = text;
  }
  job.log('Cleaning up orphan processes', null);
  for (const { pid, name } of endOrphans(job.trackingId)) job.log(`Terminate orphan process: pid (${pid}) (${name})`, null);
  return { outputs, environmentUrl: environmentUrlText === '' ? null : environmentUrlText };
}

function environmentUrl(token: TemplateToken | undefined): TemplateToken | null {
  return token instanceof tokens.MappingToken ? (token.find('url') ?? null) : null;
}

/** The job's list of steps, as GitHub shows it. */
class StepList {
  readonly #job: Job;
  #last = 0;

  constructor(job: Job) {
    this.#job = job;
  }

  /** Announces phases that are known before they begin. */
  expect(phases: readonly Phase[], scope: Phase['name'] extends (scope: infer S) => string ? S : never): Map<Phase, number> {
    return new Map(
      phases.map((phase) => {
        this.#last += 1;
        this.#tell({
          number: this.#last,
          name: earlyName(phase, scope),
          status: 'queued',
          conclusion: null,
          startedAt: null,
          completedAt: null,
        });
        return [phase, this.#last];
      }),
    );
  }

  /** One of the runner's own steps; `null` when it failed. */
  async run<T>(name: string, work: () => T): Promise<T | null> {
    this.#last += 1;
    const number = this.#last;
    const startedAt = Date.now();
    const tell = (status: StepState['status'], conclusion: StepConclusion | null): void =>
      this.#tell({ number, name, status, conclusion, startedAt, completedAt: status === 'completed' ? Date.now() : null });
    tell('in_progress', null);
    try {
      const result = work();
      tell('completed', 'success');
      return result;
    } catch (error) {
      this.#job.tell('error', messageOf(error), number);
      if (this.#job.status === 'success') this.#job.status = 'failure';
      tell('completed', 'failure');
      return null;
    }
  }

  async runPhase(phase: Phase, expected: number | undefined): Promise<Awaited<ReturnType<typeof runPhase>>> {
    const job = this.#job;
    if (expected === undefined) this.#last += 1;
    const number = expected ?? this.#last;
    const startedAt = Date.now();
    let name = earlyName(phase, job.scope(phase.frame, job.env));
    const tell = (status: StepState['status'], conclusion: StepConclusion | null): void =>
      this.#tell({ number, name, status, conclusion, startedAt, completedAt: status === 'completed' ? Date.now() : null });
    const result = await runPhase(job, phase, number, (evaluated) => {
      name = evaluated;
      tell('in_progress', null);
    });
    if (result.conclusion === 'failure' && job.status === 'success') job.status = 'failure';
    tell('completed', result.conclusion);
    return result;
  }

  #tell(state: StepState): void {
    this.#job.ports.stepChanged({ ...state, name: this.#job.masker.mask(state.name) });
  }
}

/** A step's name may read what is not there before the step begins. */
function earlyName(phase: Phase, scope: Parameters<Phase['name']>[0]): string {
  try {
    return phase.name(scope);
  } catch {
    return phase.step.kind === 'uses' ? `Run ${phase.step.uses}` : 'Run';
  }
}
