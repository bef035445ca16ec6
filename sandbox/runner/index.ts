import { join } from 'node:path';
import { Refusal } from '../github/context.ts';
import { ensureUser } from '../github/effects.ts';
import { GitRepository } from '../github/git-repository.ts';
import { ACTIONS_BOT, ensureWorkflow, findEnvironment, type Job, nextId, type Run, sameName } from '../github/state.ts';
import { Agenda } from './agenda.ts';
import type { Runner, RunnerEvent, RunnerOptions } from './api.ts';
import { createArtifactStore } from './artifact-store.ts';
import { ConcurrencyGroups } from './concurrency.ts';
import { bypassProblem, reviewProblem } from './environment-gate.ts';
import type { Json } from './expressions.ts';
import { type RunSubject, shortRef } from './github-context.ts';
import { executeJob } from './job/execute.ts';
import { TOKEN_TO_COME } from './job-run.ts';
import { Machines } from './machines.ts';
import { defaultGrants } from './permissions.ts';
import { NotSupported, WorkflowProblem } from './problems.ts';
import { RepositoryEvents } from './repository-events.ts';
import { keptJobs, refuseRerun } from './rerun.ts';
import { calledBy, loadTree } from './reusable-call.ts';
import { type RunParts, type RunPlan, WorkflowRun } from './run.ts';
import { nextSchedules } from './schedule.ts';
import { Sources } from './sources.ts';
import { isSkipped, isTriggered, type Occurrence } from './triggers.ts';
import type { WorkflowFile, WorkflowTree } from './workflow-file.ts';

export type * from './api.ts';

/** Starts what runs the workflow files of the sandbox's repository, and attaches it to the sandbox's API. */
export async function startRunner(options: RunnerOptions): Promise<Runner> {
  const runner = new SandboxRunner(options);
  await runner.open();
  return runner;
}

/** Events that start workflows even when GITHUB_TOKEN caused them, or that GitHub itself causes. */
const CAUSED_BY_ANYBODY = ['repository_dispatch', 'schedule', 'workflow_run'];

/** Of a pull request's run the one that it comes from. */
function headRepositoryOf({ payload }: Run): string | null {
  const pull = (payload as { pull_request?: { head?: { repo?: { full_name?: string } | null } } }).pull_request;
  return pull?.head?.repo?.full_name ?? null;
}

/** Schedules of a public repository stop after so long without activity (source: Events that trigger workflows, schedule). */
const QUIET_DAYS = 60 * 86_400_000;

const A_HUNDRED = 100;

/** Jobs that a workflow and those it calls define, each once whatever its matrix. */
function jobsIn(tree: WorkflowTree): number {
  const called = [...tree.calls.values()].reduce((sum, one) => sum + jobsIn(one), 0);
  return tree.file.jobs.length - tree.calls.size + called;
}

interface Review {
  readonly user: string;
  readonly environments: readonly string[];
  readonly comment?: string;
  readonly listed?: boolean;
}

class SandboxRunner implements Runner {
  readonly #options: RunnerOptions;
  readonly #git: GitRepository;
  readonly #sources: Sources;
  readonly #events: RepositoryEvents;
  readonly #agenda = new Agenda();
  readonly #machines: Machines;
  readonly #parts: RunParts;
  readonly #listeners: ((event: RunnerEvent) => void)[] = [];
  readonly #runs = new Map<number, WorkflowRun>();
  readonly #announced = new Set<string>();
  /** Schedules up to here were taken up. */
  #scheduledTo: number;
  /** When somebody last did something in the repository. */
  #active: number;
  #working = 0;
  #idle: (() => void)[] = [];
  #closed = false;

