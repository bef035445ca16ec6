import { timestamp } from '../clock.ts';
import { NotServed, notFound, Refusal, type Reply, type RestContext } from '../context.ts';
import type { GitCommit, TreeEntry } from '../git-repository.ts';
import { nodeId } from '../node-id.ts';
import { findUser } from '../state.ts';
import { reaches } from '../tokens.ts';
import { type Endpoints, ok, page, reads, refuseQuery } from './endpoint.ts';
import { commit, diffEntry, fullRepository, gitCommit, pageUrl, pullRequest, repositoryUrl } from './shapes.ts';

type Ids =
  | 'git/get-commit'
  | 'git/get-ref'
  | 'git/get-tag'
  | 'git/list-matching-refs'
  | 'repos/compare-commits-with-basehead'
  | 'repos/get'
  | 'repos/get-branch'
  | 'repos/get-commit'
  | 'repos/get-content'
  | 'repos/list-branches'
  | 'repos/list-commits'
  | 'repos/list-pull-requests-associated-with-commit'
  | 'repos/list-tags';

export const gitEndpoints: Endpoints<Ids> = {
  'repos/get': reads('metadata', (context) => ok({ ...fullRepository(context.place), permissions: permissionsOf(context) })),
  'git/get-ref': reads('contents', async (context) => {
    const name = `refs/${context.path['ref']}`;
    const oid = (await refsOf(context)).get(name);
    if (oid === undefined) throw notFound();
    return ok(await gitRef(context, name, oid));
  }),
  'git/list-matching-refs': reads('contents', async (context) => {
    const found = [...(await refsOf(context))].filter(([name]) => name.startsWith(`refs/${context.path['ref']}`));
    return ok(await Promise.all(found.map(([name, oid]) => gitRef(context, name, oid))));
  }),
  'git/get-tag': reads('contents', getTag),
  'git/get-commit': reads('contents', async (context) =>
    ok(gitCommit(context.place, await theCommit(context, context.path['commit_sha']))),
  ),
  'repos/get-commit': reads('contents', getCommit),
  'repos/list-commits': reads('contents', listCommits),
  'repos/compare-commits-with-basehead': reads('contents', compare),
  'repos/get-content': reads('contents', getContent),
  'repos/get-branch': reads('contents', getBranch),
  'repos/list-branches': reads('contents', async (context) => {
    const isProtected = (name: string) => context.state.protectedBranches.includes(name.slice('refs/heads/'.length));
    const branches = [...(await refsOf(context))]
      .filter(([name]) => name.startsWith('refs/heads/'))
      .filter(([name]) => context.query['protected'] === undefined || context.query['protected'] === isProtected(name));
    return page(context, `${repositoryUrl(context.place)}/branches`, branches, ([name, sha]) => ({
      name: name.slice('refs/heads/'.length),
      commit: { sha, url: `${repositoryUrl(context.place)}/commits/${sha}` },
      protected: isProtected(name),
    }));
  }),
  'repos/list-tags': reads('contents', async (context) => {
    const tags = [...(await refsOf(context))].filter(([name]) => name.startsWith('refs/tags/')).toReversed();
    return page(context, `${repositoryUrl(context.place)}/tags`, tags, ([name, oid]) => tag(context, name.slice('refs/tags/'.length), oid));
  }),
  'repos/list-pull-requests-associated-with-commit': reads('pull-requests', async (context) => {
    const { oid } = await theCommit(context, context.path['commit_sha']);
    const found = context.state.pullRequests.filter((candidate) => candidate.commits.includes(oid));
    return page(context, `${repositoryUrl(context.place)}/commits/${oid}/pulls`, found, (one) => pullRequest(context, one));
  }),
};

/** What the token's owner may do, in the five words that GitHub has for it. */
function permissionsOf({ state, identity }: RestContext): Readonly<Record<string, boolean>> {
  const role = identity.kind === 'app' ? 'none' : (findUser(state, identity.login)?.role ?? 'none');
  const least = { admin: 'admin', maintain: 'maintain', push: 'write', triage: 'triage', pull: 'none' } as const;
  return Object.fromEntries(Object.entries(least).map(([name, needed]) => [name, reaches(role, needed)]));
}

