import { tmpdir } from 'node:os';
import type { Rehearsal } from '../pipeline/model.ts';
import { type RehearsalDatabase, RehearsalImpossible } from '../rehearsal/database.ts';
import { engineFor } from '../rehearsal/engine.ts';
import { openWorkspace, type RehearsalWorkspace } from '../rehearsal/workspace.ts';
import { PLAIN } from '../report/markup.ts';
import { explanation } from '../report/refusal.ts';
import { type RehearsalStep, type RehearsalSubject, rehearsalBrief, rehearsalSentence, rehearsalText } from '../report/rehearsal.ts';
import { assertCheckedOut } from './checked-out.ts';
import { orElse } from './consequence.ts';
import { askDoor, type Door, turnAway } from './door.ts';
import { secretsOf } from './environment-secrets.ts';
import { gatherFor } from './gathering.ts';
import type { Job } from './job.ts';
import { runPage } from './keeping.ts';
import { doorOutputs } from './outputs.ts';
import { recordPayload } from './payload.ts';
import { recordOutcome } from './recording.ts';
import { fillDatabase, type Migration, migrate, type Snapshot, secondsSince } from './rehearsal-course.ts';
import { setOutputs } from './telling.ts';
import { commandVariables } from './variables.ts';

/** What a rehearsal that came to its end leaves. */
interface Ended {
  readonly snapshot: Snapshot;
  readonly migration: Migration;
}

/** What was done so far, for the report of a rehearsal that ends early. */
interface Story {
  server: string | null;
  readonly steps: RehearsalStep[];
}

/** The reasons that a rehearsal does away with. */
const ASKS_FOR_REHEARSAL = ['rehearsal_missing', 'rehearsal_failed', 'rehearsal_differs', 'rehearsal_stale'];

/**
 * Runs the migration that the pipeline file names for an environment on a private database filled from the snapshot, and records how it
 * went. The snapshot is production's data as a rule, so nobody gets at it who may not enter the environment. A rehearsal that could not
 * take place says nothing about the migration: it fails the step and records nothing, so whatever stood before stands.
 */
export async function rehearse(job: Job): Promise<void> {
  const door = askDoor(job, await gatherFor(job, 'door'));
  const { rehearsal } = door.rules;
  if (!mayRehearse(door)) return turnAway(job, door);
  setOutputs(job, doorOutputs(door.decision, door.environment, explanation(door.subject)));
  if (rehearsal === null) return job.toolkit.annotate('notice', `${door.environment.name} asks for no rehearsal`, nothingToDo(door));
  const story: Story = { server: null, steps: [] };
  const ended = await perform(job, door, rehearsal, story).catch((error: unknown) => impossible(job, door, story, error));
  if (ended !== null) await conclude(job, door, story, ended);
}

/** Nothing bars the candidate from the environment but the rehearsal itself, or somebody who is being deployed there. */
function mayRehearse({ environment: { verdict, reasons, state } }: Door): boolean {
  if (verdict === 'deploy' || verdict === 'complete') return true;
  return reasons.every(({ code }) => code === 'queue_busy' || (state === 'entered' && ASKS_FOR_REHEARSAL.includes(code)));
}

function nothingToDo({ environment, gathered }: Door): string {
  return `${gathered.pipeline.path} names no "rehearsal" for ${environment.name} on this candidate's route, so nothing was run.`;
}

