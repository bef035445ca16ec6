import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { BELIEFS } from '../../sandbox/github/beliefs.ts';
import { FAVOURABLE, type Sandbox, type Switches, startSandbox, UNFAVOURABLE } from '../../sandbox/github/index.ts';
import { createRepository, type SampleRepository } from '../../sandbox/github/sample-repository.ts';
import { type Runner, startRunner } from '../../sandbox/runner/index.ts';
import type { ProbePorts } from '../../tools/probe/ports.ts';
import { type ProbeOptions, runProbe, triable } from '../../tools/probe/probe.ts';

interface World {
  readonly folder: string;
  readonly sandbox: Sandbox;
  readonly runner: Runner;
  readonly repository: SampleRepository;
  readonly ports: ProbePorts;
  readonly log: string[];
}

let world: World;
afterEach(async () => {
  await world.runner.close();
  await world.sandbox.close();
  rmSync(world.folder, { recursive: true, force: true });
});

const REPOSITORY = 'octo-org/probed';
const SECOND = 'octo-org/called';
const OPTIONS: ProbeOptions = { repository: REPOSITORY, second: SECOND, team: 'release', yes: false, limit: 10 * 60_000 };

async function open(switches: Switches, files: Readonly<Record<string, string>> = { 'README.md': 'empty' }): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), 'probe-'));
  const repository = createRepository(join(folder, 'repository'));
  repository.commit('main', files, 'The beginning');
  const sandbox = await startSandbox({ repositoryPath: repository.path, name: 'probed', switches });
  sandbox.given.user('mona', { role: 'admin' });
  sandbox.given.user('hubot', { role: 'write' });
  sandbox.given.team('octo-org/release', ['hubot']);
  const environmentSecrets: Record<string, Record<string, string>> = {};
  const called = join(folder, 'called');
  mkdirSync(called);
  const runner = await startRunner({ sandbox, folder: join(folder, 'runner'), repositories: { [SECOND]: called }, environmentSecrets });
  const tokens = { maintainer: sandbox.token({ login: 'mona' }), approver: sandbox.token({ login: 'hubot' }) };
  const log: string[] = [];
  const ports: ProbePorts = {
    async ask(method, path, body, as = 'maintainer') {
      const headers = { authorization: `Bearer ${tokens[as]}` };
      const answer = await fetch(sandbox.apiUrl + path, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
      const text = await answer.text();
      return { status: answer.status, body: text === '' ? null : JSON.parse(text) };
    },
    async push(to, branch, pushed) {
      if (to === SECOND) {
        for (const [path, text] of Object.entries(pushed)) {
          mkdirSync(dirname(join(called, path)), { recursive: true });
          writeFileSync(join(called, path), text);
        }
        return '';
      }
      const sha = repository.commit(branch, pushed, 'Probe');
      await runner.push(branch, { actor: 'mona' });
      return sha;
    },
    async removeBranch(from, branch) {
      if (from === REPOSITORY) repository.deleteRef(`refs/heads/${branch}`);
    },
    async setSecret(_, environment, name, value) {
      environmentSecrets[environment] = { [name]: value };
    },
    sleep: () => new Promise((resolve) => setTimeout(resolve, 100)),
    now: () => Date.now(),
    isStopped: () => false,
    log: (line) => log.push(line),
  };
  return { folder, sandbox, runner, repository, ports, log };
}

function expectNothingLeft(): void {
  const { state } = world.sandbox;
  expect(state.environments.map(({ name }) => name).filter((name) => name.startsWith('promote-probe'))).toEqual([]);
  expect(state.deployments).toEqual([]);
  expect(state.runs.filter(({ headBranch }) => headBranch === 'promote-probe')).toEqual([]);
  expect(execFileSync('git', ['-C', world.repository.path, 'branch', '--list', 'promote-probe'], { encoding: 'utf8' })).toBe('');
  expect(world.log.filter((line) => line.startsWith('Not removed'))).toEqual([]);
}

