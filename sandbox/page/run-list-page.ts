import type { Run } from '../github/state.ts';
import { type PageContext, pathTo } from './context.ts';
import { type Html, html } from './html.ts';
import type { Page } from './layout.ts';
import { eventWords, refLabel, runDuration, runPath, runTitle, shaLink } from './run-parts.ts';
import { statusIcon } from './status.ts';
import { when } from './times.ts';

const LONGEST = 200;

/** Runs, the newest first; of one workflow when a file is named. */
export async function runListPage(context: PageContext, workflowFile: string | null): Promise<Page> {
  const { runs } = context.state;
  const shown = runs.filter((run) => workflowFile === null || run.workflowPath.endsWith(`/${workflowFile}`)).toReversed();
  const title = workflowFile === null ? 'All workflows' : (shown[0]?.workflow ?? workflowFile);
  const main = html`<div class="split">
    ${workflowList(context, workflowFile)}
    <section class="wide" aria-labelledby="runs">
      <h1 id="runs">${title}</h1>
      <div class="box">
        <p class="box-head"><b>${shown.length} workflow ${shown.length === 1 ? 'run' : 'runs'}</b></p>
        ${await runList(context, shown.slice(0, LONGEST))}
      </div>
    </section>
  </div>`;
  return { title: `Workflow runs`, tab: 'actions', main };
}

function workflowList(context: PageContext, present: string | null): Html {
  const files = [...new Map(context.state.runs.map((run) => [run.workflowPath.split('/').at(-1) ?? '', run.workflow]))];
  const item = (name: string, path: string, current: boolean) =>
    html`<li><a href="${pathTo(context, path)}"${current && html` aria-current="page"`}>${name}</a></li>`;
  return html`<nav class="side" aria-label="Workflows">
    <h2>Actions</h2>
    <ul>
      ${item('All workflows', '/actions', present === null)}
      ${files.map(([file, name]) => item(name, `/actions/workflows/${encodeURIComponent(file)}`, file === present))}
    </ul>
  </nav>`;
}

/** Rows of runs. */
export async function runList(context: PageContext, runs: readonly Run[]): Promise<Html> {
  if (runs.length === 0) return html`<p class="empty">No runs yet. Push something.</p>`;
  const rows = await Promise.all(runs.map((run) => row(context, run)));
  return html`<ul class="rows runs">${rows}</ul>`;
}

async function row(context: PageContext, run: Run): Promise<Html> {
  const now = context.place.clock.now();
  const waits = run.waiting.length > 0 && html`<span class="label label-attention">waits for ${run.waiting.join(', ')}</span>`;
  return html`<li id="run-${run.id}">
    ${statusIcon(run)}
    <div class="row-main">
      <p class="row-title"><a href="${runPath(context, run)}"><bdi>${await runTitle(context, run)}</bdi></a> ${waits}</p>
      <p class="muted"><b>${run.workflow}</b> #${run.number}: ${shaLink(context, run.headSha)} ${eventWords(run)} by ${run.actor}</p>
    </div>
    <div class="row-ref">${refLabel(run)}</div>
    <p class="row-time muted">${when(run.createdAt, now)}${run.status === 'completed' && html` <span>in ${runDuration(context, run)}</span>`}</p>
  </li>`;
}
