/** A run: what it does, what it waits for, what came of it. */
import { jobsOfAttempt } from '../github/jobs.ts';
import type { Artifact, Job, Run } from '../github/state.ts';
import { annotationList } from './annotations.ts';
import { type PageContext, pathTo } from './context.ts';
import { type Html, html } from './html.ts';
import { icon } from './icons.ts';
import { groupJobs, ownName } from './job-groups.ts';
import { avatar, type Page } from './layout.ts';
import { renderMarkdown } from './markdown.ts';
import { reviewBanner, reviewDialog } from './review-dialog.ts';
import { eventWords, refLabel, runDuration, runPath, runTitle, shaLink } from './run-parts.ts';
import { standingOf, statusIcon } from './status.ts';
import { duration, relative, when } from './times.ts';

/** One attempt of a run; its summary, or (with `job`) around the log of one job. */
export async function runPage(context: PageContext, run: Run, attempt: number): Promise<Page> {
  const jobs = jobsOfAttempt(context.state, run.id, attempt);
  const present = attempt === run.attempt;
  const content = html`
    ${present && reviewBanner(context, run)}
    ${present && overview(context, run, jobs)}
    ${graph(context, run, jobs)}
    ${annotationCard(context, run, jobs)}
    ${reviews(context, run)}
    ${artifacts(context, run)}
    ${jobs.filter((job) => job.summary.trim() !== '').map((job) => summaryCard(job))}
    ${present && reviewDialog(context, run)}`;
  return runFrame(context, run, { attempt, jobs, job: null, content });
}

export interface RunFrame {
  readonly attempt: number;
  readonly jobs: readonly Job[];
  /** The job that is shown; `null`: the summary. */
  readonly job: Job | null;
  readonly content: Html;
}

/** Head and list of jobs, as they stand around a run's summary and around each job's log. */
export async function runFrame(context: PageContext, run: Run, frame: RunFrame): Promise<Page> {
  const title = await runTitle(context, run);
  const { word } = standingOf(run);
  const main = html`<div class="run-head" data-run="${run.id}" data-status="${word}">
      <p class="back"><a href="${pathTo(context, '/actions')}">← All workflow runs</a></p>
      <div class="run-title">
        <h1>${statusIcon(run)} <bdi>${title}</bdi> <span class="muted">#${run.number}</span></h1>
        ${runButtons(run, frame.attempt === run.attempt)}
      </div>
      <p class="problem" role="alert" id="run-problem" data-keep></p>
    </div>
    <div class="split">
      ${jobList(context, run, frame)}
      <div class="wide">${frame.attempt !== run.attempt && earlierAttempt(context, run, frame.attempt)}${frame.content}</div>
    </div>`;
  return { title: `${frame.job === null ? '' : `${frame.job.name} · `}${title} · ${word}`, tab: 'actions', main };
}

function earlierAttempt(context: PageContext, run: Run, attempt: number): Html {
  return html`<p class="flash">This is attempt ${attempt} of ${run.attempt}. <a href="${runPath(context, run)}">See the latest</a></p>`;
}

/** They ask the API, with the token of whoever is chosen. */
function runButtons(run: Run, present: boolean): Html | null {
  if (!present) return null;
  if (run.status !== 'completed')
    return html`<div class="buttons"><button type="button" class="button button-danger" data-act="cancel">Cancel workflow</button></div>`;
  const failed = run.conclusion !== 'success';
  return html`<div class="buttons">
    ${failed && html`<button type="button" class="button" data-act="rerun-failed-jobs">${icon('again')} Re-run failed jobs</button>`}
    <button type="button" class="button" data-act="rerun">${icon('again')} Re-run all jobs</button>
  </div>`;
}

