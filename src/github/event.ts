import * as z from 'zod/mini';
import { readRecordPayload } from './record-payload.ts';
import { whenNeeded } from './when-needed.ts';

/** The event as the runner hands it over. */
export interface RunEvent {
  /** `GITHUB_EVENT_NAME`. */
  readonly name: string;
  /** The event file, not yet validated: an outsider wrote parts of it. */
  readonly payload: unknown;
  /** `GITHUB_SHA`; empty on a command line. */
  readonly sha: string;
  /** `GITHUB_REF`; empty where the event has none. */
  readonly ref: string;
  readonly actor: string;
  /** Who started this attempt; differs from `actor` in a re-run. */
  readonly triggeringActor: string;
  /** `owner/name` of the repository that deploys. */
  readonly repository: string;
}

/** What the person who wrote the workflow says instead of the event; empty and absent mean the same. */
export interface CandidateOverrides {
  /** 7 to 64 hexadecimal digits. */
  readonly sha?: string | undefined;
  /** `refs/heads/…`, `refs/tags/…`, or the name alone. */
  readonly ref?: string | undefined;
  readonly version?: string | undefined;
}

/** The candidate as far as the event alone can name it. */
export interface EventCandidate {
  /** As given, so possibly abbreviated or an annotated tag's; `null`: whatever the ref points to. */
  readonly sha: string | null;
  /** Full ref. */
  readonly ref: string;
  /** Where the source says a name only: the other full ref it could mean. */
  readonly alternativeRef: string | null;
  /** `null`: made by `madeVersion` when the commit is known. */
  readonly version: string | null;
  readonly actor: string;
  readonly initiator: string;
  /** The commit comes from another repository. */
  readonly fork: boolean;
  /** Commit under which GitHub lists this run; `null` on a command line. */
  readonly runHeadSha: string | null;
}

/** The event names no candidate. The message says which event, why, and what to do. */
export class EventRefused extends Error {
  override name = 'EventRefused';
}

/** What one kind of event says. `sha: null`: whatever the ref points to. */
interface Named {
  readonly sha: string | null;
  readonly ref: string;
  readonly alternativeRef?: string | null;
  readonly fork?: boolean;
  readonly runHeadSha?: string;
}

const BRANCH = 'refs/heads/';
const TAG = 'refs/tags/';

