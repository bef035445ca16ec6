/** One attempt of a run: starts jobs when what they need is over, and keeps what the sandbox's state says about them. */
import { addReview, ensureEnvironment } from '../github/effects.ts';
import { type Job, newJob, nextId, type Run, sameName } from '../github/state.ts';
import type { Agenda } from './agenda.ts';
import { type ConcurrencyGroups, readConcurrency, type Ticket } from './concurrency.ts';
import { gateOf, isOpen, LONGEST_WAIT, refProblem } from './environment-gate.ts';
import { asText, type Contexts, ExpressionProblem, evaluate, evaluateToken, isTruthy, type Json } from './expressions.ts';
import { githubContext, type RunSubject } from './github-context.ts';
import type { TemplateToken } from './github-parser.ts';
import {
  ancestorsOf,
  closeGroup,
  dependsOnNews,
  type Group,
  hasRun,
  type Instance,
  isCancelled,
  isDone,
  jobLegs,
  type Leg,
  needsOf,
  resultsContext,
} from './graph.ts';
import { newInstance, newLeg } from './graph-making.ts';
import { AT_ONCE } from './job/contract.ts';
import { fail, type JobParts, runJob } from './job-run.ts';
import type { Machines } from './machines.ts';
import { readStrategy } from './matrix.ts';
import { combined, type Result, statusFunctions } from './needs.ts';
import { problemAt, WorkflowProblem } from './problems.ts';
import { callInputs, callPart, grantsOfJob } from './reusable-call.ts';
import { acceptedLabels } from './runs-on.ts';
import { groupContexts, legContexts, type RunContexts, workflowContexts } from './scopes.ts';
import { callSecrets } from './secrets.ts';
import { childOf, type WorkflowFile, type WorkflowTree } from './workflow-file.ts';

const DAY = 86_400_000;
/** GitHub ends a run that is older. */
const LONGEST_RUN = 35 * DAY;

export interface RunParts extends JobParts {
  readonly agenda: Agenda;
  readonly groups: ConcurrencyGroups;
  readonly machines: Machines;
  readonly variables: Readonly<Record<string, string>>;
}

export interface RunPlan {
  readonly run: Run;
  readonly subject: RunSubject;
  readonly tree: WorkflowTree;
  readonly inputs: Readonly<Record<string, Json>>;
  /** Of the repository, as far as the run may have them. */
  readonly secrets: Readonly<Record<string, string>>;
  /** What jobs are granted that say nothing. */
  readonly grants: Readonly<Record<string, 'none' | 'read' | 'write'>>;
  /** Jobs of the attempt before that are not run again, by key. */
  readonly kept: ReadonlyMap<string, Job>;
}

export class WorkflowRun {
  readonly run: Run;
  readonly plan: RunPlan;
  readonly #parts: RunParts;
  readonly #shared: RunContexts;
  readonly #root: Instance;
  #ticket: Ticket | null = null;
  #begun = false;
  #cancelled = false;
  #places = 0;
  #proceeding = false;
  #again = false;
  #endLife: () => void = () => undefined;

  constructor(parts: RunParts, plan: RunPlan) {
    this.#parts = parts;
    this.plan = plan;
    this.run = plan.run;
    this.#shared = { github: githubContext(parts.sandbox, plan.run, plan.subject), vars: parts.variables };
    this.#root = newInstance(plan.tree, null, { inputs: plan.inputs, secrets: plan.secrets, grants: plan.grants });
  }

