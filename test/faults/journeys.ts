/** Jobs whose requests are struck one by one: how the world is before them, and what they are. */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type State, startSandbox } from '../../sandbox/github/index.ts';
import type { SampleRepository } from '../../sandbox/github/sample-repository.ts';
import type { StepResult } from '../../sandbox/runner/action-step.ts';
import { type JobRun, startWorld, World } from '../acceptance/world.ts';

/** The deploy command leaves one line each time it runs, outside of the checkout, so that executions can be counted. */
const PIPELINE = `version: 1
environments:
  dev: { role: development, deploy: { run: 'echo "$PROMOTE_SHA $PROMOTE_ENVIRONMENT" >> ../deployed.txt' } }
  uat:
    role: uat
    gate: { approvals: 1, by: [octo-org/qa] }
    acceptance: { approvals: 1, by: [octo-org/qa] }
    deploy: { run: 'echo "$PROMOTE_SHA $PROMOTE_ENVIRONMENT" >> ../deployed.txt' }
  production:
    role: production
    gate: { approvals: 1, by: [octo-org/release] }
    deploy: { run: 'echo "$PROMOTE_SHA $PROMOTE_ENVIRONMENT" >> ../deployed.txt' }
routes:
  - { name: mainline, branches: [main], path: [dev, uat, production] }
`;

export interface Journey {
  readonly name: string;
  readonly command: 'plan' | 'deploy' | 'accept';
  readonly environment: string;
  /** The kind of record that it leaves; `null`: none. */
  readonly leaves: 'promotion' | 'rollback' | 'acceptance' | null;
  readonly inputs?: Readonly<Record<string, string>>;
  /** What happened before, for real; done once. Returns the candidate. */
  readonly prepare: (world: World) => Promise<Candidate>;
  /** What people do for this run. */
  readonly people?: (world: World, run: JobRun) => void;
}

export interface Candidate {
  readonly sha: string;
  /** What the checkout holds, when not the candidate. */
  readonly checkout?: string;
}

const qa = (world: World, run: JobRun, environment: string): void => {
  run.approve('mona', environment);
  // GitHub lists so many younger runs of the commit that this one is not among them: its reviews are asked for on their own.
  for (let other = 0; other < 25; other += 1) world.run({ sha: run.sha }).finish();
};

export const PLAN: Journey = {
  name: 'plan',
  command: 'plan',
  environment: 'dev',
  leaves: null,
  prepare: async (world) => ({ sha: world.push().sha }),
};

export const PLAN_AFTER_POLICY_CHANGE: Journey = {
  ...PLAN,
  name: 'plan with an old checkout',
  prepare: async (world) => {
    const old = PIPELINE.replaceAll('dev', 'lab');
    const { sha: checkout } = world.push('main', 'As it was', { '.github/promote.yml': old });
    return { sha: world.push('main', 'As it is', { '.github/promote.yml': PIPELINE }).sha, checkout };
  },
};

export const DEPLOY: Journey = {
  name: 'deploy',
  command: 'deploy',
  environment: 'dev',
  leaves: 'promotion',
  prepare: async (world) => ({ sha: world.push().sha }),
};

/** Through a gate, with nothing in the way. */
export const DEPLOY_THROUGH_GATE: Journey = {
  ...DEPLOY,
  name: 'deploy through a gate',
  environment: 'uat',
  prepare: async (world) => {
    const run = world.push();
    await run.promoteThrough('dev');
    return { sha: run.sha };
  },
  people: (_world, run) => run.approve('mona', 'uat'),
};

/** A hold that does not count, reviews out of sight, and a record that a dead run left open. */
export const DEPLOY_BEHIND_DEAD_RUN: Journey = {
  name: 'deploy behind a dead run',
  command: 'deploy',
  environment: 'uat',
  leaves: 'promotion',
  inputs: { 'queue-timeout': '0' },
  prepare: async (world) => {
    const dead = world.push('main', 'Died on its way');
    await dead.promoteThrough('dev');
    dead.approve('mona', 'uat');
    await dead.main({ command: 'deploy', environment: 'uat' });
    dead.finish('cancelled');
    const run = world.push('main', 'The next one');
    await run.promoteThrough('dev');
    world.sandbox.given.issue({ title: 'uat: not mine to hold', labels: ['promote:hold'], author: 'stranger' });
    return { sha: run.sha };
  },
  people: (world, run) => qa(world, run, 'uat'),
};