/** Git's own rules for names, as far as they keep a ref from meaning something else (https://git-scm.com/docs/git-check-ref-format). */
const REF_NAME = /^(?!.*(?:\.\.|@\{|\/\/))(?=[!-~\u00A0-\u{10FFFF}]*$)[^~^:?*[\\/][^~^:?*[\\]*$/u;
const refName = z.string().check(z.maxLength(500), z.regex(REF_NAME));
const fullRef = z.string().check(z.maxLength(500), z.regex(/^refs\/./), z.regex(REF_NAME));
const commitSha = z.string().check(z.regex(/^(?!0+$)(?:[0-9a-f]{40}|[0-9a-f]{64})$/));
const givenSha = z.string().check(z.regex(/^[0-9a-f]{7,64}$/));
const givenVersion = z.string().check(z.maxLength(100), z.regex(/^[ -~\u00A0-\u2027\u202A-\u{10FFFF}]+$/u));
const repositoryName = z.nullish(z.object({ full_name: z.string() }));

/**
 * Which candidate an event is about. What `overrides` names wins; a sha given alone must be contained in the event's ref, which is
 * checked with the evidence (`refState`).
 * @throws EventRefused for an event that names none, and for overrides that cannot be one.
 */
export function candidateFromEvent(event: RunEvent, overrides: CandidateOverrides = {}): EventCandidate {
  const given = readOverrides(overrides);
  const named = given.ref === null ? fromEvent(event, given.sha !== null) : overriddenRef(event, given.ref);
  return {
    sha: given.sha ?? named.sha,
    ref: named.ref,
    alternativeRef: named.alternativeRef ?? null,
    version: given.version,
    actor: event.actor,
    initiator: event.triggeringActor || event.actor,
    fork: named.fork ?? false,
    runHeadSha: named.runHeadSha ?? (event.sha || null),
  };
}

interface GivenOverrides {
  readonly sha: string | null;
  readonly ref: string | null;
  readonly version: string | null;
}

function readOverrides(overrides: CandidateOverrides): GivenOverrides {
  return {
    sha: override(givenSha, overrides.sha?.toLowerCase(), 'sha', 'Give 7 to 40 hexadecimal digits of a commit.'),
    ref: override(refName, overrides.ref, 'ref', 'Give a branch or a tag: refs/heads/main, refs/tags/v1.4.2, or the name alone.'),
    version: override(givenVersion, overrides.version, 'version', 'Give one line of at most 100 characters.'),
  };
}

function override(schema: z.ZodMiniType<string, string>, value: string | undefined, input: string, fix: string): string | null {
  if (value === undefined || value === '') return null;
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new EventRefused(`The input "${input}" cannot be used: ${JSON.stringify(value.slice(0, 100))}. ${fix}`);
}

/** The ref that the workflow names; its commit is the event's when both mean the same ref. */
function overriddenRef(event: RunEvent, ref: string): Named {
  const own = safely(() => fromEvent(event, false));
  if (own !== null && (own.ref === ref || shortName(own.ref) === ref)) return own;
  const runHeadSha = own?.runHeadSha;
  return { sha: null, ...namedRef(ref), ...(runHeadSha === undefined ? {} : { runHeadSha }) };
}

function safely<T>(read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    if (error instanceof EventRefused) return null;
    throw error;
  }
}

/** A name alone is a tag when it looks like a version, a branch otherwise; the evidence tells whether it was the other one. */
function namedRef(name: string): { ref: string; alternativeRef: string | null } {
  if (name.startsWith('refs/')) return { ref: name, alternativeRef: null };
  const [first, second] = /^v?\d+\.\d+/.test(name) ? [TAG, BRANCH] : [BRANCH, TAG];
  return { ref: first + name, alternativeRef: second + name };
}

function shortName(ref: string): string {
  return ref.replace(/^refs\/(?:heads|tags)\//, '');
}

type Reader = (event: RunEvent) => Named;

const READERS: Readonly<Record<string, Reader>> = {
  push,
  create,
  release,
  workflow_dispatch: started,
  schedule: started,
  repository_dispatch: repositoryDispatch,
  workflow_run: workflowRun,
  pull_request: pullRequest,
  pull_request_target: pullRequest,
  merge_group: mergeGroup,
  deployment_status: deploymentStatus,
};

/** Events that people try, and why they do not name a candidate. */
const REFUSALS: Readonly<Record<string, string>> = {
  delete: 'the branch or tag is gone',
  issue_comment: 'a comment is about an issue or a pull request, not about a commit',
  issues: 'an issue is not about a commit',
  pull_request_review: 'a review may be about a commit that is no longer the head of its pull request',
  deployment: 'a deployment that has just been requested was not decided here',
  check_run: 'a check says nothing about a branch or tag',
  check_suite: 'a check says nothing about a branch or tag',
  status: 'a status belongs to a commit that any number of branches may contain',
};

function fromEvent(event: RunEvent, shaGiven: boolean): Named {
  const reader = Object.hasOwn(READERS, event.name) ? READERS[event.name] : undefined;
  if (reader !== undefined) return reader(event);
  // A workflow that names the commit itself needs only a ref that contains it, which every run has.
  if (shaGiven && fullRef.safeParse(event.ref).success) return { sha: null, ref: event.ref };
  throw refused(
    event.name,
    (Object.hasOwn(REFUSALS, event.name) ? REFUSALS[event.name] : undefined) ?? 'it is not an event about a commit',
  );
}

function refused(event: string, why: string): EventRefused {
  const usual =
    'push, create, release, workflow_dispatch, workflow_run, repository_dispatch, schedule, pull_request, merge_group or deployment_status';
  return new EventRefused(
    `The event "${event}" names no candidate: ${why}. Say which one is meant with the inputs "ref" and "sha", or start the workflow on ${usual}.`,
  );
}

function read<S extends z.ZodMiniType>(schema: S, event: RunEvent): z.output<S> {
  const parsed = schema.safeParse(event.payload);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw refused(
    event.name,
    `its payload is not as GitHub sends it (${issue?.path.join('.') || 'payload'}: ${issue?.message ?? 'invalid'})`,
  );
}

const pushSchema = whenNeeded(() =>
  z.object({ ref: fullRef, deleted: z.boolean(), after: z.string(), head_commit: z.nullish(z.object({ id: commitSha })) }),
);

/** For an annotated tag `after` is the tag's own id and `head_commit` the commit it stands for. */
function push(event: RunEvent): Named {
  const payload = read(pushSchema(), event);
  if (payload.deleted) throw refused('push', `${payload.ref} was deleted`);
  const sha = payload.head_commit?.id ?? commitSha.safeParse(payload.after).data;
  if (sha === undefined) throw refused('push', `it carries no commit for ${payload.ref}`);
  return { sha, ref: payload.ref, runHeadSha: sha };
}

const createSchema = whenNeeded(() => z.object({ ref: refName, ref_type: z.enum(['branch', 'tag']) }));

function create(event: RunEvent): Named {
  const payload = read(createSchema(), event);
  const ref = (payload.ref_type === 'tag' ? TAG : BRANCH) + payload.ref;
  return { sha: shaFor(event, ref), ref };
}

const releaseSchema = whenNeeded(() => z.object({ action: z.string(), release: z.object({ tag_name: refName, draft: z.boolean() }) }));

function release(event: RunEvent): Named {
  const payload = read(releaseSchema(), event);
  const { tag_name: tag, draft } = payload.release;
  if (payload.action === 'deleted' || payload.action === 'unpublished')
    throw refused('release', `the release ${tag} was ${payload.action}`);
  if (draft) throw refused('release', `the release ${tag} is a draft, which has no tag yet`);
  return { sha: shaFor(event, TAG + tag), ref: TAG + tag };
}

/** `workflow_dispatch` and `schedule`: the run's own ref. */
function started(event: RunEvent): Named {
  const ref = fullRef.safeParse(event.ref);
  if (!ref.success) throw refused(event.name, 'the run has no branch or tag (GITHUB_REF)');
  return { sha: shaFor(event, ref.data), ref: ref.data };
}

const repositoryDispatchSchema = whenNeeded(() =>
  z.object({
    client_payload: z.nullish(z.object({ ref: z.nullish(refName), sha: z.nullish(givenSha) })),
  }),
);

/** `client_payload.ref` and `client_payload.sha`, both optional, name the candidate; without them it is the default branch. */
function repositoryDispatch(event: RunEvent): Named {
  const asked = read(repositoryDispatchSchema(), event).client_payload;
  const own = started(event);
  if (asked?.ref === null || asked?.ref === undefined) return { ...own, sha: asked?.sha ?? own.sha };
  return { ...namedRef(asked.ref), sha: asked.sha ?? null };
}

const workflowRunSchema = whenNeeded(() =>
  z.object({
    workflow_run: z.object({
      head_sha: commitSha,
      head_branch: z.nullish(refName),
      head_repository: repositoryName,
    }),
  }),
);

/** The commit that the other workflow ran on. `head_branch` is also where GitHub puts the name of a tag. */
function workflowRun(event: RunEvent): Named {
  const { head_sha: sha, head_branch: name, head_repository: head } = read(workflowRunSchema(), event).workflow_run;
  if (name === null || name === undefined) throw refused('workflow_run', 'the run it follows has no branch or tag');
  return { sha, ref: BRANCH + name, alternativeRef: TAG + name, fork: !sameRepository(head?.full_name, event.repository) };
}

const pullRequestSchema = whenNeeded(() =>
  z.object({
    pull_request: z.object({
      number: z.number(),
      state: z.string(),
      merged: z.nullish(z.boolean()),
      merge_commit_sha: z.nullish(commitSha),
      head: z.object({ sha: commitSha, ref: refName, repo: repositoryName }),
      base: z.object({ ref: refName }),
    }),
  }),
);

/** Open: its head on its own branch. Merged: the merge commit on the base branch. */
function pullRequest(event: RunEvent): Named {
  const pull = read(pullRequestSchema(), event).pull_request;
  const runHeadSha = pull.head.sha;
  if (pull.merged === true) {
    if (!pull.merge_commit_sha)
      throw refused(event.name, `pull request #${pull.number} was merged, and its payload does not say into which commit`);
    return { sha: pull.merge_commit_sha, ref: BRANCH + pull.base.ref, runHeadSha };
  }
  if (pull.state !== 'open') throw refused(event.name, `pull request #${pull.number} was closed without being merged`);
  // A fork that was deleted meanwhile has no repository any more.
  return {
    sha: pull.head.sha,
    ref: BRANCH + pull.head.ref,
    fork: !sameRepository(pull.head.repo?.full_name, event.repository),
    runHeadSha,
  };
}

const mergeGroupSchema = whenNeeded(() =>
  z.object({ action: z.string(), merge_group: z.object({ head_sha: commitSha, head_ref: fullRef }) }),
);

/** The queue's own branch (`gh-readonly-queue/…`): the commit is not on its base branch before the queue puts it there. */
function mergeGroup(event: RunEvent): Named {
  const { action, merge_group: group } = read(mergeGroupSchema(), event);
  if (action === 'destroyed') throw refused('merge_group', 'the merge group no longer exists');
  return { sha: group.head_sha, ref: group.head_ref, runHeadSha: group.head_sha };
}

const deploymentStatusSchema = whenNeeded(() =>
  z.object({
    deployment: z.object({ sha: commitSha, ref: refName, task: z.nullish(z.string()), payload: z.optional(z.unknown()) }),
  }),
);

/** The deployed commit. A deployment made by sha names no ref; one of our own records says it in its payload. */
function deploymentStatus(event: RunEvent): Named {
  const { deployment } = read(deploymentStatusSchema(), event);
  const recorded = readRecordPayload(deployment.payload);
  if (recorded !== null && recorded.candidate.sha === deployment.sha) return { sha: deployment.sha, ref: recorded.candidate.ref };
  if (fullRef.safeParse(event.ref).success) return { sha: deployment.sha, ref: event.ref };
  if (commitSha.safeParse(deployment.ref).success)
    throw refused('deployment_status', 'the deployment was made by sha and names no branch or tag');
  return { sha: deployment.sha, ...namedRef(deployment.ref) };
}

/** The run's commit, when the run is about this very ref. */
function shaFor(event: RunEvent, ref: string): string | null {
  return event.ref === ref ? (commitSha.safeParse(event.sha).data ?? null) : null;
}

function sameRepository(head: string | undefined, own: string): boolean {
  return head?.toLowerCase() === own.toLowerCase();
}
