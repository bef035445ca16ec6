/** A repository with workflow files on a sandbox, and jobs that do at once what the test says. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Job, type Run, type Sandbox, type SandboxOptions, startSandbox } from '../../sandbox/github/index.ts';
import { createRepository, type SampleRepository } from '../../sandbox/github/sample-repository.ts';
import { type Runner, type RunnerOptions, startRunner } from '../../sandbox/runner/index.ts';
import type { ExecuteJob, JobPorts, JobRequest, JobResult } from '../../sandbox/runner/job/contract.ts';

/** What a job does: its outputs, or how it ends. */
export type Act = (request: JobRequest, ports: JobPorts) => Partial<JobResult> | Promise<Partial<JobResult>>;

export interface StageOptions extends Partial<Omit<RunnerOptions, 'sandbox' | 'folder' | 'executeJob'>> {
  /** By the job's key, else by its key without matrix positions. A job that is not named succeeds. */
  readonly jobs?: Readonly<Record<string, Act>>;
  /** Instead of `jobs`: what really runs them. */
  readonly executeJob?: ExecuteJob;
  /** Other repositories, by name: their files. */
  readonly others?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly sandbox?: Partial<SandboxOptions>;
  /** The first commit's files besides the workflow. */
  readonly files?: Readonly<Record<string, string>>;
}

export interface Stage {
  readonly sandbox: Sandbox;
  readonly runner: Runner;
  readonly repository: SampleRepository;
  /** Requests of the jobs that ran, in order. */
  readonly ran: readonly JobRequest[];
  run(id?: number): Run;
  /** Jobs of the newest attempt, by key: `conclusion`, or `status` while there is none. */
  results(id?: number): Record<string, string>;
  job(key: string, id?: number): Job;
  /** Request of the last job of that key. */
  request(key: string): JobRequest;
  close(): Promise<void>;
}

const SUCCESS: JobResult = { conclusion: 'success', outputs: {}, environmentUrl: null, summary: '' };

/** @param workflow text of `.github/workflows/ci.yml`, or several files by name */
export async function openStage(workflow: string | Readonly<Record<string, string>>, options: StageOptions = {}): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), 'runner-'));
  const repository = createRepository(join(folder, 'shop'));
  const named = typeof workflow === 'string' ? { 'ci.yml': workflow } : workflow;
  const files = Object.fromEntries(Object.entries(named).map(([name, text]) => [`.github/workflows/${name}`, text] as const));
  repository.commit('main', { ...files, ...options.files }, 'Workflows');
  const sandbox = await startSandbox({ repositoryPath: repository.path, ...options.sandbox });
  for (const [login, role] of [['octocat', 'admin'] as const, ['hubot', 'write'] as const, ['mona', 'write'] as const])
    sandbox.given.user(login, { role, emails: [`${login}@example.com`] });
  const ran: JobRequest[] = [];
  const executeJob: ExecuteJob = async (request, ports) => {
    ran.push(request);
    const act = options.jobs?.[request.key] ?? options.jobs?.[request.key.replace(/\[\d+\]/g, '')];
    if (options.executeJob !== undefined) return options.executeJob(request, ports);
    return { ...SUCCESS, ...(await act?.(request, ports)) };
  };
  const { jobs: _jobs, others, sandbox: _sandbox, files: _files, ...rest } = options;
  const repositories =
    rest.repositories ??
    Object.fromEntries(Object.entries(others ?? {}).map(([name, content]) => [name, writeFiles(join(folder, name), content)]));
  const runner = await startRunner({ ...rest, sandbox, folder: join(folder, 'jobs'), executeJob, repositories });
  const newest = (): Run => {
    const run = sandbox.state.runs.at(-1);
    if (run === undefined) throw new Error('no run was started');
    return run;
  };
  const runOf = (id?: number): Run => sandbox.state.runs.find((one) => one.id === id) ?? newest();
  const jobsOf = (id?: number): readonly Job[] => {
    const run = runOf(id);
    return sandbox.state.jobs.filter((job) => job.runId === run.id && job.attempt === run.attempt);
  };
  return {
    sandbox,
    runner,
    repository,
    ran,
    run: runOf,
    results: (id) => Object.fromEntries(jobsOf(id).map((job) => [job.key, job.conclusion ?? job.status])),
    job(key, id) {
      const found = jobsOf(id).find((job) => job.key === key);
      if (found === undefined) throw new Error(`there is no job ${key}`);
      return found;
    },
    request(key) {
      const found = ran.findLast((request) => request.key === key);
      if (found === undefined) throw new Error(`job ${key} did not run`);
      return found;
    },
    async close() {
      await runner.close();
      await sandbox.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function writeFiles(folder: string, files: Readonly<Record<string, string>>): string {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

/** Opens a stage, pushes main and waits until nothing moves any more. */
export async function pushed(workflow: string | Readonly<Record<string, string>>, options: StageOptions = {}): Promise<Stage> {
  const stage = await openStage(workflow, options);
  await stage.runner.push('main', { actor: 'octocat' });
  await stage.runner.settled();
  return stage;
}
