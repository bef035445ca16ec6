import { stringify } from 'yaml';
import { spell } from './duration.ts';
import type { Acceptance, Build, Environment, Freeze, Gate, Pipeline, Rehearsal, Route, Window } from './model.ts';
import { ROLE_DEFAULTS } from './roles.ts';

/** A rule as the pipeline file would write it; `undefined` leaves its key out. */
type Written = Readonly<Record<string, unknown>>;

/**
 * The pipeline as one file that leaves nothing to defaults: every rule that holds is written out, on the environment or on the route that changes it.
 * Loading the text gives the same environments, routes and freezes.
 */
export function printResolved(pipeline: Pipeline): string {
  const file = {
    version: pipeline.version,
    build: pipeline.build === null ? undefined : buildText(pipeline.build),
    environments: Object.fromEntries([...pipeline.environments.values()].map((one) => [one.name, environmentText(one)])),
    routes: pipeline.routes.map((route) => routeText(route, pipeline.environments)),
    freezes: pipeline.freezes.length === 0 ? undefined : pipeline.freezes.map(freezeText),
    pipelines: pipeline.pipelines.length === 0 ? undefined : pipeline.pipelines,
  };
  return stringify(file, { lineWidth: 0, aliasDuplicateObjects: false, keepUndefined: false });
}

function buildText({ run, artifact, attest }: Build): Written {
  return without({ run, artifact, attest: attest ? 'required' : null });
}

function without(values: Written): Written {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null && value !== undefined));
}

function environmentText(environment: Environment): Written {
  const { role, data, owner, url } = environment;
  const rules = Object.entries(rulesText(environment)).filter(([key, value]) => {
    const empty = value === false;
    return !empty || (key === 'gate' && ROLE_DEFAULTS[role].gate !== null);
  });
  return without({ role, data, owner, url, ...Object.fromEntries(rules) });
}

/** Every rule that a route may change; `false` for those that ask for nothing. */
function rulesText(environment: Environment): Written {
  return {
    accepts: environment.accepts,
    gate: environment.gate === null ? false : gateText(environment.gate),
    acceptance: environment.acceptance === null ? false : acceptanceText(environment.acceptance),
    rehearsal: environment.rehearsal === null ? false : rehearsalText(environment.rehearsal),
    soak: environment.soak.length === 0 ? false : environment.soak.map((soak) => ({ in: soak.environment, for: spell(soak.duration) })),
    windows: environment.windows.length === 0 ? false : environment.windows.map(windowText),
    downgrade: environment.downgrade,
    divergence: environment.divergence,
    deploy: emptyAsNull(without({ migrate: environment.migrate?.run, run: environment.deploy?.run })) ?? false,
    verify: environment.verify ?? false,
  };
}

function gateText(gate: Gate): Written {
  return { approvals: gate.approvals, by: gate.by, exclude: gate.exclude, evidence: gate.evidence };
}

function acceptanceText(acceptance: Acceptance): Written {
  return { ...gateText(acceptance), environment: acceptance.environment };
}

function rehearsalText(rehearsal: Rehearsal): Written {
  const { snapshot, maxAge, migrations, load, timeout, limits, ...same } = rehearsal;
  const source = without({ ...snapshot, 'max-age': maxAge === null ? null : spell(maxAge) });
  return without({
    ...same,
    masking: rehearsal.masking ?? false,
    checks: rehearsal.checks ?? false,
    previous: rehearsal.previous ?? false,
    snapshot: emptyAsNull(source),
    migrations: migrations.length === 0 ? null : migrations,
    load: load && without({ ...load }),
    timeout: spell(timeout),
    limits: emptyAsNull(limits),
  });
}

const emptyAsNull = (written: Written): Written | null => (Object.keys(written).length === 0 ? null : written);

function windowText(window: Window): Written {
  const [days, hours] = window.text.split(' ');
  return { days, hours, zone: window.zone };
}

function freezeText(freeze: Freeze): Written {
  const [from, , until, zone] = freeze.text.split(' ');
  return { environments: freeze.environments.length === 0 ? undefined : freeze.environments, from, until, zone, reason: freeze.reason };
}

function routeText(route: Route, environments: ReadonlyMap<string, Environment>): Written {
  const changed = [...route.environments.values()].flatMap((own) => {
    const base = environments.get(own.name);
    return base === undefined || base === own ? [] : [[own.name, changedRules(base, own)] as const];
  });
  return {
    name: route.name,
    branches: route.branches.length === 0 ? undefined : route.branches,
    tags: route.tags.length === 0 ? undefined : route.tags,
    path: route.path.map((stage) => (stage.length === 1 ? stage[0] : stage)),
    environments: changed.length === 0 ? undefined : Object.fromEntries(changed),
  };
}

function changedRules(base: Environment, own: Environment): Written {
  const before = rulesText(base);
  return Object.fromEntries(Object.entries(rulesText(own)).filter(([key, value]) => JSON.stringify(value) !== JSON.stringify(before[key])));
}
