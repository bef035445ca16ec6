/** What GitHub answers about workflows, jobs and artifacts; every function gives one schema of the OpenAPI description. */
import { timestamp } from '../clock.ts';
import type { Context } from '../context.ts';
import { nodeId } from '../node-id.ts';
import type { Artifact, Job, JobStep, Workflow } from '../state.ts';
import { pageUrl, REPOSITORY_ID, repositoryUrl } from './shapes.ts';

/** `job`. */
export function job(context: Context, source: Job): Record<string, unknown> {
  const { place, state } = context;
  const run = state.runs.find((candidate) => candidate.id === source.runId);
  const ran = source.startedAt !== null && source.conclusion !== 'skipped';
  return {
    id: source.id,
    node_id: nodeId('CheckRun', source.id),
    run_id: source.runId,
    run_url: `${repositoryUrl(place)}/actions/runs/${source.runId}`,
    run_attempt: source.attempt,
    head_sha: run?.headSha ?? '',
    head_branch: run?.headBranch ?? null,
    url: `${repositoryUrl(place)}/actions/jobs/${source.id}`,
    html_url: `${pageUrl(place)}/actions/runs/${source.runId}/job/${source.id}`,
    check_run_url: `${repositoryUrl(place)}/check-runs/${source.id}`,
    status: source.status,
    conclusion: source.conclusion,
    created_at: timestamp(source.createdAt),
    // GitHub gives a start even to jobs that have not begun: the moment they came about.
    started_at: timestamp(source.startedAt ?? source.createdAt),
    completed_at: source.completedAt === null ? null : timestamp(source.completedAt),
    name: source.name,
    workflow_name: source.workflowName,
    steps: source.steps.map(step),
    labels: source.labels,
    runner_id: ran ? 1 : null,
    runner_name: ran ? (source.runnerName ?? 'sandbox') : null,
    runner_group_id: ran ? 0 : null,
    runner_group_name: ran ? 'GitHub Actions' : null,
  };
}

function step(source: JobStep): Record<string, unknown> {
  const { number, name, status, conclusion, startedAt, completedAt } = source;
  return {
    number,
    name,
    status,
    conclusion,
    started_at: startedAt === null ? null : timestamp(startedAt),
    completed_at: completedAt === null ? null : timestamp(completedAt),
  };
}

/** `artifact`. */
export function artifact(context: Context, source: Artifact): Record<string, unknown> {
  const { place, state } = context;
  const url = `${repositoryUrl(place)}/actions/artifacts/${source.id}`;
  const run = state.runs.find((candidate) => candidate.id === source.runId);
  const from = {
    id: source.runId,
    repository_id: REPOSITORY_ID,
    head_repository_id: REPOSITORY_ID,
    head_branch: run?.headBranch ?? '',
    head_sha: run?.headSha ?? '',
  };
  return {
    id: source.id,
    node_id: nodeId('Artifact', source.id),
    name: source.name,
    size_in_bytes: source.size,
    url,
    archive_download_url: `${url}/zip`,
    expired: place.clock.now() >= source.expiresAt,
    digest: source.digest,
    created_at: timestamp(source.createdAt),
    updated_at: timestamp(source.createdAt),
    expires_at: timestamp(source.expiresAt),
    workflow_run: from,
  };
}

/** `workflow`. */
export function workflow(context: Context, source: Workflow): Record<string, unknown> {
  const { place } = context;
  const file = source.path.split('/').at(-1) ?? '';
  const since = timestamp(0);
  return {
    id: source.id,
    node_id: nodeId('Workflow', source.id),
    name: source.name,
    path: source.path,
    state: 'active',
    created_at: since,
    updated_at: since,
    url: `${repositoryUrl(place)}/actions/workflows/${source.id}`,
    html_url: `${pageUrl(place)}/blob/${place.defaultBranch}/${source.path}`,
    badge_url: `${pageUrl(place)}/actions/workflows/${encodeURIComponent(file)}/badge.svg`,
  };
}
