import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as core from '@actions/core';
import { plan } from './commands/plan.ts';
import { fileCommand } from './file-command.ts';
import { createClient, type GitHubClient } from './github/client.ts';
import { parseInput } from './input.ts';
import { CALLERS_SECRETS, ENVIRONMENT_SECRETS } from './job/environment-secrets.ts';
import type { Job, Toolkit } from './job/job.ts';
import { POST_STATE, parsePostState } from './post-state.ts';
import { withoutRunnerCommands } from './report/outside-text.ts';
import { readRunEnvironment } from './run-environment.ts';

const ANNOTATE = { notice: core.notice, warning: core.warning, error: core.error } as const;

/** Outside text may be in any line, and no line of ours is a command to the runner. */
function printLines(text: string): void {
  core.info(
    text
      .split(/\r\n|\r|\n/)
      .map(withoutRunnerCommands)
      .join('\n'),
  );
}

/**
 * The toolkit's own way there makes a random delimiter for each value, and what Node does that with takes longer to load than all values to
 * write; it opens the file once for each as well.
 */
function leave(command: 'OUTPUT' | 'STATE', values: Readonly<Record<string, string>>): void {
  const file = process.env[`GITHUB_${command}`];
  if (file) appendFileSync(file, fileCommand(values));
  else for (const [name, value] of Object.entries(values)) command === 'OUTPUT' ? core.setOutput(name, value) : core.saveState(name, value);
}

/** The runner's toolkit behind the port that commands know. */
const toolkit: Toolkit = {
  info: printLines,
  annotate: (level, title, message) => ANNOTATE[level](message, { title }),
  group: core.group,
  setOutputs: (outputs) => leave('OUTPUT', outputs),
  summarize: async (markdown) => {
    const file = process.env['GITHUB_STEP_SUMMARY'];
    // Outside of a runner, and on old GitHub Enterprise Servers, there is nowhere to write a summary to. The toolkit's own way there goes
    // through the file system's promises, which take longer to load than the whole summary to write; outputs go the direct way as well.
    if (file) appendFileSync(file, markdown);
  },
  mask: core.setSecret,
  saveState: (value) => leave('STATE', { [POST_STATE]: JSON.stringify(value) }),
  fail: () => {
    process.exitCode = core.ExitCode.Failure;
  },
};

/**
 * How long the post phase waits for rate limits before it records a success, seconds. GitHub's limits end within the hour; a second one may follow the
 * first. What bounds it otherwise is the job's own "timeout-minutes".
 */
const SUCCESS_LIMIT_WAIT_SECONDS = 2 * 3600;

function prepareJob(phase: 'main' | 'post'): Job {
  const input = parseInput(process.env);
  core.setSecret(input.token);
  if (input.reviewersToken !== null) core.setSecret(input.reviewersToken);
  const run = readRunEnvironment(process.env);
  const clientWith = (token: string): GitHubClient =>
    createClient({
      token,
      apiUrl: run.apiUrl,
      graphqlUrl: run.graphqlUrl,
      requestTimeoutMs: input.requestTimeout,
      retryWaitMs: input.retryWait,
      // The deployment is done: a success that is not recorded would not count, and would be deployed again. Of a failure the next run takes care.
      ...(phase === 'post' && input.jobStatus === 'success' ? { limitWaitSeconds: SUCCESS_LIMIT_WAIT_SECONDS } : {}),
      log: printLines,
    });
  return {
    input,
    run,
    toolkit,
    client: clientWith(input.token),
    reviewersClient: input.reviewersToken === null ? null : clientWith(input.reviewersToken),
    readCheckout: (path) => readIfPresent(join(run.workspace, path)),
    environmentSecrets: process.env[ENVIRONMENT_SECRETS] ?? '',
    callersSecrets: process.env[CALLERS_SECRETS] ?? '',
    sleep: (milliseconds) => sleep(milliseconds),
  };
}

function readIfPresent(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null; // It only tells which environments to ask about; the rules come from the default branch.
  }
}

/** The post phase closes what the main phase of `deploy` left open; the other commands leave nothing. */
async function runPhase(phase: 'main' | 'post'): Promise<void> {
  if (phase === 'post') {
    const left = parsePostState(process.env[`STATE_${POST_STATE}`]);
    return left === null ? undefined : (await import('./commands/finish.ts')).finish(prepareJob('post'), left);
  }
  const job = prepareJob('main');
  if (job.input.command === 'plan') return plan(job);
  if (job.input.command === 'resume') return (await import('./commands/resume.ts')).resume(job);
  if (job.input.command === 'find-artifact') return (await import('./commands/find-artifact.ts')).findArtifact(job);
  if (job.input.command === 'accept') return (await import('./commands/accept.ts')).accept(job);
  if (job.input.command === 'rehearse') return (await import('./commands/rehearse.ts')).rehearse(job);
  if (job.input.command === 'veto') return (await import('./commands/veto.ts')).vetoLeft(job);
  return (await import('./commands/deploy.ts')).deploy(job);
}

try {
  const phase = process.env['STATE_isPost'] === 'true' ? 'post' : 'main';
  // Before anything can fail: a post phase must never take itself for the main one.
  if (phase === 'main') leave('STATE', { isPost: 'true' });
  await runPhase(phase);
} catch (error) {
  core.setFailed(error instanceof Error ? error.message : String(error));
}

// A command of the pipeline file may leave something running that holds the pipes of its output open, and Node would wait for it.
process.stdout.write('', () => process.exit());
