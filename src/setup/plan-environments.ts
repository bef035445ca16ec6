import type { Role } from '../pipeline/model.ts';
import type { ExistingEnvironment } from './repository.ts';

/** An environment as the pipeline file will name it. */
export interface PlannedEnvironment {
  readonly name: string;
  readonly role: Role;
  /** Whose approval counts; empty: any reviewer. `null`: nobody is asked. */
  readonly gate: readonly string[] | null;
  /** Who signs off after using it; `null`: nobody. */
  readonly acceptance: readonly string[] | null;
}

/** Environments in the order in which a change goes through them, and what was left out because its name tells no role. */
export interface PlannedEnvironments {
  readonly planned: readonly PlannedEnvironment[];
  readonly leftOut: readonly string[];
}

/** Words in names that tell what an environment is for, in the order of a path. */
const WORDS: readonly (readonly [Role, RegExp])[] = [
  ['development', /^(?:dev|devel|development|sandbox|playground)\b/i],
  ['integration', /^(?:int|integration|ci)\b/i],
  ['qa', /^(?:qa|test|testing|quality)\b/i],
  ['training', /^training\b/i],
  ['uat', /^(?:uat|acceptance|demo|preview|beta)\b/i],
  ['staging', /^(?:stage|staging|stg|pre-?prod|pre-?production)\b/i],
  ['production', /^(?:prod|production|live)\b/i],
];

/** Roles into which somebody looks before anything enters. */
const GATED: readonly Role[] = ['uat', 'production'];

/** What is begun with where GitHub knows no environment yet. */
function usual(rehearsed: boolean, prefix: string): readonly PlannedEnvironment[] {
  const roles: readonly (readonly [string, Role])[] = [
    ['dev', 'development'],
    ['uat', 'uat'],
    ...(rehearsed ? [['staging', 'staging'] as const] : []),
    ['production', 'production'],
  ];
  return roles.map(([name, role]) => ({ name: `${prefix}${name}`, role, gate: GATED.includes(role) ? [] : null, acceptance: null }));
}

/**
 * The environments of a new pipeline: the ones on GitHub whose names tell what they are for, the usual ones where there are none.
 * @param rehearsed whether a staging environment is wanted for rehearsing migrations
 * @param service only environments whose names begin with it are taken; `null`: all
 */
export function planEnvironments(all: readonly ExistingEnvironment[], rehearsed: boolean, service: string | null): PlannedEnvironments {
  const prefix = service === null ? '' : `${service}-`;
  const existing = all.filter(({ name }) => name.toLowerCase().startsWith(prefix.toLowerCase()));
  const roleOf = (name: string): Role | null => roleOfName(name.slice(prefix.length));
  const told = existing.flatMap((environment) => {
    const role = roleOf(environment.name);
    return role === null || isAcceptance(environment, existing) ? [] : [{ environment, role }];
  });
  const leftOut = existing.filter(({ name }) => roleOf(name) === null).map(({ name }) => name);
  if (told.length === 0) return { planned: usual(rehearsed, prefix), leftOut };
  const order = (role: Role) => WORDS.findIndex(([word]) => word === role);
  const planned = told.toSorted((a, b) => order(a.role) - order(b.role)).map(({ environment, role }) => plan(environment, role, existing));
  return { planned, leftOut };
}

function plan(environment: ExistingEnvironment, role: Role, existing: readonly ExistingEnvironment[]): PlannedEnvironment {
  const asked = environment.reviewers.length > 0 || GATED.includes(role);
  const acceptance = existing.find(({ name }) => name.toLowerCase() === `${environment.name}-acceptance`.toLowerCase());
  return {
    name: environment.name,
    role,
    gate: asked ? environment.reviewers : null,
    acceptance: acceptance?.reviewers ?? null,
  };
}

/** Characters that a pipeline file does not take in a name. */
const UNFIT = /['"`,;:\\]|\p{Cc}/u;

function roleOfName(name: string): Role | null {
  if (UNFIT.test(name)) return null;
  return WORDS.find(([, word]) => word.test(name))?.[0] ?? null;
}

/** `uat-acceptance` beside `uat` is where `uat` is accepted. */
function isAcceptance({ name }: ExistingEnvironment, existing: readonly ExistingEnvironment[]): boolean {
  return existing.some((other) => name.toLowerCase() === `${other.name}-acceptance`.toLowerCase());
}
