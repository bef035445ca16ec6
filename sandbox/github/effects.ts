/** What happens in the repository when somebody does something: shared by the API's endpoints and by what tests set up. */
import {
  type Deployment,
  type DeploymentStatus,
  type Environment,
  findEnvironment,
  findUser,
  type Issue,
  type IssueComment,
  nextId,
  type Run,
  type State,
  type StatusState,
  sameName,
  type User,
} from './state.ts';

/** The user of that name, added without any role when unknown. */
export function ensureUser(state: State, login: string): User {
  const known = findUser(state, login);
  if (known !== undefined) return known;
  const type = login.endsWith('[bot]') ? 'Bot' : 'User';
  const user: User = { id: nextId(state), login, type, emails: [`${login}@example.com`], role: 'none' };
  state.users.push(user);
  return user;
}

/** Naming an environment that does not exist creates it, without any protection. */
export function ensureEnvironment(state: State, name: string, now: number): Environment {
  const known = findEnvironment(state, name);
  if (known !== undefined) return known;
  const environment: Environment = {
    id: nextId(state),
    name,
    reviewers: [],
    preventSelfReview: false,
    waitTimer: 0,
    // GitHub's default (source: documentation of environments).
    adminBypass: true,
    refPolicy: null,
    createdAt: now,
  };
  state.environments.push(environment);
  return environment;
}

export function addDeployment(state: State, deployment: Omit<Deployment, 'id' | 'updatedAt' | 'statuses'>): Deployment {
  ensureEnvironment(state, deployment.environment, deployment.createdAt);
  ensureUser(state, deployment.creator);
  const added: Deployment = { ...deployment, id: nextId(state), updatedAt: deployment.createdAt, statuses: [] };
  state.deployments.push(added);
  return added;
}

export interface NewStatus {
  readonly state: StatusState;
  readonly creator: string;
  readonly createdAt: number;
  readonly description?: string;
  readonly environment?: string;
  readonly environmentUrl?: string;
  readonly logUrl?: string;
  readonly autoInactive?: boolean;
}

/**
 * Adds a status. A success makes the earlier successes of the same environment inactive, unless they are transient, in production,
 * or the client said `auto_inactive: false` (source: GitHub's description of the operation).
 */
export function addStatus(state: State, deployment: Deployment, status: NewStatus): DeploymentStatus {
  const environment = status.environment ?? deployment.environment;
  if (status.state === 'success' && status.autoInactive !== false) deactivateEarlier(state, deployment, environment, status);
  return pushStatus(state, deployment, { ...status, environment });
}

function deactivateEarlier(state: State, deployment: Deployment, environment: string, status: NewStatus): void {
  for (const other of state.deployments) {
    if (other.id >= deployment.id || other.transient || other.production) continue;
    if (!sameName(other.environment, environment) || other.statuses.at(-1)?.state !== 'success') continue;
    pushStatus(state, other, { state: 'inactive', creator: status.creator, createdAt: status.createdAt });
  }
}

function pushStatus(state: State, deployment: Deployment, status: NewStatus): DeploymentStatus {
  const added: DeploymentStatus = {
    id: nextId(state),
    state: status.state,
    description: status.description ?? '',
    environment: status.environment ?? deployment.environment,
    environmentUrl: status.environmentUrl ?? '',
    logUrl: status.logUrl ?? '',
    creator: status.creator,
    createdAt: status.createdAt,
  };
  deployment.statuses.push(added);
  deployment.updatedAt = status.createdAt;
  return added;
}

export interface NewIssue {
  readonly title: string;
  readonly body: string;
  readonly author: string;
  readonly labels: readonly string[];
  readonly labelledBy: string;
  readonly createdAt: number;
}

export function addIssue(state: State, issue: NewIssue): Issue {
  state.lastNumber += 1;
  ensureUser(state, issue.author);
  const added: Issue = {
    number: state.lastNumber,
    title: issue.title,
    body: issue.body,
    author: issue.author,
    state: 'open',
    labels: [],
    events: [],
    comments: [],
    createdAt: issue.createdAt,
    updatedAt: issue.createdAt,
    closedAt: null,
  };
  state.issues.push(added);
  for (const label of issue.labels) addLabel(state, added, label, issue.labelledBy, issue.createdAt);
  return added;
}

export function addComment(state: State, issue: Issue, body: string, author: string, now: number): IssueComment {
  ensureUser(state, author);
  const added = { id: nextId(state), body, author, createdAt: now };
  issue.comments.push(added);
  issue.updatedAt = now;
  return added;
}

export function addLabel(state: State, issue: Issue, label: string, actor: string, now: number): void {
  if (issue.labels.some((present) => sameName(present, label))) return;
  ensureUser(state, actor);
  ensureLabel(state, label);
  issue.labels.push(label);
  issue.events.push({ id: nextId(state), event: 'labeled', label, actor, createdAt: now });
  issue.updatedAt = now;
}

/** A label that an issue is given and that the repository does not have is made. */
export function ensureLabel(state: State, name: string): void {
  if (!state.labels.some((present) => sameName(present.name, name))) state.labels.push({ name, color: 'ededed', description: '' });
}

export function renameIssue(state: State, issue: Issue, title: string, actor: string, now: number): void {
  if (issue.title === title) return;
  issue.events.push({ id: nextId(state), event: 'renamed', from: issue.title, to: title, actor, createdAt: now });
  issue.title = title;
  issue.updatedAt = now;
}

export function removeLabel(state: State, issue: Issue, label: string, actor: string, now: number): void {
  issue.labels = issue.labels.filter((present) => !sameName(present, label));
  issue.events.push({ id: nextId(state), event: 'unlabeled', label, actor, createdAt: now });
  issue.updatedAt = now;
}

export function setIssueState(issue: Issue, next: 'open' | 'closed', now: number): void {
  issue.state = next;
  issue.closedAt = next === 'closed' ? now : null;
  issue.updatedAt = now;
}

export interface NewReview {
  readonly user: string;
  readonly state: 'approved' | 'rejected';
  readonly comment: string;
  readonly environments: readonly string[];
  readonly listed: boolean;
}

/** Records a review and lets the run's waiting jobs go on; a rejection ends the run. */
export function addReview(state: State, run: Run, review: NewReview, now: number): Run['reviews'][number] {
  ensureUser(state, review.user);
  const added = { ...review, environments: [...review.environments], id: nextId(state) };
  run.reviews.push(added);
  run.waiting = run.waiting.filter((name) => !review.environments.some((environment) => sameName(environment, name)));
  run.updatedAt = now;
  if (review.state === 'rejected') {
    run.status = 'completed';
    run.conclusion = 'failure';
  } else if (run.status === 'waiting' && run.waiting.length === 0) {
    run.status = 'in_progress';
  }
  return added;
}
