/** Builds what GitHub answers from what the sandbox knows; every function gives one schema of the OpenAPI description. */
import { timestamp } from '../clock.ts';
import type { Context, Place } from '../context.ts';
import type { ChangedFile, GitCommit, Signature } from '../git-repository.ts';
import { nodeId } from '../node-id.ts';
import {
  type Deployment,
  type DeploymentStatus,
  type Environment,
  findEnvironment,
  findTeam,
  findUser,
  type Issue,
  type IssueComment,
  isReviewer,
  type Label,
  type PullRequest,
  type RefPattern,
  type Run,
  type State,
  type Team,
  type User,
} from '../state.ts';
import { maySeeTeams } from '../tokens.ts';

/** Address of the repository in the API. */
export function repositoryUrl(place: Place): string {
  return `${place.apiUrl}/repos/${place.fullName}`;
}

/** Address of the repository's page. */
export function pageUrl(place: Place): string {
  return `${place.webUrl}/${place.fullName}`;
}

/** `simple-user`. */
export function simpleUser(place: Place, user: Pick<User, 'login' | 'id'> & { type: string }): Record<string, unknown> {
  const api = `${place.apiUrl}/users/${encodeURIComponent(user.login)}`;
  return {
    login: user.login,
    id: user.id,
    node_id: nodeId('User', user.login),
    avatar_url: `${place.webUrl}/avatars/${user.id}`,
    gravatar_id: '',
    url: api,
    html_url: `${place.webUrl}/${encodeURIComponent(user.login)}`,
    followers_url: `${api}/followers`,
    following_url: `${api}/following{/other_user}`,
    gists_url: `${api}/gists{/gist_id}`,
    starred_url: `${api}/starred{/owner}{/repo}`,
    subscriptions_url: `${api}/subscriptions`,
    organizations_url: `${api}/orgs`,
    repos_url: `${api}/repos`,
    events_url: `${api}/events{/privacy}`,
    received_events_url: `${api}/received_events`,
    type: user.type,
    site_admin: false,
  };
}

/** `simple-user` of a login; an unknown one is GitHub's ghost. */
export function userOf(context: Context, login: string): Record<string, unknown> {
  return simpleUser(context.place, findUser(context.state, login) ?? { login: 'ghost', id: 10137, type: 'User' });
}

/** `public-user`, or `private-user` for the one who asks. */
export function fullUser(context: Context, user: User, own: boolean): Record<string, unknown> {
  const since = timestamp(0);
  const common = {
    ...simpleUser(context.place, user),
    name: user.login,
    company: null,
    blog: '',
    location: null,
    email: null,
    hireable: null,
    bio: null,
    public_repos: 1,
    public_gists: 0,
    followers: 0,
    following: 0,
    created_at: since,
    updated_at: since,
  };
  if (!own) return common;
  return {
    ...common,
    private_gists: 0,
    total_private_repos: 0,
    owned_private_repos: 0,
    disk_usage: 0,
    collaborators: 0,
    two_factor_authentication: true,
  };
}

/** `team`. */
export function team(place: Place, source: Team): Record<string, unknown> {
  const api = `${place.apiUrl}/orgs/${source.organization}/teams/${source.slug}`;
  return {
    id: source.id,
    node_id: nodeId('Team', `${source.organization}/${source.slug}`),
    name: source.slug,
    slug: source.slug,
    description: null,
    privacy: 'closed',
    permission: 'pull',
    type: 'organization',
    url: api,
    html_url: `${place.webUrl}/orgs/${source.organization}/teams/${source.slug}`,
    members_url: `${api}/members{/member}`,
    repositories_url: `${api}/repos`,
    parent: null,
  };
}

/** `team-full`. */
export function fullTeam(context: Context, source: Team): Record<string, unknown> {
  const { place } = context;
  const created = timestamp(0);
  const { login, url } = organisation(place, source.organization);
  return {
    ...team(place, source),
    members_count: source.members.length,
    repos_count: 1,
    created_at: created,
    updated_at: created,
    organization: {
      ...organisation(place, source.organization),
      html_url: `${place.webUrl}/${login}`,
      hooks_url: `${url}/hooks`,
      issues_url: `${url}/issues`,
      members_url: `${url}/members{/member}`,
      public_members_url: `${url}/public_members{/member}`,
      repos_url: `${url}/repos`,
      events_url: `${url}/events`,
      has_organization_projects: true,
      has_repository_projects: true,
      public_repos: 1,
      public_gists: 0,
      followers: 0,
      following: 0,
      created_at: created,
      updated_at: created,
      archived_at: null,
      type: 'Organization',
    },
  };
}

