import type { Acceptance, Environment, Gate, Pipeline } from '../pipeline/model.ts';
import { jobIds } from './job-ids.ts';
import { pathOrder } from './path-order.ts';
import { GRANTS, permissionLines } from './permissions.ts';
import { ACTION, PINS } from './pins.ts';
import { triggerLines } from './triggers.ts';
import { entry, flow, indented, literal, quoted } from './yaml-text.ts';

/** What the pipeline file does not say and the jobs need. */
export interface ChainSettings {
  /** File that names the version of Node.js for the commands; `null`: the one that the runner brings. */
  readonly nodeVersionFile: string | null;
}

/** What the jobs of one environment are made from. */
interface Leg {
  readonly pipeline: Pipeline;
  readonly settings: ChainSettings;
  readonly environment: Environment;
  /** Id of the deploying job. */
  readonly id: string;
  /** Jobs that must be over before, or skipped. */
  readonly needs: readonly string[];
}

/**
 * The chain as plain jobs of the repository, where secrets of environments reach them: plan, build, and for each environment its gates, the job that
 * deploys, and its acceptance. Which of them run is decided by the plan of each run.
 * @throws {NoChain} when routes go through environments in opposite orders.
 */
export function chainFile(pipeline: Pipeline, settings: ChainSettings): string {
  const before = pathOrder(pipeline);
  const ids = jobIds([...pipeline.environments.keys()]);
  const last = (name: string) => jobsOf(pipeline, name, ids.get(name) ?? name);
  const legs = [...before].flatMap(([name, earlier]): Leg[] => {
    const environment = pipeline.environments.get(name);
    if (environment === undefined) return [];
    const needs = ['plan', ...(isBuilt(pipeline) ? ['build'] : []), ...earlier.flatMap(last)];
    return [{ pipeline, settings, environment, id: ids.get(name) ?? name, needs }];
  });
  const jobs = [
    planJob(pipeline),
    ...(isBuilt(pipeline) ? [buildJob(pipeline, settings)] : []),
    ...legs.flatMap(legJobs),
    resumeJob(pipeline),
  ];
  const text = jobs.map((job) => indented(job, 2).join('\n')).join('\n\n');
  return `${heading(pipeline).join('\n')}\n${text}\n`;
}

/** The jobs of an environment that later ones look at: the one that deploys, the one that accepts. */
function jobsOf(pipeline: Pipeline, name: string, id: string): readonly string[] {
  return acceptancesOf(pipeline, name).length === 0 ? [id] : [id, `${id}-accept`];
}

function isBuilt(pipeline: Pipeline): boolean {
  return pipeline.build?.artifact != null;
}

function heading(pipeline: Pipeline): readonly string[] {
  return [
    `# From push to production, as ${literal(pipeline.path).replaceAll(/\p{Cc}/gu, '�')} says: the chain as jobs of this repository, so that secrets of`,
    '# environments reach the steps that need them. Written by "promote init --local"; after a change of the pipeline file write it again with',
    '# "promote init workflow --local --force", which shows what changes. No job has "concurrency": one that waits for a reviewer would hold the lane.',
    'name: promote',
    '',
    ...triggerLines(pipeline),
    '',
    'permissions: {}',
    '',
    'jobs:',
  ];
}

const OUTPUTS = ['chain', 'build', 'route', 'sha', 'artifact-digest', 'artifact-id', 'artifact-run-id'];

function planJob(pipeline: Pipeline): readonly string[] {
  return [
    'plan:',
    "  if: ${{ github.event_name != 'schedule' }}",
    '  runs-on: ubuntu-latest',
    ...indented(permissionLines(GRANTS.plan), 2),
    '  outputs:',
    ...OUTPUTS.map((name) => `    ${name}: \${{ steps.promote.outputs.${name} }}`),
    '  steps:',
    ...indented(sparseCheckout(pipeline), 4),
    ...indented(ourStep(pipeline, { command: 'plan' }), 4),
  ];
}

function resumeJob(pipeline: Pipeline): readonly string[] {
  return [
    'resume: # takes up candidates whose time has come, by running their own run again',
    "  if: ${{ github.event_name == 'schedule' }}",
    '  runs-on: ubuntu-latest',
    ...indented(permissionLines(GRANTS.resume), 2),
    '  steps:',
    ...indented(sparseCheckout(pipeline), 4),
    ...indented(ourStep(pipeline, { command: 'resume' }), 4),
  ];
}

