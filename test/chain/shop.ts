/** A repository that promotes through the shipped workflows: real YAML, real steps, the committed bundle, on the sandbox. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Sandbox, type SandboxOptions, startSandbox } from '../../sandbox/github/index.ts';
import { type Author, createRepository, type SampleRepository } from '../../sandbox/github/sample-repository.ts';
import type { Deployment, Job, Run } from '../../sandbox/github/state.ts';
import { type Runner, type RunnerOptions, startRunner } from '../../sandbox/runner/index.ts';
import { executeJob } from '../../sandbox/runner/job/execute.ts';

const PROJECT = join(import.meta.dirname, '../..');

/** What a repository adds: this, and the pipeline file. The schedule looks once a day, so that a night costs a scenario one look. */
export const CALLER = `name: Promote
on:
  push: { branches: ['**'], tags: ['v*'] }
  schedule: [{ cron: '17 9 * * *' }]
  workflow_dispatch:
permissions: {}
jobs:
  promote:
    uses: org/promote-action/.github/workflows/pipeline.yml@v1
    permissions: { actions: write, attestations: write, checks: read, contents: read, deployments: write, id-token: write, issues: write, pull-requests: read }
    secrets: { PROMOTE_ENV: '\${{ secrets.PROMOTE_ENV }}' }
`;

/** One promotion or rollback by hand. */
export const BY_HAND = `name: Promote by hand
on:
  workflow_dispatch:
    inputs:
      environment: { type: string, required: true }
      ref: { type: string }
      sha: { type: string }
      rollback: { type: boolean, default: false }
permissions: {}
jobs:
  promote:
    uses: org/promote-action/.github/workflows/promote.yml@v1
    permissions: { actions: read, attestations: write, checks: read, contents: read, deployments: write, id-token: write, issues: write, pull-requests: read }
    with:
      environment: \${{ inputs.environment }}
      ref: \${{ inputs.ref }}
      sha: \${{ inputs.sha }}
      rollback: \${{ inputs.rollback }}
`;

/** dev → uat (one approval) → staging → production (two approvals); what is deployed is told by a file per environment. */
export const PIPELINE = `version: 1
build: { run: bash scripts/build.sh, artifact: dist }
environments:
  dev: { role: development, deploy: { run: bash scripts/deploy.sh } }
  uat:
    role: uat
    gate: { approvals: 1, by: [octo-org/qa] }
    deploy: { run: bash scripts/deploy.sh }
  staging: { role: staging, deploy: { run: bash scripts/deploy.sh }, verify: { run: bash scripts/smoke.sh } }
  production:
    role: production
    gate: { approvals: 2, by: [octo-org/release], exclude: [initiator] }
    deploy: { run: bash scripts/deploy.sh }
routes:
  - { name: release, tags: ['v*'], path: [uat, staging, production] }
  - { name: mainline, branches: [main], path: [dev, uat, staging, production] }
  - { name: hotfix, branches: ['hotfix/**'], path: [staging, production] }
  - { name: feature, branches: ['**'], path: [dev] }
`;

/** One gate, one approval: for scenarios that are about something else. */
export const SHORT = `version: 1
build: { run: bash scripts/build.sh, artifact: dist }
environments:
  dev: { role: development, deploy: { run: bash scripts/deploy.sh } }
  production:
    role: production
    gate: { approvals: 1, by: [octo-org/release] }
    deploy: { run: bash scripts/deploy.sh }
routes:
  - { name: mainline, branches: [main], path: [dev, production] }
  - { name: feature, branches: ['**'], path: [dev] }
`;

/** Each build is another one: that what arrives is what was built once can be seen. */
const BUILD = `#!/usr/bin/env bash
set -eu
mkdir -p dist
git rev-parse HEAD > dist/commit
cat /proc/sys/kernel/random/uuid > dist/build
cp message.txt dist/message
`;
const DEPLOY = `#!/usr/bin/env bash
set -eu
mkdir -p "$SHOP_HOME/$PROMOTE_ENVIRONMENT"
if [ -e "$SHOP_HOME/$PROMOTE_ENVIRONMENT.broken" ]; then echo "the server is down" >&2; exit 7; fi
cp dist/* "$SHOP_HOME/$PROMOTE_ENVIRONMENT/"
echo "$PROMOTE_ENVIRONMENT $(cat dist/message)" >> "$SHOP_HOME/history"
`;
const SMOKE = `#!/usr/bin/env bash
set -eu
test "$(cat "$SHOP_HOME/$PROMOTE_ENVIRONMENT/commit")" = "$PROMOTE_SHA"
`;

