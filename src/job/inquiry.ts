import type { GitHubClient } from '../github/client.ts';
import { candidateFromEvent, type EventCandidate } from '../github/event.ts';
import { type Gathered, gatherEvidence } from '../github/evidence.ts';
import { DEFAULT_PIPELINE_PATH } from '../pipeline/load.ts';

/** A question from the command line, where there is no run and no event. */
export interface Inquiry {
  readonly owner: string;
  readonly repo: string;
  /** The checkout's branch or tag, or the one asked for: full, or the name alone. */
  readonly ref: string;
  /** `null`: whatever the ref points to on GitHub. */
  readonly sha: string | null;
  readonly version: string | null;
  readonly environment: string | null;
  readonly artifactDigest: string | null;
  readonly migrations: string | null;
  readonly rollback: boolean;
  readonly pipelinePath: string;
  /** Address of the repository's page. */
  readonly repositoryUrl: string;
  readonly json: boolean;
  readonly width: number;
  readonly colour: boolean;
}

/** What an inquiry needs from outside. */
export interface InquiryPorts {
  readonly client: GitHubClient;
  readonly readCheckout: (path: string) => string | null;
  readonly print: (text: string) => void;
}

/** @throws EventRefused, GitHubError, EvidenceError or PipelineFileError; each message is for people. */
export function gatherForInquiry(inquiry: Inquiry, ports: InquiryPorts): Promise<Gathered> {
  return gatherEvidence(ports.client, {
    owner: inquiry.owner,
    repo: inquiry.repo,
    candidate: candidateOf(inquiry),
    run: null,
    moment: 'plan',
    intent: inquiry.rollback ? 'rollback' : 'promote',
    environmentsHint: ports.readCheckout(inquiry.pipelinePath),
    rootHint: ports.readCheckout(DEFAULT_PIPELINE_PATH),
    pipelinePath: inquiry.pipelinePath,
    artifactDigest: inquiry.artifactDigest ?? undefined,
    migrations: inquiry.migrations ?? undefined,
  });
}

/** Nobody started a run, so nobody is excluded from approving as its initiator. */
function candidateOf(inquiry: Inquiry): EventCandidate {
  const event = {
    name: 'command line',
    payload: null,
    sha: '',
    ref: '',
    actor: '',
    triggeringActor: '',
    repository: `${inquiry.owner}/${inquiry.repo}`,
  };
  const overrides = { ref: inquiry.ref, sha: inquiry.sha ?? undefined, version: inquiry.version ?? undefined };
  return candidateFromEvent(event, overrides);
}