  constructor(options: RunnerOptions) {
    const { sandbox } = options;
    this.#options = options;
    this.#git = new GitRepository(sandbox.repositoryPath);
    this.#sources = new Sources({ repository: `${sandbox.owner}/${sandbox.name}`, git: this.#git, others: options.repositories });
    this.#events = new RepositoryEvents(sandbox, this.#git, this.#sources);
    this.#machines = new Machines(options.parallelJobs ?? 2, () => this.#wake());
    this.#scheduledTo = sandbox.clock.now();
    this.#active = sandbox.clock.now();
    this.#parts = {
      sandbox,
      sources: this.#sources,
      artifacts: createArtifactStore({ state: sandbox.state, clock: sandbox.clock, folder: join(options.folder, 'artifacts') }),
      executeJob: options.executeJob ?? executeJob,
      folder: options.folder,
      environmentSecrets: options.environmentSecrets ?? {},
      environmentVariables: options.environmentVariables ?? {},
      machine: options.machine ?? {},
      variables: options.variables ?? {},
      agenda: this.#agenda,
      groups: new ConcurrencyGroups(),
      machines: this.#machines,
      emit: (event) => this.#emit(event),
      violation: (message) => sandbox.violation(message),
    };
  }

  async open(): Promise<void> {
    await this.#events.open();
    this.#options.sandbox.attach({
      dispatch: (workflow, { ref, actor, inputs }) => this.dispatch(workflow, { ref, actor, inputs }),
      repositoryDispatch: async (eventType, payload, actor) => {
        await this.trigger('repository_dispatch', { action: eventType, client_payload: payload as Json }, { actor });
      },
      rerun: (runId, given) => this.rerun(runId, given),
      cancel: (runId, given) => this.cancel(runId, given),
      environmentRemoved: async (name) => {
        for (const run of this.#runs.values()) if (!run.isOver) run.environmentRemoved(name);
      },
      review: (runId, review) => this.review(runId, review),
    });
  }

  // Starting runs

  push(ref: string, options: { actor?: string; before?: string } = {}): Promise<readonly number[]> {
    return this.#work(async () => {
      const occurrence = await this.#events.push(ref, options);
      this.#active = this.#sandbox.clock.now();
      return occurrence === null ? [] : this.#happen(occurrence);
    });
  }

  trigger(event: string, payload: Json, options: { actor?: string; ref?: string; sha?: string } = {}): Promise<readonly number[]> {
    return this.#work(async () => this.#happen(await this.#events.other(event, payload as Readonly<Record<string, Json>>, options)));
  }

  dispatch(workflow: string, options: { ref: string; actor?: string; inputs?: Readonly<Record<string, string>> }): Promise<number> {
    return this.#work(async () => {
      const { file, occurrence, inputs } = await this.#events.dispatch(workflow, options);
      return this.#start(file, occurrence, inputs);
    });
  }

  /**
   * Starts every workflow that the event asks for.
   * @throws NotSupported for what the sandbox cannot run, when all the others have been started
   */
  async #happen(occurrence: Occurrence): Promise<readonly number[]> {
    const { event, actor } = occurrence;
    // What GITHUB_TOKEN causes starts nothing, with two exceptions (source: documentation of GITHUB_TOKEN).
    if (sameName(actor, ACTIONS_BOT) && !CAUSED_BY_ANYBODY.includes(event)) return [];
    if (isSkipped(event, await this.#events.messageOf(occurrence.sha))) return [];
    const started: number[] = [];
    const refused: string[] = [];
    for (const path of await this.#sources.workflowPaths(occurrence.filesAt)) {
      const id = await this.#startFrom(path, occurrence).catch((error: unknown) => {
        if (!(error instanceof NotSupported)) throw error;
        refused.push(error.message);
        return null;
      });
      if (id !== null) started.push(id);
    }
    if (refused.length > 0) throw new NotSupported(refused.join('\n'));
    return started;
  }

  /** Starts one workflow, if the event asks for it. */
  async #startFrom(path: string, occurrence: Occurrence): Promise<number | null> {
    try {
      const file = await this.#events.file(path, occurrence.filesAt, occurrence.ref);
      return (await isTriggered(file, occurrence)) ? await this.#start(file, occurrence, {}) : null;
    } catch (error) {
      if (!(error instanceof WorkflowProblem)) throw error;
      // A file that cannot be read shows as a failed run on a push; other events pass over it.
      return occurrence.event === 'push' ? this.#failedStart(path, path, occurrence, error.message).id : null;
    }
  }

  async #start(file: WorkflowFile, occurrence: Occurrence, inputs: Readonly<Record<string, Json>>): Promise<number> {
    const { sandbox, secrets, defaultPermissions } = this.#options;
    const grants = defaultGrants(defaultPermissions ?? 'read');
    const loading = { sources: this.#sources, caller: this.#sources.own(occurrence.sha), callerRef: occurrence.ref };
    try {
      const tree = await loadTree(file, null, grants, loading);
      this.#assertFewJobs(tree);
      const run = this.#run(file.path, file.name, occurrence);
      run.calls = calledBy(tree);
      const own = occurrence.forked ? {} : (secrets ?? {});
      const subject: RunSubject = {
        sha: occurrence.sha,
        ref: occurrence.ref,
        baseRef: occurrence.baseRef,
        headRef: occurrence.headRef,
        forked: occurrence.forked,
        workflowRef: `${sandbox.owner}/${sandbox.name}/${file.path}@${occurrence.ref}`,
        workflowSha: occurrence.filesAt,
      };
      this.#launch({ run, subject, tree, inputs, secrets: { ...own, GITHUB_TOKEN: TOKEN_TO_COME }, grants, kept: new Map() });
      return run.id;
    } catch (error) {
      if (error instanceof WorkflowProblem) return this.#failedStart(file.path, file.name, occurrence, error.message).id;
      throw error;
    }
  }

  /** The limit is the server's, and not published. */
  #assertFewJobs(tree: WorkflowTree): void {
    const jobs = jobsIn(tree);
    if (this.#sandbox.switches.manyJobs === 'refused' && jobs > A_HUNDRED)
      throw new WorkflowProblem(`The workflow defines ${jobs} jobs; at most ${A_HUNDRED} are allowed.`);
  }

  #launch(plan: RunPlan): void {
    const run = new WorkflowRun(this.#parts, plan);
    this.#runs.set(plan.run.id, run);
    this.#emit({ kind: 'run', runId: plan.run.id });
    run.start();
  }

  #run(path: string, name: string, occurrence: Occurrence): Run {
    const { state, clock } = this.#sandbox;
    ensureUser(state, occurrence.actor);
    ensureWorkflow(state, path, name);
    const now = clock.now();
    const run: Run = {
      id: nextId(state),
      attempt: 1,
      number: state.runs.filter((other) => other.workflowPath === path).length + 1,
      headSha: occurrence.sha,
      headBranch: occurrence.headRef === '' ? shortRef(occurrence.ref) : occurrence.headRef,
      event: occurrence.event,
      status: 'queued',
      conclusion: null,
      actor: occurrence.actor,
      triggeringActor: occurrence.actor,
      workflow: name,
      checkSuiteId: nextId(state),
      createdAt: now,
      updatedAt: now,
      waiting: [],
      reviews: [],
      workflowPath: path,
      calls: [],
      ref: occurrence.ref,
      payload: occurrence.payload,
      problem: null,
      startedAt: now,
    };
    state.runs.push(run);
    return run;
  }

  #failedStart(path: string, name: string, occurrence: Occurrence, problem: string): Run {
    const run = this.#run(path, name, occurrence);
    run.status = 'completed';
    run.conclusion = 'startup_failure';
    run.problem = problem;
    this.#emit({ kind: 'run', runId: run.id });
    return run;
  }

  // What people do with runs

  async review(runId: number, review: Review & { state: 'approved' | 'rejected' }): Promise<void> {
    this.#release(runId, review, review.state, false);
  }

  async bypass(runId: number, review: Review): Promise<void> {
    this.#release(runId, review, 'approved', true);
  }

  #release(runId: number, review: Review, state: 'approved' | 'rejected', bypass: boolean): void {
    const live = this.#live(runId);
    const waiting = live.waitingFor();
    for (const name of review.environments) {
      const environment = findEnvironment(this.#sandbox.state, name);
      if (environment === undefined || !waiting.some((other) => sameName(other, name)))
        throw new Refusal(422, `No job of run ${runId} waits for ${name}.`);
      const check = bypass
        ? bypassProblem(this.#sandbox.state, environment, review.user)
        : reviewProblem(this.#sandbox.state, live.run, environment, review.user);
      if (check !== null) throw new Refusal(403, check);
    }
    const { user, environments, comment = '', listed = true } = review;
    live.review({ user, environments, state, comment, listed, bypass });
  }

  async cancel(runId: number, _options: { user?: string } = {}): Promise<void> {
    const live = this.#live(runId);
    if (live.isOver) throw new Refusal(409, 'Cannot cancel a workflow run that is completed.');
    live.cancel();
  }

  async rerun(runId: number, options: { user?: string; failedOnly?: boolean; jobId?: number } = {}): Promise<void> {
    const { state, clock } = this.#sandbox;
    const live = this.#live(runId);
    const { run, plan } = live;
    refuseRerun(run, clock.now());
    const kept: ReadonlyMap<string, Job> = keptJobs(state, run, options);
    const user = options.user ?? run.triggeringActor;
    ensureUser(state, user);
    run.attempt += 1;
    run.status = 'queued';
    run.conclusion = null;
    run.triggeringActor = user;
    run.startedAt = clock.now();
    run.updatedAt = clock.now();
    const isWhole = options.failedOnly !== true && options.jobId === undefined;
    await this.#work(async () => this.#launch({ ...plan, kept, ...(isWhole ? await this.#resolvedAnew(plan) : {}) }));
  }

  /** A run that is run again as a whole takes what it calls from where the refs point now; its failed jobs alone keep what they had (source: re-run workflows and jobs). */
  async #resolvedAnew({ run, subject, tree, grants }: RunPlan): Promise<Pick<RunPlan, 'tree'>> {
    const loading = { sources: this.#sources, caller: this.#sources.own(subject.sha), callerRef: subject.ref };
    const anew = await loadTree(tree.file, null, grants, loading);
    run.calls = calledBy(anew);
    return { tree: anew };
  }

  #live(runId: number): WorkflowRun {
    const live = this.#runs.get(runId);
    if (live !== undefined) return live;
    const known = this.#sandbox.state.runs.find((run) => run.id === runId);
    if (known === undefined) throw new Refusal(404, 'Not Found');
    throw new Refusal(403, known.problem === null ? `Run ${runId} was not started by the runner.` : 'This workflow run cannot be retried');
  }

  // Time

  async advance(milliseconds: number): Promise<void> {
    const { clock } = this.#sandbox;
    await this.settled();
    const target = clock.now() + milliseconds;
    for (;;) {
      const files = await this.#events.scheduled();
      const schedules = nextSchedules(files, this.#scheduledTo);
      const scheduleAt = schedules[0]?.at ?? Number.POSITIVE_INFINITY;
      const next = Math.min(this.#agenda.next, scheduleAt);
      if (next > target) break;
      if (next > clock.now()) clock.set(next);
      this.#agenda.fire(clock.now());
      if (scheduleAt === next) {
        this.#scheduledTo = scheduleAt;
        if (scheduleAt - this.#active > QUIET_DAYS) continue;
        for (const cron of new Set(schedules.map((one) => one.cron)))
          await this.#work(async () => this.#happen(await this.#events.schedule(cron)));
      }
      await this.settled();
    }
    if (target > clock.now()) clock.set(target);
    await this.settled();
  }

  async settled(): Promise<void> {
    while (this.#working > 0 || this.#machines.load > 0) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  #wake(): void {
    if (this.#working > 0 || this.#machines.load > 0) return;
    for (const resolve of this.#idle.splice(0)) resolve();
  }

  async #work<T>(act: () => Promise<T>): Promise<T> {
    if (this.#closed) throw new Error('sandbox: the runner is closed');
    this.#working += 1;
    try {
      return await act();
    } finally {
      this.#working -= 1;
      this.#wake();
    }
  }

  onEvent(listener: (event: RunnerEvent) => void): void {
    this.#listeners.push(listener);
  }

  #emit(event: RunnerEvent): void {
    for (const listener of this.#listeners) listener(event);
    if (event.kind !== 'run') return;
    const run = this.#sandbox.state.runs.find(({ id }) => id === event.runId);
    if (run?.status === 'completed' && !this.#closed) this.#announce(run);
  }

  /** `workflow_run`, once for every attempt. */
  #announce(run: Run): void {
    const key = `${run.id}/${run.attempt}`;
    if (this.#announced.has(key) || run.event === 'workflow_run') return;
    this.#announced.add(key);
    const repository = `${this.#sandbox.owner}/${this.#sandbox.name}`;
    const workflowRun = {
      id: run.id,
      name: run.workflow,
      path: run.workflowPath,
      event: run.event,
      status: run.status,
      conclusion: run.conclusion,
      head_branch: run.headBranch,
      head_sha: run.headSha,
      run_attempt: run.attempt,
      run_number: run.number,
      repository: { full_name: repository },
      // Tells runs of forks apart.
      head_repository: { full_name: headRepositoryOf(run) ?? repository },
    };
    const payload = { action: 'completed', workflow_run: workflowRun, workflow: { name: run.workflow, path: run.workflowPath } };
    this.trigger('workflow_run', payload, { actor: run.triggeringActor }).catch((error: unknown) => {
      this.#sandbox.violation(error instanceof Error ? error.message : String(error));
    });
  }

  log(jobId: number): string {
    const job = this.#sandbox.state.jobs.find(({ id }) => id === jobId);
    if (job === undefined) throw new Error(`sandbox: there is no job ${jobId}`);
    return job.log.join('\n');
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#machines.close();
    for (const run of this.#runs.values()) run.abandon();
    await this.settled();
    this.#git.close();
  }

  get #sandbox(): RunnerOptions['sandbox'] {
    return this.#options.sandbox;
  }
}
