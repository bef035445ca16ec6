import type { Live } from '../decision/decision.ts';
import { singlesOut } from '../decision/rules/veto.ts';
import type { Gathered } from '../github/evidence.ts';
import { fileVetoOnce } from '../github/filing-veto.ts';
import { orElse } from '../job/consequence.ts';
import { askDoor, type Door } from '../job/door.ts';
import { gatherFor } from '../job/gathering.ts';
import type { Job } from '../job/job.ts';
import { runPage } from '../job/keeping.ts';

/**
 * Vetoes the version that a rollback leaves, in a job before the one that deploys: the deploying job runs commands of the repository, which could do
 * anything that its token may. It may still be asked for approval afterwards, and the door decides again. What may not be rolled back vetoes nothing.
 */
export async function vetoLeft(job: Job): Promise<void> {
  const door = askDoor(job, await gatherFor(job, 'plan'));
  const { name, verdict } = door.environment;
  if (verdict !== 'deploy' && verdict !== 'ask' && verdict !== 'wait')
    return job.toolkit.info(`${door.decision.candidate.version} cannot be rolled back to in ${name} (${verdict}), so nothing is vetoed.`);
  await orElse(`Nothing was touched in ${name}: the version that this rollback leaves could not be vetoed.`, () =>
    vetoWhatIsLeft(job, door),
  );
}

/**
 * The version that a rollback leaves must not come back by itself, so it is vetoed before it is left: whatever happens then, the veto
 * stands until a person lifts it.
 */
export async function vetoWhatIsLeft(job: Job, door: Door): Promise<void> {
  const { live } = door.environment;
  if (live === null || isVetoed(live, door.gathered)) return;
  const { initiator } = door.gathered.evidence.candidate;
  const ports = { client: job.client, sleep: job.sleep, retryWaitMs: job.input.retryWait };
  const veto = await fileVetoOnce(ports, {
    owner: job.run.owner,
    repo: job.run.repo,
    environment: door.environment.name,
    version: live.version,
    sha: live.sha,
    digest: live.digest,
    reason: `Rolled back to ${door.decision.candidate.version} by ${initiator} in ${runPage(job)}`,
  });
  job.toolkit.info(`Vetoed ${live.version}, which this rollback leaves: ${veto.url}`);
}

/** A rollback that is repeated, or that was vetoed for in a job before, finds the veto. */
function isVetoed(live: Live, { evidence }: Gathered): boolean {
  return evidence.vetoes.read && evidence.vetoes.value.some((veto) => singlesOut(veto, live));
}