/** The trusted file is read through the API; with an equal copy at hand one request suffices. */
function sparseCheckout(pipeline: Pipeline): readonly string[] {
  const folder = pipeline.path.includes('/') ? pipeline.path.slice(0, pipeline.path.lastIndexOf('/')) : '.';
  const why = '# the trusted pipeline file is read through the API; where this copy equals it, one request suffices';
  return [
    `- uses: ${PINS.checkout}`,
    '  with:',
    `${entry('sparse-checkout', literal(folder), 4).join('\n')} ${why}`,
    '    persist-credentials: false',
  ];
}

function checkout(): readonly string[] {
  return [`- uses: ${PINS.checkout}`, '  with:', '    ref: ${{ needs.plan.outputs.sha }}', '    persist-credentials: false'];
}

function setup({ nodeVersionFile }: ChainSettings): readonly string[] {
  if (nodeVersionFile === null) return [];
  return [
    `- uses: ${PINS.setupNode}`,
    '  with:',
    ...entry('node-version-file', nodeVersionFile, 4),
    '    package-manager-cache: false # what is deployed comes from no cache that a branch can write',
  ];
}

/** The one step of this action in a job. */
function ourStep(pipeline: Pipeline, inputs: Readonly<Record<string, string>>): readonly string[] {
  const path = pipeline.path === '.github/promote.yml' ? [] : entry('pipeline', literal(pipeline.path), 4);
  return [
    '- id: promote',
    `  uses: ${ACTION}`,
    '  with:',
    ...Object.entries(inputs).flatMap(([name, value]) => entry(name, value, 4)),
    ...path,
  ];
}

function buildJob(pipeline: Pipeline, settings: ChainSettings): readonly string[] {
  const { run, artifact } = pipeline.build ?? { run: null, artifact: null };
  return [
    'build: # once; what is on record for the commit is not built again',
    '  needs: plan',
    "  if: ${{ needs.plan.outputs.build == 'true' }}",
    '  runs-on: ubuntu-latest',
    ...indented(permissionLines(GRANTS.build), 2),
    '  outputs:',
    '    artifact-id: ${{ steps.upload.outputs.artifact-id }}',
    '    digest: ${{ steps.upload.outputs.artifact-digest }}',
    '  steps:',
    ...indented(checkout(), 4),
    ...indented(setup(settings), 4),
    ...(run === null ? [] : ['    - name: Build', ...entry('run', literal(run), 6)]),
    '    - id: upload',
    `      uses: ${PINS.uploadArtifact}`,
    '      with:',
    '        name: artifact',
    ...entry('path', literal(artifact ?? '.'), 8),
    '        if-no-files-found: error',
    '        include-hidden-files: true',
    '        retention-days: 90 # as long as it may be promoted',
  ];
}

/** Gates of the routes that lead to an environment, by route; those without one are left out. */
function gatesOf(pipeline: Pipeline, name: string): readonly { readonly route: string; readonly gate: Gate }[] {
  return pipeline.routes.flatMap((route) => {
    const gate = route.environments.get(name)?.gate ?? null;
    return gate === null ? [] : [{ route: route.name, gate }];
  });
}

function acceptancesOf(pipeline: Pipeline, name: string): readonly { readonly route: string; readonly gate: Acceptance }[] {
  return pipeline.routes.flatMap((route) => {
    const acceptance = route.environments.get(name)?.acceptance ?? null;
    return acceptance === null ? [] : [{ route: route.name, gate: acceptance }];
  });
}

function legJobs(leg: Leg): readonly (readonly string[])[] {
  const { environment, id, needs } = leg;
  const entered = `contains(fromJSON(needs.plan.outputs.chain).*.*.environment, ${quoted(environment.name)})`;
  const gates = gateJobs(leg, {
    ids: id,
    needs,
    when: entered,
    target: environment.name,
    demands: gatesOf(leg.pipeline, environment.name),
  });
  const deploy = deployJob(leg, condition(entered), [...needs, ...gates.map((gate) => gate.id)]);
  return [...gates.map((gate) => gate.lines), deploy, ...acceptJobs(leg)];
}

/** What a job runs under: nothing before it failed or was cancelled, no earlier environment stopped the chain, and the plan goes this far. */
function condition(...also: readonly string[]): readonly string[] {
  const all = ["!cancelled() && !failure() && needs.plan.result == 'success'", ...also, "join(needs.*.outputs.stopped, '') == ''"];
  return ['if: >-', ...all.map((one, at) => `  ${at === 0 ? '${{ ' : '&& '}${one}${at === all.length - 1 ? ' }}' : ''}`)];
}