/** Everything between the door and the verdict; whatever happens, nothing of it is left. */
async function perform(job: Job, door: Door, rules: Rehearsal, story: Story): Promise<Ended> {
  const cancel = new AbortController();
  const onSignal = (signal: NodeJS.Signals): void =>
    cancel.abort(new RehearsalImpossible('cancelled', `The job was cancelled (${signal}).`));
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  let workspace: RehearsalWorkspace | null = null;
  let database: RehearsalDatabase | null = null;
  try {
    await assertCheckedOut(job, door.gathered.evidence.candidate);
    const engine = await engineFor(rules.database);
    const bases = [process.env['RUNNER_TEMP'] ?? '', tmpdir()].filter((base) => base !== '');
    workspace = await openWorkspace(bases, (base) => engine.worksIn(base), job.toolkit.info);
    const { folder, watch } = workspace;
    const { signal } = cancel;
    const started = performance.now();
    job.toolkit.info(`Starting a private database for the rehearsal of ${door.decision.candidate.version} for ${door.environment.name}.`);
    database = await engine.start({ folder, watch, signal, env: process.env, log: job.toolkit.info });
    for (const secret of database.secrets) job.toolkit.mask(secret);
    story.server = database.server;
    const done = (step: RehearsalStep): void => {
      story.steps.push(step);
      job.toolkit.info(`${step.what}: ${step.how}${step.seconds === null ? '' : `, ${step.seconds} s`}.`);
    };
    done({ what: 'Start the server', how: database.server, seconds: secondsSince(started) });
    const secrets = await secretsOf(job, door.environment.name);
    const variables = { ...secrets, ...commandVariables(job, door.decision, door.environment, door.rules, null) };
    const { now } = door.gathered;
    const course = { job, rules, environment: door.environment.name, workspace, database, variables, now, signal, done };
    return { snapshot: await fillDatabase(course), migration: await migrate(course) };
  } catch (error) {
    // What was being done when the cancellation came fails in its own way; the cancellation is the reason.
    throw cancel.signal.aborted ? cancel.signal.reason : error;
  } finally {
    await database?.stop();
    workspace?.remove();
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
  }
}

async function impossible(job: Job, door: Door, story: Story, error: unknown): Promise<null> {
  if (!(error instanceof RehearsalImpossible)) throw error;
  await tell(job, subjectOf(door, story, { verdict: 'none', because: error.message }));
  return null;
}

async function conclude(job: Job, door: Door, story: Story, { snapshot, migration }: Ended): Promise<void> {
  const { verdict, seconds, ended } = migration;
  const { name } = door.environment;
  setOutputs(job, { rehearsal: verdict, 'rehearsal-seconds': String(seconds) });
  const id = await orElse(`The rehearsal for ${name} ended with "${verdict}" and could not be recorded, so it does not count.`, () =>
    record(job, door, snapshot, migration),
  );
  setOutputs(job, { record: String(id) });
  const because =
    verdict === 'pass' ? null : `The migration ended with ${ended} after ${seconds} s. The command was: ${door.rules.rehearsal?.migrate}`;
  await tell(job, { ...subjectOf(door, story, { verdict, because }), snapshot, record: { id, url: runPage(job) } });
}

function record(job: Job, door: Door, snapshot: Snapshot, { verdict, seconds }: Migration): Promise<number> {
  const { gathered, decision, environment } = door;
  const payload = recordPayload(job, {
    kind: 'rehearsal',
    pipeline: gathered.pipeline,
    decision,
    environment,
    approvedBy: environment.approvals?.given ?? [],
    verify: false,
    claim: crypto.randomUUID(),
    initiator: gathered.evidence.candidate.initiator,
    stored: gathered.storedArtifact,
  });
  return recordOutcome(job, gathered, {
    environment: environment.name,
    payload: {
      ...payload,
      rehearsal: { verdict, migrations: job.input.migrations ?? '', snapshot: snapshot.id, snapshotTakenAt: snapshot.takenAt },
    },
    state: verdict === 'pass' ? 'success' : 'failure',
    description: `Rehearsal of ${decision.candidate.version}: ${verdict} after ${seconds} s`,
  });
}

function subjectOf(door: Door, story: Story, outcome: Pick<RehearsalSubject, 'verdict' | 'because'>): RehearsalSubject {
  const { version } = door.decision.candidate;
  return { version, environment: door.environment.name, ...outcome, ...story, snapshot: null, record: null };
}

async function tell(job: Job, subject: RehearsalSubject): Promise<void> {
  const text = rehearsalText(subject);
  await job.toolkit.summarize(rehearsalBrief(subject));
  if (subject.verdict === 'pass') return job.toolkit.info(text);
  setOutputs(job, { explanation: text });
  job.toolkit.annotate('error', rehearsalSentence(subject, PLAIN), text);
  job.toolkit.fail();
}