export interface ShopOptions extends Partial<Omit<SandboxOptions, 'repositoryPath'>> {
  readonly pipeline?: string | null;
  readonly caller?: string;
  /** Further files of the first commit. */
  readonly files?: Readonly<Record<string, string>>;
  readonly secrets?: RunnerOptions['secrets'];
  readonly environmentSecrets?: RunnerOptions['environmentSecrets'];
  readonly machine?: Readonly<Record<string, string>>;
  /** Folder of the product as its tag names it now; asked whenever something of it is used. Default: the checkout. */
  readonly product?: () => string;
}

/** A run as its page shows it. */
export interface RunSeen {
  readonly status: Run['status'];
  readonly conclusion: Run['conclusion'];
  readonly attempt: number;
  /** Conclusion, or status while it has none, by the job's name without the caller's. */
  readonly jobs: Readonly<Record<string, string>>;
}

export async function openShop(options: ShopOptions = {}): Promise<Shop> {
  const { pipeline = PIPELINE, caller = CALLER, files = {}, secrets, environmentSecrets, machine, product, ...sandboxOptions } = options;
  const folder = mkdtempSync(join(tmpdir(), 'promote-shop-'));
  const repository = createRepository(join(folder, 'repository'));
  repository.commit(
    'main',
    {
      '.github/workflows/promote.yml': caller,
      '.github/workflows/by-hand.yml': BY_HAND,
      ...(pipeline === null ? {} : { '.github/promote.yml': pipeline }),
      'scripts/build.sh': BUILD,
      'scripts/deploy.sh': DEPLOY,
      'scripts/smoke.sh': SMOKE,
      'message.txt': 'the first shop',
      ...files,
    },
    'The shop and its pipeline',
  );
  const sandbox = await startSandbox({ repositoryPath: repository.path, ...sandboxOptions });
  sandbox.given.user('octocat', { role: 'write', emails: ['octocat@example.com'] });
  sandbox.given.user('hubot', { role: 'write', emails: ['hubot@example.com'] });
  sandbox.given.user('mona', { role: 'admin', emails: ['mona@example.com'] });
  sandbox.given.team('octo-org/qa', ['octocat', 'hubot', 'mona']);
  sandbox.given.team('octo-org/release', ['octocat', 'hubot', 'mona']);
  sandbox.given.environment('dev');
  sandbox.given.environment('uat', { reviewers: ['octo-org/qa'] });
  sandbox.given.environment('staging');
  sandbox.given.environment('production', { reviewers: ['octo-org/release'] });
  const home = join(folder, 'home');
  mkdirSync(home);
  const runner = await startRunner({
    sandbox,
    folder: join(folder, 'runner'),
    repositories: {
      get 'org/promote-action'() {
        return product?.() ?? PROJECT;
      },
    },
    executeJob,
    machine: { SHOP_HOME: home, ...machine },
    ...(secrets === undefined ? {} : { secrets }),
    ...(environmentSecrets === undefined ? {} : { environmentSecrets }),
  });
  return new Shop({ folder, home, repository, sandbox, runner });
}

interface Parts {
  readonly folder: string;
  readonly home: string;
  readonly repository: SampleRepository;
  readonly sandbox: Sandbox;
  readonly runner: Runner;
}

export class Shop {
  readonly repository: SampleRepository;
  readonly sandbox: Sandbox;
  readonly runner: Runner;
  readonly home: string;
  readonly #folder: string;

  constructor(parts: Parts) {
    this.repository = parts.repository;
    this.sandbox = parts.sandbox;
    this.runner = parts.runner;
    this.home = parts.home;
    this.#folder = parts.folder;
  }

