import { orElse } from '../job/consequence.ts';
import { askDoor, type Door, turnAway } from '../job/door.ts';
import { gatherFor } from '../job/gathering.ts';
import type { Job } from '../job/job.ts';
import { runPage } from '../job/keeping.ts';
import { doorOutputs } from '../job/outputs.ts';
import { recordPayload } from '../job/payload.ts';
import { recordOutcome } from '../job/recording.ts';
import type { Rehearsal } from '../pipeline/model.ts';
import type { RehearsalEvidence, RehearsalFacts } from '../rehearsal/evidence.ts';
import { explanation } from '../report/refusal.ts';

/** The reasons that a rehearsal does away with. */
const ASKS_FOR_REHEARSAL = ['rehearsal_missing', 'rehearsal_failed', 'rehearsal_differs', 'rehearsal_stale'];

/**
 * Rehearses the migration that the pipeline file names for an environment on a copy of the data, and records the verdict. The snapshot is
 * production's data as a rule, so nobody gets at it who may not enter the environment. A rehearsal that could not take place says nothing
 * about the migration: it fails the step and records nothing, so whatever stood before stands.
 */
export async function rehearse(job: Job): Promise<void> {
  const door = askDoor(job, await gatherFor(job, 'door'));
  const { rehearsal } = door.rules;
  if (!mayRehearse(door)) return turnAway(job, door);
  job.toolkit.setOutputs(doorOutputs(door.decision, door.environment, explanation(door.subject)));
  if (rehearsal === null) return job.toolkit.annotate('notice', `${door.environment.name} asks for no rehearsal`, nothingToDo(door));
  // Nothing of the engine is loaded before it is sure to be needed.
  const { performRehearsal } = await import('./rehearsal-course.ts');
  await conclude(job, door, await judged(await performRehearsal(job, door, rehearsal), rehearsal));
}

/** Nothing bars the candidate from the environment but the rehearsal itself, or somebody who is being deployed there. */
function mayRehearse({ environment: { verdict, reasons, state } }: Door): boolean {
  if (verdict === 'deploy' || verdict === 'complete') return true;
  return reasons.every(({ code }) => code === 'queue_busy' || (state === 'entered' && ASKS_FOR_REHEARSAL.includes(code)));
}

function nothingToDo({ environment, gathered }: Door): string {
  return `${gathered.pipeline.path} names no "rehearsal" for ${environment.name} on this candidate's route, so nothing was run.`;
}

async function judged(facts: RehearsalFacts, { limits }: Rehearsal): Promise<RehearsalEvidence> {
  const { judge } = await import('../rehearsal/verdict.ts');
  const { readLimits } = await import('../rehearsal/limits.ts');
  return { schema: 1, ...facts, ...judge(facts, readLimits(limits)) };
}

async function conclude(job: Job, door: Door, evidence: RehearsalEvidence): Promise<void> {
  const { keepEvidence, tellRehearsal } = await import('./rehearsal-telling.ts');
  const kept = keepEvidence(job, evidence);
  const { verdict } = evidence;
  if (verdict === 'none') return tellRehearsal(job, evidence, null);
  const up = evidence.phases.find(({ name }) => name === 'up');
  job.toolkit.setOutputs({ rehearsal: verdict, 'rehearsal-seconds': String(up?.command?.seconds ?? 0) });
  const { name } = door.environment;
  const id = await orElse(`The rehearsal for ${name} ended with "${verdict}" and could not be recorded, so it does not count.`, () =>
    record(job, door, evidence, verdict, kept.digest),
  );
  job.toolkit.setOutputs({ record: String(id) });
  await tellRehearsal(job, evidence, { id, url: runPage(job) });
}

async function record(
  job: Job,
  door: Door,
  evidence: RehearsalEvidence,
  verdict: 'pass' | 'warn' | 'fail',
  digest: string,
): Promise<number> {
  const { figuresOf } = await import('../rehearsal/figures.ts');
  const { gathered, decision, environment } = door;
  const figures = figuresOf(evidence);
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
    rests: gathered.rests,
  });
  const { snapshot, migrations, reasons, server } = evidence;
  return recordOutcome(job, gathered, {
    environment: environment.name,
    payload: {
      ...payload,
      rehearsal: {
        verdict,
        migrations,
        snapshot: snapshot?.id ?? '',
        snapshotTakenAt: snapshot?.takenAt ?? 0,
        figures,
        reasons: [...new Set(reasons.map(({ code }) => code))],
        server: server?.name ?? '',
        evidence: digest,
      },
    },
    state: verdict === 'fail' ? 'failure' : 'success',
    description: `Rehearsal of ${decision.candidate.version}: ${verdict}, migration ${figures.seconds} s`,
  });
}
