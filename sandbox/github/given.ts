import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Clock, Given } from './api.ts';
import {
  addDeployment,
  addIssue,
  addReview,
  addStatus,
  ensureEnvironment,
  ensureLabel,
  ensureUser,
  renameIssue,
  setIssueState,
} from './effects.ts';
import {
  ACTIONS_BOT,
  type Artifact,
  type Deployment,
  type Environment,
  type Issue,
  type Job,
  newJob,
  nextId,
  type RefPattern,
  type Run,
  type State,
  sameName,
} from './state.ts';

/** How long GitHub keeps artifacts unless told otherwise. */
const NINETY_DAYS = 90 * 86_400_000;

/** What is needed to say what the world did. */
export interface GivenParts {
  readonly state: State;
  readonly clock: Clock;
  readonly repository: string;
  readonly defaultBranch: string;
}

/** What the world did before or beside the product, for tests and the demo. */
export function createGiven(parts: GivenParts): Given {
  return { ...givenPeople(parts), ...givenRuns(parts), ...givenJobs(parts), ...givenDeployments(parts), ...givenIssues(parts) };
}

function givenPeople({
  state,
  clock,
}: GivenParts): Pick<Given, 'user' | 'team' | 'environment' | 'removeEnvironment' | 'protectedBranch' | 'label'> {
  return {
    user(login, options = {}) {
      const user = ensureUser(state, login);
      if (options.role !== undefined) user.role = options.role;
      if (options.emails !== undefined) user.emails = [...options.emails];
      if (options.type !== undefined) user.type = options.type;
      return user;
    },
    team(combined, members) {
      const [organization = '', slug = ''] = combined.split('/');
      for (const member of members) ensureUser(state, member);
      state.teams = state.teams.filter((team) => !sameName(`${team.organization}/${team.slug}`, combined));
      const team = { id: nextId(state), organization, slug, members: [...members] };
      state.teams.push(team);
      return team;
    },
    environment(name, options = {}) {
      const environment = ensureEnvironment(state, name, clock.now());
      if (options.reviewers !== undefined) environment.reviewers = [...options.reviewers];
      if (options.preventSelfReview !== undefined) environment.preventSelfReview = options.preventSelfReview;
      if (options.waitTimer !== undefined) environment.waitTimer = options.waitTimer;
      if (options.adminBypass !== undefined) environment.adminBypass = options.adminBypass;
      if (options.refPolicy !== undefined) environment.refPolicy = givenPolicy(state, options.refPolicy);
      for (const reviewer of environment.reviewers) if (!reviewer.includes('/')) ensureUser(state, reviewer);
      return environment;
    },
    protectedBranch(name) {
      if (!state.protectedBranches.includes(name)) state.protectedBranches.push(name);
    },
    removeEnvironment(name) {
      state.environments = state.environments.filter((environment) => !sameName(environment.name, name));
    },
    label(name) {
      ensureLabel(state, name);
    },
  };
}

function givenPolicy(state: State, policy: null | 'protected' | readonly Omit<RefPattern, 'id'>[]): Environment['refPolicy'] {
  return policy === null || policy === 'protected' ? policy : policy.map((pattern) => ({ ...pattern, id: nextId(state) }));
}

function givenRuns({ state, clock, defaultBranch }: GivenParts): Pick<Given, 'run' | 'finishRun' | 'rerun' | 'waiting' | 'review'> {
  return {
    run(options) {
      const actor = options.actor ?? 'octocat';
      const workflow = options.workflow ?? 'pipeline';
      const headBranch = options.headBranch ?? defaultBranch;
      const run: Run = {
        id: options.id ?? nextId(state),
        attempt: options.attempt ?? 1,
        number: state.runs.length + 1,
        headSha: options.headSha,
        headBranch,
        event: options.event ?? 'push',
        status: options.status ?? 'in_progress',
        conclusion: options.conclusion ?? null,
        actor,
        triggeringActor: options.triggeringActor ?? actor,
        workflow,
        checkSuiteId: nextId(state),
        createdAt: clock.now(),
        updatedAt: clock.now(),
        waiting: [],
        reviews: [],
        workflowPath: options.workflowPath ?? `.github/workflows/${workflow}.yml`,
        calls: options.calls ?? [],
        ref: options.ref ?? `refs/heads/${headBranch}`,
        payload: options.payload ?? {},
        problem: null,
        startedAt: clock.now(),
      };
      ensureUser(state, run.actor);
      ensureUser(state, run.triggeringActor);
      if (state.runs.some((other) => other.id === run.id)) throw new Error(`sandbox: there is already a run ${run.id}`);
      state.runs.push(run);
      return run;
    },
    finishRun(id, conclusion) {
      const run = theRun(state, id);
      run.status = 'completed';
      run.conclusion = conclusion;
      run.waiting = [];
      run.updatedAt = clock.now();
    },
    rerun(id, triggeringActor) {
      const run = theRun(state, id);
      run.attempt += 1;
      run.status = 'in_progress';
      run.conclusion = null;
      run.triggeringActor = triggeringActor ?? run.triggeringActor;
      ensureUser(state, run.triggeringActor);
      run.updatedAt = clock.now();
      run.startedAt = clock.now();
    },
    waiting(runId, ...environments) {
      const run = theRun(state, runId);
      for (const name of environments) ensureEnvironment(state, name, clock.now());
      run.waiting.push(...environments.filter((name) => !run.waiting.some((present) => sameName(present, name))));
      run.status = 'waiting';
    },
    review(runId, review) {
      const { user, environments, state: verdict = 'approved', comment = '', listed = true } = review;
      for (const name of environments) ensureEnvironment(state, name, clock.now());
      return addReview(state, theRun(state, runId), { user, environments, state: verdict, comment, listed }, clock.now());
    },
  };
}

