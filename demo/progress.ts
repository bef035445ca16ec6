import { styleText } from 'node:util';
import type { Sandbox } from '../sandbox/github/index.ts';
import { jobsOfAttempt } from '../sandbox/github/jobs.ts';
import { findEnvironment, type Job, type Run } from '../sandbox/github/state.ts';
import type { LocalGithub } from './local-github.ts';
import { besideIt, leftByRehearsal } from './rehearsal-results.ts';
import { runningShops } from './running-shop.ts';

/** Of a job's log, where nothing else tells why it failed. */
const LINES_OF_A_FAILURE = 8;

export interface ProgressOptions {
  readonly github: LocalGithub;
  /** SHOP_HOME of the jobs. */
  readonly home: string;
  readonly print: (line: string) => void;
  /** A job waits for the environment's reviewers. @returns what to tell people */
  readonly onWaiting: (run: Run, environment: string) => readonly string[];
}

/** What of a run's present attempt has been told. */
interface Told {
  readonly attempt: number;
  readonly since: number;
  readonly standing: Map<number, string>;
  reviews: number;
  over: boolean;
}

/** Tells what runs do while they do it, one line for each thing that happens. */
export class Progress {
  readonly #options: ProgressOptions;
  readonly #told = new Map<number, Told>();
  readonly #awaited = new Map<number, (run: Run) => void>();

  constructor(options: ProgressOptions) {
    this.#options = options;
    options.github.runner.onEvent((event) => {
      if (event.kind !== 'log') this.#look(event.runId);
    });
  }

  /** When the run is over. */
  async ended(runId: number): Promise<Run> {
    const run = this.#run(runId);
    return run?.status === 'completed' ? run : new Promise((resolve) => this.#awaited.set(runId, resolve));
  }

  #look(runId: number): void {
    const run = this.#run(runId);
    // A schedule that finds nothing to do is not worth a word; what it runs again tells of itself.
    if (run === undefined || (run.event === 'schedule' && run.conclusion !== 'failure')) return;
    const told = this.#begin(run);
    if (told.over) return;
    for (const review of run.reviews.slice(told.reviews))
      this.#say(
        told,
        '•',
        `${review.user} ${review.state} ${review.environments.join(', ')}${review.comment === '' ? '' : `: “${review.comment}”`}`,
      );
    told.reviews = run.reviews.length;
    for (const job of jobsOfAttempt(this.#sandbox.state, run.id, run.attempt)) this.#lookAt(told, run, job);
    if (run.status === 'completed') this.#finish(told, run);
  }

  #begin(run: Run): Told {
    const known = this.#told.get(run.id);
    if (known?.attempt === run.attempt) return known;
    const told: Told = { attempt: run.attempt, since: Date.now(), standing: new Map(), reviews: known?.reviews ?? 0, over: false };
    this.#told.set(run.id, told);
    const again = run.attempt === 1 ? '' : `, again (attempt ${run.attempt})`;
    const what = run.event === 'push' ? `push to ${run.headBranch}` : run.event.replace('workflow_dispatch', 'by hand');
    this.#options.print('');
    this.#options.print(styleText('bold', `${run.workflow} #${run.number}${again}: ${what} by ${run.triggeringActor}`));
    this.#options.print(`        ${this.#options.github.page}/actions/runs/${run.id}`);
    return told;
  }

  #lookAt(told: Told, run: Run, job: Job): void {
    const standing = job.status;
    if (told.standing.get(job.id) === standing) return;
    told.standing.set(job.id, standing);
    const name = nameOf(job);
    if (standing === 'in_progress') this.#say(told, '▸', name);
    if (standing === 'waiting' && job.environment !== null) this.#sayWaiting(told, run, job.environment.name);
    if (standing !== 'completed' || job.conclusion === 'skipped' || isKept(run, job)) return;
    const mark = job.conclusion === 'success' ? styleText('green', '✓') : styleText('red', '✗');
    const seconds = job.startedAt === null ? '' : ` (${(job.machineTime / 1000).toFixed(1)} s)`;
    this.#say(told, mark, `${name}${job.conclusion === 'success' ? '' : `: ${job.conclusion}`}${seconds}`);
    for (const line of this.#resultOf(job)) this.#say(told, null, line);
  }

