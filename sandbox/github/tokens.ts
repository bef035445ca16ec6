/** Who speaks, and what they may do. */
import { randomBytes } from 'node:crypto';
import type { Level, Permission, Permissions, TokenOptions } from './api.ts';
import { ACTIONS_BOT, findUser, type Role, type State } from './state.ts';

export interface Identity {
  readonly login: string;
  /** `app`: an installation, like GITHUB_TOKEN. `user`: a person's own token. */
  readonly kind: 'app' | 'user';
  /** `null`: whatever the user's role in the repository allows. */
  readonly permissions: Permissions | null;
  /** Requests in the present hour. */
  used: { rest: number; graphql: number };
  /** Epoch milliseconds at which the present hour ends. */
  resetsAt: number;
}

export type Tokens = Map<string, Identity>;

export function createToken(tokens: Tokens, options: TokenOptions, now: number): string {
  const login = options.login ?? ACTIONS_BOT;
  const kind = login.endsWith('[bot]') ? 'app' : 'user';
  const token = `${kind === 'app' ? 'ghs' : 'ghp'}_${randomBytes(18).toString('hex')}`;
  const permissions = options.permissions ?? (kind === 'app' ? {} : null);
  tokens.set(token, { login, kind, permissions, used: { rest: 0, graphql: 0 }, resetsAt: now + 3_600_000 });
  return token;
}

/** The token of an Authorization header. */
export function tokenOf(header: string | undefined): string | null {
  const found = /^(?:token|bearer) +(\S+)$/i.exec(header ?? '');
  return found?.[1] ?? null;
}

const RANK: Readonly<Record<Role, number>> = { none: 0, read: 1, triage: 2, write: 3, maintain: 4, admin: 5 };

/** The permission to do something in the repository, whoever asks. */
export interface Needed {
  readonly permission: Permission;
  readonly level: Exclude<Level, 'none'>;
}

export function mayDo(state: State, identity: Identity, needed: Needed): boolean {
  if (needed.permission === 'metadata') return true;
  const { permissions } = identity;
  const granted = permissions?.[needed.permission] ?? (permissions === null ? 'write' : 'none');
  if (granted === 'none' || (needed.level === 'write' && granted === 'read')) return false;
  return identity.kind === 'app' || roleAllows(findUser(state, identity.login)?.role ?? 'none', needed);
}

/** A person sees the teams of their organisation, an app those of an organisation that lets it. */
export function maySeeTeams(state: State, identity: Identity): boolean {
  return identity.kind === 'user' || mayDo(state, identity, { permission: 'members', level: 'read' });
}

/** The sandbox's repository is public: everybody reads it, and everybody may open an issue. */
function roleAllows(role: Role, needed: Needed): boolean {
  if (needed.level === 'read' || needed.permission === 'issues') return true;
  return RANK[role] >= (needed.permission === 'administration' ? RANK.admin : RANK.write);
}

/** Whether a role reaches another. */
export function reaches(role: Role, least: Role): boolean {
  return RANK[role] >= RANK[least];
}
