import { parseDuration } from './duration.ts';
import type { Acceptance, Build, Command, Environment, Freeze, Gate, Rehearsal, Route, Soak, Window } from './model.ts';
import { relaxations } from './relaxations.ts';
import { DEFAULT_GATE, DEFAULT_REHEARSAL, ROLE_DEFAULTS } from './roles.ts';
import type {
  AcceptanceInput,
  EnvironmentInput,
  GateInput,
  OverrideInput,
  PipelineInput,
  RouteInput,
  SoakInput,
  WindowInput,
} from './schema.ts';
import { readFreeze, readWindow } from './times.ts';

/** What of a pipeline the file itself says. */
export interface Resolved {
  readonly build: Build | null;
  readonly environments: ReadonlyMap<string, Environment>;
  readonly routes: readonly Route[];
  readonly freezes: readonly Freeze[];
  readonly pipelines: readonly string[];
}

/** A checked file with every default filled in and every route's rules laid over those of the environments. */
export function resolve(input: PipelineInput): Resolved {
  const environments = new Map(Object.entries(input.environments).map(([name, rules]) => [name, environmentOf(name, rules)]));
  return {
    build: input.build === undefined ? null : buildOf(input.build),
    environments,
    routes: input.routes.map((route) => routeOf(route, environments)),
    freezes: (input.freezes ?? []).map((freeze) => checked(readFreeze(freeze).value)),
    pipelines: input.pipelines ?? [],
  };
}

function buildOf({ run, artifact, attest }: NonNullable<PipelineInput['build']>): Build {
  return { run: run ?? null, artifact: artifact ?? null, attest: attest === 'required' };
}

/** The checks have seen to it that there is a value. */
function checked<T>(value: T | null): T {
  if (value === null) throw new Error('A value that was never checked reached the resolved pipeline.');
  return value;
}

function environmentOf(name: string, rules: EnvironmentInput): Environment {
  const defaults = ROLE_DEFAULTS[rules.role];
  const plain: Environment = {
    name,
    role: rules.role,
    data: rules.data ?? defaults.data,
    owner: rules.owner?.toLowerCase() ?? null,
    url: rules.url ?? null,
    accepts: defaults.accepts,
    gate: defaults.gate,
    acceptance: null,
    rehearsal: null,
    soak: [],
    windows: [],
    downgrade: defaults.downgrade,
    divergence: defaults.divergence,
    migrate: null,
    deploy: null,
    verify: null,
  };
  return withRules(plain, rules);
}

/** An environment with rules laid over it; a gate, an acceptance and a rehearsal key by key, everything else as a whole. */
function withRules(base: Environment, rules: OverrideInput): Environment {
  return {
    ...base,
    accepts: rules.accepts ?? base.accepts,
    gate: laid(rules.gate, base.gate, gateOf),
    acceptance: laid(rules.acceptance, base.acceptance, (input, below) => acceptanceOf(base.name, input, below)),
    rehearsal: laid(rules.rehearsal, base.rehearsal, rehearsalOf),
    soak: rules.soak === undefined ? base.soak : soaksOf(rules.soak),
    windows: rules.windows === undefined ? base.windows : windowsOf(rules.windows),
    downgrade: rules.downgrade ?? base.downgrade,
    divergence: rules.divergence ?? base.divergence,
    ...deployOf(rules.deploy, base),
    verify: laid(rules.verify, base.verify, ({ run }) => ({ run })),
  };
}

function laid<Input extends object, Value>(
  rule: Input | false | undefined,
  below: Value | null,
  make: (rule: Input, below: Value | null) => Value,
): Value | null {
  if (rule === undefined) return below;
  return rule === false ? null : make(rule, below);
}

const commandOf = (run: string | undefined): Command | null => (run === undefined ? null : { run });

