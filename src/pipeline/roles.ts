import type { DataPolicy, Environment, Gate, Rehearsal, Role, VersionPolicy } from './model.ts';
import { VERSION_POLICIES } from './model.ts';

/** What an environment of a role is when the pipeline file does not say otherwise. */
export interface RoleDefaults {
  readonly data: DataPolicy;
  readonly gate: Gate | null;
  readonly accepts: readonly VersionPolicy[];
  readonly downgrade: Environment['downgrade'];
  readonly divergence: Environment['divergence'];
}

/** What a gate asks for when the pipeline file only says that there is one. */
export const DEFAULT_GATE: Gate = { approvals: 1, by: [], exclude: [], evidence: 'seen' };

/** Where work is tried out, branches that do not contain each other take turns. Where people rely on what they accepted, they must not. */
function tryOut(data: DataPolicy): RoleDefaults {
  return { data, gate: null, accepts: VERSION_POLICIES, downgrade: 'refuse', divergence: 'allow' };
}

function relyOn(data: DataPolicy, gate: Gate | null): RoleDefaults {
  return { data, gate, accepts: VERSION_POLICIES, downgrade: 'refuse', divergence: 'refuse' };
}

export const ROLE_DEFAULTS: Readonly<Record<Role, RoleDefaults>> = {
  development: tryOut('test'),
  integration: tryOut('test'),
  qa: tryOut('test'),
  training: tryOut('stock'),
  uat: relyOn('production-copy', null),
  staging: relyOn('masked-snapshot', null),
  snapshot: tryOut('snapshot'),
  production: relyOn('live', DEFAULT_GATE),
};

/** What a rehearsal is where nobody said otherwise. */
export const DEFAULT_REHEARSAL: Omit<Rehearsal, 'database' | 'migrate'> = {
  version: null,
  server: null,
  snapshot: null,
  maxAge: null,
  masking: null,
  migrations: [],
  rollback: null,
  checks: null,
  previous: null,
  load: { script: null },
  timeout: 3_600_000,
  limits: {},
};
