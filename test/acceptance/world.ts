/** A repository, its GitHub and its runs: what an acceptance scenario begins with. */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Sandbox, type SandboxOptions, startSandbox } from '../../sandbox/github/index.ts';
import { type Author, createRepository, type SampleRepository } from '../../sandbox/github/sample-repository.ts';
import type { StatusState } from '../../sandbox/github/state.ts';
import { runStep, type StepOptions, type StepResult } from '../../sandbox/runner/action-step.ts';
import type { RecordPayload } from '../../src/github/record-payload.ts';
import { DIGEST, digestOf } from '../digests.ts';

/** The permissions that the README tells a job to ask for. */
export const JOB_PERMISSIONS = {
  actions: 'read',
  checks: 'read',
  contents: 'read',
  deployments: 'write',
  issues: 'write',
  'pull-requests': 'read',
} as const;

/** dev → uat (one approval, acceptance) → staging → production (two approvals); commands that leave a trace in the workspace. */
export const PIPELINE = `version: 1
build: { run: npm run build, artifact: dist }
environments:
  dev: { role: development, data: test, deploy: { run: 'echo "deploying $PROMOTE_VERSION to $PROMOTE_ENVIRONMENT"' } }
  uat:
    role: uat
    gate: { approvals: 1, by: [octo-org/qa] }
    deploy: { run: 'echo "deploying $PROMOTE_VERSION to $PROMOTE_ENVIRONMENT"' }
  staging: { role: staging, deploy: { run: 'echo "deploying $PROMOTE_VERSION to $PROMOTE_ENVIRONMENT"' } }
  production:
    role: production
    gate: { approvals: 2, by: [octo-org/release], exclude: [initiator] }
    deploy: { run: 'echo "deploying $PROMOTE_VERSION to $PROMOTE_ENVIRONMENT"' }
routes:
  - { name: release, tags: ['v*'], path: [uat, staging, production] }
  - { name: mainline, branches: [main], path: [dev, uat, staging, production] }
  - { name: hotfix, branches: ['hotfix/**'], path: [staging, production] }
  - { name: feature, branches: ['**'], path: [dev] }
`;

/** Straight into production, so that a scenario is about nothing but the door and who is there. */
export const PRODUCTION_ONLY = `version: 1
build: { run: npm run build, artifact: dist }
environments:
  production:
    role: production
    gate: { approvals: 1, by: [octo-org/release] }
    deploy: { run: 'echo "deploying $PROMOTE_SHA"; sleep 0.2' }
routes: [{ name: mainline, branches: [main], path: [production] }]
`;

/** The same without a command: the job's own steps deploy, so that it stands between its phases for as long as a scenario wants. */
export const OWN_STEPS = PRODUCTION_ONLY.replace(/ {4}deploy:.*\n/, '');

/** The same with another command. */
export function productionWith(deploy: string): string {
  return OWN_STEPS.replace('routes:', () => `    deploy: { run: '${deploy}' }\nroutes:`);
}

/** One environment behind a gate, and nothing before it; dev is where other approvals may come from. */
export function gated(gate: string): string {
  return `version: 1
environments:
  uat: { role: uat, gate: ${gate}, deploy: { run: 'echo "deploying $PROMOTE_VERSION"' } }
  dev: { role: development, gate: { approvals: 1 } }
routes:
  - { name: mainline, branches: [main], path: [uat] }
  - { name: feature, branches: ['feature/**'], path: [dev] }
`;
}

export interface WorldOptions extends Partial<Omit<SandboxOptions, 'repositoryPath'>> {
  /** `null`: the repository has no pipeline file. */
  readonly pipeline?: string | null;
  /** `shared` (default): every commit is built into the same artifact. `own`: each into its own, `digestOf` its sha. */
  readonly artifacts?: 'shared' | 'own';
}

