import { secretsOf } from './environment-secrets.ts';
import type { Job, PostState } from './job.ts';
import { setStatus } from './keeping.ts';
import { howItEnded, runCommand } from './run-command.ts';

/** One command of the pipeline file, with what it does in a few words. */
export interface Step {
  readonly title: string;
  readonly run: string;
}

/**
 * Runs commands of the pipeline file one after the other until one fails, each in a group of the log. When the job is cancelled the
 * record is closed at once: the runner gives ten seconds, and the post phase may not come.
 * @returns how long each took, seconds; `null` when one failed
 */
export async function runSteps(job: Job, state: PostState, steps: readonly Step[]): Promise<readonly number[] | null> {
  const secrets = await secretsOf(job, state.environment);
  const times: number[] = [];
  for (const step of steps) {
    const result = await job.toolkit.group(step.title, () =>
      runCommand({
        run: step.run,
        cwd: job.run.workspace,
        variables: { ...secrets, ...state.variables },
        onCancel: (signal) => closeCancelled(job, state, step, signal),
      }),
    );
    if (result.ended !== 'success') {
      job.toolkit.annotate('error', `${step.title}: ${howItEnded(result)}`, `The command was: ${step.run}`);
      return null;
    }
    job.toolkit.info(`${step.title}: done in ${result.seconds} s.`);
    times.push(result.seconds);
  }
  return times;
}

async function closeCancelled(job: Job, state: PostState, step: Step, signal: string): Promise<void> {
  try {
    await setStatus(job, state, 'failure', `Cancelled (${signal}) during: ${step.title}`);
  } catch (error) {
    job.toolkit.annotate(
      'warning',
      'The record could not be closed',
      `${(error as Error).message} The next run in this environment closes it.`,
    );
  }
}
