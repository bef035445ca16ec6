/** What happens in the sandbox's repository, told as events, and the workflow files that are asked about them. */
import { Refusal } from '../github/context.ts';
import type { GitRepository } from '../github/git-repository.ts';
import type { Sandbox } from '../github/index.ts';
import { sameName } from '../github/state.ts';
import { dispatchInputs } from './dispatch-inputs.ts';
import { commonPayload, pushPayload } from './event-payload.ts';
import type { Json } from './expressions.ts';
import { NotSupported, WorkflowProblem } from './problems.ts';
import { NO_SHA, type Sources } from './sources.ts';
import type { Occurrence } from './triggers.ts';
import { readWorkflowFile, type WorkflowFile } from './workflow-file.ts';

type Payload = Readonly<Record<string, Json>>;

/** A workflow that is started by hand. */
export interface Dispatched {
  readonly file: WorkflowFile;
  readonly occurrence: Occurrence;
  readonly inputs: Payload;
}

export class RepositoryEvents {
  readonly #sandbox: Sandbox;
  readonly #git: GitRepository;
  readonly #sources: Sources;
  /** Parsed files by commit and path. */
  readonly #files = new Map<string, Promise<WorkflowFile>>();
  /** What every ref pointed to when it was pushed last. */
  #refs: ReadonlyMap<string, string> = new Map();

  constructor(sandbox: Sandbox, git: GitRepository, sources: Sources) {
    this.#sandbox = sandbox;
    this.#git = git;
    this.#sources = sources;
  }

  async open(): Promise<void> {
    this.#refs = await this.#git.refs();
  }