export interface RunOptions {
  /** Default `push`. */
  readonly event?: string;
  /** Fields of the event's payload beside those that the event always has. */
  readonly payload?: Record<string, unknown>;
  /** What the event file holds instead of the event. */
  readonly eventText?: string;
  readonly ref?: string;
  readonly sha: string;
  /** Commit under which GitHub lists the run, where that is not GITHUB_SHA: a pull request's head. */
  readonly headSha?: string;
  readonly actor?: string;
  readonly token?: string;
  /** What the checkout holds; default: the files of `sha`. `null`: nothing was checked out. */
  readonly checkout?: string | null;
}

/** A record as somebody looking at GitHub sees it. */
export interface RecordSeen {
  readonly id: number;
  readonly environment: string;
  readonly task: string;
  readonly sha: string;
  readonly payload: Readonly<Record<string, unknown>>;
  /** The last final state, `inactive` for a withdrawn one, `open` without any. */
  readonly outcome: string;
  readonly descriptions: readonly string[];
}

/** The main and the post phase of one step of a job. */
export interface JobResult extends StepResult {
  /** `null` when main was ended in a way that the runner starts no post step for. */
  readonly post: StepResult;
  /** Requests of both phases. */
  readonly requestsInAll: number;
}

/** Starts the sandbox on a new repository with the pipeline file, reviewers' teams and the environments the pipeline above asks for. */
export async function startWorld(options: WorldOptions = {}): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), 'promote-world-'));
  const repository = createRepository(join(folder, 'repository'));
  const { pipeline = PIPELINE, artifacts = 'shared', ...sandboxOptions } = options;
  const files: Record<string, string> = { 'README.md': '# shop\n' };
  if (pipeline !== null) files['.github/promote.yml'] = pipeline;
  repository.commit('main', files, 'The shop and its pipeline');
  const sandbox = await startSandbox({ repositoryPath: repository.path, ...sandboxOptions });
  sandbox.given.user('octocat', { role: 'write' });
  sandbox.given.user('hubot', { role: 'write' });
  sandbox.given.user('mona', { role: 'maintain' });
  sandbox.given.user('stranger', { role: 'read' });
  sandbox.given.team('octo-org/qa', ['mona', 'hubot', 'octocat']);
  sandbox.given.team('octo-org/release', ['mona', 'hubot', 'octocat']);
  sandbox.given.environment('dev');
  sandbox.given.environment('uat', { reviewers: ['octo-org/qa'] });
  sandbox.given.environment('staging');
  sandbox.given.environment('production', { reviewers: ['octo-org/release'] });
  return new World(folder, repository, sandbox, artifacts);
}

export class World {
  readonly repository: SampleRepository;
  readonly sandbox: Sandbox;
  readonly folder: string;
  /** Of a job with the permissions the README names. */
  readonly token: string;
  /** Beside those that the runner sets. */
  readonly variables: Record<string, string> = {};
  private readonly artifacts: 'shared' | 'own';

  constructor(folder: string, repository: SampleRepository, sandbox: Sandbox, artifacts: 'shared' | 'own' = 'shared') {
    this.folder = folder;
    this.repository = repository;
    this.sandbox = sandbox;
    this.token = sandbox.token({ permissions: JOB_PERMISSIONS });
    this.artifacts = artifacts;
  }

  /** What the build of that commit hands over. */
  artifactOf(sha: string): string {
    return this.artifacts === 'own' ? digestOf(sha) : DIGEST;
  }

  /** Commits to a branch and starts the run of that push. */
  push(
    branch = 'main',
    message = 'A change',
    files: Record<string, string | null> = { 'src/shop.txt': `${Math.random()}` },
    author: Author = 'octocat',
  ): JobRun {
    const sha = this.repository.commit(branch, files, message, author);
    return this.run({ sha, ref: `refs/heads/${branch}`, actor: author });
  }

