import { join } from 'node:path';
import { Refusal } from '../github/context.ts';
import { ensureUser } from '../github/effects.ts';
import { GitRepository } from '../github/git-repository.ts';
import { ACTIONS_BOT, ensureWorkflow, findEnvironment, type Job, nextId, type Run, sameName } from '../github/state.ts';
import { Agenda } from './agenda.ts';
import type { Runner, RunnerEvent, RunnerOptions } from './api.ts';
import { createArtifactStore } from './artifact-store.ts';
import { ConcurrencyGroups } from './concurrency.ts';
import { dispatchInputs } from './dispatch-inputs.ts';
import { bypassProblem, reviewProblem } from './environment-gate.ts';
import { commonPayload, pushPayload } from './event-payload.ts';
import type { Json } from './expressions.ts';
import { type RunSubject, shortRef } from './github-context.ts';
import { executeJob } from './job/execute.ts';
import { TOKEN_TO_COME } from './job-run.ts';
import { Machines } from './machines.ts';
import { defaultGrants } from './permissions.ts';
import { NotSupported, WorkflowProblem } from './problems.ts';
import { keptJobs, refuseRerun } from './rerun.ts';
import { loadTree } from './reusable-call.ts';
import { type RunParts, type RunPlan, WorkflowRun } from './run.ts';
import { nextSchedules } from './schedule.ts';
import { NO_SHA, Sources } from './sources.ts';
import { isSkipped, isTriggered, type Occurrence } from './triggers.ts';
import { readWorkflowFile, type WorkflowFile } from './workflow-file.ts';

export type * from './api.ts';

/** Starts what runs the workflow files of the sandbox's repository, and attaches it to the sandbox's API. */
export async function startRunner(options: RunnerOptions): Promise<Runner> {
  const runner = new SandboxRunner(options);
  await runner.open();
  return runner;
}