/** The condition that the run's route is one of those; nothing where all routes to the environment are. */
function onRoutes(pipeline: Pipeline, environment: string, names: readonly string[]): readonly string[] {
  const leading = pipeline.routes.filter((route) => route.environments.has(environment));
  return names.length === leading.length ? [] : [`contains(fromJSON(${quoted(JSON.stringify(names))}), needs.plan.outputs.route)`];
}

interface GateJobs {
  readonly ids: string;
  readonly needs: readonly string[];
  readonly when: string;
  /** The environment on GitHub whose reviewers are asked. */
  readonly target: string;
  readonly demands: readonly { readonly route: string; readonly gate: Gate }[];
}

/** GitHub takes one approval a job. Where more are asked for, jobs that do nothing ask for the first ones, one after the other. */
function gateJobs(
  { pipeline, environment }: Leg,
  { ids, needs, when, target, demands }: GateJobs,
): readonly { id: string; lines: readonly string[] }[] {
  const most = Math.max(1, ...demands.map(({ gate }) => gate.approvals));
  return Array.from({ length: most - 1 }, (_, index) => {
    const wanted = demands.filter(({ gate }) => gate.approvals > index + 1).map(({ route }) => route);
    const id = `${ids}-gate-${index + 1}`;
    const lines = [
      `${id}:`,
      ...entry('name', literal(`${target}: approval ${index + 1} of ${most}`), 2),
      `  needs: ${flow([...needs, ...(index === 0 ? [] : [`${ids}-gate-${index}`])])}`,
      ...indented(condition(when, ...onRoutes(pipeline, environment.name, wanted)), 2),
      '  runs-on: ubuntu-latest',
      ...indented(protectedBy(target), 2),
      ...indented(permissionLines(GRANTS.none), 2),
      '  steps:',
      `    - run: 'true'`,
    ];
    return { id, lines };
  });
}

/** Reviewers are asked by the environment; the record is ours, so that there is one and not two. */
function protectedBy(name: string, url: string | null = null): readonly string[] {
  return [
    'environment:',
    ...entry('name', literal(name), 2),
    ...(url === null ? [] : entry('url', literal(url), 2)),
    '  deployment: false',
  ];
}

const DIGEST =
  "${{ needs.build.outputs.digest && format('sha256:{0}', needs.build.outputs.digest) || needs.plan.outputs.artifact-digest }}";
const ARTIFACT_ID = '${{ needs.build.outputs.artifact-id || needs.plan.outputs.artifact-id }}';
const ARTIFACT_RUN = '${{ needs.build.outputs.artifact-id && github.run_id || needs.plan.outputs.artifact-run-id }}';

function deployJob(leg: Leg, when: readonly string[], needs: readonly string[]): readonly string[] {
  const { pipeline, settings, environment, id } = leg;
  const digest: Readonly<Record<string, string>> = isBuilt(pipeline) ? { 'artifact-digest': DIGEST } : {};
  const where: Readonly<Record<string, string>> = isBuilt(pipeline) ? { 'artifact-id': ARTIFACT_ID, 'artifact-run-id': ARTIFACT_RUN } : {};
  const ours = { environment: literal(environment.name), ...digest };
  return [
    `${id}:`,
    ...entry('name', literal(environment.name), 2),
    `  needs: ${flow(needs)}`,
    ...indented(when, 2),
    '  runs-on: ubuntu-latest',
    ...indented(protectedBy(environment.name, environment.url), 2),
    ...indented(permissionLines(GRANTS.record), 2),
    '  outputs:',
    "    stopped: ${{ steps.promote.outputs.proceed != 'true' && steps.promote.outputs.verdict || '' }}",
    '  steps:',
    ...indented(checkout(), 4),
    ...indented(setup(settings), 4),
    ...(isBuilt(pipeline) ? indented(fetchArtifact(pipeline), 4) : []),
    ...indented(rehearse(leg, ours), 4),
    ...indented(ourStep(pipeline, { command: 'deploy', ...ours, ...where, 'when-blocked': 'continue' }), 4),
    ...indented(ownSteps(leg), 4),
    '    - name: The door said no; the step above says why',
    "      if: ${{ steps.promote.outputs.verdict == 'blocked' }}",
    '      run: exit 1',
  ];
}

