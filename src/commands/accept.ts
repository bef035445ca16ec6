import { type AcceptanceDecision, decideAcceptance } from '../decision/acceptance.ts';
import { decide } from '../decision/decide.ts';
import type { Decision, EnvironmentDecision } from '../decision/decision.ts';
import type { Gathered } from '../github/evidence.ts';
import { orElse } from '../job/consequence.ts';
import { findOnPath } from '../job/environment.ts';
import { gatherFor } from '../job/gathering.ts';
import type { Job } from '../job/job.ts';
import { doorOutputs } from '../job/outputs.ts';
import { recordPayload } from '../job/payload.ts';
import { recordOutcome } from '../job/recording.ts';
import { subjectOf } from '../job/telling.ts';
import { type AcceptanceSubject, acceptanceBrief, acceptanceSentence, acceptanceText } from '../report/acceptance.ts';
import { PLAIN } from '../report/markup.ts';

/**
 * Records that people accepted the candidate in an environment. The job's own GitHub environment asked them; here it is checked who they
 * were, that enough of them did, and that what they used is what is recorded.
 */
export async function accept(job: Job): Promise<void> {
  const gathered = await gatherFor(job, 'door');
  const decision = decide(gathered.pipeline, gathered.evidence, gathered.now);
  const environment = findOnPath(gathered.pipeline, decision, job.input.environment ?? '');
  const acceptance = decideAcceptance(gathered.pipeline, gathered.evidence, gathered.now, environment.name);
  const subject = { ...subjectOf(job, gathered, decision, 'door', environment.name), environment: environment.name, acceptance };
  if (acceptance.verdict === 'deploy') {
    const record = await orElse(`The acceptance in ${environment.name} could not be recorded, so it does not count yet.`, () =>
      recordAcceptance(job, gathered, decision, environment, acceptance),
    );
    job.toolkit.setOutputs({ record: String(record) });
  }
  job.toolkit.setOutputs({
    ...doorOutputs(decision, environmentWith(environment, acceptance), acceptanceText(subject)),
    'approved-by': JSON.stringify(acceptance.approvedBy),
    proceed: String(acceptance.verdict === 'deploy' || acceptance.verdict === 'complete'),
  });
  await report(job, subject);
}

/** The outputs speak of the acceptance, not of entering. */
function environmentWith(environment: EnvironmentDecision, { verdict, reasons }: AcceptanceDecision): EnvironmentDecision {
  return { ...environment, verdict, reasons, liftsAt: null };
}

function recordAcceptance(
  job: Job,
  gathered: Gathered,
  decision: Decision,
  environment: EnvironmentDecision,
  acceptance: AcceptanceDecision,
): Promise<number> {
  return recordOutcome(job, gathered, {
    environment: environment.name,
    payload: recordPayload(job, {
      kind: 'acceptance',
      pipeline: gathered.pipeline,
      decision,
      environment: environmentWith(environment, acceptance),
      approvedBy: acceptance.approvedBy,
      verify: false,
      claim: crypto.randomUUID(),
      initiator: gathered.evidence.candidate.initiator,
      stored: gathered.storedArtifact,
      rests: gathered.rests,
    }),
    state: 'success',
    description: `${decision.candidate.version} accepted by ${acceptance.approvedBy.join(', ')}`,
  });
}

async function report(job: Job, subject: AcceptanceSubject): Promise<void> {
  const text = acceptanceText(subject);
  job.toolkit.info(text);
  await job.toolkit.summarize(acceptanceBrief(subject));
  const { verdict } = subject.acceptance;
  if (verdict === 'deploy' || verdict === 'complete') return;
  const goesOn = job.input.whenBlocked === 'continue';
  job.toolkit.annotate(goesOn ? 'warning' : 'error', acceptanceSentence(subject, PLAIN), text);
  if (!goesOn) job.toolkit.fail();
}
