/** A job: its steps and their log, which grows while it is looked at. */
import { jobsOfAttempt } from '../github/jobs.ts';
import type { Job, JobStep, Run } from '../github/state.ts';
import { annotationList } from './annotations.ts';
import type { PageContext } from './context.ts';
import { type Html, html } from './html.ts';
import type { Page } from './layout.ts';
import { logLine } from './log-lines.ts';
import { reviewBanner, reviewDialog } from './review-dialog.ts';
import { jobTime, runFrame } from './run-page.ts';
import { standingOf, statusIcon } from './status.ts';
import { duration, when } from './times.ts';

export function jobPage(context: PageContext, run: Run, job: Job): Promise<Page> {
  const jobs = jobsOfAttempt(context.state, run.id, job.attempt);
  const here = run.waiting.length > 0 && job.status === 'waiting';
  const all = job.annotations.map((annotation) => ({ job, annotation }));
  const content = html`
    ${here && reviewBanner(context, run)}
    ${all.length > 0 && html`<section class="box" aria-labelledby="annotations"><h2 id="annotations">Annotations</h2>${annotationList(context, run, all)}</section>`}
    <section class="log" aria-labelledby="log" data-log data-live="${job.status !== 'completed' ? 'yes' : 'no'}">
      <div class="log-head">
        <h2 id="log">${statusIcon(job)} <bdi>${job.name}</bdi></h2>
        <p>${standing(context, job)}</p>
      </div>
      ${logBody(context, job)}
    </section>
    ${here && reviewDialog(context, run)}`;
  return runFrame(context, run, { attempt: job.attempt, jobs, job, content });
}

function standing(context: PageContext, job: Job): Html {
  const now = context.place.clock.now();
  const { word } = standingOf(job);
  const time = jobTime(job);
  if (job.completedAt !== null) return html`${word} ${when(job.completedAt, now)}${time !== '' && ` in ${time}`}`;
  const waits = job.environment !== null && job.status === 'waiting' ? ` for ${job.environment.name}` : '';
  return html`${word}${waits}`;
}

interface NumberedLine {
  readonly text: string;
  /** From 1. */
  readonly number: number;
}

function logBody(context: PageContext, job: Job): Html {
  const lines = job.log.map((text, index) => ({ text, number: index + 1 }));
  const hint = job.log.length === 0 && job.steps.length === 0 && html`<p class="log-empty">${emptyWords(job)}</p>`;
  if (job.steps.length === 0 || job.logSteps === undefined) {
    return html`${hint}${job.steps.length > 0 && html`<ul class="steps">${job.steps.map(stepLine)}</ul>`}${list(context, lines, 'all')}`;
  }
  const { logSteps } = job;
  const without = lines.filter(({ number }) => (logSteps[number - 1] ?? null) === null);
  return html`${hint}${job.steps.map((step) =>
    stepSection(
      context,
      step,
      lines.filter(({ number }) => logSteps[number - 1] === step.number),
    ),
  )}
    ${without.length > 0 && list(context, without, 'rest')}`;
}

function emptyWords(job: Job): string {
  if (job.conclusion === 'skipped') return 'This job was skipped.';
  if (job.status === 'waiting') return 'This job waits for a review. Nothing runs meanwhile.';
  return job.status === 'completed' ? 'This job left no log.' : 'This job has not started yet.';
}

function stepLine(step: JobStep): Html {
  return html`<li>${statusIcon(step)} ${step.name} <span class="step-time">${stepTime(step)}</span></li>`;
}

/** Steps that fail or still run are open from the start. */
function stepSection(context: PageContext, step: JobStep, lines: readonly NumberedLine[]): Html {
  const open = step.status === 'in_progress' || step.conclusion === 'failure';
  return html`<details class="step" id="step-${step.number}"${open && html` open`}>
    <summary>${statusIcon(step)} <span class="step-name"><bdi>${step.name}</bdi></span> <span class="step-time">${stepTime(step)}</span></summary>
    ${list(context, lines, String(step.number))}
  </details>`;
}

function stepTime({ startedAt, completedAt, conclusion }: JobStep): string {
  return startedAt === null || completedAt === null || conclusion === 'skipped' ? '' : duration(completedAt - startedAt);
}

/** The browser adds these to what it has. */
function list(context: PageContext, lines: readonly NumberedLine[], key: string): Html {
  const fresh = lines.filter(({ number }) => number > context.linesShown);
  return html`<ol class="lines" id="lines-${key}" data-append>${fresh.map(({ text, number }) => logLine(text, number))}</ol>`;
}
