import type { Intent, Moment, Read } from '../decision/evidence.ts';
import { candidateFromEvent } from '../github/event.ts';
import { type EvidenceRequest, type Gathered, gatherEvidence, type Leaves } from '../github/evidence.ts';
import { DEFAULT_PIPELINE_PATH } from '../pipeline/load.ts';
import { orElse } from './consequence.ts';
import type { Job } from './job.ts';

/** What a later gathering of the same job already knows. */
export interface Known {
  /** What the first gathering read: the candidate stays that one, and the names to ask about are known. */
  readonly earlier: Gathered;
  readonly ownRecord: number;
}

/**
 * Gathers the evidence for the job's candidate.
 * @throws EventRefused, GitHubError, EvidenceError or PipelineFileError; each message is for people.
 */
export function gatherFor(job: Job, moment: Moment, known: Known | null = null): Promise<Gathered> {
  const { input, run } = job;
  const candidate = candidateFromEvent(
    {
      name: run.eventName,
      payload: run.payload,
      sha: run.sha,
      ref: run.ref,
      actor: run.actor,
      triggeringActor: run.triggeringActor,
      repository: `${run.owner}/${run.repo}`,
    },
    { sha: input.sha ?? undefined, ref: input.ref ?? undefined, version: input.version ?? undefined },
  );
  const request: EvidenceRequest = {
    owner: run.owner,
    repo: run.repo,
    candidate,
    run: { id: run.runId, attempt: run.runAttempt },
    workflow: workflowOf(run.workflowRef),
    moment,
    leaves: leavesOf(job),
    reviewers: job.reviewersClient ?? undefined,
    intent: intentOf(job),
    environmentsHint: known === null ? job.readCheckout(input.pipelinePath) : known.earlier.policyText,
    rootHint: job.readCheckout(DEFAULT_PIPELINE_PATH),
    earlier: known?.earlier,
    pipelinePath: input.pipelinePath,
    identity: () => identityOf(job),
    plannedPolicy: input.policyHash ?? undefined,
    artifactId: input.artifactId ?? undefined,
    artifactDigest: input.artifactDigest ?? undefined,
    migrations: input.migrations ?? undefined,
    ownRecord: known?.ownRecord,
  };
  return orElse('Nothing could be decided: the evidence could not be gathered.', () => gatherEvidence(job.client, request));
}

function leavesOf({ input }: Job): Leaves | undefined {
  const { command, environment, rollback } = input;
  if (environment === null) return undefined;
  const kinds = { deploy: rollback ? 'rollback' : 'promotion', accept: 'acceptance', rehearse: 'rehearsal' } as const;
  const kind = kinds[command as keyof typeof kinds];
  return kind === undefined ? undefined : { kind, environment };
}

/** The path in `owner/repo/.github/workflows/file.yml@ref`. */
function workflowOf(workflowRef: string): string | undefined {
  return /^[^/]+\/[^/]+\/(\.github\/workflows\/[^/@]+)@/.exec(workflowRef)?.[1];
}

async function identityOf({ input, run }: Job): Promise<Read<string>> {
  const { readHeldEnvironment } = await import('../github/identity.ts');
  return readHeldEnvironment({
    ...run.identity,
    serverUrl: run.serverUrl,
    repository: `${run.owner}/${run.repo}`,
    run: { id: run.runId, attempt: run.runAttempt },
    timeout: input.requestTimeout,
  });
}

export function intentOf(job: Job): Intent {
  return job.input.rollback ? 'rollback' : 'promote';
}