  /** Starts a run for an event. */
  run(options: RunOptions): JobRun {
    const ref = options.ref ?? 'refs/heads/main';
    const actor = options.actor ?? 'octocat';
    const event = options.event ?? 'push';
    const { id } = this.sandbox.given.run({
      headSha: options.headSha ?? options.sha,
      headBranch: ref.replace(/^refs\/(heads|tags)\//, ''),
      event,
      actor,
      status: 'in_progress',
    });
    return new JobRun(this, id, { ...options, ref, actor, event });
  }

  /**
   * A record as the action itself would have written it, made beside it. `payload`: what differs from a successful promotion of `sha`
   * without anything special.
   * @returns its id
   */
  record(options: {
    readonly environment: string;
    readonly sha: string;
    readonly payload?: Readonly<Partial<RecordPayload>>;
    /** Default: one success. */
    readonly statuses?: readonly StatusState[];
    /** Default: what the payload's kind asks for. */
    readonly task?: string;
    /** `false`: GitHub lists no job that left it. Default: one of its own. */
    readonly job?: boolean;
  }): number {
    const { environment, sha, statuses = ['success'], job = true } = options;
    const payload: RecordPayload = {
      schema: 1,
      kind: 'promotion',
      candidate: { sha, ref: 'refs/heads/main', version: `main@${sha.slice(0, 7)}` },
      digest: this.artifactOf(sha),
      policyHash: '0'.repeat(40),
      route: 'mainline',
      run: { id: 900_000 + this.sandbox.state.deployments.length, attempt: 1 },
      initiator: 'octocat',
      approvedBy: [],
      reasons: [],
      notes: [],
      relaxed: [],
      replaced: null,
      verify: false,
      ...options.payload,
    };
    if (job) this.ranJob(sha, environment, payload);
    return this.sandbox.given.deployment({ sha, environment, task: options.task ?? `promote:${payload.kind}`, payload, statuses }).id;
  }

  /** The run and the job that left such a record, unless the scenario has the run already. */
  private ranJob(sha: string, environment: string, { kind, run }: RecordPayload): void {
    const { given, state } = this.sandbox;
    if (!state.runs.some(({ id }) => id === run.id)) {
      given.run({ id: run.id, headSha: sha, headBranch: 'main', attempt: run.attempt, status: 'completed', conclusion: 'success' });
    }
    const { id } = given.job(run.id, { name: jobName(kind, environment), attempt: run.attempt });
    given.finishJob(id, 'success');
  }

  /** What GitHub does with runs after a while, and people at any time. */
  forgetRun(id: number): void {
    const { runs, jobs } = this.sandbox.state;
    runs.splice(0, runs.length, ...runs.filter((run) => run.id !== id));
    jobs.splice(0, jobs.length, ...jobs.filter(({ runId }) => runId !== id));
  }

  /** The records left so far, oldest first: deployments with their last final status, or `open`. */
  records(): readonly RecordSeen[] {
    return this.sandbox.state.deployments.map(({ id, environment, task, payload, statuses, sha }) => {
      const final =
        statuses.findLast(({ state }) => ['success', 'failure', 'error'].includes(state)) ??
        statuses.findLast(({ state }) => state === 'inactive');
      return {
        id,
        environment,
        task,
        sha,
        payload: payload as Record<string, unknown>,
        outcome: final?.state ?? 'open',
        descriptions: statuses.map(({ description }) => description),
      };
    });
  }

  /** Fails when the sandbox saw a request or gave an answer that GitHub's own descriptions do not allow. */
  async close(): Promise<void> {
    await this.sandbox.close();
    rmSync(this.folder, { recursive: true, force: true });
    if (this.sandbox.violations.length > 0) throw new Error(`GitHub's description was violated:\n${this.sandbox.violations.join('\n')}`);
  }
}

/** One workflow run, whose jobs can be started. */
export class JobRun {
  readonly id: number;
  readonly sha: string;
  attempt = 1;
  private readonly world: World;
  private readonly options: RunOptions & { readonly ref: string; readonly actor: string; readonly event: string };
  private triggeringActor: string;

  constructor(world: World, id: number, options: RunOptions & { ref: string; actor: string; event: string }) {
    this.world = world;
    this.id = id;
    this.sha = options.sha;
    this.options = options;
    this.triggeringActor = options.actor;
  }

