/** A shop in the middle of its day: one run waits at the gate of uat, one is over, something is live, something is held. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Job, Run, Sandbox } from '../../sandbox/github/index.ts';
import type { SampleHistory } from '../../sandbox/github/sample-repository.ts';
import { openShop, type Shop } from '../sandbox/shop.ts';

export { sampleFolder } from '../sandbox/shop.ts';

/** What a branch may be called. */
export const HOSTILE_BRANCH = `feature/"><img/src=x/onerror=alert(1)>&'\`$(id)`;

const BRIEF = readFileSync(join(import.meta.dirname, '..', 'report', 'expected', 'barred.md'), 'utf8');

const HOUR = 3_600_000;

export interface World {
  readonly shop: Shop;
  readonly sandbox: Sandbox;
  /** Waits for uat; octocat started it and may not review it. */
  readonly waiting: Run;
  readonly gate: Job;
  readonly plan: Job;
  readonly failed: Run;
  readonly broken: Job;
  readonly address: (rest: string) => string;
  close(): Promise<void>;
}

const SUMMARY = `${BRIEF}
<script>document.title = 'taken'</script>
<img src=x onerror="document.title = 'taken'">
`;

const LOG = [
  '##[group]Run actions/checkout@v5',
  'Syncing repository: octo-org/shop',
  '##[endgroup]',
  '##[group]Run npm ci && npm run build',
  '\u001b[36;1mnpm ci && npm run build\u001b[0m',
  '##[endgroup]',
  'added 200 packages in 2s',
  '\u001b[32m✓\u001b[39m 41 modules transformed. <b>not bold</b>',
  '##[warning]The licence of one package is unknown.',
  'Build ready.',
];
const LOG_STEPS = [2, 2, 2, 3, 3, 3, 3, 3, 3, 3];

function steps(names: readonly string[], last: 'success' | 'failure' = 'success'): Job['steps'] {
  return names.map((name, index) => ({
    number: index + 1,
    name,
    status: 'completed',
    conclusion: index === names.length - 1 ? last : 'success',
    startedAt: index * 1000,
    completedAt: index * 1000 + 400 + index * 900,
  }));
}

/** @param sample may serve several worlds, one after the other: nothing is written to it */
export async function openWorld(sample: SampleHistory): Promise<World> {
  const shop = await openShop(sample.repository.path);
  const { sandbox } = shop;
  const { given, clock } = sandbox;
  const [first = '', second = '', third = '', tip = ''] = sample.main;
  given.user('octocat', { role: 'admin' });
  given.user('hubot', { role: 'write' });
  given.user('mona', { role: 'read' });
  given.team('octo-org/qa', ['mona']);
  given.environment('dev');
  given.environment('uat', { reviewers: ['octo-org/qa', 'octocat'], preventSelfReview: true });
  given.environment('staging');
  given.environment('production', { reviewers: ['mona', 'hubot'] });
  const candidate = (sha: string, version: string) => ({
    schema: 1,
    candidate: { sha, ref: 'refs/heads/main', version },
    approvedBy: ['mona'],
  });
  const live = (sha: string, environment: string, version: string) =>
    given.deployment({
      sha,
      environment,
      task: 'promote:promotion',
      payload: candidate(sha, version),
      statuses: ['in_progress', 'success'],
    });
  live(second, 'uat', 'v1.4.0');
  live(first, 'production', 'v1.3.2');
  live(third, 'dev', 'v1.4.1');
  clock.advance(HOUR);

  const failed = given.run({ headSha: third, headBranch: HOSTILE_BRANCH, actor: 'hubot' });
  const broken = given.job(failed.id, {
    name: 'build',
    status: 'completed',
    conclusion: 'failure',
    startedAt: clock.now(),
    completedAt: clock.now() + 9000,
    steps: steps(['Set up job', 'Run actions/checkout@v5', 'Build <shop>'], 'failure'),
    log: [...LOG, '##[error]Process completed with exit code 1.'],
    logSteps: [...LOG_STEPS, 3],
    annotations: [{ level: 'error', title: null, message: 'Process completed with exit code 1.', file: '.github', line: 12 }],
    machineTime: 6100,
  });
  given.finishRun(failed.id, 'failure');
  clock.advance(HOUR);

  const waiting = given.run({ headSha: tip, actor: 'octocat' });
  const done = { status: 'completed', conclusion: 'success', startedAt: clock.now(), completedAt: clock.now() + 4000 } as const;
  const build = ['Set up job', 'Run actions/checkout@v5', 'Build', 'Complete job'];
  const plan = given.job(waiting.id, {
    name: 'plan',
    ...done,
    summary: SUMMARY,
    machineTime: 900,
    steps: steps(['Set up job', 'Plan']),
    log: ['##[group]Run promote', 'uat is next.'],
    logSteps: [1, 2],
  });
  given.job(waiting.id, { name: 'build', ...done, steps: steps(build), log: LOG, logSteps: LOG_STEPS, machineTime: 5300 });
  given.job(waiting.id, {
    name: 'stage-1 (dev) / deploy',
    ...done,
    machineTime: 2100,
    environment: { name: 'dev', url: 'http://127.0.0.1:4001/', waitingSince: null },
  });
  given.job(waiting.id, { name: 'stage-1 (dev) / gate', status: 'completed', conclusion: 'skipped' });
  given.waiting(waiting.id, 'uat');
  const gate = given.job(waiting.id, { name: 'stage-2 (uat) / deploy', environment: { name: 'uat', url: '', waitingSince: clock.now() } });
  given.job(waiting.id, { name: 'stage-3 (staging) / deploy' });
  given.deployment({
    sha: tip,
    environment: 'production',
    task: 'promote:promotion',
    payload: candidate(tip, 'v1.4.2'),
    statuses: ['in_progress'],
  });
  given.issue({ title: 'production: database <upgrade>', labels: ['promote:hold'], author: 'mona', body: 'Until **noon**.' });
  clock.advance(180_000);

  const address = (rest: string) => `${sandbox.url}/octo-org/shop${rest}`;
  return {
    shop,
    sandbox,
    waiting,
    gate,
    plan,
    failed,
    broken,
    address,
    close: () => shop.close(),
  };
}
