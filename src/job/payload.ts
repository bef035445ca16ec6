import type { Decision, EnvironmentDecision } from '../decision/decision.ts';
import { RECORD_SCHEMA, type RecordPayload, type StoredArtifact } from '../github/records.ts';
import type { Pipeline } from '../pipeline/model.ts';
import { routeNamed } from '../pipeline/routes.ts';
import type { Job } from './job.ts';

/** What a record says beside the environment it is in. */
export interface RecordFacts {
  readonly kind: RecordPayload['kind'];
  readonly pipeline: Pipeline;
  readonly decision: Decision;
  readonly environment: EnvironmentDecision;
  readonly approvedBy: readonly string[];
  /** Whether a verification is part of it. */
  readonly verify: boolean;
  readonly claim: string;
  readonly initiator: string;
  /** Where an earlier record says the artifact is kept. */
  readonly stored: StoredArtifact | null;
  /** Ids of the records that are known to be true now. */
  readonly rests: readonly number[];
}

/** Where the artifact is kept: as this job was told, else as it is on record. */
function artifactPlace(job: Job, stored: StoredArtifact | null): Pick<RecordPayload, 'artifact'> {
  const { artifactId, artifactRunId } = job.input;
  if (artifactId !== null) return { artifact: { id: artifactId, run: artifactRunId ?? job.run.runId } };
  return stored === null ? {} : { artifact: stored };
}

/** The payload of a new record: enough to decide again later, without what only a page needs. */
export function recordPayload(job: Job, facts: RecordFacts): RecordPayload {
  const { decision, environment, pipeline } = facts;
  const { sha, ref, version, digest } = decision.candidate;
  const { live } = environment;
  return {
    schema: RECORD_SCHEMA,
    kind: facts.kind,
    candidate: { sha, ref, version },
    digest,
    ...artifactPlace(job, facts.stored),
    policyHash: decision.policyHash,
    route: decision.route,
    run: { id: job.run.runId, attempt: job.run.runAttempt },
    claim: facts.claim,
    ...(job.run.runner === null ? {} : { runner: job.run.runner }),
    ...(facts.rests.length === 0 ? {} : { rests: [...facts.rests] }),
    initiator: facts.initiator,
    approvedBy: [...facts.approvedBy],
    reasons: environment.reasons.map(({ code }) => code),
    notes: decision.notes.slice(0, 20).map((note) => note.slice(0, 500)),
    relaxed: [...(routeNamed(pipeline, decision.route)?.relaxations ?? [])].slice(0, 50),
    replaced: live === null ? null : { sha: live.sha, version: live.version, digest: live.digest },
    verify: facts.verify,
  };
}