function organisation(place: Place, login: string): { login: string; url: string } & Record<string, unknown> {
  return {
    login,
    id: 1,
    node_id: nodeId('Organization', login),
    url: `${place.apiUrl}/orgs/${login}`,
    avatar_url: `${place.webUrl}/avatars/${login}`,
    description: null,
  };
}

const REPOSITORY_ADDRESSES: Readonly<Record<string, string>> = {
  archive_url: '/{archive_format}{/ref}',
  assignees_url: '/assignees{/user}',
  blobs_url: '/git/blobs{/sha}',
  branches_url: '/branches{/branch}',
  collaborators_url: '/collaborators{/collaborator}',
  comments_url: '/comments{/number}',
  commits_url: '/commits{/sha}',
  compare_url: '/compare/{base}...{head}',
  contents_url: '/contents/{+path}',
  contributors_url: '/contributors',
  deployments_url: '/deployments',
  downloads_url: '/downloads',
  events_url: '/events',
  forks_url: '/forks',
  git_commits_url: '/git/commits{/sha}',
  git_refs_url: '/git/refs{/sha}',
  git_tags_url: '/git/tags{/sha}',
  hooks_url: '/hooks',
  issue_comment_url: '/issues/comments{/number}',
  issue_events_url: '/issues/events{/number}',
  issues_url: '/issues{/number}',
  keys_url: '/keys{/key_id}',
  labels_url: '/labels{/name}',
  languages_url: '/languages',
  merges_url: '/merges',
  milestones_url: '/milestones{/number}',
  notifications_url: '/notifications{?since,all,participating}',
  pulls_url: '/pulls{/number}',
  releases_url: '/releases{/id}',
  stargazers_url: '/stargazers',
  statuses_url: '/statuses/{sha}',
  subscribers_url: '/subscribers',
  subscription_url: '/subscription',
  tags_url: '/tags',
  teams_url: '/teams',
  trees_url: '/git/trees{/sha}',
};

export const REPOSITORY_ID = 1;

/** `minimal-repository`, of this repository or (for a fork) another. */
export function minimalRepository(place: Place, fullName = place.fullName): Record<string, unknown> {
  const [owner = '', name = ''] = fullName.split('/');
  const api = `${place.apiUrl}/repos/${fullName}`;
  const addresses = Object.fromEntries(Object.entries(REPOSITORY_ADDRESSES).map(([key, suffix]) => [key, `${api}${suffix}`]));
  return {
    id: fullName === place.fullName ? REPOSITORY_ID : REPOSITORY_ID + 1,
    node_id: nodeId('Repository', fullName),
    name,
    full_name: fullName,
    owner: simpleUser(place, {
      login: owner,
      id: fullName === place.fullName ? 2 : 3,
      type: fullName === place.fullName ? 'Organization' : 'User',
    }),
    private: false,
    html_url: `${place.webUrl}/${fullName}`,
    description: null,
    fork: fullName !== place.fullName,
    url: api,
    ...addresses,
  };
}

/** `full-repository` (which is a `repository`, too). */
export function fullRepository(place: Place, fullName = place.fullName): Record<string, unknown> {
  const page = `${place.webUrl}/${fullName}`;
  const since = timestamp(0);
  return {
    ...minimalRepository(place, fullName),
    git_url: `git:${page.slice(page.indexOf('//'))}.git`,
    ssh_url: `git@${new URL(place.webUrl).host}:${fullName}.git`,
    clone_url: `${page}.git`,
    svn_url: page,
    mirror_url: null,
    homepage: null,
    language: null,
    license: null,
    forks: 0,
    forks_count: 0,
    stargazers_count: 0,
    watchers: 0,
    watchers_count: 0,
    size: 0,
    default_branch: place.defaultBranch,
    open_issues: 0,
    open_issues_count: 0,
    network_count: 0,
    subscribers_count: 0,
    has_issues: true,
    has_projects: false,
    has_wiki: false,
    has_pages: false,
    has_downloads: false,
    has_discussions: false,
    archived: false,
    disabled: false,
    visibility: 'public',
    pushed_at: since,
    created_at: since,
    updated_at: since,
  };
}

