import { NO_RECORD } from '../github/records.ts';
import { STAYED_OUT } from '../github/run-jobs.ts';
import type { Acceptance, Environment, Gate, Pipeline } from '../pipeline/model.ts';
import { jobIds } from './job-ids.ts';
import { pathOrder } from './path-order.ts';
import { GRANTS, permissionLines } from './permissions.ts';
import { BY_TAG, type OwnPin, ownAction, PINS, pinningLines } from './pins.ts';
import { triggerLines } from './triggers.ts';
import { entry, flow, indented, literal, quoted } from './yaml-text.ts';

/** What the pipeline file does not say and the jobs need. */
export interface ChainSettings {
  /** File that names the version of Node.js for the commands; `null`: the one that the runner brings. */
  readonly nodeVersionFile: string | null;
  /** What this action is named by; without it, its tag. */
  readonly pin?: OwnPin;
}

/** What all jobs are made from. */
interface Chain {
  readonly pipeline: Pipeline;
  readonly settings: ChainSettings;
}

/** What the jobs of one environment are made from. */
interface Leg extends Chain {
  readonly environment: Environment;
  /** Id of the deploying job. */
  readonly id: string;
  /** Jobs that must be over before, or skipped. */
  readonly needs: readonly string[];
  /** Those of them that deploy. */
  readonly before: readonly string[];
}

/**
 * The chain as plain jobs of the repository, where secrets of environments reach them: plan, build, and for each environment its gates, the job that
 * deploys, and its acceptance. Which of them run is decided by the plan of each run.
 * @throws {NoChain} when routes go through environments in opposite orders.
 */
export function chainFile(pipeline: Pipeline, settings: ChainSettings): string {
  const chain = { pipeline, settings };
  const before = pathOrder(pipeline);
  const ids = jobIds([...pipeline.environments.keys()]);
  const last = (name: string) => jobsOf(pipeline, name, ids.get(name) ?? name);
  const legs = [...before].flatMap(([name, earlier]): Leg[] => {
    const environment = pipeline.environments.get(name);
    if (environment === undefined) return [];
    const needs = [
      'plan',
      'veto',
      ...(isBuilt(pipeline) ? ['build'] : []),
      ...(isAttested(pipeline) ? ['attest'] : []),
      ...earlier.flatMap(last),
    ];
    return [{ ...chain, environment, id: ids.get(name) ?? name, needs, before: earlier.map((one) => ids.get(one) ?? one) }];
  });
  const jobs = [
    planJob(chain),
    vetoJob(chain),
    ...(isBuilt(pipeline) ? [buildJob(chain)] : []),
    ...(isAttested(pipeline) ? [ATTEST_JOB] : []),
    ...legs.flatMap(legJobs),
    resumeJob(chain),
  ];
  const text = jobs.map((job) => indented(job, 2).join('\n')).join('\n\n');
  return `${heading(pipeline, settings.pin ?? BY_TAG).join('\n')}\n${text}\n`;
}

/** The jobs of an environment that later ones look at: the one that deploys, the one that accepts. */
function jobsOf(pipeline: Pipeline, name: string, id: string): readonly string[] {
  return acceptancesOf(pipeline, name).length === 0 ? [id] : [id, `${id}-accept`];
}

function isBuilt(pipeline: Pipeline): boolean {
  return pipeline.build?.artifact != null;
}

function isAttested(pipeline: Pipeline): boolean {
  return pipeline.build?.attest === true;
}

function heading(pipeline: Pipeline, pin: OwnPin): readonly string[] {
  return [
    `# From push to production, as ${literal(pipeline.path).replaceAll(/\p{Cc}/gu, '�')} says: the chain as jobs of this repository, so that secrets of`,
    '# environments reach the steps that need them. Written by "promote init --local"; after a change of the pipeline file write it again with',
    '# "promote init workflow --local --force", which shows what changes. No job has "concurrency": one that waits for a reviewer would hold the lane.',
    ...pinningLines(pin),
    'name: promote',
    '',
    ...triggerLines(pipeline, BY_HAND),
    '',
    'permissions: {}',
    '',
    'jobs:',
  ];
}

