/** Workflows, their runs, and what starts, repeats and ends runs. */

import type { RunnerHooks } from '../api.ts';
import { NotServed, notFound, Refusal, type Reply, type RestContext } from '../context.ts';
import { ACTIONS_BOT, ensureWorkflow, type Run, sameName, type Workflow } from '../state.ts';
import { bodyOf, type Endpoints, ok, pageOf, reads, refuseQuery, textIn, writes } from './endpoint.ts';
import { workflow } from './job-shapes.ts';
import { pageUrl, repositoryUrl, workflowRun } from './shapes.ts';

type Ids =
  | 'actions/cancel-workflow-run'
  | 'actions/create-workflow-dispatch'
  | 'actions/delete-workflow-run'
  | 'actions/get-workflow'
  | 'actions/get-workflow-run'
  | 'actions/list-repo-workflows'
  | 'actions/list-workflow-runs'
  | 'actions/list-workflow-runs-for-repo'
  | 'actions/re-run-workflow'
  | 'actions/re-run-workflow-failed-jobs'
  | 'repos/create-dispatch-event';

export const runEndpoints: Endpoints<Ids> = {
  'actions/get-workflow-run': reads('actions', async (context) => ok(await workflowRun(context, theRun(context)))),
  'actions/list-workflow-runs-for-repo': reads('actions', (context) =>
    runsPage(context, context.state.runs, `${repositoryUrl(context.place)}/actions/runs`),
  ),
  'actions/list-workflow-runs': reads('actions', async (context) => {
    const of = await theWorkflow(context);
    const runs = context.state.runs.filter((run) => run.workflowPath === of.path);
    return runsPage(context, runs, `${repositoryUrl(context.place)}/actions/workflows/${of.id}/runs`);
  }),
  'actions/list-repo-workflows': reads('actions', async (context) => {
    const found = await workflowsOf(context);
    const wrap = (built: unknown[]) => ({ total_count: found.length, workflows: built });
    return pageOf(context, `${repositoryUrl(context.place)}/actions/workflows`, found, (one) => workflow(context, one), wrap);
  }),
  'actions/get-workflow': reads('actions', async (context) => ok(workflow(context, await theWorkflow(context)))),
  'actions/cancel-workflow-run': writes('actions', cancel),
  'actions/delete-workflow-run': writes('actions', (context) => {
    const run = theRun(context);
    if (run.status !== 'completed') throw new Refusal(403, 'Could not delete the workflow run');
    context.state.runs.splice(context.state.runs.indexOf(run), 1);
    return NO_CONTENT;
  }),
  'actions/re-run-workflow': writes('actions', (context) => rerun(context, false)),
  'actions/re-run-workflow-failed-jobs': writes('actions', (context) => rerun(context, true)),
  'actions/create-workflow-dispatch': writes('actions', dispatch),
  'repos/create-dispatch-event': writes('contents', repositoryDispatch),
};

/** The run that the address names. */
export function theRun(context: RestContext): Run {
  const found = context.state.runs.find((candidate) => candidate.id === Number(context.path['run_id']));
  if (found === undefined) throw notFound();
  return found;
}

function runsPage(context: RestContext, among: readonly Run[], address: string): Promise<Reply> {
  refuseQuery(context, 'check_suite_id');
  const { head_sha: sha, branch, event, status, actor, created } = context.query;
  const fits = (wanted: unknown, value: string | null) => wanted === undefined || wanted === value;
  const inTime = created === undefined ? () => true : createdRange(String(created));
  const runs = among
    .filter((run) => fits(sha, run.headSha) && fits(branch, run.headBranch) && fits(event, run.event) && fits(actor, run.actor))
    .filter((run) => status === undefined || status === run.status || status === run.conclusion)
    .filter((run) => inTime(run.createdAt))
    .toReversed();
  const wrap = (built: unknown[]) => ({ total_count: runs.length, workflow_runs: built });
  return pageOf(context, address, runs, (run) => workflowRun(context, run), wrap);
}

const DAY = 86_400_000;

/** Times as GitHub's search understands them: `2026-03-02`, `>=2026-03-02T10:00:00Z`, `2026-03-01..2026-03-05`, `*..2026-03-05`. */
function createdRange(text: string): (at: number) => boolean {
  const range = /^(.+)\.\.(.+)$/.exec(text);
  if (range !== null) {
    const [from, until] = [bound(range[1] ?? ''), bound(range[2] ?? '')];
    return (at) => at >= from.start && at <= until.end;
  }
  const [, sign = '', value = ''] = /^(>=|<=|>|<)?(.+)$/.exec(text) ?? [];
  const { start, end } = bound(value);
  const tests: Readonly<Record<string, (at: number) => boolean>> = {
    '': (at) => at >= start && at <= end,
    '>=': (at) => at >= start,
    '<=': (at) => at <= end,
    '>': (at) => at > end,
    '<': (at) => at < start,
  };
  return tests[sign] ?? (() => false);
}