/** What was built is fetched as the zip that it was uploaded as, whose digest is on record. */
function fetchArtifact(pipeline: Pipeline): readonly string[] {
  return [
    '- name: Fetch the artifact that was built once',
    `  uses: ${PINS.downloadArtifact}`,
    '  with:',
    `    artifact-ids: ${ARTIFACT_ID}`,
    `    run-id: ${ARTIFACT_RUN}`,
    '    github-token: ${{ github.token }} # it may have been built in an earlier run',
    '    path: ${{ runner.temp }}/artifact',
    '    skip-decompress: true',
    '- name: Check that it is the one on record, and unpack it',
    '  env:',
    ...entry('ARTIFACT', literal(pipeline.build?.artifact ?? '.'), 4),
    `    DIGEST: ${DIGEST}`,
    '    FOLDER: ${{ runner.temp }}/artifact',
    '  run: |',
    '    zip=$(find "$FOLDER" -type f)',
    '    echo "${DIGEST#sha256:}  $zip" | sha256sum --check --strict',
    '    # A single file lies in the zip by its name, a folder by what is in it.',
    '    if [ "$(unzip -Z1 "$zip")" = "$(basename "$ARTIFACT")" ]; then into=$(dirname "$ARTIFACT"); else into=$ARTIFACT; fi',
    '    mkdir -p "$into"',
    '    unzip -q -o "$zip" -d "$into"',
  ];
}

function rehearse({ pipeline, environment }: Leg, ours: Readonly<Record<string, string>>): readonly string[] {
  const routes = pipeline.routes.filter((route) => (route.environments.get(environment.name)?.rehearsal ?? null) !== null);
  if (routes.length === 0) return [];
  const only = onRoutes(
    pipeline,
    environment.name,
    routes.map(({ name }) => name),
  );
  const [, ...step] = ourStep(pipeline, { command: 'rehearse', ...ours });
  return ['- name: Rehearse the migration', ...only.map((when) => `  if: \${{ ${when} }}`), ...step];
}

/** Where the team's own steps stand, and one that fails where nothing would be deployed. */
function ownSteps({ pipeline, environment }: Leg): readonly string[] {
  const secrets = ['  # env: # secrets of the environment, by name, for its commands', '  #   DEPLOY_TOKEN: ${{ secrets.DEPLOY_TOKEN }}'];
  const commanded = pipeline.routes.some((route) => (route.environments.get(environment.name)?.deploy ?? null) !== null);
  if (commanded) {
    return [
      ...secrets,
      "# Your own steps may follow, each with: if: ${{ steps.promote.outputs.proceed == 'true' }}",
      '# The record is closed at the end, with how the job ended.',
    ];
  }
  return [
    '- name: Deploy',
    "  if: ${{ steps.promote.outputs.proceed == 'true' }}",
    ...secrets,
    '  run: |',
    '    echo "::error::Write here how this environment is deployed, or give it a deploy command in the pipeline file."',
    '    exit 1',
  ];
}

function acceptJobs(leg: Leg): readonly (readonly string[])[] {
  const { pipeline, environment, id } = leg;
  const demands = acceptancesOf(pipeline, environment.name);
  const target = demands[0]?.gate.environment;
  if (target === undefined) return [];
  const accept = `${id}-accept`;
  const needs = [...leg.needs, id];
  const when = `needs.${id}.result == 'success'`;
  const gates = gateJobs(leg, { ids: accept, needs, when, target, demands });
  const only = onRoutes(
    pipeline,
    environment.name,
    demands.map(({ route }) => route),
  );
  const inputs = { command: 'accept', environment: literal(environment.name), ...(isBuilt(pipeline) ? { 'artifact-digest': DIGEST } : {}) };
  const job = [
    `${accept}:`,
    ...entry('name', literal(target), 2),
    `  needs: ${flow([...needs, ...gates.map((gate) => gate.id)])}`,
    ...indented(condition(when, ...only), 2),
    '  runs-on: ubuntu-latest',
    ...indented(protectedBy(target), 2),
    ...indented(permissionLines(GRANTS.record), 2),
    '  steps:',
    ...indented(sparseCheckout(pipeline), 4),
    ...indented(ourStep(pipeline, inputs), 4),
  ];
  return [...gates.map((gate) => gate.lines), job];
}
