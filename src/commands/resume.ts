import { decide } from '../decision/decide.ts';
import type { Decision } from '../decision/decision.ts';
import { reachOf } from '../decision/reach.ts';
import { shortSha } from '../decision/wording.ts';
import { candidateFromEvent } from '../github/event.ts';
import { EvidenceError, type Gathered, gatherEvidence } from '../github/evidence.ts';
import { readQueueRecords } from '../github/queue.ts';
import type { StoredRecord } from '../github/records.ts';
import { listWorkflowRuns, rerunRun, type WorkflowRun } from '../github/workflow-runs.ts';
import type { Pipeline } from '../pipeline/model.ts';
import { selectRoute } from '../pipeline/routes.ts';
import { resumeBrief, type TakenUp } from '../report/resume.ts';
import { orElse } from './consequence.ts';
import { gatherFor } from './gathering.ts';
import type { Job } from './job.ts';

const DAY = 24 * 60 * 60 * 1000;
/** GitHub runs a run again within 30 days of its start, and fifty times at most (docs: re-run workflows and jobs). */
const RERUN_WITHIN = 30 * DAY;
const MOST_ATTEMPTS = 50;
/** What one look may cost: pages of a hundred runs, and candidates decided about, one request each. */
const MOST_PAGES = 5;
const MOST_DECISIONS = 40;

/** Events whose candidate is the commit and ref that GitHub lists the run under. */
const OF_ITS_REF: ReadonlySet<string> = new Set(['push', 'create', 'release', 'workflow_dispatch']);

/**
 * Takes up every candidate whose time has come: a run of this workflow that ended well although its candidate had further to go, and
 * before which nothing stands any more. Its run is run again, with its own commit, artifact and reviews. GitHub refuses that for a run
 * in progress, so overlapping looks take each candidate up once.
 */
export async function resume(job: Job): Promise<void> {
  const workflow = workflowFile(job);
  const { pipeline, policyText, now } = await gatherFor(job, 'plan');
  const { runs, complete } = await orElse('Nothing was taken up: the runs of this workflow could not be listed.', () =>
    listWorkflowRuns(job.client, job.run, { workflow, since: now - RERUN_WITHIN, mostPages: MOST_PAGES }),
  );
  if (!complete) warnCut(job, `Only the newest ${runs.length} runs were looked at.`);
  const waiting = await notThrough(job, pipeline, newestOfEach(runs).filter(mayBeRunAgain));
  const taken = await takeUp(job, policyText, waiting);
  job.toolkit.setOutput('resumed', JSON.stringify(taken.filter(({ outcome }) => outcome === 'started').map(({ run }) => run.id)));
  await job.toolkit.summarize(resumeBrief(taken, `${job.run.serverUrl}/${job.run.owner}/${job.run.repo}`));
  if (taken.length === 0) job.toolkit.info('No candidate waits for time any more, or its time has not come.');
}

/** @throws Error where the runner does not say which workflow this is */
function workflowFile(job: Job): string {
  const file = /\/\.github\/workflows\/([^/@]+)@/.exec(job.run.workflowRef)?.[1];
  if (file === undefined)
    throw new Error(
      'GITHUB_WORKFLOW_REF names no workflow file, so its runs cannot be found. "command: resume" works in a workflow of GitHub Actions only.',
    );
  return file;
}

function warnCut(job: Job, what: string): void {
  job.toolkit.annotate(
    'warning',
    'Not every run was looked at',
    `${what} Older candidates that wait are not taken up: run them again by hand.`,
  );
}

/** A commit may have several runs on one ref; what the last one did counts. */
function newestOfEach(runs: readonly WorkflowRun[]): readonly WorkflowRun[] {
  const newest = new Map<string, WorkflowRun>();
  for (const run of runs) {
    const key = `${run.refName} ${run.sha}`;
    if (OF_ITS_REF.has(run.event) && (newest.get(key)?.createdAt ?? 0) < run.createdAt) newest.set(key, run);
  }
  return [...newest.values()].sort((one, other) => other.createdAt - one.createdAt);
}

/** A failure, a rejection and a cancellation are for people to look at; whoever wants to go on runs it again. */
function mayBeRunAgain(run: WorkflowRun): boolean {
  return run.refName !== null && run.conclusion === 'success' && run.attempt < MOST_ATTEMPTS;
}