function jobList(context: PageContext, run: Run, { jobs, job: shown, attempt }: RunFrame): Html {
  const base = attempt === run.attempt ? '' : `/attempts/${attempt}`;
  const item = (job: Job) => html`<li id="side-${job.id}">
      <a href="${runPath(context, run, `/job/${job.id}`)}"${job === shown && html` aria-current="page"`}>
        ${statusIcon(job)} <span>${ownName(job)}</span></a>
    </li>`;
  return html`<nav class="side side-jobs" aria-label="Jobs">
    <ul><li><a href="${runPath(context, run, base)}"${shown === null && html` aria-current="page"`}>${icon('home')} Summary</a></li></ul>
    <h2>Jobs</h2>
    ${groupJobs(jobs).map((group) =>
      group.name === null
        ? html`<ul>${group.jobs.map(item)}</ul>`
        : html`<details class="side-group" open><summary><bdi>${group.name}</bdi></summary><ul>${group.jobs.map(item)}</ul></details>`,
    )}
    ${attempts(context, run, attempt)}
  </nav>`;
}

function attempts(context: PageContext, run: Run, shown: number): Html | null {
  if (run.attempt === 1) return null;
  const numbers = Array.from({ length: run.attempt }, (_, index) => run.attempt - index);
  const path = (number: number) => runPath(context, run, number === run.attempt ? '' : `/attempts/${number}`);
  return html`<h2>Attempts</h2><ul>${numbers.map(
    (number) => html`<li><a href="${path(number)}"${number === shown && html` aria-current="true"`}>Attempt ${number}</a></li>`,
  )}</ul>`;
}

function overview(context: PageContext, run: Run, jobs: readonly Job[]): Html {
  const now = context.place.clock.now();
  const { word } = standingOf(run);
  const billed = jobs.filter((job) => job.machineTime > 0).length;
  return html`<section class="box overview" aria-label="Run">
    <dl>
      <div class="grow"><dt>${run.attempt > 1 ? `Re-run (attempt ${run.attempt})` : `Triggered via ${run.event}`} ${relative(run.startedAt, now)}</dt>
        <dd>${avatar(context, run.triggeringActor)} <b>${run.triggeringActor}</b> ${eventWords(run)} ${shaLink(context, run.headSha)} ${refLabel(run)}</dd></div>
      <div><dt>Status</dt><dd><b>${word}</b></dd></div>
      <div><dt>Total duration</dt><dd><b>${runDuration(context, run)}</b></dd></div>
      <div><dt>Jobs that ran</dt><dd><b>${billed}</b></dd></div>
      <div><dt>Artifacts</dt><dd><b>${artifactsOf(context, run).length || '–'}</b></dd></div>
    </dl>
  </section>`;
}

/** Jobs from left to right as they came about, those of one call together. */
function graph(context: PageContext, run: Run, jobs: readonly Job[]): Html {
  const file = run.workflowPath.split('/').at(-1) ?? run.workflow;
  const groups = groupJobs(jobs);
  return html`<section class="box graph" aria-labelledby="graph">
    <h2 id="graph">${file} <span class="muted">on: ${run.event}</span></h2>
    ${groups.length === 0 && html`<p class="empty">No jobs yet.</p>`}
    <ol>${groups.map(
      (group) => html`<li class="group">
        ${group.name !== null && html`<p class="group-name"><bdi>${group.name}</bdi></p>`}
        <ul>${group.jobs.map((job) => jobCard(context, run, job))}</ul>
      </li>`,
    )}</ol>
  </section>`;
}

function jobCard(context: PageContext, run: Run, job: Job): Html {
  const address = job.environment?.url ?? '';
  return html`<li class="card" id="job-${job.id}">
    <a href="${runPath(context, run, `/job/${job.id}`)}">${statusIcon(job)} <span class="card-name">${ownName(job)}</span>
      <span class="muted">${jobTime(job)}</span></a>
    ${job.environment !== null && html`<p class="muted card-more">${icon('rocket')} ${environmentLink(job.environment.name, address)}</p>`}
  </li>`;
}

function environmentLink(name: string, address: string): Html {
  return /^https?:\/\//.test(address) ? html`<a href="${address}" rel="noreferrer">${name}: ${address}</a>` : html`${name}`;
}