  /** `plan` as the first job of the run. */
  plan(inputs: Record<string, string> = {}): Promise<StepResult> {
    return this.main({ command: 'plan', ...inputs });
  }

  /** A whole job with `deploy`: main, then post with the status the job has by then. `steps`: how the team's own steps ended. */
  deploy(
    environment: string,
    inputs: Record<string, string> = {},
    steps: 'success' | 'failure' | 'cancelled' = 'success',
  ): Promise<JobResult> {
    return this.job(this.deployInputs(environment, inputs), steps);
  }

  /** The main phase of a deploying job, which may end in another way than by itself. */
  deployMain(environment: string, inputs: Record<string, string> = {}, onOutput?: StepOptions['onOutput']): Promise<StepResult> {
    return this.main(this.deployInputs(environment, inputs), onOutput);
  }

  /** The post phase that belongs to it. */
  deployPost(environment: string, main: StepResult, status: 'success' | 'failure' | 'cancelled'): Promise<StepResult> {
    return this.post(this.deployInputs(environment, {}), main, status);
  }

  private deployInputs(environment: string, inputs: Record<string, string>): Record<string, string> {
    return { command: 'deploy', environment, 'artifact-digest': this.world.artifactOf(this.sha), ...inputs };
  }

  accept(environment: string, inputs: Record<string, string> = {}): Promise<JobResult> {
    return this.job({ command: 'accept', environment, 'artifact-digest': this.world.artifactOf(this.sha), ...inputs });
  }

  async job(
    inputs: Record<string, string>,
    steps: 'success' | 'failure' | 'cancelled' = 'success',
    onOutput?: StepOptions['onOutput'],
  ): Promise<JobResult> {
    const main = await this.main(inputs, onOutput);
    const status = main.exitCode === 0 ? steps : 'failure';
    const post = await this.post(inputs, main, status);
    return { ...main, post, requestsInAll: main.requests + post.requests };
  }

  /** The main phase only, as when the machine is lost in between. */
  main(inputs: Record<string, string>, onOutput?: StepOptions['onOutput']): Promise<StepResult> {
    this.jobOf(inputs);
    return this.step(inputs, {}, onOutput);
  }

  async post(inputs: Record<string, string>, main: StepResult, status: 'success' | 'failure' | 'cancelled'): Promise<StepResult> {
    const ended = await this.step({ ...inputs, 'job-status': status }, main.state);
    this.world.sandbox.given.finishJob(this.jobOf(inputs), ended.exitCode === 0 ? status : 'failure');
    return ended;
  }

  /** GitHub lists a job for whatever runs. One that ended and comes again is another one. */
  private jobOf({ command = 'plan', environment = '', rollback }: Record<string, string>): number {
    const { given, state } = this.world.sandbox;
    const kind = ({ deploy: rollback === 'true' ? 'rollback' : 'promotion', accept: 'acceptance', rehearse: 'rehearsal' } as const)[
      command
    ];
    const name = kind === undefined ? command : jobName(kind, environment);
    const runnerName = this.world.variables['RUNNER_NAME'];
    const open = state.jobs.find(
      (job) =>
        job.runId === this.id &&
        job.attempt === this.attempt &&
        job.status !== 'completed' &&
        (job.name === name || (runnerName !== undefined && job.runnerName === runnerName)),
    );
    return (open ?? given.job(this.id, { name, status: 'in_progress', ...(runnerName === undefined ? {} : { runnerName }) })).id;
  }

  /** Somebody approves the run's waiting job, through GitHub's page. */
  approve(user: string, ...environments: string[]): void {
    this.world.sandbox.given.review(this.id, { user, environments });
  }

  reject(user: string, ...environments: string[]): void {
    this.world.sandbox.given.review(this.id, { user, environments, state: 'rejected' });
  }

  finish(conclusion: 'success' | 'failure' | 'cancelled' = 'success'): void {
    this.world.sandbox.given.finishRun(this.id, conclusion);
  }