function deployOf(rule: OverrideInput['deploy'], base: Pick<Environment, 'migrate' | 'deploy'>): Pick<Environment, 'migrate' | 'deploy'> {
  if (rule === undefined) return { migrate: base.migrate, deploy: base.deploy };
  const { migrate, run } = rule || {};
  return { migrate: commandOf(migrate), deploy: commandOf(run) };
}

function gateOf(input: GateInput, below: Gate | null): Gate {
  const base = below ?? DEFAULT_GATE;
  return {
    approvals: input.approvals ?? base.approvals,
    by: input.by?.map((one) => one.toLowerCase()) ?? base.by,
    exclude: input.exclude ?? base.exclude,
    evidence: input.evidence ?? base.evidence,
  };
}

function acceptanceOf(name: string, input: AcceptanceInput, below: Acceptance | null): Acceptance {
  return { ...gateOf(input, below), environment: input.environment ?? below?.environment ?? `${name}-acceptance` };
}

type RehearsalInput = Exclude<OverrideInput['rehearsal'], false | undefined>;

function rehearsalOf(input: RehearsalInput, below: Rehearsal | null): Rehearsal {
  const base = below ?? DEFAULT_REHEARSAL;
  return {
    database: checked(input.database ?? below?.database ?? null),
    migrate: checked(input.migrate ?? below?.migrate ?? null),
    version: input.version ?? base.version,
    server: input.server ?? base.server,
    ...snapshotOf(input.snapshot, base),
    masking: unlessOff(input.masking, base.masking),
    migrations: input.migrations === undefined ? base.migrations : [input.migrations].flat().map(plainPath),
    rollback: input.rollback ?? base.rollback,
    checks: unlessOff(input.checks, base.checks),
    previous: unlessOff(input.previous, base.previous),
    load: input.load === undefined ? base.load : input.load && { script: input.load.script ?? null },
    timeout: input.timeout === undefined ? base.timeout : checked(parseDuration(input.timeout)),
    limits: { ...base.limits, ...input.limits },
  };
}

/** A route that names another source keeps the age, and the other way round. */
function snapshotOf(
  input: RehearsalInput['snapshot'],
  base: Pick<Rehearsal, 'snapshot' | 'maxAge'>,
): Pick<Rehearsal, 'snapshot' | 'maxAge'> {
  const { run = null, file = null, from = null, 'max-age': age } = input ?? {};
  const named = run ?? file ?? from;
  return {
    snapshot: named === null ? base.snapshot : { run, file, from },
    maxAge: age === undefined ? base.maxAge : parseDuration(age),
  };
}

const unlessOff = (said: string | false | undefined, below: string | null): string | null => (said === undefined ? below : said || null);

/** As Git spells it: without `./` before, a slash at the end or two in a row. */
const plainPath = (path: string): string =>
  path
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .join('/');

function soaksOf(rule: SoakInput | readonly SoakInput[] | false): readonly Soak[] {
  if (rule === false) return [];
  const list = Array.isArray(rule) ? (rule as readonly SoakInput[]) : [rule as SoakInput];
  return list.map((soak) => ({ environment: soak.in, duration: checked(parseDuration(soak.for)) }));
}

function windowsOf(rule: readonly WindowInput[] | false): readonly Window[] {
  return rule === false ? [] : rule.map((window) => checked(readWindow(window).value));
}

function routeOf(input: RouteInput, environments: ReadonlyMap<string, Environment>): Route {
  const path = input.path.map((stage) => (typeof stage === 'string' ? [stage] : stage));
  const notes: string[] = [];
  const effective = path.flat().map((name) => {
    const base = checked(environments.get(name) ?? null);
    const rules = Object.hasOwn(input.environments ?? {}, name) ? input.environments?.[name] : undefined;
    const own = rules === undefined ? base : withRules(base, rules);
    notes.push(...relaxations(input.name, base, own));
    return [name, own] as const;
  });
  return {
    name: input.name,
    branches: input.branches ?? [],
    tags: input.tags ?? [],
    path,
    environments: new Map(effective),
    relaxations: notes,
  };
}
