import type { Decision } from '../decision/decision.ts';
import { instantText } from '../decision/wording.ts';
import { type RecordsSince, readRecordsSince } from '../github/records-since.ts';
import { listWorkflowRuns, rerunRun, startWorkflow, type WorkflowRun } from '../github/workflow-runs.ts';
import { orElse } from '../job/consequence.ts';
import { gatherFor } from '../job/gathering.ts';
import type { Job } from '../job/job.ts';
import { decideAbout, targetsFor, type WaitingCandidate, wasInVain } from '../job/waiting-candidate.ts';
import { environmentsOnPaths, waitingRuns } from '../job/waiting-runs.ts';
import type { Pipeline } from '../pipeline/model.ts';
import { resumeBrief, type TakenUp } from '../report/resume.ts';

const DAY = 24 * 60 * 60 * 1000;
/** GitHub runs a run again within 30 days of its start, and fifty times at most (docs: re-run workflows and jobs). */
const RERUN_WITHIN = 30 * DAY;
const MOST_ATTEMPTS = 50;
/** What one look may cost: pages of a hundred runs per event and of a hundred records per environment; candidates decided about. */
const MOST_PAGES = 5;
const MOST_DECISIONS = 40;

/** Events whose candidate is the commit and ref that GitHub lists the run under. */
const EVENTS = ['push', 'create', 'release', 'workflow_dispatch'] as const;

/**
 * A run that a person started by hand may be about another ref than the one it is listed under, and nobody tells which. What a look started anew is about the
 * ref it was started on.
 */
function isOfItsRef({ event, actor }: { readonly event: (typeof EVENTS)[number]; readonly actor: string | null }): boolean {
  return event !== 'workflow_dispatch' || actor === ACTIONS;
}

/** Whom GitHub names where the token of a job acted. */
const ACTIONS = 'github-actions[bot]';

/**
 * Takes up every candidate whose time has come: a run of this workflow that ended well although its candidate had further to go, and
 * before which nothing stands any more. Its run is run again, with its own commit, artifact and reviews. GitHub refuses that for a run
 * in progress, so overlapping looks take each candidate up once. Where the token may not run anything again, the workflow is started
 * anew on the candidate's ref, as long as that still points to it; looks of the shipped workflows then wait for one another.
 */