  /** @returns `null` when the ref is gone, or points to no commit */
  async push(ref: string, options: { actor?: string; before?: string }): Promise<Occurrence | null> {
    const refs = await this.#git.refs();
    const name = fullName(ref, refs);
    const after = refs.get(name);
    const before = options.before ?? this.#refs.get(name) ?? NO_SHA;
    this.#refs = refs;
    const commit = after === undefined ? null : await this.#git.peel(after);
    if (after === undefined || commit === null) return null;
    const actor = options.actor ?? this.#loginOf(commit.committer.email);
    const payload = await pushPayload(this.#sandbox, this.#git, { ref: name, before, after, commit, actor });
    return {
      ...plain('push', payload, actor, name, commit.oid),
      changedFiles: async () => (name.startsWith('refs/tags/') ? null : this.#changed(before, commit.oid)),
    };
  }

  /** Any other event; a pull request's workflow files are its own, all others' those of the default branch. */
  async other(event: string, given: Payload, options: { actor?: string; ref?: string; sha?: string }): Promise<Occurrence> {
    const head = await this.head();
    const actor = options.actor ?? 'octocat';
    const payload = { ...commonPayload(this.#sandbox, actor), ...given };
    const pull = pullRequestOf(payload, `${this.#sandbox.owner}/${this.#sandbox.name}`);
    if (event === 'pull_request' && pull !== null) return this.#pullRequest(payload, actor, pull, options);
    const refs = await this.#git.refs();
    const ref = fullName(options.ref ?? this.#sandbox.defaultBranch, refs);
    return {
      ...plain(event, payload, actor, ref, options.sha ?? head),
      baseRef: pull?.baseRef ?? '',
      headRef: pull?.headRef ?? String(recordOf(payload['workflow_run'])?.['head_branch'] ?? ''),
      filesAt: head,
    };
  }

  async #pullRequest(payload: Payload, actor: string, pull: PullRequestEvent, given: { ref?: string; sha?: string }): Promise<Occurrence> {
    const sha = given.sha ?? pull.headSha;
    const base = (await this.#git.refs()).get(`refs/heads/${pull.baseRef}`) ?? NO_SHA;
    return {
      ...plain('pull_request', payload, actor, given.ref ?? `refs/pull/${pull.number}/merge`, sha),
      baseRef: pull.baseRef,
      headRef: pull.headRef,
      forked: pull.forked,
      changedFiles: () => this.#changed(base, sha, true),
    };
  }

  /** @throws Refusal as GitHub answers a dispatch that cannot be */
  async dispatch(
    workflow: string,
    options: { ref: string; actor?: string; inputs?: Readonly<Record<string, string>> },
  ): Promise<Dispatched> {
    const refs = await this.#git.refs();
    const path = workflow.includes('/') ? workflow : `.github/workflows/${workflow}`;
    if (!(await this.#sources.workflowPaths(await this.head())).includes(path)) throw new Refusal(404, 'Not Found');
    const ref = fullName(options.ref, refs);
    const commit = await this.#git.resolveCommit(ref, refs);
    if (commit === null) throw new Refusal(422, `No ref found for: ${options.ref}`);
    const file = await this.file(path, commit.oid, ref);
    if (file.events.workflow_dispatch === undefined) throw new Refusal(422, `Workflow does not have 'workflow_dispatch' trigger`);
    const actor = options.actor ?? 'octocat';
    const inputs = dispatchInputs(file, options.inputs ?? {});
    const shown = Object.fromEntries(Object.entries(inputs).map(([name, value]) => [name, String(value)] as const));
    const payload = { ...commonPayload(this.#sandbox, actor), inputs: shown, ref, workflow: path };
    return { file, occurrence: plain('workflow_dispatch', payload, actor, ref, commit.oid), inputs };
  }

  async schedule(cron: string): Promise<Occurrence> {
    const head = await this.head();
    const actor = this.#loginOf((await this.#git.commit(head)).committer.email);
    const payload = { ...commonPayload(this.#sandbox, actor), schedule: cron };
    return plain('schedule', payload, actor, this.#defaultRef, head);
  }

  /** Workflow files of the default branch that have a schedule. What GitHub could not read is none. */
  async scheduled(): Promise<readonly WorkflowFile[]> {
    const head = await this.head();
    const files: WorkflowFile[] = [];
    for (const path of await this.#sources.workflowPaths(head)) {
      const file = await this.file(path, head, this.#defaultRef).catch((error: unknown) => {
        if (error instanceof WorkflowProblem || error instanceof NotSupported) return null;
        throw error;
      });
      if (file?.events.schedule !== undefined) files.push(file);
    }
    return files;
  }

  /** A workflow file of the repository. @throws Refusal 404, or WorkflowProblem */
  file(path: string, sha: string, ref: string): Promise<WorkflowFile> {
    const key = `${sha}:${path}@${ref}`;
    const known = this.#files.get(key);
    if (known !== undefined) return known;
    const source = this.#sources.own(sha);
    const read = this.#sources.text(source, path).then((text) => {
      if (text === null) throw new Refusal(404, 'Not Found');
      return readWorkflowFile(text, { source, path, ref });
    });
    this.#files.set(key, read);
    return read;
  }

  async messageOf(sha: string): Promise<string> {
    return (await this.#git.commit(sha)).message;
  }

  /** The newest commit of the default branch. */
  async head(): Promise<string> {
    const commit = await this.#git.resolveCommit(this.#defaultRef);
    if (commit === null) throw new Error(`sandbox: there is no branch ${this.#sandbox.defaultBranch}`);
    return commit.oid;
  }

  get #defaultRef(): string {
    return `refs/heads/${this.#sandbox.defaultBranch}`;
  }

  /** Files that differ: of a new ref those since it left the default branch. */
  async #changed(before: string, sha: string, sinceCommonBase = false): Promise<readonly string[]> {
    const known = before === NO_SHA ? await this.head() : before;
    const base = before === NO_SHA || sinceCommonBase ? (await this.#git.compare(known, sha)).mergeBase : known;
    return (await this.#git.changedFiles(base === sha ? null : base, sha)).map(({ path }) => path);
  }

  #loginOf(email: string): string {
    return this.#sandbox.state.users.find((user) => user.emails.includes(email))?.login ?? email.replace(/@.*$/, '');
  }
}

/** An event that is about a ref and nothing else, with the workflow files of its commit. */
function plain(event: string, payload: Payload, actor: string, ref: string, sha: string): Occurrence {
  return { event, payload, actor, ref, sha, baseRef: '', headRef: '', forked: false, filesAt: sha, changedFiles: async () => null };
}

/** A branch goes before a tag of the same name. */
function fullName(ref: string, refs: ReadonlyMap<string, string>): string {
  if (ref.startsWith('refs/')) return ref;
  return refs.has(`refs/heads/${ref}`) || !refs.has(`refs/tags/${ref}`) ? `refs/heads/${ref}` : `refs/tags/${ref}`;
}

interface PullRequestEvent {
  readonly number: number;
  readonly headSha: string;
  readonly headRef: string;
  readonly baseRef: string;
  readonly forked: boolean;
}

function pullRequestOf(payload: Payload, repository: string): PullRequestEvent | null {
  const pull = recordOf(payload['pull_request']);
  if (pull === null) return null;
  const [head, base] = [recordOf(pull['head']), recordOf(pull['base'])];
  const source = String(recordOf(head?.['repo'])?.['full_name'] ?? repository);
  return {
    number: Number(pull['number'] ?? payload['number'] ?? 0),
    headSha: String(head?.['sha'] ?? ''),
    headRef: String(head?.['ref'] ?? ''),
    baseRef: String(base?.['ref'] ?? ''),
    forked: !sameName(source, repository),
  };
}

function recordOf(value: Json | undefined): Payload | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Payload) : null;
}
