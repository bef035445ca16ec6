/** Hands one job to the machine, and keeps what it tells in the sandbox's state. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { addDeployment, addStatus } from '../github/effects.ts';
import type { Deployment, Job, Run, Sandbox } from '../github/index.ts';
import { ACTIONS_BOT, sameName } from '../github/state.ts';
import type { RunnerEvent } from './api.ts';
import { asText, type Contexts, ExpressionProblem, evaluateToken, type Json } from './expressions.ts';
import { githubVariables, type RunSubject, shortRef } from './github-context.ts';
import type { Leg } from './graph.ts';
import type { ArtifactStore, ExecuteJob, JobPorts, JobRequest, JobResult } from './job/contract.ts';
import { type Grants, readOnly, tokenPermissions } from './permissions.ts';
import { grantsOfJob } from './reusable-call.ts';
import { legContexts, type RunContexts, workflowContexts } from './scopes.ts';
import { type Sources, sameRepository } from './sources.ts';
import { childOf, type WorkflowFile } from './workflow-file.ts';

/** What running a job takes. */
export interface JobParts {
  readonly sandbox: Sandbox;
  readonly sources: Sources;
  readonly artifacts: ArtifactStore;
  readonly executeJob: ExecuteJob;
  /** Where jobs have their folders. */
  readonly folder: string;
  readonly environmentSecrets: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly environmentVariables: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly machine: Readonly<Record<string, string>>;
  emit(event: RunnerEvent): void;
  /** Tells what the sandbox could not do, so that no test passes over it. */
  violation(message: string): void;
}

/** The run that the job belongs to. */
export interface JobSurroundings {
  readonly run: Run;
  readonly subject: RunSubject;
  readonly shared: RunContexts;
}

export type FinishedJob = Pick<JobResult, 'conclusion' | 'outputs'>;

/** Runs the job of a leg on the machine. Never throws: what goes wrong is the job's failure, and told in its log. */
export async function runJob(parts: JobParts, { run, subject, shared }: JobSurroundings, leg: Leg, job: Job): Promise<FinishedJob> {
  const { sandbox } = parts;
  const began = performance.now();
  const token = sandbox.token({ permissions: tokenPermissions(grantsOfLeg(leg, subject)) });
  const deployment = ownDeployment(sandbox, subject, job);
  try {
    const request = requestOf(parts, { run, subject, shared }, leg, job, token);
    const result = await parts.executeJob(request, portsOf(parts, leg, job));
    job.summary = result.summary;
    if (job.environment !== null) job.environment.url = result.environmentUrl ?? '';
    report(sandbox, job, deployment, result.conclusion, result.environmentUrl ?? '');
    return { conclusion: result.conclusion, outputs: result.outputs };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    if (!(error instanceof ExpressionProblem)) parts.violation(`job ${job.name}: ${message}`);
    fail(parts, job, message);
    report(sandbox, job, deployment, 'failure', '');
    return { conclusion: 'failure', outputs: {} };
  } finally {
    sandbox.revoke(token);
    job.machineTime = performance.now() - began;
  }
}

/** Why a job failed, where people look: in its log and among its annotations. */
export function fail(parts: Pick<JobParts, 'emit'>, job: Job, message: string): void {
  job.annotations.push({ level: 'error', message, title: null, file: null, line: null });
  logLine(parts, job, `##[error]${message}`);
}

function logLine(parts: Pick<JobParts, 'emit'>, job: Job, line: string, step: number | null = null): void {
  job.log.push(line);
  job.logSteps ??= [];
  job.logSteps.push(step);
  parts.emit({ kind: 'log', runId: job.runId, jobId: job.id, line });
}

function grantsOfLeg(leg: Leg, subject: RunSubject): Grants {
  const { instance, definition } = leg.group;
  const grants = grantsOfJob(instance.tree.file, definition, instance.grants);
  return subject.forked ? readOnly(grants) : grants;
}

function portsOf(parts: JobParts, leg: Leg, job: Job): JobPorts {
  const changed = (): void => parts.emit({ kind: 'job', runId: job.runId, jobId: job.id });
  return {
    repository: (name, ref) => parts.sources.find(name, ref),
    log: (line, step) => logLine(parts, job, line, step),
    stepChanged(step) {
      const at = job.steps.findIndex(({ number }) => number === step.number);
      if (at === -1) job.steps.push({ ...step });
      else job.steps[at] = { ...step };
      changed();
    },
    annotation(annotation) {
      job.annotations.push({ ...annotation });
    },
    artifacts: parts.artifacts,
    cancellation: leg.cancellation.signal,
  };
}

/** Stands for the token of a job that is not known yet, where a call hands `secrets.GITHUB_TOKEN` on. */
export const TOKEN_TO_COME = '\0GITHUB_TOKEN\0';

function withToken(secrets: Readonly<Record<string, string>>, token: string): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(secrets).map(([name, value]) => [name, value.replaceAll(TOKEN_TO_COME, token)] as const));
}

