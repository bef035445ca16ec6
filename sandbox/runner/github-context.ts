/**
 * The `github` context and the GITHUB_* variables of a run. In a called workflow they are the caller's.
 * https://docs.github.com/en/actions/reference/workflows-and-actions/contexts#github-context
 */
import type { Run, Sandbox } from '../github/index.ts';
import { REPOSITORY_ID } from '../github/rest/shapes.ts';
import { findUser } from '../github/state.ts';
import type { Json } from './expressions.ts';

/** What a run is about; the same in every attempt. */
export interface RunSubject {
  readonly sha: string;
  /** Full name. */
  readonly ref: string;
  /** Short name of the branch a pull request goes to, and of the one it comes from. */
  readonly baseRef: string;
  readonly headRef: string;
  /** A pull request from a fork: nothing is written, no secrets. */
  readonly forked: boolean;
  /** The workflow file by its full address: `octo-org/shop/.github/workflows/ci.yml@refs/heads/main`. */
  readonly workflowRef: string;
  readonly workflowSha: string;
}

const OWNER_ID = '2';
const RETENTION_DAYS = '90';

/** `refs/heads/main` is `main`; `refs/pull/5/merge` is `5/merge`. */
export function shortRef(ref: string): string {
  return ref.replace(/^refs\/(?:heads|tags|pull)\//, '');
}

/** Without `token` and `job`, which are the job's. */
export function githubContext(sandbox: Sandbox, run: Run, subject: RunSubject): Readonly<Record<string, Json>> {
  const { ref } = subject;
  return {
    actor: run.actor,
    actor_id: String(findUser(sandbox.state, run.actor)?.id ?? 0),
    api_url: sandbox.apiUrl,
    base_ref: subject.baseRef,
    event: run.payload as Json,
    event_name: run.event,
    graphql_url: sandbox.graphqlUrl,
    head_ref: subject.headRef,
    ref,
    ref_name: shortRef(ref),
    ref_protected: ref.startsWith('refs/heads/') && sandbox.state.protectedBranches.includes(shortRef(ref)),
    ref_type: ref.startsWith('refs/tags/') ? 'tag' : 'branch',
    repository: `${sandbox.owner}/${sandbox.name}`,
    repository_id: String(REPOSITORY_ID),
    repository_owner: sandbox.owner,
    repository_owner_id: OWNER_ID,
    repository_visibility: 'public',
    repositoryUrl: `git://${new URL(sandbox.url).host}/${sandbox.owner}/${sandbox.name}.git`,
    retention_days: RETENTION_DAYS,
    run_attempt: String(run.attempt),
    run_id: String(run.id),
    run_number: String(run.number),
    secret_source: 'Actions',
    server_url: sandbox.url,
    sha: subject.sha,
    triggering_actor: run.triggeringActor,
    workflow: run.workflow,
    workflow_ref: subject.workflowRef,
    workflow_sha: subject.workflowSha,
  };
}

/** Keys of the context that are a GITHUB_* variable, too. */
const AS_VARIABLE = [
  'actor',
  'actor_id',
  'api_url',
  'base_ref',
  'event_name',
  'graphql_url',
  'head_ref',
  'job',
  'ref',
  'ref_name',
  'ref_protected',
  'ref_type',
  'repository',
  'repository_id',
  'repository_owner',
  'repository_owner_id',
  'retention_days',
  'run_attempt',
  'run_id',
  'run_number',
  'server_url',
  'sha',
  'triggering_actor',
  'workflow',
  'workflow_ref',
  'workflow_sha',
];

/** https://docs.github.com/en/actions/reference/workflows-and-actions/variables#default-environment-variables */
export function githubVariables(context: Readonly<Record<string, Json>>): Readonly<Record<string, string>> {
  const variables = AS_VARIABLE.map((key) => [`GITHUB_${key.toUpperCase()}`, String(context[key] ?? '')] as const);
  return { CI: 'true', GITHUB_ACTIONS: 'true', ...Object.fromEntries(variables) };
}
