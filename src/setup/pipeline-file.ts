import { SCHEMA_LINE } from '../pipeline/built-in.ts';
import { listed } from '../pipeline/listed.ts';
import type { Role } from '../pipeline/model.ts';
import { patternOf } from '../pipeline/ref-patterns.ts';
import { type PlannedEnvironment, planEnvironments } from './plan-environments.ts';
import type { Described } from './repository.ts';
import { NOT_OF_PEOPLE } from './triggers.ts';
import { flow, type Inline, indented, remark, scalar } from './yaml-text.ts';

const DOCUMENTATION = 'https://github.com/org/promote-action/blob/v1/docs';

/**
 * The text of a first pipeline file for a repository, with comments that say what was found and what may be written instead.
 * @param service the one of several that the file is for: an environment belongs to one file, so its name begins with the service's
 */
export function pipelineFile(described: Described, service: string | null): string {
  const existing = described.github.looked ? described.github.environments : [];
  const { planned, leftOut } = planEnvironments(existing, described.migrations?.database === 'postgres', service);
  const sections = [
    [...heading(described, leftOut), 'version: 1'],
    build(described),
    ['environments:', ...planned.flatMap((environment) => environmentLines(environment, planned, described))],
    routes(planned, described.defaultBranch, service),
    [
      '# When nothing may enter:',
      '# freezes:',
      '#   - { environments: [production], from: 2026-12-20T00:00, until: 2027-01-02T00:00, zone: Europe/Berlin, reason: year-end }',
    ],
  ];
  return `${sections.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

function heading(described: Described, leftOut: readonly string[]): readonly string[] {
  const { tools, migrations, github } = described;
  const found = [
    tools.length === 0 ? 'no package manager' : listed(tools.map(({ name, evidence }) => `${name} (${evidence})`)),
    migrations === null ? 'no migrations' : `migrations with ${migrations.tool} (${migrations.evidence})`,
    `default branch ${described.defaultBranch}`,
  ];
  return [
    SCHEMA_LINE,
    '#',
    '# Where may a change go next? This file is the answer. It is read from the default branch. Every environment below is an environment on GitHub',
    '# of the same name; "promote doctor" says what those lack, and how to mend it.',
    `# Everything that may stand here: ${DOCUMENTATION}/pipeline.md`,
    '#',
    '# Written by "promote init", which found:',
    ...found.map((one) => remark(`  ${one}`)),
    ...(github.looked
      ? seenOnGitHub(
          github.environments.map(({ name }) => name),
          leftOut,
        )
      : [remark(`  It did not look for environments on GitHub: ${github.why}`)]),
  ];
}

function seenOnGitHub(names: readonly string[], leftOut: readonly string[]): readonly string[] {
  const told =
    names.length === 0 ? 'no environments on GitHub; the ones below have to be created' : `environments on GitHub: ${listed(names)}`;
  const rest = leftOut.length === 0 ? [] : [remark(`  left out, because the name tells no role: ${listed(leftOut)}`)];
  return [remark(`  ${told}`), ...rest];
}

function build({ tools }: Described): readonly string[] {
  const tool = tools.find((one) => one.build !== null);
  const why = [
    '# Built once; every environment gets these very bytes, by their digest. Without "artifact" the commit itself is what is deployed.',
  ];
  if (tool?.build == null) return [...why, '# build: { run: ./scripts/build.sh, artifact: dist }'];
  const { run, artifact } = tool.build;
  return [...why, 'build:', `  run: ${scalar(run)}`, `  artifact: ${scalar(artifact)}`];
}

const WHY: Readonly<Partial<Record<Role, string>>> = {
  development: '# Free to change at any time.',
  uat: '# Where users try a version. Somebody looks before it gets there.',
  staging: '# Like production, and nobody relies on it: what could go wrong shall go wrong here.',
  production: '# Whoever started the run does not approve it.',
};