  /** Commits a change of the shop's message, pushes it, and gives the run when everything has come to rest. */
  async push(branch = 'main', message = 'a change', options: { author?: Author; files?: Record<string, string> } = {}): Promise<number> {
    const author = options.author ?? 'octocat';
    this.repository.commit(branch, { 'message.txt': message, ...options.files }, message, author);
    return this.pushed(branch, author);
  }

  /** A branch or tag that is there already. */
  async pushed(ref: string, actor = 'octocat'): Promise<number> {
    const runs = await this.runner.push(ref, { actor });
    await this.runner.settled();
    const [run] = runs;
    if (run === undefined || runs.length > 1) throw new Error(`${runs.length} runs were started by the push of ${ref}`);
    return run;
  }

  /** An artifact under the commit's name, in a run that is not of the chain; its `message` tells where it was deployed. Gives its run. */
  uploadedElsewhere(sha: string, of: { event: string; headBranch: string; workflowPath: string }, message: string): number {
    const folder = mkdtempSync(join(this.home, '..', 'elsewhere-'));
    mkdirSync(join(folder, 'dist'));
    for (const [name, text] of Object.entries({ message, commit: sha, build: 'elsewhere' }))
      writeFileSync(join(folder, 'dist', name), text);
    execFileSync('tar', ['--create', '--file', 'artifact.tar', 'dist'], { cwd: folder });
    execFileSync('python3', ['-m', 'zipfile', '-c', 'artifact.zip', 'artifact.tar'], { cwd: folder });
    const run = this.sandbox.given.run({ headSha: sha, status: 'completed', conclusion: 'success', ...of });
    this.sandbox.given.artifact(run.id, { name: `promote-${sha.slice(0, 12)}`, file: join(folder, 'artifact.zip') });
    return run.id;
  }

  /** A record of a success, written by somebody else, that names the last artifact of a run as the commit's own. */
  forge({ sha, environment, run, creator }: { sha: string; environment: string; run: number; creator?: string }): void {
    const artifact = this.sandbox.state.artifacts.findLast(({ runId }) => runId === run);
    const payload = {
      ...{
        schema: 1,
        kind: 'promotion',
        candidate: { sha, ref: 'refs/heads/main', version: 'main' },
        digest: artifact?.digest ?? `git:${sha}`,
      },
      ...(artifact === undefined ? {} : { artifact: { id: artifact.id, run } }),
      ...{ policyHash: '0'.repeat(40), route: 'mainline', run: { id: run, attempt: 1 } },
      ...{ initiator: 'octocat', approvedBy: [], reasons: [], notes: [], relaxed: [], replaced: null, verify: false },
    };
    const task = 'promote:promotion';
    this.sandbox.given.deployment({
      sha,
      environment,
      task,
      payload,
      statuses: ['success'],
      ...(creator === undefined ? {} : { creator }),
    });
  }

  async byHand(inputs: Readonly<Record<string, string>>, actor = 'octocat'): Promise<number> {
    const run = await this.runner.dispatch('by-hand.yml', { ref: 'main', actor, inputs });
    await this.runner.settled();
    return run;
  }

  /** Where GitHub may let jobs of a later attempt start without asking anew, nobody is asked there. */
  async approve(run: number, environment: string, ...users: string[]): Promise<void> {
    const of = this.sandbox.state.runs.find(({ id }) => id === run);
    const mayBeOpen = this.sandbox.switches.rerunGates === 'open' && (of?.attempt ?? 1) > 1;
    for (const user of users) {
      if (mayBeOpen && of?.waiting.includes(environment) === false) continue;
      await this.runner.review(run, { user, environments: [environment], state: 'approved', comment: `fine, says ${user}` });
      await this.runner.settled();
    }
  }

  async reject(run: number, environment: string, user: string): Promise<void> {
    await this.runner.review(run, { user, environments: [environment], state: 'rejected', comment: 'not this one' });
    await this.runner.settled();
  }

  async rerun(run: number, options: { user?: string; failedOnly?: boolean } = {}): Promise<void> {
    await this.runner.rerun(run, options);
    await this.runner.settled();
  }

  async advance(hours: number): Promise<void> {
    await this.runner.advance(hours * 3_600_000);
    await this.runner.settled();
  }