function person(signature: Signature): { name: string; email: string; date: string } {
  return { name: signature.name, email: signature.email, date: timestamp(signature.at) };
}

const UNSIGNED = { verified: false, reason: 'unsigned', signature: null, payload: null, verified_at: null };

function parentsOf(place: Place, commit: GitCommit, kind: 'commits' | 'git/commits'): unknown[] {
  return commit.parents.map((sha) => ({ sha, url: `${repositoryUrl(place)}/${kind}/${sha}`, html_url: `${pageUrl(place)}/commit/${sha}` }));
}

function treeOf(place: Place, commit: GitCommit): { sha: string; url: string } {
  return { sha: commit.tree, url: `${repositoryUrl(place)}/git/trees/${commit.tree}` };
}

/** `git-commit`. */
export function gitCommit(place: Place, commit: GitCommit): Record<string, unknown> {
  return {
    sha: commit.oid,
    node_id: nodeId('Commit', commit.oid),
    url: `${repositoryUrl(place)}/git/commits/${commit.oid}`,
    html_url: `${pageUrl(place)}/commit/${commit.oid}`,
    author: person(commit.author),
    committer: person(commit.committer),
    message: commit.message,
    tree: treeOf(place, commit),
    parents: parentsOf(place, commit, 'git/commits'),
    verification: UNSIGNED,
  };
}

/** Who wrote a commit, by the address in it. */
export function userByEmail(state: State, email: string): User | null {
  return state.users.find((user) => user.emails.some((known) => known.toLowerCase() === email.toLowerCase())) ?? null;
}

function account(context: Context, email: string): Record<string, unknown> | null {
  const user = userByEmail(context.state, email);
  return user === null ? null : simpleUser(context.place, user);
}

/** `commit`. */
export function commit(context: Context, source: GitCommit): Record<string, unknown> {
  const { place } = context;
  const url = `${repositoryUrl(place)}/commits/${source.oid}`;
  return {
    sha: source.oid,
    node_id: nodeId('Commit', source.oid),
    url,
    html_url: `${pageUrl(place)}/commit/${source.oid}`,
    comments_url: `${url}/comments`,
    commit: {
      url: `${repositoryUrl(place)}/git/commits/${source.oid}`,
      author: person(source.author),
      committer: person(source.committer),
      message: source.message,
      comment_count: 0,
      tree: treeOf(place, source),
      verification: UNSIGNED,
    },
    author: account(context, source.author.email),
    committer: account(context, source.committer.email),
    parents: parentsOf(place, source, 'commits'),
  };
}

/** `diff-entry`. */
export function diffEntry(place: Place, commitSha: string, file: ChangedFile): Record<string, unknown> {
  const encoded = file.path.split('/').map(encodeURIComponent).join('/');
  return {
    sha: file.oid,
    filename: file.path,
    status: file.status,
    additions: file.additions,
    deletions: file.deletions,
    changes: file.additions + file.deletions,
    blob_url: `${pageUrl(place)}/blob/${commitSha}/${encoded}`,
    raw_url: `${pageUrl(place)}/raw/${commitSha}/${encoded}`,
    contents_url: `${repositoryUrl(place)}/contents/${encoded}?ref=${commitSha}`,
  };
}

/** `deployment`. */
export function deployment(context: Context, source: Deployment): Record<string, unknown> {
  const url = `${repositoryUrl(context.place)}/deployments/${source.id}`;
  return {
    url,
    id: source.id,
    node_id: nodeId('Deployment', source.id),
    sha: source.sha,
    ref: source.ref,
    task: source.task,
    payload: source.payload,
    original_environment: source.environment,
    environment: source.environment,
    description: source.description,
    creator: userOf(context, source.creator),
    created_at: timestamp(source.createdAt),
    updated_at: timestamp(source.updatedAt),
    statuses_url: `${url}/statuses`,
    repository_url: repositoryUrl(context.place),
    transient_environment: source.transient,
    production_environment: source.production,
    performed_via_github_app: null,
  };
}