export async function resume(job: Job): Promise<void> {
  const workflow = workflowFile(job);
  const { pipeline, policyText, now } = await gatherFor(job, 'plan');
  const runs = await runsSince(job, workflow, now - RERUN_WITHIN);
  const waiting = waitingRuns(pipeline, runs, await recordsOfAll(job, pipeline, runs));
  const taken = await takeUp(job, policyText, waiting.filter(mayGoOn));
  job.toolkit.setOutputs({ resumed: JSON.stringify(taken.filter(({ outcome }) => outcome === 'started').map(({ run }) => run.id)) });
  await job.toolkit.summarize(resumeBrief(taken, `${job.run.serverUrl}/${job.run.owner}/${job.run.repo}`));
  if (taken.length === 0) job.toolkit.info('No candidate waits for time any more, or its time has not come.');
  failWhereForbidden(job, taken);
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

/** Asked event by event: the schedule's own runs are more than all others, and would crowd them out. */
async function runsSince(job: Job, workflow: string, since: number): Promise<readonly WorkflowRun[]> {
  const all: WorkflowRun[] = [];
  for (const event of EVENTS) {
    const { runs, complete } = await orElse('Nothing was taken up: the runs of this workflow could not be listed.', () =>
      listWorkflowRuns(job.client, job.run, { workflow, event, since, mostPages: MOST_PAGES }),
    );
    if (!complete) warnCut(job, `Only the newest ${runs.length} runs on ${event} were looked at.`);
    all.push(...runs.filter(({ actor }) => isOfItsRef({ event, actor })));
  }
  return all.filter(({ refName }) => refName !== null);
}

function warnCut(job: Job, what: string): void {
  job.toolkit.annotate(
    'warning',
    'Not every run was looked at',
    `${what} Older candidates that wait are not taken up: run them again by hand.`,
  );
}

/** What succeeded in each environment on a path since the first of the runs: a request or a few for each, and none for each candidate. */
async function recordsOfAll(job: Job, pipeline: Pipeline, runs: readonly WorkflowRun[]): Promise<ReadonlyMap<string, RecordsSince>> {
  const all = new Map<string, RecordsSince>();
  const since = Math.min(...runs.map(({ createdAt }) => createdAt));
  for (const name of runs.length === 0 ? [] : environmentsOnPaths(pipeline)) {
    const read = () => readRecordsSince(job.client, job.run, name, { since, mostPages: MOST_PAGES });
    all.set(name, await orElse('Nothing was taken up: what is already through could not be read.', read));
  }
  return all;
}

/** A failure, a rejection and a cancellation are for people to look at; whoever wants to go on runs it again. */
function mayGoOn(run: WorkflowRun): boolean {
  return run.underWay || (run.conclusion === 'success' && run.attempt < MOST_ATTEMPTS);
}

/**
 * Goes through the candidates from the newest on. Each that is on its way, be it taken up now or before, keeps its place before the older
 * ones that would go to the same environment.
 */
async function takeUp(job: Job, policyText: string | null, runs: readonly WorkflowRun[]): Promise<readonly TakenUp[]> {
  const taken: TakenUp[] = [];
  const onTheirWay: WaitingCandidate[] = [];
  const over = new Set<string | null>();
  let decisions = 0;
  for (const run of runs) {
    if (over.has(run.refName)) continue;
    if (decisions === MOST_DECISIONS) {
      warnCut(job, `${MOST_DECISIONS} candidates were decided about, none that was started before ${instantText(run.createdAt)} or then.`);
      break;
    }
    decisions += 1;
    const candidate = await decideAbout(job, policyText, run);
    if (candidate === null) continue;
    if (isOver(candidate.decision)) over.add(run.refName);
    const result = await goOn(job, candidate, onTheirWay);
    if (keepsItsPlace(candidate, result)) onTheirWay.push(candidate);
    if (result !== null) taken.push(result);
  }
  return taken;
}

/** What is left to people, or would end at once, is in nobody's way. */
function keepsItsPlace({ run, targets }: WaitingCandidate, result: TakenUp | null): boolean {
  if (run.underWay) return targets.length > 0;
  return result !== null && result.outcome !== 'refused' && result.outcome !== 'in vain';
}

/** Whether older candidates of the ref need not be looked at: the newest has nowhere to go any more, or the ref is gone. */
function isOver({ verdict, reasons }: Decision): boolean {
  return verdict === 'complete' || reasons.some(({ code }) => code === 'ref_gone');
}

/** @returns what became of it; `null` where there is nothing to do: it is on its way, has nowhere to go, or a newer one goes before it */
async function goOn(job: Job, candidate: WaitingCandidate, onTheirWay: readonly WaitingCandidate[]): Promise<TakenUp | null> {
  const { run, targets } = candidate;
  if (run.underWay || targets.length === 0) return null;
  const { version } = candidate.decision.candidate;
  const newer = onTheirWay.find((other) => other.targets.some((name) => targets.includes(name)));
  if (newer !== undefined) {
    const first = `${newer.decision.candidate.version} (run ${newer.run.id})`;
    job.toolkit.info(`${version} could go to ${targets.join(', ')}, and ${first} is newer and goes there.`);
    return null;
  }
  const found = { run: { id: run.id, sha: run.sha, refName: run.refName ?? '' }, version, targets };
  if (await wasInVain(job, candidate)) {
    job.toolkit.info(
      `${version} could go to ${targets.join(', ')}, as it could when attempt ${run.attempt} of run ${run.id} began, which led nowhere. It is left to people: look at that run, and run it again by hand.`,
    );
    return { ...found, outcome: 'in vain', why: '' };
  }
  const rerun = await orElse(`${version} could not be taken up.`, () => rerunRun(job.client, job.run, run.id));
  const result: TakenUp = { ...found, why: '', ...(rerun.outcome === 'forbidden' ? await startAnew(job, candidate, rerun.why) : rerun) };
  tell(job, result);
  return result;
}

/** Where the token may run nothing again, it may still start a workflow. That begins at the tip of a ref, so a candidate behind it is left to people. */
async function startAnew(job: Job, { run, gathered }: WaitingCandidate, why: string): Promise<Pick<TakenUp, 'outcome' | 'why'>> {
  const { refName } = run;
  if (refName === null || gathered.tip !== run.sha) {
    return { outcome: 'forbidden', why: `${why} Nor can it be started anew, as ${refName ?? 'its ref'} points to another commit now.` };
  }
  if (targetsFor(ACTIONS, gathered).length === 0) {
    const how = `Start the workflow on ${refName} as a person: a gate on its way excludes whoever started the run, and ${ACTIONS} would have.`;
    return { outcome: 'forbidden', why: `${why} ${how}` };
  }
  const started = await orElse(`${refName} could not be started anew.`, () =>
    startWorkflow(job.client, job.run, workflowFile(job), refName),
  );
  if (started.outcome === 'anew') return { outcome: 'anew', why: '' };
  return {
    outcome: 'forbidden',
    why: `${why} Nor could the workflow be started anew on ${refName}; it needs "workflow_dispatch:" for that. ${started.why}`,
  };
}

/** What the token may not do at all is told once, at the end. */
function tell(job: Job, { outcome, version, run, targets, why }: TakenUp): void {
  const say = (level: 'notice' | 'warning', what: string, message: string) => job.toolkit.annotate(level, `${version} ${what}`, message);
  if (outcome === 'started') say('notice', 'is taken up', `Its time has come: run ${run.id} goes on to ${targets.join(', ')}.`);
  if (outcome === 'anew')
    say(
      'notice',
      'is taken up',
      `Its time has come: the workflow starts anew on ${run.refName}, for ${targets.join(', ')}, as this token may not run anything again.`,
    );
  if (outcome === 'running') say('notice', 'was not taken up', `Run ${run.id} goes on already.`);
  if (outcome === 'refused') say('warning', 'was not taken up', `Run ${run.id} stays as it is. ${why} Start it anew by hand.`);
}

/** What nothing but a person can take up: each cause once, with everything that it keeps. */
function failWhereForbidden(job: Job, taken: readonly TakenUp[]): void {
  const forbidden = taken.filter(({ outcome }) => outcome === 'forbidden');
  if (forbidden.length === 0) return;
  const causes = Map.groupBy(forbidden, ({ why }) => why);
  for (const [why, kept] of causes) {
    const versions = kept.map(({ version }) => version).join(', ');
    job.toolkit.annotate('error', 'Nothing may be taken up', `The time of ${versions} has come. ${why}`);
  }
  job.toolkit.fail();
}
