/** Pieces that several pages show of a run. */
import type { GitCommit } from '../github/git-repository.ts';
import type { Run } from '../github/state.ts';
import { type PageContext, pathTo } from './context.ts';
import { type Html, html } from './html.ts';
import { icon } from './icons.ts';
import { duration } from './times.ts';

export function runPath(context: PageContext, run: Run, rest = ''): string {
  return pathTo(context, `/actions/runs/${run.id}${rest}`);
}

/** First line of the commit's message; GitHub names a run after it. */
export async function runTitle(context: PageContext, run: Run): Promise<string> {
  const head: GitCommit | null = await context.place.git.resolveCommit(run.headSha);
  return head?.message.split('\n')[0] ?? run.workflow;
}

const EVENTS: Readonly<Record<string, string>> = {
  push: 'pushed',
  schedule: 'on schedule',
  workflow_dispatch: 'started by hand',
  repository_dispatch: 'started from outside',
};

export function eventWords(run: Run): string {
  return EVENTS[run.event] ?? run.event;
}

export function refLabel(run: Run): Html {
  return html`<span class="ref">${icon('branch')} <bdi>${run.headBranch}</bdi></span>`;
}

export function shaLink(context: PageContext, sha: string): Html {
  return html`<a class="sha" href="${pathTo(context, `/commit/${sha}`)}"><code>${sha.slice(0, 7)}</code></a>`;
}

/** How long the present attempt took or takes: by the sandbox's clock, or by the machine's when that one stood still. */
export function runDuration(context: PageContext, run: Run): string {
  const end = run.status === 'completed' ? run.updatedAt : context.place.clock.now();
  const machine = context.state.jobs.filter((job) => job.runId === run.id && job.attempt === run.attempt);
  const worked = machine.reduce((total, job) => total + job.machineTime, 0);
  const passed = Math.max(end - run.startedAt, worked);
  return passed === 0 ? '–' : duration(passed);
}