/** `deployment-status`. */
export function deploymentStatus(context: Context, source: DeploymentStatus, of: Deployment): Record<string, unknown> {
  const url = `${repositoryUrl(context.place)}/deployments/${of.id}`;
  return {
    url: `${url}/statuses/${source.id}`,
    id: source.id,
    node_id: nodeId('DeploymentStatus', source.id),
    state: source.state,
    creator: userOf(context, source.creator),
    description: source.description,
    environment: source.environment,
    target_url: source.logUrl,
    log_url: source.logUrl,
    environment_url: source.environmentUrl,
    created_at: timestamp(source.createdAt),
    updated_at: timestamp(source.createdAt),
    deployment_url: url,
    repository_url: repositoryUrl(context.place),
    performed_via_github_app: null,
  };
}

/** What an environment is called wherever it is only mentioned. */
function environmentMention(place: Place, source: Environment): Record<string, unknown> {
  const encoded = encodeURIComponent(source.name);
  return {
    id: source.id,
    node_id: nodeId('Environment', source.id),
    name: source.name,
    url: `${repositoryUrl(place)}/environments/${encoded}`,
    html_url: `${pageUrl(place)}/deployments/activity_log?environments_filter=${encoded}`,
  };
}

/** Reviewers as the REST API lists them. */
export function reviewers(context: Context, source: Environment): unknown[] {
  return source.reviewers.flatMap((name) => {
    const found = findTeam(context.state, name);
    if (found !== undefined) {
      const named = maySeeTeams(context.state, context.identity) || context.place.switches.teamsInRest === 'named';
      return named ? [{ type: 'Team', reviewer: team(context.place, found) }] : [];
    }
    return name.includes('/') ? [] : [{ type: 'User', reviewer: userOf(context, name) }];
  });
}

/** `environment`. */
export function environment(context: Context, source: Environment): Record<string, unknown> {
  const rules: unknown[] = [];
  if (source.waitTimer > 0) rules.push({ ...ruleIdentity(source, 1), type: 'wait_timer', wait_timer: source.waitTimer });
  if (source.reviewers.length > 0) {
    rules.push({
      ...ruleIdentity(source, 2),
      type: 'required_reviewers',
      prevent_self_review: source.preventSelfReview,
      reviewers: reviewers(context, source),
    });
  }
  if (source.refPolicy !== null) rules.push({ ...ruleIdentity(source, 3), type: 'branch_policy' });
  return {
    ...environmentMention(context.place, source),
    created_at: timestamp(source.createdAt),
    updated_at: timestamp(source.createdAt),
    ...(source.adminBypass === null ? {} : { can_admins_bypass: source.adminBypass }),
    protection_rules: rules,
    deployment_branch_policy: source.refPolicy === null ? null : branchPolicySettings(source.refPolicy),
  };
}

function branchPolicySettings(policy: 'protected' | RefPattern[]): Record<string, boolean> {
  return { protected_branches: policy === 'protected', custom_branch_policies: policy !== 'protected' };
}

/** `deployment-branch-policy`. */
export function refPattern(source: RefPattern): Record<string, unknown> {
  return { id: source.id, node_id: nodeId('DeploymentBranchPolicy', source.id), name: source.name, type: source.type };
}

/** Ids of protection rules, made from the environment's. */
export function ruleIdentity(source: Environment, kind: 1 | 2 | 3): { id: number; node_id: string } {
  const id = source.id * 10 + kind;
  return { id, node_id: nodeId('DeploymentProtectionRule', id) };
}

/** `environment-approvals`: without time, attempt, job or sha, as GitHub gives them. */
export function approvals(context: Context, run: Run): unknown[] {
  const listed = run.reviews.filter((review) => review.listed);
  return listed.map((review) => ({
    state: review.state,
    comment: review.comment,
    user: userOf(context, review.user),
    environments: review.environments.flatMap((name) => {
      const found = findEnvironment(context.state, name);
      if (found === undefined) return [];
      const created = timestamp(found.createdAt);
      return [{ ...environmentMention(context.place, found), created_at: created, updated_at: created }];
    }),
  }));
}