function givenJobs({ state, clock }: GivenParts): Pick<Given, 'job' | 'finishJob' | 'artifact'> {
  return {
    job(runId, options) {
      const run = theRun(state, runId);
      const waits = run.waiting.some((name) => sameName(name, options.environment?.name ?? ''));
      const job: Job = {
        ...newJob(state, run, { key: options.name, name: options.name }, clock.now()),
        status: waits ? 'waiting' : 'queued',
        labels: ['ubuntu-latest'],
        ...options,
      };
      state.jobs.push(job);
      return job;
    },
    finishJob(id, conclusion) {
      const job = state.jobs.find((candidate) => candidate.id === id);
      if (job === undefined) throw new Error(`sandbox: there is no job ${id}`);
      Object.assign(job, { status: 'completed', conclusion, completedAt: clock.now() });
    },
    artifact(runId, options) {
      const content = readFileSync(options.file);
      const createdAt = options.createdAt ?? clock.now();
      const artifact: Artifact = {
        id: nextId(state),
        runId: theRun(state, runId).id,
        attempt: theRun(state, runId).attempt,
        size: content.length,
        digest: `sha256:${createHash('sha256').update(content).digest('hex')}`,
        createdAt,
        expiresAt: createdAt + NINETY_DAYS,
        ...options,
      };
      state.artifacts.push(artifact);
      return artifact;
    },
  };
}

function theRun(state: State, id: number): Run {
  const run = state.runs.find((candidate) => candidate.id === id);
  if (run === undefined) throw new Error(`sandbox: there is no run ${id}; say given.run({ id: ${id}, … }) first`);
  return run;
}

function theDeployment(state: State, id: number): Deployment {
  const deployment = state.deployments.find((candidate) => candidate.id === id);
  if (deployment === undefined) throw new Error(`sandbox: there is no deployment ${id}`);
  return deployment;
}

function givenDeployments({ state, clock }: GivenParts): Pick<Given, 'deployment' | 'commitStatus' | 'status'> {
  return {
    deployment(options) {
      const creator = options.creator ?? ACTIONS_BOT;
      const createdAt = options.createdAt ?? clock.now();
      const deployment = addDeployment(state, {
        sha: options.sha,
        ref: options.ref ?? options.sha,
        refName: options.refName ?? null,
        task: options.task ?? 'deploy',
        environment: options.environment,
        payload: options.payload ?? '',
        description: options.description ?? '',
        creator,
        transient: options.transient ?? false,
        production: options.production ?? sameName(options.environment, 'production'),
        createdAt,
      });
      for (const given of options.statuses ?? []) {
        const status = typeof given === 'string' ? { state: given } : given;
        addStatus(state, deployment, { creator, createdAt, ...status });
      }
      return deployment;
    },
    commitStatus(sha, context, next) {
      state.commitStatuses = state.commitStatuses.filter((status) => status.sha !== sha || status.context !== context);
      state.commitStatuses.push({ sha, context, state: next });
    },
    status(deploymentId, next, options = {}) {
      addStatus(state, theDeployment(state, deploymentId), { creator: ACTIONS_BOT, createdAt: clock.now(), ...options, state: next });
    },
  };
}

function theIssue(state: State, number: number): Issue {
  const issue = state.issues.find((candidate) => candidate.number === number);
  if (issue === undefined) throw new Error(`sandbox: there is no issue ${number}`);
  return issue;
}

function givenIssues({
  state,
  clock,
  repository,
  defaultBranch,
}: GivenParts): Pick<Given, 'issue' | 'closeIssue' | 'renameIssue' | 'pullRequest'> {
  return {
    issue(options) {
      const author = options.author ?? options.labelledBy ?? 'octocat';
      return addIssue(state, {
        title: options.title,
        body: options.body ?? '',
        author,
        labels: options.labels ?? [],
        labelledBy: options.labelledBy ?? author,
        createdAt: options.createdAt ?? clock.now(),
      });
    },
    closeIssue(number) {
      setIssueState(theIssue(state, number), 'closed', clock.now());
    },
    renameIssue(number, title, by) {
      renameIssue(state, theIssue(state, number), title, by, clock.now());
    },
    pullRequest(options) {
      ensureUser(state, options.author);
      state.lastNumber += 1;
      const number = state.lastNumber;
      const pullRequest = {
        number,
        title: options.title ?? `Change ${number}`,
        author: options.author,
        state: options.state ?? ('merged' as const),
        headRepository: options.headRepository ?? repository,
        headRef: options.headRef ?? `change-${number}`,
        headSha: options.commits.at(-1) ?? '',
        baseRef: options.baseRef ?? defaultBranch,
        commits: [...options.commits],
        createdAt: clock.now(),
        mergedAt: (options.state ?? 'merged') === 'merged' ? clock.now() : null,
      };
      state.pullRequests.push(pullRequest);
      return pullRequest;
    },
  };
}
