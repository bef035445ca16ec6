import { ROLE_DEFAULTS } from './roles.ts';
import type { EnvironmentInput, FreezeInput, OverrideInput, PipelineInput, RouteInput, SoakInput } from './schema.ts';
import type { Path } from './source.ts';

/** A list as it may be after its faulty entries were taken out: positions stay, so that they still lead to the place in the file. */
export type Holey<T> = readonly (T | undefined)[];

export interface EnvironmentDraft {
  readonly name: string;
  readonly path: Path;
  readonly rules: EnvironmentInput;
}

export interface RouteDraft {
  /** As messages call it. */
  readonly title: string;
  readonly path: Path;
  readonly input: RouteInput;
  /** Environments of each stage with the path of each in the file; unknown names included. */
  readonly stages: readonly (readonly Named[])[];
  readonly overrides: readonly { readonly name: string; readonly path: Path; readonly rules: OverrideInput }[];
}

export interface Named {
  readonly name: string;
  readonly path: Path;
}

/** What could be read of a pipeline file, arranged for checking. */
export interface Draft {
  readonly environments: ReadonlyMap<string, EnvironmentDraft>;
  /** All names that the file defines or means to define. */
  readonly names: readonly string[];
  /** Whether the file has a mapping of environments at all; where it has none, no name is to blame for that. */
  readonly hasNames: boolean;
  readonly routes: readonly RouteDraft[];
  readonly freezes: readonly { readonly path: Path; readonly input: FreezeInput }[];
  /** Nothing faulty was taken out of the list of routes. */
  readonly routesComplete: boolean;
}

/** Entries of a list with their positions, without those that were taken out. */
export function present<T>(list: Holey<T> | undefined): readonly (readonly [number, T])[] {
  return [...(list ?? []).entries()].filter((entry): entry is [number, T] => entry[1] !== undefined);
}

/**
 * Arranges what is left of a file after `checkShape`. `written`: the names of all environments as written, also of those that were taken out; `null`
 * where there is no mapping of them.
 */
export function draftOf(value: unknown, written: readonly string[] | null, routesComplete: boolean): Draft {
  const [names, hasNames] = [written ?? [], written !== null];
  const input = (typeof value === 'object' && value !== null ? value : {}) as Partial<PipelineInput>;
  const environments = Object.entries(input.environments ?? {}).map(
    ([name, rules]) => [name, { name, path: ['environments', name], rules }] as const,
  );
  return {
    environments: new Map(environments),
    names,
    hasNames,
    routes: present<RouteInput>(input.routes).map(([index, route]) => routeDraft(route, index)),
    freezes: present<FreezeInput>(input.freezes).map(([index, freeze]) => ({ path: ['freezes', index], input: freeze })),
    routesComplete: routesComplete && !present<RouteInput>(input.routes).some(([, route]) => hasHoles(route.path)),
  };
}

function hasHoles(path: Holey<RouteInput['path'][number]>): boolean {
  return path.some((stage) => stage === undefined || (typeof stage !== 'string' && stage.includes(undefined as never)));
}

function routeDraft(input: RouteInput, index: number): RouteDraft {
  const path: Path = ['routes', index];
  const stages = present<RouteInput['path'][number]>(input.path).map(([at, stage]) => {
    const place = [...path, 'path', at];
    return typeof stage === 'string'
      ? [{ name: stage, path: place }]
      : present<string>(stage).map(([inner, name]) => ({ name, path: [...place, inner] }));
  });
  const overrides = Object.entries(input.environments ?? {}).map(([name, rules]) => ({
    name,
    path: [...path, 'environments', name],
    rules,
  }));
  return { title: input.name, path, input, stages, overrides };
}

/** A rule of an environment as a route sees it, with the place it comes from. `value` is `undefined` where only the role speaks. */
export function ruleOf<Key extends keyof OverrideInput>(
  draft: Draft,
  route: RouteDraft,
  name: string,
  key: Key,
): { readonly value: OverrideInput[Key]; readonly path: Path; readonly overridden: boolean } {
  const override = route.overrides.find((one) => one.name === name);
  if (override?.rules[key] !== undefined) return { value: override.rules[key], path: [...override.path, key], overridden: true };
  const environment = draft.environments.get(name);
  return { value: environment?.rules[key] as OverrideInput[Key], path: ['environments', name, key], overridden: false };
}

/** Whether an environment has a gate on a route. */
export function isGated(draft: Draft, route: RouteDraft, name: string): boolean {
  const gate = ruleOf(draft, route, name, 'gate').value;
  if (gate !== undefined) return gate !== false;
  const role = draft.environments.get(name)?.rules.role;
  return role !== undefined && ROLE_DEFAULTS[role].gate !== null;
}

/** One soak or several, with the place of each. */
export function soaksOf(value: OverrideInput['soak'], path: Path): readonly { readonly soak: SoakInput; readonly path: Path }[] {
  if (value === undefined || value === false) return [];
  return Array.isArray(value)
    ? present<SoakInput>(value).map(([index, soak]) => ({ soak, path: [...path, index] }))
    : [{ soak: value, path }];
}

/** Whether a name leads nowhere. */
export function isUnknown(draft: Draft, name: string): boolean {
  return draft.hasNames && !draft.names.includes(name);
}

export interface RulesAt {
  readonly name: string;
  readonly path: Path;
  readonly rules: OverrideInput;
}

/** Every set of rules of the file: the environments' own and the routes'. */
export function allRules(draft: Draft): readonly RulesAt[] {
  return [...draft.environments.values(), ...draft.routes.flatMap((route) => route.overrides)];
}
