import type { EnvironmentDecision } from '../decision/decision.ts';
import { GitHubError } from '../github/client.ts';
import { openRecord } from '../github/records.ts';
import { orElse } from '../job/consequence.ts';
import { askDoor, type Door, turnAway } from '../job/door.ts';
import { gatherFor, intentOf } from '../job/gathering.ts';
import type { Job, PostState } from '../job/job.ts';
import { runPage, setStatus } from '../job/keeping.ts';
import { doorOutputs } from '../job/outputs.ts';
import { recordPayload } from '../job/payload.ts';
import { waitInQueue } from '../job/queueing.ts';
import { runSteps } from '../job/run-steps.ts';
import { tell } from '../job/telling.ts';
import { explainUnclearVetoes } from '../job/unclear-vetoes.ts';
import { commandVariables } from '../job/variables.ts';
import { PLAIN } from '../report/markup.ts';
import { explanation } from '../report/refusal.ts';
import { vetoWhatIsLeft } from './veto.ts';

/**
 * The deploying job: asks the door, takes a place in the environment's queue, asks the door again once it is this job's turn, and runs
 * the environment's command if the pipeline names one. The record stays open for the job's own steps; `finish` closes it.
 */
export async function deploy(job: Job): Promise<void> {
  const first = askDoor(job, await gatherFor(job, 'door'));
  for (const line of await explainUnclearVetoes(job, first.gathered)) job.toolkit.info(PLAIN.text(line));
  if (!mayQueue(first.environment)) return turnAway(job, first);

  if (first.gathered.pipeline.build?.attest === true) {
    const { assertAttested } = await import('../job/attestation.ts');
    await assertAttested(job, first);
  }
  const claim = crypto.randomUUID();
  const held = await open(job, first, claim);
  const turn = await orElse(`Nothing was touched in ${first.environment.name}: record ${held.record} could not get its turn.`, () =>
    waitInQueue(job, { environment: first.environment.name, record: held.record, claim, earlier: first.gathered }),
  );
  const state = { ...held, record: turn.record };
  const door = askDoor(job, turn.gathered);
  // Whoever was ahead may have left between the last poll and this look: the door's word is the later one.
  const served = turn.turn === 'served' || (turn.turn === 'timeout' && door.environment.verdict === 'deploy');
  if (door.decision.policyHash !== first.decision.policyHash && served) {
    // The record says under which rules it was opened. Under others it begins anew.
    await setStatus(job, state, 'inactive', 'Withdrawn, nothing was touched: the pipeline file changed');
    return deploy(job);
  }
  if (served && door.environment.verdict === 'deploy') return enter(job, door, state);

  const why = turn.turn === 'served' ? (door.environment.reasons[0]?.code ?? door.environment.verdict) : turn.turn;
  if (turn.turn !== 'lost') await setStatus(job, state, 'inactive', `Withdrawn, nothing was touched: ${why}`);
  else job.toolkit.saveState({ ...state, phase: 'closed' });
  await turnAway(job, door);
}

/** Nothing bars the candidate but, at most, somebody who is there already: the queue is where that is waited for. */
function mayQueue({ verdict, reasons }: EnvironmentDecision): boolean {
  return verdict === 'deploy' || (verdict === 'wait' && reasons.every(({ code }) => code === 'queue_busy'));
}

/** Opens the record, which is the job's place in the queue. The post phase hears of it before anything else happens. */
async function open(job: Job, door: Door, claim: string): Promise<PostState> {
  const { decision, environment, rules, gathered } = door;
  const opened = await orElse(`Nothing was touched in ${environment.name}: the promotion could not be recorded. Run the job again.`, () =>
    openRecord(job.client, {
      owner: job.run.owner,
      repo: job.run.repo,
      environment: environment.name,
      production: rules.role === 'production',
      description: `${decision.candidate.version} to ${environment.name}`,
      payload: recordPayload(job, {
        kind: intentOf(job) === 'rollback' ? 'rollback' : 'promotion',
        pipeline: gathered.pipeline,
        decision,
        environment,
        approvedBy: environment.approvals?.given ?? [],
        verify: rules.verify !== null,
        claim,
        initiator: gathered.evidence.candidate.initiator,
        stored: gathered.storedArtifact,
        rests: gathered.rests,
      }),
    }),
  );
  const state: PostState = {
    record: opened.id,
    environment: environment.name,
    phase: 'waiting',
    // With a deploy command in the pipeline the verification follows it at once; otherwise it follows the job's own steps.
    verify: rules.deploy === null ? (rules.verify?.run ?? null) : null,
    environmentUrl: job.input.url ?? rules.url,
    variables: commandVariables(job, decision, environment, rules, opened.id),
  };
  job.toolkit.saveState(state);
  return state;
}

/** A job that may not write issues leaves that to one before it, which may have vetoed what was live then. */
async function vetoOrSayWhere(job: Job, door: Door): Promise<void> {
  try {
    await vetoWhatIsLeft(job, door);
  } catch (error) {
    if (!(error instanceof GitHubError) || error.failure !== 'permission') throw error;
    const how =
      'Start the rollback once more, so that its job before this one vetoes what is live now. In jobs of your own, run the command "veto" in a job before, or give this one "issues: write".';
    throw new GitHubError(error.failure, `${error.message} ${how}`);
  }
}

/** It is this job's turn and the door is open. */
async function enter(job: Job, door: Door, state: PostState): Promise<void> {
  const { decision, environment, rules } = door;
  const untouched = `Nothing was touched in ${environment.name}:`;
  if (intentOf(job) === 'rollback') {
    await orElse(`${untouched} the version that this rollback leaves could not be vetoed.`, () => vetoOrSayWhere(job, door));
  }
  await orElse(`${untouched} record ${state.record} could not be marked as in progress.`, () =>
    setStatus(job, state, 'in_progress', `Deploying ${decision.candidate.version}`),
  );
  job.toolkit.setOutputs({ ...doorOutputs(decision, environment, explanation(door.subject)), record: String(state.record) });
  await tell(job, door.subject, [
    {
      kind: intentOf(job) === 'rollback' ? 'rollback' : 'promotion',
      environment: environment.name,
      id: state.record,
      outcome: 'in progress',
      url: runPage(job),
    },
  ]);
  const migration = await migrate(job, door, state);
  const { version } = decision.candidate;
  const commands = rules.deploy === null ? [] : [{ title: `Deploy ${version} to ${environment.name}`, run: rules.deploy.run }];
  if (rules.deploy !== null && rules.verify !== null) commands.push({ title: `Verify ${environment.name}`, run: rules.verify.run });
  if (migration === null || (await runSteps(job, { ...state, phase: 'running' }, commands)) === null) return job.toolkit.fail();
  job.toolkit.saveState({ ...state, ...migration, phase: 'started' });
}

/**
 * Runs the environment's own migration, if it has one. A rollback leaves the database as it is: the version that it goes back to knows
 * nothing of what later ones brought.
 * @returns what the post phase has to know of it; `null` when it failed
 */
async function migrate(job: Job, { rules, environment }: Door, state: PostState): Promise<Pick<PostState, 'migrationSeconds'> | null> {
  if (rules.migrate === null) return {};
  if (intentOf(job) === 'rollback') {
    job.toolkit.info(`${environment.name} is not migrated: a rollback leaves the database as it is.`);
    return {};
  }
  const steps = [{ title: `Migrate ${environment.name}`, run: rules.migrate.run }];
  const times = await runSteps(job, { ...state, phase: 'running' }, steps);
  return times && { migrationSeconds: times[0] };
}
