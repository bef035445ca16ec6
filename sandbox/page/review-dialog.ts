/** *Review deployments*: what a run waits for, and the form that answers. */
import { type Environment, findEnvironment, isReviewer, type Run } from '../github/state.ts';
import type { PageContext } from './context.ts';
import { type Html, html } from './html.ts';
import { icon } from './icons.ts';
import { options } from './layout.ts';

function waitingEnvironments(context: PageContext, run: Run): readonly Environment[] {
  return run.waiting.map((name) => findEnvironment(context.state, name)).filter((found) => found !== undefined);
}

/** Says that somebody is needed, and opens the dialog. */
export function reviewBanner(context: PageContext, run: Run): Html | null {
  const waiting = waitingEnvironments(context, run);
  if (waiting.length === 0) return null;
  const names = waiting.map((one, index) => html`${index > 0 && (index === waiting.length - 1 ? ' and ' : ', ')}<b>${one.name}</b>`);
  const mine = waiting.some((one) => context.viewer !== null && isReviewer(context.state, one, context.viewer));
  return html`<section class="flash flash-attention" aria-label="Review" id="review-banner">
    <p>${icon('waiting')} ${mine ? html`<b>${run.triggeringActor}</b> requested your review to deploy to ${names}` : html`${names} needs a review before changes are deployed`}</p>
    <button type="button" class="button" data-open="review">Review deployments</button>
  </section>`;
}

/** The dialog itself. Anybody may try; whether they may is for the API to say. */
export function reviewDialog(context: PageContext, run: Run): Html | null {
  const waiting = waitingEnvironments(context, run);
  if (waiting.length === 0) return null;
  return html`<dialog id="review" aria-labelledby="review-title" data-review data-keep>
    <form method="dialog">
      <div class="dialog-head"><h2 id="review-title">Review pending deployments</h2>
        <button type="button" class="button-bare" data-close aria-label="Close">${icon('close')}</button></div>
      <div class="dialog-body">
        <p class="field"><label for="review-as">Review as</label> <select id="review-as" data-review-as autofocus>${options(context)}</select></p>
        <fieldset><legend>Environments</legend>${waiting.map((one) => choice(context, one))}</fieldset>
        <p class="field-tall"><label for="review-comment">Leave a comment</label>
          <textarea id="review-comment" rows="3" placeholder="Optional"></textarea></p>
        <p class="problem" role="alert" data-problem></p>
      </div>
      <div class="dialog-foot">
        <button type="button" class="button button-danger" data-review-state="rejected">Reject</button>
        <button type="button" class="button button-primary" data-review-state="approved">Approve and deploy</button>
      </div>
    </form>
  </dialog>`;
}

function choice(context: PageContext, environment: Environment): Html {
  const mine = context.viewer !== null && isReviewer(context.state, environment, context.viewer);
  return html`<div class="choice">
    <input type="checkbox" id="environment-${environment.id}" value="${environment.id}"${mine && html` checked`} aria-describedby="reviewers-${environment.id}">
    <label for="environment-${environment.id}">${icon('rocket')} <b>${environment.name}</b></label>
    <p class="muted" id="reviewers-${environment.id}">${who(environment)}</p>
  </div>`;
}

/** What has to happen before the environment is entered, in a sentence. */
function who({ reviewers, preventSelfReview, waitTimer }: Environment): string {
  const parts = [
    reviewers.length === 0 ? 'Needs no review' : `Needs a review by ${reviewers.join(' or ')}`,
    ...(preventSelfReview ? ['whoever started the run may not review it'] : []),
    ...(waitTimer > 0 ? [`then waits ${waitTimer} minutes`] : []),
  ];
  return `${parts.join('; ')}.`;
}
