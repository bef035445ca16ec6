/**
 * What an environment asks of a job before it lets it in.
 * https://docs.github.com/en/actions/reference/workflows-and-actions/deployments-and-environments
 */
import { type Environment, findUser, isReviewer, type RefPattern, type Run, type State, sameName } from '../github/state.ts';
import { shortRef } from './github-context.ts';

const MINUTE = 60_000;
const DAY = 86_400_000;
/** A job that nobody approved for so long fails. */
export const LONGEST_WAIT = 30 * DAY;

/** What a job waits for. */
export interface Gate {
  readonly environment: string;
  readonly since: number;
  /** Epoch milliseconds; not in the future: no wait timer runs. */
  timer: number;
  approved: boolean;
}

export function gateOf(environment: Environment, now: number): Gate {
  return {
    environment: environment.name,
    since: now,
    timer: now + environment.waitTimer * MINUTE,
    approved: environment.reviewers.length === 0,
  };
}

export function isOpen(gate: Gate, now: number): boolean {
  return gate.approved && gate.timer <= now;
}

/** Why a ref may not deploy to the environment, in GitHub's words; `null`: it may. */
export function refProblem(state: State, environment: Environment, ref: string): string | null {
  const { refPolicy } = environment;
  if (refPolicy === null) return null;
  const kind = ref.startsWith('refs/tags/') ? 'tag' : 'branch';
  const name = ref.startsWith('refs/pull/') ? ref : shortRef(ref);
  const allowed =
    refPolicy === 'protected'
      ? kind === 'branch' && state.protectedBranches.includes(name)
      : refPolicy.some((pattern) => pattern.type === kind && matchesFile(pattern, name));
  if (allowed) return null;
  const Kind = kind === 'tag' ? 'Tag' : 'Branch';
  return `${Kind} "${name}" is not allowed to deploy to ${environment.name} due to environment protection rules.`;
}

/** Ruby's `File.fnmatch` with `FNM_PATHNAME`: `*` and `?` do not match a slash, `**` followed by a slash matches any folders. */
function matchesFile(pattern: RefPattern, name: string): boolean {
  const source = pattern.name.replace(/\*\*\/|\*+|\?|\[!?[^\]]*\]|\\.|[^*?[\\]/gs, (part) => {
    if (part === '**/') return '(?:[^/]+/)*';
    if (part.startsWith('*')) return '[^/]*';
    if (part === '?') return '[^/]';
    if (part.length > 1 && part.startsWith('[')) return part.replace(/^\[!/, '[^').replaceAll('\\', '\\\\');
    return escapeForRegExp(part.length > 1 ? part.slice(1) : part);
  });
  return new RegExp(`^${source}$`, 's').test(name);
}

function escapeForRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
}

/** Why somebody may not review; `null`: they may. */
export function reviewProblem(state: State, run: Run, environment: Environment, login: string): string | null {
  if (!isReviewer(state, environment, login)) return `${login} is not a required reviewer of ${environment.name}`;
  const own = sameName(run.actor, login) || sameName(run.triggeringActor, login);
  if (environment.preventSelfReview && own) return `${login} started this run and may not review it`;
  return null;
}

/** Why somebody may not start waiting jobs without a review; `null`: they may. */
export function bypassProblem(state: State, environment: Environment, login: string): string | null {
  if (findUser(state, login)?.role !== 'admin') return `${login} is no administrator`;
  return environment.adminBypass === false ? `${environment.name} does not let administrators bypass its protection rules` : null;
}
