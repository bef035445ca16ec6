import { readSeconds, withMigrationTime } from '../github/migration-time.ts';
import { orElse } from '../job/consequence.ts';
import type { Job, PostState } from '../job/job.ts';
import { setStatus } from '../job/keeping.ts';
import { runSteps } from '../job/run-steps.ts';

/**
 * The post phase of `deploy`: closes the record with how the job ended. Nothing but a job that succeeded, and a verification that passed
 * where one is asked for, closes it as a success.
 */
export async function finish(job: Job, state: PostState): Promise<void> {
  if (state.phase === 'closed') return;
  const { jobStatus } = job.input;
  if (state.phase === 'waiting') {
    await orElse(`Nothing was deployed to ${state.environment}, but ${stillOpen(state)}`, () =>
      setStatus(job, state, 'inactive', `Withdrawn, nothing was touched: the job ended as ${jobStatus}`),
    );
    return job.toolkit.info(`Record ${state.record} in ${state.environment} is withdrawn.`);
  }
  if (state.phase === 'running' || jobStatus !== 'success') {
    // A step that may fail without failing its job (`continue-on-error`) leaves the job a success.
    const how = state.phase === 'running' ? 'The promotion did not come through' : `The job ended as ${jobStatus}`;
    await orElse(`${how}, and ${stillOpen(state)}`, () => setStatus(job, state, 'failure', how));
    return job.toolkit.info(`Record ${state.record} in ${state.environment} is closed as a failure.`);
  }
  if (state.verify !== null && !(await verified(job, state, state.verify))) return;
  const words = state.verify === null ? 'Deployed' : 'Deployed and verified';
  await orElse(
    `The job succeeded, and its record ${state.record} in ${state.environment} could not be closed, so it does not count unless GitHub shows it as a success. Run the job again: the next run in ${state.environment} closes the record.`,
    () => setStatus(job, state, 'success', withMigrationTime(words, migrationSeconds(job, state))),
  );
  job.toolkit.info(`Record ${state.record} in ${state.environment} is closed as a success.`);
}

/** What the job's own steps say wins: they may have migrated beside. */
function migrationSeconds({ input, toolkit }: Job, state: PostState): number | null {
  const said = input.migrationSeconds;
  const seconds = said === null ? null : readSeconds(said);
  if (said !== null && seconds === null) {
    toolkit.annotate(
      'warning',
      'How long the migration took is not recorded',
      `Input "migration-seconds" is ${JSON.stringify(said)}; expected seconds, such as 12.42.`,
    );
  }
  return seconds ?? state.migrationSeconds ?? null;
}

async function verified(job: Job, state: PostState, run: string): Promise<boolean> {
  if ((await runSteps(job, state, [{ title: `Verify ${state.environment}`, run }])) !== null) return true;
  await orElse(`The verification failed, and ${stillOpen(state)}`, () => setStatus(job, state, 'failure', 'The verification failed'));
  job.toolkit.fail();
  return false;
}

/** Its job is over then, which is how the next one knows that nobody else will close it. */
function stillOpen({ record }: PostState): string {
  return `its record ${record} could not be closed; the next run in this environment closes it.`;
}