  /** Begins, as soon as the run's concurrency group lets it. */
  start(): void {
    this.#endLife = this.#parts.agenda.add(this.#now + LONGEST_RUN, () => this.cancel());
    const token = childOf(this.plan.tree.file.root, 'concurrency');
    try {
      if (token !== undefined) this.#ticket = this.#runTicket(token);
    } catch (error) {
      this.#refuse(this.#told(error));
      return;
    }
    if (this.#ticket === null) this.#begin();
    else this.#parts.groups.enter(this.#ticket);
    this.#tell();
  }

  /** Ends what has not begun, asks what runs to stop. Jobs whose `if` holds for a cancelled run go on. */
  cancel(): void {
    if (this.isOver) return;
    this.#cancelled = true;
    if (!this.#begun) {
      this.#finish('cancelled');
      return;
    }
    this.#cancelLegs([...jobLegs(this.#root)].filter((leg) => !this.#holds(leg.group)));
    this.#proceed();
  }

  /** Lets the jobs go on that wait for these environments, or fails them. Who reviews has been checked. */
  review(review: {
    user: string;
    environments: readonly string[];
    state: 'approved' | 'rejected';
    comment: string;
    listed: boolean;
    bypass: boolean;
  }): void {
    const released = [...jobLegs(this.#root)].filter(
      ({ state, gate }) => state === 'waiting' && gate !== null && review.environments.some((name) => sameName(name, gate.environment)),
    );
    const listed = review.listed && this.#isListed(review.bypass, released);
    addReview(this.#parts.sandbox.state, this.run, { ...review, listed }, this.#now);
    for (const leg of released) {
      const { gate } = leg;
      if (gate === null) continue;
      if (review.state === 'rejected') {
        this.#failLeg(leg, `${review.user} rejected the deployment to ${gate.environment}.`);
        continue;
      }
      gate.approved = true;
      if (review.bypass) gate.timer = this.#now;
      this.#passGate(leg);
    }
    this.#proceed();
  }

  /** Jobs that wait for an environment fail when it is removed (source: Deployments and environments, deleting an environment). */
  environmentRemoved(name: string): void {
    for (const leg of [...jobLegs(this.#root)]) {
      if (leg.state === 'waiting' && leg.gate !== null && sameName(leg.gate.environment, name))
        this.#failLeg(leg, `The environment ${name} was removed while this job waited for it.`);
    }
    this.#proceed();
  }

  /** Whether GitHub's list shows a review of these jobs. */
  #isListed(bypass: boolean, released: readonly Leg[]): boolean {
    const { bypasses, approvalsWithoutDeployment } = this.#parts.sandbox.switches;
    if (bypass && bypasses === 'unlisted') return false;
    return approvalsWithoutDeployment === 'listed' || released.some(({ job }) => job?.environment?.deployment !== false);
  }

  /** Environments for which jobs wait: for reviewers, or only for time. */
  waitingFor(): readonly string[] {
    return [...jobLegs(this.#root)].flatMap((leg) => (leg.state === 'waiting' && leg.gate !== null ? [leg.gate.environment] : []));
  }

  get isOver(): boolean {
    return this.run.status === 'completed';
  }

  /** Stops everything at once, without a word. */
  abandon(): void {
    for (const leg of jobLegs(this.#root)) leg.cancellation.abort(AT_ONCE);
  }

  get #now(): number {
    return this.#parts.sandbox.clock.now();
  }

  #runTicket(token: TemplateToken): Ticket {
    const contexts = workflowContexts(this.#shared, this.#root);
    return {
      setting: readConcurrency(evaluateToken(token, { contexts })),
      granted: () => this.#begin(),
      cancelled: () => this.cancel(),
    };
  }

  #begin(): void {
    this.#begun = true;
    this.#proceed();
  }

  // Walking the graph

  #proceed(): void {
    this.#again = true;
    if (this.#proceeding) return;
    this.#proceeding = true;
    while (this.#again) {
      this.#again = false;
      this.#walk(this.#root);
    }
    this.#proceeding = false;
    this.#tell();
  }

  #walk(instance: Instance): void {
    for (const group of instance.groups.values()) {
      if (group.result !== null) continue;
      if (group.legs.length === 0 && needsOf(group).every((need) => need.result !== null)) this.#startGroup(group);
      for (const leg of group.legs) if (leg.instance !== null && leg.state !== 'done') this.#walk(leg.instance);
    }
    const { call } = instance;
    if (call !== null && call.state !== 'done' && isDone(instance)) this.#endCall(call, instance);
  }

  #startGroup(group: Group): void {
    try {
      if (!this.#holds(group)) {
        this.#endLeg(newLeg(this.#shared, group, null, 0, 1), 'skipped');
        return;
      }
      const token = childOf(group.definition.token, 'strategy');
      const value = token === undefined ? {} : evaluateToken(token, { contexts: groupContexts(this.#shared, group) });
      const strategy = this.#placed(group.instance.tree.file.path, token, () => readStrategy(value));
      group.maxParallel = strategy.maxParallel;
      group.failFast = strategy.failFast;
      const combinations = strategy.combinations ?? [null];
      for (const [index, combination] of combinations.entries()) newLeg(this.#shared, group, combination, index, combinations.length);
    } catch (error) {
      this.#failLeg(group.legs[0] ?? newLeg(this.#shared, group, null, 0, 1), this.#told(error));
      for (const leg of [...group.legs]) if (leg.state !== 'done') this.#endLeg(leg, 'cancelled');
      return;
    }
    this.#startLegs(group);
  }

  /** Adds the place to what is wrong with a value that was computed. */
  #placed<T>(path: string, token: TemplateToken | undefined, read: () => T): T {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof WorkflowProblem)) throw error;
      throw problemAt(path, token, error.message);
    }
  }

  /** Whether a job's `if` holds now. */
  #holds(group: Group): boolean {
    const results = ancestorsOf(group).map((other) => other.result ?? 'skipped');
    const functions = statusFunctions(results, this.#cancelled || isCancelled(group.instance));
    return isTruthy(evaluate(group.definition.condition, { contexts: groupContexts(this.#shared, group), functions }));
  }

  #startLegs(group: Group): void {
    for (const leg of group.legs) {
      const active = group.legs.filter(({ state }) => state !== 'idle' && state !== 'done').length;
      if (leg.state === 'idle' && active < group.maxParallel) this.#startLeg(leg);
    }
  }

  #startLeg(leg: Leg): void {
    const kept = this.plan.kept.get(leg.key);
    if (leg.group.definition.uses === null && kept !== undefined && !dependsOnNews(leg.group)) {
      this.#takeOver(leg, kept);
      return;
    }
    try {
      if (leg.group.definition.uses === null) this.#startJob(leg);
      else this.#startCall(leg);
    } catch (error) {
      this.#failLeg(leg, this.#told(error));
    }
  }

  // Calls of other workflows

  #startCall(leg: Leg): void {
    const { group } = leg;
    const called = group.instance.tree.calls.get(group.definition.id);
    if (called === undefined) throw new Error(`${group.key}: the called workflow was not loaded`);
    const contexts = legContexts(this.#shared, leg);
    const calledScope = { contexts: workflowContexts(this.#shared, { inputs: {} }) };
    const { file } = group.instance.tree;
    const instance = newInstance(called, leg, {
      inputs: callInputs(file, group.definition, called.file, { contexts }, calledScope),
      secrets: callSecrets(group.definition, group.instance, called.file, contexts),
      grants: grantsOfJob(file, group.definition, group.instance.grants),
    });
    this.#enterGroup(leg, file, contexts, () => {
      const own = workflowContexts(this.#shared, instance);
      this.#enterGroup(leg, called.file, own, () => {
        leg.state = 'running';
        leg.instance = instance;
        this.#proceed();
      });
    });
  }

  #endCall(leg: Leg, instance: Instance): void {
    const groups = [...instance.groups.values()];
    const contexts = { ...workflowContexts(this.#shared, instance), jobs: resultsContext(groups) };
    try {
      const outputs = callPart(instance.tree.file, 'outputs').map(([name, definition]) => {
        const value = childOf(definition, 'value');
        return [name, value === undefined ? '' : asText(evaluateToken(value, { contexts }))] as const;
      });
      leg.outputs = Object.fromEntries(outputs);
      this.#endLeg(leg, combined(groups.map((group) => group.result ?? 'skipped')));
    } catch (error) {
      this.#failLeg(leg, this.#told(error));
    }
  }

  // Jobs

  #startJob(leg: Leg): void {
    const { token } = leg.group.definition;
    const contexts = legContexts(this.#shared, leg);
    leg.group.ran = true;
    const job = this.#record(leg);
    const { file } = leg.group.instance.tree;
    job.labels = [...acceptedLabels(file.path, childOf(token, 'runs-on'), { contexts })];
    this.#enterGroup(leg, file, contexts, () => this.#approachGate(leg, job));
  }

  /**
   * Groups are entered before anybody is asked for an approval, as on GitHub.
   * @param file the workflow that the job stands in, or the one it calls
   */
  #enterGroup(leg: Leg, file: WorkflowFile, contexts: Contexts, then: () => void): void {
    const token =
      file === leg.group.instance.tree.file ? childOf(leg.group.definition.token, 'concurrency') : childOf(file.root, 'concurrency');
    if (token === undefined) {
      then();
      return;
    }
    const setting = this.#placed(file.path, token, () => readConcurrency(evaluateToken(token, { contexts })));
    if (this.#holdsAround(leg, setting.group)) {
      const told = `Canceling since a deadlock for concurrency group '${setting.group}' was detected between 'top level workflow' and '${leg.name}'`;
      fail(this.#parts, this.#record(leg), told);
      this.#endLeg(leg, 'cancelled');
      return;
    }
    const ticket: Ticket = {
      setting,
      granted: () => {
        if (leg.state !== 'done') this.#guarded(leg, then);
      },
      cancelled: (reason) => {
        if (leg.job !== null) fail(this.#parts, leg.job, reason);
        this.#cancelLeg(leg);
        this.#proceed();
      },
    };
    leg.tickets.push(ticket);
    leg.state = 'pending';
    if (leg.job !== null) leg.job.status = 'pending';
    this.#parts.groups.enter(ticket);
  }

  #guarded(leg: Leg, act: () => void): void {
    try {
      act();
    } catch (error) {
      this.#failLeg(leg, this.#told(error));
    }
    this.#proceed();
  }

  /** Whether the run, or a call around the job, holds the group that the job asks for: it would wait for itself. */
  #holdsAround(leg: Leg, name: string): boolean {
    const around: Ticket[] = this.#ticket === null ? [] : [this.#ticket];
    for (let call = leg.group.instance.call; call !== null; call = call.group.instance.call) around.push(...call.tickets);
    around.push(...leg.tickets);
    return around.some((ticket) => sameName(ticket.setting.group, name));
  }

  #approachGate(leg: Leg, job: Job): void {
    const name = this.#environmentName(leg);
    if (name === '') {
      this.#enqueue(leg, job);
      return;
    }
    const { state } = this.#parts.sandbox;
    const environment = ensureEnvironment(state, name, this.#now);
    job.environment = { name: environment.name, url: '', waitingSince: null, deployment: this.#makesDeployment(leg) };
    const problem = refProblem(state, environment, this.plan.subject.ref);
    if (problem !== null) {
      this.#failLeg(leg, problem);
      return;
    }
    const gate = gateOf(environment, this.#now);
    gate.approved ||= this.#wasApproved(leg, environment.name);
    leg.gate = gate;
    leg.state = 'waiting';
    if (isOpen(gate, this.#now)) {
      this.#enqueue(leg, job);
      return;
    }
    job.status = 'waiting';
    job.environment.waitingSince = this.#now;
    const { agenda } = this.#parts;
    leg.withdrawals.push(agenda.add(gate.timer, () => this.#passGate(leg)));
    if (!gate.approved) leg.withdrawals.push(agenda.add(gate.since + LONGEST_WAIT, () => this.#expireGate(leg)));
  }

  /** By its reviewers in an earlier attempt, where that counts: what is another environment's job now was another job then. */
  #wasApproved(leg: Leg, environment: string): boolean {
    const { state, switches } = this.#parts.sandbox;
    if (switches.rerunGates === 'ask') return false;
    const earlier = state.jobs.filter(({ runId, key, attempt }) => runId === this.run.id && key === leg.key && attempt < this.run.attempt);
    const began = earlier.some((job) => job.startedAt !== null && sameName(job.environment?.name ?? '', environment));
    return began && this.run.reviews.some((review) => review.environments.some((name) => sameName(name, environment)));
  }

  #environmentName(leg: Leg): string {
    const token = childOf(leg.group.definition.token, 'environment');
    if (token === undefined) return '';
    const name = childOf(token, 'name') ?? token;
    return asText(evaluateToken(name, { contexts: legContexts(this.#shared, leg) }));
  }

  #makesDeployment(leg: Leg): boolean {
    const token = childOf(childOf(leg.group.definition.token, 'environment'), 'deployment');
    return token === undefined || isTruthy(evaluateToken(token, { contexts: legContexts(this.#shared, leg) }));
  }

  #passGate(leg: Leg): void {
    if (leg.state !== 'waiting' || leg.gate === null || leg.job === null || !isOpen(leg.gate, this.#now)) return;
    this.#enqueue(leg, leg.job);
    this.#proceed();
  }

  #expireGate(leg: Leg): void {
    if (leg.state !== 'waiting' || leg.gate === null || leg.gate.approved) return;
    this.#failLeg(leg, `Nobody approved the deployment to ${leg.gate.environment} within 30 days.`);
    this.#proceed();
  }

  #enqueue(leg: Leg, job: Job): void {
    this.#withdraw(leg);
    leg.state = 'queued';
    job.status = 'queued';
    if (job.environment !== null) job.environment.waitingSince = null;
    leg.withdrawals.push(this.#parts.machines.run(() => this.#execute(leg, job)));
  }

  async #execute(leg: Leg, job: Job): Promise<void> {
    leg.state = 'running';
    job.status = 'in_progress';
    job.startedAt = this.#now;
    this.#tellJob(job);
    this.#tell();
    const { run, plan } = this;
    const { conclusion, outputs } = await runJob(this.#parts, { run, subject: plan.subject, shared: this.#shared }, leg, job);
    leg.outputs = outputs;
    job.outputs = { ...outputs };
    this.#endLeg(leg, conclusion);
    this.#proceed();
  }

  /** A job of the attempt before that is not run again. */
  #takeOver(leg: Leg, before: Job): void {
    const job: Job = { ...structuredClone(before), id: nextId(this.#parts.sandbox.state), attempt: this.run.attempt };
    this.#parts.sandbox.state.jobs.push(job);
    leg.job = job;
    leg.outputs = before.outputs;
    this.#endLeg(leg, before.conclusion === 'success' ? 'success' : 'failure');
  }

  // Ends

  #failLeg(leg: Leg, message: string): void {
    fail(this.#parts, this.#record(leg), message);
    this.#endLeg(leg, 'failure');
  }

  /** First those that have not begun, so that none of them takes the place of one that ends. */
  #cancelLegs(legs: readonly Leg[]): void {
    for (const leg of legs) if (leg.state === 'idle') this.#cancelLeg(leg);
    for (const leg of legs) this.#cancelLeg(leg);
  }

  #cancelLeg(leg: Leg): void {
    if (leg.state === 'done') return;
    if (leg.instance !== null) {
      leg.instance.cancelled = true;
      this.#cancelLegs([...jobLegs(leg.instance)]);
      return;
    }
    if (leg.state === 'running') leg.cancellation.abort();
    else this.#endLeg(leg, 'cancelled');
  }

  #endLeg(leg: Leg, result: Result): void {
    if (leg.state === 'done') return;
    this.#withdraw(leg);
    leg.state = 'done';
    leg.place = this.#places++;
    this.#closeJob(leg, result);
    leg.result = result === 'failure' && this.#mayFail(leg) ? 'success' : result;
    for (const ticket of leg.tickets) this.#parts.groups.leave(ticket);
    const { group } = leg;
    if (leg.result === 'failure' && group.failFast) this.#cancelLegs(group.legs);
    if (group.result !== null) return;
    if (group.legs.every(({ state }) => state === 'done')) {
      closeGroup(group);
      group.ran ||= group.legs.some(({ instance }) => instance !== null && hasRun(instance));
    } else this.#startLegs(group);
    this.#again = true;
  }

  #closeJob(leg: Leg, result: Result): void {
    if (leg.instance !== null && leg.job === null) return;
    const job = this.#record(leg);
    if (job.status === 'completed') return;
    job.status = 'completed';
    job.conclusion = result;
    job.completedAt = this.#now;
    job.endUnlisted = job.startedAt !== null;
    if (job.environment !== null) job.environment.waitingSince = null;
    this.#tellJob(job);
  }

  #mayFail(leg: Leg): boolean {
    const token = childOf(leg.group.definition.token, 'continue-on-error');
    if (token === undefined) return false;
    try {
      return isTruthy(evaluateToken(token, { contexts: legContexts(this.#shared, leg) }));
    } catch (error) {
      if (leg.job !== null) fail(this.#parts, leg.job, this.#told(error));
      return false;
    }
  }

  /** What went wrong, in words; what the sandbox cannot do is told to its owner, too. */
  #told(error: unknown): string {
    const message = error instanceof Error ? error.message : String(error);
    if (!(error instanceof ExpressionProblem) && !(error instanceof WorkflowProblem)) this.#parts.violation(message);
    return message;
  }

  #withdraw(leg: Leg): void {
    for (const withdraw of leg.withdrawals.splice(0)) withdraw();
  }

  #refuse(problem: string): void {
    this.run.problem = problem;
    this.#finish('startup_failure');
  }

  #finish(conclusion: NonNullable<Run['conclusion']>): void {
    const { run } = this;
    this.#endLife();
    run.status = 'completed';
    run.conclusion = conclusion;
    run.waiting = [];
    run.updatedAt = this.#now;
    if (this.#ticket !== null) this.#parts.groups.leave(this.#ticket);
    this.#parts.emit({ kind: 'run', runId: run.id });
  }

  // What the state says

  #record(leg: Leg): Job {
    if (leg.job !== null) return leg.job;
    const job = newJob(this.#parts.sandbox.state, this.run, leg, this.#now);
    leg.job = job;
    this.#parts.sandbox.state.jobs.push(job);
    this.#tellJob(job);
    return job;
  }

  #tellJob(job: Job): void {
    this.#parts.emit({ kind: 'job', runId: job.runId, jobId: job.id });
  }

  #tell(): void {
    const { run } = this;
    if (this.isOver) return;
    if (this.#begun && isDone(this.#root)) {
      const result = combined([...this.#root.groups.values()].map((group) => group.result ?? 'skipped'));
      this.#finish(this.#cancelled && result !== 'success' ? 'cancelled' : result);
      return;
    }
    const before = `${run.status} ${run.waiting.join()}`;
    const states = new Set([...jobLegs(this.#root)].map(({ state }) => state));
    const asked = [...jobLegs(this.#root)].filter((leg) => leg.state === 'waiting' && leg.gate?.approved === false);
    run.waiting = [...new Set(asked.map((leg) => leg.gate?.environment ?? ''))];
    if (!this.#begun) run.status = 'pending';
    else if (states.has('running') || states.has('queued')) run.status = 'in_progress';
    else if (states.has('waiting')) run.status = 'waiting';
    else run.status = states.has('pending') ? 'pending' : 'in_progress';
    if (before === `${run.status} ${run.waiting.join()}`) return;
    run.updatedAt = this.#now;
    this.#parts.emit({ kind: 'run', runId: run.id });
  }
}