/** `pending-deployment`. */
export function pendingDeployments(context: Context, run: Run): unknown[] {
  return run.waiting.flatMap((name) => {
    const found = findEnvironment(context.state, name);
    if (found === undefined) return [];
    return [
      {
        environment: environmentMention(context.place, found),
        wait_timer: found.waitTimer,
        wait_timer_started_at: found.waitTimer > 0 ? timestamp(run.updatedAt) : null,
        current_user_can_approve: isReviewer(context.state, found, context.identity.login),
        reviewers: reviewers(context, found),
      },
    ];
  });
}

/** `workflow-run`. */
export async function workflowRun(context: Context, run: Run): Promise<Record<string, unknown>> {
  const { place } = context;
  const url = `${repositoryUrl(place)}/actions/runs/${run.id}`;
  const head = await place.git.resolveCommit(run.headSha);
  const workflowId = context.state.workflows.find((known) => known.path === run.workflowPath)?.id ?? 1;
  const signer = (signature: Signature) => ({ name: signature.name, email: signature.email });
  return {
    id: run.id,
    name: run.workflow,
    node_id: nodeId('WorkflowRun', run.id),
    check_suite_id: run.checkSuiteId,
    check_suite_node_id: nodeId('CheckSuite', run.checkSuiteId),
    head_branch: run.headBranch,
    head_sha: run.headSha,
    path: run.workflowPath,
    referenced_workflows: run.calls.map(({ path, sha, ref }) => ({ path: `${path}@${ref}`, sha, ref })),
    display_title: head?.message.split('\n')[0] ?? run.workflow,
    run_number: run.number,
    run_attempt: run.attempt,
    event: run.event,
    status: run.status,
    conclusion: run.conclusion,
    workflow_id: workflowId,
    url,
    html_url: `${pageUrl(place)}/actions/runs/${run.id}`,
    pull_requests: [],
    created_at: timestamp(run.createdAt),
    updated_at: timestamp(run.updatedAt),
    run_started_at: timestamp(run.startedAt),
    actor: userOf(context, run.actor),
    triggering_actor: userOf(context, run.triggeringActor),
    jobs_url: `${url}/jobs`,
    logs_url: `${url}/logs`,
    check_suite_url: `${repositoryUrl(place)}/check-suites/${run.checkSuiteId}`,
    artifacts_url: `${url}/artifacts`,
    cancel_url: `${url}/cancel`,
    rerun_url: `${url}/rerun`,
    previous_attempt_url: run.attempt > 1 ? `${url}/attempts/${run.attempt - 1}` : null,
    workflow_url: `${repositoryUrl(place)}/actions/workflows/${workflowId}`,
    head_commit:
      head === null
        ? null
        : {
            id: head.oid,
            tree_id: head.tree,
            message: head.message,
            timestamp: timestamp(head.committer.at),
            author: signer(head.author),
            committer: signer(head.committer),
          },
    repository: minimalRepository(place),
    head_repository: minimalRepository(place),
  };
}

/** `label`. */
export function label(place: Place, name: string, known?: Label): Record<string, unknown> {
  return {
    id: labelId(name),
    node_id: nodeId('Label', name),
    url: `${repositoryUrl(place)}/labels/${encodeURIComponent(name)}`,
    name,
    description: known?.description || null,
    color: known?.color ?? 'ededed',
    default: false,
  };
}

function labelId(name: string): number {
  let id = 7;
  for (const character of name.toLowerCase()) id = (id * 31 + (character.codePointAt(0) ?? 0)) % 1_000_000_007;
  return id;
}

/** `issue`. */
export function issue(context: Context, source: Issue): Record<string, unknown> {
  const url = `${repositoryUrl(context.place)}/issues/${source.number}`;
  return {
    id: 100_000 + source.number,
    node_id: nodeId('Issue', source.number),
    url,
    repository_url: repositoryUrl(context.place),
    labels_url: `${url}/labels{/name}`,
    comments_url: `${url}/comments`,
    events_url: `${url}/events`,
    html_url: `${pageUrl(context.place)}/issues/${source.number}`,
    number: source.number,
    title: source.title,
    body: source.body,
    user: userOf(context, source.author),
    labels: source.labels.map((name) => label(context.place, name)),
    state: source.state,
    state_reason: source.state === 'closed' ? 'completed' : null,
    locked: false,
    assignee: null,
    assignees: [],
    milestone: null,
    comments: source.comments.length,
    created_at: timestamp(source.createdAt),
    updated_at: timestamp(source.updatedAt),
    closed_at: source.closedAt === null ? null : timestamp(source.closedAt),
    author_association: 'CONTRIBUTOR',
  };
}