async function refsOf(context: RestContext): Promise<ReadonlyMap<string, string>> {
  return context.refs ?? context.place.git.refs();
}

async function theCommit(context: RestContext, expression: string | undefined): Promise<GitCommit> {
  const found = expression === undefined ? null : await context.place.git.resolveCommit(expression, context.refs);
  if (found === null) throw notFound();
  return found;
}

async function gitRef(context: RestContext, name: string, oid: string): Promise<unknown> {
  const type = (await context.place.git.info(oid))?.type ?? 'commit';
  const base = repositoryUrl(context.place);
  return {
    ref: name,
    node_id: nodeId('Ref', name),
    url: `${base}/git/${name}`,
    object: { type, sha: oid, url: `${base}/git/${type}s/${oid}` },
  };
}

async function getTag(context: RestContext): Promise<Reply> {
  const sha = context.path['tag_sha'] ?? '';
  const info = await context.place.git.info(sha);
  if (info?.type !== 'tag') throw notFound();
  const found = await context.place.git.tag(info.oid);
  const base = repositoryUrl(context.place);
  return ok({
    node_id: nodeId('Tag', found.oid),
    tag: found.name,
    sha: found.oid,
    url: `${base}/git/tags/${found.oid}`,
    message: found.message,
    tagger: { name: found.tagger?.name ?? '', email: found.tagger?.email ?? '', date: timestamp(found.tagger?.at ?? 0) },
    object: { sha: found.target, type: found.targetType, url: `${base}/git/${found.targetType}s/${found.target}` },
    verification: { verified: false, reason: 'unsigned', signature: null, payload: null, verified_at: null },
  });
}

