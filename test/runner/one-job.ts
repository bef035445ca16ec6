/** Runs the one job of a small workflow, without a server: what the server half would give stands here. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClock } from '../../sandbox/github/clock.ts';
import { createRepository, type SampleRepository } from '../../sandbox/github/sample-repository.ts';
import { emptyState, type State } from '../../sandbox/github/state.ts';
import { createArtifactStore } from '../../sandbox/runner/artifact-store.ts';
import type { Contexts, Json } from '../../sandbox/runner/expressions.ts';
import { type MappingToken, NoOperationTraceWriter, parseWorkflow } from '../../sandbox/runner/github-parser.ts';
import type { Annotation, ArtifactStore, CheckoutSource, JobRequest, JobResult, StepState } from '../../sandbox/runner/job/contract.ts';
import { createJobExecutor, RUNNER_TIMING } from '../../sandbox/runner/job/execute.ts';
import type { Timing } from '../../sandbox/runner/job/job.ts';

export const QUICK: Timing = { patience: { afterInterrupt: 300, afterTerminate: 300, afterExit: 300 }, minute: 100, grace: 4000 };

export interface Ran extends JobResult {
  /** Every line, the runner's own too. */
  readonly log: readonly string[];
  /** What the steps printed by themselves: the log without groups and the runner's own steps. */
  readonly said: readonly string[];
  /** The last state of each step. */
  readonly steps: readonly StepState[];
  readonly annotations: readonly Annotation[];
  readonly folder: string;
}

export interface JobOptions {
  readonly contexts?: Readonly<Record<string, Json>>;
  readonly secrets?: readonly string[];
  readonly machine?: Readonly<Record<string, string>>;
  readonly variables?: Readonly<Record<string, string>>;
  readonly permissions?: JobRequest['permissions'];
  readonly defaults?: JobRequest['defaults'];
  readonly runId?: number;
  readonly attempt?: number;
  readonly timing?: Timing;
  readonly repositories?: Readonly<Record<string, CheckoutSource>>;
  readonly workflowSource?: CheckoutSource;
  readonly artifacts?: ArtifactStore;
  readonly sha?: string;
  readonly ref?: string;
  /** Called with each line of the log. */
  readonly onLine?: (line: string, cancel: (reason?: string) => void) => void;
}

export interface World {
  readonly folder: string;
  /** The repository that the event is about. */
  readonly repository: SampleRepository;
  readonly state: State;
  readonly artifacts: ArtifactStore;
  readonly clock: ReturnType<typeof createClock>;
  /** Runs a job given as YAML from `steps:` on, or with other keys of a job. */
  run(job: string, options?: JobOptions): Promise<Ran>;
  close(): void;
}

let jobs = 0;

export function createWorld(): World {
  const folder = mkdtempSync(join(tmpdir(), 'runner-job-'));
  const repository = createRepository(join(folder, 'shop'));
  const sha = repository.commit('main', { 'README.md': 'shop\n', 'src/a.txt': 'a\n', 'src/deep/b.txt': 'b\n' }, 'first');
  const state = emptyState();
  const clock = createClock('2026-03-02T10:00:00Z', 'frozen');
  const artifacts = createArtifactStore({ state, clock, folder: join(folder, 'artifacts') });
  const world: World = {
    ...{ folder, repository, state, artifacts, clock },
    run: (job, options = {}) => runJob({ folder, repository, artifacts, sha }, job, options),
    close: () => rmSync(folder, { recursive: true, force: true }),
  };
  return world;
}