  #sayWaiting(told: Told, run: Run, name: string): void {
    const reviewers = findEnvironment(this.#sandbox.state, name)?.reviewers.join(', ') ?? '';
    this.#say(told, '•', `${name} waits for a review by ${reviewers}`);
    for (const line of this.#options.onWaiting(run, name)) this.#say(told, null, line);
  }

  /** What came of a job that is over. */
  #resultOf(job: Job): readonly string[] {
    if (job.conclusion !== 'success') return answerOf(job).length > 0 ? answerOf(job).slice(0, 1) : job.log.slice(-LINES_OF_A_FAILURE);
    if (/(?:^|\/)build$/.test(job.key)) return this.#artifactOf(job);
    const environment = job.environment?.name;
    if (environment === undefined || job.outputs['stopped']) return answerOf(job);
    const shop = runningShops(this.#options.home).find((one) => one.environment === environment);
    const entered = shop === undefined ? [] : [`${environment} runs ${shop.version} at http://127.0.0.1:${shop.port}`];
    return [...this.#rehearsalOf(job), ...entered];
  }

  #artifactOf(job: Job): readonly string[] {
    const artifact = this.#sandbox.state.artifacts.findLast(({ runId }) => runId === job.runId);
    return artifact === undefined ? [] : [`${artifact.name}, ${Math.round(artifact.size / 1024)} kB, ${artifact.digest.slice(0, 19)}…`];
  }

  /** How the migration went in the environment of a job, as its record says, and what it would have been like to work there meanwhile. */
  #rehearsalOf(job: Job): readonly string[] {
    const record = this.#sandbox.state.deployments.findLast(
      ({ task, environment, createdAt }) =>
        task === 'promote:rehearsal' && environment === job.environment?.name && createdAt >= (job.startedAt ?? 0),
    );
    const status = record?.statuses.at(-1);
    if (status === undefined) return [];
    const left = leftByRehearsal(this.#sandbox.state, job.runId);
    return [status.description || record?.description || '', ...(left === null ? [] : [besideIt(left)])];
  }

  #finish(told: Told, run: Run): void {
    told.over = true;
    const mark = run.conclusion === 'success' ? styleText('green', '✓') : styleText('red', '✗');
    this.#say(told, mark, styleText('bold', `${run.workflow} #${run.number}: ${run.conclusion}`));
    if (run.problem !== null) this.#say(told, null, run.problem);
    this.#awaited.get(run.id)?.(run);
    this.#awaited.delete(run.id);
  }

  /** @param mark `null`: goes on with what was said before */
  #say(told: Told, mark: string | null, text: string): void {
    const seconds = Math.round((Date.now() - told.since) / 1000);
    const time = mark === null ? '    ' : `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
    this.#options.print(`  ${styleText('dim', time.padStart(5))} ${mark ?? ' '} ${text}`);
  }

  #run(runId: number): Run | undefined {
    return this.#sandbox.state.runs.find(({ id }) => id === runId);
  }

  get #sandbox(): Sandbox {
    return this.#options.github.sandbox;
  }
}

/** A job that is not run again stands as it ended. */
function isKept(run: Run, job: Job): boolean {
  return run.attempt > 1 && (job.startedAt ?? 0) < run.startedAt;
}

/** Without the job that calls the shipped workflow, without its stage, and without what its approval is for. */
function nameOf({ name }: Job): string {
  return name
    .replace(/^promote \/ (?:Stage \d+ \([^)]*\) \/ )?/, '')
    .replace(/^Build \/ Build$/, 'Build')
    .replace(/ · [0-9a-f]+\/[0-9a-f]+\/\d*$/, '');
}

/** The answer with which the job's summary begins, and how far the run can go, as plain text. */
function answerOf({ summary }: Job): readonly string[] {
  const [, heading] = /^#{1,4} (.+)$/m.exec(summary) ?? [];
  const [way] = /^The way of this run: .+$/m.exec(summary) ?? [];
  return [heading, way].flatMap((line) => (line === undefined ? [] : [plain(line)]));
}

function plain(markdown: string): string {
  return markdown
    .replaceAll('**', '')
    .replaceAll('&#8203;', '')
    .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replaceAll(/\\(?=[^\w\s])/g, '');
}
