/** Start page, issues, commits, and what stands where GitHub has more. */
import { timestamp } from '../github/clock.ts';
import type { Issue } from '../github/state.ts';
import { type PageContext, pathTo } from './context.ts';
import { environmentCards } from './deployments-page.ts';
import { type Html, html } from './html.ts';
import { icon } from './icons.ts';
import { avatar, type Page } from './layout.ts';
import { environmentViews } from './live.ts';
import { renderMarkdown } from './markdown.ts';
import { runList } from './run-list-page.ts';
import { when } from './times.ts';

/** Where everything begins: what is live, what runs, who is who. */
export async function homePage(context: PageContext): Promise<Page> {
  const { state, place } = context;
  const people = state.users.filter((user) => user.type === 'User');
  const main = html`<h1>${place.fullName}</h1>
    <p class="muted">It is ${timestamp(place.clock.now()).replace('T', ' ').replace('Z', ' UTC')} in this GitHub. Say at the top who you are; reviews, cancellations and re-runs are yours.</p>
    <h2>Environments</h2>
    ${environmentCards(context, environmentViews(state))}
    <section class="box" aria-labelledby="recent">
      <h2 id="recent">Latest runs</h2>
      ${await runList(context, state.runs.slice(-8).toReversed())}
    </section>
    <section class="box" aria-labelledby="people">
      <h2 id="people">People</h2>
      <ul class="rows">${people.map(
        (user) =>
          html`<li>${avatar(context, user.login)} <p class="row-main"><b>${user.login}</b> <span class="muted">${roleWords(user.role)}</span></p></li>`,
      )}</ul>
    </section>`;
  return { title: 'Overview', tab: 'home', main };
}

function roleWords(role: string): string {
  return role === 'none' ? 'reads, as everybody' : role;
}

export function issuesPage(context: PageContext): Page {
  const now = context.place.clock.now();
  const row = (issue: Issue) => html`<li>
      <span class="status status-${issue.state === 'open' ? 'success' : 'notice'}">${icon('issue', issue.state)}</span>
      <div class="row-main"><p class="row-title"><a href="${pathTo(context, `/issues/${issue.number}`)}"><bdi>${issue.title}</bdi></a> ${labels(issue)}</p>
      <p class="muted">#${issue.number} opened ${when(issue.createdAt, now)} by ${issue.author}</p></div>
    </li>`;
  const all = context.state.issues.toReversed();
  const main = html`<h1>Issues</h1><div class="box">${all.length === 0 ? html`<p class="empty">No issues.</p>` : html`<ul class="rows">${all.map(row)}</ul>`}</div>`;
  return { title: 'Issues', tab: 'issues', main };
}

function labels(issue: Issue): readonly Html[] {
  return issue.labels.map((label) => html`<span class="label">${label}</span> `);
}

export function issuePage(context: PageContext, issue: Issue): Page {
  const now = context.place.clock.now();
  const events = issue.events.map(
    (event) =>
      html`<li>${avatar(context, event.actor)} <p class="row-main"><b>${event.actor}</b> ${event.event} <span class="label">${event.event === 'renamed' ? event.to : event.label}</span> ${when(event.createdAt, now)}</p></li>`,
  );
  const main = html`<h1><bdi>${issue.title}</bdi> <span class="muted">#${issue.number}</span></h1>
    <p><span class="label ${issue.state === 'open' ? 'label-success' : ''}">${issue.state}</span> ${labels(issue)}</p>
    <section class="box" aria-label="Description"><p class="box-head"><b>${issue.author}</b> ${when(issue.createdAt, now)}</p>
      <div class="markdown" data-markdown>${renderMarkdown(issue.body)}</div></section>
    ${events.length > 0 && html`<section class="box" aria-label="Labels"><ul class="rows">${events}</ul></section>`}`;
  return { title: issue.title, tab: 'issues', main };
}

/** A commit with its message and its runs; `null` when there is none. */
export async function commitPage(context: PageContext, sha: string): Promise<Page | null> {
  const commit = /^[0-9a-f]{7,64}$/.test(sha) ? await context.place.git.resolveCommit(sha) : null;
  if (commit === null) return null;
  const [first = '', ...rest] = commit.message.split('\n');
  const runs = context.state.runs.filter((run) => run.headSha === commit.oid).toReversed();
  const main = html`<h1><bdi>${first}</bdi></h1>
    <p class="muted">${commit.author.name} · <code>${commit.oid}</code></p>
    ${rest.join('').trim() !== '' && html`<pre class="box message">${rest.join('\n').trim()}</pre>`}
    <section class="box" aria-labelledby="runs"><h2 id="runs">Runs</h2>${await runList(context, runs)}</section>`;
  return { title: first, tab: null, main };
}

export function missingPage(context: PageContext): Page {
  const main = html`<h1>Not here</h1>
    <p>GitHub may have a page under this address; this sandbox has runs, jobs, deployments, issues and commits.</p>
    <p><a href="${pathTo(context, '')}">To the overview</a></p>`;
  return { title: 'Not here', tab: null, main, status: 404 };
}