/** What somebody may say who starts a run by hand. */
const BY_HAND = [
  'inputs:',
  '  environment: # one promotion or rollback into this one; empty: on from where the candidate is',
  '    type: environment',
  '  ref: # of the candidate, refs/heads/… or refs/tags/…; empty: the branch or tag that the run is started on',
  '    type: string',
  '  sha: # its commit; empty: the one that the ref points to',
  '    type: string',
  '  rollback: # go back to this candidate, which succeeded there before; the version that it replaces is vetoed',
  '    type: boolean',
  '    default: false',
];

/** Events without inputs have nothing there. */
const ROLLBACK = '${{ inputs.rollback || false }}';

/** Who the candidate is, once the plan of the run has said so. */
const CANDIDATE = {
  ref: '${{ needs.plan.outputs.ref }}',
  sha: '${{ needs.plan.outputs.sha }}',
  version: '${{ needs.plan.outputs.version }}',
};

const OUTPUTS = [
  'entries',
  'build',
  'ref',
  'sha',
  'version',
  'asked-for',
  'policy-hash',
  'artifact-digest',
  'artifact-id',
  'artifact-run-id',
];

function planJob(chain: Chain): readonly string[] {
  return [
    'plan:',
    "  if: ${{ github.event_name != 'schedule' }}",
    '  runs-on: ubuntu-latest',
    '  timeout-minutes: 15',
    ...indented(permissionLines(GRANTS.plan), 2),
    '  outputs:',
    ...OUTPUTS.map((name) => `    ${name}: \${{ steps.promote.outputs.${name} }}`),
    '  steps:',
    ...indented(sparseCheckout(chain.pipeline), 4),
    ...indented(
      ourStep(chain, {
        command: 'plan',
        environment: '${{ inputs.environment }}',
        ref: '${{ inputs.ref }}',
        sha: '${{ inputs.sha }}',
        rollback: ROLLBACK,
      }),
      4,
    ),
    '    - name: It may not go there # what a push ends quietly is an error for somebody who asked for it by hand',
    "      if: ${{ inputs.environment != '' && steps.promote.outputs.entries == '{}' && steps.promote.outputs.verdict != 'complete' }}",
    ...indented(explainAndFail(), 6),
  ];
}

function resumeJob(chain: Chain): readonly string[] {
  return [
    'resume: # takes up candidates whose time has come, by running their own run again',
    "  if: ${{ github.event_name == 'schedule' }}",
    '  concurrency: promote-resume-${{ github.workflow_ref }} # one look after the other, so that each candidate is taken up once',
    '  runs-on: ubuntu-latest',
    '  timeout-minutes: 30',
    ...indented(permissionLines(GRANTS.resume), 2),
    '  steps:',
    ...indented(ourStep(chain, { command: 'resume' }), 4),
  ];
}