/** Events that start workflows even when GITHUB_TOKEN caused them, or that GitHub itself causes. */
const CAUSED_BY_ANYBODY = ['repository_dispatch', 'schedule', 'workflow_run'];

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
  readonly #agenda = new Agenda();
  readonly #machines: Machines;
  readonly #parts: RunParts;
  readonly #listeners: ((event: RunnerEvent) => void)[] = [];
  readonly #runs = new Map<number, WorkflowRun>();
  /** Parsed files by commit and path. */
  readonly #files = new Map<string, Promise<WorkflowFile>>();
  readonly #announced = new Set<string>();
  #refs: ReadonlyMap<string, string> = new Map();
  /** Schedules up to here were taken up. */
  #scheduledTo: number;
  #working = 0;
  #idle: (() => void)[] = [];
  #closed = false;

  constructor(options: RunnerOptions) {
    const { sandbox } = options;
    this.#options = options;
    this.#git = new GitRepository(sandbox.repositoryPath);
    this.#sources = new Sources({ repository: `${sandbox.owner}/${sandbox.name}`, git: this.#git, others: options.repositories });
    this.#machines = new Machines(options.parallelJobs ?? 2, () => this.#wake());
    this.#scheduledTo = sandbox.clock.now();
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
    this.#refs = await this.#git.refs();
    this.#options.sandbox.attach({
      dispatch: (workflow, { ref, actor, inputs }) => this.dispatch(workflow, { ref, actor, inputs }),
      repositoryDispatch: async (eventType, payload, actor) => {
        await this.trigger('repository_dispatch', { action: eventType, client_payload: payload as Json }, { actor });
      },
      rerun: (runId, given) => this.rerun(runId, given),
      cancel: (runId, given) => this.cancel(runId, given),
      review: (runId, review) => this.review(runId, review),
    });
  }

  // Starting runs

  push(ref: string, options: { actor?: string; before?: string } = {}): Promise<readonly number[]> {
    return this.#work(async () => {
      const refs = await this.#git.refs();
      const name = fullName(ref, refs);
      const after = refs.get(name);
      const before = options.before ?? this.#refs.get(name) ?? NO_SHA;
      this.#refs = refs;
      if (after === undefined) return [];
      const commit = await this.#git.peel(after);
      if (commit === null) return [];
      const actor = options.actor ?? this.#loginOf(commit.committer.email);
      const sha = commit.oid;
      return this.#happen({
        event: 'push',
        payload: await pushPayload(this.#sandbox, this.#git, { ref: name, before, after, commit, actor }),
        actor,
        ref: name,
        sha,
        baseRef: '',
        headRef: '',
        forked: false,
        filesAt: sha,
        changedFiles: async () => (name.startsWith('refs/tags/') ? null : this.#changed(before, sha)),
      });
    });
  }

  trigger(event: string, payload: Json, options: { actor?: string; ref?: string; sha?: string } = {}): Promise<readonly number[]> {
    return this.#work(async () => {
      const refs = await this.#git.refs();
      const head = await this.#head();
      const actor = options.actor ?? 'octocat';
      const whole = { ...commonPayload(this.#sandbox, actor), ...(payload as Readonly<Record<string, Json>>) };
      const pull = pullRequestOf(whole, `${this.#sandbox.owner}/${this.#sandbox.name}`);
      const isOwnCode = event === 'pull_request' && pull !== null;
      const sha = options.sha ?? (isOwnCode ? pull.headSha : head);
      const ref = options.ref ?? (isOwnCode ? `refs/pull/${pull.number}/merge` : `refs/heads/${this.#sandbox.defaultBranch}`);
      return this.#happen({
        event,
        payload: whole,
        actor,
        ref: fullName(ref, refs),
        sha,
        baseRef: pull?.baseRef ?? '',
        headRef: pull?.headRef ?? headBranchOf(whole),
        forked: isOwnCode && pull.forked,
        filesAt: isOwnCode ? sha : head,
        changedFiles: async () => (pull === null ? null : this.#changed(refs.get(`refs/heads/${pull.baseRef}`) ?? NO_SHA, sha, true)),
      });
    });
  }

  dispatch(workflow: string, options: { ref: string; actor?: string; inputs?: Readonly<Record<string, string>> }): Promise<number> {
    return this.#work(async () => {
      const refs = await this.#git.refs();
      const path = workflow.includes('/') ? workflow : `.github/workflows/${workflow}`;
      const head = await this.#head();
      if (!(await this.#sources.workflowPaths(head)).includes(path)) throw new Refusal(404, 'Not Found');
      const ref = fullName(options.ref, refs);
      const commit = await this.#git.resolveCommit(ref, refs);
      if (commit === null) throw new Refusal(422, `No ref found for: ${options.ref}`);
      const file = await this.#file(path, commit.oid, ref);
      if (file.events.workflow_dispatch === undefined) throw new Refusal(422, `Workflow does not have 'workflow_dispatch' trigger`);
      const actor = options.actor ?? 'octocat';
      const inputs = dispatchInputs(file, options.inputs ?? {});
      const shown = Object.fromEntries(Object.entries(inputs).map(([name, value]) => [name, String(value)] as const));
      const payload = { ...commonPayload(this.#sandbox, actor), inputs: shown, ref, workflow: path };
      const occurrence = { ...plainOccurrence('workflow_dispatch', payload, actor, ref, commit.oid), filesAt: commit.oid };
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
    if (isSkipped(event, (await this.#git.commit(occurrence.sha)).message)) return [];
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
      const file = await this.#file(path, occurrence.filesAt, occurrence.ref);
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
      const run = this.#run(file.path, file.name, occurrence);
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
    this.#launch({ ...plan, kept });
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
      const files = await this.#scheduled();
      const schedules = nextSchedules(files, this.#scheduledTo);
      const scheduleAt = schedules[0]?.at ?? Number.POSITIVE_INFINITY;
      const next = Math.min(this.#agenda.next, scheduleAt);
      if (next > target) break;
      if (next > clock.now()) clock.set(next);
      this.#agenda.fire(clock.now());
      if (scheduleAt === next) {
        this.#scheduledTo = scheduleAt;
        for (const cron of new Set(schedules.map((one) => one.cron))) await this.#fireSchedule(cron);
      }
      await this.settled();
    }
    if (target > clock.now()) clock.set(target);
    await this.settled();
  }

  /** Workflow files of the default branch that have a schedule. */
  async #scheduled(): Promise<readonly WorkflowFile[]> {
    const head = await this.#head();
    const files: WorkflowFile[] = [];
    for (const path of await this.#sources.workflowPaths(head)) {
      const file = await this.#file(path, head, `refs/heads/${this.#sandbox.defaultBranch}`).catch(passOverProblems);
      if (file?.events.schedule !== undefined) files.push(file);
    }
    return files;
  }

  #fireSchedule(cron: string): Promise<unknown> {
    return this.#work(async () => {
      const head = await this.#head();
      const actor = this.#loginOf((await this.#git.commit(head)).committer.email);
      const payload = { ...commonPayload(this.#sandbox, actor), schedule: cron };
      return this.#happen(plainOccurrence('schedule', payload, actor, `refs/heads/${this.#sandbox.defaultBranch}`, head));
    });
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

  // The repository

  get #sandbox(): RunnerOptions['sandbox'] {
    return this.#options.sandbox;
  }

  async #head(): Promise<string> {
    const commit = await this.#git.resolveCommit(`refs/heads/${this.#sandbox.defaultBranch}`);
    if (commit === null) throw new Error(`sandbox: there is no branch ${this.#sandbox.defaultBranch}`);
    return commit.oid;
  }

  #file(path: string, sha: string, ref: string): Promise<WorkflowFile> {
    const key = `${sha}:${path}@${ref}`;
    const known = this.#files.get(key);
    if (known !== undefined) return known;
    const source = this.#sources.own(sha);
    const read = this.#sources.text(source, path).then((text) => {
      if (text === null) throw new Refusal(404, 'Not Found');
      return readWorkflowFile(text, { source, path, ref });
    });
    this.#files.set(key, read);
    return read;
  }

  /** Files that differ: of a new ref those since it left the default branch. */
  async #changed(before: string, sha: string, sinceCommonBase = false): Promise<readonly string[]> {
    const known = before === NO_SHA ? await this.#head() : before;
    const base = before === NO_SHA || sinceCommonBase ? (await this.#git.compare(known, sha)).mergeBase : known;
    return (await this.#git.changedFiles(base === sha ? null : base, sha)).map(({ path }) => path);
  }

  #loginOf(email: string): string {
    return this.#sandbox.state.users.find((user) => user.emails.includes(email))?.login ?? email.replace(/@.*$/, '');
  }
}

function plainOccurrence(event: string, payload: Readonly<Record<string, Json>>, actor: string, ref: string, sha: string): Occurrence {
  return { event, payload, actor, ref, sha, baseRef: '', headRef: '', forked: false, filesAt: sha, changedFiles: async () => null };
}

/** A branch goes before a tag of the same name. */
function fullName(ref: string, refs: ReadonlyMap<string, string>): string {
  if (ref.startsWith('refs/')) return ref;
  return refs.has(`refs/heads/${ref}`) || !refs.has(`refs/tags/${ref}`) ? `refs/heads/${ref}` : `refs/tags/${ref}`;
}

interface PullRequestEvent {
  readonly number: number;
  readonly headSha: string;
  readonly headRef: string;
  readonly baseRef: string;
  readonly forked: boolean;
}

function pullRequestOf(payload: Readonly<Record<string, Json>>, repository: string): PullRequestEvent | null {
  const pull = recordOf(payload['pull_request']);
  if (pull === null) return null;
  const [head, base] = [recordOf(pull['head']), recordOf(pull['base'])];
  const source = String(recordOf(head?.['repo'])?.['full_name'] ?? repository);
  return {
    number: Number(pull['number'] ?? payload['number'] ?? 0),
    headSha: String(head?.['sha'] ?? ''),
    headRef: String(head?.['ref'] ?? ''),
    baseRef: String(base?.['ref'] ?? ''),
    forked: !sameName(source, repository),
  };
}

function headBranchOf(payload: Readonly<Record<string, Json>>): string {
  return String(recordOf(payload['workflow_run'])?.['head_branch'] ?? '');
}

function recordOf(value: Json | undefined): Readonly<Record<string, Json>> | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Readonly<Record<string, Json>>) : null;
}

/** What GitHub could not read is no schedule; anything else is an error here, too. */
function passOverProblems(error: unknown): null {
  if (error instanceof WorkflowProblem || error instanceof NotSupported) return null;
  throw error;
}