/** Variables that the job's environment adds reach only workflows of the repository itself. Whether its secrets reach others, nobody knows. */
function ofEnvironment(
  parts: JobParts,
  leg: Leg,
  job: Job,
  what: 'environmentSecrets' | 'environmentVariables',
): Readonly<Record<string, string>> {
  const own = sameRepository(leg.group.instance.tree.file.source.repository, `${parts.sandbox.owner}/${parts.sandbox.name}`);
  const reach = own || (what === 'environmentSecrets' && parts.sandbox.switches.environmentSecrets === 'given');
  const name = job.environment?.name.toLowerCase();
  if (!reach || name === undefined) return {};
  const given = parts[what];
  return Object.entries(given).find(([environment]) => environment.toLowerCase() === name)?.[1] ?? {};
}

function requestOf(parts: JobParts, { run, subject, shared }: JobSurroundings, leg: Leg, job: Job, token: string): JobRequest {
  const { definition, instance } = leg.group;
  const { file } = instance.tree;
  const vars = { ...shared.vars, ...ofEnvironment(parts, leg, job, 'environmentVariables') };
  const secrets: Record<string, string> = {
    ...withToken(instance.secrets, token),
    ...(subject.forked ? {} : ofEnvironment(parts, leg, job, 'environmentSecrets')),
    GITHUB_TOKEN: token,
  };
  const github = { ...shared.github, job: definition.id, token };
  const contexts: Contexts = {
    ...legContexts({ github, vars }, leg),
    secrets,
    job: jobContext(parts.sources, file, job),
  };
  const env = childOf(file.root, 'env');
  const folder = join(parts.folder, `run-${run.id}-${run.attempt}`, `job-${job.id}`);
  mkdirSync(folder, { recursive: true });
  return {
    id: job.id,
    runId: run.id,
    attempt: run.attempt,
    key: leg.key,
    name: job.name,
    definition: definition.token,
    workflowSource: file.source,
    callerSource: parts.sources.own(subject.sha),
    contexts: { ...contexts, env: env === undefined ? {} : evaluateToken(env, { contexts }) },
    event: run.payload as Json,
    variables: { ...githubVariables(github), ...identityOf(parts, run, job, grantsOfLeg(leg, subject)) },
    machine: parts.machine,
    permissions: grantsOfLeg(leg, subject),
    secrets: Object.values(secrets).filter((secret) => secret !== ''),
    defaults: defaultsOf(file, workflowContexts(shared, instance)),
    folder,
  };
}

/** What the runner gives to a job that may have an identity. */
function identityOf({ sandbox }: JobParts, run: Run, job: Job, grants: Grants): Readonly<Record<string, string>> {
  if (grants['id-token'] !== 'write') return {};
  const isSilent = job.environment?.deployment === false && sandbox.switches.identityWithoutDeployment === 'silent';
  return sandbox.identity({ runId: run.id, attempt: run.attempt, environment: isSilent ? null : (job.environment?.name ?? null) });
}

/** The workflow file that the job stands in: in a called workflow that one, not the caller's. */
function jobContext(sources: Sources, file: WorkflowFile, job: Job): Json {
  const { repository } = file.source;
  return {
    check_run_id: job.id,
    workflow_ref: `${repository}/${file.path}@${file.ref}`,
    workflow_sha: sources.shaOf(file.source),
    workflow_repository: repository,
    workflow_file_path: file.path,
  };
}

function defaultsOf(file: WorkflowFile, contexts: Contexts): JobRequest['defaults'] {
  const run = childOf(childOf(file.root, 'defaults'), 'run');
  const text = (key: string): string | null => {
    const token = childOf(run, key);
    return token === undefined ? null : asText(evaluateToken(token, { contexts }));
  };
  return { shell: text('shell'), workingDirectory: text('working-directory') };
}

/** GitHub records a deployment for every job with an environment, unless the job says `deployment: false`. */
function ownDeployment(sandbox: Sandbox, subject: RunSubject, job: Job): Deployment | null {
  if (job.environment === null || job.environment.deployment === false) return null;
  const deployment = addDeployment(sandbox.state, {
    sha: subject.sha,
    ref: shortRef(subject.ref),
    refName: subject.ref,
    task: 'deploy',
    environment: job.environment.name,
    payload: {},
    description: '',
    creator: ACTIONS_BOT,
    transient: false,
    // GitHub takes this name for a production environment by itself.
    production: sameName(job.environment.name, 'production'),
    createdAt: sandbox.clock.now(),
  });
  addStatus(sandbox.state, deployment, { ...byActions(sandbox, job), state: 'in_progress' });
  return deployment;
}

const STATE_OF: Readonly<Record<JobResult['conclusion'], 'success' | 'failure' | 'error'>> = {
  success: 'success',
  failure: 'failure',
  cancelled: 'error',
};

function report(
  sandbox: Sandbox,
  job: Job,
  deployment: Deployment | null,
  conclusion: JobResult['conclusion'],
  environmentUrl: string,
): void {
  if (deployment === null) return;
  addStatus(sandbox.state, deployment, { ...byActions(sandbox, job), state: STATE_OF[conclusion], environmentUrl });
}

function byActions(sandbox: Sandbox, job: Job) {
  const logUrl = `${sandbox.url}/${sandbox.owner}/${sandbox.name}/actions/runs/${job.runId}/job/${job.id}`;
  return { creator: ACTIONS_BOT, createdAt: sandbox.clock.now(), logUrl };
}
