/**
 * The product seen working on one machine: a sample repository with real Git history, a GitHub on loopback, and the committed bundle
 * started the way the runner starts it. `--log` prints everything each step wrote.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { styleText } from 'node:util';
import { startSandbox } from '../sandbox/github/index.ts';
import { runStep, type StepResult } from '../sandbox/runner/action-step.ts';
import { createShop, DIGEST, type Run, runVariables } from './sample-shop.ts';

const root = join(import.meta.dirname, '..');
const folder = join(root, '.demo');
const shopHome = join(folder, 'running');
const showLog = process.argv.includes('--log');

rmSync(folder, { recursive: true, force: true });
mkdirSync(shopHome, { recursive: true });
const repository = createShop(join(folder, 'repository'));
const sandbox = await startSandbox({ repositoryPath: repository.path, now: '2026-03-02T10:00:00Z', clock: 'running' });
const token = sandbox.token({
  permissions: { actions: 'read', checks: 'read', contents: 'read', deployments: 'write', issues: 'read', 'pull-requests': 'read' },
});

function startRun(ref: string, sha: string, actor: string): Run {
  const headBranch = ref.replace(/^refs\/(heads|tags)\//, '');
  return { id: sandbox.given.run({ headSha: sha, headBranch, event: 'push', actor, status: 'in_progress' }).id, ref, sha, actor };
}

let steps = 0;

async function step(run: Run, inputs: Record<string, string>, state: Readonly<Record<string, string>> = {}): Promise<StepResult> {
  steps += 1;
  const workspace = join(folder, 'workspaces', String(steps));
  repository.exportTo(run.sha, workspace);
  const result = await runStep({
    folder: join(folder, 'steps'),
    workspace,
    inputs: { token, ...inputs },
    state,
    event: { ref: run.ref, after: run.sha, before: '0'.repeat(40), deleted: false, repository: { full_name: 'octo-org/shop' } },
    countRequests: () => sandbox.requests.count,
    variables: { SHOP_HOME: shopHome, ...runVariables(sandbox, run, workspace) },
  });
  if (showLog) console.log(styleText('dim', result.log));
  return result;
}

/** What the run's first job says: the next environment, why not further, and what a reviewer reads. */
async function plan(run: Run): Promise<void> {
  const { outputs, summary, requests } = await step(run, { command: 'plan' });
  say('next environment', `${outputs['environment'] || 'none'} (${outputs['verdict']}), ${requests} request to GitHub`);
  say('explanation', outputs['explanation'] ?? '');
  showSummary(summary);
}

/** A whole deploying job: main, then post. */
async function deploy(run: Run, environment: string): Promise<void> {
  const inputs = { command: 'deploy', environment, 'artifact-digest': DIGEST };
  const main = await step(run, inputs);
  const post = await step(run, { ...inputs, 'job-status': main.exitCode === 0 ? 'success' : 'failure' }, main.state);
  say(main.exitCode === 0 ? 'the door opened' : 'the door said no', main.outputs['explanation'] ?? '');
  if (main.exitCode !== 0) return showSummary(main.summary);
  const running = readFileSync(join(shopHome, environment, 'version'), 'utf8').trim();
  say(
    'result',
    `${environment} runs ${running}; record ${main.outputs['record']}, ${main.requests + post.requests} requests to GitHub in all`,
  );
}

function chapter(title: string): void {
  console.log(`\n${styleText('bold', `── ${title} `.padEnd(100, '─'))}\n`);
}

function say(what: string, text: string): void {
  const [first = '', ...rest] = text.split('\n');
  console.log(`${styleText('cyan', `${what}: `.padStart(20))}${first}`);
  for (const line of rest) console.log(`${' '.repeat(20)}${line}`);
}

function showSummary(summary: string): void {
  const file = join(folder, `summary-${steps}.md`);
  writeFileSync(file, summary);
  say('job summary', `what a reviewer sees, also in ${file.slice(root.length + 1)}`);
  for (const line of summary.trimEnd().split('\n')) console.log(`${' '.repeat(20)}${styleText('dim', '│')} ${line}`);
}

function approve(run: Run, user: string, environment: string): void {
  sandbox.given.review(run.id, { user, environments: [environment], comment: 'Looks good' });
  say('approval', `${user} approves ${environment} on the page of run ${run.id}`);
}

for (const login of ['octocat', 'hubot', 'mona']) sandbox.given.user(login, { role: 'write', emails: [`${login}@example.com`] });
sandbox.given.team('octo-org/qa', ['mona', 'hubot']);
sandbox.given.team('octo-org/release', ['mona', 'hubot', 'octocat']);
sandbox.given.environment('dev');
sandbox.given.environment('uat', { reviewers: ['octo-org/qa'] });
sandbox.given.environment('production', { reviewers: ['octo-org/release'] });
sandbox.given.pullRequest({
  author: 'hubot',
  title: 'Sell umbrellas',
  state: 'merged',
  commits: [repository.sha('feature/umbrellas~1'), repository.sha('feature/umbrellas'), repository.sha('main')],
});

try {
  const sha = repository.sha('main');

  chapter('1. octocat merges a pull request: push to main');
  const push = startRun('refs/heads/main', sha, 'octocat');
  await plan(push);
  await deploy(push, 'dev');
  console.log();
  await plan(push);
  approve(push, 'mona', 'uat');
  await deploy(push, 'uat');

  chapter('2. octocat tags the same commit v1.0.0: nothing is built again, dev and uat are behind it');
  repository.annotatedTag('v1.0.0', sha, 'The first release', 'octocat');
  const tag = startRun('refs/tags/v1.0.0', sha, 'octocat');
  await plan(tag);

  chapter('3. A refused promotion: two people approve, and one of them started the run');
  approve(tag, 'octocat', 'production');
  approve(tag, 'mona', 'production');
  await deploy(tag, 'production');

  chapter('4. An approved one: somebody else approves');
  approve(tag, 'hubot', 'production');
  await deploy(tag, 'production');
  console.log();
  await plan(tag);
} finally {
  await sandbox.close();
}
if (sandbox.violations.length > 0) throw new Error(`GitHub's own description was violated:\n${sandbox.violations.join('\n')}`);
