import { decide } from '../decision/decide.ts';
import type { Decision, EnvironmentDecision } from '../decision/decision.ts';
import type { Gathered } from '../github/evidence.ts';
import type { Environment } from '../pipeline/model.ts';
import { explanation } from '../report/refusal.ts';
import type { BriefSubject } from '../report/subject.ts';
import { findOnPath, knownRules } from './environment.ts';
import type { Job } from './job.ts';
import { doorOutputs } from './outputs.ts';
import { annotateRefusal, isQuiet, subjectOf, tell } from './telling.ts';

/** The door as it was found at one moment: everything read, decided and put into words for one environment. */
export interface Door {
  readonly gathered: Gathered;
  readonly decision: Decision;
  readonly environment: EnvironmentDecision;
  readonly rules: Environment;
  readonly subject: BriefSubject;
}

/** @throws UnknownEnvironment when the pipeline file has no environment of the name that was asked for. */
export function askDoor(job: Job, gathered: Gathered): Door {
  const decision = decide(gathered.pipeline, gathered.evidence, gathered.now);
  const environment = findOnPath(gathered.pipeline, decision, job.input.environment ?? '');
  return {
    gathered,
    decision,
    environment,
    rules: knownRules(gathered.pipeline, decision, environment.name),
    subject: subjectOf(job, gathered, decision, 'door', environment.name),
  };
}

/** The door said no. Being there already is no failure. */
export async function turnAway(job: Job, door: Door): Promise<void> {
  job.toolkit.setOutputs({ ...doorOutputs(door.decision, door.environment, explanation(door.subject)), proceed: 'false' });
  await tell(job, door.subject);
  if (door.environment.verdict === 'complete') return annotateRefusal(job, door.subject, 'notice');
  if (job.input.whenBlocked === 'continue') return annotateRefusal(job, door.subject, isQuiet(door.subject) ? 'notice' : 'warning');
  annotateRefusal(job, door.subject, 'error');
  job.toolkit.fail();
}