/** First and last millisecond of a day, of a second, or of everything. */
function bound(text: string): { start: number; end: number } {
  if (text === '*') return { start: Number.NEGATIVE_INFINITY, end: Number.POSITIVE_INFINITY };
  const start = Date.parse(text);
  if (Number.isNaN(start)) throw new NotServed(`"${text}" is no time that the sandbox can read in "created"; write it like 2026-03-02`);
  return { start, end: start + (text.includes('T') ? 1000 : DAY) - 1 };
}

const FOLDER = '.github/workflows';

/** Workflow files of the default branch, and those that ran from elsewhere. */
async function workflowsOf(context: RestContext): Promise<readonly Workflow[]> {
  const { git, defaultBranch } = context.place;
  const tree = await git.resolve(`refs/heads/${defaultBranch}:${FOLDER}`, context.refs);
  const entries = tree?.type === 'tree' ? await git.tree(tree.oid) : [];
  for (const entry of entries) {
    const path = `${FOLDER}/${entry.name}`;
    if (!/\.ya?ml$/.test(entry.name) || context.state.workflows.some((known) => known.path === path)) continue;
    const text = (await git.content(entry.oid))?.toString('utf8') ?? '';
    ensureWorkflow(context.state, path, nameIn(text) ?? path);
  }
  for (const run of context.state.runs) ensureWorkflow(context.state, run.workflowPath, run.workflow);
  return context.state.workflows;
}

/** `name:` of a workflow file; without one GitHub shows the path. */
function nameIn(text: string): string | null {
  const [, value = ''] = /^name:[ \t]*(.*?)[ \t]*(?:[ \t]#.*)?$/m.exec(text) ?? [];
  const name = value.replace(/^(['"])(.*)\1$/, '$2');
  return name === '' ? null : name;
}

/** By id, or by the file's name. */
async function theWorkflow(context: RestContext): Promise<Workflow> {
  const wanted = context.path['workflow_id'] ?? '';
  const found = (await workflowsOf(context)).find((one) => String(one.id) === wanted || one.path === `${FOLDER}/${wanted}`);
  if (found === undefined) throw notFound();
  return found;
}

const ACCEPTED = { status: 202, body: {} };
const NO_CONTENT = { status: 204, body: '' };

async function cancel(context: RestContext): Promise<Reply> {
  const run = theRun(context);
  if (run.status === 'completed') throw new Refusal(409, 'Cannot cancel a workflow run that is completed.');
  if (context.runner !== null) await context.runner.cancel(run.id, { user: context.identity.login });
  else endRun(context, run);
  return ACCEPTED;
}

/** Nothing runs, so nothing has to be stopped. */
function endRun(context: RestContext, run: Run): void {
  const now = context.place.clock.now();
  for (const job of context.state.jobs) {
    if (job.runId !== run.id || job.status === 'completed') continue;
    job.status = 'completed';
    job.conclusion = 'cancelled';
    job.completedAt = now;
  }
  run.status = 'completed';
  run.conclusion = 'cancelled';
  run.waiting = [];
  run.updatedAt = now;
}

async function rerun(context: RestContext, failedOnly: boolean): Promise<Reply> {
  const run = theRun(context);
  if (bodyOf(context)['enable_debug_logging'] === true) throw new NotServed('enable_debug_logging is not served');
  const runner = running(context);
  const isJobs = sameName(context.identity.login, ACTIONS_BOT);
  if (isJobs && context.place.switches.rerunByJobs === 'refused') throw new Refusal(403, 'Resource not accessible by integration');
  if (run.status !== 'completed') throw new Refusal(403, 'This workflow is already running');
  if (failedOnly && run.conclusion === 'success') throw new Refusal(403, 'This workflow run has no failed jobs to re-run');
  await runner.rerun(run.id, { user: context.identity.login, failedOnly });
  return { status: 201, body: {} };
}

/** @throws NotServed when nothing runs workflows: GitHub would start one now */
function running(context: RestContext): RunnerHooks {
  if (context.runner === null) throw new NotServed('nothing runs workflows in this sandbox; start its runner');
  return context.runner;
}

async function dispatch(context: RestContext): Promise<Reply> {
  const of = await theWorkflow(context);
  const body = bodyOf(context);
  const ref = textIn(body, 'ref', '');
  const inputs = Object.entries((body['inputs'] ?? {}) as Record<string, unknown>).map(([name, value]) => [name, String(value)]);
  const options = { ref, actor: context.identity.login, inputs: Object.fromEntries(inputs) as Record<string, string> };
  const id = await running(context).dispatch(of.path, options);
  if (body['return_run_details'] !== true) return NO_CONTENT;
  const { place } = context;
  return ok({
    workflow_run_id: id,
    run_url: `${repositoryUrl(place)}/actions/runs/${id}`,
    html_url: `${pageUrl(place)}/actions/runs/${id}`,
  });
}

async function repositoryDispatch(context: RestContext): Promise<Reply> {
  const body = bodyOf(context);
  const payload = (body['client_payload'] ?? {}) as Record<string, unknown>;
  await running(context).repositoryDispatch(textIn(body, 'event_type', ''), payload, context.identity.login);
  return NO_CONTENT;
}