function environmentLines(
  environment: PlannedEnvironment,
  planned: readonly PlannedEnvironment[],
  described: Described,
): readonly string[] {
  const { name, role } = environment;
  const why = WHY[role];
  return [
    ...indented(why === undefined ? [] : [why], 2),
    `  ${scalar(name)}:`,
    ...indented(
      [
        `role: ${role}`,
        ...gate(environment),
        ...(environment.acceptance === null ? [] : [`acceptance: ${flow(asked(environment.acceptance))}`]),
        ...(role === 'staging' ? rehearsal(described) : []),
        ...(role === 'production' ? timeRules(planned, name) : []),
        ...deploy(described),
      ],
      4,
    ),
  ];
}

function asked(by: readonly string[]): Readonly<Record<string, Inline>> {
  return by.length === 0 ? { approvals: 1 } : { approvals: 1, by };
}

function gate({ gate: by, role }: PlannedEnvironment): readonly string[] {
  if (by === null) return [];
  const rule = role === 'production' ? { ...asked(by), exclude: ['initiator'] } : asked(by);
  return [`gate: ${flow(rule)}${by.length === 0 ? ' # by: [octo-org/team, octocat] says whose approval counts' : ''}`];
}

function rehearsal({ migrations }: Described): readonly string[] {
  if (migrations === null) return [];
  const lines = [
    'rehearsal:',
    '  database: postgres',
    `  migrate: ${scalar(migrations.migrate)}`,
    ...(migrations.rollback === null ? [] : [`  rollback: ${scalar(migrations.rollback)}`]),
    ...(migrations.folder === null
      ? []
      : [`  migrations: ${scalar(migrations.folder)} # a rehearsal of other ones than these does not count`]),
  ];
  const more = [
    'snapshot: { run: ./scripts/fetch-snapshot.sh, max-age: 7d } # else the database is empty',
    'masking: db/masking.yml # what happens to each column before anything else touches the data',
    'checks: db/checks.yml # what must hold afterwards',
    ...(migrations.rollback === null ? ['rollback: ./scripts/roll-back.sh # the way back; false: there is deliberately none'] : []),
  ];
  if (migrations.database === 'postgres')
    return [
      '# The migration runs on a private database first; what it does there decides.',
      ...lines,
      ...more.map((line) => `  # ${line}`),
    ];
  return [
    '# The migration can be rehearsed on a private PostgreSQL database; nothing in the repository names PostgreSQL.',
    ...lines.map(remark),
    ...more.map((line) => `#   ${line}`),
  ];
}

/** Rules by time, as comments: how long and when is for people to say. */
function timeRules(planned: readonly PlannedEnvironment[], name: string): readonly string[] {
  const before = planned[planned.findIndex((one) => one.name === name) - 1];
  return [
    ...(before === undefined ? [] : [`# soak: ${flow({ in: before.name, for: '4h' })} # healthy time before`]),
    "# windows: [{ days: mon-thu, hours: '09:00-16:00', zone: Europe/Berlin }] # when it may be entered",
  ];
}

function deploy({ deploy: script, smoke }: Described): readonly string[] {
  const missing = script.exists ? '' : ' # to be written; it is told the environment in PROMOTE_ENVIRONMENT';
  return [`deploy: ${flow({ run: script.run })}${missing}`, ...(smoke === null ? [] : [`verify: ${flow({ run: smoke.run })}`])];
}

const TRIED_OUT: readonly Role[] = ['development', 'integration', 'qa', 'training'];

function routes(planned: readonly PlannedEnvironment[], defaultBranch: string, service: string | null): readonly string[] {
  const names = (those: readonly PlannedEnvironment[]) => those.map(({ name }) => name);
  const reliedOn = planned.filter(({ role }) => !TRIED_OUT.includes(role));
  const urgent = planned.filter(({ role }) => role === 'staging' || role === 'production');
  const first = planned.filter(({ role }) => role === 'development').slice(0, 1);
  const all = [
    { name: 'release', tags: [service === null ? 'v*' : `${service}-v*`], path: names(reliedOn) },
    { name: 'mainline', branches: [patternOf(defaultBranch)], path: names(planned) },
    { name: 'hotfix', branches: ['hotfix/**'], path: names(urgent) },
    { name: 'feature', branches: ['**', ...NOT_OF_PEOPLE], path: names(first) },
  ];
  return [
    '# The first route that takes a branch or a tag decides where it may go, and in which order.',
    'routes:',
    ...all.filter(({ path }) => path.length > 0).map((route) => `  - ${flow(route)}`),
  ];
}