  run(id: number): RunSeen {
    const run = this.sandbox.state.runs.find((each) => each.id === id);
    if (run === undefined) throw new Error(`there is no run ${id}`);
    if (run.problem !== null) throw new Error(`run ${id} could not start: ${run.problem}`);
    const jobs = this.#jobs(id).map((job) => [shortName(job), job.conclusion ?? job.status] as const);
    return { status: run.status, conclusion: run.conclusion, attempt: run.attempt, jobs: Object.fromEntries(jobs) };
  }

  /** The run that goes on with what a run began: itself, run again, or the last one that a look started anew for its commit. */
  goesOnAs(run: number): number {
    return this.#startedAnewFor(run).at(-1)?.id ?? run;
  }

  /** How often looks took up the candidate of a run. */
  timesTakenUp(run: number): number {
    return this.run(run).attempt - 1 + this.#startedAnewFor(run).length;
  }

  #startedAnewFor(run: number): readonly Run[] {
    const of = this.sandbox.state.runs.find(({ id }) => id === run);
    return this.sandbox.state.runs.filter(({ id, event, actor, headSha }) => {
      return id > run && event === 'workflow_dispatch' && actor === 'github-actions[bot]' && headSha === of?.headSha;
    });
  }

  /** What the product put on record, without the deployments that GitHub makes for jobs. */
  records(): readonly Deployment[] {
    return this.sandbox.state.deployments.filter(({ task }) => task.startsWith('promote:'));
  }

  /** The last run of a workflow, also one that a schedule started. */
  lastRun(): number {
    return this.sandbox.state.runs.at(-1)?.id ?? 0;
  }

  #jobs(run: number): readonly Job[] {
    const attempt = this.sandbox.state.runs.find(({ id }) => id === run)?.attempt ?? 1;
    const jobs = this.sandbox.state.jobs.filter((job) => job.runId === run && job.attempt <= attempt);
    // A job that is not run again stands as it ended in an earlier attempt.
    return [...new Map(jobs.map((job) => [job.key, job])).values()];
  }

  job(run: number, name: string): Job {
    const job = this.#jobs(run).find((each) => shortName(each) === name);
    if (job === undefined) throw new Error(`run ${run} has no job "${name}": ${this.#jobs(run).map(shortName).join(', ')}`);
    return job;
  }

  log(run: number, name: string): string {
    return this.runner.log(this.job(run, name).id);
  }

  /** The message of what is live there, and which build and commit it is; `null` when nothing was ever deployed. */
  live(environment: string): { readonly message: string; readonly commit: string; readonly build: string } | null {
    const file = (name: string): string => readFileSync(join(this.home, environment, name), 'utf8').trim();
    if (!existsSync(join(this.home, environment, 'commit'))) return null;
    return { message: file('message'), commit: file('commit'), build: file('build') };
  }

  /** What a command wrote into the file of that name, ending in `.told`. */
  told(name: string): string {
    return readFileSync(join(this.home, `${name}.told`), 'utf8');
  }

  /** Every deployment to it fails from now on. */
  breakServer(environment: string): void {
    writeFileSync(join(this.home, `${environment}.broken`), '');
  }

  mendServer(environment: string): void {
    rmSync(join(this.home, `${environment}.broken`));
  }

  /** Every deployment that really happened, `environment message`, in order. */
  history(): readonly string[] {
    const path = join(this.home, 'history');
    return existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n') : [];
  }

  /** How long each job of the run had a machine, milliseconds. */
  machineTimes(run: number): readonly number[] {
    const ran = this.sandbox.state.jobs.filter((job) => job.runId === run && job.conclusion !== 'skipped' && job.startedAt !== null);
    return ran.map((job) => job.machineTime);
  }

  async close(): Promise<void> {
    await this.runner.close();
    await this.sandbox.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** Without the caller's job and without what it asks approval for: `Stage 1 (dev) / Deploy to dev`. */
function shortName({ name }: Job): string {
  return name.replace(/^promote \/ /, '').replace(/(?: (?:as|for) \S+)? · [0-9a-f]+\/[0-9a-f]+\/\d*$/, '');
}