/** What a belief comes to in a world; most hold where the favourable side does. */
function expected(belief: (typeof BELIEFS)[number], switches: Switches): string {
  if (belief.switch === undefined) return 'holds';
  const favourable = switches[belief.switch] === FAVOURABLE[belief.switch];
  return favourable !== (belief.id === 'team-in-graphql') ? 'holds' : 'is otherwise';
}

const MIXED: Switches = {
  ...UNFAVOURABLE,
  teamsInGraphql: 'null',
  approvalsWithoutDeployment: 'listed',
  jobList: 'current',
  rerunGates: 'ask',
  manyJobs: 'allowed',
};

it.each([
  ['unfavourable', UNFAVOURABLE],
  ['favourable', FAVOURABLE],
  ['mixed', MIXED],
] as const)('finds every switch of the sandbox that can be tried: %s', { timeout: 120_000 }, async (_, switches) => {
  world = await open(switches);
  const results = await runProbe(world.ports, OPTIONS);
  const told = Object.fromEntries(results.map(({ belief, outcome, why }) => [belief, why === '' ? outcome : `${outcome}: ${why}`]));
  const beliefs = BELIEFS.filter(({ id }) => triable().includes(id));
  expect(told).toEqual(Object.fromEntries(beliefs.map((belief) => [belief.id, expected(belief, switches)])));
  expect(world.sandbox.violations).toEqual([]);
  expectNothingLeft();
});

it('tries what it can with one person and one repository alone, and says what the rest needs', { timeout: 120_000 }, async () => {
  world = await open(FAVOURABLE);
  const ports: ProbePorts = { ...world.ports, ask: (method, path, body) => world.ports.ask(method, path, body) };
  const results = await runProbe(ports, { ...OPTIONS, second: null, team: null });
  const open_ = results.filter(({ outcome }) => outcome === 'could not be tried').map(({ belief, why }) => [belief, why]);
  expect(open_).toEqual([
    ['team-in-graphql', 'it needs a team of an organisation: --team SLUG'],
    ['team-in-rest', 'it needs a team of an organisation: --team SLUG'],
    ['environment-secrets', 'it needs a second repository: --second OWNER/NAME'],
  ]);
  expectNothingLeft();
});

it('removes everything when it is stopped, and what a killed one left at its next start', { timeout: 120_000 }, async () => {
  world = await open(FAVOURABLE);
  const stopping = { ...world.ports, isStopped: () => world.sandbox.state.runs.length > 0 };
  const results = await runProbe(stopping, OPTIONS);
  expect(results.some(({ outcome }) => outcome === 'could not be tried')).toBe(true);
  expect(world.log).toContainEqual(expect.stringContaining('Stopped.'));
  expectNothingLeft();

  // As after a kill: nothing of it was removed.
  world.sandbox.given.environment('promote-probe-gate', { reviewers: ['hubot'] });
  world.sandbox.given.environment('staging');
  world.repository.commit('promote-probe', { 'left.txt': '' }, 'left');
  const { ports } = world;
  await expect(runProbe(ports, OPTIONS)).rejects.toThrow(/is not empty \(1 commits, 1 environments\).*--yes/);
  expect(world.sandbox.state.environments.map(({ name }) => name)).toEqual(['staging']);
  expectNothingLeft();
});

it('gives up when its time is over', async () => {
  world = await open(FAVOURABLE);
  const results = await runProbe(world.ports, { ...OPTIONS, limit: -1 });
  expect(results.every(({ outcome }) => outcome === 'could not be tried')).toBe(true);
  expect(world.log).toContainEqual(expect.stringContaining('The time limit is over.'));
  expectNothingLeft();
});

it('touches nothing in a repository that it may not administrate', async () => {
  world = await open(FAVOURABLE);
  const ports: ProbePorts = { ...world.ports, ask: (method, path, body) => world.ports.ask(method, path, body, 'approver') };
  await expect(runProbe(ports, OPTIONS)).rejects.toThrow(/does not administrate octo-org\/probed/);
  expect(world.sandbox.state.environments).toEqual([]);
});