/** Leaves out the runs whose candidate has succeeded at the end of its path, which is most of them, for one request per such end. */
async function notThrough(job: Job, pipeline: Pipeline, runs: readonly WorkflowRun[]): Promise<readonly WorkflowRun[]> {
  const ends = new Map<string, readonly StoredRecord[]>();
  for (const { path } of pipeline.routes) for (const name of path.at(-1) ?? []) ends.set(name, []);
  for (const name of ends.keys()) {
    ends.set(
      name,
      await orElse('Nothing was taken up: what is already through could not be read.', () => readQueueRecords(job.client, job.run, name)),
    );
  }
  return runs.filter((run) => {
    const routes = ['refs/heads/', 'refs/tags/'].map((kind) => selectRoute(pipeline, kind + run.refName));
    return routes.some((route) => route !== null && !(route.path.at(-1) ?? []).every((name) => succeededIn(ends.get(name) ?? [], run.sha)));
  });
}

function succeededIn(records: readonly StoredRecord[], sha: string): boolean {
  return records.some(
    (record) => record.sha === sha && record.outcome === 'success' && (record.kind === 'promotion' || record.kind === 'rollback'),
  );
}

/** Goes through the candidates of each ref from the newest on, and stops where older ones can only be older still. */
async function takeUp(job: Job, policyText: string | null, runs: readonly WorkflowRun[]): Promise<readonly TakenUp[]> {
  const taken: TakenUp[] = [];
  const over = new Set<string | null>();
  let decisions = 0;
  for (const run of runs) {
    if (over.has(run.refName)) continue;
    decisions += 1;
    if (decisions > MOST_DECISIONS) {
      warnCut(job, `${MOST_DECISIONS} candidates were decided about.`);
      break;
    }
    const found = await decideAbout(job, policyText, run);
    if (found === null) continue;
    if (found.decision.verdict === 'superseded' || found.decision.verdict === 'complete') over.add(run.refName);
    if (isNext(job, found, taken)) taken.push(await runAgain(job, run, found));
  }
  return taken;
}

/** Whether it has somewhere to go now where no newer candidate is on its way to. */
function isNext(job: Job, found: Found, taken: readonly TakenUp[]): boolean {
  const targets = targetsOf(found);
  const newer = taken.find((other) => other.targets.some((name) => targets.includes(name)));
  if (newer !== undefined) {
    job.toolkit.info(
      `${found.decision.candidate.version} could go to ${targets.join(', ')}, and ${newer.version} is newer and goes there.`,
    );
  }
  return targets.length > 0 && newer === undefined;
}

interface Found {
  readonly gathered: Gathered;
  readonly decision: Decision;
}

/** `null` when nothing can be decided about it: that it cannot be read is no reason to leave the others waiting. */
async function decideAbout(job: Job, policyText: string | null, run: WorkflowRun): Promise<Found | null> {
  try {
    const event = { ...job.run, name: 'schedule', payload: null, sha: '', ref: '', repository: `${job.run.owner}/${job.run.repo}` };
    const gathered = await gatherEvidence(job.client, {
      owner: job.run.owner,
      repo: job.run.repo,
      candidate: candidateFromEvent(event, { ref: run.refName ?? '', sha: run.sha }),
      run: { id: run.id, attempt: run.attempt },
      moment: 'plan',
      intent: 'promote',
      environmentsHint: policyText,
      pipelinePath: job.input.pipelinePath,
    });
    const decision = decide(gathered.pipeline, gathered.evidence, gathered.now);
    job.toolkit.info(
      `${decision.candidate.version} (run ${run.id}): ${decision.verdict}${decision.targets.length > 0 ? ` before ${decision.targets.join(', ')}` : ''}`,
    );
    return { gathered, decision };
  } catch (error) {
    if (!(error instanceof EvidenceError)) throw error;
    job.toolkit.info(`${run.refName} at ${shortSha(run.sha)} (run ${run.id}): ${error.message}`);
    return null;
  }
}

/** Where the run would go first; nothing when it would end at once. */
function targetsOf({ gathered, decision }: Found): readonly string[] {
  const [first = []] = reachOf(gathered.pipeline, decision).stages;
  return first.map(({ environment }) => environment);
}

async function runAgain(job: Job, run: WorkflowRun, found: Found): Promise<TakenUp> {
  const { version } = found.decision.candidate;
  const targets = targetsOf(found);
  const outcome = await orElse(`${version} could not be taken up.`, () => rerunRun(job.client, job.run, run.id));
  job.toolkit.annotate(
    'notice',
    outcome === 'started' ? `${version} is taken up` : `${version} was not taken up`,
    outcome === 'started' ? `Its time has come: run ${run.id} goes on to ${targets.join(', ')}.` : `Run ${run.id} goes on already.`,
  );
  return { run: { id: run.id, sha: run.sha, refName: run.refName ?? '' }, version, targets, outcome };
}