async function runJob(
  { folder, repository, artifacts, sha }: { folder: string; repository: SampleRepository; artifacts: ArtifactStore; sha: string },
  job: string,
  options: JobOptions,
): Promise<Ran> {
  jobs += 1;
  const source: CheckoutSource = { repository: 'octo-org/shop', folder: repository.path, sha: options.sha ?? sha };
  const log: string[] = [];
  const said: string[] = [];
  const steps = new Map<number, StepState>();
  const annotations: Annotation[] = [];
  const cancellation = new AbortController();
  const quiet = { inGroup: false };
  const request: JobRequest = {
    ...{ id: jobs, runId: options.runId ?? 7, attempt: options.attempt ?? 1, key: 'job', name: 'Job' },
    definition: definitionOf(job),
    workflowSource: options.workflowSource ?? source,
    callerSource: source,
    contexts: contextsOf(source.sha ?? '', options),
    event: { ref: options.ref ?? 'refs/heads/main' },
    variables: { GITHUB_REPOSITORY: 'octo-org/shop', GITHUB_SHA: source.sha ?? '', ...options.variables },
    machine: options.machine ?? {},
    permissions: options.permissions ?? {},
    secrets: ['ghs_token', ...(options.secrets ?? [])],
    defaults: options.defaults ?? { shell: null, workingDirectory: null },
    folder: join(folder, `job-${jobs}`),
  };
  const result = await createJobExecutor(options.timing ?? QUICK)(request, {
    repository: (name) => options.repositories?.[name] ?? null,
    log(line, step) {
      log.push(line);
      if (line.startsWith('##[group]')) quiet.inGroup = true;
      if (step !== null && step > 1 && !quiet.inGroup && !line.startsWith('##[')) said.push(line);
      if (line.startsWith('##[endgroup]')) quiet.inGroup = false;
      options.onLine?.(line, (reason) => cancellation.abort(reason));
    },
    stepChanged: (step) => void steps.set(step.number, step),
    annotation: (annotation) => void annotations.push(annotation),
    artifacts: options.artifacts ?? artifacts,
    cancellation: cancellation.signal,
  });
  const inOrder = [...steps.values()].sort((a, b) => a.number - b.number);
  return { ...result, log, said, steps: inOrder, annotations, folder: request.folder };
}

function contextsOf(sha: string, options: JobOptions): Contexts {
  return {
    github: {
      ...{ repository: 'octo-org/shop', server_url: 'https://github.com', token: 'ghs_token', run_id: String(options.runId ?? 7) },
      ...{ ref: options.ref ?? 'refs/heads/main', sha },
    },
    ...{ inputs: {}, vars: {}, needs: {}, strategy: {}, matrix: null, secrets: {}, env: {} },
    ...options.contexts,
  };
}

/** @throws when GitHub's parser has something against the workflow */
function definitionOf(job: string): MappingToken {
  const indented = job.replace(/^\n/, '').replaceAll(/^/gm, '    ');
  const content = `on: push\njobs:\n  job:\n    runs-on: ubuntu-latest\n${indented}\n`;
  const parsed = parseWorkflow({ name: 'test.yml', content }, new NoOperationTraceWriter());
  const problems = parsed.context.errors.getErrors();
  if (problems.length > 0) throw new Error(problems.map((problem) => problem.message).join('\n'));
  const found = ((parsed.value as MappingToken).find('jobs') as MappingToken).find('job');
  return found as MappingToken;
}

export { RUNNER_TIMING };

const REFERENCE = 'https://docs.github.com/en/actions/reference/workflows-and-actions';
const RUNNER = 'https://github.com/actions/runner/blob/main/src/Runner.Worker';

/** Where behaviours are published: GitHub's documentation, and the source of its runner and actions. */
export const SOURCES = {
  syntax: `${REFERENCE}/workflow-syntax`,
  commands: `${REFERENCE}/workflow-commands`,
  contexts: `${REFERENCE}/contexts`,
  expressions: `${REFERENCE}/expressions`,
  variables: `${REFERENCE}/variables`,
  metadata: `${REFERENCE}/metadata-syntax`,
  cancellation: `${REFERENCE}/workflow-cancellation`,
  secure: 'https://docs.github.com/en/actions/reference/security/secure-use',
  reuse: 'https://docs.github.com/en/actions/how-tos/reuse-automations/reuse-workflows',
  stepsRunner: `${RUNNER}/StepsRunner.cs`,
  fileCommands: `${RUNNER}/FileCommandManager.cs`,
  printedCommands: `${RUNNER}/ActionCommandManager.cs`,
  actionRunner: `${RUNNER}/ActionRunner.cs`,
  jobExtension: `${RUNNER}/JobExtension.cs`,
  sandbox: 'docs/sandbox.md',
} as const;

/** One published behaviour of the runner. */
export interface Row {
  readonly behaviour: string;
  readonly source: string;
  readonly job: string;
  readonly options?: JobOptions;
  expect(ran: Ran): void;
}

export const conclusions = (ran: Ran): string[] => ran.steps.slice(1, -1).map(({ name, conclusion }) => `${name}: ${conclusion}`);
export const messages = (ran: Ran, level: Annotation['level']): string[] =>
  ran.annotations.filter((annotation) => annotation.level === level).map(({ message }) => message);