/** So much has happened that one answer does not hold it: records, records of the commit, issues, history. */
export const DEPLOY_WITH_LONG_LISTS: Journey = {
  name: 'deploy with long lists',
  command: 'deploy',
  environment: 'dev',
  leaves: 'promotion',
  prepare: async (world) => {
    const { given } = world.sandbox;
    const live = world.push('main', 'Long live this one');
    await live.promoteThrough('dev');
    const tree = world.repository.git('rev-parse', `${live.sha}^{tree}`);
    let sha = live.sha;
    for (let commit = 0; commit < 105; commit += 1) {
      sha = world.repository.git('-c', 'user.name=mona', '-c', 'user.email=mona@example.com', 'commit-tree', tree, '-p', sha, '-m', 'More');
    }
    world.repository.git('update-ref', 'refs/heads/main', sha);
    for (let tries = 0; tries < 55; tries += 1) given.deployment({ sha, environment: 'dev', task: 'test', statuses: ['failure'] });
    for (let issues = 0; issues < 55; issues += 1) given.issue({ title: 'dev: no', labels: ['promote:hold'], author: 'stranger' });
    return { sha };
  },
};

export const ROLLBACK: Journey = {
  name: 'rollback',
  command: 'deploy',
  environment: 'dev',
  leaves: 'rollback',
  inputs: { rollback: 'true' },
  prepare: async (world) => {
    const good = world.push('main', 'Good');
    await good.promoteThrough('dev');
    await world.push('main', 'Bad').promoteThrough('dev');
    return { sha: good.sha };
  },
};

export const ACCEPT: Journey = {
  name: 'accept',
  command: 'accept',
  environment: 'uat',
  leaves: 'acceptance',
  prepare: async (world) => {
    const run = world.push();
    await run.promoteThrough('dev', 'uat');
    return { sha: run.sha };
  },
  people: (_world, run) => run.approve('mona', 'uat-acceptance'),
};

/** A journey made ready once: the repository on disk and everything GitHub knows, to begin any number of worlds with. */
export interface Stage {
  readonly journey: Journey;
  readonly candidate: Candidate;
  readonly begin: () => Promise<Attempt>;
  readonly close: () => Promise<void>;
}

/** One world of its own in which the journey can be made. */
export interface Attempt {
  readonly world: World;
  readonly run: JobRun;
  /** The job: main, and post where main left something for it. */
  readonly job: (inputs?: Readonly<Record<string, string>>) => Promise<Job>;
  /** How often the environment's command ran. */
  readonly executions: () => number;
}

export interface Job {
  readonly main: StepResult;
  /** `null`: main left nothing that a post phase would have to do. */
  readonly post: StepResult | null;
}

export async function stage(journey: Journey): Promise<Stage> {
  const template = await startWorld({ pipeline: PIPELINE });
  template.sandbox.given.environment('uat-acceptance', { reviewers: ['octo-org/qa'] });
  const candidate = await journey.prepare(template);
  const state = structuredClone(template.sandbox.state);
  const repository = withCheckouts(template.repository, join(template.folder, 'checkouts'));
  return {
    journey,
    candidate,
    begin: () => begin(journey, candidate, repository, state, template.folder),
    close: () => template.close(),
  };
}

async function begin(journey: Journey, candidate: Candidate, repository: SampleRepository, state: State, shared: string): Promise<Attempt> {
  const sandbox = await startSandbox({ repositoryPath: repository.path });
  Object.assign(sandbox.state, structuredClone(state));
  const folder = mkdtempSync(join(tmpdir(), 'promote-fault-'));
  const world = new World(folder, repository, sandbox);
  world.variables['NODE_COMPILE_CACHE'] = join(shared, 'compile-cache');
  const run = world.run({ sha: candidate.sha, ...(candidate.checkout === undefined ? {} : { checkout: candidate.checkout }) });
  journey.people?.(world, run);
  const deployed = join(folder, 'deployed.txt');
  return {
    world,
    run,
    executions: () => (existsSync(deployed) ? readFileSync(deployed, 'utf8').trim().split('\n').length : 0),
    job: async (inputs = {}) => {
      const all = { command: journey.command, environment: journey.environment, ...journey.inputs, ...inputs };
      const main = await run.main(all);
      const left = /"phase":"(?!closed)/.test(main.state['promotion'] ?? '');
      return { main, post: left ? await run.post(all, main, main.exitCode === 0 ? 'success' : 'failure') : null };
    },
  };
}

/** Every commit is exported once and copied from then on; nobody commits any more. */
function withCheckouts(repository: SampleRepository, folder: string): SampleRepository {
  const exported = new Map<string, string>();
  return {
    ...repository,
    exportTo(expression, target) {
      const kept = exported.get(expression) ?? join(folder, repository.sha(expression));
      if (!existsSync(kept)) {
        mkdirSync(kept, { recursive: true });
        repository.exportTo(expression, kept);
      }
      exported.set(expression, kept);
      cpSync(kept, target, { recursive: true });
    },
  };
}