/** How long a job ran, once it did. */
export function jobTime(job: Job): string {
  return job.machineTime > 0 ? duration(job.machineTime) : '';
}

function annotationCard(context: PageContext, run: Run, jobs: readonly Job[]): Html | null {
  const all = jobs.flatMap((job) => job.annotations.map((annotation) => ({ job, annotation })));
  if (all.length === 0) return null;
  const count = (level: string, word: string) => {
    const number = all.filter(({ annotation }) => annotation.level === level).length;
    return number === 0 ? [] : [`${number} ${word}${number === 1 ? '' : 's'}`];
  };
  const counts = [...count('error', 'error'), ...count('warning', 'warning'), ...count('notice', 'notice')].join(', ');
  return html`<section class="box" aria-labelledby="annotations">
    <h2 id="annotations">Annotations <span class="muted">${counts}</span></h2>
    ${annotationList(context, run, all)}
  </section>`;
}

/** Who reviewed. GitHub keeps no time of it. */
function reviews(context: PageContext, run: Run): Html | null {
  if (run.reviews.length === 0) return null;
  const row = (review: Run['reviews'][number]) => html`<li>
      <span class="status status-${review.state === 'approved' ? 'success' : 'failure'}">${icon(review.state === 'approved' ? 'success' : 'failure')}</span>
      <div class="row-main">
        <p>${avatar(context, review.user)} <b>${review.user}</b> ${review.state} ${review.environments.map((name, index) => html`${index > 0 && ', '}<b>${name}</b>`)}</p>
        ${review.comment !== '' && html`<blockquote><bdi>${review.comment}</bdi></blockquote>`}
      </div>
    </li>`;
  return html`<section class="box" aria-labelledby="reviews">
    <h2 id="reviews">Deployment protection rules <span class="muted">reviews</span></h2>
    <ul class="rows">${run.reviews.map(row)}</ul>
  </section>`;
}

function artifactsOf(context: PageContext, run: Run): readonly Artifact[] {
  return context.state.artifacts.filter((artifact) => artifact.runId === run.id);
}

function artifacts(context: PageContext, run: Run): Html | null {
  const all = artifactsOf(context, run);
  if (all.length === 0) return null;
  const now = context.place.clock.now();
  const name = (one: Artifact) =>
    now >= one.expiresAt
      ? html`${one.name} <span class="label">Expired</span>`
      : one.type === undefined
        ? html`<a href="${runPath(context, run, `/artifacts/${one.id}`)}" download>${one.name}</a>`
        : html`<a href="${runPath(context, run, `/artifacts/${one.id}`)}">${one.name}</a>`;
  return html`<section class="box" aria-labelledby="artifacts">
    <h2 id="artifacts">Artifacts <span class="muted">produced during runtime</span></h2>
    <div class="scroll" tabindex="0" role="region" aria-labelledby="artifacts"><table>
      <thead><tr><th scope="col">Name</th><th scope="col">Size</th><th scope="col">Digest</th><th scope="col">Expires</th></tr></thead>
      <tbody>${all.map(
        (one) =>
          html`<tr><td>${name(one)}</td><td>${size(one.size)}</td><td><code>${one.digest}</code></td><td>${when(one.expiresAt, now)}</td></tr>`,
      )}</tbody>
    </table></div>
  </section>`;
}

function size(bytes: number): string {
  if (bytes < 1000) return `${bytes} Bytes`;
  return bytes < 1_000_000 ? `${(bytes / 1000).toFixed(1)} KB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}

function summaryCard(job: Job): Html {
  return html`<section class="box summary" aria-labelledby="summary-${job.id}" id="summary-of-${job.id}">
    <h2 id="summary-${job.id}">${job.name} <span class="muted">summary</span></h2>
    <div class="markdown" data-markdown>${renderMarkdown(job.summary)}</div>
  </section>`;
}
