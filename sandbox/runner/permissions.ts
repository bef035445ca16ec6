/**
 * What a job's GITHUB_TOKEN may do.
 * https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#permissions
 */
import type { Permissions } from '../github/index.ts';
import { type TemplateToken, tokens } from './github-parser.ts';
import { entriesOf } from './workflow-file.ts';

export type GrantedLevel = 'none' | 'read' | 'write';
/** By permission; what is not named is `none`. */
export type Grants = Readonly<Record<string, GrantedLevel>>;

/** Names as in GitHub's workflow schema, with the highest level that each has. */
const HIGHEST: Grants = {
  actions: 'write',
  'artifact-metadata': 'write',
  attestations: 'write',
  checks: 'write',
  'code-quality': 'write',
  contents: 'write',
  'copilot-requests': 'write',
  deployments: 'write',
  discussions: 'write',
  drives: 'write',
  'id-token': 'write',
  issues: 'write',
  models: 'read',
  packages: 'write',
  pages: 'write',
  'pull-requests': 'write',
  'repository-projects': 'write',
  'security-events': 'write',
  statuses: 'write',
  'vulnerability-alerts': 'read',
};
/** These have `write` and nothing below. */
const WRITE_ONLY: ReadonlySet<string> = new Set(['id-token', 'copilot-requests']);

const ALL_READ: Grants = Object.fromEntries(Object.keys(HIGHEST).map((name) => [name, WRITE_ONLY.has(name) ? 'none' : 'read'] as const));
/** The two settings a repository can have for workflows that say nothing (source: documentation of GITHUB_TOKEN). */
const DEFAULTS: Readonly<Record<'read' | 'write', Grants>> = {
  read: { contents: 'read', packages: 'read' },
  write: { ...HIGHEST, ...Object.fromEntries([...WRITE_ONLY].map((name) => [name, 'none' as const])) },
};

export function defaultGrants(setting: 'read' | 'write'): Grants {
  return DEFAULTS[setting];
}

/** What `permissions:` grants; `null` when it is not there. What it does not name is `none`. */
export function grantsOf(token: TemplateToken | undefined): Grants | null {
  if (token === undefined) return null;
  if (token instanceof tokens.StringToken) return token.value === 'write-all' ? HIGHEST : ALL_READ;
  return Object.fromEntries(entriesOf(token).map(([name, level]) => [name, level.toString() as GrantedLevel]));
}

const RANK: Readonly<Record<GrantedLevel, number>> = { none: 0, read: 1, write: 2 };

/** What is asked for beyond what is allowed, as GitHub says it: `deployments: write`. */
export function excess(asked: Grants, allowed: Grants): readonly { readonly asked: string; readonly allowed: string }[] {
  return Object.entries(asked)
    .filter(([name, level]) => RANK[level] > RANK[allowed[name] ?? 'none'])
    .map(([name, level]) => ({ asked: `${name}: ${level}`, allowed: `${name}: ${allowed[name] ?? 'none'}` }));
}

/** As the token of a run that a fork caused: nothing is written. */
export function readOnly(grants: Grants): Grants {
  return Object.fromEntries(
    Object.entries(grants).map(([name, level]) => [name, level === 'none' || WRITE_ONLY.has(name) ? 'none' : 'read'] as const),
  );
}

const KNOWN_TO_SANDBOX = ['actions', 'attestations', 'checks', 'contents', 'deployments', 'issues', 'pull-requests', 'statuses'] as const;

/** The part that the sandbox's API knows. */
export function tokenPermissions(grants: Grants): Permissions {
  return { ...Object.fromEntries(KNOWN_TO_SANDBOX.map((name) => [name, grants[name] ?? 'none'] as const)), metadata: 'read' };
}
