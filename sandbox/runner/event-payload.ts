/** Payloads of events, as far as workflows read them. */

import type { GitCommit, GitRepository } from '../github/git-repository.ts';
import type { Sandbox } from '../github/index.ts';
import { REPOSITORY_ID } from '../github/rest/shapes.ts';
import { findUser } from '../github/state.ts';
import type { Json } from './expressions.ts';
import { NO_SHA } from './sources.ts';

/** What every payload holds: the repository and who did it. */
export function commonPayload(sandbox: Sandbox, actor: string): Readonly<Record<string, Json>> {
  const fullName = `${sandbox.owner}/${sandbox.name}`;
  return {
    repository: {
      id: REPOSITORY_ID,
      name: sandbox.name,
      full_name: fullName,
      private: false,
      fork: false,
      owner: { login: sandbox.owner, id: 2, type: 'Organization' },
      html_url: `${sandbox.url}/${fullName}`,
      url: `${sandbox.apiUrl}/repos/${fullName}`,
      clone_url: `${sandbox.url}/${fullName}.git`,
      default_branch: sandbox.defaultBranch,
    },
    sender: { login: actor, id: findUser(sandbox.state, actor)?.id ?? 0, type: actor.endsWith('[bot]') ? 'Bot' : 'User' },
  };
}

export interface Push {
  readonly ref: string;
  /** What the ref pointed to before; zeros: nothing. */
  readonly before: string;
  /** What it points to now: a tag object, if it is an annotated tag. */
  readonly after: string;
  readonly commit: GitCommit;
  readonly actor: string;
}

/** GitHub lists so many commits at most. */
const LISTED = 20;

export async function pushPayload(sandbox: Sandbox, git: GitRepository, push: Push): Promise<Readonly<Record<string, Json>>> {
  const created = push.before === NO_SHA;
  const compared = created ? null : await git.compare(push.before, push.commit.oid);
  const listed = compared === null ? [push.commit] : await Promise.all(compared.commits.slice(-LISTED).map((oid) => git.commit(oid)));
  const { repository, sender } = commonPayload(sandbox, push.actor);
  return {
    ref: push.ref,
    before: push.before,
    after: push.after,
    created,
    deleted: false,
    forced: compared !== null && compared.behindBy > 0,
    base_ref: null,
    compare: `${sandbox.url}/${sandbox.owner}/${sandbox.name}/compare/${push.before.slice(0, 12)}...${push.after.slice(0, 12)}`,
    commits: listed.map((commit) => commitPayload(sandbox, commit)),
    head_commit: commitPayload(sandbox, push.commit),
    pusher: { name: push.actor, email: `${push.actor}@example.com` },
    repository: repository ?? null,
    sender: sender ?? null,
  };
}

function commitPayload(sandbox: Sandbox, commit: GitCommit): Json {
  const { author, committer } = commit;
  return {
    id: commit.oid,
    tree_id: commit.tree,
    message: commit.message,
    timestamp: new Date(committer.at).toISOString(),
    url: `${sandbox.url}/${sandbox.owner}/${sandbox.name}/commit/${commit.oid}`,
    author: { name: author.name, email: author.email },
    committer: { name: committer.name, email: committer.email },
    distinct: true,
  };
}