/** `issue-comment` */
export function issueComment(context: Context, source: IssueComment, on: Issue): Record<string, unknown> {
  const role = findUser(context.state, source.author)?.role ?? 'none';
  return {
    id: source.id,
    node_id: nodeId('IssueComment', source.id),
    url: `${repositoryUrl(context.place)}/issues/comments/${source.id}`,
    html_url: `${pageUrl(context.place)}/issues/${on.number}#issuecomment-${source.id}`,
    issue_url: `${repositoryUrl(context.place)}/issues/${on.number}`,
    body: source.body,
    user: userOf(context, source.author),
    created_at: timestamp(source.createdAt),
    updated_at: timestamp(source.createdAt),
    author_association: role === 'none' || role === 'read' ? 'NONE' : 'COLLABORATOR',
  };
}

/** `labeled-issue-event` and `unlabeled-issue-event`. */
export function issueEvent(context: Context, event: Issue['events'][number]): Record<string, unknown> {
  return {
    id: event.id,
    node_id: nodeId(event.event === 'renamed' ? 'RenamedTitleEvent' : 'LabeledEvent', event.id),
    url: `${repositoryUrl(context.place)}/issues/events/${event.id}`,
    actor: userOf(context, event.actor),
    event: event.event,
    commit_id: null,
    commit_url: null,
    created_at: timestamp(event.createdAt),
    performed_via_github_app: null,
    ...(event.event === 'renamed' ? { rename: { from: event.from, to: event.to } } : { label: { name: event.label, color: 'ededed' } }),
  };
}

/** `pull-request-simple`. */
export async function pullRequest(context: Context, source: PullRequest): Promise<Record<string, unknown>> {
  const { place } = context;
  const url = `${repositoryUrl(place)}/pulls/${source.number}`;
  const issueUrl = `${repositoryUrl(place)}/issues/${source.number}`;
  const page = `${pageUrl(place)}/pull/${source.number}`;
  const merged = source.mergedAt === null ? null : timestamp(source.mergedAt);
  const base = await place.git.resolveCommit(`refs/heads/${source.baseRef}`, context.refs);
  const side = (fullName: string, ref: string, sha: string) => ({
    label: `${fullName.split('/')[0]}:${ref}`,
    ref,
    sha,
    repo: fullRepository(place, fullName),
    user: simpleUser(place, { login: fullName.split('/')[0] ?? '', id: 2, type: 'User' }),
  });
  const addresses = {
    self: url,
    html: page,
    issue: issueUrl,
    comments: `${issueUrl}/comments`,
    review_comments: `${url}/comments`,
    review_comment: `${repositoryUrl(place)}/pulls/comments{/number}`,
    commits: `${url}/commits`,
    statuses: `${repositoryUrl(place)}/statuses/${source.headSha}`,
  };
  return {
    id: 200_000 + source.number,
    node_id: nodeId('PullRequest', source.number),
    number: source.number,
    title: source.title,
    body: null,
    state: source.state === 'open' ? 'open' : 'closed',
    locked: false,
    draft: false,
    user: userOf(context, source.author),
    labels: [],
    milestone: null,
    assignee: null,
    assignees: [],
    created_at: timestamp(source.createdAt),
    updated_at: timestamp(source.mergedAt ?? source.createdAt),
    closed_at: source.state === 'open' ? null : (merged ?? timestamp(source.createdAt)),
    merged_at: merged,
    merge_commit_sha: source.mergedAt === null ? null : (source.commits[0] ?? null),
    url,
    html_url: page,
    diff_url: `${page}.diff`,
    patch_url: `${page}.patch`,
    issue_url: issueUrl,
    commits_url: addresses.commits,
    review_comments_url: addresses.review_comments,
    review_comment_url: addresses.review_comment,
    comments_url: addresses.comments,
    statuses_url: addresses.statuses,
    head: side(source.headRepository, source.headRef, source.headSha),
    base: side(place.fullName, source.baseRef, base?.oid ?? source.headSha),
    _links: Object.fromEntries(Object.entries(addresses).map(([name, href]) => [name, { href }])),
    author_association: 'CONTRIBUTOR',
    auto_merge: null,
  };
}
