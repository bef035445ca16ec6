/**
 * Which events start a workflow.
 * https://docs.github.com/en/actions/reference/workflows-and-actions/events-that-trigger-workflows
 */
import { matchesPatterns } from '../../src/pipeline/ref-patterns.ts';
import type { Json } from './expressions.ts';
import { shortRef } from './github-context.ts';
import type { WorkflowFile } from './workflow-file.ts';

/** Something that happened in the repository. */
export interface Occurrence {
  readonly event: string;
  readonly payload: Readonly<Record<string, Json>>;
  readonly actor: string;
  /** Full name. */
  readonly ref: string;
  readonly sha: string;
  readonly baseRef: string;
  readonly headRef: string;
  readonly forked: boolean;
  /** The commit whose workflow files are asked. */
  readonly filesAt: string;
  /** Files that changed; `null`: not asked for this event. */
  changedFiles(): Promise<readonly string[] | null>;
}

type Filters = Readonly<Record<string, readonly string[] | undefined>>;

/** Activity types that count when a workflow names none; for all other events every type does. */
const DEFAULT_TYPES: Readonly<Record<string, readonly string[]>> = {
  pull_request: ['opened', 'synchronize', 'reopened'],
  pull_request_target: ['opened', 'synchronize', 'reopened'],
};

/** Whether the event starts the workflow. */
export async function isTriggered(file: WorkflowFile, occurrence: Occurrence): Promise<boolean> {
  const filters = file.events[occurrence.event] as Filters | undefined;
  if (filters === undefined) return false;
  if (occurrence.event === 'schedule') return scheduleMatches(file, occurrence);
  return (
    typeMatches(filters, occurrence) &&
    refMatches(filters, occurrence) &&
    sourceMatches(filters, occurrence) &&
    pathsMatch(filters, occurrence)
  );
}

function scheduleMatches(file: WorkflowFile, { payload }: Occurrence): boolean {
  return (file.events.schedule ?? []).some(({ cron }) => cron === payload['schedule']);
}

function typeMatches(filters: Filters, { event, payload }: Occurrence): boolean {
  const types = filters['types'] ?? DEFAULT_TYPES[event];
  return types === undefined || types.includes(String(payload['action']));
}

/** Events whose branch filters speak of the branch that changes go to. */
const BY_BASE = ['pull_request', 'pull_request_target'];

function refMatches(filters: Filters, occurrence: Occurrence): boolean {
  if (BY_BASE.includes(occurrence.event)) return nameMatches(filters, 'branches', occurrence.baseRef) ?? true;
  if (occurrence.event === 'workflow_run') return nameMatches(filters, 'branches', occurrence.headRef) ?? true;
  if (occurrence.event !== 'push') return true;
  const isTag = occurrence.ref.startsWith('refs/tags/');
  const [own, other] = isTag ? (['tags', 'branches'] as const) : (['branches', 'tags'] as const);
  // A workflow that filters only the other kind of ref does not run for this one.
  return nameMatches(filters, own, shortRef(occurrence.ref)) ?? !(has(filters, other) && !has(filters, own));
}

function has(filters: Filters, kind: 'branches' | 'tags'): boolean {
  return filters[kind] !== undefined || filters[`${kind}-ignore`] !== undefined;
}

/** `null`: the filter is not there. */
function nameMatches(filters: Filters, kind: 'branches' | 'tags', name: string): boolean | null {
  const [taken, ignored] = [filters[kind], filters[`${kind}-ignore`]];
  if (taken !== undefined) return matchesPatterns(taken, name);
  return ignored === undefined ? null : !matchesPatterns(ignored, name);
}

function sourceMatches(filters: Filters, { event, payload }: Occurrence): boolean {
  const names = filters['workflows'];
  if (event !== 'workflow_run' || names === undefined) return true;
  const run = payload['workflow_run'] as Readonly<Record<string, Json>> | undefined;
  return matchesPatterns(names, String(run?.['name'] ?? ''));
}

async function pathsMatch(filters: Filters, occurrence: Occurrence): Promise<boolean> {
  const [taken, ignored] = [filters['paths'], filters['paths-ignore']];
  if (taken === undefined && ignored === undefined) return true;
  const files = await occurrence.changedFiles();
  if (files === null) return true;
  if (taken !== undefined) return files.some((file) => matchesPatterns(taken, file));
  return files.some((file) => !matchesPatterns(ignored ?? [], file));
}

const SKIP = /\[(?:skip ci|ci skip|no ci|skip actions|actions skip)\]|^skip-checks: ?true$/im;

/** Source: documentation of skipping workflow runs: a word in the message of the newest commit of a push or pull request. */
export function isSkipped(event: string, message: string): boolean {
  return (event === 'push' || event === 'pull_request') && SKIP.test(message);
}
