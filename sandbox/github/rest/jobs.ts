/** Jobs of runs and their logs. */
import { notFound, Refusal, type RestContext } from '../context.ts';
import { fileAddress } from '../files.ts';
import { jobsOfAttempt } from '../jobs.ts';
import type { Job } from '../state.ts';
import { type Endpoints, ok, pageOf, reads } from './endpoint.ts';
import { job } from './job-shapes.ts';
import { theRun } from './runs.ts';
import { repositoryUrl } from './shapes.ts';

type Ids =
  | 'actions/download-job-logs-for-workflow-run'
  | 'actions/get-job-for-workflow-run'
  | 'actions/list-jobs-for-workflow-run'
  | 'actions/list-jobs-for-workflow-run-attempt';

export const jobEndpoints: Endpoints<Ids> = {
  'actions/list-jobs-for-workflow-run': reads('actions', (context) => {
    const run = theRun(context);
    const all = context.query['filter'] === 'all';
    const jobs = all ? context.state.jobs.filter((one) => one.runId === run.id) : jobsOfAttempt(context.state, run.id, run.attempt);
    return jobsPage(context, jobs, `actions/runs/${run.id}/jobs`);
  }),
  'actions/list-jobs-for-workflow-run-attempt': reads('actions', (context) => {
    const run = theRun(context);
    const attempt = Number(context.path['attempt_number']);
    if (attempt < 1 || attempt > run.attempt) throw notFound();
    return jobsPage(context, jobsOfAttempt(context.state, run.id, attempt), `actions/runs/${run.id}/attempts/${attempt}/jobs`);
  }),
  'actions/get-job-for-workflow-run': reads('actions', (context) => ok(job(context, theJob(context)))),
  'actions/download-job-logs-for-workflow-run': reads('actions', (context) => {
    const of = theJob(context);
    // GitHub has a log once the job is over.
    if (of.status !== 'completed' || of.conclusion === 'skipped') throw new Refusal(404, 'Not Found');
    return { status: 302, body: '', headers: { location: fileAddress(context.place, `logs/${of.id}.txt`) } };
  }),
};

function theJob(context: RestContext): Job {
  const found = context.state.jobs.find((candidate) => candidate.id === Number(context.path['job_id']));
  if (found === undefined) throw notFound();
  return found;
}

function jobsPage(context: RestContext, jobs: readonly Job[], address: string) {
  const wrap = (built: unknown[]) => ({ total_count: jobs.length, jobs: built });
  return pageOf(context, `${repositoryUrl(context.place)}/${address}`, jobs, (one) => job(context, asListed(context, one)), wrap);
}

const A_MOMENT = 10_000;

/** Where the list is late, the first look within a moment of a job's end still sees it go on. */
function asListed({ place }: RestContext, of: Job): Job {
  const justEnded = of.endUnlisted === true && place.clock.now() - (of.completedAt ?? 0) < A_MOMENT;
  if (place.switches.jobList === 'current' || !justEnded) return of;
  of.endUnlisted = false;
  return { ...of, status: 'in_progress', conclusion: null, completedAt: null };
}
