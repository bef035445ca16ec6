/** Which version is live where, who waits for it, and what is closed. */
import { sameName } from '../github/state.ts';
import { type PageContext, pathTo } from './context.ts';
import { type Html, html } from './html.ts';
import { icon } from './icons.ts';
import type { Page } from './layout.ts';
import { type EnvironmentView, environmentViews, type RecordView } from './live.ts';
import { shaLink } from './run-parts.ts';
import { when } from './times.ts';

/** All environments, or the history of one. */
export function deploymentsPage(context: PageContext, name: string | null): Page {
  const views = environmentViews(context.state);
  const one = name === null ? undefined : views.find(({ environment }) => sameName(environment.name, name));
  const shown = one === undefined ? views : [one];
  const history = shown
    .flatMap(({ history: records }) => records)
    .sort((a, b) => b.deployment.id - a.deployment.id)
    .slice(0, 100);
  const main = html`<h1>Deployments${one !== undefined && html` <span class="muted">${one.environment.name}</span>`}</h1>
    ${one !== undefined && html`<p><a href="${pathTo(context, '/deployments')}">← All environments</a></p>`}
    <h2 class="unseen">Environments</h2>
    ${environmentCards(context, shown)}
    <section class="box" aria-labelledby="history">
      <h2 id="history">Records</h2>
      ${historyTable(context, history)}
    </section>`;
  return { title: 'Deployments', tab: 'deployments', main };
}

/** One card an environment. */
export function environmentCards(context: PageContext, views: readonly EnvironmentView[]): Html {
  if (views.length === 0) return html`<p class="empty">No environments yet.</p>`;
  return html`<ul class="environments">${views.map((view) => card(context, view))}</ul>`;
}

function card(context: PageContext, view: EnvironmentView): Html {
  const { environment } = view;
  const path = pathTo(context, `/deployments/activity_log?environments_filter=${encodeURIComponent(environment.name)}`);
  const address = view.live?.deployment.statuses.findLast((status) => status.environmentUrl !== '')?.environmentUrl ?? '';
  return html`<li class="box environment" id="environment-card-${environment.id}">
    <h3>${icon('rocket')} <a href="${path}">${environment.name}</a></h3>
    ${live(context, view.live)}
    ${/^https?:\/\//.test(address) && html`<p><a href="${address}" rel="noreferrer">${address}</a></p>`}
    <ul class="facts">
      ${view.queue.map((record, index) => queued(context, record, index))}
      ${view.waiting.map((run) => html`<li>${icon('waiting')} <a href="${pathTo(context, `/actions/runs/${run.id}`)}">run #${run.number}</a> waits for a review</li>`)}
      ${view.holds.map((issue) => html`<li class="held">${icon('warning')} held: <a href="${pathTo(context, `/issues/${issue.number}`)}"><bdi>${issue.title}</bdi></a></li>`)}
      ${environment.reviewers.length > 0 && html`<li class="muted">${icon('shield')} reviewed by ${environment.reviewers.join(', ')}</li>`}
    </ul>
  </li>`;
}

function live(context: PageContext, record: RecordView | null): Html {
  if (record === null) return html`<p class="live muted">nothing is live</p>`;
  const now = context.place.clock.now();
  return html`<p class="live"><b><bdi>${record.version}</bdi></b> ${shaLink(context, record.deployment.sha)}</p>
    <p class="muted">live, since ${when(record.since ?? 0, now)}${record.approvedBy.length > 0 && html`, approved by ${record.approvedBy.join(', ')}`}</p>`;
}

function queued(context: PageContext, record: RecordView, index: number): Html {
  const what = index === 0 ? 'is being deployed' : `waits behind ${index}`;
  const version = html`<bdi>${record.version}</bdi>`;
  const link = record.runId === null ? version : html`<a href="${pathTo(context, `/actions/runs/${record.runId}`)}">${version}</a>`;
  return html`<li>${icon(index === 0 ? 'running' : 'queued')} ${link} ${what}</li>`;
}

const STATE_LABELS: Readonly<Record<string, string>> = {
  success: 'label-success',
  failure: 'label-danger',
  error: 'label-danger',
  in_progress: 'label-attention',
};

function historyTable(context: PageContext, records: readonly RecordView[]): Html {
  if (records.length === 0) return html`<p class="empty">Nothing has been deployed yet.</p>`;
  const now = context.place.clock.now();
  const row = ({ deployment, version, kind, state, approvedBy, runId }: RecordView) => html`<tr id="record-${deployment.id}">
      <td>${deployment.environment}</td><td>${kind}</td>
      <td><bdi>${version}</bdi> ${shaLink(context, deployment.sha)}</td>
      <td><span class="label ${STATE_LABELS[state] ?? ''}">${state.replace('_', ' ')}</span></td>
      <td>${deployment.statuses.at(-1)?.description ?? ''}</td>
      <td>${approvedBy.join(', ')}</td>
      <td>${runId === null ? '' : html`<a href="${pathTo(context, `/actions/runs/${runId}`)}">run</a>`}</td>
      <td>${when(deployment.createdAt, now)}</td>
    </tr>`;
  const heads = ['Environment', 'Kind', 'Version', 'State', 'Said', 'Approved by', 'Run', 'When'];
  return html`<div class="scroll" tabindex="0" role="region" aria-labelledby="history"><table>
    <thead><tr>${heads.map((head) => html`<th scope="col">${head}</th>`)}</tr></thead>
    <tbody>${records.map(row)}</tbody>
  </table></div>`;
}