/** A commit that does not exist is 422 here, not 404. */
async function getCommit(context: RestContext): Promise<Reply> {
  const { git, place } = { git: context.place.git, place: context.place };
  const found = await git.resolveCommit(context.path['ref'] ?? '', context.refs);
  if (found === null) throw new Refusal(422, `No commit found for SHA: ${context.path['ref']}`);
  const files = await git.changedFiles(found.parents[0] ?? null, found.oid);
  const [additions, deletions] = [sum(files.map((file) => file.additions)), sum(files.map((file) => file.deletions))];
  const stats = { additions, deletions, total: additions + deletions };
  return ok({ ...commit(context, found), stats, files: files.map((file) => diffEntry(place, found.oid, file)) });
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

async function listCommits(context: RestContext): Promise<Reply> {
  refuseQuery(context, 'author', 'committer', 'since', 'until');
  const { git } = context.place;
  const tip = await theCommit(context, String(context.query['sha'] ?? `refs/heads/${context.place.defaultBranch}`));
  const path = context.query['path'];
  const shas =
    path === undefined
      ? (await git.history(tip.oid, Number.POSITIVE_INFINITY)).map((one) => one.oid)
      : await git.historyOfPath(tip.oid, String(path));
  return page(context, `${repositoryUrl(context.place)}/commits`, shas, async (sha) => commit(context, await git.commit(sha)));
}

const COMPARED_COMMITS = 250;
const COMPARED_FILES = 300;

async function compare(context: RestContext): Promise<Reply> {
  const { git } = context.place;
  const [baseName, headName] = (context.path['basehead'] ?? '').split('...');
  const [base, head] = [await theCommit(context, baseName), await theCommit(context, headName)];
  const comparison = await git.compare(base.oid, head.oid);
  if (comparison.mergeBase === null) throw new Refusal(404, `No common ancestor between ${baseName} and ${headName}.`);
  const mergeBase = await git.commit(comparison.mergeBase);
  const size = Number(context.query['per_page'] ?? COMPARED_COMMITS);
  const from = (Number(context.query['page'] ?? 1) - 1) * size;
  const commits = await Promise.all(comparison.commits.slice(from, from + size).map((sha) => git.commit(sha)));
  const files = await git.changedFiles(mergeBase.oid, head.oid);
  const page = `${pageUrl(context.place)}/compare/${encodeURIComponent(baseName ?? '')}...${encodeURIComponent(headName ?? '')}`;
  return ok({
    url: `${repositoryUrl(context.place)}/compare/${encodeURIComponent(baseName ?? '')}...${encodeURIComponent(headName ?? '')}`,
    html_url: page,
    permalink_url: `${pageUrl(context.place)}/compare/${base.oid}...${head.oid}`,
    diff_url: `${page}.diff`,
    patch_url: `${page}.patch`,
    base_commit: commit(context, base),
    merge_base_commit: commit(context, mergeBase),
    status: comparison.status,
    ahead_by: comparison.aheadBy,
    behind_by: comparison.behindBy,
    total_commits: comparison.aheadBy,
    commits: commits.map((one) => commit(context, one)),
    files: files.slice(0, COMPARED_FILES).map((file) => diffEntry(context.place, head.oid, file)),
  });
}

const LARGEST_CONTENT = 1_000_000;

async function getContent(context: RestContext): Promise<Reply> {
  const { git, defaultBranch } = context.place;
  const at = await theCommit(context, String(context.query['ref'] ?? `refs/heads/${defaultBranch}`));
  const path = (context.path['path'] ?? '').replace(/^\/+|\/+$/g, '');
  const info = await git.info(`${at.oid}:${path}`);
  if (info === null) throw notFound();
  const ref = String(context.query['ref'] ?? defaultBranch);
  if (info.type === 'tree') {
    const entries = await git.tree(info.oid);
    const listed = entries.map(async (entry) => ({
      ...contentEntry(context, ref, path === '' ? entry.name : `${path}/${entry.name}`, entry.oid),
      type: contentType(entry),
      size: await git.size(entry.oid),
    }));
    return ok(await Promise.all(listed));
  }
  if (info.size > LARGEST_CONTENT) throw new NotServed('files over 1 MB are not served');
  const content = (await git.content(info.oid)) ?? Buffer.alloc(0);
  const encoded = `${(content.toString('base64').match(/.{1,60}/g) ?? []).join('\n')}\n`;
  return ok({ ...contentEntry(context, ref, path, info.oid), type: 'file', size: info.size, encoding: 'base64', content: encoded });
}

function contentType(entry: TreeEntry): string {
  if (entry.type === 'tree') return 'dir';
  if (entry.type === 'commit') return 'submodule';
  return entry.mode === '120000' ? 'symlink' : 'file';
}

function contentEntry(context: RestContext, ref: string, path: string, oid: string): Record<string, unknown> {
  const encoded = path.split('/').map(encodeURIComponent).join('/');
  const self = `${repositoryUrl(context.place)}/contents/${encoded}?ref=${encodeURIComponent(ref)}`;
  const html = `${pageUrl(context.place)}/blob/${encodeURIComponent(ref)}/${encoded}`;
  const git = `${repositoryUrl(context.place)}/git/blobs/${oid}`;
  return {
    name: path.split('/').at(-1) ?? path,
    path,
    sha: oid,
    url: self,
    html_url: html,
    git_url: git,
    download_url: `${pageUrl(context.place)}/raw/${encodeURIComponent(ref)}/${encoded}`,
    _links: { self, git, html },
  };
}

async function getBranch(context: RestContext): Promise<Reply> {
  const name = context.path['branch'] ?? '';
  const oid = (await refsOf(context)).get(`refs/heads/${name}`);
  if (oid === undefined) throw new Refusal(404, 'Branch not found');
  const self = `${repositoryUrl(context.place)}/branches/${encodeURIComponent(name)}`;
  return ok({
    name,
    commit: commit(context, await context.place.git.commit(oid)),
    _links: { self, html: `${pageUrl(context.place)}/tree/${encodeURIComponent(name)}` },
    protected: false,
    protection: { enabled: false },
    protection_url: `${self}/protection`,
  });
}

async function tag(context: RestContext, name: string, oid: string): Promise<unknown> {
  const peeled = (await context.place.git.peel(oid))?.oid ?? oid;
  const base = repositoryUrl(context.place);
  return {
    name,
    commit: { sha: peeled, url: `${base}/commits/${peeled}` },
    zipball_url: `${base}/zipball/refs/tags/${encodeURIComponent(name)}`,
    tarball_url: `${base}/tarball/refs/tags/${encodeURIComponent(name)}`,
    node_id: nodeId('Ref', `refs/tags/${name}`),
  };
}