/** The trusted file is read through the API; this copy tells which environments to ask about, in one request where both are equal. */
function sparseCheckout(pipeline: Pipeline): readonly string[] {
  return [
    `- uses: ${PINS.checkout}`,
    '  with:',
    ...entry('sparse-checkout', literal(pipeline.path), 4),
    '    sparse-checkout-cone-mode: false',
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
function ourStep({ pipeline, settings }: Chain, inputs: Readonly<Record<string, string>>, id = 'promote'): readonly string[] {
  const path = pipeline.path === '.github/promote.yml' ? [] : entry('pipeline', literal(pipeline.path), 4);
  return [
    `- id: ${id}`,
    `  uses: ${ownAction(settings.pin ?? BY_TAG)}`,
    '  with:',
    ...Object.entries(inputs).flatMap(([name, value]) => entry(name, value, 4)),
    ...path,
  ];
}

/** Only what was not built before is built: a second build would be another artifact. */
const NOT_BUILT = "steps.before.outputs.artifact-id == ''";

function buildJob(chain: Chain): readonly string[] {
  const { pipeline, settings } = chain;
  const run = pipeline.build?.run ?? null;
  const artifact = pipeline.build?.artifact ?? '.';
  return [
    'build: # once: what this or another run built from the commit is taken',
    '  needs: plan',
    "  if: ${{ needs.plan.outputs.build == 'true' }}",
    '  runs-on: ubuntu-latest',
    '  timeout-minutes: 60',
    ...indented(permissionLines(GRANTS.build), 2),
    '  outputs:',
    ...(isAttested(pipeline)
      ? ['    new: ${{ steps.upload.outputs.artifact-id }}', '    name: ${{ steps.before.outputs.artifact-name }}']
      : []),
    '    artifact-id: ${{ steps.before.outputs.artifact-id || steps.upload.outputs.artifact-id }}',
    '    artifact-run-id: ${{ steps.before.outputs.artifact-run-id || github.run_id }}',
    "    digest: ${{ steps.before.outputs.artifact-digest || format('sha256:{0}', steps.upload.outputs.artifact-digest) }}",
    '  steps:',
    ...indented(ourStep(chain, { command: 'find-artifact', sha: '${{ needs.plan.outputs.sha }}' }, 'before'), 4),
    ...indented(onlyWhere(NOT_BUILT, checkout()), 4),
    ...indented(onlyWhere(NOT_BUILT, setup(settings)), 4),
    ...(run === null ? [] : ['    - name: Build', `      if: \${{ ${NOT_BUILT} }}`, ...entry('run', literal(run), 6)]),
    ...indented(onlyWhere(NOT_BUILT, pack(artifact)), 4),
    '    - id: upload',
    `      if: \${{ ${NOT_BUILT} }}`,
    `      uses: ${PINS.uploadArtifact}`,
    '      with:',
    '        name: ${{ steps.before.outputs.artifact-name }}',
    `        path: ${ARCHIVE}`,
    '        if-no-files-found: error',
    '        overwrite: true # of an earlier attempt of this run, when it is no longer kept',
    '        retention-days: 90 # as long as it may be promoted',
  ];
}

/** A job of its own, which runs nothing of the candidate's: the build's commands must not be able to sign. */
const ATTEST_JOB: readonly string[] = [
  'attest: # what was built, once; runs nothing of the repository',
  '  needs: build',
  "  if: ${{ needs.build.outputs.new != '' }}",
  '  runs-on: ubuntu-latest',
  '  timeout-minutes: 15',
  ...indented(permissionLines(GRANTS.attest), 2),
  '  steps:',
  `    - uses: ${PINS.attest}`,
  '      with:',
  '        subject-name: ${{ needs.build.outputs.name }}',
  '        subject-digest: ${{ needs.build.outputs.digest }}',
];

const ARCHIVE = '${{ runner.temp }}/artifact.tar';

/** An archive keeps file modes, links and hidden files, which an artifact by itself does not. */
function pack(artifact: string): readonly string[] {
  return [
    '- name: Pack what was built',
    '  shell: bash',
    '  env:',
    ...entry('ARTIFACT', literal(artifact), 4),
    `    ARCHIVE: ${ARCHIVE}`,
    '  run: |',
    '    if [ ! -e "$ARTIFACT" ]; then',
    '      echo "::error title=The build left nothing::There is no $ARTIFACT after the build. Name what it leaves under build.artifact in the pipeline file."',
    '      exit 1',
    '    fi',
    '    tar --create --file "$ARCHIVE" -- "$ARTIFACT" # keeps file modes, links and hidden files',
  ];
}

/** A step that runs under a condition. */
function onlyWhere(condition: string, [first, ...rest]: readonly string[]): readonly string[] {
  return first === undefined ? [] : [`- if: \${{ ${condition} }}`, first.replace(/^- /, '  '), ...rest];
}

/** The gate of an environment on each route that has one there. */
function gatesOf({ pipeline, environment }: Leg): readonly Gate[] {
  return rulesOnRoutes(pipeline, environment.name).flatMap(({ gate }) => (gate === null ? [] : [gate]));
}

function acceptancesOf(pipeline: Pipeline, name: string): readonly Acceptance[] {
  return rulesOnRoutes(pipeline, name).flatMap(({ acceptance }) => (acceptance === null ? [] : [acceptance]));
}

/** An environment as each route that leads to it has it. */
function rulesOnRoutes(pipeline: Pipeline, name: string): readonly Environment[] {
  return pipeline.routes.flatMap((route) => route.environments.get(name) ?? []);
}

function legJobs(leg: Leg): readonly (readonly string[])[] {
  const { environment, id, needs, before } = leg;
  const gates = gateJobs({
    pipeline: leg.pipeline,
    ids: id,
    needs,
    before,
    target: environment.name,
    when: [entryOf(leg, 'deploy')],
    approvals: entryOf(leg, 'approvals'),
    demands: gatesOf(leg),
  });
  const deploy = deployJob(leg, [...needs, ...gates.map((gate) => gate.id)]);
  return [...gates.map((gate) => gate.lines), deploy, ...acceptJobs(leg)];
}

/** Before a rollback enters: the deploying job runs commands of the repository, which must not be able to lift a hold or a veto. */
function vetoJob(chain: Chain): readonly string[] {
  const digest = '${{ needs.plan.outputs.artifact-digest }}';
  const inputs = { command: 'veto', environment: '${{ inputs.environment }}', ...CANDIDATE, 'artifact-digest': digest, rollback: 'true' };
  return [
    'veto: # what a rollback leaves, in a job that runs nothing of the repository',
    '  needs: plan',
    ...indented(condition([], 'inputs.rollback', "needs.plan.outputs.entries != '{}'"), 2),
    '  runs-on: ubuntu-latest',
    '  timeout-minutes: 15',
    ...indented(permissionLines(GRANTS.veto), 2),
    '  steps:',
    ...indented(ourStep(chain, inputs), 4),
  ];
}

function digestOf(pipeline: Pipeline): Readonly<Record<string, string>> {
  return isBuilt(pipeline) ? { 'artifact-digest': DIGEST } : {};
}

/** What the plan of the run says about the environment; nothing where the run does not lead to it. */
function entryOf({ environment }: Leg, key: 'deploy' | 'approvals' | 'acceptance' | 'acceptance-approvals' | 'rehearsal'): string {
  return `fromJSON(needs.plan.outputs.entries)[${quoted(environment.name)}].${key}`;
}

/**
 * What a job runs under: nothing before it failed or was cancelled, the plan goes this far, and every environment before it was entered where the run led there.
 * Each has to say so: GitHub drops an output in which it hides something.
 */
function condition(before: readonly string[], ...also: readonly string[]): readonly string[] {
  const entered = before.map((id) => `(needs.${id}.result == 'skipped' || needs.${id}.outputs.entered == 'true')`);
  const all = ["!cancelled() && !failure() && needs.plan.result == 'success'", ...also, ...entered];
  return ['if: >-', ...all.map((one, at) => `  ${at === 0 ? '${{ ' : '&& '}${one}${at === all.length - 1 ? ' }}' : ''}`)];
}

interface GateJobs {
  readonly pipeline: Pipeline;
  readonly ids: string;
  readonly needs: readonly string[];
  /** Those of them that deploy. */
  readonly before: readonly string[];
  /** The environment on GitHub whose reviewers are asked. */
  readonly target: string;
  readonly when: readonly string[];
  /** How many approvals the plan of the run asks for. */
  readonly approvals: string;
  readonly demands: readonly Gate[];
}

/** GitHub takes one approval a job. Where more are asked for, jobs that do nothing ask for the first ones, one after the other. */
function gateJobs({
  pipeline,
  ids,
  needs,
  before,
  target,
  when,
  approvals,
  demands,
}: GateJobs): readonly { id: string; lines: readonly string[] }[] {
  const most = Math.max(1, ...demands.map((gate) => gate.approvals));
  return Array.from({ length: most - 1 }, (_, index) => {
    const id = `${ids}-gate-${index + 1}`;
    const lines = [
      `${id}:`,
      ...entry('name', `${literal(`${target}: approval ${index + 1}`)}${askedFor(pipeline)}`, 2),
      `  needs: ${flow([...needs, ...(index === 0 ? [] : [`${ids}-gate-${index}`])])}`,
      ...indented(condition(before, ...when, `${approvals} > ${index + 1}`), 2),
      '  runs-on: ubuntu-latest',
      '  timeout-minutes: 5 # of running; people take the time they need',
      ...indented(protectedBy(target), 2),
      ...indented(permissionLines(GRANTS.none), 2),
      '  steps:',
      '    - run: echo "A reviewer approved."',
    ];
    return { id, lines };
  });
}

const RUN_PAGE = '${{ github.server_url }}/${{ github.repository }}/actions/runs/${{ github.run_id }}';

/** Reviewers are asked by the environment. The mark at the end of its address says that the deployment which GitHub makes for the job is no record. */
function protectedBy(name: string, url: string | null = null): readonly string[] {
  return ['environment:', ...entry('name', literal(name), 2), ...entry('url', `${url === null ? RUN_PAGE : literal(url)}${NO_RECORD}`, 2)];
}

/** What ends the name of a job that waits for an approval: GitHub keeps the names of every attempt, and so what each asked for. */
function askedFor(pipeline: Pipeline): string {
  return ` · \${{ needs.plan.outputs.asked-for }}/${isBuilt(pipeline) ? ARTIFACT_ID : ''}`;
}

const DIGEST = '${{ needs.build.outputs.digest || needs.plan.outputs.artifact-digest }}';
const ARTIFACT_ID = '${{ needs.build.outputs.artifact-id || needs.plan.outputs.artifact-id }}';
const POLICY = '${{ needs.plan.outputs.policy-hash }}';
const ARTIFACT_RUN = '${{ needs.build.outputs.artifact-run-id || needs.plan.outputs.artifact-run-id }}';

function deployJob(leg: Leg, needs: readonly string[]): readonly string[] {
  const { pipeline, settings, environment, id } = leg;
  const where: Readonly<Record<string, string>> = isBuilt(pipeline) ? { 'artifact-id': ARTIFACT_ID, 'artifact-run-id': ARTIFACT_RUN } : {};
  const ours = { environment: literal(environment.name), ...CANDIDATE, ...digestOf(pipeline), ...where, 'policy-hash': POLICY };
  const file: Readonly<Record<string, string>> = isAttested(pipeline) ? { 'artifact-file': '${{ runner.temp }}/artifact' } : {};
  return [
    `${id}:`,
    ...entry('name', `${literal(environment.name)}${askedFor(pipeline)}`, 2),
    `  needs: ${flow(needs)}`,
    ...indented(condition(leg.before, entryOf(leg, 'deploy')), 2),
    '  runs-on: ubuntu-latest',
    '  timeout-minutes: 180 # of running; people take the time they need',
    ...indented(protectedBy(environment.name, environment.url), 2),
    ...indented(permissionLines(isAttested(pipeline) ? GRANTS.deployAttested : GRANTS.deploy), 2),
    '  outputs:',
    "    entered: ${{ steps.promote.outputs.proceed == 'true' || steps.promote.outputs.verdict == 'complete' }}",
    '  steps:',
    ...indented(checkout(), 4),
    ...indented(setup(settings), 4),
    ...(isBuilt(pipeline) ? indented(fetchArtifact(pipeline.build?.artifact ?? '.'), 4) : []),
    ...indented(rehearse(leg, ours), 4),
    ...indented(ourStep(leg, { command: 'deploy', ...ours, ...file, rollback: ROLLBACK, 'when-blocked': 'continue' }), 4),
    ...indented(ownSteps(leg), 4),
    `    - name: ${STAYED_OUT} # GitHub lists steps with their ends: a record that says otherwise does not count`,
    "      if: ${{ steps.promote.outputs.proceed != 'true' && steps.promote.outputs.verdict != 'complete' }}",
    '      run: echo "The step before says why."',
    '    - name: The door is closed',
    "      if: ${{ steps.promote.outputs.verdict == 'blocked' }}",
    ...indented(explainAndFail(), 6),
  ];
}

function explainAndFail(): readonly string[] {
  return ['run: |', '  echo "The step before says why, what would change it and who can."', '  exit 1'];
}

/** Only the artifact's own path leaves the archive, and nothing in it leads out of there: what lies beside it would run with the environment's secrets. */
const UNPACK = [
  'inside="$FOLDER/inside"',
  'mkdir -p "$inside"',
  'tar --extract --no-same-owner --file "$FOLDER/unpacked/artifact.tar" --directory "$inside" -- "$ARTIFACT"',
  'top=$(realpath -m -s -- "$(realpath -- "$inside")/$ARTIFACT")',
  'test "$(realpath -m -- "$top")" = "$top" # no link itself',
  'test -z "$(find "$top" ! -type f ! -type d ! -type l)"',
  'find "$top" -type l -print0 | xargs -0 -r realpath -m -- | while IFS= read -r goal; do',
  '  case "$goal" in "$top" | "$top"/*) ;; *) echo "A link in the archive leads out of $ARTIFACT."; exit 1 ;; esac',
  'done',
  'rm -rf -- "$ARTIFACT"',
  'mkdir -p -- "$(dirname -- "$ARTIFACT")"',
  'mv -- "$top" "$ARTIFACT"',
];

/** What was built is fetched as the zip that it was uploaded as, whose digest is on record. */
function fetchArtifact(artifact: string): readonly string[] {
  return [
    '- name: Fetch what was built once',
    `  uses: ${PINS.downloadArtifact}`,
    '  with:',
    `    artifact-ids: ${ARTIFACT_ID}`,
    `    run-id: ${ARTIFACT_RUN}`,
    '    github-token: ${{ github.token }} # it may have been built in an earlier run',
    '    path: ${{ runner.temp }}/artifact',
    '    skip-decompress: true # so that the bytes can be compared with the digest on record',
    '- name: Check that it is what was built, and unpack it',
    '  shell: bash',
    '  env:',
    `    DIGEST: ${DIGEST}`,
    ...entry('ARTIFACT', literal(artifact), 4),
    '    FOLDER: ${{ runner.temp }}/artifact',
    '  run: |',
    '    zip=$(find "$FOLDER" -type f)',
    '    echo "${DIGEST#sha256:}  $zip" | sha256sum --check --strict',
    '    unzip -q -o "$zip" artifact.tar -d "$FOLDER/unpacked"',
    ...UNPACK.map((line) => `    ${line}`),
  ];
}

function rehearse(leg: Leg, ours: Readonly<Record<string, string>>): readonly string[] {
  if (rulesOnRoutes(leg.pipeline, leg.environment.name).every(({ rehearsal }) => rehearsal === null)) return [];
  const [id = '', ...step] = ourStep(leg, { command: 'rehearse', ...ours, 'when-blocked': 'continue' }, 'rehearse');
  return [
    '- name: Rehearse the migration',
    id.replace(/^- /, '  '),
    `  if: \${{ ${entryOf(leg, 'rehearsal')} && !inputs.rollback }}`,
    ...step,
    ...keep('Keep the report of the rehearsal', 'rehearsal-report'),
    ...keep('Keep what it saw', 'rehearsal-evidence'),
  ];
}

/** One file that the rehearsal left becomes an artifact of the run, whatever the verdict was. */
function keep(name: string, output: 'rehearsal-report' | 'rehearsal-evidence'): readonly string[] {
  return [
    `- name: ${name}`,
    `  if: \${{ always() && steps.rehearse.outputs.${output} != '' }}`,
    '  continue-on-error: true # the verdict is on record either way',
    `  uses: ${PINS.uploadArtifact}`,
    '  with:',
    `    path: \${{ steps.rehearse.outputs.${output} }}`,
    '    archive: false # a browser shows it; the artifact is called as the file',
  ];
}

/** Where the team's own steps stand, and one that fails where nothing would be deployed. */
function ownSteps({ pipeline, environment }: Leg): readonly string[] {
  const secrets = ['  # env: # secrets of the environment, by name, for its commands', '  #   DEPLOY_TOKEN: ${{ secrets.DEPLOY_TOKEN }}'];
  const commanded = rulesOnRoutes(pipeline, environment.name).some(({ deploy }) => deploy !== null);
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
  const target = demands[0]?.environment;
  if (target === undefined) return [];
  const needs = [...leg.needs, id];
  const before = [...leg.before, id];
  const ids = `${id}-accept`;
  const gates = gateJobs({ pipeline, ids, needs, before, target, when: [], approvals: entryOf(leg, 'acceptance-approvals'), demands });
  const inputs = {
    command: 'accept',
    environment: literal(environment.name),
    ...CANDIDATE,
    ...(isBuilt(pipeline) ? { 'artifact-digest': DIGEST, 'artifact-id': ARTIFACT_ID } : {}),
    'policy-hash': POLICY,
  };
  const job = [
    `${ids}:`,
    ...entry('name', `${literal(target)}${askedFor(pipeline)}`, 2),
    `  needs: ${flow([...needs, ...gates.map((gate) => gate.id)])}`,
    ...indented(condition(before, `${entryOf(leg, 'acceptance')} != ''`), 2),
    '  runs-on: ubuntu-latest',
    '  timeout-minutes: 15 # of running; people take the time they need',
    ...indented(protectedBy(target), 2),
    ...indented(permissionLines(GRANTS.accept), 2),
    '  steps:',
    ...indented(ourStep(leg, inputs), 4),
  ];
  return [...gates.map((gate) => gate.lines), job];
}