  /** The job may have an identity: as a job for that environment, `null` for one that names none. */
  identify(environment: string | null, { run = this.id, forged = false }: { run?: number; forged?: boolean } = {}): void {
    const { sandbox, variables } = this.world;
    Object.assign(variables, sandbox.identity({ runId: run, attempt: this.attempt, environment, forged }));
  }

  /** The next attempt, started by somebody. */
  rerun(triggeringActor = this.options.actor): void {
    this.world.sandbox.given.rerun(this.id, triggeringActor);
    this.attempt += 1;
    this.triggeringActor = triggeringActor;
  }

  /** Whole jobs, one after the other, each approved as the pipeline above asks. */
  async promoteThrough(...environments: string[]): Promise<JobResult> {
    let last: JobResult | null = null;
    for (const environment of environments) {
      if (environment === 'uat') this.approve('mona', 'uat');
      if (environment === 'production') for (const user of ['mona', 'hubot']) this.approve(user, 'production');
      last = await this.deploy(environment);
      if (last.exitCode !== 0 || last.post.exitCode !== 0)
        throw new Error(`deploy to ${environment} failed:\n${last.log}\n${last.post.log}`);
    }
    if (last === null) throw new Error('no environment named');
    return last;
  }

  private step(
    inputs: Record<string, string>,
    state: Readonly<Record<string, string>>,
    onOutput?: StepOptions['onOutput'],
  ): Promise<StepResult> {
    const { sandbox, repository } = this.world;
    const { sha, ref, actor, event } = this.options;
    const workspace = mkdtempSync(join(this.world.folder, 'workspace-'));
    mkdirSync(workspace, { recursive: true });
    if (this.options.checkout !== null) repository.exportTo(this.options.checkout ?? sha, workspace);
    return runStep({
      folder: this.world.folder,
      workspace,
      inputs: { token: this.options.token ?? this.world.token, 'retry-wait': '0.02', ...inputs },
      event: this.event(),
      eventText: this.options.eventText,
      state,
      countRequests: () => sandbox.requests.count,
      variables: {
        GITHUB_REPOSITORY: `${sandbox.owner}/${sandbox.name}`,
        GITHUB_API_URL: sandbox.apiUrl,
        GITHUB_GRAPHQL_URL: sandbox.graphqlUrl,
        GITHUB_SERVER_URL: sandbox.url,
        GITHUB_RUN_ID: String(this.id),
        GITHUB_RUN_ATTEMPT: String(this.attempt),
        GITHUB_EVENT_NAME: event,
        GITHUB_SHA: sha,
        GITHUB_REF: ref,
        GITHUB_WORKFLOW_REF: `${sandbox.owner}/${sandbox.name}/.github/workflows/pipeline.yml@${ref}`,
        GITHUB_ACTOR: actor,
        GITHUB_TRIGGERING_ACTOR: this.triggeringActor,
        GITHUB_WORKSPACE: workspace,
        ...this.world.variables,
      },
      ...(onOutput === undefined ? {} : { onOutput }),
    });
  }

  private event(): Record<string, unknown> {
    const { sha, ref, actor, payload, event } = this.options;
    const { owner, name } = this.world.sandbox;
    const common = {
      repository: { name, full_name: `${owner}/${name}`, default_branch: 'main', owner: { login: owner }, fork: false },
      sender: { login: actor },
    };
    if (event !== 'push') return { ...common, ...payload };
    return {
      ...common,
      ref,
      after: sha,
      before: '0'.repeat(40),
      deleted: false,
      created: false,
      forced: false,
      base_ref: null,
      ...payload,
    };
  }
}

/** As a team would call the job that opens a record of that kind. */
function jobName(kind: RecordPayload['kind'], environment: string): string {
  const what = { promotion: 'Deploy to', rollback: 'Roll back', acceptance: 'Accept in', rehearsal: 'Rehearse for' }[kind];
  return `${what} ${environment}${kind === 'acceptance' ? ` as ${environment}-acceptance` : ''}`;
}

/** Writes a file the way a scenario needs it outside of any checkout. */
export function writeInto(folder: string, name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}
